/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The IPv4 header (RFC 791). */
#ifndef SK_STACK_WIRE_IPV4_H
#define SK_STACK_WIRE_IPV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPV4_SIZE 20
#define IPV4_MIN_MTU 68		/* RFC 791; every link carries that much */

struct ipv4_hdr {
	uint8_t hdr;		/* bytes, options included */
	uint8_t tos, ttl, proto;
	uint16_t total, id;
	uint16_t frag;		/* offset in bytes */
	bool df, mf;
	uint32_t src, dst;	/* host order */
};

/*
 * Header bytes, or -EBADMSG: version, IHL, a total length below the header or
 * beyond len, or the checksum is wrong.
 */
int ipv4_parse(const uint8_t *p, size_t len, struct ipv4_hdr *h);
/*
 * The same without checksum, and total may be beyond len: a header that was
 * quoted by an ICMP error (RFC 792).
 */
int ipv4_parse_quoted(const uint8_t *p, size_t len, struct ipv4_hdr *h);
/* Without options, checksum included. */
void ipv4_emit(uint8_t p[IPV4_SIZE], const struct ipv4_hdr *h);

#endif
