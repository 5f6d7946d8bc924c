/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TCP connections of --pcapng: handshakes, sequence numbers and
 * acknowledgements are made up, so that tools follow the streams.
 *
 * Both ends of a connection may be traced
 * (client and server on one machine), and then
 * share one record.
 */
#ifndef SK_TRACE_PACKETS_CONN_H
#define SK_TRACE_PACKETS_CONN_H

#include <sys/queue.h>

#include "base/pcapng.h"
#include "sock/addr.h"
#include "sock/packet.h"

/* Who sends: the one who connected, or the one who accepted. */
enum { SK_CLIENT, SK_SERVER };

struct sk_conn {
	TAILQ_ENTRY(sk_conn) link;
	struct sk_addr addr[2];
	uint64_t written[2];	/* bytes of each direction */
	bool fin[2];
	unsigned ends;		/* sockets that are part of it */
};

struct sk_conns {
	struct sk_pcapng *pcapng;
	uint32_t interface;	/* of the file */
	TAILQ_HEAD(, sk_conn) list;
	unsigned idle;		/* those without ends */
};

/* When something passes, whether it leaves its owner, and what to say of it. */
struct sk_passing {
	uint64_t time_ns;
	bool out;
	const char *comment;
};

void sk_conns_init(struct sk_conns *s, struct sk_pcapng *pcapng,
		   uint32_t interface);
void sk_conns_fini(struct sk_conns *s);

/* Write a packet as it is. */
void sk_conns_put(struct sk_conns *s, const struct sk_packet *k,
		  const struct sk_passing *how);

/*
 * The connection between two addresses, the client's first, with one end more:
 * a socket of `side`. Made, with a handshake, unless the other end was here
 * before. NULL: no memory. To be given back by sk_conn_leave().
 */
struct sk_conn *sk_conn_join(struct sk_conns *s, const struct sk_addr addr[2],
			     int side, uint64_t time_ns, const char *comment);
void sk_conn_leave(struct sk_conns *s, struct sk_conn *c);

/* Bytes of a direction, and their acknowledgement. */
void sk_conn_data(struct sk_conns *s, struct sk_conn *c, int from,
		  const void *data, size_t len, const struct sk_passing *how);

/* FIN or RST of a direction, unless it has ended before. */
void sk_conn_end(struct sk_conns *s, struct sk_conn *c, int from, bool reset,
		 const struct sk_passing *how);

#endif
