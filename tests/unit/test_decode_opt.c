/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: socket options whose values are neither numbers nor simple. */
#include "fakeline.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "trace/dec.h"

static unsigned char val[256];

static void opt_is(int level, int name, int64_t len, const char *want,
		   const char *what)
{
	struct sk_dec d = { &show, &f.ev, NULL };

	begin(SK_SYS_getsockopt);
	fake_map(&f, 0x1000, val, sizeof(val));
	sk_dec_optname(&d, level, name);
	sk_dec_optval(&d, level, name, 0x1000, len);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, what);
	memset(val, 0, sizeof(val));
}

static void put(size_t at, uint32_t v)
{
	memcpy(val + at, &v, sizeof(v));
}

static void test_filters(void)
{
	put(0, 1 << 8 | 1 << 3);
	opt_is(IPPROTO_RAW, 1, 4,
	       "ICMP_FILTER, [ICMP_DEST_UNREACH ICMP_ECHO]",
	       "a few types of ICMP");
	put(0, ~(1u << 8));
	opt_is(IPPROTO_RAW, 1, 4,
	       "ICMP_FILTER, ~[ICMP_ECHO]", "all but one");
	opt_is(IPPROTO_RAW, 1, 3,
	       "ICMP_FILTER, \"\\0\\0\\0\"", "ICMP_FILTER, cut short");
	put(0, 2);
	put(8, 0x5000);
	opt_is(SOL_SOCKET, SO_ATTACH_FILTER, 16,
	       "SO_ATTACH_FILTER, {len=2, filter=0x5000}", "a filter");
	opt_is(SOL_SOCKET, SO_ATTACH_FILTER, 15,
	       "SO_ATTACH_FILTER, "
	       "\"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"",
	       "a filter, cut short");
}

static void test_structs(void)
{
	put(0, 1);
	opt_is(SOL_SOCKET, SO_TIMESTAMPNS, 8,
	       "SO_TIMESTAMPNS_OLD, \"\\1\\0\\0\\0\\0\\0\\0\\0\"",
	       "a number that IP_ADD_MEMBERSHIP has, too");
	put(0, 1);
	opt_is(IPPROTO_IP, IP_ADD_MEMBERSHIP, 7,
	       "IP_ADD_MEMBERSHIP, \"\\1\\0\\0\\0\\0\\0\\0\"",
	       "a group, cut short");
	val[0] = AF_INET;
	val[3] = 80;
	opt_is(IPPROTO_IP, 80, 16,
	       "SO_ORIGINAL_DST, {sa_family=AF_INET, sin_port=htons(80), "
	       "sin_addr=inet_addr(\"0.0.0.0\")}",
	       "SO_ORIGINAL_DST, an address");
	opt_is(IPPROTO_IP, 80, 1,
	       "SO_ORIGINAL_DST, \"\\0\"", "less than a family");
	opt_is(IPPROTO_IPV6, 42, 4,
	       "MCAST_JOIN_GROUP, [0]", "MCAST_*, of IPv6");
	put(0, ECONNREFUSED);
	opt_is(SOL_SOCKET, SO_ERROR, 4,
	       "SO_ERROR, [ECONNREFUSED]", "an error has a name");
	opt_is(SOL_SOCKET, SO_ERROR, 4,
	       "SO_ERROR, [0]", "none is none");
}

static void test_tcp_info(void)
{
	val[0] = TCP_ESTABLISHED;
	val[1] = TCP_CA_Recovery;
	val[5] = TCPI_OPT_SACK | TCPI_OPT_WSCALE;
	put(8, 204000);
	opt_is(IPPROTO_TCP, TCP_INFO, 12,
	       "TCP_INFO, {tcpi_state=TCP_ESTABLISHED, "
	       "tcpi_ca_state=TCP_CA_Recovery, "
	       "tcpi_options=TCPI_OPT_SACK|TCPI_OPT_WSCALE, tcpi_rto=204000}",
	       "an old kernel's");
	val[0] = TCP_ESTABLISHED;
	opt_is(IPPROTO_TCP, TCP_INFO, 7,
	       "TCP_INFO, \"\\1\\0\\0\\0\\0\\0\\0\"", "too short to be one");
}

static void test_unknown(void)
{
	opt_is(SOL_SOCKET, 200, 40,
	       "0xc8 /* SO_??? */, "
	       "\"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
	       "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"...",
	       "no more than -s says");
	opt_is(SOL_SOCKET, 200, 0,
	       "0xc8 /* SO_??? */, 0x1000", "nothing");
	opt_is(SOL_SOCKET, 200, -1,
	       "0xc8 /* SO_??? */, 0x1000", "less than nothing");
	opt_is(SOL_SOCKET, 200, 5,
	       "0xc8 /* SO_??? */, \"\\0\\0\\0\\0\\0\"", "five bytes");
}

int main(void)
{
	test_filters();
	test_structs();
	test_tcp_info();
	test_unknown();
	sk_out_fini(&out);
	return tap_done();
}
