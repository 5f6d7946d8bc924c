/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/wire/icmp.h"

#include <errno.h>

#include "stack/wire/bytes.h"

int icmp_parse(const uint8_t *p, size_t len, struct icmp_hdr *h)
{
	if (len < ICMP_SIZE)
		return -EBADMSG;
	h->type = p[0];
	h->code = p[1];
	h->csum = get16(p + 2);
	h->rest = get32(p + 4);
	return ICMP_SIZE;
}

void icmp_emit(uint8_t p[ICMP_SIZE], const struct icmp_hdr *h)
{
	p[0] = h->type;
	p[1] = h->code;
	put16(p + 2, h->csum);
	put32(p + 4, h->rest);
}

int ndp_next(const uint8_t **p, size_t *len, struct ndp_opt *o)
{
	size_t size;

	if (!*len)
		return 0;
	if (*len < 8)
		return -EBADMSG;
	size = (*p)[1] * 8u;
	if (!size || size > *len)
		return -EBADMSG;
	*o = (struct ndp_opt){ .type = (*p)[0], .len = size, .p = *p };
	*p += size;
	*len -= size;
	return 1;
}
