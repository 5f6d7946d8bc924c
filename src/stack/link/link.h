/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A link carries Ethernet frames: one table of functions for the kernel's TAP
 * device, a stream socket, memory, and for what is laid over any of these
 * (impairment, capture). System calls happen nowhere else in the stack.
 */
#ifndef SK_STACK_LINK_H
#define SK_STACK_LINK_H

#include "stack/pkt.h"
#include "stack/stk.h"

enum stk_offload {
	STK_OFFLOAD_TX_CSUM = 1,	/* takes PKT_CSUM_PARTIAL */
	STK_OFFLOAD_TSO4 = 2,		/* takes gso_size */
	STK_OFFLOAD_TSO6 = 4,
	STK_OFFLOAD_RX_CSUM = 8,	/* may set PKT_CSUM_OK */
};

struct stk_link_ops {
	const char *name;	/* "tap" */
	/*
	 * Send v[0..n), each a whole frame; all are taken over, sent or not.
	 * Returns how many were sent; a negative errno: the link is dead.
	 */
	int (*send)(struct stk_link *l, struct pkt **v, int n, uint64_t now);
	/* Up to n frames into v, in packets of l->pool; 0: none now, and only
	 * then may one wait for l->fd. A negative errno: the link is dead. */
	int (*recv)(struct stk_link *l, struct pkt **v, int n, uint64_t now);
	/* When it must be asked again though its fd is silent. May be NULL. */
	uint64_t (*deadline)(const struct stk_link *l);
	/* The pool for recv is known (or another). May be NULL. */
	void (*attach)(struct stk_link *l, struct pkt_pool *pool);
	void (*free)(struct stk_link *l);
};

struct stk_link {
	const struct stk_link_ops *ops;
	struct pkt_pool *pool;	/* not owned */
	unsigned mtu;		/* IP packet bytes */
	unsigned offload;	/* enum stk_offload */
	int fd;			/* to poll for input; -1: none */
	bool want_out;		/* poll it for output too */
	bool congested;		/* as many frames wait as are good for it */
	bool no_carrier;	/* nobody is at the other end yet */
	bool l3;		/* carries IP packets without Ethernet */
	uint8_t mac[6];		/* to be ours; zero: any */
	size_t txqueue;		/* frames the other side queues; 0: unknown */
	struct sk_err err;	/* the sentence of what it died of */
	char text[160];		/* stk_link_text() */
};

/* Openers; what they need to know is parsed already (spec.c). */

struct stk_tap_opts {
	const char *dev;	/* NULL: the kernel names it */
	unsigned mtu;		/* 0: 1500 */
	unsigned txqueuelen;	/* 0: TAP_TXQUEUELEN */
	bool persist;
	bool offload;		/* super-segments, checksums by the kernel */
	const struct stk_prefix *host;	/* of the kernel's side */
	size_t n_host;
};

int stk_tap(struct stk_link **l, const struct stk_tap_opts *o,
	    struct sk_err *err);

/* *first: we were there before the peer. */
int stk_wire(struct stk_link **l, const char *path, unsigned mtu, bool *first,
	     struct sk_err *err);

#endif
