/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/timer.h"

#include <assert.h>

#include "stack/stk_internal.h"

static void place(struct stk_timers *h, struct stk_timer *t, size_t i)
{
	h->heap[i] = t;
	t->slot = (uint32_t)i + 1;
}

static void sift_up(struct stk_timers *h, struct stk_timer *t, size_t i)
{
	while (i && t->key < h->heap[(i - 1) / 2]->key) {
		place(h, h->heap[(i - 1) / 2], i);
		i = (i - 1) / 2;
	}
	place(h, t, i);
}

static void sift_down(struct stk_timers *h, struct stk_timer *t, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n &&
		    h->heap[child + 1]->key < h->heap[child]->key)
			child++;
		if (t->key <= h->heap[child]->key)
			break;
		place(h, h->heap[child], i);
		i = child;
	}
	place(h, t, i);
}

void stk_timer_at(struct stk *s, struct stk_timer *t, uint64_t at)
{
	struct stk_timers *h = &s->timers;

	if (at == SK_NEVER) {
		stk_timer_stop(s, t);
		return;
	}
	t->at = at;
	if (t->slot && at >= t->key)
		return; /* looked at again when the old time comes */
	t->key = at;
	if (t->slot) {
		sift_up(h, t, t->slot - 1);
		return;
	}
	assert(h->n < h->cap);
	sift_up(h, t, h->n++);
}

void stk_timer_in(struct stk *s, struct stk_timer *t, uint64_t us)
{
	stk_timer_at(s, t, us > SK_NEVER - s->now ? SK_NEVER : s->now + us);
}

void stk_timer_stop(struct stk *s, struct stk_timer *t)
{
	struct stk_timers *h = &s->timers;
	struct stk_timer *last;
	size_t i;

	if (!t->slot)
		return;
	i = t->slot - 1;
	t->slot = 0;
	last = h->heap[--h->n];
	if (last == t)
		return;
	if (i && last->key < h->heap[(i - 1) / 2]->key)
		sift_up(h, last, i);
	else
		sift_down(h, last, i);
}

int stk_timers_reserve(struct stk *s, int n)
{
	struct stk_timers *h = &s->timers;
	size_t want, cap = h->cap;

	if (n < 0) {
		h->reserved -= (size_t)-n;
		return 0;
	}
	want = h->reserved + (size_t)n;
	while (cap < want)
		cap = cap ? 2 * cap : 64;
	if (cap > h->cap) {
		struct stk_timer **v = realloc(h->heap, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		h->heap = v;
		h->cap = cap;
	}
	h->reserved = want;
	return 0;
}

/* The first timer, which stands in its true place then. */
static struct stk_timer *first(struct stk_timers *h)
{
	while (h->n) {
		struct stk_timer *t = h->heap[0];

		if (t->at == t->key)
			return t;
		t->key = t->at;
		sift_down(h, t, 0);
	}
	return NULL;
}

void stk_timers_run(struct stk *s)
{
	struct stk_timer *t;
	/* One armed for now by a timer waits for the next call, or a mistake
	 * of ours could keep us here for ever. */
	size_t most = s->timers.n;

	while (most-- && (t = first(&s->timers)) && t->at <= s->now) {
		stk_timer_stop(s, t);
		t->fn(s, t);
	}
}

uint64_t stk_timers_next(struct stk *s)
{
	struct stk_timer *t = first(&s->timers);

	return t ? t->at : SK_NEVER;
}

void stk_timers_fini(struct stk *s)
{
	free(s->timers.heap);
	s->timers = (struct stk_timers){ 0 };
}
