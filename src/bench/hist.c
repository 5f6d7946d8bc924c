/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/hist.h"

#include <math.h>
#include <string.h>

void bench_hist_init(struct bench_hist *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

uint64_t bench_hist_low(unsigned slot)
{
	unsigned high = slot >> BENCH_HIST_SUB_BITS;
	uint64_t step = slot & ((1u << BENCH_HIST_SUB_BITS) - 1);

	if (!high)
		return step;
	return (step + (1u << BENCH_HIST_SUB_BITS)) << (high - 1);
}

uint64_t bench_hist_high(unsigned slot)
{
	return bench_hist_low(slot + 1) - 1;
}

void bench_hist_merge(struct bench_hist *to, const struct bench_hist *from)
{
	for (size_t i = 0; i < BENCH_HIST_SLOTS; i++)
		to->slot[i] += from->slot[i];
	to->total += from->total;
	to->sum += from->sum;
	to->sum_sq += from->sum_sq;
	if (from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
}

static uint64_t clamped(const struct bench_hist *h, uint64_t v)
{
	if (v < h->min)
		return h->min;
	return v > h->max ? h->max : v;
}

uint64_t bench_hist_at(const struct bench_hist *h, double share)
{
	uint64_t want, seen = 0;

	if (!h->total)
		return 0;
	if (share >= 1)
		return h->max;
	want = (uint64_t)(share * (double)h->total) + 1;
	for (unsigned i = 0; i < BENCH_HIST_SLOTS; i++) {
		seen += h->slot[i];
		if (seen >= want)
			return clamped(h, bench_hist_low(i) +
				       (bench_hist_high(i) -
					bench_hist_low(i)) / 2);
	}
	return h->max;
}

double bench_hist_mean(const struct bench_hist *h)
{
	return h->total ? h->sum / (double)h->total : 0;
}

double bench_hist_stddev(const struct bench_hist *h)
{
	double mean = bench_hist_mean(h), var;

	if (h->total < 2)
		return 0;
	var = h->sum_sq / (double)h->total - mean * mean;
	return var > 0 ? sqrt(var) : 0;
}
