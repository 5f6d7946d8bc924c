/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network layer, for both families: what transports ask of it.
 */
#ifndef SK_STACK_IP_H
#define SK_STACK_IP_H

#include "stack/stk_internal.h"

#define IP_DEFAULT_TTL 64
#define IP_NO_CSUM 0xffff

/* How a packet is to be sent; zero is the default everywhere but csum_at. */
struct ip_out {
	struct stk_ip src;	/* all zero (::): chosen by the route */
	struct stk_ip dst;
	uint8_t proto;
	uint8_t ttl;		/* 0: IP_DEFAULT_TTL */
	uint8_t tos;		/* traffic class, ECN included */
	bool df;		/* IPv4 DF: too big is -EMSGSIZE, no fragments */
	bool loop;		/* to a group we are in: a copy for ourselves */
	bool no_pmtu;		/* judge by the link's MTU, not the path's */
	uint16_t csum_at;	/* offset of the transport's checksum, which
				 * IP fills in (or the link); IP_NO_CSUM: as is */
	uint16_t gso_size;	/* payload bytes per segment; 0: one packet */
	uint8_t l4_hdr;		/* bytes of the transport header, for GSO */
	uint32_t flow;		/* IPv6 flow label, 20 bits */
};

/*
 * Send a transport's packet: data at its header, PKT_HEADROOM in front. Takes
 * p over in every case. 0, or a negative errno: -EMSGSIZE, -ENETUNREACH,
 * -EADDRNOTAVAIL, -ENOBUFS. It may wait for the neighbour's address.
 */
int ip_output(struct stk *s, struct pkt *p, const struct ip_out *o);

/* The way to dst. src may be all zero: then the source is chosen. */
struct ip_route {
	struct stk_ip src;
	struct stk_ip next_hop;
	unsigned mtu;		/* of the path, as far as known */
	unsigned link_mtu;
	bool local;		/* to ourselves */
};

/* 0, -ENETUNREACH, -EADDRNOTAVAIL (src is none of ours, or there is none). */
int ip_route(struct stk *s, const struct stk_ip *dst, const struct stk_ip *src,
	     struct ip_route *r);
/* Path MTU to dst: IP packet bytes, headers included. */
unsigned ip_pmtu(struct stk *s, const struct stk_ip *dst);
/* Is it an address of ours that may be used? */
bool ip_is_ours(const struct stk *s, const struct stk_ip *a);
/* A broadcast address of ours, or 255.255.255.255. */
bool ip_is_broadcast(const struct stk *s, const struct stk_ip *a);
/* Bytes of the IP header we send: 20 or 40. */
static inline unsigned ip_hdr_size(const struct stk_ip *a)
{
	return stk_ip_is4(a) ? 20 : 40;
}

/* The pseudo-header's sum (RFC 9293 3.1, RFC 8200 8.1), not folded. */
uint32_t ip_pseudo_sum(const struct stk_ip *src, const struct stk_ip *dst,
		       uint8_t proto, uint32_t len);
/* Is the transport checksum of a received packet right? (data at L4) */
bool ip_csum_ok(const struct pkt *p);

/*
 * Forward progress: the neighbour answers (RFC 4861 7.3.1). TCP tells this
 * when new data is acknowledged.
 */
void ip_confirm(struct stk *s, const struct stk_ip *dst);

/* --- ICMP errors, as transports see them ------------------------------------ */

struct stk_icmp_err {
	struct stk_ip src;	/* of the quoted packet: ours */
	struct stk_ip dst;
	struct stk_ip from;	/* who complains */
	uint8_t proto;		/* of the quoted packet */
	uint8_t type, code;	/* as on the wire, of its family */
	int error;		/* positive errno, as Linux maps it */
	bool hard;		/* RFC 1122: ends a connection attempt */
	unsigned mtu;		/* not 0: packet too big; MTU as checked */
	const uint8_t *l4;	/* the quoted transport header: l4_len >= 8 */
	size_t l4_len;
};

/*
 * The protocol found the quoted packet to be in flight (RFC 5927): take over
 * the path MTU of e.
 */
void ip_pmtu_update(struct stk *s, const struct stk_icmp_err *e);

enum ip_unreach { IP_UNREACH_PORT, IP_UNREACH_PROTO };
/* Answer p (data at L4 header, p->ip filled) with an ICMP error; p stays. */
void icmp_send_unreach(struct stk *s, struct pkt *p, enum ip_unreach what);

/* --- groups (RFC 3376, RFC 3810) -------------------------------------------- */

/* Join or leave for a socket. -EINVAL: no group; -EADDRNOTAVAIL: not in it. */
int ip_join(struct stk_sock *sk, const struct stk_ip *group);
int ip_leave(struct stk_sock *sk, const struct stk_ip *group);
void ip_leave_all(struct stk_sock *sk);
/* Has sk joined? All groups that everybody hears count as joined. */
bool ip_joined(const struct stk_sock *sk, const struct stk_ip *group);

/* --- inside the network layer ----------------------------------------------- */

int ip_open(struct stk *s);
void ip_shut(struct stk *s);
/* A frame of the link, or an IP packet where the link has no Ethernet. */
void ip_input_frame(struct stk *s, struct pkt *p);
/* An address of s is ready for use. */
bool ip_is_up(const struct stk *s, int family);
/* Packets wait for a neighbour's address. */
bool ip_has_output(const struct stk *s);
/* So much waits for the neighbour on the way to dst that more would push the
 * first out of its queue. */
bool ip_must_wait(struct stk *s, const struct stk_ip *dst);
void ip_show(struct stk *s, struct sk_out *out);

#endif
