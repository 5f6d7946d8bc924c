/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit bench: measure sockets. */
#include "cmds/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/suggest.h"
#include "base/text.h"
#include "bench/env.h"
#include "bench/floor.h"
#include "bench/progress.h"
#include "bench/stats.h"
#include "cmds/bench_check.h"
#include "cmds/bench_hosts.h"
#include "cmds/bench_replay.h"

#define OFF(field) offsetof(struct bench_measure_opts, field)

/* --until asks for ten times the rounds at most, and for these at least. */
#define ROUNDS_MORE 10
#define ROUNDS_MAX 20
#define FLOOR_US (100 * SK_MSEC)

const struct sk_opt bench_measure_options[] = {
	{ 'v', "verbose", SK_COUNT, NULL, OFF(verbose),
	  .help = "say what happens; twice: in more detail" },
	{ 0, "socket", SK_STRING, "LIST", OFF(axes.socket), SK_GRP_ADDRESS,
	  .help = "kinds of sockets, e.g. tcp,udp,unix-stream" },
	{ 0, "engine", SK_STRING, "LIST", OFF(axes.engine), SK_GRP_ADDRESS,
	  .help = "ways of waiting, e.g. blocking,epoll,io_uring" },
	{ 0, "pattern", SK_STRING, "LIST", OFF(axes.pattern), SK_GRP_ADDRESS,
	  .help = "single, pool or reuseport workers" },
	{ 0, "workers", SK_STRING, "LIST", OFF(axes.workers), SK_GRP_ADDRESS,
	  .needs = "pattern",
	  .help = "threads a side, with pool or reuseport" },
	{ 0, "stack", SK_STRING, "LIST", OFF(axes.stack), SK_GRP_ADDRESS,
	  .help = "TCP/IP: kernel, or our own: pair, tap, wire" },
	{ 0, "tls", SK_FLAG, NULL, OFF(tls), SK_GRP_ADDRESS,
	  .help = "put TLS over every connection" },
	{ 0, "connections", SK_STRING, "LIST", OFF(axes.connections),
	  SK_GRP_ADDRESS, .help = "numbers of connections" },
	{ 0, "set", SK_LIST, "NAME=LIST", OFF(set), SK_GRP_ADDRESS,
	  .help = "values of a socket option, e.g. tcp_nodelay=0,1" },
	{ 0, "backlog", SK_INT, "N", OFF(backlog), SK_GRP_ADDRESS, .min = 1,
	  .max = INT32_MAX, .help = "give this to listen(2)" },
	{ 0, "size", SK_STRING, "LIST", OFF(axes.size), SK_GRP_DATA,
	  .help = "bytes of a message; REQUEST:RESPONSE where they differ" },
	{ 0, "copy", SK_STRING, "LIST", OFF(axes.copy), SK_GRP_DATA,
	  .help = "ways of sending, e.g. write,sendfile,zerocopy" },
	{ 0, "receive", SK_STRING, "LIST", OFF(axes.receive), SK_GRP_DATA,
	  .help = "ways of receiving: copy, trunc, splice" },
	{ 0, "reverse", SK_FLAG, NULL, OFF(reverse), SK_GRP_DATA,
	  .excludes = "bidir", .help = "let the server send" },
	{ 0, "bidir", SK_FLAG, NULL, OFF(bidir), SK_GRP_DATA,
	  .excludes = "reverse", .help = "let both send at once" },
	{ 0, "rate", SK_SIZE, "N", OFF(rate), SK_GRP_TIME, .min = 1,
	  .max = 1000000000,
	  .help = "send N requests or datagrams a second, when each is due" },
	{ 0, "time", SK_DURATION, "TIME", OFF(time), SK_GRP_TIME,
	  .min = 1000, .max = BENCH_TIME_MAX_US, .seen = OFF(has_time),
	  .help = "measure for TIME in each round" },
	{ 0, "warmup", SK_DURATION, "TIME", OFF(warmup), SK_GRP_TIME,
	  .max = BENCH_TIME_MAX_US, .seen = OFF(has_warmup),
	  .help = "run for TIME before each" },
	{ 0, "rounds", SK_INT, "N", OFF(rounds), SK_GRP_TIME, .min = 1,
	  .max = 1000, .seen = OFF(has_rounds),
	  .help = "measure each variant N times, in turn" },
	{ 0, "repeats", SK_INT, "N", OFF(repeats), SK_GRP_TIME, .max = 1000,
	  .help = "run N rounds again that others disturbed" },
	{ 0, "until", SK_STRING, "P%", OFF(until), SK_GRP_TIME,
	  .help = "more rounds until the interval is within P percent" },
	SK_OPT_END
};

static const struct sk_opt bench_options[] = {
	{ .kind = SK_INCLUDE, .off = offsetof(struct bench_opts, measure),
	  .table = bench_measure_options },
	{ .kind = SK_INCLUDE, .off = offsetof(struct bench_opts, far),
	  .table = sk_bench_far_options },
	{ .kind = SK_INCLUDE, .off = offsetof(struct bench_opts, report),
	  .table = sk_bench_report_options },
	SK_OPT_END
};

static const struct bench_opts preset = {
	.measure = { .repeats = 2 },
};

/* --- signals ------------------------------------------------------------- */

volatile sig_atomic_t bench_signal;

/* What comes sooner is the same wish: timeout(1) sends two. */
#define SECOND_WISH (300 * SK_MSEC)

/* The first lets the round end and tells of it; the second ends at once. */
static void on_signal(int signo)
{
	static volatile uint64_t first;
	uint64_t now = sk_now_us();

	if (!bench_signal) {
		bench_signal = signo;
		first = now;
	} else if (now - first > SECOND_WISH) {
		signal(signo, SIG_DFL);
		raise(signo);
	}
}

/* System calls are to end: no SA_RESTART. Ignored ones stay ignored. */
void bench_take_signals(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal }, old;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!sigaction(all[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(all[i], &sa, NULL);
}

/* --- options ------------------------------------------------------------- */

/* "2%" or "2", as a share. */
static int parse_until(double *share, const char *text, struct sk_err *err)
{
	char shown[64], *end;
	double v;

	*share = 0;
	if (!text)
		return 0;
	v = strtod(text, &end);
	if (end == text || (*end && strcmp(end, "%")) || !(v > 0) || v > 100)
		return sk_usage(err, "--until %s: not a percentage",
				sk_escape(shown, sizeof(shown), text,
					  strlen(text)));
	*share = v / 100;
	return 0;
}

static uint64_t cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > BENCH_WORKERS_MAX ? BENCH_WORKERS_MAX :
						   (uint64_t)n;
}

static void base_job(struct bench_job *job, const struct bench_measure_opts *o,
		     int workload)
{
	bench_plan_preset(job, workload);
	job->reverse = o->reverse;
	job->bidir = o->bidir;
	job->rate = o->rate;
	job->tls = o->tls;
	if (o->axes.pattern && !o->axes.workers)
		job->workers = cpus();
	/* These have but one engine. */
	if (o->tls || o->axes.stack)
		job->engine = BENCH_E_EPOLL;
	if (o->backlog)
		job->backlog = (uint64_t)o->backlog;
	if (o->has_time)
		job->time_us = o->time;
	job->warmup_us = o->has_warmup ? o->warmup : job->time_us / 10;
	job->interval_us = job->time_us / 20 ? job->time_us / 20 : 1;
}

static int make_method(struct bench_method *m,
		       const struct bench_measure_opts *o, struct sk_err *err)
{
	m->rounds = o->has_rounds ? (unsigned)o->rounds :
				    BENCH_ROUNDS_TO_TELL;
	m->rounds_max = m->rounds * ROUNDS_MORE;
	if (m->rounds_max < ROUNDS_MAX)
		m->rounds_max = ROUNDS_MAX;
	m->repeats = (unsigned)o->repeats;
	m->stop = &bench_signal;
	return parse_until(&m->until, o->until, err);
}

/* --- measuring ----------------------------------------------------------- */

static void on_progress(void *arg, const struct bench_result *res,
			size_t variant, size_t done, size_t total,
			uint64_t left_us)
{
	char *label = bench_variant_label(res, &res->variants[variant]);

	(void)left_us;
	bench_progress_step(arg, done, total, label ? label : "");
	if (label && sk_log_verbosity() >= SK_LOG_INFO) {
		char shown[200];

		sk_info("%s: round %zu of %zu: %s", res->workload, done + 1,
			total, sk_escape(shown, sizeof(shown), label,
					 strlen(label)));
	}
	free(label);
}

/* Something was measured, or there is a reason why nothing could be. */
static int check_measured(const struct bench_result *res, struct sk_err *err)
{
	for (size_t i = 0; i < res->n_variants; i++)
		if (!res->variants[i].refused)
			return 0;
	return sk_fail(err, -ENOTSUP, "%s: %s", res->workload,
		       res->variants[0].refused);
}

/* As long as a round, within reason. */
static uint64_t floor_time(const struct bench_plan *plan)
{
	uint64_t time = plan->v[0].job.time_us;

	return time < FLOOR_US ? time : FLOOR_US;
}

static int run_plan(struct bench_result *res, const struct bench_plan *plan,
		    struct bench_method *m, bool show, struct sk_err *err)
{
	struct bench_progress progress;
	int r;

	bench_progress_begin(&progress, show);
	m->progress = on_progress;
	m->progress_arg = &progress;
	r = bench_env(res);
	if (r >= 0)
		r = bench_floors(res, floor_time(plan), &bench_signal);
	if (r < 0)
		sk_fail(err, r, "%s", sk_strerror(r));
	if (r >= 0)
		r = bench_run(res, plan, m, err);
	bench_progress_end(&progress);
	m->progress_arg = NULL;
	return r;
}

static uint64_t wall_us(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return (uint64_t)tv.tv_sec * SK_SEC + (uint64_t)tv.tv_usec;
}

/* far: the server is elsewhere. bench_plan_fini() is due in any case. */
static int make_plan(struct bench_plan *plan, const struct bench_opts *o,
		     int workload, bool far, struct sk_err *err)
{
	struct bench_axes axes = o->measure.axes;
	struct bench_job job;
	const char *why;
	int r;

	base_job(&job, &o->measure, workload);
	/* What iperf3 lacks it says by itself. */
	job.one_clock = !far || o->far.iperf3;
	if (o->far.iperf3)
		job.engine = BENCH_E_THREADS; /* as its streams are */
	axes.set = o->measure.set.v;
	axes.n_set = o->measure.set.n;
	r = bench_plan_make(plan, &job, &axes, err);
	why = r < 0 || !far ? NULL : bench_plan_elsewhere(plan);
	return why ? sk_usage(err, "%s", why) : r;
}

int bench_measure_by(struct bench_result *res, const struct bench_opts *o,
		     int workload, const struct bench_method *by,
		     struct sk_err *err)
{
	struct bench_method method = *by;
	struct bench_plan plan;
	int r = make_method(&method, &o->measure, err);

	if (r < 0)
		return r;
	bench_take_signals();
	r = make_plan(&plan, o, workload, by->one, err);
	res->workload = strdup(bench_workloads.choices[workload].name);
	res->primary = bench_plan_primary(workload);
	/* How many there are is given then; how long they take is not. */
	if (o->measure.rate && res->primary == BENCH_REQUESTS_PER_S)
		res->primary = BENCH_RESPONSE_P99_NS;
	res->started_us = wall_us();
	if (r >= 0)
		r = run_plan(res, &plan, &method,
			     sk_bench_report_progress(&o->report), err);
	bench_plan_fini(&plan);
	return r;
}

int bench_measure(struct bench_result *res, const struct bench_opts *o,
		  int workload, struct sk_err *err)
{
	struct bench_method here = { .rounds = 0 };

	return bench_measure_by(res, o, workload, &here, err);
}

/* --- running ------------------------------------------------------------- */

/* What cannot be measured there is known before anybody is called. */
static int check_far(const struct bench_opts *o, int workload,
		     struct sk_err *err)
{
	struct bench_plan plan;
	int r = make_plan(&plan, o, workload, true, err);

	bench_plan_fini(&plan);
	return r;
}

/* where: a server elsewhere; NULL: both parts here. */
static int measure(struct bench_result *res, const struct bench_opts *o,
		   int workload, const char *where, struct sk_err *err)
{
	struct bench_method by = { .stop = &bench_signal };
	struct sk_bench_remote *remote;
	int r;

	if (!where && o->far.hosts) {
		r = check_far(o, workload, err);
		return r < 0 ? r : sk_bench_hosts(res, o, workload, err);
	}
	if (!where) {
		r = sk_bench_far_alone(&o->far, err);
		return r < 0 ? r : bench_measure(res, o, workload, err);
	}
	r = sk_bench_remote_new(&remote, &by, &o->far, where, err);
	if (r >= 0)
		r = bench_measure_by(res, o, workload, &by, err);
	sk_bench_remote_free(remote);
	return r;
}

static struct bench_result *new_result(struct sk_err *err)
{
	struct bench_result *res = bench_result_new();

	if (!res)
		sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return res;
}

static int run_workload(const struct bench_opts *o, int workload, int argc,
			char **argv, struct sk_err *err)
{
	struct bench_result *res = new_result(err);
	int r = res ? sk_bench_keep_plan(res, o, argc, argv, err) : -ENOMEM;

	if (r >= 0)
		r = measure(res, o, workload, argc > 1 ? argv[1] : NULL, err);
	if (res)
		r = sk_bench_report_end(&o->report, &res, 1, r, err);
	if (r >= 0 && !res->interrupted)
		r = check_measured(res, err);
	bench_result_free(res);
	return r;
}

/* --- what does not measure ----------------------------------------------- */

static int run_diff(const struct bench_opts *o, int argc, char **argv,
		    struct sk_err *err)
{
	static const char why[] = "two files are compared, and nothing is "
				  "measured";
	int r = sk_bench_no_measuring(o, "diff", why, err);

	if (r >= 0)
		r = sk_bench_no_far(o, "diff", why, err);
	return r < 0 ? r : sk_bench_diff(&o->report, argc, argv, err);
}

static int run_serve(const struct bench_opts *o, int argc, char **argv,
		     struct sk_err *err)
{
	static const char why[] = "clients say what is measured, and report";
	int r = sk_bench_no_measuring(o, "serve", why, err);

	if (r >= 0)
		r = sk_bench_no_reporting(o, "serve", why, err);
	return r < 0 ? r : sk_bench_serve(&o->far, argc, argv, err);
}

static const char *first_operand(void *arg, size_t i)
{
	static const char *const others[] = { "serve", "diff", "replay", NULL };
	size_t n = bench_workloads.n;

	(void)arg;
	return i < n ? bench_workloads.choices[i].name : others[i - n];
}

/* What is near to it may be something else than a workload. */
static int find_workload(const char *name, struct sk_err *err)
{
	int r = bench_axis_find(&bench_workloads, name, err);
	const char *near = r < 0 ? sk_suggest(name, first_operand, NULL) : NULL;
	char shown[64];

	if (!near || bench_axis_find(&bench_workloads, near, NULL) >= 0)
		return r;
	return sk_usage(err, "unknown workload %s: did you mean bench %s?",
			sk_escape(shown, sizeof(shown), name, strlen(name)),
			near);
}

/* The first operand says what is to be done; none at all, the tour. */
static int by_operand(const struct bench_opts *o, int argc, char **argv,
		      struct sk_err *err)
{
	int r = 0, workload;

	if (!argc)
		r = sk_bench_far_alone(&o->far, err);
	if (!argc)
		return r < 0 ? r : sk_bench_tour(o, err);
	if (!strcmp(argv[0], "diff"))
		return run_diff(o, argc - 1, argv + 1, err);
	if (!strcmp(argv[0], "replay"))
		return sk_bench_replay(o, argc - 1, argv + 1, measure, err);
	if (!strcmp(argv[0], "serve"))
		return run_serve(o, argc - 1, argv + 1, err);
	if (argc > 2)
		return sk_usage(err, "too many operands");
	workload = find_workload(argv[0], err);
	r = workload < 0 ? workload : sk_bench_check_by(o, workload, err);
	if (r < 0)
		return r;
	if (o->far.print_commands) {
		r = check_far(o, workload, err);
		return r < 0 ? r : sk_bench_hosts_print(o, workload, err);
	}
	return run_workload(o, workload, argc, argv, err);
}

static int bench_run_cmd(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct bench_opts *o = opts;
	bool diff = argc && !strcmp(argv[0], "diff");
	int r = sk_bench_report_prepare(&o->report, diff, err);

	sk_log_set_verbosity(o->measure.verbose);
	if (r >= 0)
		r = by_operand(o, argc, argv, err);
	if (!bench_signal)
		return r;
	/* A file that was not written, say: the signal is not the reason. */
	if (r < 0 && r != -EINTR && err->text[0])
		sk_warn("%s", err->text);
	return sk_signalled(err, bench_signal);
}

const struct sk_cmd sk_cmd_bench = {
	.name = "bench",
	.summary = "measure sockets, side by side",
	.operands = "[WORKLOAD [HOST[:PORT]]] | serve [[ADDR]:PORT] | "
		    "diff OLD NEW | replay FILE",
	.options = bench_options,
	.opts_size = sizeof(struct bench_opts),
	.preset = &preset,
	.min_operands = 0,
	.max_operands = 3,
	.run = bench_run_cmd,
};
