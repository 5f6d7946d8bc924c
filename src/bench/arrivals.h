/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of numbered datagrams, as their receiver sees it: loss,
 * duplicates, reordering and the jitter of RFC 3550 (6.4.1, A.1, A.8). Pure:
 * numbers and times are arguments.
 */
#ifndef SK_BENCH_ARRIVALS_H
#define SK_BENCH_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

/* How far behind the highest number a late one is still told apart from a
 * duplicate; what is later counts as reordered. */
#define BENCH_ARRIVALS_WINDOW 4096

struct bench_arrivals {
	bool begun;
	uint64_t first, highest;	/* numbers seen */
	uint64_t received;		/* each number once */
	uint64_t duplicates, reordered;
	double jitter_ns;
	int64_t transit_ns;		/* of the last one */
	uint64_t seen[BENCH_ARRIVALS_WINDOW / 64];
};

/* Number seq, sent at sent_ns of its clock, has come at now_ns of ours. */
void bench_arrived(struct bench_arrivals *a, uint64_t seq, uint64_t sent_ns,
		   uint64_t now_ns);
/* How many there should have been so far. */
static inline uint64_t bench_expected(const struct bench_arrivals *a)
{
	return a->begun ? a->highest - a->first + 1 : 0;
}

#endif
