/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses of the one interface: asking whether they are free (ACD of
 * RFC 5227 for IPv4, DAD of RFC 4862 for IPv6), and which is a packet's
 * source (RFC 6724, as far as one interface goes).
 */
#include <errno.h>

#include "stack/ip/ip_internal.h"
#include "stack/link/link.h"

/*
 * RFC 5227 1.1 waits 1-2 s between three probes and 2 s after the last: made
 * for hosts that boot at once. A tool that is started by hand asks as often
 * and waits less; a neighbour on a TAP or a wire answers within this.
 */
#define ACD_PROBES 3
#define ACD_INTERVAL (100 * SK_MSEC)
#define ACD_ANNOUNCES 2
/* RFC 5227 1.1: a second conflict within this time loses the address. */
#define DEFEND_INTERVAL (10 * SK_SEC)
#define ANNOUNCE_INTERVAL (2 * SK_SEC)
/*
 * RFC 4862 5.1: DupAddrDetectTransmits; RetransTimer, for the same reason. It
 * is not 1, as the kernel of a TAP device that was just made hears no groups
 * for its first moments.
 */
#define DAD_PROBES 3
#define DAD_INTERVAL (100 * SK_MSEC)

struct ip_addr *iface_find(const struct stk *s, const struct stk_ip *ip)
{
	struct ip_addr *a = s->ip->addrs;

	for (size_t i = 0; i < STK_MAX_ADDRS; i++, a++)
		if (a->used && stk_ip_eq(&a->ip, ip))
			return a;
	return NULL;
}

bool ip_is_ours(const struct stk *s, const struct stk_ip *ip)
{
	const struct ip_addr *a = iface_find(s, ip);

	return (a && a->ok) || stk_ip_is_loopback(ip);
}

static uint32_t host_mask(uint8_t len)
{
	return len ? UINT32_MAX >> len % 32 : UINT32_MAX;
}

bool ip_is_broadcast(const struct stk *s, const struct stk_ip *ip)
{
	const struct ip_addr *a = s->ip->addrs;
	uint32_t v;

	if (!stk_ip_is4(ip))
		return false;
	v = stk_ip_v4(ip);
	if (v == UINT32_MAX)
		return true;
	for (size_t i = 0; i < STK_MAX_ADDRS; i++, a++)
		if (a->used && stk_ip_is4(&a->ip) && a->len < 31 &&
		    v == (stk_ip_v4(&a->ip) | host_mask(a->len)))
			return true;
	return false;
}

bool ip_is_up(const struct stk *s, int family)
{
	const struct ip_addr *a = s->ip->addrs;
	bool up = false;

	for (size_t i = 0; i < STK_MAX_ADDRS; i++, a++) {
		if (!a->used || a->origin == IP_LINK_LOCAL ||
		    (family != AF_UNSPEC && family != stk_ip_family(&a->ip)))
			continue;
		if (!a->ok)
			return false;
		up = true;
	}
	return up;
}

bool stk_address(const struct stk *s, size_t i, struct stk_prefix *p)
{
	const struct ip_addr *a = s->ip->addrs;

	for (size_t n = 0; n < STK_MAX_ADDRS; n++, a++)
		if (a->used && a->ok && !i--) {
			*p = (struct stk_prefix){ a->ip, a->len };
			return true;
		}
	return false;
}

const struct ip_addr *iface_link_local(const struct stk *s)
{
	const struct ip_addr *a = s->ip->addrs;

	for (size_t i = 0; i < STK_MAX_ADDRS; i++, a++)
		if (a->used && a->ok && a->origin == IP_LINK_LOCAL)
			return a;
	return NULL;
}

void iface_eui64(const struct stk *s, uint8_t id[8])
{
	const uint8_t *mac = s->cfg.mac;
	const uint8_t eui[8] = { mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe,
				 mac[3],     mac[4], mac[5] };

	memcpy(id, eui, 8);
}

/* --- is it free? ------------------------------------------------------------ */

static void announce(struct stk *s, const struct ip_addr *a)
{
	if (stk_ip_is4(&a->ip))
		arp_announce(s, &a->ip);
	else
		ndp_announce(s, &a->ip);
}

static void take(struct stk *s, struct ip_addr *a)
{
	char text[STK_IP_TEXT];

	a->ok = true;
	if (a->origin != IP_LINK_LOCAL)
		stk_note(s, false, "address %s/%u", stk_ip_format(text, &a->ip),
			 (unsigned)a->len);
	announce(s, a);
	if (!stk_ip_is4(&a->ip))
		return;
	a->announces = ACD_ANNOUNCES - 1;
	stk_timer_in(s, &a->timer, ANNOUNCE_INTERVAL);
}

static void probe(struct stk *s, struct ip_addr *a)
{
	a->probes--;
	if (stk_ip_is4(&a->ip)) {
		arp_probe(s, &a->ip);
		stk_timer_in(s, &a->timer, ACD_INTERVAL);
	} else {
		ndp_dad_probe(s, &a->ip);
		stk_timer_in(s, &a->timer, DAD_INTERVAL);
	}
}

static void on_timer(struct stk *s, struct stk_timer *t)
{
	struct ip_addr *a = stk_container_of(t, struct ip_addr, timer);

	if (a->probes) {
		probe(s, a);
	} else if (!a->ok) {
		take(s, a);
	} else if (a->announces) {
		a->announces--;
		arp_announce(s, &a->ip);
	}
}

static void give_up(struct stk *s, struct ip_addr *a, const uint8_t mac[6])
{
	bool dhcp = a->origin == IP_DHCP;
	char text[STK_IP_TEXT], who[32] = "another host", why[128];

	CTR(s, dad_conflicts)++;
	if (mac)
		snprintf(who, sizeof(who), "%02x:%02x:%02x:%02x:%02x:%02x",
			 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	snprintf(why, sizeof(why), "address conflict: %s is in use by %s",
		 stk_ip_format(text, &a->ip), who);
	if (a->origin == IP_STATIC)
		stk_die(s, -EADDRINUSE, why);
	else
		stk_note(s, true, "%s", why);
	iface_remove(s, a);
	if (dhcp)
		dhcp_decline(s);
}

void iface_claimed(struct stk *s, struct ip_addr *a, const uint8_t mac[6])
{
	if (stk_ip_is4(&a->ip))
		CTR(s, arp_conflicts)++;
	if (!a->ok || (a->defended && s->now - a->defended < DEFEND_INTERVAL)) {
		give_up(s, a, mac);
		return;
	}
	a->defended = s->now;
	announce(s, a);
}

/* --- adding and removing ---------------------------------------------------- */

static void join_solicited(struct stk *s, const struct stk_ip *ip)
{
	struct stk_ip group = ndp_solicited_node(ip);

	if (!stk_ip_is4(ip))
		group_join(s, &group);
}

struct ip_addr *iface_add(struct stk *s, const struct stk_ip *ip, uint8_t len,
			  enum ip_origin origin)
{
	struct stk_ip on_link = { 0 };
	struct ip_addr *a = s->ip->addrs;
	bool v4 = stk_ip_is4(ip);

	while (a < s->ip->addrs + STK_MAX_ADDRS && a->used)
		a++;
	if (a == s->ip->addrs + STK_MAX_ADDRS)
		return NULL;
	*a = (struct ip_addr){
		.used = true, .origin = origin, .ip = *ip, .len = len,
		.valid_until = SK_NEVER, .preferred_until = SK_NEVER,
		.timer = { .fn = on_timer },
		.probes = v4 ? ACD_PROBES : DAD_PROBES,
	};
	/* What routers say of prefixes on the link is in their options. */
	if (origin != IP_SLAAC)
		route_add(s, ip, len, &on_link, origin, SK_NEVER);
	join_solicited(s, ip);
	if (s->cfg.no_dad || s->link->l3) {
		a->probes = 0;
		take(s, a);
	} else {
		probe(s, a);
	}
	return a;
}

void iface_remove(struct stk *s, struct ip_addr *a)
{
	struct stk_ip on_link = { 0 }, group = ndp_solicited_node(&a->ip);

	stk_timer_stop(s, &a->timer);
	if (a->origin != IP_SLAAC)
		route_del(s, &a->ip, a->len, &on_link);
	if (!stk_ip_is4(&a->ip))
		group_leave(s, &group);
	a->used = false;
	for (struct stk_sock *sk = TAILQ_FIRST(&s->socks), *next; sk;
	     sk = next) {
		next = TAILQ_NEXT(sk, all);
		if (stk_ip_eq(&sk->node.key.local, &a->ip) && sk->proto->fail)
			sk->proto->fail(sk, ENETDOWN);
	}
}

static void age(struct stk *s, struct stk_timer *t)
{
	struct ip_addr *a = s->ip->addrs;

	for (size_t i = 0; i < STK_MAX_ADDRS; i++, a++) {
		if (!a->used || a->origin != IP_SLAAC)
			continue;
		a->deprecated = s->now >= a->preferred_until;
		if (s->now >= a->valid_until)
			iface_remove(s, a);
	}
	route_expire(s);
	stk_timer_in(s, t, SK_SEC);
}

static int add_default(struct stk *s, const struct stk_ip *gw)
{
	struct stk_ip any = stk_ip_any(stk_ip_family(gw));
	static const struct stk_ip none;

	if (stk_ip_eq(gw, &none))
		return 0;
	return route_add(s, &any, 0, gw, IP_STATIC, SK_NEVER);
}

static bool wants_ipv6(const struct stk *s)
{
	for (size_t i = 0; i < s->cfg.n_addrs; i++)
		if (!stk_ip_is4(&s->cfg.addrs[i].ip))
			return true;
	return s->cfg.slaac;
}

static void add_link_local(struct stk *s)
{
	struct stk_ip ll = { { 0xfe, 0x80 } };

	iface_eui64(s, ll.b + 8);
	iface_add(s, &ll, 64, IP_LINK_LOCAL);
}

int iface_open(struct stk *s)
{
	int r = stk_timers_reserve(s, STK_MAX_ADDRS + 1);

	if (r < 0)
		return r;
	if (wants_ipv6(s) && !s->link->l3)
		add_link_local(s);
	for (size_t i = 0; i < s->cfg.n_addrs && i < STK_MAX_ADDRS; i++)
		if (!iface_add(s, &s->cfg.addrs[i].ip, s->cfg.addrs[i].len,
			       IP_STATIC))
			return -ENOSPC;
	if (add_default(s, &s->cfg.gw4) < 0 || add_default(s, &s->cfg.gw6) < 0)
		return -ENOSPC;
	if (s->cfg.slaac) {
		s->ip->age_timer.fn = age;
		stk_timer_in(s, &s->ip->age_timer, SK_SEC);
	}
	return 0;
}

void iface_shut(struct stk *s)
{
	for (size_t i = 0; i < STK_MAX_ADDRS; i++)
		stk_timer_stop(s, &s->ip->addrs[i].timer);
	stk_timer_stop(s, &s->ip->age_timer);
}

/* --- which one is the source? (RFC 6724 section 5) -------------------------- */

static unsigned scope(const struct stk_ip *a)
{
	if (stk_ip_is_loopback(a))
		return 0;
	if (stk_ip_is_link_local(a))
		return 1;
	if (!stk_ip_is4(a) && a->b[0] == 0xff)
		return (a->b[1] & 15u) <= 2 ? 1 : 2;
	return 2;
}

/* Rules 2, 3 and 8; there is one interface, and no mobility. */
static bool better(const struct ip_addr *a, const struct ip_addr *b,
		   const struct stk_ip *dst)
{
	unsigned sa = scope(&a->ip), sb = scope(&b->ip), sd = scope(dst);

	if (sa != sb)
		return sa < sb ? sa >= sd : sb < sd;
	if (a->deprecated != b->deprecated)
		return b->deprecated;
	return stk_ip_common(&a->ip, dst) > stk_ip_common(&b->ip, dst);
}

static const struct ip_addr *choose(const struct stk *s,
				    const struct stk_ip *dst)
{
	const struct ip_addr *a = s->ip->addrs, *best = NULL;

	for (size_t i = 0; i < STK_MAX_ADDRS; i++, a++) {
		if (!a->used || !a->ok ||
		    stk_ip_is4(&a->ip) != stk_ip_is4(dst))
			continue;
		if (stk_ip_eq(&a->ip, dst))
			return a; /* rule 1 */
		if (!best || better(a, best, dst))
			best = a;
	}
	return best;
}

static int source(const struct stk *s, const struct stk_ip *dst,
		  const struct stk_ip *src, struct ip_route *r)
{
	static const struct stk_ip none;
	const struct ip_addr *a;

	r->src = *src;
	if (!stk_ip_eq(src, &none)) {
		/* 0.0.0.0 said aloud is how DHCP asks. */
		if (stk_ip_is_any(src) && ip_is_broadcast(s, dst))
			return 0;
		return ip_is_ours(s, src) ? 0 : -EADDRNOTAVAIL;
	}
	if (stk_ip_is_loopback(dst)) {
		r->src = *dst;
		return 0;
	}
	a = choose(s, dst);
	if (!a)
		return -EADDRNOTAVAIL;
	r->src = a->ip;
	return 0;
}

int ip_route(struct stk *s, const struct stk_ip *dst, const struct stk_ip *src,
	     struct ip_route *r)
{
	const struct ip_rt *rt;

	*r = (struct ip_route){ .next_hop = *dst };
	r->link_mtu = stk_ip_is4(dst) || !s->ip->mtu6 ? s->link->mtu :
							s->ip->mtu6;
	r->mtu = r->link_mtu;
	if (ip_is_ours(s, dst)) {
		r->local = true;
		return source(s, dst, src, r);
	}
	if (!stk_ip_is_multicast(dst) && !ip_is_broadcast(s, dst)) {
		rt = route_find(s, dst);
		if (!rt)
			return -ENETUNREACH;
		if (!stk_ip_is_any(&rt->gw))
			r->next_hop = rt->gw;
		r->mtu = ip_pmtu(s, dst);
	}
	return source(s, dst, src, r);
}
