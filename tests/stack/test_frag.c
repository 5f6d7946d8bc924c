/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What waits for the rest of it: fragments, and packets for a neighbour. */
#include <errno.h>

#include "lan.h"

static struct lan lan, *t = &lan;
static uint8_t zeros[2000];

/* A fragment of a UDP datagram for port 7. */
static void piece(uint16_t id, unsigned off, size_t len, bool more)
{
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_UDP, .id = id,
					 .frag = (uint16_t)off, .mf = more },
		   zeros, len);
}

static void open_known(void)
{
	lan_open(t, NULL);
	lan_know_peer(t);
	lan_drain(t);
}

/* 64 packets may wait; one more takes the place of the oldest. */
static void test_oldest_goes(void)
{
	open_known();
	for (uint16_t id = 1; id <= 65; id++)
		piece(id, 0, 8, true);
	is_int(lan_count(t, frag_limit), 1, "64 packets wait, one must go");
	piece(65, 8, 8, false);
	is_int(lan_count(t, frag_done), 1, "not the newest");
	piece(2, 8, 8, false);
	is_int(lan_count(t, frag_done), 2, "nor the second");
	piece(1, 8, 8, false);
	is_int(lan_count(t, frag_done), 2, "but the oldest");
	lan_close(t);
}

/* Too much memory: others go, not the one that is being filled. */
static void test_growing_one_stays(void)
{
	/* As many as 4 MiB take, buffers counted whole, less some. */
	unsigned others = (4 << 20) / (sizeof(struct pkt) + PKT_SMALL) - 20;
	unsigned off;

	open_known();
	piece(1, 0, 592, true);
	for (unsigned i = 0; i < others; i++)
		piece((uint16_t)(2 + i / 100), 8 + i % 100 * 600, 592, true);
	is_int(lan_count(t, frag_limit), 0, "there is room for all");
	for (off = 592; off < 60 * 592; off += 592)
		piece(1, off, 592, true);
	ok(lan_count(t, frag_limit) > 0, "others have gone");
	piece(1, off, 8, false);
	is_int(lan_count(t, frag_done), 1, "the one being filled has not");
	lan_close(t);
}

static void test_silence(void)
{
	size_t at;

	open_known();
	piece(1, 8, 8, false);
	lan_advance(t, 31 * SK_SEC);
	is_int(lan_count(t, frag_timeout), 1, "without its first fragment…");
	ok(!lan_next_ip(t, IPPROTO_ICMP, &at), "RFC 792: …nobody is told");
	piece(2, 0, 64, true);
	piece(2, 32, 64, true);
	is_int(lan_count(t, frag_overlap), 1, "an overlap");
	lan_advance(t, 31 * SK_SEC);
	is_int(lan_count(t, frag_timeout), 1, "is dropped, and not waited for");
	lan_close(t);
}

/* The device has looked at the checksum of a fragment, not of the whole. */
static void test_vouched(void)
{
	struct stk_addr a = { AF_INET, 7, lan_ip("192.0.2.2") };
	uint8_t b[16] = { 0, 9, 0, 7, 0, 16, 0xba, 0xd0 };
	struct iovec v = { b, sizeof(b) };
	struct stk_sock *sk;

	open_known();
	stk_socket(t->s, AF_INET, SOCK_DGRAM, &sk);
	stk_bind(sk, &a);
	for (unsigned off = 0; off < 16; off += 8) {
		struct pkt *p = pkt_new(&t->s->pool, 0, 100);
		struct ipv4_hdr h = { .proto = IPPROTO_UDP, .id = 3, .ttl = 9,
				      .frag = (uint16_t)off, .mf = !off,
				      .total = IPV4_SIZE + 8,
				      .src = 0xc0000201, .dst = 0xc0000202 };
		struct eth_hdr e = { .type = ETH_IPV4 };

		memcpy(e.dst, lan_mac, 6);
		memcpy(e.src, lan_peer_mac, 6);
		eth_emit(pkt_put(p, ETH_SIZE), &e);
		ipv4_emit(pkt_put(p, IPV4_SIZE), &h);
		memcpy(pkt_put(p, 8), b + off, 8);
		p->flags |= PKT_CSUM_OK;
		stk_input(t->s, p, t->now);
	}
	is_int(lan_count(t, frag_done), 1, "it is whole");
	is_int(stk_recv(sk, &v, 1, NULL, 0), -EAGAIN,
	       "and its wrong checksum is seen");
	stk_close(sk);
	lan_close(t);
}

/* RFC 4861 7.2.2: of too many that wait for a neighbour the oldest goes. */
static void test_waiting_order(void)
{
	uint8_t echo[8] = { ICMP4_ECHO };
	unsigned n;
	size_t at;

	open_known();
	for (n = 0; n <= NEIGH_QUEUE; n++) {
		put16(echo + 6, n);
		put16(echo + 2, 0);
		put16(echo + 2, csum_done(csum_add(0, echo, 8)));
		lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_ICMP,
						 .src = 0xc000024d },
			   echo, sizeof(echo));
	}
	lan_drain(t);
	lan_in_arp(t, ARP_REPLY, 0xc000024d, 0xc0000202);
	for (n = 1; lan_next_ip(t, IPPROTO_ICMP, &at); n++)
		if (get16(t->f + at + 6) != n)
			break;
	is_int(n, NEIGH_QUEUE + 1, "all but the oldest go out, in order");
	lan_close(t);
}

int main(void)
{
	test_oldest_goes();
	test_growing_one_stays();
	test_silence();
	test_vouched();
	test_waiting_order();
	return tap_done();
}
