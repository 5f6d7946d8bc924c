/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stack on a link that is a test: frames go in by hand, what it sends is
 * kept for inspection, and time is a variable. The peer's side, 192.0.2.1 and
 * fd00::1 with the MAC 02:00:00:00:00:01, is what the helpers write and read;
 * the stack is 192.0.2.2 and fd00::2.
 */
#ifndef SK_TESTS_LAN_H
#define SK_TESTS_LAN_H

#include <netinet/in.h>

#include "../unit/tap.h"
#include "stack/ip/ip_internal.h"
#include "stack/link/link.h"
#include "stack/wire/arp.h"
#include "stack/wire/bytes.h"
#include "stack/wire/csum.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/udp.h"

#define LAN_FRAME 70000

struct lan {
	struct stk *s;
	uint64_t now;
	struct pktq out;
	char notes[1024];
	/* The last frame taken by lan_next(). */
	uint8_t f[LAN_FRAME];
	size_t len;
};

/* The link below holds the lan it belongs to. */
struct lan_link {
	struct stk_link link;
	struct lan *lan;
};

static const uint8_t lan_peer_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t lan_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t lan_all[6] = { 255, 255, 255, 255, 255, 255 };

__attribute__((unused)) static struct stk_ip lan_ip(const char *text)
{
	struct stk_ip ip;

	if (!stk_ip_parse(&ip, text))
		abort();
	return ip;
}

static int lan_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct lan_link *ll = (struct lan_link *)l;

	(void)now;
	for (int i = 0; i < n; i++)
		pktq_push(&ll->lan->out, v[i]);
	return n;
}

static int lan_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	(void)l;
	(void)v;
	(void)n;
	(void)now;
	return 0;
}

static void lan_link_free(struct stk_link *l)
{
	pktq_clear(&((struct lan_link *)l)->lan->out);
	free(l);
}

static const struct stk_link_ops lan_ops = {
	.name = "lan",
	.send = lan_send,
	.recv = lan_recv,
	.free = lan_link_free,
};

static void lan_note(void *arg, bool warning, const char *text)
{
	struct lan *t = arg;
	size_t n = strlen(t->notes);

	(void)warning;
	snprintf(t->notes + n, sizeof(t->notes) - n, "%s\n", text);
}

/* c NULL: the addresses above, taken without asking. */
__attribute__((unused)) static void lan_open(struct lan *t,
					     const struct stk_config *c)
{
	struct stk_config own = { .no_dad = true, .n_addrs = 2 };
	struct lan_link *l = calloc(1, sizeof(*l));

	own.addrs[0] = (struct stk_prefix){ lan_ip("192.0.2.2"), 24 };
	own.addrs[1] = (struct stk_prefix){ lan_ip("fd00::2"), 64 };
	if (c)
		own = *c;
	memset(t, 0, sizeof(*t));
	t->now = SK_SEC;
	pktq_init(&t->out);
	l->link = (struct stk_link){ .ops = &lan_ops, .mtu = 1500, .fd = -1 };
	l->lan = t;
	memcpy(own.mac, lan_mac, 6);
	own.note = lan_note;
	own.note_arg = t;
	own.seed[0] = 42;
	t->s = stk_new(&own, &l->link, t->now);
	if (!t->s)
		abort();
	stk_poll(t->s, t->now);
}

__attribute__((unused)) static void lan_close(struct lan *t)
{
	pktq_clear(&t->out);
	stk_free(t->s); /* asserts that no buffer is left */
}

/* --- in --------------------------------------------------------------------- */

/* A frame of bytes. */
__attribute__((unused)) static void lan_in(struct lan *t, const void *data,
					   size_t len)
{
	struct pkt *p = pkt_new(&t->s->pool, 0, len < 60000 ? len : 60000);

	if (!pkt_append_bytes(p, data, len))
		abort();
	stk_input(t->s, p, t->now);
}

/* Payload behind an Ethernet header, to the stack or to all. */
__attribute__((unused)) static void lan_in_eth(struct lan *t, uint16_t type,
					       const uint8_t *dst,
					       const void *data, size_t len)
{
	static uint8_t b[LAN_FRAME];
	struct eth_hdr h = { .type = type };

	memcpy(h.dst, dst ? dst : lan_mac, 6);
	memcpy(h.src, lan_peer_mac, 6);
	eth_emit(b, &h);
	memcpy(b + ETH_SIZE, data, len);
	lan_in(t, b, ETH_SIZE + len);
}

/* h->src, dst, proto… as given; total and the rest are filled in. */
__attribute__((unused)) static void lan_in_ip4(struct lan *t, struct ipv4_hdr h,
					       const void *data, size_t len)
{
	static uint8_t b[LAN_FRAME];

	h.total = (uint16_t)(IPV4_SIZE + len);
	h.ttl = h.ttl ? h.ttl : 64;
	h.src = h.src ? h.src : 0xc0000201;
	h.dst = h.dst ? h.dst : 0xc0000202;
	ipv4_emit(b, &h);
	memcpy(b + IPV4_SIZE, data, len);
	lan_in_eth(t, ETH_IPV4, NULL, b, IPV4_SIZE + len);
}

__attribute__((unused)) static void
lan_in_ip6(struct lan *t, const char *src, const char *dst, uint8_t next,
	   uint8_t hlim, const void *data, size_t len)
{
	static uint8_t b[LAN_FRAME];
	struct ipv6_hdr h = { .next = next, .hlim = hlim,
			      .payload = (uint16_t)len };
	struct stk_ip a = lan_ip(src ? src : "fd00::1");
	struct stk_ip d = lan_ip(dst ? dst : "fd00::2");

	memcpy(h.src, a.b, 16);
	memcpy(h.dst, d.b, 16);
	ipv6_emit(b, &h);
	memcpy(b + IPV6_SIZE, data, len);
	lan_in_eth(t, ETH_IPV6, d.b[0] == 0xff ? lan_all : NULL, b,
		   IPV6_SIZE + len);
}

/* An ICMPv6 message with its checksum, which is filled in here. */
__attribute__((unused)) static void
lan_in_icmp6(struct lan *t, const char *src, const char *dst, uint8_t hlim,
	     uint8_t *msg, size_t len)
{
	struct stk_ip a = lan_ip(src ? src : "fd00::1");
	struct stk_ip d = lan_ip(dst ? dst : "fd00::2");

	put16(msg + 2, 0);
	put16(msg + 2, csum_done(csum_add(ip_pseudo_sum(&a, &d, IPPROTO_ICMPV6,
							(uint32_t)len),
					  msg, len)));
	lan_in_ip6(t, src, dst, IPPROTO_ICMPV6, hlim, msg, len);
}

__attribute__((unused)) static void lan_in_icmp4(struct lan *t, uint8_t *msg,
						 size_t len)
{
	put16(msg + 2, 0);
	put16(msg + 2, csum_done(csum_add(0, msg, len)));
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_ICMP }, msg, len);
}

__attribute__((unused)) static void lan_in_arp(struct lan *t, uint16_t op,
					       uint32_t spa, uint32_t tpa)
{
	struct arp_pkt a = { .op = op, .spa = spa, .tpa = tpa };
	uint8_t b[ARP_SIZE];

	memcpy(a.sha, lan_peer_mac, 6);
	arp_emit(b, &a);
	lan_in_eth(t, ETH_ARP, lan_all, b, sizeof(b));
}

/* The peer is known: what is sent to it need not wait. */
__attribute__((unused)) static void lan_know_peer(struct lan *t)
{
	struct stk_ip ip4 = lan_ip("192.0.2.1"), ip6 = lan_ip("fd00::1");

	neigh_learn(t->s, &ip4, lan_peer_mac, NEIGH_CREATE | NEIGH_ANSWER);
	neigh_learn(t->s, &ip6, lan_peer_mac, NEIGH_CREATE | NEIGH_ANSWER);
}

/* --- out -------------------------------------------------------------------- */

/* The next frame the stack has sent, into t->f; false: none. */
__attribute__((unused)) static bool lan_next(struct lan *t)
{
	struct pkt *p = pktq_pop(&t->out);

	if (!p)
		return false;
	t->len = pkt_read(p, 0, t->f, sizeof(t->f));
	pkt_free(p);
	return true;
}

/* The next of this EtherType; those before it are dropped. */
__attribute__((unused)) static bool lan_next_type(struct lan *t, uint16_t type)
{
	while (lan_next(t))
		if (get16(t->f + 12) == type)
			return true;
	return false;
}

/* The next that is of this protocol over IP; t->f + *at is where it begins. */
__attribute__((unused)) static bool lan_next_ip(struct lan *t, uint8_t proto,
						size_t *at)
{
	while (lan_next(t)) {
		uint16_t type = get16(t->f + 12);

		*at = ETH_SIZE + (type == ETH_IPV4 ? IPV4_SIZE : IPV6_SIZE);
		if ((type == ETH_IPV4 && t->f[ETH_SIZE + 9] == proto) ||
		    (type == ETH_IPV6 && t->f[ETH_SIZE + 6] == proto))
			return true;
	}
	return false;
}

__attribute__((unused)) static void lan_drain(struct lan *t)
{
	pktq_clear(&t->out);
}

/* Time passes, with every timer at its own moment. */
__attribute__((unused)) static void lan_advance(struct lan *t, uint64_t us)
{
	uint64_t end = t->now + us, at;

	while ((at = stk_next_deadline(t->s)) <= end) {
		t->now = at > t->now ? at : t->now;
		stk_poll(t->s, t->now);
	}
	t->now = end;
	stk_poll(t->s, t->now);
}

#define lan_count(t, name) CTR((t)->s, name)

#endif
