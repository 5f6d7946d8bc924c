/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses that come by themselves: DHCP, SLAAC; groups that are asked for. */
#include "lan.h"

static struct lan lan, *t = &lan;

/* --- DHCP ------------------------------------------------------------------- */

static uint8_t last[600];
static size_t last_len;

/* The type of the next DHCP message the stack has sent, into last; 0: none. */
static int next_dhcp(void)
{
	size_t at;

	while (lan_next_ip(t, IPPROTO_UDP, &at)) {
		if (get16(t->f + at + 2) != 67)
			continue;
		last_len = t->len - at - 8;
		memcpy(last, t->f + at + 8, last_len);
		for (size_t i = 240; i + 2 < last_len && last[i] != 255;
		     i += 2u + last[i + 1])
			if (last[i] == 53)
				return last[i + 2];
	}
	return 0;
}

static uint32_t answer_to = 0xffffffff;

static void answer(uint8_t type, uint32_t yours, uint32_t lease)
{
	static const uint8_t fixed[] = { 54, 4, 192, 0, 2, 1, 1, 4,
					 255, 255, 255, 0, 3, 4, 192, 0, 2, 1 };
	uint8_t b[8 + 300] = { 0, 67, 0, 68, 1, 52 };
	uint8_t *d = b + 8;

	memcpy(d, last, 240);
	d[0] = 2;
	put32(d + 16, yours);
	d[240] = 53;
	d[241] = 1;
	d[242] = type;
	memcpy(d + 243, fixed, sizeof(fixed));
	d[261] = 51;
	d[262] = 4;
	put32(d + 263, lease);
	d[267] = 255;
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_UDP,
					 .dst = answer_to },
		   b, sizeof(b));
}

static void test_dhcp(void)
{
	struct stk_config c = { .dhcp = true, .no_dad = true };
	struct stk_ip far = lan_ip("203.0.113.1"), none = { 0 };
	struct ip_route rt;
	struct stk_prefix p;

	lan_open(t, &c);
	is_int(next_dhcp(), 1, "RFC 2131: DISCOVER");
	is_int(get16(last + 10), 0x8000, "that wants a broadcast answer");
	ok(t->len && !stk_is_up(t->s, AF_INET), "no address yet");
	answer(2, 0xc0000207, 1000);
	is_int(next_dhcp(), 3, "an offer is requested");
	answer(5, 0xc0000207, 1000);
	ok(stk_address(t->s, 0, &p) && stk_ip_v4(&p.ip) == 0xc0000207 &&
		   p.len == 24,
	   "ACK: the address is ours");
	ok(!ip_route(t->s, &far, &none, &rt) &&
		   stk_ip_v4(&rt.next_hop) == 0xc0000201,
	   "and the router is our way out");
	lan_know_peer(t);
	lan_advance(t, 501 * SK_SEC);
	lan_know_peer(t);
	lan_advance(t, SK_SEC);
	is_int(next_dhcp(), 3, "RFC 2131 4.4.5: renewed at half of it");
	is_int(get32(last + 12), 0xc0000207, "with ciaddr");
	answer(5, 0xc0000207, 1000);
	lan_advance(t, 490 * SK_SEC);
	ok(stk_is_up(t->s, AF_INET), "so it goes on");
	lan_advance(t, 600 * SK_SEC);
	ok(!stk_is_up(t->s, AF_INET), "the lease over: the address is gone");
	lan_close(t);
}

static void test_dhcp_unicast(void)
{
	struct stk_config c = { .dhcp = true, .no_dad = true };

	lan_open(t, &c);
	next_dhcp();
	answer_to = 0xc0000207;
	answer(2, 0xc0000207, 1000);
	is_int(next_dhcp(), 3, "an offer sent to the offered address is heard");
	answer(5, 0xc0000207, 1000);
	ok(stk_is_up(t->s, AF_INET), "and the ACK");
	answer_to = 0xffffffff;
	lan_close(t);
}

static void test_dhcp_refused(void)
{
	struct stk_config c = { .dhcp = true };

	lan_open(t, &c);
	next_dhcp();
	answer(2, 0xc0000207, 1000);
	next_dhcp();
	answer(6, 0, 0);
	is_int(next_dhcp(), 1, "NAK: from the beginning");
	answer(2, 0xc0000207, 1000);
	next_dhcp();
	answer(5, 0xc0000207, 1000);
	lan_in_arp(t, ARP_REPLY, 0xc0000207, 0);
	is_int(next_dhcp(), 4, "RFC 2131 3.1 5: taken already: DECLINE");
	ok(!stk_error(t->s, NULL), "which is not the end");
	lan_advance(t, 11 * SK_SEC);
	is_int(next_dhcp(), 1, "but a new beginning, 10 s later");
	lan_close(t);
}

static void test_dhcp_hostile(void)
{
	struct stk_config c = { .dhcp = true };

	lan_open(t, &c);
	next_dhcp();
	last[4] ^= 1;
	answer(2, 0xc0000207, 1000);
	is_int(next_dhcp(), 0, "another's transaction: ignored");
	last[4] ^= 1;
	answer(2, 0xe0000001, 1000);
	is_int(next_dhcp(), 0, "an address no host can have: ignored");
	answer(2, 0xc0000207, 0);
	is_int(next_dhcp(), 0, "a lease of no time: ignored");
	lan_advance(t, 5 * SK_SEC);
	is_int(next_dhcp(), 1, "asked again, with patience");
	lan_close(t);
}

/* An ACK of 1000 s from another router, with T1 and T2 as given. */
static void acknowledge(uint32_t router, uint32_t t1, uint32_t t2)
{
	uint8_t b[8 + 300] = { 0, 67, 0, 68, 1, 52 };
	uint8_t *d = b + 8, *o = d + 240;
	const struct {
		uint8_t code;
		uint32_t v;
	} rows[] = { { 54, 0xc0000201 }, { 1, 0xffffff00 }, { 3, router },
		     { 51, 1000 }, { 58, t1 }, { 59, t2 } };

	memcpy(d, last, 240);
	d[0] = 2;
	put32(d + 16, 0xc0000207);
	memcpy(o, (uint8_t[]){ 53, 1, 5 }, 3);
	o += 3;
	for (size_t i = 0; i < 6; i++, o += 6) {
		o[0] = rows[i].code;
		o[1] = 4;
		put32(o + 2, rows[i].v);
	}
	*o = 255;
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_UDP,
					 .dst = 0xffffffff },
		   b, sizeof(b));
}

/* Advances with a peer that goes on answering ARP. */
static void lease_time(uint64_t secs)
{
	for (; secs; secs--) {
		lan_know_peer(t);
		lan_advance(t, SK_SEC);
	}
}

static void obtain(const struct stk_config *c)
{
	lan_open(t, c);
	next_dhcp();
	answer(2, 0xc0000207, 1000);
	next_dhcp();
	answer(5, 0xc0000207, 1000);
	lan_drain(t);
}

/* RFC 2131 4.4.5: T1, T2 and the end, with a server that is gone. */
static void test_dhcp_server_vanishes(void)
{
	struct stk_config c = { .dhcp = true, .no_dad = true };
	uint32_t server;
	int type;

	obtain(&c);
	lease_time(498);
	is_int(next_dhcp(), 0, "before T1 nobody is asked");
	lease_time(4);
	is_int(next_dhcp(), 3, "at T1 the server alone");
	server = get32(t->f + ETH_SIZE + 16);
	is_int(server, 0xc0000201, "by its address");
	lease_time(360);
	while (next_dhcp())
		;
	lease_time(15);
	is_int(next_dhcp(), 3, "at T2 any server");
	server = get32(t->f + ETH_SIZE + 16);
	is_int(server, 0xffffffff, "by a broadcast");
	lease_time(140);
	ok(!stk_is_up(t->s, AF_INET), "at the end the address goes");
	ok(strstr(t->notes, "DHCP: the lease is over"), "which is told");
	lan_drain(t);
	while (!(type = next_dhcp()))
		lease_time(1);
	is_int(type, 1, "and another is looked for");
	answer(2, 0xc0000208, 1000);
	is_int(next_dhcp(), 3, "the server is back");
	answer(5, 0xc0000208, 1000);
	ok(stk_is_up(t->s, AF_INET), "and so is the host");
	lan_close(t);
}

static uint32_t next_hop(void)
{
	struct stk_ip far = lan_ip("203.0.113.1"), none = { 0 };
	struct ip_route rt = { 0 };

	return ip_route(t->s, &far, &none, &rt) ? 0 : stk_ip_v4(&rt.next_hop);
}

static void test_dhcp_times(void)
{
	struct stk_config c = { .dhcp = true, .no_dad = true };

	obtain(&c);
	lease_time(502);
	next_dhcp();
	acknowledge(0xc00002fe, 4000000000u, 4000000000u);
	is_int(next_hop(), 0xc00002fe, "a renewal may name another router");
	lan_drain(t);
	lease_time(502);
	is_int(next_dhcp(), 3,
	       "times beyond the lease are none: renewed at half of it");
	acknowledge(0xc00002fe, 100, 200);
	lan_drain(t);
	lease_time(102);
	is_int(next_dhcp(), 3, "RFC 2132 9.11: T1 as the server says");
	lan_close(t);
}

static void test_dhcp_malformed(void)
{
	struct stk_config c = { .dhcp = true };
	uint8_t keep;

	lan_open(t, &c);
	next_dhcp();
	keep = last[33];
	last[33] ^= 1;
	answer(2, 0xc0000207, 1000);
	is_int(next_dhcp(), 0, "an offer for another's MAC address: ignored");
	last[33] = keep;
	last_len = 0;
	answer_to = 0xffffffff;
	/* All options said, and then one that is longer than the message. */
	uint8_t b[8 + 270] = { 0, 67, 0, 68, 1, 22 };
	uint8_t *d = b + 8;

	memcpy(d, last, 240);
	d[0] = 2;
	put32(d + 16, 0xc0000207);
	memcpy(d + 240, (uint8_t[]){ 53, 1, 2, 54, 4, 192, 0, 2, 1, 1, 4, 255,
				     255, 255, 0, 51, 4, 0, 0, 4, 0, 12, 200 },
	       23);
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_UDP,
					 .dst = 0xffffffff },
		   b, sizeof(b));
	is_int(next_dhcp(), 0, "an option beyond the message: ignored");
	d[262] = 6;
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_UDP,
					 .dst = 0xffffffff },
		   b, sizeof(b));
	is_int(next_dhcp(), 3, "(one within it is not)");
	lan_close(t);
}

/* --- SLAAC ------------------------------------------------------------------ */

static size_t make_ra(uint8_t *b, uint16_t life, uint8_t flags, uint32_t valid)
{
	struct stk_ip prefix = lan_ip("2001:db8::");

	memset(b, 0, 64);
	b[0] = ICMP6_RA;
	b[4] = 61;
	put16(b + 6, life);
	b[16] = NDP_PREFIX;
	b[17] = 4;
	b[18] = 64;
	b[19] = flags;
	put32(b + 20, valid);
	put32(b + 24, valid);
	memcpy(b + 32, prefix.b, 16);
	b[48] = NDP_MTU;
	b[49] = 1;
	put32(b + 52, 1400);
	return 56;
}

static void test_slaac(void)
{
	struct stk_config c = { .slaac = true };
	struct stk_ip far = lan_ip("2001:db8:1::1"), none = { 0 };
	struct stk_ip mine = lan_ip("2001:db8::ff:fe00:2");
	struct ip_route rt;
	uint8_t b[64];
	size_t n, at;
	int rs = 0;

	lan_open(t, &c);
	lan_advance(t, 20 * SK_SEC);
	while (lan_next_ip(t, IPPROTO_ICMPV6, &at))
		rs += t->f[at] == ICMP6_RS;
	is_int(rs, 3, "RFC 4861 6.3.7: three router solicitations");
	n = make_ra(b, 1800, 0xc0, 3600);
	lan_in_icmp6(t, "fd00::9", "ff02::1", 255, b, n);
	ok(ip_route(t->s, &far, &none, &rt) < 0,
	   "RFC 4861 6.1.2: not from an address that is not link-local");
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, b, n);
	lan_advance(t, SK_SEC);
	ok(ip_is_ours(t->s, &mine), "RFC 4862 5.5: an address of the prefix");
	ok(!ip_route(t->s, &far, &none, &rt) &&
		   stk_ip_is_link_local(&rt.next_hop) &&
		   stk_ip_eq(&rt.src, &mine),
	   "and the router is our way out");
	is_int(rt.link_mtu, 1400, "with the MTU it says");
	n = make_ra(b, 0, 0xc0, 10);
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, b, n);
	ok(ip_route(t->s, &far, &none, &rt) < 0, "a lifetime of 0: no router");
	lan_advance(t, 1800 * SK_SEC);
	ok(ip_is_ours(t->s, &mine),
	   "RFC 4862 5.5.3 (e): nobody shortens an address to 10 s");
	lan_advance(t, 2000 * SK_SEC);
	ok(!ip_is_ours(t->s, &mine), "its time over, it is gone");
	lan_close(t);
}

static void test_ra_flood(void)
{
	struct stk_config c = { .slaac = true };
	uint8_t b[64];
	size_t n, used = 0;

	lan_open(t, &c);
	lan_advance(t, SK_SEC);
	for (unsigned i = 0; i < 1000; i++) {
		n = make_ra(b, 1800, 0xc0, 3600);
		put16(b + 36, i);
		lan_in_icmp6(t, "fe80::1", "ff02::1", 255, b, n);
	}
	for (size_t i = 0; i < STK_MAX_ADDRS; i++)
		used += t->s->ip->addrs[i].used;
	ok(used <= 9, "a flood of prefixes leaves room (%zu)", used);
	lan_drain(t);
	n = make_ra(b, 1800, 0xc0, 3600);
	b[17] = 0;
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, b, n);
	is_int(lan_count(t, ndp_bad), 1, "an option of length 0: dropped whole");
	lan_close(t);
}

static void test_ra_limits(void)
{
	struct stk_config c = { .slaac = true, .no_dad = true };
	struct stk_ip mine = lan_ip("2001:db8::ff:fe00:2");
	uint8_t b[64];
	size_t n;

	lan_open(t, &c);
	n = make_ra(b, 1800, 0xc0, 3600);
	put32(b + 24, 3601);
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, b, n);
	ok(!ip_is_ours(t->s, &mine),
	   "RFC 4862 5.5.3 (c): preferred longer than valid: ignored");
	make_ra(b, 1800, 0xc0, 3600);
	put32(b + 52, 1279);
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, b, n);
	is_int(t->s->ip->mtu6, 1400, "RFC 4861 4.6.4: an MTU below 1280: no");
	put32(b + 52, 1501);
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, b, n);
	is_int(t->s->ip->mtu6, 1400, "nor one beyond the link's");
	make_ra(b, 1800, 0xc0, 3600);
	put32(b + 24, 0);
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, b, n);
	ok(iface_find(t->s, &mine)->deprecated,
	   "RFC 4862 5.5.4: preferred for no time: deprecated");
	lan_in_icmp6(t, "fe80::1", "ff02::1", 254, b, n);
	is_int(lan_count(t, ndp_bad), 1, "RFC 4861 6.1.2: only of neighbours");
	lan_close(t);
}

/* --- groups ----------------------------------------------------------------- */

static void test_igmp(void)
{
	uint8_t q[8] = { 0x11, 100 };
	struct ip_mreqn m = { .imr_multiaddr = { htonl(0xef010203) } };
	struct stk_sock *sk;
	size_t at;

	lan_open(t, NULL);
	lan_drain(t);
	stk_socket(t->s, AF_INET, SOCK_DGRAM, &sk);
	stk_setopt(sk, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m));
	stk_poll(t->s, t->now);
	ok(lan_next_ip(t, IPPROTO_IGMP, &at) && t->f[14] == 0x46 &&
		   t->f[38] == 0x16 && get32(t->f + 42) == 0xef010203 &&
		   !csum_done(csum_add(0, t->f + 14, 24)) && t->f[22] == 1,
	   "RFC 2236 3: joining is said, with router alert and TTL 1");
	lan_advance(t, 2 * SK_SEC);
	lan_drain(t);
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_IGMP,
					 .dst = 0xe0000001 },
		   q, 8);
	lan_advance(t, 11 * SK_SEC);
	ok(!lan_next_ip(t, IPPROTO_IGMP, &at),
	   "a question with a wrong checksum is none");
	put16(q + 2, csum_done(csum_add(0, q, 8)));
	lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_IGMP,
					 .dst = 0xe0000001 },
		   q, 8);
	lan_advance(t, 11 * SK_SEC);
	ok(lan_next_ip(t, IPPROTO_IGMP, &at), "and said again when asked");
	stk_close(sk);
	stk_poll(t->s, t->now);
	ok(lan_next_ip(t, IPPROTO_IGMP, &at) && t->f[38] == 0x17,
	   "leaving is said too, also by closing");
	lan_close(t);
}

static int mld_reports(void)
{
	int n = 0;

	while (lan_next_type(t, ETH_IPV6))
		n += t->f[20] == IPPROTO_HOPOPTS && t->f[21] == 1 &&
		     t->f[62] == ICMP6_MLD_REPORT;
	return n;
}

static void test_mld(void)
{
	struct stk_config c = { .n_addrs = 1 };
	uint8_t q[24] = { ICMP6_MLD_QUERY, [4] = 4 };
	int reports;

	c.addrs[0] = (struct stk_prefix){ lan_ip("fd00::2"), 64 };
	lan_open(t, &c);
	lan_advance(t, 3 * SK_SEC);
	reports = mld_reports();
	ok(reports >= 2, "RFC 2710: solicited-node groups are reported (%d)",
	   reports);
	lan_in_icmp6(t, "fe80::1", "ff02::1", 2, q, sizeof(q));
	lan_advance(t, 2 * SK_SEC);
	is_int(mld_reports(), 0, "a question from beyond the link is none");
	lan_in_icmp6(t, "fe80::1", "ff02::1", 1, q, sizeof(q));
	lan_advance(t, 2 * SK_SEC);
	is_int(mld_reports(), 1, "RFC 2710 4: a neighbour's is answered");
	lan_close(t);
}

int main(void)
{
	test_dhcp();
	test_dhcp_unicast();
	test_dhcp_refused();
	test_dhcp_hostile();
	test_dhcp_server_vanishes();
	test_dhcp_times();
	test_dhcp_malformed();
	test_slaac();
	test_ra_flood();
	test_ra_limits();
	test_igmp();
	test_mld();
	return tap_done();
}
