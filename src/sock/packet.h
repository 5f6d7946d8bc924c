/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers of packets that never were: IPv4, IPv6, TCP, UDP, with checksums. */
#ifndef SK_SOCK_PACKET_H
#define SK_SOCK_PACKET_H

#include <sys/uio.h>

#include "sock/addr.h"

enum { SK_TCP_FIN = 1, SK_TCP_SYN = 2, SK_TCP_RST = 4, SK_TCP_PSH = 8,
       SK_TCP_ACK = 16 };

/* So much fits a packet of either family and protocol; UDP takes more. */
#define SK_PACKET_DATA 65000
#define SK_PACKET_UDP4 65507
#define SK_PACKET_UDP6 65527

struct sk_packet {
	const struct sk_addr *from, *to; /* of one family: AF_INET or _INET6 */
	bool udp;
	uint32_t seq, ack;	/* TCP */
	uint8_t flags;
	const void *data;
	size_t len;		/* at most as above */
};

/* IPv6 40, TCP 20 and options 12. */
#define SK_PACKET_HEAD 72

/*
 * The headers into head, then the data: n pieces of iov (1 or 2) are filled,
 * which point to head and to p->data. Returns n.
 */
int sk_packet_build(const struct sk_packet *p,
		    unsigned char head[SK_PACKET_HEAD], struct iovec iov[2]);

#endif
