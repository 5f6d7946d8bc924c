/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network layer as a whole: opening, closing, and its tables. */
#include "stack/ip/ip.h"

#include <errno.h>

#include "stack/ip/ip_internal.h"

int ip_open(struct stk *s)
{
	int r;

	s->ip = calloc(1, sizeof(*s->ip));
	if (!s->ip)
		return -ENOMEM;
	LIST_INIT(&s->ip->members);
	s->ip->id = (uint16_t)stk_random32(s);
	s->ip->reachable_us = 30 * SK_SEC; /* RFC 4861 10 */
	s->ip->retrans_us = SK_SEC;
	/* Of groups, router solicitation and DHCP. */
	r = stk_timers_reserve(s, IP_GROUPS + 3);
	if (r >= 0)
		r = frag_open(s);
	if (r >= 0)
		r = iface_open(s);
	if (r >= 0 && s->cfg.slaac)
		slaac_open(s);
	if (r >= 0 && s->cfg.dhcp)
		r = dhcp_open(s);
	return r;
}

void ip_shut(struct stk *s)
{
	if (!s->ip)
		return;
	dhcp_shut(s);
	frag_shut(s);
	neigh_clear(s);
	group_shut(s);
	iface_shut(s);
	stk_timer_stop(s, &s->ip->rs_timer);
	free(s->ip);
	s->ip = NULL;
}

/* --- tables ----------------------------------------------------------------- */

static const char *const neigh_names[] = { "INCOMPLETE", "REACHABLE", "STALE",
					   "DELAY", "PROBE" };
static const char *const origins[] = { "static", "link-local", "dhcp",
				       "slaac" };

static void show_addrs(const struct stk *s, struct sk_out *out)
{
	char text[STK_IP_TEXT];

	for (size_t i = 0; i < STK_MAX_ADDRS; i++) {
		const struct ip_addr *a = &s->ip->addrs[i];

		if (a->used)
			sk_out_printf(out, "addr %s/%u %s%s%s\n",
				      stk_ip_format(text, &a->ip),
				      (unsigned)a->len, origins[a->origin],
				      a->ok ? "" : " tentative",
				      a->deprecated ? " deprecated" : "");
	}
}

static void show_routes(const struct stk *s, struct sk_out *out)
{
	static const struct stk_ip on_link;
	char text[STK_IP_TEXT];

	for (size_t i = 0; i < IP_ROUTES; i++) {
		const struct ip_rt *r = &s->ip->routes[i];

		if (!r->used)
			continue;
		sk_out_printf(out, "route %s/%u", stk_ip_format(text, &r->net),
			      (unsigned)r->len);
		if (!stk_ip_eq(&r->gw, &on_link))
			sk_out_printf(out, " via %s",
				      stk_ip_format(text, &r->gw));
		sk_out_printf(out, " %s\n", origins[r->origin]);
	}
}

static void show_neighbours(const struct stk *s, struct sk_out *out)
{
	char text[STK_IP_TEXT];
	struct neigh *n;

	for (size_t i = 0; i < NEIGH_BUCKETS; i++)
		LIST_FOREACH(n, &s->ip->neigh.bucket[i], link)
			sk_out_printf(out,
				      "neigh %s %02x:%02x:%02x:%02x:%02x:%02x "
				      "%s\n",
				      stk_ip_format(text, &n->ip), n->mac[0],
				      n->mac[1], n->mac[2], n->mac[3],
				      n->mac[4], n->mac[5],
				      neigh_names[n->state]);
}

void ip_show(struct stk *s, struct sk_out *out)
{
	show_addrs(s, out);
	show_routes(s, out);
	show_neighbours(s, out);
}

bool ip_has_output(const struct stk *s)
{
	return s->ip->neigh.incomplete != 0;
}

bool ip_must_wait(struct stk *s, const struct stk_ip *dst)
{
	static const struct stk_ip any;
	const struct neigh *n;
	struct ip_route r;

	if (!s->ip->neigh.incomplete || ip_route(s, dst, &any, &r) < 0)
		return false;
	n = neigh_find(s, &r.next_hop);
	return n && n->wait.n >= NEIGH_BUSY;
}
