/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: types of netlink messages and their heads, and what few of them have,
 * as strace has it.
 */
#include "fakenetlink.h"

/* Types of messages, and the flags that go with them. */
static void test_types(void)
{
	static const struct {
		int protocol;
		uint16_t type, flags;
		const char *want;
	} rows[] = {
		{ 0, 49, 0x100, "RTM_DELACTION, flags=NLM_F_ROOT" },
		{ 0, 48, 0x100, "RTM_NEWACTION, flags=NLM_F_REPLACE" },
		{ 0, 200, 0, "0xc8 /* RTM_??? */, flags=0" },
		{ 6, 16, 0x400, "XFRM_MSG_NEWSA, flags=NLM_F_CREATE" },
		{ 6, 17, 0x100, "XFRM_MSG_DELSA, flags=NLM_F_NONREC" },
		{ 6, 18, 0x300, "XFRM_MSG_GETSA, flags=NLM_F_DUMP" },
		{ 6, 22, 0x100, "XFRM_MSG_ALLOCSPI, flags=0x100 "
				"/* NLM_F_??? */" },
		{ 7, 17, 1, "SELNL_MSG_POLICYLOAD, flags=NLM_F_REQUEST" },
		{ 7, 99, 1, "0x63 /* SELNL_MSG_??? */, flags=NLM_F_REQUEST" },
		{ 9, 1305, 0, "AUDIT_CONFIG_CHANGE, flags=0" },
		{ 12, 16, 1, "NFNL_MSG_BATCH_BEGIN, flags=NLM_F_REQUEST" },
		{ 12, 0xa00, 0x400, "NFNL_SUBSYS_NFTABLES<<8|NFT_MSG_NEWTABLE, "
				    "flags=NLM_F_CREATE" },
		{ 12, 0x101, 0x300, "NFNL_SUBSYS_CTNETLINK<<8|"
				    "IPCTNL_MSG_CT_GET, flags=NLM_F_DUMP" },
		{ 12, 0x60a, 0x100, "NFNL_SUBSYS_IPSET<<8|IPSET_CMD_DEL, "
				    "flags=0x100 /* NLM_F_??? */" },
		{ 12, 0x1ff, 0, "NFNL_SUBSYS_CTNETLINK<<8|0xff "
				"/* IPCTNL_MSG_CT_??? */, flags=0" },
		{ 12, 0xff02, 0, "0xff /* NFNL_SUBSYS_??? */<<8|0x2, flags=0" },
		{ 21, 19, 0x300, "CRYPTO_MSG_GETALG, flags=NLM_F_DUMP" },
		{ 22, 19, 0x300, "0x13 /* NLMSG_??? */, flags=0x300 "
				 "/* NLM_F_??? */" },
	};
	char want[160];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		only(rows[i].type, rows[i].flags);
		snprintf(want, sizeof(want), "{len=16, type=%s}",
			 rows[i].want);
		is(rows[i].protocol, want, rows[i].want);
	}
}

static void test_bodies(void)
{
	only(0xa00, 1);
	put("\1\0\0\12", 4);
	is(12, "[{len=20, type=NFNL_SUBSYS_NFTABLES<<8|NFT_MSG_NEWTABLE, "
	   "flags=NLM_F_REQUEST}, {nfgen_family=AF_UNIX, "
	   "version=NFNETLINK_V0, res_id=htons(10)}]", "netfilter's own head");
	only(38, 1);
	put("\0\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0", 20);
	attribute(1, "fq", 3);
	is(ROUTE, "[{len=43, type=RTM_GETQDISC, flags=NLM_F_REQUEST}, "
	   "{tcm_family=AF_UNSPEC, tcm_ifindex=0, tcm_handle=1, tcm_parent=2, "
	   "tcm_info=3}, [{nla_len=7, nla_type=TCA_KIND}, \"fq\"]]",
	   "disciplines of queues");
	only(100, 1);
	put("\2ab", 3);
	is(ROUTE, "[{len=19, type=RTM_NEWCHAIN, flags=NLM_F_REQUEST}, "
	   "{family=AF_INET, data=\"\\x61\\x62\"}]", "what is not known");
	only(16, 1);
	put("\2\0\1\0", 4);
	is(ROUTE, "[{len=20, type=RTM_NEWLINK, flags=NLM_F_REQUEST}, "
	   "{ifi_family=AF_INET, ...}]", "less than a link");
	len = 0;
	put("libudev", 8);
	mapped(15, len, "\"libudev\\0\"", "of the kernel's devices, text");
}

static void test_diag(void)
{
	static const unsigned char zero[72];
	unsigned char p[72] = { AF_INET };

	only(20, 1);
	put(p, 55);
	is(DIAG, "[{len=71, type=SOCK_DIAG_BY_FAMILY, flags=NLM_F_REQUEST}, "
	  "\"\\x02\\x00\"...]", "a request, cut short");
	only(20, 2);
	p[1] = 1;
	put(p, 71);
	is(DIAG, "[{len=87, type=SOCK_DIAG_BY_FAMILY, flags=NLM_F_MULTI}, "
	  "\"\\x02\\x01\"...]", "an answer, cut short");
	only(20, 2);
	put(p, 72);
	is(DIAG, "[{len=88, type=SOCK_DIAG_BY_FAMILY, flags=NLM_F_MULTI}, "
	  "{idiag_family=AF_INET, idiag_state=TCP_ESTABLISHED, idiag_timer=0, "
	  "idiag_retrans=0, id={idiag_sport=htons(0), idiag_dport=htons(0), "
	  "idiag_src=inet_addr(\"0.0.0.0\"), "
	  "idiag_dst=inet_addr(\"0.0.0.0\"), idiag_if=0, idiag_cookie=[0, "
	  "0]}, idiag_expires=0, idiag_rqueue=0, idiag_wqueue=0, idiag_uid=0, "
	  "idiag_inode=0}]", "an answer");
	only(20, 1);
	put(p, 56);
	is(DIAG, "[{len=72, type=SOCK_DIAG_BY_FAMILY, flags=NLM_F_REQUEST}, "
	  "{sdiag_family=AF_INET, sdiag_protocol=IPPROTO_ICMP, idiag_ext=0, "
	  "idiag_states=0, id={idiag_sport=htons(0), idiag_dport=htons(0), "
	  "idiag_src=inet_addr(\"0.0.0.0\"), "
	  "idiag_dst=inet_addr(\"0.0.0.0\"), idiag_if=0, idiag_cookie=[0, "
	  "0]}}]", "a request");
	only(21, 2);
	put(p, 72);
	is(DIAG, "[{len=88, type=SOCK_DESTROY, flags=NLM_F_MULTI}, "
	  "\"\\x02\\x01\"...]", "another message than SOCK_DIAG_BY_FAMILY");
	only(20, 2);
	put(zero, 24);
	is(DIAG, "[{len=40, type=SOCK_DIAG_BY_FAMILY, flags=NLM_F_MULTI}, "
	  "\"\"]", "of no family");
	only(15, 2);
	put(zero, 4);
	is(GENERIC, "[{len=20, type=0xf /* NLMSG_??? */, flags=NLM_F_MULTI}, "
	  "\"\"]", "below the first of the protocol's own");
}

/* An IPv6 socket's answer and request, and what a request has with it. */
static void test_inet6(void)
{
	unsigned char p[72] = { AF_INET6 };

	p[4 + 4] = 0x20;
	p[4 + 20] = 0x30;
	only(20, 2);
	put(p, 72);
	is(DIAG, "[{len=88, type=SOCK_DIAG_BY_FAMILY, flags=NLM_F_MULTI}, "
	  "{idiag_family=AF_INET6, idiag_state=0 /* TCP_??? */, "
	  "idiag_timer=0, idiag_retrans=0, id={idiag_sport=htons(0), "
	  "idiag_dport=htons(0), inet_pton(AF_INET6, \"2000::\", "
	  "&idiag_src), inet_pton(AF_INET6, \"3000::\", &idiag_dst), "
	  "idiag_if=0, idiag_cookie=[0, 0]}, idiag_expires=0, "
	  "idiag_rqueue=0, idiag_wqueue=0, idiag_uid=0, idiag_inode=0}]",
	  "an answer of IPv6");
	memset(p, 0, sizeof(p));
	p[0] = AF_INET;
	only(20, 1);
	put(p, 56);
	attribute(2, "\1\0\0\0", 4);
	is(DIAG, "[{len=80, type=SOCK_DIAG_BY_FAMILY, flags=NLM_F_REQUEST}, "
	  "{sdiag_family=AF_INET, sdiag_protocol=IPPROTO_IP, idiag_ext=0, "
	  "idiag_states=0, id={idiag_sport=htons(0), idiag_dport=htons(0), "
	  "idiag_src=inet_addr(\"0.0.0.0\"), idiag_dst=inet_addr("
	  "\"0.0.0.0\"), idiag_if=0, idiag_cookie=[0, 0]}}, [{nla_len=8, "
	  "nla_type=INET_DIAG_REQ_SK_BPF_STORAGES}, "
	  "\"\\x01\\x00\"]]",
	  "what a request has is of another table");
}

static void hops_are(const char *hops, size_t n, const char *want,
		     const char *name)
{
	char whole[500];

	route(AF_INET);
	attribute(9, hops, n);
	snprintf(whole, sizeof(whole), "[{len=%zu, type=RTM_NEWROUTE, "
		 "flags=0}, {rtm_family=AF_INET}, [{nla_len=%zu, "
		 "nla_type=RTA_MULTIPATH}, %s]]", len, n + 4, want);
	is(ROUTE, whole, name);
}

#define LO "rtnh_ifindex=if_nametoindex(\"lo\")}"

/* The ways of a route, each with attributes of its own, as in strace. */
static void test_hops(void)
{
	static const char hops[] = "\20\0\1\2\1\0\0\0\10\0\5\0\177\0\0\1"
				   "\10\0\200\1\1\0\0\0";

	hops_are(hops + 16, 8, "{rtnh_len=8, rtnh_flags=0x80 /* RTNH_F_??? */,"
		 " rtnh_hops=1, " LO, "one");
	hops_are(hops, 16, "[{rtnh_len=16, rtnh_flags=RTNH_F_DEAD, "
		 "rtnh_hops=2, " LO ", [{nla_len=8, nla_type=RTA_GATEWAY}, "
		 "inet_addr(\"127.0.0.1\")]]", "one with a gateway");
	hops_are(hops, 24, "[[{rtnh_len=16, rtnh_flags=RTNH_F_DEAD, "
		 "rtnh_hops=2, " LO ", [{nla_len=8, nla_type=RTA_GATEWAY}, "
		 "inet_addr(\"127.0.0.1\")]], {rtnh_len=8, rtnh_flags=0x80 "
		 "/* RTNH_F_??? */, rtnh_hops=1, " LO "]", "two");
	hops_are(hops, 7, "\"\\x10\\x00\\x01\\x02\\x01\"", "less than one");
	hops_are("\7\0\0\0\1\0\0\0\10\0\0\0\1\0\0", 16, "{rtnh_len=7, "
		 "rtnh_flags=0, rtnh_hops=0, " LO, "one shorter than its head");
	hops_are("\11\0\0\0\1\0\0\0x\0\0\0\10\0\0\0\1\0\0", 20,
		 "[{rtnh_len=9, rtnh_flags=0, rtnh_hops=0, " LO ", "
		 "{rtnh_len=8, rtnh_flags=0, rtnh_hops=0, " LO "]",
		 "one that is padded");
	hops_are("\377\377\0\0\1\0\0", 8, "{rtnh_len=65535, rtnh_flags=0, "
		 "rtnh_hops=0, " LO, "one longer than all");
}

/* Ways in ways in ways: the kernel knows none, and there is an end to it. */
static void test_depth(void)
{
	uint16_t deep[8 * 6] = { 0 };
	int n = 0;

	for (unsigned i = 0; i < 8; i++) {
		deep[6 * i] = (uint16_t)(12 * (8 - i) - 4);
		deep[6 * i + 4] = (uint16_t)(12 * (8 - i) - 12);
		deep[6 * i + 5] = 9;
	}
	route(AF_INET);
	attribute(9, deep, sizeof(deep) - 4);
	ends(0);
	netlink_sent(ROUTE, buf, len);
	for (const char *p = out.buf; (p = strstr(p, "rtnh_len")); p++)
		n++;
	is_int(n, 5, "as deep as the kernel's policies go");
}

int main(void)
{
	test_types();
	test_bodies();
	test_diag();
	test_inet6();
	test_hops();
	test_depth();
	sk_out_fini(&out);
	return tap_done();
}
