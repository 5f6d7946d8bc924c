/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host of the embedded stack in the event loop: its link's descriptor and
 * its next deadline are watched, and what its sockets become ready for is
 * signalled to bare watches. Everything that opens sockets takes one in
 * struct sk_net_opts, and opens them on it instead of in the kernel.
 */
#ifndef SK_NET_HOST_H
#define SK_NET_HOST_H

#include "base/log.h"
#include "net/endpoint.h"
#include "net/options.h"
#include "stack/stk.h"

struct sk_host;

/* The link is gone, or the address is another's: nothing works any more. */
typedef void sk_host_dead_fn(struct sk_host *h, void *arg);

/*
 * A host by a SPEC (sockkit-stack(7)). Addresses and how to reach them are
 * said with -v. 0 or a negative errno with err.
 */
int sk_host_open(struct sk_host **h, struct sk_loop *loop, const char *spec,
		 sk_host_dead_fn *dead, void *arg, struct sk_err *err);
/*
 * Two hosts in one loop, with an address each, and a wire of mtu bytes in
 * memory between them (stk_pair()). Either may be freed first. 0 or a
 * negative errno with err.
 */
int sk_host_pair(struct sk_host *h[2], struct sk_loop *loop, unsigned mtu,
		 const struct stk_prefix addrs[2], struct sk_err *err);
/*
 * Closed connections may still have bytes to deliver, and datagrams wait for
 * a neighbour: runs the loop for them, for as long as `patience` us, then
 * ends. NULL is fine.
 */
void sk_host_free(struct sk_host *h, uint64_t patience);
/* 0, or the negative errno the host died of, with the sentence. */
int sk_host_error(const struct sk_host *h, struct sk_err *err);
/*
 * Run the loop until there is an address, and with `peer` somebody at the
 * other end of the wire; no longer than wait us (0: for ever). -EINTR: the
 * loop was stopped.
 */
int sk_host_wait(struct sk_host *h, bool peer, uint64_t wait,
		 struct sk_err *err);
struct sk_loop *sk_host_loop(const struct sk_host *h);
struct stk *sk_host_stack(const struct sk_host *h);
/* The tables, a line a row, through the log. */
void sk_host_show(struct sk_host *h, enum sk_log_level level);

/* --- sockets of it, for dial.c and listener.c ------------------------------- */

/* What the socket becomes ready for is signalled to w (bare). */
void sk_host_watch(struct stk_sock *sk, struct sk_watch *w);
/* Something was asked of a socket: see to it after the callbacks of this
 * round. Goes before calls too, as it tells the stack the time. */
void sk_host_touch(struct sk_host *h);
/* A stream or datagram socket with the --sockopt values. */
int sk_host_socket(struct sk_host *h, int family, int type,
		   const struct sk_net_opts *o, struct stk_sock **sk,
		   struct sk_err *err);
/* The --sockopt values. 0 or a negative errno with err. */
int sk_host_apply(struct stk_sock *sk, int family, const struct sk_net_opts *o,
		  struct sk_err *err);
int sk_host_bind(struct stk_sock *sk, const struct sk_addr *a);
int sk_host_connect(struct sk_host *h, struct stk_sock *sk,
		    const struct sk_addr *a);
/* 0, or the error (negative errno) that ended it; asking clears it. */
int sk_host_socket_error(struct stk_sock *sk);
/* getsockname(2), getpeername(2) */
void sk_host_local(const struct stk_sock *sk, struct sk_addr *a);
void sk_host_peer(const struct stk_sock *sk, struct sk_addr *a);

/* A connected socket as an endpoint, which owns it from now on on success. */
int endpoint_stack(struct endpoint **ep, struct sk_host *h,
		   struct stk_sock *sk);

#endif
