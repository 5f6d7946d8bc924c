/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clients whose program is to get descriptors. These come with a byte
 * (unix(7), SCM_RIGHTS), so nothing is started before the first one is there.
 */
#ifndef SK_RELAY_FDWAIT_H
#define SK_RELAY_FDWAIT_H

#include "net/dgram.h"
#include "net/endpoint.h"

struct sk_fdwait;

/* 0 with the client and n descriptors, which are closed after the call; or a
 * negative errno with err, the client gone. */
typedef void sk_fdwait_fn(void *arg, int r, struct endpoint *ep,
			  const int *fds, int n, const struct sk_err *err);

/* limit: µs that a client may take, 0: for ever. NULL without memory. */
struct sk_fdwait *sk_fdwait_new(struct sk_loop *loop, uint64_t limit,
				sk_fdwait_fn *fn, void *arg);
void sk_fdwait_free(struct sk_fdwait *w);
/* Takes the client, an accepted unix stream. 0 or -ENOMEM with it freed. */
int sk_fdwait_enter(struct sk_fdwait *w, struct endpoint *ep);
/* How many wait. w may be NULL. */
size_t sk_fdwait_count(const struct sk_fdwait *w);

#endif
