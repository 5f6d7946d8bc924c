/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engines, and what they share. Workloads include flow.h instead. */
#ifndef SK_BENCH_ENGINE_H
#define SK_BENCH_ENGINE_H

#include "bench/flow.h"

extern const struct bench_engine_ops bench_engine_blocking,
	bench_engine_threads, bench_engine_select, bench_engine_poll,
	bench_engine_epoll, bench_engine_epoll_et, bench_engine_spin,
	bench_engine_uring, bench_engine_uring_multishot;

/* For each thread at its begin: timers without slack. */
void bench_thread_prepare(void);

/* Flows that sleep, the one due first on top. */
struct bench_sleepers {
	struct bench_flow **heap;
	size_t n, cap;
};
int bench_sleepers_add(struct bench_sleepers *s, struct bench_flow *f);
/* The first if it is due at `now`, taken out; else NULL. */
struct bench_flow *bench_sleepers_due(struct bench_sleepers *s, uint64_t now);
/* Nanoseconds until the first is due; UINT64_MAX: nobody sleeps. */
uint64_t bench_sleepers_left(const struct bench_sleepers *s);

/* Flows of a loop: those whose turn it is, first come first served, by link,
 * and those that sleep. */
struct bench_turns {
	struct bench_flow *first, *last;
	struct bench_sleepers sleepers;
};
/* Take f in, as start() of an engine: its first next() is asked for by
 * bench_turns_wake(), in the worker's thread. */
int bench_turns_start(struct bench_turns *t, struct bench_worker *w,
		      struct bench_flow *f);
/* f is to be driven; nothing, if it is in line already. */
void bench_turns_add(struct bench_turns *t, struct bench_flow *f);
/* Whose turn it is, out of the line; NULL: nobody's. */
struct bench_flow *bench_turns_next(struct bench_turns *t);
/* Those that have slept long enough go on, and get in line. */
void bench_turns_wake(struct bench_turns *t);

#endif
