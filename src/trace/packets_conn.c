/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/packets_conn.h"

#include <stdlib.h>

/* Those that are over stay for ends that were not seen yet (accept(2)). */
#define CONNS_KEPT 256

/* What no call stands for. */
#define MADE_UP "acknowledgement, made up"

void sk_conns_init(struct sk_conns *s, struct sk_pcapng *pcapng,
		   uint32_t interface)
{
	*s = (struct sk_conns){ .pcapng = pcapng, .interface = interface };
	TAILQ_INIT(&s->list);
}

static void drop(struct sk_conns *s, struct sk_conn *c)
{
	TAILQ_REMOVE(&s->list, c, link);
	free(c);
}

void sk_conns_fini(struct sk_conns *s)
{
	struct sk_conn *c;

	while ((c = TAILQ_FIRST(&s->list)) != NULL)
		drop(s, c);
}

/* --- packets ---------------------------------------------------------- */

void sk_conns_put(struct sk_conns *s, const struct sk_packet *k,
		  const struct sk_passing *how)
{
	unsigned char head[SK_PACKET_HEAD];
	struct iovec iov[2];
	int n = sk_packet_build(k, head, iov);

	sk_pcapng_packet(s->pcapng, s->interface, how->time_ns,
			 how->out ? SK_PCAP_OUT : SK_PCAP_IN, iov, n,
			 how->comment);
}

/* Both directions begin at sequence number 1. */
static void put_segment(struct sk_conns *s, const struct sk_conn *c, int from,
			unsigned flags, const void *data, size_t len,
			const struct sk_passing *how)
{
	bool syn = flags & SK_TCP_SYN;
	struct sk_packet k = {
		.from = &c->addr[from],
		.to = &c->addr[!from],
		.flags = (uint8_t)flags,
		.data = data,
		.len = len,
	};

	k.seq = syn ? 0 : (uint32_t)(1 + c->written[from] + c->fin[from]);
	k.ack = syn ? 1 : (uint32_t)(1 + c->written[!from] + c->fin[!from]);
	sk_conns_put(s, &k, how);
}

static void acknowledge(struct sk_conns *s, const struct sk_conn *c, int from,
			const struct sk_passing *how)
{
	const struct sk_passing back = { how->time_ns, !how->out, MADE_UP };

	put_segment(s, c, !from, SK_TCP_ACK, NULL, 0, &back);
}

void sk_conn_data(struct sk_conns *s, struct sk_conn *c, int from,
		  const void *data, size_t len, const struct sk_passing *how)
{
	put_segment(s, c, from, SK_TCP_PSH | SK_TCP_ACK, data, len, how);
	c->written[from] += len;
	acknowledge(s, c, from, how);
}

void sk_conn_end(struct sk_conns *s, struct sk_conn *c, int from, bool reset,
		 const struct sk_passing *how)
{
	if (c->fin[from])
		return;
	put_segment(s, c, from, (reset ? SK_TCP_RST : SK_TCP_FIN) | SK_TCP_ACK,
		    NULL, 0, how);
	c->fin[from] = true;
	if (!reset)
		acknowledge(s, c, from, how);
}

static void shake_hands(struct sk_conns *s, const struct sk_conn *c, int side,
			uint64_t time_ns, const char *comment)
{
	const struct sk_passing client = { time_ns, side == SK_CLIENT,
					   comment };
	const struct sk_passing server = { time_ns, side == SK_SERVER,
					   comment };

	put_segment(s, c, SK_CLIENT, SK_TCP_SYN, NULL, 0, &client);
	put_segment(s, c, SK_SERVER, SK_TCP_SYN | SK_TCP_ACK, NULL, 0, &server);
	put_segment(s, c, SK_CLIENT, SK_TCP_ACK, NULL, 0, &client);
}

/* --- who belongs to which ---------------------------------------------- */

static bool same_addr(const struct sk_addr *a, const struct sk_addr *b)
{
	return a->len == b->len && !memcmp(&a->sa, &b->sa, a->len);
}

static struct sk_conn *find(struct sk_conns *s, const struct sk_addr addr[2])
{
	struct sk_conn *c;

	TAILQ_FOREACH(c, &s->list, link)
		if (same_addr(&c->addr[SK_CLIENT], &addr[SK_CLIENT]) &&
		    same_addr(&c->addr[SK_SERVER], &addr[SK_SERVER]))
			return c;
	return NULL;
}

static struct sk_conn *make(struct sk_conns *s, const struct sk_addr addr[2],
			    int side, uint64_t time_ns, const char *comment)
{
	struct sk_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->addr[SK_CLIENT] = addr[SK_CLIENT];
	c->addr[SK_SERVER] = addr[SK_SERVER];
	TAILQ_INSERT_TAIL(&s->list, c, link);
	shake_hands(s, c, side, time_ns, comment);
	return c;
}

/* Who comes to one that is over (both have ended it) means another. */
struct sk_conn *sk_conn_join(struct sk_conns *s, const struct sk_addr addr[2],
			     int side, uint64_t time_ns, const char *comment)
{
	struct sk_conn *c = find(s, addr);

	if (c && c->fin[SK_CLIENT] && c->fin[SK_SERVER] && !c->ends &&
	    side == SK_CLIENT) {
		drop(s, c);
		s->idle--;
		c = NULL;
	}
	if (c)
		s->idle -= !c->ends;
	else
		c = make(s, addr, side, time_ns, comment);
	if (c)
		c->ends++;
	return c;
}

void sk_conn_leave(struct sk_conns *s, struct sk_conn *c)
{
	struct sk_conn *old, *next;

	if (--c->ends)
		return;
	s->idle++;
	for (old = TAILQ_FIRST(&s->list); old && s->idle > CONNS_KEPT;
	     old = next) {
		next = TAILQ_NEXT(old, link);
		if (old->ends)
			continue;
		drop(s, old);
		s->idle--;
	}
}
