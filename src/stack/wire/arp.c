/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/wire/arp.h"

#include <errno.h>
#include <string.h>

#include "stack/wire/bytes.h"
#include "stack/wire/eth.h"

#define ARP_HW_ETHERNET 1

int arp_parse(const uint8_t *p, size_t len, struct arp_pkt *a)
{
	if (len < ARP_SIZE || get16(p) != ARP_HW_ETHERNET ||
	    get16(p + 2) != ETH_IPV4 || p[4] != 6 || p[5] != 4)
		return -EBADMSG;
	a->op = get16(p + 6);
	memcpy(a->sha, p + 8, 6);
	a->spa = get32(p + 14);
	memcpy(a->tha, p + 18, 6);
	a->tpa = get32(p + 24);
	return ARP_SIZE;
}

void arp_emit(uint8_t p[ARP_SIZE], const struct arp_pkt *a)
{
	put16(p, ARP_HW_ETHERNET);
	put16(p + 2, ETH_IPV4);
	p[4] = 6;
	p[5] = 4;
	put16(p + 6, a->op);
	memcpy(p + 8, a->sha, 6);
	put32(p + 14, a->spa);
	memcpy(p + 18, a->tha, 6);
	put32(p + 24, a->tpa);
}
