/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Receives that are put off. Who has just sent something need not ask for the
 * answer at once: as long as others keep the loop busy, it asks some rounds
 * later, finds the answer there, and is spared what waiting costs: no poll is
 * put in place, nobody is woken by the peer. As soon as there is nothing else
 * to do, all ask, and the loop sleeps.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench/engine_uring.h"

/* With less than this in line there is nothing to keep the loop busy. */
#define FEW 4

bool bench_ring_puts_off(const struct bench_ring *r,
			 const struct bench_flow *f)
{
	return !r->multishot && f->in_turn && f->listed && !f->brief;
}

int bench_ring_line_open(struct bench_ring *r)
{
	struct bench_ring_line *l = &r->line;

	l->cap = r->w->n_flows;
	l->v = calloc(l->cap ? l->cap : 1, sizeof(*l->v));
	return l->v ? 0 : -ENOMEM;
}

bool bench_ring_put_off(struct bench_ring *r, struct bench_flow *f)
{
	struct bench_ring_line *l = &r->line;

	/* The rest of an answer is here already, or soon. */
	if (f->done || !bench_ring_puts_off(r, f) ||
	    l->end - l->begin == l->cap)
		return false;
	f->put_off = true;
	l->v[l->end++ % l->cap] = f;
	return true;
}

struct bench_flow *bench_ring_line_next(struct bench_ring *r, uint64_t until)
{
	struct bench_ring_line *l = &r->line;
	struct bench_flow *f;

	while (l->begin < until) {
		f = l->v[l->begin++ % l->cap];
		/* Its send may have failed meanwhile. */
		if (!f->ended && f->op.kind == BENCH_OP_RECV)
			return f;
	}
	return NULL;
}

uint64_t bench_ring_line_round(struct bench_ring *r)
{
	struct bench_ring_line *l = &r->line;
	uint64_t due = l->mark[0];

	if (l->end - l->begin < FEW) {
		for (uint64_t i = l->begin; i < l->end; i++)
			l->v[i % l->cap]->put_off = false;
		return l->end;
	}
	for (size_t i = 0; i + 1 < BENCH_RING_ROUNDS; i++)
		l->mark[i] = l->mark[i + 1];
	l->mark[BENCH_RING_ROUNDS - 1] = l->end;
	return due;
}
