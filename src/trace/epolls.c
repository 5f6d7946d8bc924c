/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which sockets an epoll descriptor waits for, so that the time spent in
 * epoll_wait(2) is charged to them. With thousands of sockets a wait must not
 * cost thousands of steps: the epoll adds its own time up, and each interest
 * takes its share when it ends or somebody wants to know.
 */
#include <stdlib.h>

#include "trace/calls.h"

struct sk_interest {
	LIST_ENTRY(sk_interest) of_epoll, of_life;
	struct sk_epoll *epoll;
	struct sk_life *life;
	uint64_t since_ns;	/* the epoll's waited_ns that was charged */
};

struct sk_epoll {
	unsigned refs;		/* descriptors */
	uint64_t waited_ns;
	LIST_HEAD(, sk_interest) interests;
};

static void settle(struct sk_interest *i)
{
	i->life->blocked_ns[SK_WAIT_POLL] +=
		i->epoll->waited_ns - i->since_ns;
	i->since_ns = i->epoll->waited_ns;
}

static void drop(struct sk_interest *i)
{
	settle(i);
	LIST_REMOVE(i, of_epoll);
	LIST_REMOVE(i, of_life);
	free(i);
}

static struct sk_interest *interest(const struct sk_epoll *e,
				    const struct sk_life *l)
{
	struct sk_interest *i;

	/* A socket is in few epolls, an epoll has many sockets. */
	LIST_FOREACH(i, &l->waits, of_life)
		if (i->epoll == e)
			return i;
	return NULL;
}

struct sk_epoll *sk_epoll_new(void)
{
	return calloc(1, sizeof(struct sk_epoll));
}

void sk_epoll_ref(struct sk_epoll *e)
{
	if (e)
		e->refs++;
}

void sk_epoll_unref(struct sk_epoll *e)
{
	if (!e || --e->refs)
		return;
	while (!LIST_EMPTY(&e->interests))
		drop(LIST_FIRST(&e->interests));
	free(e);
}

void sk_epoll_add(struct sk_epoll *e, struct sk_life *l)
{
	struct sk_interest *i = interest(e, l) ? NULL : malloc(sizeof(*i));

	if (!i)
		return;
	i->epoll = e;
	i->life = l;
	i->since_ns = e->waited_ns;
	LIST_INSERT_HEAD(&e->interests, i, of_epoll);
	LIST_INSERT_HEAD(&l->waits, i, of_life);
}

void sk_epoll_del(struct sk_epoll *e, struct sk_life *l)
{
	struct sk_interest *i = interest(e, l);

	if (i)
		drop(i);
}

void sk_epoll_waited(struct sk_epoll *e, uint64_t ns)
{
	e->waited_ns += ns;
}

void sk_epoll_settle(struct sk_life *l)
{
	struct sk_interest *i;

	LIST_FOREACH(i, &l->waits, of_life)
		settle(i);
}

void sk_epoll_end_life(struct sk_life *l)
{
	while (!LIST_EMPTY(&l->waits))
		drop(LIST_FIRST(&l->waits));
}
