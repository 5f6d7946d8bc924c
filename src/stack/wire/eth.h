/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ethernet II (RFC 894, RFC 2464). */
#ifndef SK_STACK_WIRE_ETH_H
#define SK_STACK_WIRE_ETH_H

#include <stddef.h>
#include <stdint.h>

#define ETH_SIZE 14

enum eth_type {
	ETH_IPV4 = 0x0800,
	ETH_ARP = 0x0806,
	ETH_IPV6 = 0x86dd,
};

struct eth_hdr {
	uint8_t dst[6], src[6];
	uint16_t type;
};

/* Header bytes, or -EBADMSG when there are fewer. */
int eth_parse(const uint8_t *p, size_t len, struct eth_hdr *h);
void eth_emit(uint8_t p[ETH_SIZE], const struct eth_hdr *h);

#endif
