/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How old sockets are. No kernel tells, so it is counted from the look that
 * saw them first. What the filter hides is counted too: an age that it waits
 * for would never be reached otherwise.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "diag/monitor.h"

static int by_key(const void *a, const void *b)
{
	const struct sk_birth *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

/* Without memory an age is forgotten and begins anew: no reason to end. */
static void remember(struct sk_births *b, const struct sk_birth *one)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 256;
		struct sk_birth *v = realloc(b->v, cap * sizeof(*v));

		if (!v)
			return;
		b->v = v;
		b->cap = cap;
	}
	b->v[b->n++] = *one;
}

void sk_births_complete(struct sk_sock *s, void *monitor)
{
	struct sk_monitor *m = monitor;
	struct sk_birth one = { sk_monitor_key(s), m->where_ns, sk_now_us() };
	const struct sk_birth *known;

	if (!(m->run.query.want & SK_WANT_AGE))
		return;
	known = m->births.n ? bsearch(&one, m->births.v, m->births.n,
				      sizeof(one), by_key) : NULL;
	s->age_ms = known ? (one.at_us - known->at_us) / 1000 : 0;
	s->has |= SK_HAS(AGE);
	if (known)
		one.at_us = known->at_us;
	remember(&m->births_next, &one);
}

void sk_births_settle(struct sk_monitor *m, bool whole)
{
	struct sk_births before = m->births;

	if (whole) {
		m->births = m->births_next;
		m->births_next = before;
		if (m->births.n)
			qsort(m->births.v, m->births.n, sizeof(*m->births.v),
			      by_key);
	}
	m->births_next.n = 0;
}
