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

#endif
