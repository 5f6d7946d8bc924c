/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/wire/ipv6.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "stack/wire/bytes.h"

int ipv6_parse_quoted(const uint8_t *p, size_t len, struct ipv6_hdr *h)
{
	if (len < IPV6_SIZE || p[0] >> 4 != 6)
		return -EBADMSG;
	h->tclass = (uint8_t)(get16(p) >> 4);
	h->flow = get32(p) & 0xfffff;
	h->payload = get16(p + 4);
	h->next = p[6];
	h->hlim = p[7];
	memcpy(h->src, p + 8, 16);
	memcpy(h->dst, p + 24, 16);
	return IPV6_SIZE;
}

/* Jumbograms (RFC 2675) are not kept: a payload length of 0 is empty. */
int ipv6_parse(const uint8_t *p, size_t len, struct ipv6_hdr *h)
{
	int r = ipv6_parse_quoted(p, len, h);

	return r < 0 || h->payload > len - IPV6_SIZE ? -EBADMSG : r;
}

void ipv6_emit(uint8_t p[IPV6_SIZE], const struct ipv6_hdr *h)
{
	put32(p, UINT32_C(6) << 28 | (uint32_t)h->tclass << 20 | h->flow);
	put16(p + 4, h->payload);
	p[6] = h->next;
	p[7] = h->hlim;
	memcpy(p + 8, h->src, 16);
	memcpy(p + 24, h->dst, 16);
}

/* --- extension headers ------------------------------------------------------ */

enum { OPT_PAD1 = 0, OPT_PADN = 1, OPT_ROUTER_ALERT = 5 };

/* What to do about an unknown option, its two high bits (RFC 8200 4.2). */
static int unknown_option(uint8_t type)
{
	static const int answers[] = { 0, IPV6_BAD_DROP, IPV6_BAD_OPTION_ALL,
				       IPV6_BAD_OPTION };

	return answers[type >> 6];
}

/* Options in p[2..len) of a hop-by-hop or destination options header. */
static int walk_options(const uint8_t *p, size_t len, struct ipv6_ext *x)
{
	size_t i = 2;

	while (i < len) {
		int r;

		if (p[i] == OPT_PAD1) {
			i++;
			continue;
		}
		if (len - i < 2 || p[i + 1] > len - i - 2)
			return IPV6_BAD_DROP;
		if (p[i] == OPT_ROUTER_ALERT) {
			x->router_alert = true;
		} else if (p[i] != OPT_PADN) {
			r = unknown_option(p[i]);
			x->at = (uint16_t)(x->at + i);
			if (r)
				return r;
			x->at = (uint16_t)(x->at - i);
		}
		i += 2u + p[i + 1];
	}
	return 0;
}

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
	       next == IPPROTO_DSTOPTS;
}

/* A routing header of a kind we do not know (RFC 8200 4.4): skipped when no
 * hops are left, else a problem. That is what RFC 5095 asks for RH0 too. */
static int check_header(uint8_t next, const uint8_t *p, size_t size,
			struct ipv6_ext *x)
{
	if (next != IPPROTO_ROUTING)
		return walk_options(p, size, x);
	if (!p[3])
		return 0;
	x->at += 2;
	return IPV6_BAD_PROBLEM;
}

int ipv6_walk(uint8_t next, const uint8_t *p, size_t len, struct ipv6_ext *x)
{
	size_t at = 0;

	*x = (struct ipv6_ext){ .next_at = UINT16_MAX };
	if (len > IPV6_EXT_BYTES)
		len = IPV6_EXT_BYTES;
	for (int i = 0; is_extension(next); i++) {
		size_t size;
		int r;

		x->at = (uint16_t)at;
		/* Hop-by-hop options stand first or not at all. */
		if (i && next == IPPROTO_HOPOPTS)
			return x->at = x->next_at, IPV6_BAD_NEXT;
		if (i == IPV6_EXT_MAX || len - at < 8)
			return IPV6_BAD_DROP;
		size = (p[at + 1] + 1u) * 8;
		if (size > len - at)
			return IPV6_BAD_DROP;
		r = check_header(next, p + at, size, x);
		if (r)
			return r;
		next = p[at];
		x->next_at = (uint16_t)at;
		at += size;
	}
	x->at = (uint16_t)at;
	x->proto = next;
	return 0;
}

int ipv6_frag_parse(const uint8_t *p, size_t len, struct ipv6_frag *f)
{
	if (len < IPV6_FRAG_SIZE)
		return -EBADMSG;
	f->next = p[0];
	f->off = get16(p + 2) & 0xfff8;
	f->mf = p[3] & 1;
	f->id = get32(p + 4);
	return IPV6_FRAG_SIZE;
}

void ipv6_frag_emit(uint8_t p[IPV6_FRAG_SIZE], const struct ipv6_frag *f)
{
	p[0] = f->next;
	p[1] = 0;
	put16(p + 2, f->off | (f->mf ? 1u : 0u));
	put32(p + 4, f->id);
}
