/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests that the kernel has taken and has given no result of yet, and calls
 * that were made of those that are over.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/uring_in.h"

#define MANY 65536	/* of a ring; older ones are forgotten */

#define LINKS (1 << 2 | 1 << 3)	/* IOSQE_IO_LINK, IOSQE_IO_HARDLINK */

static unsigned bucket_of(uint64_t user_data)
{
	return user_data * UINT64_C(0x9e3779b97f4a7c15) >> 56;
}

void sk_uring_flight_init(struct sk_uring_flight *f)
{
	TAILQ_INIT(&f->ages);
}

void sk_uring_flight_add(struct sk_uring_flight *f, const struct sk_sqe *sqe,
			 const struct sk_sqe *before, uint64_t now)
{
	struct sk_uring_request *q = malloc(sizeof(*q));

	if (!q)
		return;
	if (f->n >= MANY)
		sk_uring_flight_drop(f, TAILQ_FIRST(&f->ages));
	q->sqe = *sqe;
	q->since_ns = now;
	q->linked = before && before->flags & LINKS;
	q->after = before ? before->user_data : 0;
	f->silent += sk_uring_closes_silently(sqe);
	LIST_INSERT_HEAD(&f->of[bucket_of(sqe->user_data)], q, by_data);
	TAILQ_INSERT_TAIL(&f->ages, q, by_age);
	f->n++;
}

struct sk_uring_request *sk_uring_flight_find(struct sk_uring_flight *f,
					      uint64_t user_data)
{
	struct sk_uring_request *q, *found = NULL;

	LIST_FOREACH(q, &f->of[bucket_of(user_data)], by_data)
		if (q->sqe.user_data == user_data)
			found = q;
	return found;
}

struct sk_uring_request *sk_uring_flight_silent(struct sk_uring_flight *f)
{
	struct sk_uring_request *q;

	if (!f->silent)
		return NULL;
	TAILQ_FOREACH(q, &f->ages, by_age)
		if (sk_uring_closes_silently(&q->sqe) &&
		    !(q->linked && sk_uring_flight_find(f, q->after)))
			return q;
	return NULL;
}

void sk_uring_flight_drop(struct sk_uring_flight *f,
			  struct sk_uring_request *q)
{
	LIST_REMOVE(q, by_data);
	TAILQ_REMOVE(&f->ages, q, by_age);
	f->n--;
	f->silent -= sk_uring_closes_silently(&q->sqe);
	free(q);
}

void sk_uring_flight_fini(struct sk_uring_flight *f)
{
	while (!TAILQ_EMPTY(&f->ages))
		sk_uring_flight_drop(f, TAILQ_FIRST(&f->ages));
}

/* --- calls ---------------------------------------------------------------- */

void sk_uring_calls_add(struct sk_uring_calls *c, const struct sk_uring_made *m)
{
	size_t cap = c->cap ? 2 * c->cap : 64;
	struct sk_uring_made *v;

	if (c->n == c->cap) {
		v = reallocarray(c->v, cap, sizeof(*v));
		if (!v)
			return;
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n++] = *m;
}

bool sk_uring_calls_next(struct sk_uring_calls *c, const struct sk_event *ev,
			 struct sk_event *made)
{
	const struct sk_uring_made *m = &c->v[c->next];

	if (c->next >= c->n)
		return false;
	*made = *ev;
	made->batch = NULL;
	made->kind = c->second ? SK_EV_EXIT : SK_EV_ENTER;
	made->sys = m->sys;
	made->socketcall = made->no_enter = false;
	made->injected = made->delayed = false;
	made->quiet = false;
	memcpy(made->args, m->args, sizeof(made->args));
	made->ring = m->ring;
	made->nr = -1;
	made->ip = 0;
	made->keep = c->keep;
	made->ret = c->second ? m->res : 0;
	made->error = made->ret < 0 ? (int)-made->ret : 0;
	made->took_ns = m->took_ns;
	if (!c->second)
		memset(c->keep, 0, sizeof(c->keep));
	c->next += c->second;
	c->second = !c->second;
	return true;
}
