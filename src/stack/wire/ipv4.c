/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/wire/ipv4.h"

#include <errno.h>

#include "stack/wire/bytes.h"
#include "stack/wire/csum.h"

enum { FRAG_DF = 0x4000, FRAG_MF = 0x2000, FRAG_OFFSET = 0x1fff };

int ipv4_parse_quoted(const uint8_t *p, size_t len, struct ipv4_hdr *h)
{
	unsigned frag;

	if (len < IPV4_SIZE || p[0] >> 4 != 4)
		return -EBADMSG;
	h->hdr = (uint8_t)((p[0] & 15) * 4);
	h->tos = p[1];
	h->total = get16(p + 2);
	if (h->hdr < IPV4_SIZE || h->hdr > len || h->total < h->hdr)
		return -EBADMSG;
	h->id = get16(p + 4);
	frag = get16(p + 6);
	h->df = frag & FRAG_DF;
	h->mf = frag & FRAG_MF;
	h->frag = (uint16_t)((frag & FRAG_OFFSET) * 8);
	h->ttl = p[8];
	h->proto = p[9];
	h->src = get32(p + 12);
	h->dst = get32(p + 16);
	return h->hdr;
}

int ipv4_parse(const uint8_t *p, size_t len, struct ipv4_hdr *h)
{
	int r = ipv4_parse_quoted(p, len, h);

	if (r < 0 || h->total > len || csum_done(csum_add(0, p, h->hdr)))
		return -EBADMSG;
	return r;
}

void ipv4_emit(uint8_t p[IPV4_SIZE], const struct ipv4_hdr *h)
{
	p[0] = 4 << 4 | IPV4_SIZE / 4;
	p[1] = h->tos;
	put16(p + 2, h->total);
	put16(p + 4, h->id);
	put16(p + 6, (unsigned)(h->df ? FRAG_DF : 0) | (h->mf ? FRAG_MF : 0) |
			     h->frag / 8u);
	p[8] = h->ttl;
	p[9] = h->proto;
	put16(p + 10, 0);
	put32(p + 12, h->src);
	put32(p + 16, h->dst);
	put16(p + 10, csum_done(csum_add(0, p, IPV4_SIZE)));
}
