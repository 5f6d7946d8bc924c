/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/wire/udp.h"

#include <errno.h>

#include "stack/wire/bytes.h"

int udp_parse(const uint8_t *p, size_t len, size_t total, struct udp_hdr *h)
{
	if (len < UDP_SIZE)
		return -EBADMSG;
	h->sport = get16(p);
	h->dport = get16(p + 2);
	h->len = get16(p + 4);
	h->csum = get16(p + 6);
	if (h->len < UDP_SIZE || h->len > total)
		return -EBADMSG;
	return UDP_SIZE;
}

void udp_emit(uint8_t p[UDP_SIZE], const struct udp_hdr *h)
{
	put16(p, h->sport);
	put16(p + 2, h->dport);
	put16(p + 4, h->len);
	put16(p + 6, h->csum);
}
