/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench --hosts: one server and many clients, each on a machine of its own. */
#ifndef SK_CMDS_BENCH_HOSTS_H
#define SK_CMDS_BENCH_HOSTS_H

#include "cmds/bench.h"

/*
 * Measure with the machines of o->far.hosts, and put what all of them have
 * measured into res as one result. 0, or a negative errno.
 */
int sk_bench_hosts(struct bench_result *res, const struct bench_opts *o,
		   int workload, struct sk_err *err);
/* --print-commands: what would be run, a line each, to standard output. */
int sk_bench_hosts_print(const struct bench_opts *o, int workload,
			 struct sk_err *err);

#endif
