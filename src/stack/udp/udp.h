/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The socket of UDP, for udp.c (datagrams) and back.c (what came back). */
#ifndef SK_STACK_UDP_UDP_H
#define SK_STACK_UDP_UDP_H

#include "stack/ip/ip.h"

#define UDP_BACK 8		/* errors kept for one socket */

struct udp_sock {
	struct stk_sock sk;
	struct pktq rx;
	size_t memory;		/* of rx */
	uint64_t drops;
	bool shut_rd, shut_wr;
	bool wants_back;	/* IP_RECVERR, IPV6_RECVERR */
	uint8_t n_back;
	struct stk_back back[UDP_BACK];
};

static inline struct udp_sock *udp(struct stk_sock *sk)
{
	return stk_container_of(sk, struct udp_sock, sk);
}

static inline const struct udp_sock *udp_const(const struct stk_sock *sk)
{
	return stk_container_of(sk, const struct udp_sock, sk);
}

/* Keep e, about a datagram that went to port dport, until it is asked for. */
void udp_keep_back(struct stk_sock *sk, const struct stk_icmp_err *e,
		   uint16_t dport);
/* Ops of struct stk_proto. */
bool udp_back(struct stk_sock *sk, struct stk_back *b);
int udp_setopt(struct stk_sock *sk, int level, int name, const void *val,
	       size_t len);
int udp_getopt(struct stk_sock *sk, int level, int name, void *val,
	       size_t *len);

#endif
