/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ARP (RFC 826), and what asks whether an address is free (RFC 5227). */
#include "stack/wire/arp.h"

#include "stack/ip/ip_internal.h"

static const uint8_t everybody[6] = { 255, 255, 255, 255, 255, 255 };

static void arp_send(struct stk *s, enum arp_op op, uint32_t spa,
		     const uint8_t tha[6], uint32_t tpa, const uint8_t to[6])
{
	struct pkt *p = pkt_new(&s->pool, ETH_SIZE, ARP_SIZE);
	struct arp_pkt a = { .op = (uint16_t)op, .spa = spa, .tpa = tpa };

	if (!p) {
		CTR(s, no_memory)++;
		return;
	}
	memcpy(a.sha, s->cfg.mac, 6);
	if (tha)
		memcpy(a.tha, tha, 6);
	arp_emit(pkt_put(p, ARP_SIZE), &a);
	eth_send(s, p, to, ETH_ARP);
}

void arp_solicit(struct stk *s, const struct neigh *n)
{
	struct stk_ip any = { 0 };
	struct ip_route rt;
	bool known = n->state != NEIGH_INCOMPLETE;

	if (ip_route(s, &n->ip, &any, &rt) < 0)
		return;
	arp_send(s, ARP_REQUEST, stk_ip_v4(&rt.src), known ? n->mac : NULL,
		 stk_ip_v4(&n->ip), known ? n->mac : everybody);
}

void arp_probe(struct stk *s, const struct stk_ip *ip)
{
	arp_send(s, ARP_REQUEST, 0, NULL, stk_ip_v4(ip), everybody);
}

void arp_announce(struct stk *s, const struct stk_ip *ip)
{
	arp_send(s, ARP_REQUEST, stk_ip_v4(ip), NULL, stk_ip_v4(ip), everybody);
}

/* Is it about an address that is, or is about to be, ours? */
static bool conflicts(struct stk *s, const struct arp_pkt *a)
{
	struct stk_ip spa = stk_ip_from4(a->spa), tpa = stk_ip_from4(a->tpa);
	struct ip_addr *mine = iface_find(s, &spa);

	if (mine) {
		iface_claimed(s, mine, a->sha);
		return true;
	}
	/* Two who probe for the same address at once (RFC 5227 2.1.1). */
	mine = iface_find(s, &tpa);
	if (!a->spa && mine && !mine->ok && a->op == ARP_REQUEST) {
		iface_claimed(s, mine, a->sha);
		return true;
	}
	return false;
}

static void arp_take(struct stk *s, const struct arp_pkt *a)
{
	struct stk_ip spa = stk_ip_from4(a->spa), tpa = stk_ip_from4(a->tpa);
	bool for_us = ip_is_ours(s, &tpa);
	unsigned news = NEIGH_OVERRIDE;

	if (conflicts(s, a))
		return;
	/* Replies that nobody asked for create no entry (RFC 826: only when
	 * we are the target), and count as an answer only if we wait for
	 * one. */
	if (a->op == ARP_REPLY && for_us)
		news |= NEIGH_ANSWER;
	else if (for_us)
		news |= NEIGH_CREATE;
	if (a->spa && stk_ip_is_unicast(&spa))
		neigh_learn(s, &spa, a->sha, news);
	if (for_us && a->op == ARP_REQUEST)
		arp_send(s, ARP_REPLY, a->tpa, a->sha, a->spa, a->sha);
}

void arp_input(struct stk *s, struct pkt *p)
{
	struct arp_pkt a;

	if (!pkt_linear(p, ARP_SIZE) || arp_parse(p->data, p->len, &a) < 0 ||
	    a.sha[0] & 1)
		CTR(s, arp_bad)++;
	else
		arp_take(s, &a);
	pkt_free(p);
}
