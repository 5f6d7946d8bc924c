/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SOCK_DESTROY: close sockets from outside (needs CAP_NET_ADMIN). */
#ifndef SK_DIAG_KILL_H
#define SK_DIAG_KILL_H

#include "diag/source.h"

/* All that matched, kept until it is known whether they are to die. */
struct sk_victims {
	struct sk_sock **v;
	size_t n, room;
};

/* An sk_diag_fn; arg is the victims. */
int sk_victims_add(struct sk_sock *s, void *arg);
void sk_victims_free(struct sk_victims *v);

/*
 * Destroy one, by its addresses and cookie. Returns 0 or a negative errno:
 * -EOPNOTSUPP of families that have no such thing, -ENOENT when it has gone,
 * -EPERM.
 */
int sk_kill(const struct sk_sock *s);

#endif
