/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The relaying of datagrams for a client of our SOCKS 5 proxy (RFC 1928
 * section 7), for as long as the connection lasts that has asked for it.
 *
 * Nobody but the client may use it: datagrams must come from the address of
 * its connection, and all from the port that the first came from. It gets
 * answers from where it has sent to, and nothing else.
 */
#ifndef SK_RELAY_ASSOC_H
#define SK_RELAY_ASSOC_H

#include "net/endpoint.h"
#include "net/options.h"

struct sk_assoc;

/* Over: the connection has ended, or it was idle. It may be freed then. */
typedef void sk_assoc_fn(struct sk_assoc *a, void *arg);

/*
 * For the client at the other end of `control`, which is borrowed, watched
 * from now on, and must outlive this. from: where the client says it will
 * send from (len 0, or zeros: it does not say). idle: µs without a datagram
 * that end it; 0: none. 0 or a negative errno with err.
 */
int sk_assoc_new(struct sk_assoc **a, struct endpoint *control,
		 const struct sk_addr *from, uint64_t idle,
		 const struct sk_net_opts *o, sk_assoc_fn *fn, void *arg,
		 struct sk_err *err);
/* NULL is fine. */
void sk_assoc_free(struct sk_assoc *a);
/* Where the client is to send its datagrams to. */
const struct sk_addr *sk_assoc_addr(const struct sk_assoc *a);

#endif
