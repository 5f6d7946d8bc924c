/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one neighbour cache, for ARP and NDP alike: the states and timing of
 * RFC 4861 section 7.3 serve IPv4 as well (RFC 1122 2.3.2.1 asks for no less).
 *
 *	NONE ─ packet to send ─► INCOMPLETE ─ answer ─► REACHABLE
 *	  ▲ 3 questions unanswered ┘                        │ 30 s
 *	  │                       packet to send            ▼
 *	  └ 3 unanswered ─ PROBE ◄─ 5 s ─ DELAY ◄───────── STALE
 *
 * Bounded: 512 entries, of which half may be unresolved; 64 packets wait for
 * one answer. What others make us learn is forgotten before what we use.
 */
#ifndef SK_STACK_NEIGH_H
#define SK_STACK_NEIGH_H

#include "stack/stk_internal.h"

enum neigh_state {
	NEIGH_INCOMPLETE, NEIGH_REACHABLE, NEIGH_STALE, NEIGH_DELAY,
	NEIGH_PROBE,
};

#define NEIGH_MAX 512
#define NEIGH_QUEUE 64		/* a datagram of 64 KiB in fragments */
#define NEIGH_BUSY 16		/* … and this many more */

struct neigh {
	LIST_ENTRY(neigh) link;
	struct stk_ip ip;
	uint8_t mac[6];
	uint8_t state;
	uint8_t probes;		/* questions asked without an answer */
	bool router;		/* NDP: it said so */
	uint64_t used;		/* last packet for it; 0: never */
	struct stk_timer timer;
	struct pktq wait;
};

LIST_HEAD(neigh_list, neigh);

#define NEIGH_BUCKETS 128

struct neigh_table {
	struct neigh_list bucket[NEIGH_BUCKETS];
	size_t n, incomplete;
	struct neigh *last;	/* the one found last */
};

/* Asking on the wire, by family: multicast, or to n's known address. */
void arp_solicit(struct stk *s, const struct neigh *n);
void ndp_solicit(struct stk *s, const struct neigh *n);

struct neigh *neigh_find(struct stk *s, const struct stk_ip *ip);
/*
 * Send an IP packet (no Ethernet header yet, ETH_SIZE headroom) to a
 * neighbour; it waits if need be. Takes p over. 0 or -ENOBUFS.
 */
int neigh_send(struct stk *s, const struct stk_ip *next_hop, struct pkt *p);

/* How news of a neighbour's address came. */
enum neigh_news {
	NEIGH_HINT = 0,		/* it spoke to us: STALE if new or changed */
	NEIGH_ANSWER = 1,	/* solicited: REACHABLE */
	NEIGH_OVERRIDE = 2,	/* may replace another address */
	NEIGH_CREATE = 4,	/* remember it even if not in the cache */
};
struct neigh *neigh_learn(struct stk *s, const struct stk_ip *ip,
			  const uint8_t mac[6], unsigned news);
/* Upper layers saw it answer (RFC 4861 7.3.1). */
void neigh_confirm(struct stk *s, const struct stk_ip *ip);
void neigh_forget(struct stk *s, struct neigh *n);
void neigh_clear(struct stk *s);

#endif
