/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Histograms against their promised error, and results as a container. */
#include <math.h>
#include <stdlib.h>

#include "bench/result.h"
#include "tap.h"

static void slots_are_a_partition(void)
{
	bool joined = true;

	for (unsigned i = 0; i + 1 < BENCH_HIST_SLOTS; i++)
		joined &= bench_hist_high(i) + 1 == bench_hist_low(i + 1) &&
			  bench_hist_slot(bench_hist_low(i)) == i &&
			  bench_hist_slot(bench_hist_high(i)) == i;
	ok(joined, "each value has one slot, and slots leave no gap");
	ok(bench_hist_slot(UINT64_MAX) == BENCH_HIST_SLOTS - 1,
	   "what is too large goes into the last");
}

static void error_is_bounded(void)
{
	struct bench_hist *h = malloc(sizeof(*h));
	double worst = 0;

	for (uint64_t v = 1; v < 1ull << 39; v += 1 + v / 37) {
		double off;

		bench_hist_init(h);
		bench_hist_add(h, v);
		h->min = 0; /* without the clamp that would hide it */
		h->max = UINT64_MAX;
		off = fabs((double)bench_hist_at(h, 0.5) - (double)v) /
		      (double)v;
		worst = off > worst ? off : worst;
	}
	ok(worst <= 1.0 / 128, "no value is off by more than 1/128 (%g)", worst);
	free(h);
}

static void percentiles(void)
{
	struct bench_hist *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));

	bench_hist_init(a);
	bench_hist_init(b);
	is_int((long long)bench_hist_at(a, 0.5), 0, "of nothing, 0");
	for (uint64_t v = 1; v <= 50000; v++)
		bench_hist_add(a, v);
	for (uint64_t v = 50001; v <= 100000; v++)
		bench_hist_add(b, v);
	bench_hist_merge(a, b);
	is_int((long long)a->total, 100000, "merging adds");
	ok(fabs((double)bench_hist_at(a, 0.5) - 50000) < 500, "p50");
	ok(fabs((double)bench_hist_at(a, 0.99) - 99000) < 990, "p99");
	is_int((long long)bench_hist_at(a, 1), 100000, "the maximum is exact");
	is_int((long long)bench_hist_at(a, 0), 1, "the minimum is exact");
	ok(fabs(bench_hist_mean(a) - 50000.5) < 1e-6, "the mean is exact");
	ok(fabs(bench_hist_stddev(a) - 28867.5) < 1, "standard deviation");
	free(a);
	free(b);
}

/* The value of a rank, and of no more than there are. */
static void ranks(void)
{
	struct bench_hist *h = malloc(sizeof(*h));

	bench_hist_init(h);
	for (uint64_t v = 1; v <= 100; v++)
		bench_hist_add(h, v);
	is_int((long long)bench_hist_at(h, 0.5), 51, "half of 100 are below");
	is_int((long long)bench_hist_at(h, 0.99), 100, "and 99 %% of them");
	is_int((long long)bench_hist_at(h, 0.009), 1, "none below the first");
	bench_hist_init(h);
	bench_hist_add(h, 1000001);
	bench_hist_add(h, 1000003);
	is_int((long long)bench_hist_at(h, 0.9), 1000003,
	       "no percentile is above the maximum");
	is_int((long long)bench_hist_at(h, 0.1), 1000003,
	       "nor off by what a slot is wide");
	bench_hist_add(h, UINT64_MAX);
	ok(bench_hist_at(h, 0.99) >= bench_hist_low(BENCH_HIST_SLOTS - 1),
	   "what is too large has the last slot");
	is_int((long long)h->total, 3, "and is counted");
	free(h);
}

static struct bench_variant *variant(struct bench_result *r, const char *sock,
				     const char *engine)
{
	struct bench_variant *v = bench_result_variant(r);

	bench_variant_set(v, "socket", sock);
	bench_variant_set(v, "engine", engine);
	return v;
}

static void labels(void)
{
	struct bench_result *r = bench_result_new();
	char *label;

	variant(r, "tcp", "epoll");
	label = bench_variant_label(r, &r->variants[0]);
	is_str(label, "tcp epoll", "one variant is called by all it has");
	free(label);
	variant(r, "tcp", "poll");
	label = bench_variant_label(r, &r->variants[1]);
	is_str(label, "poll", "several by what they differ in");
	free(label);
	ok(isnan(bench_variant_round(&r->variants[0])->value[BENCH_LOSS]),
	   "what was not measured is absent");
	bench_result_free(r);
}

int main(void)
{
	slots_are_a_partition();
	error_is_bounded();
	percentiles();
	ranks();
	labels();
	is_int(bench_metric_find("p50_ns"), BENCH_P50_NS, "metrics by name");
	is_int(bench_metric_find("p51"), -1, "and no others");
	return tap_done();
}
