/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP (RFC 792), ICMPv6 (RFC 4443), neighbour discovery (RFC 4861). */
#ifndef SK_STACK_WIRE_ICMP_H
#define SK_STACK_WIRE_ICMP_H

#include <stddef.h>
#include <stdint.h>

#define ICMP_SIZE 8		/* type, code, checksum, 32 bits more */

enum icmp4_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACH = 3,
	ICMP4_ECHO = 8,
	ICMP4_TIME = 11,
	ICMP4_PARAM = 12,
};

enum icmp4_unreach {
	ICMP4_NET, ICMP4_HOST, ICMP4_PROTO, ICMP4_PORT, ICMP4_TOO_BIG,
};

enum icmp6_type {
	ICMP6_UNREACH = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME = 3,
	ICMP6_PARAM = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_MLD_QUERY = 130,
	ICMP6_MLD_REPORT = 131,
	ICMP6_MLD_DONE = 132,
	ICMP6_RS = 133,
	ICMP6_RA = 134,
	ICMP6_NS = 135,
	ICMP6_NA = 136,
	ICMP6_REDIRECT = 137,
	ICMP6_MLD2_REPORT = 143,
};

struct icmp_hdr {
	uint8_t type, code;
	uint16_t csum;
	uint32_t rest;		/* id and sequence, MTU, pointer, … */
};

/* ICMP_SIZE, or -EBADMSG. The checksum is for the caller to see to. */
int icmp_parse(const uint8_t *p, size_t len, struct icmp_hdr *h);
void icmp_emit(uint8_t p[ICMP_SIZE], const struct icmp_hdr *h);

/* --- neighbour discovery ---------------------------------------------------- */

enum ndp_opt_type {
	NDP_SOURCE_LL = 1,
	NDP_TARGET_LL = 2,
	NDP_PREFIX = 3,
	NDP_MTU = 5,
	NDP_NONCE = 14,		/* RFC 7527 */
};

/* An option: len counts its bytes, type and length included. */
struct ndp_opt {
	uint8_t type;
	size_t len;
	const uint8_t *p;	/* its first byte: type */
};

/*
 * The next option of *p, *len bytes left: 1, 0 at the end, -EBADMSG for a
 * length of 0 or beyond the packet (RFC 4861 4.6: the packet is dropped).
 */
int ndp_next(const uint8_t **p, size_t *len, struct ndp_opt *o);

#endif
