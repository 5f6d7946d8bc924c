/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit bench alone: what there is to be seen on this machine. */
#include <stdio.h>

#include "bench/stats.h"
#include "cmds/bench.h"
#include "cmds/bench_replay.h"

/* About a minute: what there is to be seen on this machine. */
static const struct {
	int workload;
	struct bench_axes axes;
} tour[] = {
	{ BENCH_W_STREAM, { .socket = "tcp,unix-stream,pipe" } },
	{ BENCH_W_RR, { .socket = "tcp,udp,unix-stream",
			.engine = "blocking,spin" } },
	{ BENCH_W_RR, { .engine = "threads,epoll,io_uring",
			.connections = "64" } },
	{ BENCH_W_CRR, { .socket = "tcp,unix-stream" } },
	{ BENCH_W_DGRAM, { .socket = "udp" } },
	{ BENCH_W_LATENCY, { .socket = "tcp" } },
	{ BENCH_W_STREAM, { .stack = "kernel,pair" } },
	{ BENCH_W_RR, { .stack = "kernel,pair", .socket = "tcp,udp" } },
	{ BENCH_W_CRR, { .stack = "kernel,pair" } },
};
#define STOPS (sizeof(tour) / sizeof(*tour))
/* So many that verdicts are possible, so short that it stays a minute. */
#define TOUR_ROUNDS BENCH_ROUNDS_TO_TELL
#define TOUR_TIME_US 330000

/* What is varied is the tour's own. */
static int check_tour(const struct bench_measure_opts *o, struct sk_err *err)
{
	const struct bench_axes *a = &o->axes;

	if (a->socket || a->engine || a->pattern || a->workers ||
	    a->connections || a->size || a->copy || a->receive || o->set.n ||
	    o->reverse || o->bidir || o->tls || a->stack || o->rate ||
	    o->backlog || o->until)
		return sk_usage(err, "which workload? (stream, rr, crr, dgram, "
				     "idle, backlog, latency-under-load, "
				     "bulk-mix)");
	return 0;
}

static int stop_at(struct bench_result **res, const struct bench_opts *o,
		   size_t i, struct sk_err *err)
{
	const char *word = bench_workloads.choices[tour[i].workload].name;
	struct bench_opts own = *o;
	char name[32], *argv[] = { name };
	int r;

	snprintf(name, sizeof(name), "%s", word);
	own.measure.axes = tour[i].axes;
	if (!own.measure.has_rounds) {
		own.measure.has_rounds = true;
		own.measure.rounds = TOUR_ROUNDS;
	}
	if (!own.measure.has_time) {
		own.measure.has_time = true;
		own.measure.time = TOUR_TIME_US;
	}
	*res = bench_result_new();
	if (!*res)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = sk_bench_keep_plan(*res, &own, 1, argv, err);
	return r < 0 ? r : bench_measure(*res, &own, tour[i].workload, err);
}

int sk_bench_tour(const struct bench_opts *o, struct sk_err *err)
{
	struct bench_result *results[STOPS] = { NULL };
	int r = check_tour(&o->measure, err);
	size_t n = 0;

	while (n < STOPS && r >= 0 && !bench_signal) {
		r = stop_at(&results[n], o, n, err);
		n += results[n] != NULL;
	}
	r = sk_bench_report_end(&o->report, results, n, r, err);
	for (size_t i = 0; i < n; i++)
		bench_result_free(results[i]);
	return r;
}
