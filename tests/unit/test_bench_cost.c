/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench: what measuring itself costs. The best of many short runs is taken, as
 * others may have the CPU in most of them; a build for debugging may be slow.
 */
#include <stdlib.h>

#include "bench/flow.h"

#include "tap.h"

#define RUNS 200
#define SAMPLES 2000
#define LIMIT_NS 50

#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__)
#define SLOW 20
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW 20
#endif
#endif
#ifndef SLOW
#define SLOW 1
#endif

static struct bench_tally tally;

/* What follows an answer, as in workload_rr.c, without asking the time. */
static void count(uint64_t i)
{
	bench_count(&tally, requests, 1);
	bench_count(&tally, bytes_in, 64);
	bench_sample(&tally, BENCH_HIST_SERVICE, (i * 2654435761u) >> 40);
}

static uint64_t begun_ns;

static void ask(uint64_t i)
{
	(void)i;
	begun_ns = bench_now();
}

static void ask_and_count(uint64_t i)
{
	uint64_t now = bench_now();

	count(now - begun_ns + i);
	begun_ns = now;
}

/* The least time that one of these took, in ns. */
static double least(void (*one)(uint64_t))
{
	uint64_t best = UINT64_MAX;

	for (int run = 0; run < RUNS; run++) {
		uint64_t begin = bench_now(), took;

		for (uint64_t i = 0; i < SAMPLES; i++)
			one(i);
		took = bench_now() - begin;
		if (took < best)
			best = took;
	}
	return (double)best / SAMPLES;
}

int main(void)
{
	double sample = least(count), clock = least(ask);
	double both = least(ask_and_count);

	printf("# a sample %.1f ns, the time %.1f ns, both %.1f ns\n", sample,
	       clock, both);
	ok(tally.requests == 2 * RUNS * SAMPLES &&
	   tally.hist[BENCH_HIST_SERVICE] &&
	   tally.hist[BENCH_HIST_SERVICE]->total == tally.requests,
	   "all were counted");
	ok(sample < LIMIT_NS * SLOW, "a sample costs less than 50 ns");
	ok(both - clock < LIMIT_NS * SLOW,
	   "and no more beside asking for the time");
	free(tally.hist[BENCH_HIST_SERVICE]);
	return tap_done();
}
