/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connecting: name look-up, then every address in turn, a new attempt 250 ms
 * after the last or as soon as it failed, and the first that stands wins
 * ("happy eyeballs", RFC 8305).
 */
#ifndef SK_NET_DIAL_H
#define SK_NET_DIAL_H

#include "net/endpoint.h"
#include "net/options.h"
#include "net/resolve.h"

struct sk_dial;

/* ep is the caller's on r == 0; r < 0: err has the sentence. */
typedef void sk_dial_fn(struct sk_dial *d, int r, struct endpoint *ep,
			const struct sk_err *err, void *arg);

/*
 * Begin; fn is called once, from the loop. o->wait bounds the whole, look-up
 * included, for each of the 1 + o->retry tries. NULL without memory.
 */
struct sk_dial *sk_dial_start(struct sk_loop *loop, const struct sk_target *t,
			      const struct sk_net_opts *o, sk_dial_fn *fn,
			      void *arg);
/* May be called at any time, in fn too. NULL is fine. */
void sk_dial_free(struct sk_dial *d);

/* The same, waiting: 0 and *ep, or negative errno; -EINTR: loop stopped. */
int endpoint_connect(struct endpoint **ep, struct sk_loop *loop,
		     const struct sk_target *t, const struct sk_net_opts *o,
		     struct sk_err *err);

#endif
