/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/arrivals.h"

#include <string.h>

#define WINDOW BENCH_ARRIVALS_WINDOW
/* A number so far ahead is no loss but another sender, or nonsense. */
#define JUMP (UINT64_C(1) << 32)

static uint64_t *word_of(struct bench_arrivals *a, uint64_t seq)
{
	return &a->seen[seq % WINDOW / 64];
}

static bool seen(struct bench_arrivals *a, uint64_t seq)
{
	uint64_t bit = UINT64_C(1) << seq % 64, *word = word_of(a, seq);
	bool was = *word & bit;

	*word |= bit;
	return was;
}

/* The numbers between the old highest and seq have not been seen. */
static void advance(struct bench_arrivals *a, uint64_t seq)
{
	if (seq - a->highest >= WINDOW) {
		memset(a->seen, 0, sizeof(a->seen));
	} else {
		for (uint64_t i = a->highest + 1; i <= seq; i++)
			*word_of(a, i) &= ~(UINT64_C(1) << i % 64);
	}
	a->highest = seq;
	seen(a, seq);
	a->received++;
}

static void late(struct bench_arrivals *a, uint64_t seq)
{
	if (a->highest - seq < WINDOW && seen(a, seq)) {
		a->duplicates++;
		return;
	}
	/* Before the first we knew of: it counts from here on. */
	if (seq < a->first)
		a->first = seq;
	a->reordered++;
	a->received++;
}

/* J(i) = J(i-1) + (|D(i-1,i)| - J(i-1)) / 16 */
static void jitter(struct bench_arrivals *a, int64_t transit)
{
	double d = (double)(transit - a->transit_ns);

	a->jitter_ns += ((d < 0 ? -d : d) - a->jitter_ns) / 16;
}

void bench_arrived(struct bench_arrivals *a, uint64_t seq, uint64_t sent_ns,
		   uint64_t now_ns)
{
	int64_t transit = (int64_t)(now_ns - sent_ns);

	if (!a->begun) {
		a->begun = true;
		a->first = seq;
		a->highest = seq;
		a->received = 1;
		seen(a, seq);
	} else if (seq > a->highest) {
		if (seq - a->highest > JUMP)
			return;
		jitter(a, transit);
		advance(a, seq);
	} else {
		jitter(a, transit);
		late(a, seq);
	}
	a->transit_ns = transit;
}
