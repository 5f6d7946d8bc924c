/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is done over a fresh connection before the first byte is the user's:
 * the way through the proxies, then the TLS handshake.
 */
#ifndef SK_NET_SETUP_H
#define SK_NET_SETUP_H

#include "net/endpoint.h"
#include "net/options.h"

struct sk_setup;

/* r 0: ep is the caller's; r < 0: err has the sentence, ep is gone. */
typedef void sk_setup_fn(struct sk_setup *s, int r, struct endpoint *ep,
			 const struct sk_err *err, void *arg);

/*
 * Takes ep, a connection to the first proxy, or to t where there is none. fn is called once, from the loop.
 * NULL without memory: ep is freed.
 */
struct sk_setup *sk_setup_start(struct endpoint *ep, const struct sk_target *t,
				const struct sk_net_opts *o, sk_setup_fn *fn,
				void *arg);
/* At any time, in fn too; what is not handed over is closed. NULL is fine. */
void sk_setup_free(struct sk_setup *s);

/* Is there anything to do? */
bool sk_setup_needed(const struct sk_net_opts *o);
/* "TLS handshake", "proxy HOST:PORT": what it is at, for time-outs. */
const char *sk_setup_stage(const struct sk_setup *s);

#endif
