/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocking calls. The first flow of a worker runs in the worker's own thread,
 * each further one in a thread it gets at its start. An accepted connection
 * is a flow too: with `threads` it gets its own, with `blocking` it is served
 * to its end before the next is accepted.
 */
#include <stdlib.h>

#include "bench/engine.h"

static void sleep_until(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000u),
			       (long)(ns % 1000000000u) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* A flow to its end, or until the phase is STOPPED. */
static void run_flow(struct bench_flow *f)
{
	ssize_t n = 0;

	f->next(f, 0);
	while (f->op.kind != BENCH_OP_END && !bench_stopped(f->w)) {
		if (f->op.kind == BENCH_OP_SLEEP) {
			sleep_until(f->op.until_ns);
			n = 0;
		} else {
			n = bench_attempt(f);
			if (n == -EINTR)
				continue;
		}
		f->next(f, n);
	}
	__atomic_sub_fetch(&f->w->active, 1, __ATOMIC_RELAXED);
	bench_flow_end(f);
}

static void *flow_thread(void *arg)
{
	struct bench_flow *f = arg;
	struct bench_shared *shared = f->w->shared;
	struct bench_tally *tally = f->tally;

	bench_thread_prepare();
	run_flow(f);
	bench_tally_put(shared, tally);
	return NULL;
}

/* Detached: the process ends when the last is gone. */
static int spawn(struct bench_flow *f)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	f->tally = bench_tally_take(f->w->shared);
	if (!f->tally)
		return -ENOMEM;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attr, flow_thread, f);
	pthread_attr_destroy(&attr);
	if (r)
		bench_tally_put(f->w->shared, f->tally);
	return -r;
}

static int start_threads(struct bench_worker *w, struct bench_flow *f)
{
	int r = 0;

	__atomic_add_fetch(&w->active, 1, __ATOMIC_RELAXED);
	if (!w->engine && !w->running)
		w->engine = f;
	else
		r = spawn(f);
	if (r < 0)
		__atomic_sub_fetch(&w->active, 1, __ATOMIC_RELAXED);
	return r;
}

/* From within next(): the connection just accepted, served to its end. */
static int start_blocking(struct bench_worker *w, struct bench_flow *f)
{
	if (!w->running)
		return start_threads(w, f);
	__atomic_add_fetch(&w->active, 1, __ATOMIC_RELAXED);
	run_flow(f);
	return 0;
}

/* Threads of other flows go on by themselves. */
static void run(struct bench_worker *w)
{
	struct bench_flow *first = w->engine;

	w->engine = NULL;
	if (first)
		run_flow(first);
}

const struct bench_engine_ops bench_engine_blocking = {
	.start = start_blocking,
	.run = run,
};

const struct bench_engine_ops bench_engine_threads = {
	.start = start_threads,
	.run = run,
};
