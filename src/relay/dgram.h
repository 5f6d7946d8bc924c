/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Relaying datagrams between stdin and stdout, or a built-in service, and one
 * peer or many. A sibling of the sessions of streams: nothing is pumped, as
 * boundaries are to be kept, and ends are another matter (see verdict.c).
 */
#ifndef SK_RELAY_DGRAM_H
#define SK_RELAY_DGRAM_H

#include "net/dgram.h"
#include "relay/records.h"
#include "relay/relay.h"
#include "relay/server.h"

#define SK_DGRAM_PEERS 65536	/* preset of the most peers at once */
/* … and of programs: who sends datagrams may say to be anybody. */
#define SK_DGRAM_CHILDREN 128

struct sk_dgram_opts {
	bool server;		/* peers come to us */
	bool keep_open;		/* a server of many, for ever */
	enum sk_service service;
	int64_t max_peers;	/* others are turned away then; 0: … */
	size_t keep_peers;	/* … the idlest makes room, when there are so
				 * many; 0: SK_DGRAM_PEERS */
	uint64_t wait;		/* µs for the first datagram; 0: for ever */
	enum sk_framing framing;
	size_t size;		/* largest datagram to send */
	size_t room;		/* largest to receive */
	const int *fds;		/* to be sent with the first datagram */
	int n_fds;
	bool recv_fds;		/* … are handed to the program, or reported */
	bool records;		/* SOCK_SEQPACKET: peers connect, and end */
	struct sk_child_opts program; /* SK_SERVE_PROGRAM: one a peer … */
	int64_t max_children;	/* … and this many at once */
	const struct sk_access *access; /* NULL: everybody is welcome */
};

/*
 * Run until the contract of ends, or the loop, says stop. Takes `local`
 * (stdin and stdout, NULL for a built-in service) and the sockets; to is
 * where a client sends, len 0 when its socket is connected. 0 or a negative
 * errno with err.
 */
int sk_dgram_relay(struct sk_relay *relay, struct endpoint *local,
		   struct sk_dgram *const socks[], int n,
		   const struct sk_addr *to, const struct sk_dgram_opts *o,
		   struct sk_err *err);

#endif
