/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network layer: neighbours, conflicts, echo, fragments, ICMP, hostility. */
#include "lan.h"

static struct lan lan, *t = &lan;

static uint8_t big[70000];

/* --- ARP -------------------------------------------------------------------- */

static void test_arp_answers(void)
{
	struct arp_pkt a;

	lan_open(t, NULL);
	lan_drain(t);
	lan_in_arp(t, ARP_REQUEST, 0xc0000201, 0xc0000202);
	ok(lan_next_type(t, ETH_ARP) &&
		   arp_parse(t->f + 14, t->len - 14, &a) > 0 &&
		   a.op == ARP_REPLY && a.spa == 0xc0000202 &&
		   !memcmp(a.sha, lan_mac, 6) &&
		   !memcmp(t->f, lan_peer_mac, 6),
	   "RFC 826: a request for us is answered to the asker alone");
	lan_in_arp(t, ARP_REQUEST, 0xc0000201, 0xc0000203);
	ok(!lan_next(t), "RFC 826: one for another is not");
	lan_close(t);
}

static struct stk_sock *udp_to(const char *ip, const char *data)
{
	struct stk_addr to = { .port = 7, .ip = lan_ip(ip) };
	struct iovec iov = { (void *)(uintptr_t)data, strlen(data) };
	struct stk_sock *sk;

	to.family = (uint16_t)stk_ip_family(&to.ip);
	stk_socket(t->s, to.family, SOCK_DGRAM, &sk);
	stk_connect(sk, &to);
	stk_send(sk, &iov, 1, NULL);
	stk_poll(t->s, t->now);
	return sk;
}

static void test_arp_resolves(void)
{
	struct stk_sock *sk;
	size_t at;

	lan_open(t, NULL);
	lan_drain(t);
	sk = udp_to("192.0.2.1", "hi");
	ok(lan_next_type(t, ETH_ARP) && !memcmp(t->f, lan_all, 6),
	   "a packet for an unknown neighbour: the question first");
	ok(!lan_next(t), "and the packet waits");
	lan_in_arp(t, ARP_REPLY, 0xc0000201, 0xc0000202);
	ok(lan_next_ip(t, IPPROTO_UDP, &at) && !memcmp(t->f, lan_peer_mac, 6),
	   "the answer lets it go");
	stk_close(sk);
	lan_close(t);
}

static void test_arp_gives_up(void)
{
	struct stk_sock *sk;
	int n = 0;

	lan_open(t, NULL);
	lan_advance(t, 5 * SK_SEC); /* announcements are over */
	lan_drain(t);
	sk = udp_to("192.0.2.9", "hi");
	lan_advance(t, 10 * SK_SEC);
	while (lan_next_type(t, ETH_ARP))
		n++;
	is_int(n, 3, "RFC 4861 7.3.3: three questions, a second apart");
	is_int(lan_count(t, neigh_failed), 1, "then it is given up");
	stk_close(sk);
	lan_close(t);
}

/* RFC 4861 7.3: reachable, stale, delay, probe; confirmation by upper layers */
static void test_neigh_states(void)
{
	struct stk_ip peer = lan_ip("192.0.2.1");
	struct neigh *n;
	struct stk_sock *sk;

	lan_open(t, NULL);
	lan_know_peer(t);
	n = neigh_find(t->s, &peer);
	is_int(n->state, NEIGH_REACHABLE, "an answer makes it REACHABLE");
	lan_advance(t, 46 * SK_SEC);
	is_int(n->state, NEIGH_STALE, "STALE after at most 45 s");
	lan_drain(t);
	sk = udp_to("192.0.2.1", "x");
	is_int(n->state, NEIGH_DELAY, "used: DELAY");
	ok(lan_next_type(t, ETH_IPV4), "the packet goes at once");
	ip_confirm(t->s, &peer);
	is_int(n->state, NEIGH_REACHABLE, "forward progress confirms it");
	lan_advance(t, 46 * SK_SEC);
	stk_close(sk);
	sk = udp_to("192.0.2.1", "x");
	lan_advance(t, 5 * SK_SEC);
	is_int(n->state, NEIGH_PROBE, "PROBE after 5 s without a word");
	lan_drain(t);
	lan_advance(t, SK_SEC);
	ok(lan_next_type(t, ETH_ARP) && !memcmp(t->f, lan_peer_mac, 6),
	   "probes are unicast");
	lan_advance(t, 3 * SK_SEC);
	ok(!neigh_find(t->s, &peer), "unanswered: forgotten");
	stk_close(sk);
	lan_close(t);
}

static void test_neigh_flood(void)
{
	struct stk_ip peer = lan_ip("192.0.2.1");
	struct stk_sock *sk;

	lan_open(t, NULL);
	lan_know_peer(t);
	sk = udp_to("192.0.2.1", "x");
	for (uint32_t i = 3; i < 253; i++)
		lan_in_arp(t, ARP_REQUEST, 0xc0000200 + i, 0xc0000202);
	for (uint32_t i = 0; i < 5000; i++)
		lan_in_arp(t, ARP_REQUEST, 0x0a000001 + i, 0xc0000202);
	ok(t->s->ip->neigh.n <= NEIGH_MAX, "ARP flood: the cache is bounded");
	ok(neigh_find(t->s, &peer), "and who is in use stays");
	stk_close(sk);
	lan_close(t);
}

/* --- conflicts (RFC 5227, RFC 4862) ----------------------------------------- */

static struct stk_config asking(const char *ip, uint8_t len)
{
	struct stk_config c = { .n_addrs = 1 };

	c.addrs[0] = (struct stk_prefix){ lan_ip(ip), len };
	return c;
}

static void test_acd_takes(void)
{
	struct stk_config c = asking("192.0.2.2", 24);
	struct arp_pkt a;
	int probes = 0, announcements = 0;

	lan_open(t, &c);
	ok(!stk_is_up(t->s, AF_INET), "RFC 5227: not ours before asking");
	lan_advance(t, 5 * SK_SEC);
	while (lan_next_type(t, ETH_ARP)) {
		arp_parse(t->f + 14, t->len - 14, &a);
		probes += a.spa == 0 && a.tpa == 0xc0000202;
		announcements += a.spa == 0xc0000202 && a.tpa == 0xc0000202;
	}
	is_int(probes, 3, "RFC 5227 2.1.1: three probes");
	is_int(announcements, 2, "RFC 5227 2.3: two announcements");
	ok(stk_is_up(t->s, AF_INET), "then it is ours");
	lan_close(t);
}

static void test_acd_conflict(void)
{
	struct stk_config c = asking("192.0.2.2", 24);
	struct sk_err err = { 0 };

	lan_open(t, &c);
	lan_in_arp(t, ARP_REPLY, 0xc0000202, 0);
	is_int(stk_error(t->s, &err), -EADDRINUSE,
	       "RFC 5227 2.1.1: somebody has it: not taken");
	is_str(err.text, "address conflict: 192.0.2.2 is in use by "
			 "02:00:00:00:00:01", "and the sentence says who");
	lan_close(t);
}

static void test_acd_simultaneous(void)
{
	struct stk_config c = asking("192.0.2.2", 24);

	lan_open(t, &c);
	lan_in_arp(t, ARP_REQUEST, 0, 0xc0000202);
	is_int(stk_error(t->s, NULL), -EADDRINUSE,
	       "RFC 5227 2.1.1: another probes for it at the same time");
	lan_close(t);
}

static void test_acd_defends_once(void)
{
	lan_open(t, NULL);
	lan_advance(t, 20 * SK_SEC);
	lan_drain(t);
	lan_in_arp(t, ARP_REPLY, 0xc0000202, 0);
	ok(lan_next_type(t, ETH_ARP) && !stk_error(t->s, NULL),
	   "RFC 5227 2.4 (b): the first conflict is answered");
	lan_advance(t, 5 * SK_SEC);
	lan_in_arp(t, ARP_REPLY, 0xc0000202, 0);
	is_int(stk_error(t->s, NULL), -EADDRINUSE,
	       "a second within 10 s: given up");
	lan_close(t);
}

static void make_ns(uint8_t *b, const char *target, bool with_ll)
{
	struct stk_ip ip = lan_ip(target);

	memset(b, 0, 32);
	b[0] = ICMP6_NS;
	memcpy(b + 8, ip.b, 16);
	b[24] = NDP_SOURCE_LL;
	b[25] = with_ll ? 1 : 0;
	memcpy(b + 26, lan_peer_mac, 6);
}

static void make_na(uint8_t *b, const char *target, uint32_t flags)
{
	make_ns(b, target, true);
	b[0] = ICMP6_NA;
	put32(b + 4, flags);
	b[24] = NDP_TARGET_LL;
}

static void test_dad(void)
{
	struct stk_config c = asking("fd00::2", 64);
	uint8_t b[32];
	size_t at;

	lan_open(t, &c);
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) || 1, "link-local first");
	lan_advance(t, SK_SEC);
	ok(stk_is_up(t->s, AF_INET6), "RFC 4862 5.4: unanswered, it is ours");
	lan_close(t);

	lan_open(t, &c);
	make_na(b, "fd00::2", 0x20000000);
	lan_in_icmp6(t, NULL, "ff02::1", 255, b, sizeof(b));
	is_int(stk_error(t->s, NULL), -EADDRINUSE,
	       "RFC 4862 5.4.4: somebody has it");
	lan_close(t);

	lan_open(t, &c);
	make_ns(b, "fd00::2", false);
	lan_in_icmp6(t, "::", "ff02::1:ff00:2", 255, b, 24);
	is_int(stk_error(t->s, NULL), -EADDRINUSE,
	       "RFC 4862 5.4.3: another asks at the same time");
	lan_close(t);
}

/* --- NDP -------------------------------------------------------------------- */

static void test_ndp_answers(void)
{
	uint8_t b[32];
	size_t at;

	lan_open(t, NULL);
	lan_drain(t);
	make_ns(b, "fd00::2", true);
	lan_in_icmp6(t, NULL, "ff02::1:ff00:2", 255, b, sizeof(b));
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_NA &&
		   get32(t->f + at + 4) == 0x60000000 && t->f[21] == 255,
	   "RFC 4861 7.2.4: a solicitation is answered");
	lan_in_icmp6(t, NULL, "ff02::1:ff00:2", 254, b, sizeof(b));
	ok(!lan_next(t), "RFC 4861 7.1.1: not one from beyond a router");
	b[25] = 0;
	lan_in_icmp6(t, NULL, "ff02::1:ff00:2", 255, b, sizeof(b));
	ok(!lan_next(t), "RFC 4861 4.6: nor one with an option of length 0");
	is_int(lan_count(t, ndp_bad), 2, "both are counted");
	lan_close(t);
}

static void test_ndp_resolves(void)
{
	struct stk_sock *sk;
	uint8_t b[32];
	size_t at;

	lan_open(t, NULL);
	lan_drain(t);
	sk = udp_to("fd00::1", "hi");
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_NS &&
		   t->f[0] == 0x33 && t->f[2] == 0xff,
	   "RFC 4861 7.2.2: asked by solicited-node multicast");
	make_na(b, "fd00::1", 0x60000000);
	lan_in_icmp6(t, NULL, NULL, 255, b, sizeof(b));
	ok(lan_next_ip(t, IPPROTO_UDP, &at), "the answer lets the packet go");
	stk_close(sk);
	lan_close(t);
}

/* --- echo ------------------------------------------------------------------- */

static void echo_request(uint8_t *b, bool v4, size_t len)
{
	memset(b, 0x5a, len);
	memset(b, 0, 8);
	b[0] = v4 ? ICMP4_ECHO : ICMP6_ECHO;
	b[5] = 1;
}

static void test_echo(void)
{
	static uint8_t b[64];
	size_t at;

	lan_open(t, NULL);
	lan_know_peer(t);
	lan_drain(t);
	echo_request(b, true, sizeof(b));
	lan_in_icmp4(t, b, sizeof(b));
	ok(lan_next_ip(t, IPPROTO_ICMP, &at) && t->f[at] == ICMP4_ECHO_REPLY &&
		   !csum_done(csum_add(0, t->f + at, t->len - at)) &&
		   !memcmp(t->f + at + 8, b + 8, sizeof(b) - 8),
	   "RFC 792: echo, its checksum updated");
	echo_request(b, false, sizeof(b));
	lan_in_icmp6(t, NULL, NULL, 64, b, sizeof(b));
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) &&
		   t->f[at] == ICMP6_ECHO_REPLY,
	   "RFC 4443: echo");
	echo_request(b, true, sizeof(b));
	put16(b + 2, 0xbad);
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_ICMP }, b, sizeof(b));
	ok(!lan_next(t) && lan_count(t, icmp_bad) == 1,
	   "not with a wrong checksum");
	put16(b + 2, 0);
	put16(b + 2, csum_done(csum_add(0, b, sizeof(b))));
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_ICMP,
					 .dst = 0xc00002ff },
		   b, sizeof(b));
	ok(!lan_next(t), "not to a broadcast address");
	lan_close(t);
}

/* --- fragments -------------------------------------------------------------- */

static void frag4(uint16_t id, unsigned off, size_t len, bool more)
{
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_ICMP, .id = id,
					 .frag = (uint16_t)off, .mf = more },
		   big + off, len);
}

static void prepare_echo(size_t len)
{
	echo_request(big, true, len);
	put16(big + 2, csum_done(csum_add(0, big, len)));
	lan_drain(t);
}

static int replies(void)
{
	int n = 0;
	size_t at;

	while (lan_next_ip(t, IPPROTO_ICMP, &at))
		n += (get16(t->f + ETH_SIZE + 6) & 0x1fff) == 0 &&
		     t->f[at] == ICMP4_ECHO_REPLY;
	return n;
}

static void test_reassembly(void)
{
	lan_open(t, NULL);
	lan_know_peer(t);
	prepare_echo(4000);
	frag4(1, 0, 1480, true);
	frag4(1, 2960, 1040, false);
	is_int(replies(), 0, "RFC 791: a hole: not yet");
	frag4(1, 1480, 1480, true);
	is_int(replies(), 1, "in any order");
	prepare_echo(4000);
	frag4(2, 0, 1480, true);
	frag4(2, 0, 1480, true);
	frag4(2, 1480, 1480, true);
	frag4(2, 2960, 1040, false);
	is_int(replies(), 1, "a duplicate does no harm");
	is_int(t->s->ip->frag ? 0 : 1, 0, "the table is there");
	lan_close(t);
}

static void test_overlap(void)
{
	lan_open(t, NULL);
	lan_know_peer(t);
	prepare_echo(3000);
	frag4(3, 0, 1480, true);
	frag4(3, 1472, 1488, true);
	is_int(lan_count(t, frag_overlap), 1, "an overlap drops the packet");
	frag4(3, 1480, 1520, false);
	frag4(3, 0, 1480, true);
	is_int(replies(), 0, "RFC 5722: and what is still to come of it");
	prepare_echo(3000);
	frag4(4, 1480, 1520, false);
	frag4(4, 2960, 100, false);
	frag4(4, 0, 1480, true);
	is_int(replies(), 0, "two ends are one too many");
	lan_close(t);
}

static void test_too_long(void)
{
	lan_open(t, NULL);
	lan_know_peer(t);
	lan_drain(t);
	frag4(5, 65528, 1000, false);
	is_int(lan_count(t, frag_bad), 1, "fragments beyond 65535: dropped");
	frag4(5, 0, 1001, true);
	is_int(lan_count(t, frag_bad), 2, "a middle one of odd length: dropped");
	lan_close(t);
}

static void test_hole(void)
{
	size_t at;

	lan_open(t, NULL);
	lan_know_peer(t);
	prepare_echo(3000);
	frag4(6, 0, 1480, true);
	lan_advance(t, 29 * SK_SEC);
	is_int(lan_count(t, frag_timeout), 0, "a hole may be filled for 30 s");
	lan_know_peer(t);
	lan_drain(t);
	lan_advance(t, 2 * SK_SEC);
	is_int(lan_count(t, frag_timeout), 1, "then the packet is dropped");
	ok(lan_next_ip(t, IPPROTO_ICMP, &at) && t->f[at] == ICMP4_TIME &&
		   t->f[at + 1] == 1 && get16(t->f + at + 8 + 4) == 6,
	   "RFC 792: and its sender is told");
	lan_close(t);
}

static void test_frag_memory(void)
{
	lan_open(t, NULL);
	for (unsigned id = 0; id < 3000; id++)
		for (unsigned i = 0; i < 3; i++)
			frag4((uint16_t)id, 8 + i * 16, 8, true);
	ok(lan_count(t, frag_limit) > 2900, "packets that wait are bounded");
	ok(t->s->pool.bufs < 500, "and so is their memory");
	for (unsigned i = 0; i < 4000; i++)
		frag4(9999, 8 + i * 16, 8, true);
	ok(t->s->pool.bufs < 500, "tiny fragments of one packet too");
	lan_close(t);
}

static size_t make_frag6(uint8_t *b, uint32_t id, unsigned off, bool more,
			 const void *data, size_t len)
{
	struct ipv6_frag f = { .next = IPPROTO_ICMPV6, .off = (uint16_t)off,
			       .mf = more, .id = id };

	ipv6_frag_emit(b, &f);
	memcpy(b + IPV6_FRAG_SIZE, data, len);
	return IPV6_FRAG_SIZE + len;
}

static void frag6(uint32_t id, unsigned off, size_t len, bool more)
{
	static uint8_t b[2000];
	size_t n = make_frag6(b, id, off, more, big + off, len);

	lan_in_ip6(t, NULL, NULL, IPPROTO_FRAGMENT, 64, b, n);
}

static void prepare_echo6(size_t len)
{
	struct stk_ip a = lan_ip("fd00::1"), b = lan_ip("fd00::2");

	echo_request(big, false, len);
	put16(big + 2, csum_done(csum_add(ip_pseudo_sum(&a, &b, IPPROTO_ICMPV6,
							(uint32_t)len),
					  big, len)));
	lan_drain(t);
}

static bool replied6(void)
{
	size_t at;

	if (!lan_next_ip(t, IPPROTO_ICMPV6, &at))
		return false;
	return t->f[at] == ICMP6_ECHO_REPLY;
}

static void test_fragments6(void)
{
	size_t at;

	lan_open(t, NULL);
	lan_know_peer(t);
	prepare_echo6(2000);
	frag6(1, 1200, 800, false);
	frag6(1, 0, 1200, true);
	ok(lan_next_ip(t, IPPROTO_FRAGMENT, &at),
	   "RFC 8200 4.5: reassembled, the answer in fragments");
	prepare_echo6(1000);
	frag6(2, 0, 1000, false);
	ok(replied6(), "RFC 6946: an atomic fragment is a packet");
	prepare_echo6(2000);
	frag6(3, 0, 1200, true);
	frag6(3, 1192, 808, false);
	frag6(3, 1200, 800, false);
	ok(!lan_next(t) && lan_count(t, frag_overlap) == 1,
	   "RFC 5722: an overlap drops it all");
	prepare_echo6(2000);
	frag6(4, 0, 1201, true);
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_PARAM &&
		   get32(t->f + at + 4) == 4,
	   "RFC 8200 4.5: an odd length is a parameter problem");
	lan_close(t);
}

/* --- extension headers ------------------------------------------------------ */

static void in_ext(uint8_t next, const uint8_t *ext, size_t ext_len, size_t len)
{
	static uint8_t b[2000];

	prepare_echo6(len);
	memcpy(b, ext, ext_len);
	memcpy(b + ext_len, big, len);
	lan_in_ip6(t, NULL, NULL, next, 64, b, ext_len + len);
}

static void test_extensions(void)
{
	static const uint8_t good[] = { IPPROTO_ICMPV6, 0, 1, 4, 0, 0, 0, 0 };
	static const uint8_t overrun[] = { IPPROTO_ICMPV6, 0, 1, 5, 0, 0, 0, 0 };
	static const uint8_t unknown[] = { IPPROTO_ICMPV6, 0, 0x9e, 4, 0, 0, 0,
					   0 };
	static const uint8_t rh0[24] = { IPPROTO_ICMPV6, 2, 0, 1 };
	static const uint8_t rh0_done[24] = { IPPROTO_ICMPV6, 2, 0, 0 };
	static const uint8_t beyond[] = { IPPROTO_ICMPV6, 200, 1, 4, 0, 0, 0, 0 };
	uint8_t chain[8 * 9] = { 0 };
	size_t at;

	lan_open(t, NULL);
	lan_know_peer(t);
	in_ext(IPPROTO_DSTOPTS, good, 8, 64);
	ok(replied6(), "RFC 8200: padding options are walked over");
	in_ext(IPPROTO_DSTOPTS, overrun, 8, 64);
	ok(!lan_next(t), "an option beyond its header: dropped");
	in_ext(IPPROTO_DSTOPTS, unknown, 8, 64);
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_PARAM &&
		   t->f[at + 1] == 2 && get32(t->f + at + 4) == 42,
	   "RFC 8200 4.2: an option of kind 10: parameter problem 2 at it");
	in_ext(IPPROTO_ROUTING, rh0, 24, 64);
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_PARAM &&
		   t->f[at + 1] == 0 && get32(t->f + at + 4) == 42,
	   "RFC 5095: a routing header with segments left is refused");
	in_ext(IPPROTO_ROUTING, rh0_done, 24, 64);
	ok(replied6(), "and skipped when none are left");
	in_ext(IPPROTO_DSTOPTS, beyond, 8, 64);
	ok(!lan_next(t), "a header beyond the packet: dropped");
	for (int i = 0; i < 9; i++) {
		chain[8 * i] = i == 8 ? IPPROTO_ICMPV6 : IPPROTO_DSTOPTS;
		chain[8 * i + 2] = 1;
		chain[8 * i + 3] = 4;
	}
	in_ext(IPPROTO_DSTOPTS, chain, sizeof(chain), 64);
	ok(!lan_next(t), "a ninth extension header: dropped");
	in_ext(IPPROTO_DSTOPTS, chain + 8, sizeof(chain) - 8, 64);
	ok(replied6(), "eight are walked over");
	lan_close(t);
}

/* --- bad headers and addresses ---------------------------------------------- */

static void from_to(uint32_t src, uint32_t dst)
{
	struct ipv4_hdr h = { .proto = IPPROTO_ICMP, .ttl = 64, .src = src,
			      .dst = dst, .total = IPV4_SIZE + 64 };
	uint8_t b[IPV4_SIZE + 64];

	prepare_echo(64);
	ipv4_emit(b, &h);
	memcpy(b + IPV4_SIZE, big, 64);
	lan_in_eth(t, ETH_IPV4, NULL, b, sizeof(b));
}

static void test_addresses(void)
{
	static const struct {
		uint32_t src;
		const char *name;
	} bad[] = {
		{ 0xc0000202, "LAND: from our own address" },
		{ 0, "from 0.0.0.0" },
		{ 0xe0000001, "from a multicast address" },
		{ 0xffffffff, "from 255.255.255.255" },
		{ 0xc00002ff, "from the subnet's broadcast address" },
		{ 0x7f000001, "from the loopback" },
		{ 0xf0000001, "from class E" },
	};

	lan_open(t, NULL);
	lan_know_peer(t);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		from_to(bad[i].src, 0xc0000202);
		ok(!lan_next(t), "%s: dropped", bad[i].name);
	}
	is_int(lan_count(t, ip_bad_address), 7, "and counted");
	from_to(0xc0000201, 0x7f000001);
	ok(!lan_next(t), "to 127.0.0.1 from outside: dropped");
	from_to(0xc0000201, 0xc0000203);
	ok(!lan_next(t), "to another: dropped, never forwarded");
	from_to(0xc0000201, 0xc0000202);
	is_int(replies(), 1, "(and a good one is answered)");
	lan_close(t);
}

/* RFC 6724 5: of several addresses, the source for a destination. */
static void test_source(void)
{
	struct stk_config c = { .no_dad = true, .n_addrs = 4 };
	static const struct {
		const char *to, *from, *what;
	} rows[] = {
		{ "fd00::9", "fd00::2", "rule 8: the longest common prefix" },
		{ "2001:db8::9", "2001:db8::2", "rule 8: of the other net" },
		{ "fd00::2", "fd00::2", "rule 1: ourselves" },
		{ "fe80::9", "fe80::ff:fe00:2", "rule 2: the same scope" },
		{ "ff02::9", "fe80::ff:fe00:2", "rule 2: a group of the link" },
		{ "192.0.2.9", "192.0.2.2", "IPv4: the net it is in" },
		{ "198.51.100.9", "198.51.100.2", "IPv4: and the other" },
	};
	static const struct stk_ip any;
	char text[STK_IP_TEXT];
	struct ip_route r;

	c.addrs[0] = (struct stk_prefix){ lan_ip("fd00::2"), 64 };
	c.addrs[1] = (struct stk_prefix){ lan_ip("2001:db8::2"), 64 };
	c.addrs[2] = (struct stk_prefix){ lan_ip("192.0.2.2"), 24 };
	c.addrs[3] = (struct stk_prefix){ lan_ip("198.51.100.2"), 24 };
	lan_open(t, &c);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stk_ip to = lan_ip(rows[i].to);

		is_int(ip_route(t->s, &to, &any, &r), 0, rows[i].to);
		is_str(stk_ip_format(text, &r.src), rows[i].from,
		       rows[i].what);
	}
	lan_close(t);
}

static void test_headers(void)
{
	uint8_t b[128], good[128];
	struct ipv4_hdr h = { .proto = IPPROTO_ICMP, .ttl = 64,
			      .src = 0xc0000201, .dst = 0xc0000202,
			      .total = 84 };

	lan_open(t, NULL);
	lan_know_peer(t);
	prepare_echo(64);
	ipv4_emit(good, &h);
	memcpy(good + 20, big, 64);
#define TRY(what, change, len)                                            \
	do {                                                              \
		memcpy(b, good, sizeof(b));                               \
		change;                                                   \
		put16(b + 10, 0);                                         \
		put16(b + 10, csum_done(csum_add(0, b, 20)));             \
		lan_in_eth(t, ETH_IPV4, NULL, b, len);                    \
		ok(!lan_next(t), "%s: dropped", what);                    \
	} while (0)
	TRY("IHL 4", b[0] = 0x44, 84);
	TRY("IHL beyond the packet", (b[0] = 0x4f, b[3] = 50), 50);
	TRY("total length below the header", b[3] = 19, 84);
	TRY("total length beyond the frame", b[3] = 85, 84);
	TRY("version 5", b[0] = 0x55, 84);
	TRY("a runt of 19 bytes", (void)0, 19);
#undef TRY
	memcpy(b, good, sizeof(b));
	b[10] ^= 1;
	lan_in_eth(t, ETH_IPV4, NULL, b, 84);
	ok(!lan_next(t), "a wrong header checksum: dropped");
	is_int(lan_count(t, ip_bad_header), 7, "all counted");
	lan_in_eth(t, ETH_IPV4, NULL, good, 100);
	is_int(replies(), 1, "padding behind the packet is cut off");
	lan_in(t, good, 13);
	is_int(lan_count(t, eth_bad), 1, "a frame of 13 bytes: dropped");
	lan_in_eth(t, ETH_IPV4, lan_all, good, 84);
	ok(!lan_next(t), "RFC 1122: unicast in a broadcast frame: dropped");
	lan_close(t);
}

static void test_options(void)
{
	uint8_t b[24 + 64];
	struct ipv4_hdr h = { .proto = IPPROTO_ICMP, .ttl = 64,
			      .src = 0xc0000201, .dst = 0xc0000202,
			      .total = 88 };

	lan_open(t, NULL);
	lan_know_peer(t);
	prepare_echo(64);
	ipv4_emit(b, &h);
	b[0] = 0x46;
	memset(b + 20, 1, 4);
	put16(b + 10, 0);
	put16(b + 10, csum_done(csum_add(0, b, 24)));
	memcpy(b + 24, big, 64);
	lan_in_eth(t, ETH_IPV4, NULL, b, sizeof(b));
	is_int(replies(), 1, "RFC 791: options are skipped");
	lan_close(t);
}

/* --- ICMP errors ------------------------------------------------------------ */

/* A UDP datagram to a port where nobody is. */
static void stray_udp(void)
{
	uint8_t b[12] = { 0x30, 0x39, 0, 99, 0, 12, 0, 0, 'x', 'x', 'x', 'x' };

	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_UDP }, b, sizeof(b));
}

static void test_unreachable(void)
{
	static const uint8_t none[8];
	size_t at;
	int n = 0;

	lan_open(t, NULL);
	lan_know_peer(t);
	lan_drain(t);
	stray_udp();
	ok(lan_next_ip(t, IPPROTO_ICMP, &at) && t->f[at] == ICMP4_UNREACH &&
		   t->f[at + 1] == ICMP4_PORT &&
		   get16(t->f + at + 8 + 20 + 2) == 99 &&
		   !csum_done(csum_add(0, t->f + at, t->len - at)),
	   "RFC 1122 3.2.2.1: port unreachable, with what it is about");
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = 250 }, none, 8);
	ok(lan_next_ip(t, IPPROTO_ICMP, &at) && t->f[at + 1] == ICMP4_PROTO,
	   "an unknown protocol is told");
	lan_in_ip6(t, NULL, NULL, 250, 64, none, 8);
	ok(lan_next_ip(t, IPPROTO_ICMPV6, &at) && t->f[at] == ICMP6_PARAM &&
		   t->f[at + 1] == 1,
	   "RFC 4443 3.4: in IPv6 as a parameter problem");
	for (int i = 0; i < 500; i++)
		stray_udp();
	while (lan_next(t))
		n++;
	ok(n >= 40 && n <= 60, "RFC 1812 4.3.2.8: no more than a burst (%d)", n);
	ok(lan_count(t, icmp_limited) > 400, "the others are counted");
	lan_close(t);
}

static void test_no_error_about_errors(void)
{
	uint8_t b[8 + 28] = { ICMP4_UNREACH, ICMP4_PORT };
	uint8_t dgram[12] = { 0, 1, 0, 99, 0, 12, 0, 0 };

	lan_open(t, NULL);
	lan_know_peer(t);
	lan_drain(t);
	lan_in_icmp4(t, b, sizeof(b));
	ok(!lan_next(t), "RFC 1122 3.2.2: no error answers an error");
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_UDP,
					 .dst = 0xc00002ff },
		   dgram, sizeof(dgram));
	ok(!lan_next(t), "nor a broadcast");
	lan_close(t);
}

/* An error about a datagram of `sk`, quoting n bytes of it. */
static void error_about(const struct stk_sock *sk, uint8_t type, uint8_t code,
			uint32_t rest, size_t n)
{
	struct ipv4_hdr h = { .proto = IPPROTO_UDP, .ttl = 1, .total = 1500,
			      .src = 0xc0000202, .dst = 0xc0000201 };
	uint8_t b[8 + 28] = { type, code };
	struct udp_hdr u = { sk->node.key.lport, sk->node.key.rport, 1480, 0 };

	put32(b + 4, rest);
	ipv4_emit(b + 8, &h);
	udp_emit(b + 28, &u);
	lan_in_icmp4(t, b, 8 + n);
}

static void test_pmtu(void)
{
	struct stk_ip peer = lan_ip("192.0.2.1");
	struct stk_sock *sk;

	lan_open(t, NULL);
	lan_know_peer(t);
	sk = udp_to("192.0.2.1", "hi");
	error_about(sk, ICMP4_UNREACH, ICMP4_TOO_BIG, 1400, 27);
	is_int(ip_pmtu(t->s, &peer), 1500, "a quote that is too short: ignored");
	is_int(lan_count(t, icmp_bad), 1, "and counted");
	error_about(sk, ICMP4_UNREACH, ICMP4_TOO_BIG, 67, 28);
	is_int(ip_pmtu(t->s, &peer), 1500,
	       "RFC 791: an MTU below 68 cannot be: ignored");
	error_about(sk, ICMP4_UNREACH, ICMP4_TOO_BIG, 1400, 28);
	is_int(ip_pmtu(t->s, &peer), 1400, "RFC 1191: taken");
	error_about(sk, ICMP4_UNREACH, ICMP4_TOO_BIG, 1450, 28);
	is_int(ip_pmtu(t->s, &peer), 1400, "RFC 1191 6.3: never widened so");
	error_about(sk, ICMP4_UNREACH, ICMP4_TOO_BIG, 0, 28);
	is_int(ip_pmtu(t->s, &peer), 1400, "RFC 1191 5: 0 means a plateau");
	error_about(sk, ICMP4_UNREACH, ICMP4_TOO_BIG, 100, 28);
	is_int(ip_pmtu(t->s, &peer), 552, "never below 552");
	lan_advance(t, 601 * SK_SEC);
	is_int(ip_pmtu(t->s, &peer), 1500, "RFC 1191 6.3: after 10 minutes");
	lan_know_peer(t);
	stk_close(sk);
	sk = udp_to("192.0.2.1", "hi");
	sk->node.key.lport++;
	error_about(sk, ICMP4_UNREACH, ICMP4_TOO_BIG, 1400, 28);
	sk->node.key.lport--;
	is_int(ip_pmtu(t->s, &peer), 1500,
	       "RFC 5927: about what we did not send: ignored");
	stk_close(sk);
	lan_close(t);
}

static void ptb6(const struct stk_sock *sk, uint32_t mtu)
{
	struct ipv6_hdr h = { .next = IPPROTO_UDP, .hlim = 1, .payload = 1400 };
	struct udp_hdr u = { sk->node.key.lport, sk->node.key.rport, 1400, 0 };
	uint8_t b[8 + 48] = { ICMP6_TOO_BIG };

	memcpy(h.src, sk->node.key.local.b, 16);
	memcpy(h.dst, sk->node.key.remote.b, 16);
	put32(b + 4, mtu);
	ipv6_emit(b + 8, &h);
	udp_emit(b + 48, &u);
	lan_in_icmp6(t, NULL, NULL, 64, b, sizeof(b));
}

static void test_pmtu6(void)
{
	struct stk_ip peer = lan_ip("fd00::1");
	struct stk_sock *sk;

	lan_open(t, NULL);
	lan_know_peer(t);
	sk = udp_to("fd00::1", "hi");
	ptb6(sk, 1279);
	is_int(ip_pmtu(t->s, &peer), 1500, "RFC 8201 4: below 1280: ignored");
	ptb6(sk, 1280);
	is_int(ip_pmtu(t->s, &peer), 1280, "RFC 8201: taken");
	stk_close(sk);
	lan_close(t);
}

int main(void)
{
	test_arp_answers();
	test_arp_resolves();
	test_arp_gives_up();
	test_neigh_states();
	test_neigh_flood();
	test_acd_takes();
	test_acd_conflict();
	test_acd_simultaneous();
	test_acd_defends_once();
	test_dad();
	test_ndp_answers();
	test_ndp_resolves();
	test_echo();
	test_reassembly();
	test_overlap();
	test_too_long();
	test_hole();
	test_frag_memory();
	test_fragments6();
	test_extensions();
	test_addresses();
	test_source();
	test_headers();
	test_options();
	test_unreachable();
	test_no_error_about_errors();
	test_pmtu();
	test_pmtu6();
	return tap_done();
}
