/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that nobody would read are usage errors. */
#ifndef SK_CMDS_BENCH_CHECK_H
#define SK_CMDS_BENCH_CHECK_H

#include "cmds/bench.h"

/*
 * Usage error when one was given that says how to measure, how to report, or
 * what is elsewhere: `what` ("replay") does not, as `why` says.
 */
int sk_bench_no_measuring(const struct bench_opts *o, const char *what,
			  const char *why, struct sk_err *err);
int sk_bench_no_reporting(const struct bench_opts *o, const char *what,
			  const char *why, struct sk_err *err);
int sk_bench_no_far(const struct bench_opts *o, const char *what,
		    const char *why, struct sk_err *err);
/* Usage error when --by names what the workload does not measure. */
int sk_bench_check_by(const struct bench_opts *o, int workload,
		      struct sk_err *err);

#endif
