/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DHCP client (RFC 2131). */
#include "lan.h"

static struct lan lan, *t = &lan;

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

/* The four bytes of an option of it; 0: it has none such. */
static uint32_t option(uint8_t code)
{
	for (size_t i = 240; i + 5 < last_len && last[i] != 255;
	     i += 2u + last[i + 1])
		if (last[i] == code)
			return get32(last + i + 2);
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
	ok(option(50) == 0xc0000207 && option(54) == 0xc0000201,
	   "RFC 2131 4.3.2: by its address, and its server");
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
	ok(!option(50) && !option(54), "RFC 2131 4.3.2: and without these");
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

/* Each of four requests waits longer; then another is looked for. */
static void test_dhcp_server_falls_silent(void)
{
	struct stk_config c = { .dhcp = true, .no_dad = true };
	int requests = 0, type;

	lan_open(t, &c);
	next_dhcp();
	answer(2, 0xc0000207, 1000);
	while ((type = next_dhcp()) != 1 && requests < 10) {
		requests += type == 3;
		if (!type)
			lan_advance(t, SK_SEC);
	}
	is_int(requests, 4, "an offer is asked for four times");
	is_int(type, 1, "and then another is looked for");
	lan_close(t);
}

static void test_dhcp_other_address(void)
{
	struct stk_config c = { .dhcp = true, .no_dad = true };
	struct stk_ip was = lan_ip("192.0.2.7"), is = lan_ip("192.0.2.8");

	obtain(&c);
	lease_time(502);
	next_dhcp();
	answer(5, 0xc0000208, 1000);
	ok(ip_is_ours(t->s, &is), "a renewal may give another address");
	ok(!ip_is_ours(t->s, &was), "then the old one is no longer ours");
	lan_close(t);
}

static void test_dhcp_for_ever(void)
{
	struct stk_config c = { .dhcp = true, .no_dad = true };

	lan_open(t, &c);
	next_dhcp();
	answer(2, 0xc0000207, UINT32_MAX);
	next_dhcp();
	answer(5, 0xc0000207, UINT32_MAX);
	lan_drain(t);
	lan_advance(t, UINT64_C(5000000000) * SK_SEC);
	is_int(next_dhcp(), 0, "RFC 2131 3.3: for ever: never renewed");
	ok(stk_is_up(t->s, AF_INET), "and never over");
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
	last[236] ^= 1;
	answer(2, 0xc0000207, 1000);
	is_int(next_dhcp(), 0, "BOOTP without the cookie of DHCP: ignored");
	last[236] ^= 1;
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

int main(void)
{
	test_dhcp();
	test_dhcp_unicast();
	test_dhcp_refused();
	test_dhcp_hostile();
	test_dhcp_server_vanishes();
	test_dhcp_server_falls_silent();
	test_dhcp_other_address();
	test_dhcp_for_ever();
	test_dhcp_times();
	test_dhcp_malformed();
	return tap_done();
}
