/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames in and out: who they are for, and what they hold. */
#include <errno.h>

#include "stack/ip/ip_internal.h"
#include "stack/link/link.h"

static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };

static const struct {
	uint16_t type;
	void (*input)(struct stk *s, struct pkt *p);
} ethertypes[] = {
	{ ETH_IPV4, ip4_input },
	{ ETH_IPV6, ip6_input },
	{ ETH_ARP, arp_input },
};

/* Without Ethernet: the version tells. */
static void raw_input(struct stk *s, struct pkt *p)
{
	if (p->total && pkt_linear(p, 1) && p->data[0] >> 4 == 4)
		ip4_input(s, p);
	else
		ip6_input(s, p);
}

static bool take_header(struct stk *s, struct pkt *p, struct eth_hdr *h)
{
	if (!pkt_linear(p, ETH_SIZE) || eth_parse(p->data, p->len, h) < 0) {
		CTR(s, eth_bad)++;
		return false;
	}
	pkt_pull(p, ETH_SIZE);
	if (h->dst[0] & 1)
		p->flags |= PKT_BROADCAST;
	else if (memcmp(h->dst, s->cfg.mac, 6))
		return false; /* a hub's or bridge's frame for another */
	/* A frame of our own that came back, or a source that is a group. */
	return memcmp(h->src, s->cfg.mac, 6) && !(h->src[0] & 1);
}

void ip_input_frame(struct stk *s, struct pkt *p)
{
	struct eth_hdr h;

	p->at = s->now;
	if (p->flags & PKT_LOOPED || s->link->l3) {
		raw_input(s, p);
		return;
	}
	if (!take_header(s, p, &h)) {
		pkt_free(p);
		return;
	}
	for (size_t i = 0; i < sizeof(ethertypes) / sizeof(*ethertypes); i++)
		if (ethertypes[i].type == h.type) {
			ethertypes[i].input(s, p);
			return;
		}
	CTR(s, eth_bad)++;
	pkt_free(p);
}

bool eth_multicast(const struct stk *s, const struct stk_ip *ip,
		   uint8_t mac[6])
{
	static const uint8_t group4[] = { 0x01, 0x00, 0x5e };

	if (ip_is_broadcast(s, ip)) {
		memcpy(mac, broadcast, 6);
		return true;
	}
	if (!stk_ip_is_multicast(ip))
		return false;
	if (stk_ip_is4(ip)) { /* RFC 1112 6.4 */
		memcpy(mac, group4, 3);
		memcpy(mac + 3, ip->b + 13, 3);
		mac[3] &= 0x7f;
	} else { /* RFC 2464 7 */
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, ip->b + 12, 4);
	}
	return true;
}

void eth_send(struct stk *s, struct pkt *p, const uint8_t dst[6],
	      enum eth_type type)
{
	struct eth_hdr h = { .type = (uint16_t)type };
	uint8_t *at;

	if (s->link->l3) {
		/* ARP means nothing there. */
		if (type == ETH_ARP)
			pkt_free(p);
		else
			stk_transmit(s, p);
		return;
	}
	at = pkt_push(p, ETH_SIZE);
	if (!at) {
		CTR(s, no_memory)++;
		pkt_free(p);
		return;
	}
	memcpy(h.dst, dst, 6);
	memcpy(h.src, s->cfg.mac, 6);
	eth_emit(at, &h);
	p->csum_start = (uint16_t)(p->csum_start + ETH_SIZE);
	stk_transmit(s, p);
}
