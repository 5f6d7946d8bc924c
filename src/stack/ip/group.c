/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups: whom we listen to, and telling routers and snooping switches so.
 * IGMPv2 (RFC 2236) and MLDv1 (RFC 2710) are spoken, which queriers of the
 * later versions understand (RFC 3376 7.3, RFC 3810 8.3); we want a group
 * from all sources or not at all.
 */
#include <errno.h>
#include <netinet/in.h>

#include "stack/ip/ip_internal.h"
#include "stack/wire/bytes.h"
#include "stack/wire/csum.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv4.h"

#define REPORTS 2
#define REPORT_INTERVAL_MS 1000

enum igmp_type { IGMP_QUERY = 0x11, IGMP_REPORT = 0x16, IGMP_LEAVE = 0x17 };

#define IGMP_SIZE 8
#define ROUTER_ALERT_SIZE 4

static const struct stk_ip all_routers6 = { { 0xff, 2, [15] = 2 } };

/* 224.0.0.1 and ff02::1: everybody is in them, nobody says so. */
static bool is_all_hosts(const struct stk_ip *g)
{
	struct stk_ip all4 = stk_ip4(224, 0, 0, 1);
	struct stk_ip all6 = { { 0xff, 2, [15] = 1 } };

	return stk_ip_eq(g, &all4) || stk_ip_eq(g, &all6);
}

static struct ip_group *find(const struct stk *s, const struct stk_ip *g)
{
	struct ip_group *e = s->ip->groups;

	for (size_t i = 0; i < IP_GROUPS; i++, e++)
		if (e->used && stk_ip_eq(&e->ip, g))
			return e;
	return NULL;
}

bool group_is_joined(const struct stk *s, const struct stk_ip *group)
{
	return is_all_hosts(group) || find(s, group);
}

/* --- IGMP ------------------------------------------------------------------- */

static void igmp_send(struct stk *s, uint8_t type, const struct stk_ip *group,
		      const struct stk_ip *dst)
{
	static const uint8_t alert[ROUTER_ALERT_SIZE] = { 0x94, 4, 0, 0 };
	struct stk_ip any = { 0 };
	struct ipv4_hdr h = { .ttl = 1, .tos = 0xc0, .proto = IPPROTO_IGMP };
	struct ip_route rt;
	struct pkt *p;
	uint8_t *at;

	if (ip_route(s, dst, &any, &rt) < 0)
		return;
	p = pkt_new(&s->pool, PKT_HEADROOM, IGMP_SIZE);
	if (!p)
		return;
	at = pkt_put(p, IGMP_SIZE);
	memset(at, 0, IGMP_SIZE);
	at[0] = type;
	put32(at + 4, stk_ip_v4(group));
	put16(at + 2, csum_done(csum_add(0, at, IGMP_SIZE)));

	/* The one header we send with an option: written by hand. */
	memcpy(pkt_push(p, ROUTER_ALERT_SIZE), alert, ROUTER_ALERT_SIZE);
	at = pkt_push(p, IPV4_SIZE);
	h.total = (uint16_t)p->total;
	h.src = stk_ip_v4(&rt.src);
	h.dst = stk_ip_v4(dst);
	ipv4_emit(at, &h);
	at[0]++;
	put16(at + 10, 0);
	put16(at + 10,
	      csum_done(csum_add(0, at, IPV4_SIZE + ROUTER_ALERT_SIZE)));
	CTR(s, ip_out)++;
	neigh_send(s, dst, p);
}

/* --- MLD -------------------------------------------------------------------- */

static void mld_send(struct stk *s, uint8_t type, const struct stk_ip *group,
		     const struct stk_ip *dst)
{
	const struct ip_addr *ll = iface_link_local(s);
	struct icmp_hdr h = { .type = type };
	struct stk_ip any = { 0 };
	struct pkt *p = pkt_new(&s->pool, PKT_HEADROOM, ICMP_SIZE + 16);

	if (!p)
		return;
	icmp_emit(pkt_put(p, ICMP_SIZE), &h);
	memcpy(pkt_put(p, 16), group->b, 16);
	icmp6_send(s, p, ll ? &ll->ip : &any, dst, 1, true);
}

/* --- telling ---------------------------------------------------------------- */

static void report(struct stk *s, const struct ip_group *g)
{
	if (stk_ip_is4(&g->ip))
		igmp_send(s, IGMP_REPORT, &g->ip, &g->ip);
	else
		mld_send(s, ICMP6_MLD_REPORT, &g->ip, &g->ip);
}

static void say_leave(struct stk *s, const struct ip_group *g)
{
	struct stk_ip routers4 = stk_ip4(224, 0, 0, 2);

	if (stk_ip_is4(&g->ip))
		igmp_send(s, IGMP_LEAVE, &g->ip, &routers4);
	else
		mld_send(s, ICMP6_MLD_DONE, &g->ip, &all_routers6);
}

static void on_timer(struct stk *s, struct stk_timer *t)
{
	struct ip_group *g = stk_container_of(t, struct ip_group, timer);

	report(s, g);
	if (g->reports && --g->reports)
		stk_timer_in(s, t, stk_random_below(s, REPORT_INTERVAL_MS) *
					   SK_MSEC);
}

void group_join(struct stk *s, const struct stk_ip *group)
{
	struct ip_group *g = find(s, group);

	if (is_all_hosts(group))
		return;
	for (size_t i = 0; !g && i < IP_GROUPS; i++)
		if (!s->ip->groups[i].used)
			g = &s->ip->groups[i];
	if (!g)
		return;
	if (g->used) {
		g->refs++;
		return;
	}
	*g = (struct ip_group){ .used = true, .ip = *group, .refs = 1,
				.reports = REPORTS, .timer = { .fn = on_timer } };
	report(s, g);
	g->reports--;
	stk_timer_in(s, &g->timer,
		     stk_random_below(s, REPORT_INTERVAL_MS) * SK_MSEC);
}

void group_leave(struct stk *s, const struct stk_ip *group)
{
	struct ip_group *g = find(s, group);

	if (!g || --g->refs)
		return;
	say_leave(s, g);
	stk_timer_stop(s, &g->timer);
	g->used = false;
}

void group_shut(struct stk *s)
{
	for (size_t i = 0; i < IP_GROUPS; i++)
		stk_timer_stop(s, &s->ip->groups[i].timer);
}

/* --- being asked ------------------------------------------------------------ */

static void answer(struct stk *s, const struct stk_ip *group, uint32_t max_ms)
{
	struct ip_group *g = s->ip->groups;

	for (size_t i = 0; i < IP_GROUPS; i++, g++)
		if (g->used && stk_ip_is4(&g->ip) == stk_ip_is4(group) &&
		    (stk_ip_is_any(group) || stk_ip_eq(&g->ip, group)))
			stk_timer_in(s, &g->timer,
				     stk_random_below(s, max_ms + 1) * SK_MSEC);
}

void igmp_input(struct stk *s, struct pkt *p)
{
	struct stk_ip group;

	if (pkt_linear(p, p->total) && p->len >= IGMP_SIZE &&
	    !csum_done(pkt_sum(p, 0, 0)) && p->data[0] == IGMP_QUERY) {
		group = stk_ip_from4(get32(p->data + 4));
		/* In tenths of a second; 0 is a querier of version 1. */
		answer(s, &group, p->data[1] ? p->data[1] * 100u : 10000);
	}
	pkt_free(p);
}

void mld_query(struct stk *s, struct pkt *p)
{
	struct stk_ip group;

	if (p->len < ICMP_SIZE + 16 || p->ip.ttl != 1 ||
	    !stk_ip_is_link_local(&p->ip.src))
		return;
	memcpy(group.b, p->data + ICMP_SIZE, 16);
	answer(s, &group, get16(p->data + 4));
}

/* --- sockets ---------------------------------------------------------------- */

static struct ip_member *member(const struct stk_sock *sk,
				const struct stk_ip *group)
{
	struct ip_member *m;

	LIST_FOREACH(m, &sk->stk->ip->members, link)
		if (m->sk == sk && stk_ip_eq(&m->group, group))
			return m;
	return NULL;
}

bool ip_joined(const struct stk_sock *sk, const struct stk_ip *group)
{
	return is_all_hosts(group) || member(sk, group);
}

int ip_join(struct stk_sock *sk, const struct stk_ip *group)
{
	struct stk *s = sk->stk;
	struct ip_member *m;

	if (!stk_ip_is_multicast(group))
		return -EINVAL;
	if (member(sk, group))
		return -EADDRINUSE;
	m = malloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	*m = (struct ip_member){ .sk = sk, .group = *group };
	group_join(s, group);
	if (!group_is_joined(s, group)) {
		free(m);
		return -ENOBUFS;
	}
	LIST_INSERT_HEAD(&s->ip->members, m, link);
	return 0;
}

static void leave(struct stk *s, struct ip_member *m)
{
	LIST_REMOVE(m, link);
	group_leave(s, &m->group);
	free(m);
}

int ip_leave(struct stk_sock *sk, const struct stk_ip *group)
{
	struct ip_member *m = member(sk, group);

	if (!m)
		return -EADDRNOTAVAIL;
	leave(sk->stk, m);
	return 0;
}

void ip_leave_all(struct stk_sock *sk)
{
	struct ip_member *m = LIST_FIRST(&sk->stk->ip->members), *next;

	for (; m; m = next) {
		next = LIST_NEXT(m, link);
		if (m->sk == sk)
			leave(sk->stk, m);
	}
}
