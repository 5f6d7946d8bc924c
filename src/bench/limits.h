/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server grants its clients, whatever they ask for. */
#ifndef SK_BENCH_LIMITS_H
#define SK_BENCH_LIMITS_H

#include <stdint.h>

struct bench_limits {
	uint64_t time_us;	/* of a test; 0: the protocol's own */
	uint64_t rate;		/* bytes/s in all, of a test; 0: any */
	uint64_t connections;	/* of a test; 0: the protocol's own */
	uint64_t clients;	/* at once */
};

#endif
