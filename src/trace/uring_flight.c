/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests that the kernel has taken and has given no result of yet. */
#include <stdlib.h>

#include "trace/uring_in.h"

#define MANY 65536	/* of a ring; older ones are forgotten */

static unsigned bucket_of(uint64_t user_data)
{
	return user_data * UINT64_C(0x9e3779b97f4a7c15) >> 56;
}

void sk_uring_flight_init(struct sk_uring_flight *f)
{
	TAILQ_INIT(&f->ages);
}

void sk_uring_flight_add(struct sk_uring_flight *f, const struct sk_sqe *sqe,
			 uint64_t now)
{
	struct sk_uring_request *q = malloc(sizeof(*q));

	if (!q)
		return;
	if (f->n >= MANY)
		sk_uring_flight_drop(f, TAILQ_FIRST(&f->ages));
	q->sqe = *sqe;
	q->since_ns = now;
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

void sk_uring_flight_drop(struct sk_uring_flight *f,
			  struct sk_uring_request *q)
{
	LIST_REMOVE(q, by_data);
	TAILQ_REMOVE(&f->ages, q, by_age);
	f->n--;
	free(q);
}

void sk_uring_flight_fini(struct sk_uring_flight *f)
{
	while (!TAILQ_EMPTY(&f->ages))
		sk_uring_flight_drop(f, TAILQ_FIRST(&f->ages));
}
