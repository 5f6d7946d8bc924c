/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/stats.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Resamples: their 2.5th percentile is then the 50th of them. */
#define RESAMPLES 2000
/* Up to so many values p is exact: 40!/(20! 20!) still fits a double. */
#define EXACT_MAX 40

uint64_t bench_rng_next(struct bench_rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* The upper half of a product: without bias that matters below 2^32. */
size_t bench_rng_below(struct bench_rng *rng, size_t n)
{
	return (size_t)(((bench_rng_next(rng) >> 32) * (uint64_t)n) >> 32);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of_sorted(const double *v, size_t n)
{
	if (!n)
		return NAN;
	return n % 2 ? v[n / 2] : v[n / 2 - 1] / 2 + v[n / 2] / 2;
}

double bench_median(double *v, size_t n)
{
	if (n)
		qsort(v, n, sizeof(*v), by_value);
	return median_of_sorted(v, n);
}

/* --- the bootstrap ------------------------------------------------------------- */

/* Values in order, and room to count how often each was drawn. */
struct sample {
	double *v;
	unsigned *drawn;
	size_t n;
};

static int sample_init(struct sample *s, const double *v, size_t n)
{
	*s = (struct sample){ .n = n };
	s->v = calloc(n ? n : 1, sizeof(*s->v));
	s->drawn = calloc(n ? n : 1, sizeof(*s->drawn));
	if (!s->v || !s->drawn)
		return -ENOMEM;
	if (!n)
		return 0;
	memcpy(s->v, v, n * sizeof(*v));
	qsort(s->v, n, sizeof(*v), by_value);
	return 0;
}

static void sample_fini(struct sample *s)
{
	free(s->v);
	free(s->drawn);
}

/* The value of rank k among those drawn: counting is cheaper than sorting. */
static double drawn_at(const struct sample *s, size_t k)
{
	size_t seen = 0;

	for (size_t i = 0; i < s->n; i++) {
		seen += s->drawn[i];
		if (seen > k)
			return s->v[i];
	}
	return s->v[s->n - 1];
}

/* The median of n values drawn with replacement. */
static double resampled_median(struct sample *s, struct bench_rng *rng)
{
	memset(s->drawn, 0, s->n * sizeof(*s->drawn));
	for (size_t i = 0; i < s->n; i++)
		s->drawn[bench_rng_below(rng, s->n)]++;
	if (s->n % 2)
		return drawn_at(s, s->n / 2);
	return drawn_at(s, s->n / 2 - 1) / 2 + drawn_at(s, s->n / 2) / 2;
}

static void cut_tails(struct bench_interval *out, double *stat)
{
	size_t tail = (size_t)(RESAMPLES * BENCH_ALPHA / 2);

	qsort(stat, RESAMPLES, sizeof(*stat), by_value);
	out->low = stat[tail];
	out->high = stat[RESAMPLES - 1 - tail];
}

int bench_median_interval(struct bench_interval *out, const double *v,
			  size_t n, uint64_t seed)
{
	struct bench_rng rng = { seed };
	double stat[RESAMPLES];
	struct sample s;
	int r = sample_init(&s, v, n);

	*out = (struct bench_interval){ NAN, NAN, NAN };
	if (r < 0)
		goto out;
	out->median = median_of_sorted(s.v, n);
	if (n < 2)
		goto out;
	for (size_t i = 0; i < RESAMPLES; i++)
		stat[i] = resampled_median(&s, &rng);
	cut_tails(out, stat);
out:
	sample_fini(&s);
	return r;
}

double bench_interval_width(const struct bench_interval *i)
{
	double width = (i->high - i->low) / 2 / fabs(i->median);

	if (i->high == i->low)
		return 0;
	return isfinite(width) ? width : INFINITY;
}

/* Resamples in which b's median is 0 have no ratio: then there is no interval. */
static void bootstrap_ratio(struct bench_interval *out, struct sample *a,
			    struct sample *b, uint64_t seed)
{
	struct bench_rng rng = { seed };
	double stat[RESAMPLES];

	for (size_t i = 0; i < RESAMPLES; i++) {
		stat[i] = resampled_median(a, &rng);
		stat[i] /= resampled_median(b, &rng);
		if (!isfinite(stat[i]))
			return;
	}
	cut_tails(out, stat);
}

int bench_ratio_interval(struct bench_interval *out, const double *a,
			 size_t na, const double *b, size_t nb, uint64_t seed)
{
	struct sample sa, sb;
	int ra = sample_init(&sa, a, na), rb = sample_init(&sb, b, nb);

	*out = (struct bench_interval){ NAN, NAN, NAN };
	if (ra < 0 || rb < 0) {
		ra = -ENOMEM;
		goto out;
	}
	out->median = median_of_sorted(sa.v, na) / median_of_sorted(sb.v, nb);
	if (!isfinite(out->median))
		out->median = NAN;
	else if (na > 1 && nb > 1)
		bootstrap_ratio(out, &sa, &sb, seed);
out:
	sample_fini(&sa);
	sample_fini(&sb);
	return ra;
}

/* --- the rank test ------------------------------------------------------------- */

struct ranked {
	double v;
	bool first;	/* of the first group */
	unsigned rank2;	/* twice the mid-rank: always a whole number */
};

static int by_ranked_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->v > y->v) - (x->v < y->v);
}

/*
 * Rank both groups together, ties by the middle of their ranks. Returns the
 * sum of t^3 - t over the ties, which the normal approximation wants.
 */
static double rank(struct ranked *all, size_t n)
{
	double ties = 0;

	qsort(all, n, sizeof(*all), by_ranked_value);
	for (size_t i = 0, end; i < n; i = end) {
		double t;

		for (end = i; end < n && all[end].v <= all[i].v; end++)
			;
		for (size_t k = i; k < end; k++)
			all[k].rank2 = (unsigned)(i + 1 + end);
		t = (double)(end - i);
		ties += t * t * t - t;
	}
	return ties;
}

/*
 * ways[k * width + s]: in how many ways k of the ranks add up to s, each rank
 * used once. The p is the share of ways whose sum is at least as far from the
 * middle as ours.
 */
static double exact_p(const struct ranked *all, size_t n, size_t na,
		      unsigned sum2)
{
	size_t width = n * (n + 1) + 1;
	double *ways = calloc((na + 1) * width, sizeof(*ways));
	double far = fabs((double)sum2 - (double)(na * (n + 1)));
	double hit = 0, total = 0;

	if (!ways)
		return NAN;
	ways[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = na; k > 0; k--)
			for (size_t s = width - 1; s >= all[i].rank2; s--)
				ways[k * width + s] +=
					ways[(k - 1) * width + s -
					     all[i].rank2];
	for (size_t s = 0; s < width; s++) {
		double w = ways[na * width + s];

		total += w;
		if (fabs((double)s - (double)(na * (n + 1))) >= far)
			hit += w;
	}
	free(ways);
	return hit / total;
}

static double normal_p(size_t n, size_t na, unsigned sum2, double ties)
{
	double nd = (double)n, a = (double)na, b = nd - a;
	double off = fabs((double)sum2 / 2 - a * (nd + 1) / 2) - 0.5;
	double var = a * b / 12 * (nd + 1 - ties / (nd * (nd - 1)));

	if (var <= 0 || off <= 0)
		return 1;
	return erfc(off / sqrt(var) / M_SQRT2);
}

double bench_mann_whitney(const double *a, size_t na, const double *b,
			  size_t nb)
{
	size_t n = na + nb;
	struct ranked *all;
	unsigned sum2 = 0;
	double ties, p;

	if (!na || !nb)
		return NAN;
	all = calloc(n, sizeof(*all));
	if (!all)
		return NAN;
	for (size_t i = 0; i < n; i++)
		all[i] = (struct ranked){ i < na ? a[i] : b[i - na], i < na,
					  0 };
	ties = rank(all, n);
	for (size_t i = 0; i < n; i++)
		sum2 += all[i].first ? all[i].rank2 : 0;
	p = n <= EXACT_MAX ? exact_p(all, n, na, sum2) :
			     normal_p(n, na, sum2, ties);
	free(all);
	return p;
}

double bench_smallest_p(size_t na, size_t nb)
{
	double ways = 1;

	if (!na || !nb)
		return 1;
	for (size_t i = 1; i <= na; i++)
		ways *= (double)(nb + i) / (double)i;
	return ways < 2 ? 1 : 2 / ways;
}

/* --- many questions ------------------------------------------------------------ */

struct question {
	double p;
	size_t at;
};

static int by_p(const void *a, const void *b)
{
	const struct question *x = a, *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

int bench_holm(double *p, size_t n, size_t questions)
{
	struct question *q = calloc(n ? n : 1, sizeof(*q));
	size_t asked = 0, more = questions > n ? questions - n : 0;
	double least = 0;

	if (!q)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!isnan(p[i]))
			q[asked++] = (struct question){ p[i], i };
	if (asked)
		qsort(q, asked, sizeof(*q), by_p);
	for (size_t i = 0; i < asked; i++) {
		double adjusted = q[i].p * (double)(asked - i + more);

		if (adjusted > 1)
			adjusted = 1;
		if (adjusted > least)
			least = adjusted;
		p[q[i].at] = least;
	}
	free(q);
	return 0;
}
