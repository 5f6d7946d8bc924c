/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/guests.h"

static void on_limit(struct sk_timer *t)
{
	struct sk_guest *g = sk_container_of(t, struct sk_guest, limit);

	g->all->late(g);
}

void sk_guests_init(struct sk_guests *all, struct sk_loop *loop,
		    uint64_t limit, sk_guest_fn *late, sk_guest_fn *leave)
{
	*all = (struct sk_guests){ .loop = loop, .limit = limit, .late = late,
				   .leave = leave };
	LIST_INIT(&all->list);
}

void sk_guests_fini(struct sk_guests *all)
{
	while (!LIST_EMPTY(&all->list))
		all->leave(LIST_FIRST(&all->list));
}

void sk_guest_come(struct sk_guests *all, struct sk_guest *g)
{
	g->all = all;
	LIST_INSERT_HEAD(&all->list, g, link);
	all->n++;
	sk_timer_init(&g->limit, all->loop, on_limit);
	if (all->limit)
		sk_timer_in(&g->limit, all->limit);
}

void sk_guest_gone(struct sk_guest *g)
{
	sk_timer_stop(&g->limit);
	LIST_REMOVE(g, link);
	g->all->n--;
}
