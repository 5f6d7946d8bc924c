/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names to addresses without blocking the loop: getaddrinfo(3) runs in a
 * thread of its own, because nothing can interrupt it; whoever stops waiting
 * leaves the thread behind with all that it needs.
 */
#ifndef SK_NET_RESOLVE_H
#define SK_NET_RESOLVE_H

#include "loop/loop.h"
#include "net/options.h"

#define SK_ADDRS_MAX 64

struct sk_addrs {
	size_t n;
	struct sk_addr v[SK_ADDRS_MAX];
};

struct sk_resolve;
typedef void sk_resolve_fn(struct sk_resolve *res, int r,
			   const struct sk_addrs *addrs,
			   const struct sk_err *err, void *arg);

/*
 * Resolve an INET target; passive: for bind(2) (an empty host is the
 * wildcard, else the loopback). fn is called once, from the loop, with
 * addresses in the order to try them (RFC 6724, families interleaved as RFC
 * 8305 section 4 asks), or r < 0 and the sentence. NULL without memory.
 */
struct sk_resolve *sk_resolve_start(struct sk_loop *loop,
				    const struct sk_target *t,
				    const struct sk_net_opts *o, bool passive,
				    sk_resolve_fn *fn, void *arg);
/* May be called at any time, in fn too. NULL is fine. */
void sk_resolve_free(struct sk_resolve *res);

/*
 * The same, waiting: runs the loop meanwhile and gives up after o->wait, or
 * with -EINTR when the loop is stopped.
 */
int sk_resolve_wait(struct sk_loop *loop, const struct sk_target *t,
		    const struct sk_net_opts *o, bool passive,
		    struct sk_addrs *addrs, struct sk_err *err);

/* Mix families as RFC 8305 section 4: the first's, another's, the first's… */
void sk_addrs_interleave(struct sk_addrs *addrs);

#endif
