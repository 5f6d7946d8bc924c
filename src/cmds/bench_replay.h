/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans that are kept in results, and run again from there. */
#ifndef SK_CMDS_BENCH_REPLAY_H
#define SK_CMDS_BENCH_REPLAY_H

#include "cmds/bench.h"

/*
 * Keep in res what was asked for: the operands, and the options that say what
 * is measured. Not how it is shown, nor any secret. 0 or -ENOMEM with err.
 */
int sk_bench_keep_plan(struct bench_result *res, const struct bench_opts *o,
		       int argc, char *const *argv, struct sk_err *err);

/* Measures one workload into res; where: the operand HOST, or NULL. */
typedef int sk_bench_measure(struct bench_result *res,
			     const struct bench_opts *o, int workload,
			     const char *where, struct sk_err *err);

/*
 * bench replay FILE: measure again what the file's results were measured by,
 * and show it as o says. The file may be anybody's: only what says how to
 * measure is taken from it.
 */
int sk_bench_replay(const struct bench_opts *o, int argc, char **argv,
		    sk_bench_measure *measure, struct sk_err *err);

#endif
