/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The peers of datagram sockets: found by socket and address, kept in the
 * order of their last sign of life, so that the one idle longest is at hand.
 */
#ifndef SK_RELAY_PEERS_H
#define SK_RELAY_PEERS_H

#include <sys/queue.h>

#include "net/dgram.h"
#include "net/endpoint.h"
#include "relay/records.h"

struct sk_peer {
	TAILQ_ENTRY(sk_peer) order; /* by `last`, oldest first */
	TAILQ_ENTRY(sk_peer) pending_link; /* those with a chunk to send */
	struct sk_peer *next;	/* in the hash chain */
	uint64_t hash;

	struct sk_dgram *sock;
	struct sk_addr addr;	/* len 0: the socket's own peer, or unnamed */
	struct sk_dgram_local local;
	struct endpoint label;	/* what dumps and messages call it; no more */
	bool mute;		/* gets none of our input */
	uint64_t ended;		/* a record socket: since when it is silent */
	bool fin_sent;		/* … and when we have ended our half */
	bool pending;		/* is in the list */
	bool fds_sent;
	struct sk_cursor cursor; /* its place in … */
	struct sk_records *records; /* our input, or that of its program: */
	struct sk_prog *prog;	/* NULL: there is none */
	uint64_t begun, last;	/* sk_now_us() */
	/* Bytes and datagrams, to it and from it. */
	uint64_t sent, sent_n, received, received_n;
	char name[];
};

TAILQ_HEAD(sk_peer_list, sk_peer);

struct sk_peers {
	size_t n, buckets;	/* buckets: a power of two */
	uint64_t seed;		/* so that nobody can choose the chain */
	struct sk_peer **bucket;
	struct sk_peer_list order;
};

/* 0 or -ENOMEM. */
int sk_peers_init(struct sk_peers *t);
/* The peers must be gone. */
void sk_peers_fini(struct sk_peers *t);
struct sk_peer *sk_peers_find(const struct sk_peers *t,
			      const struct sk_dgram *sock,
			      const struct sk_addr *addr);
/* A new one, named after its address. NULL without memory. */
struct sk_peer *sk_peers_add(struct sk_peers *t, struct sk_dgram *sock,
			     const struct sk_addr *addr, uint64_t now);
void sk_peers_remove(struct sk_peers *t, struct sk_peer *p);
/* Ours as the peer knows it, and its own; len 0: it has none. */
void sk_peer_local(const struct sk_peer *p, struct sk_addr *a);
const struct sk_addr *sk_peer_remote(const struct sk_peer *p);
/* A sign of life. */
void sk_peers_touch(struct sk_peers *t, struct sk_peer *p, uint64_t now);

#endif
