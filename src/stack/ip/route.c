/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Routes by longest prefix, and what is known of path MTUs (RFC 1191, 8201). */
#include <errno.h>

#include "stack/ip/ip_internal.h"
#include "stack/link/link.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"

/* RFC 1191 6.3 and RFC 8201 5.3: try a larger one after ten minutes. */
#define PMTU_LIFE (600 * SK_SEC)
/* Nobody is to talk us into tiny packets (Linux: route.min_pmtu). */
#define PMTU4_MIN 552

static struct ip_rt *route_exact(struct stk *s, const struct stk_ip *net,
				 uint8_t len, const struct stk_ip *gw)
{
	struct ip_rt *r = s->ip->routes;

	for (size_t i = 0; i < IP_ROUTES; i++, r++)
		if (r->used && r->len == len && stk_ip_eq(&r->gw, gw) &&
		    stk_ip_in_prefix(&r->net, net, len))
			return r;
	return NULL;
}

/* The bits behind the prefix are nobody's. */
static struct stk_ip masked(const struct stk_ip *net, uint8_t len)
{
	unsigned bits = len + (stk_ip_is4(net) ? 96u : 0u);
	struct stk_ip m = *net;

	for (unsigned i = 0; i < 16; i++, bits -= bits < 8 ? bits : 8)
		if (bits < 8)
			m.b[i] &= (uint8_t)~(0xffu >> bits);
	return m;
}

int route_add(struct stk *s, const struct stk_ip *net, uint8_t len,
	      const struct stk_ip *gw, enum ip_origin origin, uint64_t until)
{
	struct ip_rt *r = route_exact(s, net, len, gw);

	for (size_t i = 0; !r && i < IP_ROUTES; i++)
		if (!s->ip->routes[i].used)
			r = &s->ip->routes[i];
	if (!r)
		return -ENOSPC;
	*r = (struct ip_rt){ .used = true, .origin = origin,
			     .net = masked(net, len), .len = len, .gw = *gw, .until = until };
	return 0;
}

void route_del(struct stk *s, const struct stk_ip *net, uint8_t len,
	       const struct stk_ip *gw)
{
	struct ip_rt *r = route_exact(s, net, len, gw);

	if (r)
		r->used = false;
}

void route_expire(struct stk *s)
{
	struct ip_rt *r = s->ip->routes;

	for (size_t i = 0; i < IP_ROUTES; i++, r++)
		if (r->used && s->now >= r->until)
			r->used = false;
}

const struct ip_rt *route_find(const struct stk *s, const struct stk_ip *dst)
{
	const struct ip_rt *r = s->ip->routes, *best = NULL;

	for (size_t i = 0; i < IP_ROUTES; i++, r++)
		if (r->used && s->now < r->until &&
		    stk_ip_in_prefix(dst, &r->net, r->len) &&
		    (!best || r->len > best->len))
			best = r;
	return best;
}

void ip_confirm(struct stk *s, const struct stk_ip *dst)
{
	const struct ip_rt *r = route_find(s, dst);

	if (r)
		neigh_confirm(s, stk_ip_is_any(&r->gw) ? dst : &r->gw);
}

/* --- path MTU --------------------------------------------------------------- */

static struct ip_pmtu_entry *pmtu_slot(struct stk *s, const struct stk_ip *dst)
{
	return &s->ip->pmtus[stk_keyed_hash(s, dst->b, 16) % IP_PMTUS];
}

static struct ip_pmtu_entry *pmtu_find(struct stk *s, const struct stk_ip *dst)
{
	struct ip_pmtu_entry *e = pmtu_slot(s, dst);

	return e->mtu && s->now < e->until && stk_ip_eq(&e->dst, dst) ? e :
									NULL;
}

unsigned ip_pmtu(struct stk *s, const struct stk_ip *dst)
{
	const struct ip_pmtu_entry *e = pmtu_find(s, dst);
	unsigned mtu = s->link->mtu;

	if (!stk_ip_is4(dst) && s->ip->mtu6)
		mtu = s->ip->mtu6;
	return e && e->mtu < mtu ? e->mtu : mtu;
}

bool route_no_df(struct stk *s, const struct stk_ip *dst)
{
	const struct ip_pmtu_entry *e = pmtu_find(s, dst);

	return e && e->no_df;
}

void ip_pmtu_update(struct stk *s, const struct stk_icmp_err *e)
{
	struct ip_pmtu_entry *entry = pmtu_slot(s, &e->dst);
	bool v4 = stk_ip_is4(&e->dst);
	unsigned mtu = e->mtu;

	if (!mtu || mtu >= ip_pmtu(s, &e->dst))
		return; /* it only ever gets narrower; time widens it */
	*entry = (struct ip_pmtu_entry){
		.dst = e->dst,
		.mtu = v4 && mtu < PMTU4_MIN ? PMTU4_MIN : mtu,
		.no_df = v4 && mtu < PMTU4_MIN,
		.until = s->now + PMTU_LIFE,
	};
	CTR(s, pmtu_changes)++;
}
