/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every parser of the stack's wire formats; the first byte chooses. */
#include "fuzz.h"
#include "stack/wire/arp.h"
#include "stack/wire/eth.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/tcp.h"
#include "stack/wire/udp.h"

/* What a parser accepts must be within the input. */
static void check(int r, size_t len)
{
	if (r > 0 && (size_t)r > len)
		__builtin_trap();
}

static void try_eth(const uint8_t *p, size_t n)
{
	struct eth_hdr h;

	check(eth_parse(p, n, &h), n);
}

static void try_arp(const uint8_t *p, size_t n)
{
	struct arp_pkt a;

	check(arp_parse(p, n, &a), n);
}

static void try_ipv4(const uint8_t *p, size_t n)
{
	struct ipv4_hdr h;

	check(ipv4_parse_quoted(p, n, &h), n);
	if (ipv4_parse(p, n, &h) > 0)
		check(h.total, n);
}

static void try_ipv6(const uint8_t *p, size_t n)
{
	struct ipv6_hdr h;

	check(ipv6_parse_quoted(p, n, &h), n);
	if (ipv6_parse(p, n, &h) > 0)
		check(40 + h.payload, n);
}

static void try_walk(const uint8_t *p, size_t n)
{
	struct ipv6_ext x;
	struct ipv6_frag f;

	if (n && ipv6_walk(p[0], p + 1, n - 1, &x) == 0)
		check(x.at, n - 1);
	check(ipv6_frag_parse(p, n, &f), n);
}

static void try_icmp(const uint8_t *p, size_t n)
{
	struct icmp_hdr h;
	struct ndp_opt o;

	check(icmp_parse(p, n, &h), n);
	while (ndp_next(&p, &n, &o) > 0)
		if (o.p[o.len - 1] == 0xa5 && o.len % 8)
			__builtin_trap();
}

static void try_udp(const uint8_t *p, size_t n)
{
	struct udp_hdr h;

	if (udp_parse(p, n, n, &h) > 0)
		check(h.len, n);
}

static void try_tcp(const uint8_t *p, size_t n)
{
	uint8_t b[TCP_SIZE_MAX + 40];
	struct tcp_hdr h;
	int r = tcp_parse(p, n, &h);

	check(r, n);
	if (r > 0 && !h.opts.has_fo)
		check((int)tcp_emit(b, &h), TCP_SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const uint8_t *, size_t) = {
		try_eth, try_arp, try_ipv4, try_ipv6,
		try_walk, try_icmp, try_udp, try_tcp,
	};

	if (size)
		parsers[data[0] % 8](data + 1, size - 1);
	return 0;
}
