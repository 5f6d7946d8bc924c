/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statistics against published tables and distributions that are known. */
#include <math.h>
#include <stdlib.h>

#include "bench/stats.h"
#include "tap.h"

#define N_MAX 64

static struct bench_rng rng = { 7 };

/* Above 0, below 1. */
static double uniform(void)
{
	return ((double)(bench_rng_next(&rng) >> 11) + 0.5) * 0x1p-53;
}

/* A long tail on one side, as rounds have. */
static double exponential(void)
{
	return 100 - 10 * log(uniform());
}

static void generator(void)
{
	struct bench_rng zero = { 0 };
	unsigned count[10] = { 0 };
	bool even = true;

	/* The first output for seed 0, as its authors' code gives it. */
	ok(bench_rng_next(&zero) == 0xe220a8397b1dcdaf, "splitmix64");
	for (int i = 0; i < 100000; i++)
		count[bench_rng_below(&rng, 10)]++;
	for (int i = 0; i < 10; i++)
		even &= count[i] > 9500 && count[i] < 10500;
	ok(even, "ten numbers come up as often as each other");
}

static void medians(void)
{
	double odd[] = { 5, 1, 3 }, two[] = { 4, 1, 3, 2 };

	ok(bench_median(odd, 3) == 3, "median of three");
	ok(bench_median(two, 4) == 2.5, "median of four");
	ok(isnan(bench_median(odd, 0)), "of none, nothing");
}

static void small_intervals(void)
{
	const double v[] = { 10, 30, 20 };
	struct bench_interval i, again;

	bench_median_interval(&i, v, 3, 1);
	ok(i.median == 20 && i.low == 10 && i.high == 30,
	   "of three values the interval is their range");
	ok(fabs(bench_interval_width(&i) - 0.5) < 1e-9, "which is 20 ± 50 %%");
	bench_median_interval(&again, v, 3, 1);
	ok(!memcmp(&i, &again, sizeof(i)), "the same seed, the same interval");
	bench_median_interval(&i, v, 1, 1);
	ok(i.median == 10 && isnan(i.low) && isnan(i.high) &&
	   bench_interval_width(&i) == INFINITY,
	   "one value has no interval");
	bench_median_interval(&i, v, 0, 1);
	ok(isnan(i.median), "no value has no median");
}

/* The true median of the distribution lies in 95 % of the intervals. */
static void coverage(void)
{
	const double truth = 100 + 10 * M_LN2;
	double v[25];
	int inside = 0, trials = 1000;

	for (int t = 0; t < trials; t++) {
		struct bench_interval i;

		for (int k = 0; k < 25; k++)
			v[k] = exponential();
		bench_median_interval(&i, v, 25, (uint64_t)t);
		inside += i.low <= truth && truth <= i.high;
	}
	ok(inside > trials * 92 / 100 && inside < trials * 98 / 100,
	   "intervals of 95 %% hold the median (%d of %d)", inside, trials);
}

/* Samples without ties whose U is `u`: c of the b lie below each a. */
static void with_u(double *a, size_t na, double *b, size_t nb, size_t u)
{
	for (size_t i = 0; i < nb; i++)
		b[i] = (double)(i + 1);
	for (size_t i = 0; i < na; i++) {
		size_t c = u < nb ? u : nb;

		a[i] = (double)c + 0.5 + (double)i / 1000;
		u -= c;
	}
}

/*
 * Critical values of U, two-sided, alpha 0.05 (Mann and Whitney 1947, as
 * printed in Siegel's table K): at U significant, at U + 1 no more.
 */
static void published_table(void)
{
	static const struct {
		size_t na, nb, u;
	} rows[] = {
		{ 4, 4, 0 },   { 3, 5, 0 },    { 4, 6, 2 },    { 5, 5, 2 },
		{ 5, 8, 6 },   { 6, 6, 5 },    { 7, 9, 12 },   { 8, 8, 13 },
		{ 10, 10, 23 }, { 12, 15, 49 }, { 15, 20, 90 }, { 20, 20, 127 },
	};
	double a[N_MAX], b[N_MAX];
	bool right = true;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t na = rows[i].na, nb = rows[i].nb;

		with_u(a, na, b, nb, rows[i].u);
		right &= bench_mann_whitney(a, na, b, nb) <= 0.05;
		with_u(a, na, b, nb, rows[i].u + 1);
		right &= bench_mann_whitney(a, na, b, nb) > 0.05;
	}
	ok(right, "critical values of the published table");
}

static void ranks(void)
{
	double a[N_MAX], b[N_MAX], p, q;

	with_u(a, 3, b, 3, 0);
	ok(fabs(bench_mann_whitney(a, 3, b, 3) - 0.1) < 1e-12,
	   "three rounds against three never reach 0.05");
	ok(fabs(bench_smallest_p(3, 3) - 0.1) < 1e-12 &&
	   fabs(bench_smallest_p(5, 5) - 2.0 / 252) < 1e-12,
	   "which is known beforehand");
	for (int i = 0; i < 5; i++)
		a[i] = b[i] = 7;
	ok(bench_mann_whitney(a, 5, b, 5) == 1, "all equal: p is 1");
	ok(isnan(bench_mann_whitney(a, 0, b, 5)), "nothing to compare");

	/* 1 1 2 against 2 3 3: of 20 ways to deal out 1.5 1.5 3.5 3.5 5.5 5.5
	 * two add up to 6.5 and two to the other end, 14.5. */
	memcpy(a, (double[]){ 1, 1, 2 }, 3 * sizeof(*a));
	memcpy(b, (double[]){ 2, 3, 3 }, 3 * sizeof(*b));
	ok(fabs(bench_mann_whitney(a, 3, b, 3) - 4.0 / 20) < 1e-12,
	   "ties are exact, too");

	/* The two roads meet: 20 and 20 is exact, 20 and 21 is not. */
	with_u(a, 20, b, 20, 127);
	p = bench_mann_whitney(a, 20, b, 20);
	with_u(a, 20, b, 21, 134);
	q = bench_mann_whitney(a, 20, b, 21);
	ok(fabs(p - q) < 0.01, "the approximation is near (%.4f, %.4f)", p, q);
	for (int i = 0; i < 25; i++) {
		a[i] = i >= 13;
		b[i] = i >= 6;
	}
	/* 19 zeros and 31 ones tied; without correction 0.091. */
	p = bench_mann_whitney(a, 25, b, 25);
	ok(fabs(p - 0.044699362) < 1e-6, "it knows of ties (%.6f)", p);
	with_u(a, 20, b, 21, 134);
	ok(fabs(bench_mann_whitney(a, 20, b, 21) -
		bench_mann_whitney(b, 21, a, 20)) < 1e-12,
	   "either way round");
}

/* Of one distribution: p below 0.05 in about 5 % of the cases. */
static void false_positives(size_t n, const char *road)
{
	double a[N_MAX], b[N_MAX];
	int found = 0, trials = 4000;

	for (int t = 0; t < trials; t++) {
		for (size_t i = 0; i < n; i++) {
			a[i] = exponential();
			b[i] = exponential();
		}
		found += bench_mann_whitney(a, n, b, n) < BENCH_ALPHA;
	}
	ok(found > trials * 35 / 1000 && found < trials * 65 / 1000,
	   "%s: false alarms in about 5 %% of cases (%d of %d)", road, found,
	   trials);
}

/* Shifted by as much as it scatters: nearly always seen. */
static void power(void)
{
	double a[10], b[10];
	int found = 0;

	for (int t = 0; t < 500; t++) {
		for (size_t i = 0; i < 10; i++) {
			a[i] = 100 + 10 * uniform();
			b[i] = 110 + 10 * uniform();
		}
		found += bench_mann_whitney(a, 10, b, 10) < BENCH_ALPHA;
	}
	is_int(found, 500, "a real difference is found");
}

static void ratios(void)
{
	double a[30], b[30], zero[3] = { 0, 0, 0 };
	struct bench_interval i;

	for (int k = 0; k < 30; k++) {
		b[k] = exponential();
		a[k] = 1.2 * exponential();
	}
	bench_ratio_interval(&i, a, 30, b, 30, 5);
	ok(i.low < 1.2 && i.high > 1.2 && i.low > 1.05 && i.high < 1.35,
	   "the ratio of medians (%.3f, %.3f to %.3f)", i.median, i.low,
	   i.high);
	bench_ratio_interval(&i, a, 3, zero, 3, 5);
	ok(isnan(i.median) && isnan(i.low), "nothing has no ratio to nought");
}

static void many_questions(void)
{
	double p[] = { 0.01, 0.04, NAN, 0.03, 0.005 };

	bench_holm(p, 5, 5);
	ok(fabs(p[4] - 0.02) < 1e-12 && fabs(p[0] - 0.03) < 1e-12 &&
	   fabs(p[3] - 0.06) < 1e-12 && fabs(p[1] - 0.06) < 1e-12 &&
	   isnan(p[2]),
	   "Holm's correction");
	p[0] = 0.7;
	p[1] = 0.6;
	bench_holm(p, 2, 2);
	ok(p[0] == 1 && p[1] == 1, "never above 1");
	p[0] = 0.01;
	p[1] = 0.002;
	bench_holm(p, 2, 10);
	ok(fabs(p[1] - 0.02) < 1e-12 && fabs(p[0] - 0.09) < 1e-12,
	   "questions that have no p count as well");
}

int main(void)
{
	generator();
	medians();
	small_intervals();
	coverage();
	published_table();
	ranks();
	false_positives(8, "exact");
	false_positives(25, "approximated");
	power();
	ratios();
	many_questions();
	return tap_done();
}
