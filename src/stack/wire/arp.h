/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ARP for IPv4 over Ethernet (RFC 826). */
#ifndef SK_STACK_WIRE_ARP_H
#define SK_STACK_WIRE_ARP_H

#include <stddef.h>
#include <stdint.h>

#define ARP_SIZE 28

enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp_pkt {
	uint16_t op;
	uint8_t sha[6], tha[6];
	uint32_t spa, tpa;	/* host order */
};

/* Header bytes, or -EBADMSG: short, or not of IPv4 over Ethernet. */
int arp_parse(const uint8_t *p, size_t len, struct arp_pkt *a);
void arp_emit(uint8_t p[ARP_SIZE], const struct arp_pkt *a);

#endif
