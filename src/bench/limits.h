/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server grants its clients, whatever they ask for: it is to be a far
 * side for measuring, not a source of traffic for anybody who finds it.
 */
#ifndef SK_BENCH_LIMITS_H
#define SK_BENCH_LIMITS_H

#include <stdint.h>

#include "bench/job.h"

struct bench_limits {
	uint64_t time_us;	/* of a test; 0: the protocol's own */
	uint64_t rate;		/* bytes/s in all, of a test; 0: any */
	uint64_t connections;	/* of a test; 0: the protocol's own */
	uint64_t clients;	/* at once; 0: BENCH_CLIENTS */
};

#define BENCH_CLIENTS 64

/*
 * May this job be served to another machine within these limits? 0, or
 * -EDQUOT (a limit) or -EPERM (never) with the sentence, which is for the
 * client.
 */
int bench_grant(const struct bench_job *job, const struct bench_limits *l,
		struct sk_err *err);

#endif
