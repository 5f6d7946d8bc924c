/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A result that nobody measured: round trips of three engines whose speeds
 * are known, one that was refused, one with disturbed rounds. The same
 * arguments give the same result, to the last bit.
 */
#ifndef SK_TESTS_BENCH_FAKE_H
#define SK_TESTS_BENCH_FAKE_H

#include <math.h>
#include <stdlib.h>

#include "bench/result.h"
#include "bench/stats.h"

/* About 1 ± 1/128, with a tail towards more. */
static double fake_noise(struct bench_rng *rng)
{
	double u = (double)(bench_rng_next(rng) >> 11) * 0x1p-53;

	return 1 + (u * u - 0.33) / 100;
}

/* Times around `ns`, most below it and a few far above. */
static void fake_hist(struct bench_round *round, struct bench_rng *rng,
		      enum bench_hist_id id, double ns)
{
	struct bench_hist *h = bench_round_hist(round, id);

	for (int i = 0; i < 2000; i++) {
		double u = ((double)(bench_rng_next(rng) >> 11) + 0.5) *
			   0x1p-53;

		bench_hist_add(h, (uint64_t)(ns * (0.9 - 0.14 * log(u))));
	}
}

static struct bench_round *fake_round(struct bench_variant *v,
				      struct bench_rng *rng, double rate)
{
	struct bench_round *round = bench_variant_round(v);
	double n = rate * fake_noise(rng);

	round->value[BENCH_SECONDS] = 1;
	round->value[BENCH_REQUESTS] = floor(n);
	round->value[BENCH_REQUESTS_PER_S] = n;
	round->value[BENCH_NS_PER_REQUEST] = 9.6e8 / n;
	round->value[BENCH_CPU_FOREIGN] = 0.01;
	fake_hist(round, rng, BENCH_HIST_SERVICE, 64e9 / n);
	round->value[BENCH_P50_NS] =
		(double)bench_hist_at(round->hist[BENCH_HIST_SERVICE], 0.5);
	for (uint64_t i = 1; i <= 10; i++)
		bench_round_point(round, i * 100000000, 0,
				  (uint64_t)(n / 10 * fake_noise(rng)));
	return round;
}

static struct bench_variant *fake_variant(struct bench_result *r,
					  const char *engine)
{
	struct bench_variant *v = bench_result_variant(r);

	bench_variant_set(v, "socket", "tcp");
	bench_variant_set(v, "engine", engine);
	bench_variant_set(v, "connections", "64");
	return v;
}

static void fake_machine(struct bench_result *r)
{
	bench_result_fact(r, "kernel", "Linux 6.1.0");
	bench_result_fact(r, "cpu", "2 x Testatron 9000");
	bench_result_fact(r, "mitigations", "a list of many words that nobody "
			  "wants to read on every page of every run");
	bench_result_fact(r, "net.core.somaxconn", "4096");
	bench_result_floor(r, "unix", BENCH_REQUESTS_PER_S, 400000);
	bench_result_floor(r, "memcpy", BENCH_BYTES_PER_S, 55e9);
}

static char **fake_argv(void)
{
	static const char *const words[] = { "rr", "--engine",
					     "poll,epoll,io_uring,icmp" };
	char **argv = calloc(4, sizeof(*argv));

	for (int i = 0; i < 3; i++)
		argv[i] = strdup(words[i]);
	return argv;
}

/* `faster` is how io_uring relates to its usual speed: 1.0 is as ever. */
__attribute__((unused)) static struct bench_result *
fake_result(uint64_t seed, size_t rounds, double faster)
{
	static const char *const engines[] = { "poll", "epoll", "io_uring" };
	const double rate[] = { 146000, 152000, 173000 * faster };
	struct bench_result *r = bench_result_new();
	struct bench_rng rng = { seed };
	struct bench_variant *v;

	r->workload = strdup("rr");
	r->primary = BENCH_REQUESTS_PER_S;
	r->argv = fake_argv();
	r->started_us = 1790000000000000;
	fake_machine(r);
	for (int e = 0; e < 3; e++) {
		v = fake_variant(r, engines[e]);
		for (size_t i = 0; i < rounds; i++)
			fake_round(v, &rng, rate[e])->why =
				strdup(i ? "wake-up bound" : "server CPU-bound");
	}
	v->note = strdup("recv multishot, buffer ring");
	fake_round(v, &rng, 50000)->disturbed = true;
	v->repeated = 1;
	v = fake_variant(r, "icmp");
	v->refused = strdup("no \033[1mraw sockets\033[0m for you");
	return r;
}

#endif
