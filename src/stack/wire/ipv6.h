/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The IPv6 header and its extension headers (RFC 8200). */
#ifndef SK_STACK_WIRE_IPV6_H
#define SK_STACK_WIRE_IPV6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPV6_SIZE 40
#define IPV6_NEXT_AT 6		/* where it names the next header */
#define IPV6_MIN_MTU 1280
#define IPV6_FRAG_SIZE 8
/* Extension headers we are ready to walk over, and their bytes. */
#define IPV6_EXT_MAX 8
#define IPV6_EXT_BYTES 512

struct ipv6_hdr {
	uint8_t tclass, next, hlim;
	uint32_t flow;
	uint16_t payload;	/* bytes behind this header */
	uint8_t src[16], dst[16];
};

/* Header bytes, or -EBADMSG: version, or a payload beyond len. */
int ipv6_parse(const uint8_t *p, size_t len, struct ipv6_hdr *h);
int ipv6_parse_quoted(const uint8_t *p, size_t len, struct ipv6_hdr *h);
void ipv6_emit(uint8_t p[IPV6_SIZE], const struct ipv6_hdr *h);

/* Where the walk over extension headers ended. */
struct ipv6_ext {
	uint8_t proto;		/* the upper layer, or 44: a fragment header */
	uint16_t at;		/* its offset from the first extension */
	uint16_t next_at;	/* of the next-header byte that names it; UINT16_MAX:
				 * that of the IPv6 header */
	bool router_alert;	/* hop-by-hop option of MLD */
};

/* Answers to a chain that is no good, as RFC 8200 4.2 asks. */
enum ipv6_bad {
	IPV6_BAD_DROP = -1,	/* silently */
	IPV6_BAD_PROBLEM = -2,	/* ICMP parameter problem; at: the pointer */
	IPV6_BAD_OPTION = -3,	/* … code 2, unless multicast */
	IPV6_BAD_OPTION_ALL = -4, /* … code 2, always */
	IPV6_BAD_NEXT = -5,	/* … code 1: such a header cannot come here */
};

/*
 * Walk from header `next` at p[0..len). 0, or enum ipv6_bad, with x->at the
 * offset of what is wrong. Stops in front of a fragment header.
 */
int ipv6_walk(uint8_t next, const uint8_t *p, size_t len, struct ipv6_ext *x);

struct ipv6_frag {
	uint8_t next;
	uint16_t off;		/* bytes */
	bool mf;
	uint32_t id;
};

int ipv6_frag_parse(const uint8_t *p, size_t len, struct ipv6_frag *f);
void ipv6_frag_emit(uint8_t p[IPV6_FRAG_SIZE], const struct ipv6_frag *f);

#endif
