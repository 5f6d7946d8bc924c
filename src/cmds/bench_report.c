/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/bench_report.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/suggest.h"
#include "bench/diff.h"
#include "bench/report.h"
#include "relay/relay.h"

#define OFF(field) offsetof(struct sk_bench_report, field)

const struct sk_opt sk_bench_report_options[] = {
	{ 0, "json", SK_FLAG, NULL, OFF(json), SK_GRP_SHOW, .excludes = "csv",
	  .help = "print everything that was measured as JSON" },
	{ 0, "csv", SK_FLAG, NULL, OFF(csv), SK_GRP_SHOW,
	  .help = "print a line of comma-separated values for each round" },
	{ 'o', "output", SK_STRING, "FILE", OFF(output), SK_GRP_SHOW,
	  .help = "keep what was measured in FILE as JSON, for diff and "
		  "replay" },
	{ 0, "svg", SK_STRING, "FILE", OFF(svg), SK_GRP_SHOW,
	  .help = "draw the results into FILE" },
	{ 0, "html", SK_STRING, "FILE", OFF(html), SK_GRP_SHOW,
	  .help = "write a page with tables and drawings into FILE" },
	{ 0, "by", SK_STRING, "METRIC", OFF(by), SK_GRP_SHOW,
	  .help = "judge by METRIC, e.g. p99_ns or ns_per_kib" },
	{ 0, "fail-on", SK_STRING, "PERCENT", OFF(fail_on), SK_GRP_SHOW,
	  .help = "of diff: exit with 3 when something is worse by PERCENT or "
		  "more, beyond chance" },
	{ 0, "progress", SK_CHOICE, "WHEN", OFF(progress), SK_GRP_SHOW,
	  .choices = "auto,always,never", .arg_optional = true,
	  .bare = "always",
	  .help = "show how far the run is and how long it will take" },
	SK_OPT_END
};

/* --- options ------------------------------------------------------------------- */

static const char *next_metric(void *arg, size_t i)
{
	(void)arg;
	return i < BENCH_NMETRICS ? bench_metrics[i].name : NULL;
}

static int parse_percent(const char *text, double *percent)
{
	char *end;

	/* strtod(3) takes much else: signs, "inf", "0x5". */
	if (!*text || text[strspn(text, "0123456789.%")])
		return -EINVAL;
	*percent = strtod(text, &end);
	if (end == text)
		return -EINVAL;
	if (*end == '%')
		end++;
	return *end || *percent > 1e6 ? -EINVAL : 0;
}

/* Nobody wants to hear it when all has been measured. */
static int check_files(const struct sk_bench_report *o, struct sk_err *err)
{
	const char *const all[] = { o->output, o->svg, o->html };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < sizeof(all) / sizeof(*all); i++)
		if (all[i])
			r = sk_file_check(all[i], err);
	return r;
}

int sk_bench_report_prepare(const struct sk_bench_report *o, bool diff,
			    struct sk_err *err)
{
	const char *near;
	double percent;

	if (o->by && bench_metric_find(o->by) < 0) {
		near = sk_suggest(o->by, next_metric, NULL);
		return sk_usage(err, "--by=%s: no such metric%s%s%s", o->by,
				near ? "; did you mean " : "",
				near ? near : "", near ? "?" : "");
	}
	if (o->fail_on && !diff)
		return sk_usage(err, "--fail-on goes with diff");
	if (diff && (o->csv || o->svg || o->html || o->output))
		return sk_usage(err, "diff prints a table, or --json");
	if (o->fail_on && parse_percent(o->fail_on, &percent) < 0)
		return sk_usage(err, "--fail-on=%s: no percentage, such as 5%%",
				o->fail_on);
	return check_files(o, err);
}

bool sk_bench_report_progress(const struct sk_bench_report *o)
{
	return o->progress == SK_WHEN_ALWAYS ||
	       (o->progress == SK_WHEN_AUTO && isatty(STDERR_FILENO));
}

/* --- output -------------------------------------------------------------------- */

static bool is_utf8(void)
{
	locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = l && !strcmp(nl_langinfo_l(CODESET, l), "UTF-8");

	if (l)
		freelocale(l);
	return utf8;
}

static struct bench_style style_of_stdout(void)
{
	struct bench_style style = { .terminal = isatty(STDOUT_FILENO) };
	struct winsize w;

	if (!style.terminal)
		return style;
	style.utf8 = is_utf8();
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &w))
		style.columns = w.ws_col;
	return style;
}

typedef int writer(struct sk_out *out, struct bench_result *const *results,
		   size_t n);

static int no_memory(struct sk_err *err)
{
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

static int write_file(const char *path, writer *write_to,
		      struct bench_result *const *results, size_t n,
		      struct sk_err *err)
{
	struct sk_out out;
	int r;

	if (!path)
		return 0;
	sk_out_init(&out, -1);
	r = write_to(&out, results, n);
	if (r < 0 || out.error)
		r = no_memory(err);
	else
		r = sk_file_write(path, out.buf, out.len, err);
	sk_out_fini(&out);
	return r;
}

static int end_stdout(struct sk_out *out, int r, struct sk_err *err)
{
	int e = sk_out_fini(out);

	if (r < 0)
		return no_memory(err);
	return e < 0 ? sk_fail(err, e, "stdout: %s", sk_strerror(e)) : 0;
}

static int print(const struct sk_bench_report *o,
		 struct bench_result *const *results, size_t n,
		 struct sk_err *err)
{
	struct bench_style style = style_of_stdout();
	struct sk_out out;
	int r;

	sk_out_init(&out, STDOUT_FILENO);
	if (o->json)
		r = bench_report_json(&out, results, n);
	else if (o->csv)
		r = bench_report_csv(&out, results, n);
	else
		r = bench_report_text(&out, results, n, &style);
	return end_stdout(&out, r, err);
}

static void judge_by(const char *metric, struct bench_result *const *results,
		     size_t n)
{
	for (size_t i = 0; metric && i < n; i++)
		results[i]->primary =
			(enum bench_metric)bench_metric_find(metric);
}

/* What was measured comes first into safety, then before the eyes. */
int sk_bench_report_show(const struct sk_bench_report *o,
			 struct bench_result *const *results, size_t n,
			 struct sk_err *err)
{
	struct sk_err second = { 0 };
	int r, e;

	judge_by(o->by, results, n);
	r = write_file(o->output, bench_report_json, results, n, err);
	if (r >= 0)
		r = write_file(o->svg, bench_report_svg, results, n, err);
	if (r >= 0)
		r = write_file(o->html, bench_report_html, results, n, err);
	e = print(o, results, n, r < 0 ? &second : err);
	return r < 0 ? r : e;
}

int sk_bench_report_end(const struct sk_bench_report *o,
			struct bench_result *const *results, size_t n, int r,
			struct sk_err *err)
{
	struct sk_err second = { 0 };

	if (r >= 0)
		return sk_bench_report_show(o, results, n, err);
	/* What failed has no more than its plan, perhaps. */
	while (n && !bench_result_rounds(results[n - 1]))
		n--;
	if (n && sk_bench_report_show(o, results, n, &second) < 0)
		sk_warn("%s", second.text);
	return r;
}

/* --- diff ---------------------------------------------------------------------- */

static int show_diff(const struct sk_bench_report *o,
		     const struct bench_diff *d, struct sk_err *err)
{
	struct bench_style style = style_of_stdout();
	double percent = 0;
	struct sk_out out;
	int r;

	sk_out_init(&out, STDOUT_FILENO);
	if (o->json)
		bench_diff_json(d, &out);
	else
		bench_diff_text(d, &out, &style);
	r = end_stdout(&out, 0, err);
	if (r < 0 || !o->fail_on)
		return r;
	parse_percent(o->fail_on, &percent);
	return bench_diff_regressions(d, percent) ? sk_passed_on(err, 3) : 0;
}

int sk_bench_diff(const struct sk_bench_report *o, int argc, char **argv,
		  struct sk_err *err)
{
	struct bench_results old_run = { 0 }, new_run = { 0 };
	struct bench_diff d = { 0 };
	int r;

	if (argc != 2)
		return sk_usage(err, "diff: two files are needed, the old one "
				     "and the new one");
	r = bench_load_file(&old_run, argv[0], err);
	if (r >= 0)
		r = bench_load_file(&new_run, argv[1], err);
	if (r < 0)
		goto out;
	judge_by(o->by, old_run.v, old_run.n);
	judge_by(o->by, new_run.v, new_run.n);
	r = bench_diff_init(&d, &old_run, &new_run);
	r = r < 0 ? no_memory(err) : show_diff(o, &d, err);
out:
	bench_diff_fini(&d);
	bench_results_fini(&old_run);
	bench_results_fini(&new_run);
	return r;
}
