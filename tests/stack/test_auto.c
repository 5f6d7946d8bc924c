/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses by router advertisements; groups that are asked for. */
#include "lan.h"

static struct lan lan, *t = &lan;

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

/* Is dst on the link, or behind the router? */
static bool on_link(const char *dst)
{
	struct stk_ip ip = lan_ip(dst), none = { 0 };
	struct ip_route rt;

	return !ip_route(t->s, &ip, &none, &rt) &&
	       stk_ip_eq(&rt.next_hop, &ip);
}

static void ra(const uint8_t *b, size_t n)
{
	uint8_t copy[64];

	memcpy(copy, b, n);
	lan_in_icmp6(t, "fe80::1", "ff02::1", 255, copy, n);
}

static void test_ra_prefixes(void)
{
	struct stk_config c = { .slaac = true, .no_dad = true };
	struct stk_ip mine = lan_ip("2001:db8::ff:fe00:2"), ll;
	uint8_t b[64];
	size_t n = make_ra(b, 1800, 0x40, 3600);

	lan_open(t, &c);
	b[18] = 48;
	ra(b, n);
	ok(!ip_is_ours(t->s, &mine),
	   "RFC 4862 5.5.3 (d): no address out of a prefix that is not /64");
	b[18] = 64;
	ra(b, n);
	ok(ip_is_ours(t->s, &mine), "(out of a /64 there is)");
	ok(!on_link("2001:db8::5"), "RFC 4861 6.3.4: without L: by the router");
	b[19] = 0xc0;
	ra(b, n);
	ok(on_link("2001:db8::5"), "with L: on the link");
	make_ra(b, 1800, 0xc0, 0);
	ra(b, n);
	ok(!on_link("2001:db8::5"), "with L and no lifetime: no longer");
	make_ra(b, 1800, 0xc0, 10);
	ll = lan_ip("fe80::");
	memcpy(b + 32, ll.b, 16);
	ra(b, n);
	lan_advance(t, 20 * SK_SEC);
	ok(on_link("fe80::9"), "RFC 4862 5.5.3 (b): nobody times fe80::/64");
	lan_close(t);
}

static void test_ra_times(void)
{
	struct stk_config c = { .slaac = true, .no_dad = true };
	struct stk_ip mine = lan_ip("2001:db8::ff:fe00:2");
	uint8_t b[64];
	size_t n = make_ra(b, 1800, 0xc0, 3600), at;
	int rs = 0;

	lan_open(t, &c);
	lan_advance(t, SK_SEC);
	lan_drain(t);
	put32(b + 8, 20000);
	put32(b + 12, 500);
	put32(b + 24, 10);
	ra(b, n);
	is_int(t->s->ip->reachable_us, 20 * SK_SEC, "RFC 4861 4.2: times");
	is_int(t->s->ip->retrans_us, 500 * SK_MSEC, "of routers are kept");
	put32(b + 8, 3600001);
	put32(b + 12, 1);
	ra(b, n);
	is_int(t->s->ip->reachable_us, 20 * SK_SEC, "none above an hour");
	is_int(t->s->ip->retrans_us, 500 * SK_MSEC, "nor of a millisecond");
	ok(!iface_find(t->s, &mine)->deprecated, "preferred for 10 s");
	lan_advance(t, 12 * SK_SEC);
	ok(iface_find(t->s, &mine)->deprecated, "and then deprecated");
	while (lan_next_ip(t, IPPROTO_ICMPV6, &at))
		rs += t->f[at] == ICMP6_RS;
	is_int(rs, 0, "RFC 4861 6.3.7: nobody is asked once one has answered");
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
	test_slaac();
	test_ra_flood();
	test_ra_limits();
	test_ra_prefixes();
	test_ra_times();
	test_igmp();
	test_mld();
	return tap_done();
}
