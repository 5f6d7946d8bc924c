/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Being a proxy: clients that say where they want to go, from their request
 * to the connection that they asked for. From then on they are sessions.
 */
#ifndef SK_RELAY_PROXYD_H
#define SK_RELAY_PROXYD_H

#include "net/dial.h"
#include "net/proxy.h"

#define SK_PROXYD_LIMIT (30 * SK_SEC)	/* for a request, when none is set */

struct sk_proxyd;

/*
 * r 0: both are the callee's, or NULL when the client has had all it came for
 * and is gone (datagrams); r < 0: err has the sentence, both are gone.
 */
typedef void sk_proxyd_fn(void *arg, int r, struct endpoint *origin,
			  struct endpoint *client, const struct sk_err *err);

/*
 * type: HTTP or SOCKS5; auth: who is let in, or NULL. o is for connecting,
 * and o->wait also bounds the request. idle: µs after which the relaying of
 * datagrams ends, 0: never. All are kept. NULL without memory.
 */
struct sk_proxyd *sk_proxyd_new(struct sk_loop *loop, enum sk_proxy_type type,
				const char *auth, const struct sk_net_opts *o,
				uint64_t idle, sk_proxyd_fn *fn, void *arg);
/* Those who wait are closed. NULL is fine. */
void sk_proxyd_free(struct sk_proxyd *d);
/* Takes the client, also on failure. 0 or -ENOMEM. */
int sk_proxyd_enter(struct sk_proxyd *d, struct endpoint *client);
/* Clients that have no session yet, and those whose datagrams are relayed. */
size_t sk_proxyd_count(const struct sk_proxyd *d);

#endif
