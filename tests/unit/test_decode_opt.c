/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: socket options whose values are neither numbers nor simple. */
#include "fakeline.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "trace/dec.h"

static unsigned char val[4096];
static bool verbose;

static void opt_of(enum sk_sys sys, int level, int name, int64_t len,
		   const char *want, const char *what)
{
	struct sk_dec d = { &show, &f.ev, NULL };

	begin(sys);
	style.verbose = verbose;
	fake_map(&f, 0x1000, val, sizeof(val));
	sk_dec_optname(&d, level, name);
	sk_dec_optval(&d, level, name, 0x1000, len);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, what);
	memset(val, 0, sizeof(val));
}

static void opt_is(int level, int name, int64_t len, const char *want,
		   const char *what)
{
	opt_of(SK_SYS_getsockopt, level, name, len, want, what);
}

static void set_is(int level, int name, int64_t len, const char *want,
		   const char *what)
{
	opt_of(SK_SYS_setsockopt, level, name, len, want, what);
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
	       "ICMP_FILTER, [0x18 /* ICMP_??? */ 0x19 /* ICMP_??? */ "
	       "0x1a /* ICMP_??? */ 0x1b /* ICMP_??? */ 0x1c /* ICMP_??? */ "
	       "0x1d /* ICMP_??? */ 0x1e /* ICMP_??? */ 0x1f /* ICMP_??? */]",
	       "what lacks of a filter lets nothing pass");
	put(0, 2);
	put(8, 0x5000);
	set_is(SOL_SOCKET, SO_ATTACH_FILTER, 16,
	       "SO_ATTACH_FILTER, {len=2, filter=0x5000}", "a filter");
	set_is(SOL_SOCKET, SO_ATTACH_FILTER, 15,
	       "SO_ATTACH_FILTER, 0x1000", "a filter, cut short");
	opt_is(SOL_SOCKET, SO_ATTACH_FILTER, 2,
	       "SO_GET_FILTER, 0x1000", "got, without -v");
}

/* struct sock_filter, one behind the other. */
static void insn(size_t i, uint16_t code, unsigned jumps, uint32_t k)
{
	memcpy(val + 8 * i, &code, sizeof(code));
	val[8 * i + 2] = (unsigned char)(jumps >> 8);
	val[8 * i + 3] = (unsigned char)jumps;
	put(8 * i + 4, k);
}

static void test_bpf(void)
{
	verbose = true;
	insn(0, 0x28, 0, 12);			/* ldh [12] */
	insn(1, 0x15, 0x0102, 0x800);		/* jeq #0x800 */
	insn(2, 0x20, 0, 0xfffff004);		/* ld type */
	insn(3, 0x30, 0, 0xfff00008);		/* ldb [net 8] */
	insn(4, 0x30, 0, 0xffe00004);		/* ldb [ll 4] */
	insn(5, 0x54, 0, 0x3f);			/* and #0x3f */
	insn(6, 0x87, 0, 0);			/* txa */
	insn(7, 0x16, 0, 0);			/* ret a */
	opt_is(SOL_SOCKET, SO_ATTACH_FILTER, 8,
	       "SO_GET_FILTER, [BPF_STMT(BPF_LD|BPF_H|BPF_ABS, 0xc), "
	       "BPF_JUMP(BPF_JMP|BPF_K|BPF_JEQ, 0x800, 0x1, 0x2), "
	       "BPF_STMT(BPF_LD|BPF_W|BPF_ABS, SKF_AD_OFF+SKF_AD_PKTTYPE), "
	       "BPF_STMT(BPF_LD|BPF_B|BPF_ABS, SKF_NET_OFF+8), "
	       "BPF_STMT(BPF_LD|BPF_B|BPF_ABS, SKF_LL_OFF+4), "
	       "BPF_STMT(BPF_ALU|BPF_K|BPF_AND, 0x3f), "
	       "BPF_STMT(BPF_MISC|BPF_TXA, 0), BPF_STMT(BPF_RET|BPF_A, 0)]",
	       "a filter's instructions");
	insn(0, 0x42, 0, 1);			/* st, with bits too many */
	insn(1, 0xf6, 0, 2);
	opt_is(SOL_SOCKET, SO_ATTACH_FILTER, 2,
	       "SO_GET_FILTER, [BPF_STMT(BPF_ST|0x40 /* BPF_??? */, 0x1), "
	       "BPF_STMT(BPF_RET|BPF_A|0xe0 /* BPF_??? */, 0x2)]",
	       "that make no sense");
	opt_is(SOL_SOCKET, SO_ATTACH_FILTER, 65536,
	       "SO_GET_FILTER, 0x1000", "more than there can be");
	verbose = false;
}

static void test_structs(void)
{
	put(0, 1);
	opt_is(SOL_SOCKET, SO_TIMESTAMPNS, 8, "SO_TIMESTAMPNS_OLD, [1]",
	       "a number that IP_ADD_MEMBERSHIP has, too");
	put(0, 1);
	set_is(IPPROTO_IP, IP_ADD_MEMBERSHIP, 7,
	       "IP_ADD_MEMBERSHIP, 0x1000", "a group, cut short");
	put(0, 0x030000e0);
	set_is(IPPROTO_IP, IP_ADD_MEMBERSHIP, INT32_MAX,
	       "IP_ADD_MEMBERSHIP, {imr_multiaddr=inet_addr(\"224.0.0.3\"), "
	       "imr_interface=inet_addr(\"0.0.0.0\")}",
	       "a group that claims to be long");
	put(0, 7);
	put(8, 2 | 0x50000000);
	put(12, 0x030000e0);
	set_is(IPPROTO_IP, MCAST_JOIN_GROUP, 136,
	       "MCAST_JOIN_GROUP, {gr_interface=7, gr_group={"
	       "sa_family=AF_INET, sin_port=htons(80), "
	       "sin_addr=inet_addr(\"224.0.0.3\")}}", "a group of any family");
	set_is(IPPROTO_IPV6, MCAST_LEAVE_GROUP, 135,
	       "MCAST_LEAVE_GROUP, 0x1000", "and less of it");
	put(0, 1);
	put(4, 0x8d4fdf);
	opt_is(SOL_SOCKET, SO_LINGER, 7,
	       "SO_LINGER, {l_onoff=1, l_linger=\"\\xdf\\x4f\\x8d\"}",
	       "what is got may end within a field");
	put(0, 12);
	opt_is(SOL_SOCKET, SO_PEERCRED, 4, "SO_PEERCRED, {pid=12}",
	       "or between them");
	put(0, 1);
	set_is(263, 5, 16, "PACKET_RX_RING, {tp_block_size=1, tp_block_nr=0, "
	       "tp_frame_size=0, tp_frame_nr=0}", "a packet ring");
	set_is(263, 5, 17, "PACKET_RX_RING, 0x1000", "which is one length");
	put(0, 5);
	opt_is(263, 6, 6, "PACKET_STATISTICS, {tp_packets=5, "
	       "tp_drops=\"\\x00\\x00\"}", "statistics, cut short");
	put(0, 6);
	opt_is(SOL_SOCKET, SO_REUSEADDR, 3,
	       "SO_REUSEADDR, \"\\x06\\x00\\x00\"", "half a number");
	opt_is(SOL_SOCKET, SO_TYPE, 3,
	       "SO_TYPE, \"\\0\\0\\0\"", "of SO_TYPE, a string");
	put(0, 9);
	set_is(270, 1, 5, "NETLINK_ADD_MEMBERSHIP, [9]",
	       "netlink takes ints, and more");
	set_is(270, 1, 3, "NETLINK_ADD_MEMBERSHIP, 0x1000", "not less");
	put(0, 9);
	opt_is(270, 1, 3, "NETLINK_ADD_MEMBERSHIP, [9]", "but gives ints");
	opt_is(270, 9, 3, "NETLINK_LIST_MEMBERSHIPS, []", "or lists of them");
	opt_is(IPPROTO_IP, 64, 4, "IPT_SO_GET_INFO, [0]", "netfilter's, got");
	set_is(IPPROTO_IP, 64, 4, "IPT_SO_SET_REPLACE, [0]", "and set");
	set_is(IPPROTO_IPV6, 65, 4, "IP6T_SO_SET_ADD_COUNTERS, [0]",
	       "and of IPv6");
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

/* What a value is depends on who gives it, and how much there is of it. */
static void test_ways(void)
{
	put(0, 3);
	set_is(270, 9, 8, "NETLINK_LIST_MEMBERSHIPS, [3]", "no list is set");
	put(0, 3);
	opt_is(270, 9, 6, "NETLINK_LIST_MEMBERSHIPS, [3]",
	       "of a list got the whole numbers");
	put(0, 3);
	set_is(SOL_SOCKET, SO_ERROR, 2, "SO_ERROR, \"\\3\\0\"",
	       "an error is not set");
	put(0, 3);
	opt_is(SOL_SOCKET, SO_ERROR, 2, "SO_ERROR, \"\\x03\\x00\"",
	       "half of one that is got");
	put(0, 5);
	put(8, 6);
	set_is(SOL_SOCKET, SO_RCVTIMEO, 20,
	       "SO_RCVTIMEO_OLD, {tv_sec=5, tv_usec=6}", "a time, and more");
	put(0, 7);
	set_is(SOL_SOCKET, SO_COOKIE, 4, "SO_COOKIE, [7]",
	       "of a longer number an int");
	set_is(SOL_SOCKET, 200, 40000, "0xc8 /* SO_??? */, "
	       "\"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
	       "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"..."
	       , "of what is long the beginning");
	put(0, 6);
	opt_is(SOL_SOCKET, SO_PROTOCOL, 2, "SO_PROTOCOL, \"\\6\\0\"",
	       "of SO_PROTOCOL, a string");
	put(0, 7);
	put(4, 4 << 16);
	put(8, 0x04030201);
	set_is(263, 1, 16, "PACKET_ADD_MEMBERSHIP, {mr_ifindex=7, "
	       "mr_type=PACKET_MR_MULTICAST, mr_alen=4, "
	       "mr_address=01:02:03:04}", "an address as long as it says");
	put(0, 0xffff);
	opt_is(IPPROTO_RAW, 1, 4, "ICMP_FILTER, [ICMP_ECHOREPLY "
	       "0x1 /* ICMP_??? */ 0x2 /* ICMP_??? */ ICMP_DEST_UNREACH "
	       "ICMP_SOURCE_QUENCH ICMP_REDIRECT 0x6 /* ICMP_??? */ "
	       "0x7 /* ICMP_??? */ ICMP_ECHO 0x9 /* ICMP_??? */ "
	       "0xa /* ICMP_??? */ ICMP_TIME_EXCEEDED ICMP_PARAMETERPROB "
	       "ICMP_TIMESTAMP ICMP_TIMESTAMPREPLY ICMP_INFO_REQUEST]",
	       "half of the types are not many");
	put(0, 9);
	opt_is(IPPROTO_RAW, 2, 4, "0x2 /* RAW_??? */, [9]",
	       "another option of raw sockets");
	set_is(SOL_SOCKET, SO_ATTACH_FILTER, 17, "SO_ATTACH_FILTER, 0x1000",
	       "a filter, and more");
}

/* As strace has them; what has no name is a number. */
static void test_rehash(void)
{
	put(0, 1);
	set_is(SOL_SOCKET, 74, 4, "SO_TXREHASH, [SOCK_TXREHASH_ENABLED]",
	       "SO_TXREHASH has names");
	put(0, 255);
	set_is(SOL_SOCKET, 74, 8, "SO_TXREHASH, [SOCK_TXREHASH_DEFAULT]",
	       "and more room than it needs");
	put(0, 3);
	set_is(SOL_SOCKET, 74, 4, "SO_TXREHASH, [3]", "a number without one");
	put(0, 0xffffffff);
	set_is(SOL_SOCKET, 74, 4, "SO_TXREHASH, [-1]", "with its sign");
	put(0, 1);
	set_is(270, 74, 4, "0x4a /* NETLINK_??? */, [1]", "another level's");
	set_is(SOL_SOCKET, 74, 2, "SO_TXREHASH, 0x1000", "half a number");
	put(0, 1);
	opt_is(SOL_SOCKET, 74, 2, "SO_TXREHASH, \"\\x01\\x00\"",
	       "half of one that is got");
	put(0, 1);
	set_is(SOL_SOCKET, 75, 4, "SO_RCVMARK, [1]", "another option's");
}

/* i386 has its groups closer together; x32 has not. */
static void test_groups(void)
{
	struct sk_dec d = { &show, &f.ev, NULL };
	static const struct { enum sk_abi abi; int64_t len; } rows[] = {
		{ SK_ABI_I386, 132 }, { SK_ABI_X32, 136 },
	};

	for (size_t i = 0; i < 2; i++) {
		begin(SK_SYS_setsockopt);
		f.ev.abi = rows[i].abi;
		put(0, 7);
		put(i ? 8 : 4, 2);
		fake_map(&f, 0x1000, val, sizeof(val));
		sk_dec_optval(&d, IPPROTO_IP, MCAST_JOIN_GROUP, 0x1000,
			      rows[i].len);
		sk_out_char(&out, '\0');
		is_str(out.buf, "{gr_interface=7, gr_group={sa_family=AF_INET,"
		       " sin_port=htons(0), sin_addr=inet_addr(\"0.0.0.0\")}}",
		       i ? "x32: a group" : "i386: a group");
		memset(val, 0, sizeof(val));
	}
}

static void test_verbose(void)
{
	struct sk_dec d = { &show, &f.ev, NULL };
	struct sk_json json;

	verbose = true;
	val[0] = TCP_CLOSE;
	opt_is(IPPROTO_TCP, TCP_INFO, 8, "TCP_INFO, {tcpi_state=TCP_CLOSE, "
	       "tcpi_ca_state=TCP_CA_Open, tcpi_retransmits=0, tcpi_probes=0, "
	       "tcpi_backoff=0, tcpi_options=0, tcpi_snd_wscale=0, "
	       "tcpi_rcv_wscale=0, tcpi_delivery_rate_app_limited=0, "
	       "tcpi_fastopen_client_fail=0}", "-v: what is zero, too");
	verbose = false;
	begin(SK_SYS_getsockopt);
	style.verbose = true;
	fake_map(&f, 0x1000, val, sizeof(val));
	sk_dec_optval(&d, SOL_SOCKET, SO_ATTACH_FILTER, 0x1000, 65535);
	ok(out.buf[0] == '[', "as many instructions as may be");
	begin(SK_SYS_getsockopt);
	fake_map(&f, 0x1000, val, sizeof(val));
	sk_json_init(&json, &out);
	sk_show_json(&show, &json, &style);
	sk_dec_optval(&d, IPPROTO_TCP, TCP_INFO, 0x1000, 8);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "\"tcpi_probes\":0") != NULL,
	   "JSON has all of it: %s", out.buf);
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
	test_bpf();
	test_structs();
	test_tcp_info();
	test_ways();
	test_rehash();
	test_groups();
	test_verbose();
	test_unknown();
	sk_out_fini(&out);
	return tap_done();
}
