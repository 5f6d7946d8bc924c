/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clients between accept(2) and their session: a list of them, and a limit of
 * time for each. What else a guest is stands in the struct around it.
 */
#ifndef SK_RELAY_GUESTS_H
#define SK_RELAY_GUESTS_H

#include <sys/queue.h>

#include "loop/loop.h"

struct sk_guest {
	LIST_ENTRY(sk_guest) link;
	struct sk_guests *all;
	struct sk_timer limit;
};

typedef void sk_guest_fn(struct sk_guest *g);

struct sk_guests {
	struct sk_loop *loop;
	uint64_t limit;		/* µs; 0: for ever */
	sk_guest_fn *late;	/* the limit has come: it is to leave */
	sk_guest_fn *leave;	/* calls sk_guest_gone(), and frees it */
	LIST_HEAD(sk_guest_list, sk_guest) list;
	size_t n;
};

void sk_guests_init(struct sk_guests *all, struct sk_loop *loop,
		    uint64_t limit, sk_guest_fn *late, sk_guest_fn *leave);
/* All leave. */
void sk_guests_fini(struct sk_guests *all);
/* Its time begins. */
void sk_guest_come(struct sk_guests *all, struct sk_guest *g);
void sk_guest_gone(struct sk_guest *g);

#endif
