/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Neighbour discovery of IPv6 (RFC 4861): solicitations and advertisements,
 * and by them duplicate address detection (RFC 4862). Redirects are not
 * followed: there is one link, and one router to ask.
 */
#include <errno.h>
#include <netinet/in.h>

#include "stack/ip/ip_internal.h"
#include "stack/wire/icmp.h"

#define NDP_HLIM 255
#define NS_SIZE (ICMP_SIZE + 16)
#define LL_OPTION 8

enum na_flags { NA_SOLICITED = 0x40000000, NA_OVERRIDE = 0x20000000 };

static const struct stk_ip all_nodes = { { 0xff, 2, [15] = 1 } };

struct stk_ip ndp_solicited_node(const struct stk_ip *ip)
{
	struct stk_ip g = { { 0xff, 2, [11] = 1, [12] = 0xff } };

	memcpy(g.b + 13, ip->b + 13, 3);
	return g;
}

/* --- sending ---------------------------------------------------------------- */

/* A solicitation or advertisement; option 0: no link-layer address. */
static void send_about(struct stk *s, uint8_t type, uint32_t flags,
		       const struct stk_ip *target, uint8_t option,
		       const struct stk_ip *src, const struct stk_ip *dst)
{
	struct icmp_hdr h = { .type = type, .rest = flags };
	struct pkt *p = pkt_new(&s->pool, PKT_HEADROOM, NS_SIZE + LL_OPTION);
	uint8_t *at;

	if (!p) {
		CTR(s, no_memory)++;
		return;
	}
	icmp_emit(pkt_put(p, ICMP_SIZE), &h);
	memcpy(pkt_put(p, 16), target->b, 16);
	if (option) {
		at = pkt_put(p, LL_OPTION);
		at[0] = option;
		at[1] = 1;
		memcpy(at + 2, s->cfg.mac, 6);
	}
	icmp6_send(s, p, src, dst, NDP_HLIM, false);
}

void ndp_solicit(struct stk *s, const struct neigh *n)
{
	struct stk_ip group = ndp_solicited_node(&n->ip), any = { 0 };
	struct ip_route rt;

	if (ip_route(s, &n->ip, &any, &rt) < 0)
		return;
	send_about(s, ICMP6_NS, 0, &n->ip, NDP_SOURCE_LL, &rt.src,
		   n->state == NEIGH_INCOMPLETE ? &group : &n->ip);
}

void ndp_dad_probe(struct stk *s, const struct stk_ip *ip)
{
	struct stk_ip group = ndp_solicited_node(ip), any = { 0 };

	send_about(s, ICMP6_NS, 0, ip, 0, &any, &group);
}

void ndp_announce(struct stk *s, const struct stk_ip *ip)
{
	send_about(s, ICMP6_NA, NA_OVERRIDE, ip, NDP_TARGET_LL, ip,
		   &all_nodes);
}

/* --- receiving -------------------------------------------------------------- */

/*
 * The link-layer address option of the given type, or NULL. False: options
 * are malformed and the message is not to be believed.
 */
static bool find_ll(const uint8_t *p, size_t len, uint8_t type,
		    const uint8_t **ll)
{
	struct ndp_opt o;
	int r;

	*ll = NULL;
	while ((r = ndp_next(&p, &len, &o)) > 0)
		if (o.type == type && o.len == LL_OPTION)
			*ll = o.p + 2;
	return r == 0;
}

static void bad(struct stk *s)
{
	CTR(s, ndp_bad)++;
}

static void take_ns(struct stk *s, struct pkt *p)
{
	struct stk_ip target;
	struct ip_addr *mine;
	bool dad = stk_ip_is_any(&p->ip.src);
	const uint8_t *ll;

	if (p->len < NS_SIZE ||
	    !find_ll(p->data + NS_SIZE, p->len - NS_SIZE, NDP_SOURCE_LL, &ll)) {
		bad(s);
		return;
	}
	memcpy(target.b, p->data + ICMP_SIZE, 16);
	/* RFC 4861 7.1.1: DAD goes to the solicited-node group, without an
	 * address. */
	if (stk_ip_is_multicast(&target) ||
	    (dad && (ll || !stk_ip_is_multicast(&p->ip.dst)))) {
		bad(s);
		return;
	}
	mine = iface_find(s, &target);
	if (!mine)
		return;
	if (!mine->ok) {
		/* Two want it (RFC 4862 5.4.3); others just ask too early. */
		if (dad)
			iface_claimed(s, mine, ll);
		return;
	}
	if (ll)
		neigh_learn(s, &p->ip.src, ll, NEIGH_CREATE | NEIGH_OVERRIDE);
	send_about(s, ICMP6_NA, (dad ? 0 : NA_SOLICITED) | NA_OVERRIDE, &target,
		   NDP_TARGET_LL, &target, dad ? &all_nodes : &p->ip.src);
}

static void take_na(struct stk *s, struct pkt *p)
{
	struct stk_ip target;
	struct ip_addr *mine;
	struct icmp_hdr h;
	const uint8_t *ll;
	unsigned news = 0;

	icmp_parse(p->data, p->len, &h);
	if (p->len < NS_SIZE ||
	    !find_ll(p->data + NS_SIZE, p->len - NS_SIZE, NDP_TARGET_LL, &ll) ||
	    (stk_ip_is_multicast(&p->ip.dst) && h.rest & NA_SOLICITED)) {
		bad(s);
		return;
	}
	memcpy(target.b, p->data + ICMP_SIZE, 16);
	mine = iface_find(s, &target);
	if (mine) {
		iface_claimed(s, mine, ll);
		return;
	}
	if (h.rest & NA_SOLICITED)
		news |= NEIGH_ANSWER;
	if (h.rest & NA_OVERRIDE)
		news |= NEIGH_OVERRIDE;
	if (ll)
		neigh_learn(s, &target, ll, news);
	else if (news & NEIGH_ANSWER)
		neigh_confirm(s, &target);
}

static const struct {
	uint8_t type;
	void (*take)(struct stk *s, struct pkt *p);
} messages[] = {
	{ ICMP6_NS, take_ns },
	{ ICMP6_NA, take_na },
	{ ICMP6_RA, slaac_ra },
};

void ndp_input(struct stk *s, struct pkt *p)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		if (messages[i].type != p->data[0])
			continue;
		/* Only a neighbour can send 255; and never in fragments
		 * (RFC 6980). */
		if (p->ip.ttl != NDP_HLIM || p->data[1] || p->ip.was_frag ||
		    p->len != p->total)
			bad(s);
		else
			messages[i].take(s, p);
		return;
	}
}
