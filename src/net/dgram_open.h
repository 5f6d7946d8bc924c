/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening UDP sockets: towards an address, or for whoever sends. */
#ifndef SK_NET_DGRAM_OPEN_H
#define SK_NET_DGRAM_OPEN_H

#include "net/dgram.h"
#include "net/mcast.h"
#include "net/options.h"
#include "net/resolve.h"

struct sk_udp_opts {
	bool lite;		/* UDP-Lite, RFC 3828 */
	bool unconnected;	/* a client that takes answers from anybody */
	bool broadcast;
	bool no_gso;		/* neither UDP_SEGMENT nor UDP_GRO */
	bool no_gro;		/* boundaries are wanted one by one */
	bool has_ttl, has_loop;
	int64_t ttl;		/* unicast and multicast */
	int loop;		/* 0 off, 1 on: our multicast to ourselves */
	const struct sk_mcast *joins;
	size_t n_joins;
};

/*
 * A client's socket. *to is where to send when it is not connected: asked
 * for, or because the target is a group or a broadcast address, whose members
 * answer from addresses of their own. 0 or a negative errno with err.
 */
int sk_udp_dial(struct sk_dgram **d, struct sk_addr *to, struct sk_loop *loop,
		const struct sk_target *t, const struct sk_net_opts *o,
		const struct sk_udp_opts *u, struct sk_err *err);

/*
 * An inherited socket of any family, with datagrams; with `server` it need
 * not be connected. 0 or a negative errno with err.
 */
int sk_udp_inherit(struct sk_dgram **d, struct sk_loop *loop, int fd,
		   bool server, const struct sk_udp_opts *u,
		   struct sk_err *err);

/*
 * A socket for each address that the target means, all on one port; an empty
 * host means all of IPv4 and IPv6. Returns their number in v or a negative
 * errno with err.
 */
int sk_udp_bind(struct sk_dgram *v[SK_ADDRS_MAX], struct sk_loop *loop,
		const struct sk_target *t, const struct sk_net_opts *o,
		const struct sk_udp_opts *u, struct sk_err *err);

/*
 * One socket on o->host (dgram_stack.c): towards *to, whose len becomes 0 when
 * it is connected, or bound to a. 0 or a negative errno with err.
 */
int sk_udp_stack_dial(struct sk_dgram **d, struct sk_addr *to,
		      const struct sk_net_opts *o, const struct sk_udp_opts *u,
		      struct sk_err *err);
int sk_udp_stack_bind(struct sk_dgram **d, const struct sk_addr *a,
		      const struct sk_net_opts *o, const struct sk_udp_opts *u,
		      struct sk_err *err);

/* One at this address. 0 or a negative errno with err. */
int sk_udp_bind_addr(struct sk_dgram **d, struct sk_loop *loop,
		     const struct sk_addr *a, const struct sk_net_opts *o,
		     const struct sk_udp_opts *u, struct sk_err *err);

#endif
