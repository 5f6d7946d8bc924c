/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/bench_replay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "bench/axis.h"
#include "bench/load.h"
#include "cmds/bench_check.h"
#include "cmds/cmds.h"

static int no_memory(struct sk_err *err)
{
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

static void free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

/* --- keeping ------------------------------------------------------------------- */

static const struct bench_opts *preset(void)
{
	return sk_cmd_bench.preset;
}

/* NULL-terminated; *words is NULL for none. How much is told is no plan. */
static int measure_words(char ***words, size_t *n, const struct bench_opts *o)
{
	struct bench_measure_opts silent = o->measure;

	silent.verbose = 0;
	return sk_cli_words(words, n, bench_measure_options, &silent,
			    &preset()->measure);
}

static int add_word(char ***words, size_t *n, const char *word)
{
	char **grown = reallocarray(*words, *n + 2, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*words = grown;
	grown[*n] = strdup(word);
	if (!grown[*n])
		return -ENOMEM;
	grown[++*n] = NULL;
	return 0;
}

int sk_bench_keep_plan(struct bench_result *res, const struct bench_opts *o,
		       int argc, char *const *argv, struct sk_err *err)
{
	size_t n = 0;
	int r = 0;

	free_words(res->argv);
	res->argv = NULL;
	for (int i = 0; r >= 0 && i < argc; i++)
		r = add_word(&res->argv, &n, argv[i]);
	if (r >= 0)
		r = measure_words(&res->argv, &n, o);
	if (r >= 0)
		r = sk_cli_words(&res->argv, &n, sk_bench_way_options, &o->far,
				 &preset()->far);
	return r < 0 ? no_memory(err) : 0;
}

/* --- running again ------------------------------------------------------------- */

/* What a plan may hold: a workload, where, and how to measure. */
static const struct sk_opt plan_rows[] = {
	{ .kind = SK_INCLUDE, .off = offsetof(struct bench_opts, measure),
	  .table = bench_measure_options },
	{ .kind = SK_INCLUDE, .off = offsetof(struct bench_opts, far),
	  .table = sk_bench_way_options },
	SK_OPT_END
};

/* Nobody but the user, or root, has written it, by what the file tells. */
static bool is_ours(const char *file)
{
	struct stat st;

	return !stat(file, &st) && !(st.st_mode & 022) &&
	       (st.st_uid == geteuid() || !st.st_uid);
}

/*
 * What the plan says of the way, unless the command line says otherwise. A
 * file of others is not to choose which secret is proven to whom, and none is
 * to choose programs to be run, as --hosts does.
 */
static int set_way(struct sk_bench_far *to, const struct sk_bench_far *plan,
		   const char *file, struct sk_err *err)
{
	char shown[200];

	to->iperf3 |= plan->iperf3;
	if (!to->bandwidth)
		to->bandwidth = plan->bandwidth;
	if (!to->bytes && !to->blocks) {
		to->bytes = plan->bytes;
		to->blocks = plan->blocks;
	}
	if (plan->hosts && !to->hosts)
		return sk_usage(err, "measured with --hosts %s: that is to be "
				"given again",
				sk_escape(shown, sizeof(shown), plan->hosts,
					  strlen(plan->hosts)));
	if (!plan->secret || to->secret)
		return 0;
	if (!is_ours(file))
		return sk_usage(err, "measured with --secret %s: as others "
				"may have written this, that is to be given "
				"again",
				sk_escape(shown, sizeof(shown), plan->secret,
					  strlen(plan->secret)));
	to->secret = plan->secret;
	return 0;
}

static int measure_nothing(void *opts, int argc, char **argv,
			   struct sk_err *err)
{
	(void)opts, (void)argc, (void)argv, (void)err;
	return 0;
}

static int same_plan(char **a, char **b)
{
	size_t i = 0;

	for (; a[i] && b[i]; i++)
		if (strcmp(a[i], b[i]))
			return 0;
	return !a[i] && !b[i];
}

static void tell(char *const *words)
{
	char line[800] = "", shown[900];
	size_t len = 0;

	for (; *words && len < sizeof(line); words++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, " %s",
					*words);
	sk_info("again:%s", sk_escape(shown, sizeof(shown), line,
				      strlen(line)));
}

/* Measure the plan in `words`, which are permuted. */
static int run_plan(struct bench_result *res, const struct bench_opts *o,
		    char **words, const char *file, sk_bench_measure *measure,
		    struct sk_err *err)
{
	struct sk_cmd plan = sk_cmd_bench;
	struct bench_opts again;
	char **argv = NULL;
	size_t count = 0;
	int n, r, workload;

	plan.options = plan_rows;
	plan.min_operands = 1;
	plan.max_operands = 2;
	plan.run = measure_nothing;
	while (words[count])
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	if (!argv)
		return no_memory(err);
	argv[0] = (char *)(uintptr_t)"bench";
	memcpy(argv + 1, words, count * sizeof(*argv));
	r = sk_cli_parse(&plan, &again, (int)count + 1, argv, &n, err);
	if (r > 0)
		r = sk_usage(err, "the plan asks for help");
	workload = r < 0 ? r : bench_axis_find(&bench_workloads, argv[0], err);
	if (workload >= 0) {
		struct bench_opts both = *o;

		both.measure = again.measure;
		r = set_way(&both.far, &again.far, file, err);
		if (r >= 0)
			r = sk_bench_keep_plan(res, &both, n, argv, err);
		if (r >= 0)
			r = measure(res, &both, workload,
				    n > 1 ? argv[1] : NULL, err);
	}
	sk_cli_free(&plan, &again);
	free(argv);
	return workload < 0 ? workload : r;
}

/* Results of one run (a tour) may have the same plan: it is run once. */
static bool ran_before(const struct bench_results *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_plan(r->v[i]->argv, r->v[at]->argv))
			return true;
	return false;
}

static int run_again(struct bench_results *fresh,
		     const struct bench_results *old, const char *file,
		     const struct bench_opts *o, sk_bench_measure *measure,
		     struct sk_err *err)
{
	int r = 0;

	fresh->v = calloc(old->n + 1, sizeof(*fresh->v));
	if (!fresh->v)
		return no_memory(err);
	for (size_t i = 0; r >= 0 && i < old->n && !bench_signal; i++) {
		if (ran_before(old, i))
			continue;
		fresh->v[fresh->n] = bench_result_new();
		if (!fresh->v[fresh->n])
			return no_memory(err);
		tell(old->v[i]->argv);
		r = run_plan(fresh->v[fresh->n++], o, old->v[i]->argv, file,
			     measure, err);
	}
	return r;
}

int sk_bench_replay(const struct bench_opts *o, int argc, char **argv,
		    sk_bench_measure *measure, struct sk_err *err)
{
	struct bench_results old = { 0 }, fresh = { 0 };
	struct sk_err inner = { 0 };
	int r;

	if (argc != 1)
		return sk_usage(err, "replay: one file is needed");
	r = sk_bench_no_measuring(o, "replay", "what is measured stands in "
				  "the file", err);
	if (r >= 0)
		r = bench_load_file(&old, argv[0], err);
	if (r < 0)
		return r;
	if (!old.n)
		r = sk_fail(&inner, -EINVAL, "no results, so no plan");
	else
		r = run_again(&fresh, &old, argv[0], o, measure, &inner);
	if (r < 0)
		/* Whatever is wrong with it: the file is, not the line. */
		sk_fail(err, r, "%s: %s", argv[0], inner.text);
	r = sk_bench_report_end(&o->report, fresh.v, fresh.n, r, err);
	bench_results_fini(&old);
	bench_results_fini(&fresh);
	return r;
}
