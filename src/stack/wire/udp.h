/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The UDP header (RFC 768). */
#ifndef SK_STACK_WIRE_UDP_H
#define SK_STACK_WIRE_UDP_H

#include <stddef.h>
#include <stdint.h>

#define UDP_SIZE 8
#define UDP_CSUM_AT 6

struct udp_hdr {
	uint16_t sport, dport;
	uint16_t len;		/* header included */
	uint16_t csum;
};

/* UDP_SIZE, or -EBADMSG: a length below the header or beyond `total`, the
 * bytes of the datagram of which `len` are at p. */
int udp_parse(const uint8_t *p, size_t len, size_t total, struct udp_hdr *h);
void udp_emit(uint8_t p[UDP_SIZE], const struct udp_hdr *h);

#endif
