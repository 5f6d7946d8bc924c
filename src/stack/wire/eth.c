/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/wire/eth.h"

#include <errno.h>
#include <string.h>

#include "stack/wire/bytes.h"

int eth_parse(const uint8_t *p, size_t len, struct eth_hdr *h)
{
	if (len < ETH_SIZE)
		return -EBADMSG;
	memcpy(h->dst, p, 6);
	memcpy(h->src, p + 6, 6);
	h->type = get16(p + 12);
	return ETH_SIZE;
}

void eth_emit(uint8_t p[ETH_SIZE], const struct eth_hdr *h)
{
	memcpy(p, h->dst, 6);
	memcpy(p + 6, h->src, 6);
	put16(p + 12, h->type);
}
