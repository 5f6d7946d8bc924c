/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network layer, held to the small print: frames for others, headers that
 * lie, fragments that do not belong together, neighbours, errors and routes.
 * What is answered is asked for by echo: a reply says that a packet passed.
 */
#include <errno.h>

#include "lan.h"

static struct lan lan, *t = &lan;
static uint8_t big[4000];

/* An echo request into big; over IPv6 from fd00::1 to fd00::2. */
static void make_echo(bool v4, size_t len)
{
	struct stk_ip a = lan_ip("fd00::1"), b = lan_ip("fd00::2");
	uint32_t sum = v4 ? 0 : ip_pseudo_sum(&a, &b, IPPROTO_ICMPV6,
					      (uint32_t)len);

	memset(big, 0x5a, len);
	memset(big, 0, 8);
	big[0] = v4 ? ICMP4_ECHO : ICMP6_ECHO;
	put16(big + 2, csum_done(csum_add(sum, big, len)));
	lan_drain(t);
}

static void open_known(void)
{
	lan_open(t, NULL);
	lan_know_peer(t);
	lan_advance(t, 5 * SK_SEC); /* announcements are over */
	lan_know_peer(t);
	lan_drain(t);
}

/* Bytes of the echo reply that comes next; 0: none. */
static size_t reply(void)
{
	size_t at;

	while (lan_next(t)) {
		bool v4 = get16(t->f + 12) == ETH_IPV4;

		at = ETH_SIZE + (v4 ? IPV4_SIZE : IPV6_SIZE);
		if (t->f[v4 ? 23 : 20] == (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)
		    && t->f[at] == (v4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY))
			return t->len - at;
	}
	return 0;
}

/* --- frames ----------------------------------------------------------------- */

static void frame_to(const uint8_t *dst, const uint8_t *src)
{
	struct ipv4_hdr h = { .proto = IPPROTO_ICMP, .ttl = 64, .total = 84,
			      .src = 0xc0000201, .dst = 0xc0000202 };
	struct eth_hdr e = { .type = ETH_IPV4 };
	uint8_t b[ETH_SIZE + 84];

	make_echo(true, 64);
	memcpy(e.dst, dst, 6);
	memcpy(e.src, src, 6);
	eth_emit(b, &e);
	ipv4_emit(b + ETH_SIZE, &h);
	memcpy(b + ETH_SIZE + IPV4_SIZE, big, 64);
	lan_in(t, b, sizeof(b));
}

static void test_frames(void)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 9 };
	static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 9 };

	open_known();
	frame_to(lan_mac, lan_peer_mac);
	is_int((long)reply(), 64, "a frame for us is looked at");
	frame_to(other, lan_peer_mac);
	is_int((long)reply(), 0, "one for another MAC address is not");
	frame_to(lan_mac, group);
	is_int((long)reply(), 0, "nor one from a group");
	frame_to(lan_mac, lan_mac);
	is_int((long)reply(), 0, "nor our own that came back");
	lan_close(t);
}

/* --- headers ---------------------------------------------------------------- */

static void test_padding(void)
{
	static uint8_t b[200];

	open_known();
	make_echo(true, 20);
	memset(b, 0, sizeof(b));
	ipv4_emit(b, &(struct ipv4_hdr){ .proto = IPPROTO_ICMP, .ttl = 64,
					 .src = 0xc0000201, .dst = 0xc0000202,
					 .total = 40 });
	memcpy(b + 20, big, 20);
	lan_in_eth(t, ETH_IPV4, NULL, b, 46);
	is_int((long)reply(), 20, "RFC 894: padding is no part of a packet");
	make_echo(false, 20);
	memset(b, 0, sizeof(b));
	ipv6_emit(b, &(struct ipv6_hdr){ .next = IPPROTO_ICMPV6, .hlim = 64,
					 .payload = 20,
					 .src = { 0xfd, [15] = 1 },
					 .dst = { 0xfd, [15] = 2 } });
	memcpy(b + 40, big, 20);
	lan_in_eth(t, ETH_IPV6, NULL, b, 66);
	is_int((long)reply(), 20, "over IPv6 neither");
	put16(b + 4, 27);
	lan_in_eth(t, ETH_IPV6, NULL, b, 66);
	is_int((long)lan_count(t, ip_bad_header), 1,
	       "RFC 8200 3: a payload beyond the frame: dropped");
	lan_close(t);
}

/* A header length below 20, with the checksum right for it. */
static void test_short_header(void)
{
	struct ipv4_hdr h = { .proto = IPPROTO_ICMP, .ttl = 64,
			      .src = 0xc0000201, .dst = 0xc0000202,
			      .total = 84 };
	uint8_t b[84] = { 0 };

	open_known();
	for (uint8_t words = 0; words < 5; words++) {
		ipv4_emit(b, &h);
		b[0] = (uint8_t)(0x40 | words);
		put16(b + 10, 0);
		if (words > 2)
			put16(b + 10,
			      csum_done(csum_add(0, b, words * 4u)));
		lan_in_eth(t, ETH_IPV4, NULL, b, sizeof(b));
	}
	is_int((long)lan_count(t, ip_bad_header), 5,
	       "RFC 791: a header is 5 words at least");
	ok(!lan_next(t), "and nothing is answered");
	lan_close(t);
}

/* Extension header, then the echo. */
static void in_chain(uint8_t next, const uint8_t *chain, size_t n)
{
	static uint8_t b[500];

	make_echo(false, 64);
	memcpy(b, chain, n);
	memcpy(b + n, big, 64);
	lan_in_ip6(t, NULL, NULL, next, 64, b, n + 64);
}

static void test_extension_order(void)
{
	static const uint8_t late[16] = { IPPROTO_HOPOPTS, 0, 1, 4, 0, 0, 0, 0,
					  IPPROTO_ICMPV6, 0, 1, 4 };
	static const uint8_t early[16] = { IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0,
					   IPPROTO_ICMPV6, 0, 1, 4 };
	static const uint8_t strange[16] = { IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0,
					     0, 250, 0, 1, 4 };
	size_t at;

	open_known();
	in_chain(IPPROTO_HOPOPTS, early, 16);
	is_int((long)reply(), 64, "RFC 8200 4.1: hop-by-hop options first");
	in_chain(IPPROTO_DSTOPTS, late, 16);
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_PARAM &&
		   t->f[at + 1] == 1 && get32(t->f + at + 4) == 40,
	   "RFC 8200 4: later, they are a next header that cannot be");
	in_chain(IPPROTO_HOPOPTS, strange, 16);
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_PARAM &&
		   t->f[at + 1] == 1 && get32(t->f + at + 4) == 48,
	   "RFC 4443 3.4: the pointer is where an unknown one is named");
	lan_close(t);
}

static void test_hop_limit(void)
{
	struct stk_config c = { .slaac = true, .no_dad = true, .n_addrs = 1 };
	uint8_t ra[16] = { ICMP6_RA, [4] = 61 };

	c.addrs[0] = (struct stk_prefix){ lan_ip("fd00::2"), 64 };
	lan_open(t, &c);
	lan_know_peer(t);
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, ra, sizeof(ra));
	make_echo(false, 64);
	lan_in_ip6(t, NULL, NULL, IPPROTO_ICMPV6, 64, big, 64);
	is_int((long)reply(), 64, "(an answer)");
	is_int(t->f[21], 61, "RFC 4861 6.3.4: the hop limit routers say");
	lan_close(t);
}

/* --- fragments -------------------------------------------------------------- */

/* Bytes [off, off + len) of big, from 192.0.2.`host`. */
static void piece(uint8_t proto, uint8_t host, uint16_t id, unsigned off,
		  size_t len, bool more)
{
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = proto, .id = id, .mf = more,
					 .frag = (uint16_t)off,
					 .src = 0xc0000200u + host },
		   big + off, len);
}

static void test_strangers_pieces(void)
{
	open_known();
	make_echo(true, 2000);
	piece(IPPROTO_ICMP, 1, 7, 0, 1000, true);
	piece(IPPROTO_ICMP, 9, 7, 1000, 1000, false);
	piece(IPPROTO_UDP, 1, 7, 1000, 1000, false);
	piece(IPPROTO_ICMP, 1, 8, 1000, 1000, false);
	is_int((long)reply(), 0,
	       "RFC 791: of another host, protocol or ID: no part of it");
	piece(IPPROTO_ICMP, 1, 7, 1000, 1000, false);
	ok(reply() > 0, "its own part completes it");
	lan_close(t);
}

static void test_overlaps(void)
{
	static const struct {
		unsigned off[2], len[2];
		bool more[2];
		const char *what;
	} rows[] = {
		{ { 1480, 0 }, { 1480, 1488 }, { true, true },
		  "one that runs into the next" },
		{ { 1480, 0 }, { 1480, 3000 }, { true, true },
		  "one that covers the next" },
		{ { 0, 0 }, { 1480, 1472 }, { true, true },
		  "one that is within another" },
		{ { 1480, 2000 }, { 520, 80 }, { false, true },
		  "one beyond the end" },
		{ { 1480, 2000 }, { 520, 80 }, { false, false },
		  "a second end, later" },
		{ { 1480, 1000 }, { 1480, 200 }, { true, false },
		  "an end before what is there" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		open_known();
		make_echo(true, 4000);
		for (int k = 0; k < 2; k++)
			piece(IPPROTO_ICMP, 1, 7, rows[i].off[k],
			      rows[i].len[k], rows[i].more[k]);
		is_int((long)lan_count(t, frag_overlap), 1, rows[i].what);
		lan_close(t);
	}
}

static void test_reassembly_memory(void)
{
	open_known();
	for (uint16_t id = 0; id < 64; id++)
		for (unsigned i = 0; i < 100; i++)
			lan_in_ip4(t, (struct ipv4_hdr){
					.proto = IPPROTO_UDP, .id = id,
					.mf = true,
					.frag = (uint16_t)(8 + i * 600) },
				   big, 592);
	ok(lan_count(t, frag_limit) > 10, "what waits is bounded by bytes");
	ok(t->s->pool.bufs * PKT_SMALL < 5 << 20, "buffers counted whole (%zu)",
	   t->s->pool.bufs);
	lan_close(t);
}

static void test_too_many_pieces(void)
{
	open_known();
	for (unsigned i = 0; i < 129; i++) {
		if (i == 128)
			is_int((long)lan_count(t, frag_limit), 0,
			       "a packet may come in 128 pieces");
		lan_in_ip4(t, (struct ipv4_hdr){
				.proto = IPPROTO_UDP, .id = 1, .mf = true,
				.frag = (uint16_t)(i * 16) }, big, 8);
	}
	is_int((long)lan_count(t, frag_limit), 1, "and not in one more");
	lan_close(t);
}

static void piece6(uint8_t next, uint32_t id, unsigned off, size_t len,
		   bool more)
{
	struct ipv6_frag f = { .next = next, .off = (uint16_t)off, .mf = more,
			       .id = id };
	static uint8_t b[4000];

	ipv6_frag_emit(b, &f);
	memcpy(b + IPV6_FRAG_SIZE, big + off, len);
	lan_in_ip6(t, NULL, NULL, IPPROTO_FRAGMENT, 64, b,
		   IPV6_FRAG_SIZE + len);
}

static void test_atomic(void)
{
	static uint8_t whole[2000];

	open_known();
	make_echo(false, 2000);
	memcpy(whole, big, 2000);
	piece6(IPPROTO_ICMPV6, 5, 0, 1200, true);
	make_echo(false, 64);
	piece6(IPPROTO_ICMPV6, 5, 0, 64, false);
	is_int((long)reply(), 64, "RFC 6946 4: an atomic fragment passes by");
	memcpy(big, whole, 2000);
	piece6(IPPROTO_ICMPV6, 5, 1200, 800, false);
	is_int((long)lan_count(t, frag_done), 1,
	       "what waits of the same ID is not disturbed");
	lan_close(t);
}

static void test_headers_in_the_first_fragment(void)
{
	static const uint8_t ext[16] = { IPPROTO_ICMPV6, 1, 1, 12 };

	open_known();
	make_echo(false, 64);
	memmove(big + 16, big, 64);
	memcpy(big, ext, 16);
	piece6(IPPROTO_DSTOPTS, 6, 0, 8, true);
	is_int((long)lan_count(t, ip_ext_bad), 1,
	       "RFC 7112: headers that go on in a second fragment: dropped");
	piece6(IPPROTO_DSTOPTS, 7, 0, 40, true);
	piece6(IPPROTO_DSTOPTS, 7, 40, 40, false);
	is_int((long)reply(), 64, "those of the first alone are walked over");
	lan_close(t);
}

/* --- ICMP ------------------------------------------------------------------- */

static struct stk_sock *udp_socket(int family, uint16_t port)
{
	struct stk_addr a = { (uint16_t)family, port, stk_ip_any(family) };
	struct stk_sock *sk;

	stk_socket(t->s, family, SOCK_DGRAM, &sk);
	stk_bind(sk, &a);
	return sk;
}

static ssize_t udp_put(struct stk_sock *sk, const char *ip)
{
	struct stk_addr to = { (uint16_t)sk->family, 7, lan_ip(ip) };
	struct iovec v = { big, 100 };
	ssize_t r = stk_send(sk, &v, 1, &to);

	stk_poll(t->s, t->now);
	return r;
}

static void port_unreachable(uint32_t quoted_src, uint16_t sport)
{
	struct ipv4_hdr h = { .proto = IPPROTO_UDP, .ttl = 1, .total = 128,
			      .src = quoted_src, .dst = 0xc0000201 };
	uint8_t b[8 + 28] = { ICMP4_UNREACH, ICMP4_PORT };

	ipv4_emit(b + 8, &h);
	udp_emit(b + 28, &(struct udp_hdr){ sport, 7, 108, 0 });
	lan_in_icmp4(t, b, sizeof(b));
}

static void test_quoted_source(void)
{
	struct stk_sock *sk;
	struct stk_back e;
	int on = 1;

	open_known();
	sk = udp_socket(AF_INET, 99);
	port_unreachable(0xc0000202, 99);
	is_int(stk_ready(sk) & STK_ERR, 0,
	       "RFC 1122 4.1.3.3: unconnected, nobody is told unasked");
	stk_setopt(sk, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	port_unreachable(0xc000024d, 99);
	ok(!stk_back(sk, &e) && lan_count(t, icmp_bad) == 1,
	   "RFC 5927: an error that quotes another's packet: dropped");
	port_unreachable(0xc0000202, 99);
	ok(stk_back(sk, &e) && e.error == ECONNREFUSED, "our own: taken");
	stk_close(sk);
	lan_close(t);
}

/* An error in pieces that never come together is told nobody. */
static void test_no_error_about_late_errors(void)
{
	size_t at;

	open_known();
	memset(big, 0, 64);
	big[0] = ICMP4_UNREACH;
	piece(IPPROTO_ICMP, 1, 3, 0, 64, true);
	lan_advance(t, 31 * SK_SEC);
	is_int((long)lan_count(t, frag_timeout), 1, "(its time is over)");
	ok(!lan_next_ip(t, IPPROTO_ICMP, &at),
	   "RFC 1122 3.2.2: no error about an error");
	lan_close(t);
}

static void test_host_unreachable(void)
{
	struct stk_sock *sk;
	struct stk_back e = { 0 };
	int on = 1;

	open_known();
	sk = udp_socket(AF_INET, 99);
	stk_setopt(sk, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	is_int(udp_put(sk, "192.0.2.77"), 100, "to nobody");
	lan_advance(t, 5 * SK_SEC);
	ok(stk_back(sk, &e), "RFC 4861 7.2.2: nobody has answered:");
	is_int(e.error, EHOSTUNREACH, "the sender is told");
	stk_close(sk);
	lan_close(t);
}

static void test_connect_to_nobody(void)
{
	struct stk_addr a = { AF_INET, 80, lan_ip("192.0.2.77") };
	struct stk_sock *sk;
	int error = 0;
	size_t len = sizeof(error);

	open_known();
	stk_socket(t->s, AF_INET, SOCK_STREAM, &sk);
	is_int(stk_connect(sk, &a), -EINPROGRESS, "connect to nobody");
	lan_advance(t, 2 * SK_SEC);
	ok(!(stk_ready(sk) & STK_ERR), "it may still answer");
	lan_advance(t, 3 * SK_SEC);
	stk_getopt(sk, SOL_SOCKET, SO_ERROR, &error, &len);
	is_int(error, EHOSTUNREACH, "not asked for minutes: no route to host");
	stk_close(sk);
	lan_close(t);
}

/* --- neighbours ------------------------------------------------------------- */

static struct neigh *known(const char *ip)
{
	struct stk_ip a = lan_ip(ip);

	return neigh_find(t->s, &a);
}

static void test_overheard(void)
{
	open_known();
	lan_in_arp(t, ARP_REQUEST, 0xc0000209, 0xc0000203);
	ok(!known("192.0.2.9"), "RFC 826: what is asked of others is no news");
	lan_in_arp(t, ARP_REPLY, 0xc0000209, 0xc0000203);
	ok(!known("192.0.2.9"), "nor is an answer to another");
	lan_in_arp(t, ARP_REPLY, 0xc0000209, 0xc0000202);
	ok(!known("192.0.2.9"), "nor one that nobody here asked for");
	lan_in_arp(t, ARP_REQUEST, 0xc0000209, 0xc0000202);
	ok(known("192.0.2.9"), "who asks for us will be spoken to");
	lan_close(t);
}

/* Many who never answer: half the table is kept from them. */
static void test_scanning(void)
{
	struct stk_sock *sk;
	char ip[20];

	open_known();
	lan_in_arp(t, ARP_REQUEST, 0xc0000209, 0xc0000202);
	sk = udp_socket(AF_INET, 99);
	route_add(t->s, &(struct stk_ip){ { [10] = 255, 255, 10 } }, 8,
		  &(struct stk_ip){ { 0 } }, IP_STATIC, SK_NEVER);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(ip, sizeof(ip), "10.0.%u.%u", i / 250, i % 250 + 1);
		udp_put(sk, ip);
	}
	ok(t->s->ip->neigh.incomplete <= NEIGH_MAX / 2 + 1,
	   "the unresolved are bounded (%zu)", t->s->ip->neigh.incomplete);
	ok(known("192.0.2.9") && known("192.0.2.1"),
	   "and push out none that is resolved");
	stk_close(sk);
	lan_close(t);
}

/* Answers to one who hides wait, but not all of them. */
static void test_waiting(void)
{
	size_t had;

	open_known();
	had = t->s->pool.pkts;
	for (unsigned i = 0; i < 200; i++) {
		make_echo(true, 64);
		lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_ICMP,
						 .src = 0xc0000209 },
			   big, 64);
	}
	is_int((long)lan_count(t, neigh_drops), 200 - NEIGH_QUEUE,
	       "RFC 4861 7.2.2: a queue is bounded");
	lan_drain(t);
	ok(t->s->pool.pkts - had < 3 * NEIGH_QUEUE, "and its memory");
	lan_close(t);
}

static void in_na(const char *target, uint32_t flags, const uint8_t *mac,
		  const char *dst)
{
	struct stk_ip ip = lan_ip(target);
	uint8_t b[32] = { ICMP6_NA, [24] = NDP_TARGET_LL, [25] = 1 };

	put32(b + 4, flags);
	memcpy(b + 8, ip.b, 16);
	memcpy(b + 26, mac, 6);
	lan_in_icmp6(t, target, dst, 255, b, sizeof(b));
}

static void in_ns(const char *src, const char *dst, const char *target,
		  const uint8_t *mac)
{
	struct stk_ip ip = lan_ip(target);
	uint8_t b[32] = { ICMP6_NS, [24] = NDP_SOURCE_LL, [25] = 1 };

	memcpy(b + 8, ip.b, 16);
	if (mac)
		memcpy(b + 26, mac, 6);
	lan_in_icmp6(t, src, dst, 255, b, mac ? 32 : 24);
}

#define SOLICITED 0x40000000
#define OVERRIDE 0x20000000

static void test_override(void)
{
	static const uint8_t new_mac[6] = { 2, 0, 0, 0, 0, 7 };
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0, 7 };

	open_known();
	in_na("fd00::1", 0, new_mac, NULL);
	ok(!memcmp(known("fd00::1")->mac, lan_peer_mac, 6),
	   "RFC 4861 7.2.5: without the flag an address is not replaced");
	is_int(known("fd00::1")->state, NEIGH_STALE, "but doubted");
	in_na("fd00::1", OVERRIDE, new_mac, NULL);
	ok(!memcmp(known("fd00::1")->mac, new_mac, 6), "with it, it is");
	in_na("fd00::1", OVERRIDE, group, NULL);
	ok(!memcmp(known("fd00::1")->mac, new_mac, 6),
	   "a group's MAC is nobody's");
	in_ns("fd00::5", "ff02::1:ff00:2", "fd00::2", group);
	is_int(known("fd00::5")->state, NEIGH_INCOMPLETE,
	       "nor is it learned from a question");
	in_na("fd00::6", SOLICITED | OVERRIDE, new_mac, NULL);
	ok(!known("fd00::6"), "7.2.5: who was not asked about is not kept");
	lan_close(t);
}

static void test_ndp_malformed(void)
{
	uint8_t b[32] = { ICMP6_NS, [24] = NDP_SOURCE_LL, [25] = 1 };
	struct stk_ip us = lan_ip("fd00::2"), peer = lan_ip("fd00::1");

	open_known();
	in_ns("fd00::1", "fd00::2", "ff02::1", NULL);
	is_int((long)lan_count(t, ndp_bad), 1,
	       "RFC 4861 7.1.1: a group is no target");
	in_ns("::", "ff02::1:ff00:2", "fd00::2", lan_peer_mac);
	is_int((long)lan_count(t, ndp_bad), 2,
	       "nor has who has no address a link-layer address");
	in_ns("::", "fd00::2", "fd00::2", NULL);
	is_int((long)lan_count(t, ndp_bad), 3, "nor does it ask one alone");
	in_na("fd00::1", SOLICITED, lan_peer_mac, "ff02::1");
	is_int((long)lan_count(t, ndp_bad), 4,
	       "7.1.2: what all are told answers nobody");
	lan_drain(t);
	memcpy(b + 8, us.b, 16);
	memcpy(b + 26, lan_peer_mac, 6);
	put16(b + 2, csum_done(csum_add(ip_pseudo_sum(&peer, &us,
						      IPPROTO_ICMPV6, 32),
					b, 32)));
	memcpy(big, b, 32);
	lan_in_ip6(t, NULL, NULL, IPPROTO_ICMPV6, 255, b, 32);
	ok(lan_next(t), "(a good one is answered)");
	lan_drain(t);
	struct ipv6_frag f = { .next = IPPROTO_ICMPV6, .id = 3, .mf = true };
	uint8_t p[IPV6_FRAG_SIZE + 16];

	for (unsigned off = 0; off < 32; off += 16) {
		f.off = (uint16_t)off;
		f.mf = !off;
		ipv6_frag_emit(p, &f);
		memcpy(p + IPV6_FRAG_SIZE, big + off, 16);
		lan_in_ip6(t, NULL, NULL, IPPROTO_FRAGMENT, 255, p, sizeof(p));
	}
	ok(!lan_next(t) && lan_count(t, ndp_bad) == 5,
	   "RFC 6980: in fragments it is not");
	lan_close(t);
}

/* RFC 5227 2.4 (b), for IPv6. */
static void test_dad_defends_once(void)
{
	struct sk_err err = { 0 };
	size_t at;

	open_known();
	in_na("fd00::2", OVERRIDE, lan_peer_mac, "ff02::1");
	ok(!stk_error(t->s, NULL), "our address is claimed: not given up");
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_NA &&
		   get32(t->f + at + 4) & OVERRIDE,
	   "but said to be ours");
	lan_advance(t, 5 * SK_SEC);
	in_na("fd00::2", OVERRIDE, lan_peer_mac, "ff02::1");
	is_int(stk_error(t->s, &err), -EADDRINUSE, "again within 10 s: it is");
	is_str(err.text, "address conflict: fd00::2 is in use by "
			 "02:00:00:00:00:01", "and the sentence says who");
	lan_close(t);
}

/* --- routes and sources ----------------------------------------------------- */

static void test_longest_prefix(void)
{
	static const struct {
		const char *net;
		uint8_t len;
		const char *gw;
	} routes[] = {
		{ "203.0.113.128", 25, "192.0.2.25" },
		{ "0.0.0.0", 0, "192.0.2.1" },
		{ "203.0.113.0", 24, "192.0.2.24" },
		{ "2001:db8::", 32, "fd00::32" },
		{ "2001:db8:1::", 48, "fd00::48" },
	};
	static const struct {
		const char *to, *via;
	} rows[] = {
		{ "203.0.113.200", "192.0.2.25" },
		{ "203.0.113.100", "192.0.2.24" },
		{ "198.51.100.1", "192.0.2.1" },
		{ "192.0.2.99", "192.0.2.99" },
		{ "2001:db8:1::1", "fd00::48" },
		{ "2001:db8:2::1", "fd00::32" },
		{ "fd00::99", "fd00::99" },
	};
	static const struct stk_ip any;
	char text[STK_IP_TEXT];
	struct ip_route r;

	open_known();
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		struct stk_ip net = lan_ip(routes[i].net);
		struct stk_ip gw = lan_ip(routes[i].gw);

		route_add(t->s, &net, routes[i].len, &gw, IP_STATIC, SK_NEVER);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stk_ip to = lan_ip(rows[i].to);

		ok(!ip_route(t->s, &to, &any, &r), "to %s", rows[i].to);
		is_str(stk_ip_format(text, &r.next_hop), rows[i].via,
		       "the longest prefix says where");
	}
	lan_close(t);
}

static void test_source_rules(void)
{
	static const struct stk_ip any;
	struct stk_ip to = lan_ip("ff0e::1"), near = lan_ip("fd00::1");
	struct stk_config c = { .no_dad = true, .n_addrs = 2 };
	struct stk_ip old = lan_ip("fd00::2");
	char text[STK_IP_TEXT];
	struct ip_route r;

	c.addrs[0] = (struct stk_prefix){ lan_ip("fd00::2"), 64 };
	c.addrs[1] = (struct stk_prefix){ lan_ip("2001:db8::2"), 64 };
	lan_open(t, &c);
	iface_find(t->s, &old)->deprecated = true;
	ip_route(t->s, &near, &any, &r);
	is_str(stk_ip_format(text, &r.src), "2001:db8::2",
	       "RFC 6724 5, rule 3: none that is deprecated");
	iface_find(t->s, &old)->deprecated = false;
	ip_route(t->s, &near, &any, &r);
	is_str(stk_ip_format(text, &r.src), "fd00::2",
	       "(which else is nearest)");
	/* fe80:: has more bits in common with ff0e::, and a scope too small. */
	ip_route(t->s, &to, &any, &r);
	ok(!stk_ip_is_link_local(&r.src),
	   "rule 2: nobody beyond the link could answer a link-local one");
	lan_close(t);
}

/* --- datagrams -------------------------------------------------------------- */

static void test_huge(void)
{
	static uint8_t chunk[65536];
	static struct iovec v[2000];
	struct stk_addr to = { AF_INET, 7, lan_ip("192.0.2.1") };
	struct stk_sock *sk;

	open_known();
	for (size_t i = 0; i < 2000; i++)
		v[i] = (struct iovec){ chunk, sizeof(chunk) };
	sk = udp_socket(AF_INET, 99);
	is_int(stk_send(sk, v, 2000, &to), -EMSGSIZE,
	       "131 MB are no datagram, whatever memory there is");
	is_int((long)t->s->pool.failures, 0, "and none was asked for");
	stk_close(sk);
	lan_close(t);
}

/* The link has summed up the frame; the datagram is only a part of it. */
static void test_csum_of_a_part(void)
{
	uint8_t d[ETH_SIZE + IPV4_SIZE + 20] = { 0 };
	uint8_t *u = d + ETH_SIZE + IPV4_SIZE;
	struct eth_hdr e = { .type = ETH_IPV4 };
	struct stk_sock *sk;
	struct pkt *p;

	open_known();
	sk = udp_socket(AF_INET, 99);
	memcpy(e.dst, lan_mac, 6);
	memcpy(e.src, lan_peer_mac, 6);
	eth_emit(d, &e);
	ipv4_emit(d + ETH_SIZE, &(struct ipv4_hdr){
			.proto = IPPROTO_UDP, .ttl = 64, .src = 0xc0000201,
			.dst = 0xc0000202, .total = IPV4_SIZE + 20 });
	udp_emit(u, &(struct udp_hdr){ 7, 99, 12, 0xbad });
	p = pkt_new(&t->s->pool, 0, sizeof(d));
	memcpy(pkt_put(p, sizeof(d)), d, sizeof(d));
	p->flags |= PKT_CSUM_OK;
	stk_input(t->s, p, t->now);
	is_int((long)lan_count(t, udp_bad), 1,
	       "RFC 768: a wrong checksum of a part: dropped");
	stk_close(sk);
	lan_close(t);
}

/* RFC 6056: a port that somebody is bound to is not chosen. */
static void test_chosen_port(void)
{
	struct stk_addr to = { AF_INET, 7, lan_ip("192.0.2.1") }, name;
	struct stk_sock *first, *bound, *second;
	uint16_t port;

	open_known();
	stk_socket(t->s, AF_INET, SOCK_DGRAM, &first);
	stk_connect(first, &to);
	stk_local(first, &name);
	port = name.port;
	stk_close(first);
	bound = udp_socket(AF_INET, port);
	t->s->port_count--;
	stk_socket(t->s, AF_INET, SOCK_DGRAM, &second);
	stk_connect(second, &to);
	stk_local(second, &name);
	ok(name.port != port, "(the same would have been next)");
	stk_close(bound);
	stk_close(second);
	lan_close(t);
}

int main(void)
{
	test_frames();
	test_padding();
	test_short_header();
	test_extension_order();
	test_hop_limit();
	test_strangers_pieces();
	test_overlaps();
	test_reassembly_memory();
	test_too_many_pieces();
	test_atomic();
	test_headers_in_the_first_fragment();
	test_quoted_source();
	test_no_error_about_late_errors();
	test_host_unreachable();
	test_connect_to_nobody();
	test_overheard();
	test_scanning();
	test_waiting();
	test_override();
	test_ndp_malformed();
	test_dad_defends_once();
	test_longest_prefix();
	test_source_rules();
	test_huge();
	test_csum_of_a_part();
	test_chosen_port();
	return tap_done();
}
