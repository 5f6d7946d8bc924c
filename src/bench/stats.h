/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Statistics that hold for a handful of rounds of any distribution: medians,
 * bootstrap intervals, rank tests. Nothing here assumes a bell curve, as
 * rounds of a benchmark have a long tail on one side.
 *
 * All of it is pure and gives the same answer for the same seed.
 */
#ifndef SK_BENCH_STATS_H
#define SK_BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/* What counts as significant; intervals are of 1 - this. */
#define BENCH_ALPHA 0.05

/* Fewer values have no 95 % interval: their whole range covers less. */
#define BENCH_ROUNDS_TO_TELL 6

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do. */
struct bench_rng {
	uint64_t state;
};
uint64_t bench_rng_next(struct bench_rng *rng);
/* One of 0…n-1, each as likely; n is not 0. */
size_t bench_rng_below(struct bench_rng *rng, size_t n);

/* A median and the 95 % interval it lies in. */
struct bench_interval {
	double median, low, high;
};

/* The median of v[0..n), which are put in order. NAN when n is 0. */
double bench_median(double *v, size_t n);

/*
 * The median of v[0..n) with its bootstrap percentile interval (Efron 1979).
 * Of fewer than BENCH_ROUNDS_TO_TELL values it is their whole range; of one,
 * low and high are NAN. 0 or -ENOMEM.
 */
int bench_median_interval(struct bench_interval *out, const double *v,
			  size_t n, uint64_t seed);

/*
 * Half the width of the interval as a share of the median: 0.02 is "± 2 %".
 * INFINITY when it cannot be told. What --until compares with.
 */
double bench_interval_width(const struct bench_interval *i);

/*
 * The ratio median(a) / median(b) with its bootstrap interval. NAN where b's
 * median is 0. 0 or -ENOMEM.
 */
int bench_ratio_interval(struct bench_interval *out, const double *a,
			 size_t na, const double *b, size_t nb, uint64_t seed);

/*
 * Two-sided p of the Mann-Whitney U test: how likely ranks as uneven as these
 * would be if a and b were of one distribution. Exact up to 40 values, ties
 * included (all ways to deal out the mid-ranks are counted); above that the
 * normal approximation with corrections for ties and continuity. NAN when a
 * or b is empty, or without memory.
 */
double bench_mann_whitney(const double *a, size_t na, const double *b,
			  size_t nb);
/* The smallest p that so many values could give. 1 when na or nb is 0. */
double bench_smallest_p(size_t na, size_t nb);

/*
 * Holm's correction (1979) of p[0..n), in place: what is below alpha
 * afterwards is significant although so many questions were asked. These are
 * more than n where the data chose which of them got a p; those left out count
 * as the largest. NAN stays NAN and counts as no question. 0 or -ENOMEM.
 */
int bench_holm(double *p, size_t n, size_t questions);

#endif
