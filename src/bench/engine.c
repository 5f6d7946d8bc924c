/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/engine.h"

#include <stdlib.h>
#include <sys/prctl.h>

#include "config.h"

static const struct bench_engine_ops *const engines[BENCH_NENGINES] = {
	[BENCH_E_BLOCKING] = &bench_engine_blocking,
	[BENCH_E_THREADS] = &bench_engine_threads,
	[BENCH_E_SELECT] = &bench_engine_select,
	[BENCH_E_POLL] = &bench_engine_poll,
	[BENCH_E_EPOLL] = &bench_engine_epoll,
	[BENCH_E_EPOLL_ET] = &bench_engine_epoll_et,
	[BENCH_E_SPIN] = &bench_engine_spin,
#ifdef HAVE_URING
	[BENCH_E_URING] = &bench_engine_uring,
	[BENCH_E_URING_MULTISHOT] = &bench_engine_uring_multishot,
#endif
};

const struct bench_engine_ops *bench_engine_ops(int engine)
{
	return engines[engine];
}

void bench_thread_prepare(void)
{
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

/* --- sleepers ------------------------------------------------------------ */

static uint64_t due(const struct bench_sleepers *s, size_t i)
{
	return s->heap[i]->op.until_ns;
}

static void swap(struct bench_sleepers *s, size_t a, size_t b)
{
	struct bench_flow *f = s->heap[a];

	s->heap[a] = s->heap[b];
	s->heap[b] = f;
}

int bench_sleepers_add(struct bench_sleepers *s, struct bench_flow *f)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct bench_flow **grown = reallocarray(s->heap, cap,
							 sizeof(f));

		if (!grown)
			return -ENOMEM;
		s->heap = grown;
		s->cap = cap;
	}
	s->heap[s->n] = f;
	for (size_t i = s->n++; i && due(s, i) < due(s, (i - 1) / 2);
	     i = (i - 1) / 2)
		swap(s, i, (i - 1) / 2);
	return 0;
}

static void sift_down(struct bench_sleepers *s)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < s->n; i = child) {
		if (child + 1 < s->n && due(s, child + 1) < due(s, child))
			child++;
		if (due(s, i) <= due(s, child))
			return;
		swap(s, i, child);
	}
}

struct bench_flow *bench_sleepers_due(struct bench_sleepers *s, uint64_t now)
{
	struct bench_flow *f;

	if (!s->n || due(s, 0) > now)
		return NULL;
	f = s->heap[0];
	s->heap[0] = s->heap[--s->n];
	sift_down(s);
	return f;
}

uint64_t bench_sleepers_left(const struct bench_sleepers *s)
{
	uint64_t now;

	if (!s->n)
		return UINT64_MAX;
	now = bench_now();
	return due(s, 0) > now ? due(s, 0) - now : 0;
}

/* --- turns --------------------------------------------------------------- */

int bench_turns_start(struct bench_turns *t, struct bench_worker *w,
		      struct bench_flow *f)
{
	int e;

	f->op.kind = BENCH_OP_SLEEP;
	f->op.until_ns = 0;
	e = bench_sleepers_add(&t->sleepers, f);
	if (e >= 0)
		w->active++;
	return e;
}

void bench_turns_add(struct bench_turns *t, struct bench_flow *f)
{
	if (f->queued)
		return;
	f->queued = true;
	f->link = NULL;
	if (t->last)
		t->last->link = f;
	else
		t->first = f;
	t->last = f;
}

struct bench_flow *bench_turns_next(struct bench_turns *t)
{
	struct bench_flow *f = t->first;

	if (!f)
		return NULL;
	t->first = f->link;
	if (!t->first)
		t->last = NULL;
	f->queued = false;
	return f;
}

void bench_turns_wake(struct bench_turns *t)
{
	struct bench_flow *f;
	uint64_t now;

	if (!t->sleepers.n)
		return;
	now = bench_now();
	while ((f = bench_sleepers_due(&t->sleepers, now)) != NULL) {
		f->next(f, 0);
		bench_turns_add(t, f);
	}
}
