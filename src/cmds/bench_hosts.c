/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/bench_hosts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "bench/errand.h"
#include "bench/greet.h"
#include "bench/hosts.h"
#include "bench/load.h"
#include "bench/merge.h"
#include "cmds/cmds.h"

/* Logging in, and starting there. */
#define START_TIME (30 * SK_SEC)
/* After a signal, for clients to tell what they have. */
#define LAST_WORDS (8 * SK_SEC)

struct fleet {
	const struct bench_opts *o;
	const char *workload;
	struct bench_hosts hosts;
	struct bench_errand *errands;	/* as hosts: 0 is the server */
	char server[300];		/* ADDRESS:PORT for clients */
	bool stopped;
};

static int no_memory(struct sk_err *err)
{
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

/* --- words ---------------------------------------------------------------- */

static int add(char ***words, size_t *n, const char *word)
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

static int add_all(char ***words, size_t *n, const char *const *list)
{
	int r = 0;

	for (size_t i = 0; list[i] && r >= 0; i++)
		r = add(words, n, list[i]);
	return r;
}

/* "::1" and "5204" are "[::1]:5204". */
static void join(char *to, size_t size, const char *address, const char *port)
{
	const char *colon = strchr(address, ':');
	bool bare = colon && *address != '[';

	snprintf(to, size, bare ? "[%s]:%s" : "%s:%s", address, port);
}

static int add_secret(const struct fleet *f, char ***words, size_t *n)
{
	const char *secret[] = { "--secret", f->o->far.secret, NULL };

	return f->o->far.secret ? add_all(words, n, secret) : 0;
}

/* NULL: no memory. */
static char **server_words(const struct fleet *f, const char *port, bool here)
{
	static const char *const attended[] = { "--port-file", "/dev/stdout",
						"--until-eof", NULL };
	static const char *const serve[] = { "bench", "serve", NULL };
	char where[300], **words = NULL;
	size_t n = 0;
	int r = add_all(&words, &n, serve);

	join(where, sizeof(where), f->hosts.v[0].address, port);
	if (r >= 0 && here)
		r = add_all(&words, &n, attended);
	if (r >= 0)
		r = add_secret(f, &words, &n);
	if (r >= 0)
		r = add(&words, &n, where);
	if (r >= 0)
		return words;
	bench_words_free(words);
	return NULL;
}

/*
 * Clients that we attend begin each round together. One that repeated rounds
 * by itself would fall out of step with the others, who are what disturbs it.
 */
static char **client_words(const struct fleet *f, bool attended)
{
	const char *bench[] = { "bench", f->workload, "--json",
				attended ? "--in-step" : NULL, NULL };
	const struct bench_opts *preset = sk_cmd_bench.preset;
	struct bench_measure_opts measure = f->o->measure;
	char **words = NULL;
	size_t n = 0;
	int r = add_all(&words, &n, bench);

	if (attended)
		measure.repeats = 0;
	if (r >= 0)
		r = sk_cli_words(&words, &n, bench_measure_options, &measure,
				 &preset->measure);
	if (r >= 0)
		r = add_secret(f, &words, &n);
	if (r >= 0)
		r = add(&words, &n, f->server);
	if (r >= 0)
		return words;
	bench_words_free(words);
	return NULL;
}

/* --- running -------------------------------------------------------------- */

static int start(struct fleet *f, size_t i, char **words, struct sk_err *err)
{
	const struct bench_host *h = &f->hosts.v[i];
	char **argv = words ? bench_host_argv(h, words) : NULL;
	int r = argv ? bench_errand_start(&f->errands[i], h->name, argv, err) :
		       no_memory(err);

	if (argv)
		sk_info("%s: %s …", h->name, argv[0]);
	bench_words_free(argv);
	bench_words_free(words);
	return r;
}

/* What env(1), sh(1) and ssh(1) mean by their status. */
static const char *hint(int status)
{
	return status == 127 ? ": no sockkit there; command= says where it is" :
	       status == 126 ? ": sockkit cannot be run there" :
	       status == 255 ? ", which is ssh's own" : "";
}

/* Why one has ended without what was wanted of it. */
static int explain(struct bench_errand *e, struct sk_err *err)
{
	bench_errand_end(e);
	if (e->flooded)
		return sk_fail(err, -EMSGSIZE, "%s: says too much", e->name);
	if (WIFSIGNALED(e->status))
		return sk_fail(err, -EREMOTEIO, "%s: ended by signal %d",
			       e->name, WTERMSIG(e->status));
	return sk_fail(err, -EREMOTEIO, "%s: ended with status %d%s", e->name,
		       WEXITSTATUS(e->status), hint(WEXITSTATUS(e->status)));
}

/* "ADDR PORT", the first line that it says. Digits, or nothing. */
static bool find_port(const struct bench_errand *e, char port[8])
{
	const char *nl = e->said.len ? memchr(e->said.buf, '\n', e->said.len) :
				       NULL;
	const char *space = nl ? memrchr(e->said.buf, ' ',
					 (size_t)(nl - e->said.buf)) : NULL;

	*port = '\0';
	return space && sk_copyn(port, 8, space + 1,
				 (size_t)(nl - space - 1)) >= 0 &&
	       *port && !port[strspn(port, "0123456789")];
}

/* A signal has come, and it has not even begun: there is nothing to lose. */
static void give_up(struct bench_errand *e)
{
	sk_warn("%s: was not ready yet", e->name);
	bench_errand_kill(e);
}

static int start_server(struct fleet *f, struct sk_err *err)
{
	struct bench_errand *e = &f->errands[0];
	uint64_t until = sk_now_us() + START_TIME;
	int r = start(f, 0, server_words(f, "0", true), err);
	char port[8];

	while (r >= 0 && !find_port(e, port)) {
		if (bench_errand_is_over(e) || (e->said.len && !*port &&
		    memchr(e->said.buf, '\n', e->said.len)))
			return explain(e, err);
		if (sk_now_us() > until)
			return sk_fail(err, -ETIMEDOUT,
				       "%s: the server does not start",
				       e->name);
		r = bench_errands_wait(e, 1, until, &bench_signal);
		if (r < 0)
			sk_fail(err, r, "%s", sk_strerror(r));
		if (r == -EINTR)
			give_up(e);
	}
	if (r >= 0)
		join(f->server, sizeof(f->server), f->hosts.v[0].address,
		     port);
	return r;
}

static bool all_over(const struct fleet *f)
{
	for (size_t i = 1; i < f->hosts.n; i++)
		if (!bench_errand_is_over(&f->errands[i]))
			return false;
	return true;
}

/* Clients report what they have when they are interrupted. */
static void pass_signal_on(struct fleet *f)
{
	for (size_t i = 1; i < f->hosts.n; i++) {
		struct bench_errand *e = &f->errands[i];

		if (e->pid && !e->spoke)
			give_up(e);
		else if (e->pid)
			kill(-e->pid, SIGINT);
	}
	f->stopped = true;
}

static const char ready_line[] = "ready\n";
#define READY (sizeof(ready_line) - 1)

/* It says that it can begin, or said so when it was interrupted. */
static bool is_ready(const struct bench_errand *e)
{
	return e->said.len >= READY && !memcmp(e->said.buf, ready_line, READY);
}

/* Those that still run begin when all of them can. */
static void keep_step(struct fleet *f)
{
	size_t ready = 0;

	for (size_t i = 1; i < f->hosts.n; i++) {
		if (is_ready(&f->errands[i]))
			ready++;
		else if (!bench_errand_is_over(&f->errands[i]))
			return;
	}
	for (size_t i = 1; i < f->hosts.n && ready; i++) {
		struct bench_errand *e = &f->errands[i];

		if (!is_ready(e))
			continue;
		e->said.len = 0;
		/* One that has just ended is noticed by its end. */
		if (write(e->in, "go\n", 3) < 0)
			sk_debug("%s: %s", e->name, sk_strerror(errno));
	}
}

static int await_clients(struct fleet *f, struct sk_err *err)
{
	uint64_t until = SK_NEVER;
	bool lost = false;
	int r = 0;

	while (!all_over(f) && sk_now_us() < until) {
		if (bench_signal && !f->stopped) {
			pass_signal_on(f);
			until = sk_now_us() + LAST_WORDS;
		}
		r = bench_errands_wait(f->errands, f->hosts.n, until,
				       f->stopped ? NULL : &bench_signal);
		if (r < 0 && r != -EINTR)
			return sk_fail(err, r, "%s", sk_strerror(r));
		/* Clients notice that as well, and say what they have. */
		if (bench_errand_is_over(&f->errands[0]) && !f->stopped &&
		    !lost) {
			lost = true;
			until = sk_now_us() + LAST_WORDS;
		}
		keep_step(f);
	}
	return lost ? explain(&f->errands[0], err) : 0;
}

/* --- one result of all ---------------------------------------------------- */

static void swap(struct bench_result *a, struct bench_result *b)
{
	struct bench_result tmp = *a;
	char **argv = a->argv;

	*a = *b;
	*b = tmp;
	/* The plan is ours, and says --hosts. */
	b->argv = a->argv;
	a->argv = argv;
}

static int add_result(struct fleet *f, size_t i, struct bench_result *res,
		      struct sk_err *err)
{
	struct bench_errand *e = &f->errands[i];
	struct bench_results got = { 0 };
	struct sk_err why = { 0 };
	bool broken = false;
	size_t skip;
	int r;

	bench_errand_end(e);
	skip = is_ready(e) ? READY : 0;
	if (e->said.len == skip || e->flooded)
		return f->stopped ? 0 : explain(e, err);
	r = bench_load(&got, e->said.buf + skip, e->said.len - skip, &why);
	if (r >= 0 && got.n != 1)
		r = sk_fail(&why, -EPROTO, "not the result of one workload");
	if (r >= 0)
		broken = got.v[0]->interrupted && !f->stopped;
	if (r >= 0 && !res->n_variants)
		swap(res, got.v[0]);
	else if (r >= 0 && bench_result_merge(res, got.v[0]) < 0)
		r = sk_fail(&why, -ENOMEM, "%s", sk_strerror(ENOMEM));
	bench_results_fini(&got);
	if (r < 0)
		return sk_fail(err, r, "%s: %s", e->name, why.text);
	return broken ? explain(e, err) : 0;
}

static int run(struct fleet *f, struct bench_result *res, struct sk_err *err)
{
	int r = start_server(f, err);

	for (size_t i = 1; i < f->hosts.n && r >= 0; i++)
		r = start(f, i, client_words(f, true), err);
	if (r < 0)
		return r;
	r = await_clients(f, err);
	/* Where one failed, the others have measured something. */
	for (size_t i = 1; i < f->hosts.n; i++) {
		struct sk_err second = { 0 };
		int e = add_result(f, i, res, r < 0 ? &second : err);

		if (r < 0 && e < 0)
			sk_warn("%s", second.text);
		r = r < 0 ? r : e;
	}
	if (f->stopped || r < 0)
		res->interrupted = true;
	return r;
}

/* --- the command ---------------------------------------------------------- */

static int begin(struct fleet *f, const struct bench_opts *o, int workload,
		 struct sk_err *err)
{
	*f = (struct fleet){ .o = o };
	f->workload = bench_workloads.choices[workload].name;
	if (o->far.iperf3)
		return sk_usage(err, "--hosts runs our own server: no "
				     "--iperf3");
	return bench_hosts_read(&f->hosts, o->far.hosts, err);
}

int sk_bench_hosts(struct bench_result *res, const struct bench_opts *o,
		   int workload, struct sk_err *err)
{
	struct fleet f;
	int r = begin(&f, o, workload, err);

	bench_take_signals();
	if (r >= 0) {
		f.errands = calloc(f.hosts.n, sizeof(*f.errands));
		r = f.errands ? 0 : no_memory(err);
		for (size_t i = 0; i < f.hosts.n && r >= 0; i++)
			f.errands[i].in = f.errands[i].out =
				f.errands[i].err = -1;
	}
	if (r >= 0)
		r = run(&f, res, err);
	/* The server last: it would be the first to complain. */
	for (size_t i = f.errands ? f.hosts.n : 0; i-- > 0;)
		bench_errand_fini(&f.errands[i]);
	free(f.errands);
	bench_hosts_fini(&f.hosts);
	return r;
}

int sk_bench_hosts_print(const struct bench_opts *o, int workload,
			 struct sk_err *err)
{
	struct fleet f;
	int r = begin(&f, o, workload, err);

	if (r >= 0)
		join(f.server, sizeof(f.server), f.hosts.v[0].address,
		     BENCH_PORT);
	for (size_t i = 0; i < f.hosts.n && r >= 0; i++) {
		char **words = i ? client_words(&f, false) :
				   server_words(&f, BENCH_PORT, false);
		char *line = words ? bench_host_line(&f.hosts.v[i], words) :
				     NULL;

		r = line ? 0 : no_memory(err);
		if (line && puts(line) < 0)
			r = sk_fail(err, -EIO, "stdout: %s", sk_strerror(EIO));
		free(line);
		bench_words_free(words);
	}
	bench_hosts_fini(&f.hosts);
	return r;
}
