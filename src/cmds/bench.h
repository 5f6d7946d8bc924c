/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of `sockkit bench` share: its options, and how it runs. */
#ifndef SK_CMDS_BENCH_H
#define SK_CMDS_BENCH_H

#include <signal.h>

#include "bench/plan.h"
#include "bench/result.h"
#include "bench/run.h"
#include "cli/cli.h"
#include "cmds/bench_far.h"
#include "cmds/bench_report.h"

/* Filled by bench_measure_options. */
struct bench_measure_opts {
	int verbose;
	struct bench_axes axes;
	struct sk_strings set;
	bool reverse, bidir, tls;
	uint64_t rate;
	int64_t backlog;
	uint64_t time, warmup;		/* us */
	bool has_time, has_warmup, has_rounds;
	int64_t rounds, repeats;
	const char *until;
};

struct bench_opts {
	struct bench_measure_opts measure;
	struct sk_bench_far far;
	struct sk_bench_report report;
};

/* Table to be included at the offset of a struct bench_measure_opts. */
extern const struct sk_opt bench_measure_options[];
extern const struct sk_cmd sk_cmd_bench;

/* Not 0: the signal that asked us to end. */
extern volatile sig_atomic_t bench_signal;
/* From now on signals end by bench_signal. */
void bench_take_signals(void);

/* About a minute of everything, as one page. */
int sk_bench_tour(const struct bench_opts *o, struct sk_err *err);

/*
 * Measure one workload as the options say into res (workload, primary,
 * facts and floors set). Usage errors, or what failed. Signals are taken.
 */
int bench_measure(struct bench_result *res, const struct bench_opts *o,
		  int workload, struct sk_err *err);
/* bench_measure() by method->one in place of both parts here. */
int bench_measure_by(struct bench_result *res, const struct bench_opts *o,
		     int workload, const struct bench_method *by,
		     struct sk_err *err);

#endif
