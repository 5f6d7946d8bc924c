/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/floor.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cpu.h"
#include "bench/flow.h"
#include "bench/run.h"

#define BLOCK (128 << 10)
/* Looks at memory before the CPU is offered to others. */
#define PATIENCE 1000
/* Exchanges that are timed together. */
#define STRETCH 8
/* Fewer a second are no floor: the two never ran at once. */
#define SPIN_MIN 50000

struct floors {
	struct bench_result *res;
	uint64_t time_us;
	const volatile sig_atomic_t *stop;
};

/* One floor: memory has none of workload and socket. */
struct floor {
	const char *name;
	int (*measure)(struct floors *f, const struct floor *what);
	enum bench_metric metric;
	int workload, socket;
};

static int add(struct floors *f, const struct floor *what, double value)
{
	if (!(value > 0))
		return 0;
	return bench_result_floor(f->res, what->name, what->metric, value);
}

/* --- in memory ----------------------------------------------------------- */

static int floor_memcpy(struct floors *f, const struct floor *what)
{
	char *from = malloc(BLOCK), *to = malloc(BLOCK);
	uint64_t begin = bench_now(), end = begin + f->time_us * 1000, now;
	uint64_t bytes = 0;

	if (!from || !to) {
		free(from);
		free(to);
		return -ENOMEM;
	}
	memset(from, 'x', BLOCK);
	do {
		for (int i = 0; i < 16; i++) {
			memcpy(to, from, BLOCK);
			/* The copy is to be made, though nobody reads it. */
			__asm__ volatile("" : : "r"(to) : "memory");
		}
		bytes += 16 * BLOCK;
		now = bench_now();
	} while (now < end);
	free(from);
	free(to);
	return add(f, what, (double)bytes * 1e9 / (double)(now - begin));
}

/* Two threads answer each other through a word of memory. */
struct spin {
	char apart[BENCH_APART];
	uint64_t word;
	char further[BENCH_APART];
	bool stop;
	bool alone;		/* the two are on CPUs of their own */
};

/* On one CPU the other cannot answer before we let it; on two it loses its
 * turn by that. */
static void wait_word(struct spin *s, uint64_t want)
{
	for (unsigned i = 1;
	     __atomic_load_n(&s->word, __ATOMIC_ACQUIRE) != want &&
	     !__atomic_load_n(&s->stop, __ATOMIC_RELAXED); i++)
		if (!s->alone && i % PATIENCE == 0)
			sched_yield();
}

static void *answer(void *arg)
{
	struct spin *s = arg;

	/* True of both or of none. */
	__atomic_store_n(&s->alone, bench_cpu_pin(1), __ATOMIC_RELAXED);
	for (uint64_t i = 1; !__atomic_load_n(&s->stop, __ATOMIC_RELAXED);
	     i += 2) {
		wait_word(s, i);
		__atomic_store_n(&s->word, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/*
 * The best stretch of exchanges: where both threads share a CPU with each
 * other, or with others, most of the time goes by without any.
 */
static double spin_rate(struct spin *s, uint64_t time_us)
{
	uint64_t now = bench_now(), end = now + time_us * 1000, i = 1;
	uint64_t best = UINT64_MAX;

	do {
		uint64_t begin = now;

		for (int k = 0; k < STRETCH; k++, i += 2) {
			__atomic_store_n(&s->word, i, __ATOMIC_RELEASE);
			wait_word(s, i + 1);
		}
		now = bench_now();
		if (now - begin < best)
			best = now - begin;
	} while (now < end);
	return STRETCH * 1e9 / (double)(best ? best : 1);
}

/* In threads of their own, which are bound each to a CPU. */
struct exchange {
	struct spin spin;
	uint64_t time_us;
	double rate;
};

static void *ask(void *arg)
{
	struct exchange *x = arg;

	bench_cpu_pin(0);
	x->rate = spin_rate(&x->spin, x->time_us);
	__atomic_store_n(&x->spin.stop, true, __ATOMIC_RELAXED);
	return NULL;
}

static int floor_spin(struct floors *f, const struct floor *what)
{
	struct exchange x = { .time_us = f->time_us };
	pthread_t asks, answers;

	if (pthread_create(&answers, NULL, answer, &x.spin))
		return 0;
	if (pthread_create(&asks, NULL, ask, &x))
		__atomic_store_n(&x.spin.stop, true, __ATOMIC_RELAXED);
	else
		pthread_join(asks, NULL);
	pthread_join(answers, NULL);
	if (x.rate < SPIN_MIN)
		return 0;
	return add(f, what, what->metric == BENCH_P50_NS ? 1e9 / x.rate :
							   x.rate);
}

/* --- through the kernel -------------------------------------------------- */

/* One round; NAN where there was none. */
static double job_rate(const struct floors *f, const struct floor *what,
		       uint64_t time_us, struct bench_variant *v)
{
	struct bench_round *round = bench_variant_round(v);
	char *refused = NULL, *note = NULL;
	struct bench_job job;
	struct sk_err err;
	double value = NAN;

	if (!round)
		return NAN;
	bench_plan_preset(&job, what->workload);
	job.socket = what->socket;
	job.time_us = time_us;
	job.warmup_us = time_us / 10;
	job.interval_us = time_us;
	if (bench_run_here(&job, round, &refused, &note, f->stop, &err) >= 0 &&
	    !refused)
		value = round->value[what->metric];
	free(refused);
	free(note);
	return value;
}

/* Where others have the CPUs for all of the time, it takes longer. */
static int floor_job(struct floors *f, const struct floor *what)
{
	double value = NAN;

	for (uint64_t t = f->time_us; !(value > 0) && !*f->stop &&
				      t <= 16 * f->time_us; t *= 4) {
		struct bench_variant *v = calloc(1, sizeof(*v));

		if (!v)
			return -ENOMEM;
		value = job_rate(f, what, t, v);
		bench_variant_fini(v);
		free(v);
	}
	return add(f, what, value);
}

/* --- which ---------------------------------------------------------------- */

#define MEMCPY { "memcpy", floor_memcpy, BENCH_BYTES_PER_S, 0, 0 }
#define SPIN(metric) { "spin", floor_spin, metric, 0, 0 }
#define PIPE(workload, metric) \
	{ "pipe", floor_job, metric, workload, BENCH_S_PIPE }
#define UNIX(workload, metric, socket) \
	{ "unix", floor_job, metric, workload, socket }

/* All four for each, in the unit of the results as far as they have it. */
static const struct floor
	of_bytes[] = {
		MEMCPY,
		UNIX(BENCH_W_STREAM, BENCH_BYTES_PER_S, BENCH_S_UNIX_STREAM),
		PIPE(BENCH_W_STREAM, BENCH_BYTES_PER_S),
		SPIN(BENCH_REQUESTS_PER_S),
	},
	of_requests[] = {
		SPIN(BENCH_REQUESTS_PER_S),
		PIPE(BENCH_W_RR, BENCH_REQUESTS_PER_S),
		UNIX(BENCH_W_RR, BENCH_REQUESTS_PER_S, BENCH_S_UNIX_STREAM),
		MEMCPY,
	},
	of_times[] = {
		SPIN(BENCH_P50_NS),
		PIPE(BENCH_W_RR, BENCH_P50_NS),
		UNIX(BENCH_W_RR, BENCH_P50_NS, BENCH_S_UNIX_STREAM),
		MEMCPY,
	},
	of_connects[] = {
		UNIX(BENCH_W_CRR, BENCH_CONNECTS_PER_S, BENCH_S_UNIX_STREAM),
		PIPE(BENCH_W_RR, BENCH_REQUESTS_PER_S),
		SPIN(BENCH_REQUESTS_PER_S),
		MEMCPY,
	},
	of_datagrams[] = {
		UNIX(BENCH_W_DGRAM, BENCH_DATAGRAMS_PER_S,
		     BENCH_S_UNIX_SEQPACKET),
		PIPE(BENCH_W_STREAM, BENCH_BYTES_PER_S),
		SPIN(BENCH_REQUESTS_PER_S),
		MEMCPY,
	};
#define FLOORS (sizeof(of_bytes) / sizeof(*of_bytes))

static const struct floor *floors_of(enum bench_metric primary)
{
	switch (primary) {
	case BENCH_BYTES_PER_S:
		return of_bytes;
	case BENCH_REQUESTS_PER_S:
		return of_requests;
	case BENCH_P50_NS:
	case BENCH_RESPONSE_P99_NS:
		return of_times;
	case BENCH_CONNECTS_PER_S:
		return of_connects;
	case BENCH_DATAGRAMS_PER_S:
		return of_datagrams;
	default:
		return NULL;
	}
}

int bench_floors(struct bench_result *res, uint64_t time_us,
		 const volatile sig_atomic_t *stop)
{
	const struct floor *all = floors_of(res->primary);
	struct floors f = { res, time_us, stop };
	int r = 0;

	for (size_t i = 0; all && i < FLOORS && r >= 0 && !*stop; i++)
		r = all[i].measure(&f, &all[i]);
	return r;
}
