/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Router discovery (RFC 4861 6.3) and addresses by it (RFC 4862 5.5). */
#include "stack/ip/ip_internal.h"
#include "stack/link/link.h"
#include "stack/wire/bytes.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv6.h"

#define RS_COUNT 3
#define RS_INTERVAL (4 * SK_SEC)
#define RS_POLL (100 * SK_MSEC)
#define RA_SIZE 16
#define TWO_HOURS (7200 * SK_SEC)
/* Nobody is to fill our tables with prefixes. */
#define SLAAC_ADDRS 8

static const struct stk_ip all_routers = { { 0xff, 2, [15] = 2 } };

/* --- asking ----------------------------------------------------------------- */

static void send_rs(struct stk *s, const struct stk_ip *src)
{
	struct icmp_hdr h = { .type = ICMP6_RS };
	struct pkt *p = pkt_new(&s->pool, PKT_HEADROOM, ICMP_SIZE + 8);
	uint8_t *at;

	if (!p) {
		CTR(s, no_memory)++;
		return;
	}
	icmp_emit(pkt_put(p, ICMP_SIZE), &h);
	at = pkt_put(p, 8);
	at[0] = NDP_SOURCE_LL;
	at[1] = 1;
	memcpy(at + 2, s->cfg.mac, 6);
	icmp6_send(s, p, src, &all_routers, 255, false);
}

/* As soon as there is a link-local address to ask from. */
static void on_timer(struct stk *s, struct stk_timer *t)
{
	const struct ip_addr *ll = iface_link_local(s);

	if (!ll) {
		stk_timer_in(s, t, RS_POLL);
		return;
	}
	send_rs(s, &ll->ip);
	if (--s->ip->rs_left)
		stk_timer_in(s, t, RS_INTERVAL);
}

void slaac_open(struct stk *s)
{
	s->ip->rs_left = RS_COUNT;
	s->ip->rs_timer.fn = on_timer;
	stk_timer_in(s, &s->ip->rs_timer, RS_POLL);
}

/* --- hearing ---------------------------------------------------------------- */

static uint64_t lifetime(const struct stk *s, uint32_t secs)
{
	return secs == UINT32_MAX ? SK_NEVER : s->now + secs * SK_SEC;
}

static size_t count_slaac(const struct stk *s)
{
	size_t n = 0;

	for (size_t i = 0; i < STK_MAX_ADDRS; i++)
		n += s->ip->addrs[i].used && s->ip->addrs[i].origin == IP_SLAAC;
	return n;
}

/* RFC 4862 5.5.3. */
static void take_prefix_address(struct stk *s, const struct stk_ip *prefix,
				uint32_t valid, uint32_t preferred)
{
	struct stk_ip ip = *prefix;
	struct ip_addr *a;
	uint64_t until = lifetime(s, valid);

	iface_eui64(s, ip.b + 8);
	a = iface_find(s, &ip);
	if (!a && valid && count_slaac(s) < SLAAC_ADDRS)
		a = iface_add(s, &ip, 64, IP_SLAAC);
	else if (a && until < s->now + TWO_HOURS && until < a->valid_until)
		/* (e): nobody shortens it below two hours. */
		until = a->valid_until < s->now + TWO_HOURS ?
				a->valid_until : s->now + TWO_HOURS;
	if (!a || a->origin != IP_SLAAC)
		return;
	a->valid_until = until;
	a->preferred_until = lifetime(s, preferred);
	a->deprecated = !preferred;
}

static void take_prefix(struct stk *s, const struct ndp_opt *o)
{
	static const struct stk_ip on_link;
	struct stk_ip prefix;
	uint32_t valid, preferred;
	uint8_t len, flags;

	if (o->len != 32)
		return;
	len = o->p[2];
	flags = o->p[3];
	valid = get32(o->p + 4);
	preferred = get32(o->p + 8);
	memcpy(prefix.b, o->p + 16, 16);
	if (len > 128 || stk_ip_is_link_local(&prefix) ||
	    stk_ip_is_multicast(&prefix) || stk_ip_is4(&prefix) ||
	    preferred > valid)
		return;
	if (flags & 0x80 && valid)
		route_add(s, &prefix, len, &on_link, IP_SLAAC,
			  lifetime(s, valid));
	else if (flags & 0x80)
		route_del(s, &prefix, len, &on_link);
	if (flags & 0x40 && len == 64)
		take_prefix_address(s, &prefix, valid, preferred);
}

static void take_mtu(struct stk *s, const struct ndp_opt *o)
{
	uint32_t mtu = get32(o->p + 4);

	if (o->len == 8 && mtu >= IPV6_MIN_MTU && mtu <= s->link->mtu)
		s->ip->mtu6 = mtu;
}

static void take_options(struct stk *s, const struct pkt *p)
{
	const uint8_t *at = p->data + RA_SIZE;
	size_t len = p->len - RA_SIZE;
	struct ndp_opt o;

	while (ndp_next(&at, &len, &o) > 0) {
		if (o.type == NDP_PREFIX)
			take_prefix(s, &o);
		else if (o.type == NDP_MTU)
			take_mtu(s, &o);
		else if (o.type == NDP_SOURCE_LL && o.len == 8)
			neigh_learn(s, &p->ip.src, o.p + 2,
				    NEIGH_CREATE | NEIGH_OVERRIDE);
	}
}

static bool options_are_sound(const struct pkt *p)
{
	const uint8_t *at = p->data + RA_SIZE;
	size_t len = p->len - RA_SIZE;
	struct ndp_opt o;
	int r;

	while ((r = ndp_next(&at, &len, &o)) > 0)
		;
	return r == 0;
}

static void take_timers(struct stk *s, const uint8_t *p)
{
	uint32_t reachable = get32(p + 8), retrans = get32(p + 12);

	if (p[4])
		s->ip->hlim = p[4];
	/* An hour is the most (RFC 4861 6.2.1), and 100 ms the least a
	 * neighbour can be asked at. */
	if (reachable && reachable <= 3600000)
		s->ip->reachable_us = reachable * SK_MSEC;
	if (retrans >= 100 && retrans <= 60000)
		s->ip->retrans_us = retrans * SK_MSEC;
}

void slaac_ra(struct stk *s, struct pkt *p)
{
	struct stk_ip any = { 0 };
	uint16_t life;

	if (p->len < RA_SIZE || !stk_ip_is_link_local(&p->ip.src) ||
	    !options_are_sound(p)) {
		CTR(s, ndp_bad)++;
		return;
	}
	if (!s->cfg.slaac)
		return;
	life = get16(p->data + 6);
	take_timers(s, p->data);
	if (life)
		route_add(s, &any, 0, &p->ip.src, IP_SLAAC, lifetime(s, life));
	else
		route_del(s, &any, 0, &p->ip.src);
	take_options(s, p);
	s->ip->rs_left = 0;
	stk_timer_stop(s, &s->ip->rs_timer);
}
