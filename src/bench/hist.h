/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A histogram of durations with a bounded relative error and a fixed size
 * (HdrHistogram's idea: powers of two, each cut into equal steps): adding is
 * an increment, merging is addition, and no sample is ever thrown away.
 */
#ifndef SK_BENCH_HIST_H
#define SK_BENCH_HIST_H

#include <stddef.h>
#include <stdint.h>

/* Steps per power of two: values are kept within 1/128 (0.8 %). */
#define BENCH_HIST_SUB_BITS 7
/* Values up to 2^40 ns (18 minutes); more is counted as that. */
#define BENCH_HIST_MAX_BITS 40
#define BENCH_HIST_SLOTS \
	((BENCH_HIST_MAX_BITS - BENCH_HIST_SUB_BITS + 1) << BENCH_HIST_SUB_BITS)

struct bench_hist {
	uint64_t total;		/* samples */
	uint64_t min, max;	/* exact; of no samples UINT64_MAX and 0 */
	double sum, sum_sq;	/* of the values as they came */
	uint64_t slot[BENCH_HIST_SLOTS];
};

/* Index of the slot that holds v; below BENCH_HIST_SLOTS for any v. */
static inline unsigned bench_hist_slot(uint64_t v)
{
	unsigned high;

	if (v >> BENCH_HIST_MAX_BITS)
		return BENCH_HIST_SLOTS - 1;
	if (v < 1u << BENCH_HIST_SUB_BITS)
		return (unsigned)v;
	high = 63u - (unsigned)__builtin_clzll(v) - BENCH_HIST_SUB_BITS;
	return ((high + 1) << BENCH_HIST_SUB_BITS) +
	       (unsigned)((v >> high) - (1u << BENCH_HIST_SUB_BITS));
}

/* One sample of v nanoseconds: what a measuring loop pays per request. */
static inline void bench_hist_add(struct bench_hist *h, uint64_t v)
{
	h->slot[bench_hist_slot(v)]++;
	h->total++;
	if (v < h->min)
		h->min = v;
	if (v > h->max)
		h->max = v;
	h->sum += (double)v;
	h->sum_sq += (double)v * (double)v;
}

void bench_hist_init(struct bench_hist *h);
/* The smallest and the largest value that `slot` stands for. */
uint64_t bench_hist_low(unsigned slot);
uint64_t bench_hist_high(unsigned slot);
/* All samples of `from` as if they had been added to `to`. */
void bench_hist_merge(struct bench_hist *to, const struct bench_hist *from);
/*
 * The value below which `share` (0…1) of the samples lie: the middle of its
 * slot, never outside min…max. 0 when empty.
 */
uint64_t bench_hist_at(const struct bench_hist *h, double share);
double bench_hist_mean(const struct bench_hist *h);
double bench_hist_stddev(const struct bench_hist *h);

#endif
