/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: netlink messages that are short, long, strange or lie. */
#include "fakenetlink.h"

#include <netinet/in.h>

/* --- heads ---------------------------------------------------------------- */

static void test_flags(void)
{
	only(18, 0x301);
	is(GENERIC,
	    "{len=16, type=0x12 /* GENERIC_FAMILY_??? */, "
	    "flags=NLM_F_REQUEST|0x300}",
	    "flags whose meaning is not known");
	only(1, 0x301);
	is(ROUTE, "{len=16, type=NLMSG_NOOP, flags=NLM_F_REQUEST|0x300}",
	  "NLMSG_NOOP has none of RTM_GET");
	only(3, 0x102);
	is(DIAG, "{len=16, type=NLMSG_DONE, flags=NLM_F_MULTI|0x100}",
	  "nor has NLMSG_DONE");
	only(19, 0x300);
	is(ROUTE, "{len=16, type=RTM_SETLINK, flags=0x300 /* NLM_F_??? */}",
	  "nor RTM_SETLINK");
	only(16, 0x600);
	is(ROUTE, "{len=16, type=RTM_NEWLINK, flags=NLM_F_EXCL|NLM_F_CREATE}",
	  "RTM_NEWLINK");
	only(1006, 5);
	is(AUDIT,
	    "{len=16, type=AUDIT_LOGIN, flags=NLM_F_REQUEST|NLM_F_ACK}",
	    "a protocol without names of messages");
}

static void test_lengths(void)
{
	only(3, 2);
	ends(0);
	message(3, 0);
	is(ROUTE, "[{len=16, type=NLMSG_DONE, flags=NLM_F_MULTI}, {len=16, "
	  "type=NLMSG_DONE, flags=0}]", "two messages");
	ends(15);
	mapped(ROUTE, len, "[{len=16, type=NLMSG_DONE, flags=NLM_F_MULTI}, "
	      "{len=15, type=NLMSG_DONE, flags=0}]",
	      "the second is shorter than its head");
	ends(17);
	mapped(ROUTE, len, "[{len=16, type=NLMSG_DONE, flags=NLM_F_MULTI}, "
	      "{len=17, type=NLMSG_DONE, flags=0}]", "longer than there is");
	mapped(ROUTE, len - 1,
	    "[{len=16, type=NLMSG_DONE, flags=NLM_F_MULTI}, ... /* 0x1010 */]",
	    "not all mapped");
	len -= 1;
	mapped(ROUTE, len,
	    "[{len=16, type=NLMSG_DONE, flags=NLM_F_MULTI}, \"\\x11\\x00\\x03"
	    "\\x00\\x01\"]",
	    "the second is cut");
	only(3, 2);
	ends(0);
	len = 15;
	mapped(ROUTE, len,
	    "\"\\x10\\x00\\x03\\x00\\x02\\x00\\x01\"",
	    "no message at all");
	only(3, 2);
	put("abcd", 4);
	ends(5);
	mapped(ROUTE, len, "{len=5, type=NLMSG_DONE, flags=NLM_F_MULTI}",
	      "the only one is shorter than its head");
	ends(0);
	mapped(ROUTE, 16, "[{len=20, type=NLMSG_DONE, flags=NLM_F_MULTI}, "
	      "0x1010]", "NLMSG_DONE, its status not mapped");
	is(ROUTE, "[{len=20, type=NLMSG_DONE, flags=NLM_F_MULTI}, 1684234849]",
	  "NLMSG_DONE, and a status");
	len -= 2;
	is(ROUTE, "[{len=18, type=NLMSG_DONE, flags=NLM_F_MULTI}, "
	  "\"\\x61\\x62\"]", "half a status");
}

/* Another message lies where this one would end, but was not sent. */
static void test_lies(void)
{
	only(3, 2);
	ends(0);
	message(3, 0);
	ends(4);
	mapped(ROUTE, len, "[{len=16, type=NLMSG_DONE, flags=NLM_F_MULTI}, "
	      "{len=4, type=NLMSG_DONE, flags=0}]",
	      "the second is no longer than a number");
	put(buf + 200, 48);
	ends(64);
	message(3, 0);
	ends(0);
	len = 32;
	mapped(ROUTE, 96, "[{len=16, type=NLMSG_DONE, flags=NLM_F_MULTI}, "
	      "{len=64, type=NLMSG_DONE, flags=0}]",
	      "the second ends behind what is sent");
	len = 15;
	mapped(ROUTE, 16,
	    "\"\\x10\\x00\\x03\\x00\\x02\\x00\\x01\"",
	    "no head was sent");
	len = 16;
	mapped(ROUTE, 15, "0x1000", "no head is mapped");
	only(16, 0);
	put(buf + 200, 16);
	ends(0);
	mapped(ROUTE, 16, "[{len=32, type=RTM_NEWLINK, flags=0}, 0x1010]",
	      "a body that is not mapped");
	only(3, 0);
	put("abcd", 4);
	ends(18);
	mapped(ROUTE, 20, "[{len=18, type=NLMSG_DONE, flags=0}, "
	      "\"\\x61\\x62\"]",
	      "half a status, the rest of which is not sent");
}

static void test_much(void)
{
	only(1006, 1);
	len += 2000;
	strings = 3000;
	is(AUDIT,
	    "[{len=2016, type=AUDIT_LOGIN, flags=NLM_F_REQUEST}, \"\\x10\\x00"
	    "\\x03\\x00\\x01\\x00\"...]",
	    "more than is copied");
	strings = SK_SHOW_STRINGS;
	len = 0;
	for (int i = 0; i < 40; i++) {
		message(3, 0);
		ends(0);
	}
	the_protocol = ROUTE;
	begin(SK_SYS_send);
	ARGS(16, 0x1000, len, 0);
	fake_map(&f, 0x1000, buf, len);
	sk_decode_arg(&show, &f.ev, &fake_fds, 1);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "nlmsg_pid=0}, ...]"), "more than are shown");
}

/* --- errors --------------------------------------------------------------- */

static void failed(uint16_t flags, int32_t error, uint16_t type)
{
	const struct nlmsghdr h = { 16, type, 1, 1, 0 };

	only(2, flags);
	put(&error, 4);
	put(&h, sizeof(h));
}

static void test_errors(void)
{
	failed(0, -4000, 18);
	is(ROUTE, "[{len=36, type=NLMSG_ERROR, flags=0}, {error=-4000, "
	  "msg={len=16, type=RTM_GETLINK, flags=NLM_F_REQUEST}}]",
	  "an error without a name");
	failed(0, 0, 18);
	is(ROUTE, "[{len=36, type=NLMSG_ERROR, flags=0}, {error=0, "
	  "msg={len=16, type=RTM_GETLINK, flags=NLM_F_REQUEST}}]", "no error");
	failed(0, -22, 2);
	is(ROUTE, "[{len=36, type=NLMSG_ERROR, flags=0}, {error=-EINVAL, "
	  "msg={len=16, type=NLMSG_ERROR, flags=NLM_F_REQUEST}}]",
	  "an error about an error");
	failed(0, -22, 2);
	buf[20] = 40;
	put(buf + 200, 24);
	is(ROUTE, "[{len=60, type=NLMSG_ERROR, flags=0}, {error=-EINVAL, "
	  "msg={len=40, type=NLMSG_ERROR, flags=NLM_F_REQUEST}}]",
	  "an error about an error about something");
	failed(0x100, -22, 18);
	buf[20] = 40;
	put(buf + 200, 24);
	is(ROUTE,
	    "[{len=60, type=NLMSG_ERROR, flags=NLM_F_CAPPED}, "
	    "[{error=-EINVAL, msg={len=40, type=RTM_GETLINK, "
	    "flags=NLM_F_REQUEST}}, {nla_len=1, nla_type=0 /* "
	    "NLMSGERR_ATTR_??? */}]]",
	    "what was asked is not repeated");
	failed(0, -22, 18);
	ends(28);
	mapped(ROUTE, 36,
	    "[[{len=28, type=NLMSG_ERROR, flags=0}, \"\\xea\\xff\\xff\\xff"
	    "\\x10\\x00\\x12\\x00\\x01\\x00\"], \"\\x01\\x00\"]",
	    "a head of which half is sent");
	ends(18);
	mapped(ROUTE, 36, "[[{len=18, type=NLMSG_ERROR, flags=0}, "
	      "\"\\xea\\xff\"], {len=16, type=RTM_GETLINK, "
	      "flags=NLM_F_REQUEST}]", "an error of which half is sent");
	failed(0, -22, 18);
	len = 28;
	is(ROUTE,
	    "[{len=28, type=NLMSG_ERROR, flags=0}, \"\\xea\\xff\\xff\\xff"
	    "\\x10\\x00\\x12\\x00\\x01\\x00\"]",
	    "half a head");
	failed(0, -22, 18);
	len = 18;
	is(ROUTE, "[{len=18, type=NLMSG_ERROR, flags=0}, \"\\xea\\xff\"]",
	  "half an error");
	failed(0, -22, 18);
	ends(0);
	mapped(ROUTE, 16, "[{len=36, type=NLMSG_ERROR, flags=0}, 0x1010]",
	      "an error that is not mapped");
	mapped(ROUTE, 20,
	    "[{len=36, type=NLMSG_ERROR, flags=0}, 0x1010]",
	    "whose cause is not mapped");
	failed(0x300, -22, 18);
	attribute(1, "no", 3);
	ends(0);
	mapped(ROUTE, 20,
	    "[{len=43, type=NLMSG_ERROR, flags=NLM_F_CAPPED|NLM_F_ACK_TLVS}, "
	    "0x1010]",
	    "neither the cause nor the reason is mapped");
	failed(0x300, -22, 18);
	attribute(1, "no", 3);
	is(ROUTE, "[{len=43, type=NLMSG_ERROR, "
	  "flags=NLM_F_CAPPED|NLM_F_ACK_TLVS}, [{error=-EINVAL, msg={len=16, "
	  "type=RTM_GETLINK, flags=NLM_F_REQUEST}}, [{nla_len=7, "
	  "nla_type=NLMSGERR_ATTR_MSG}, \"no\"]]]", "the kernel says why");
	mapped(ROUTE, 36, "[{len=43, type=NLMSG_ERROR, "
	      "flags=NLM_F_CAPPED|NLM_F_ACK_TLVS}, [{error=-EINVAL, "
	      "msg={len=16, type=RTM_GETLINK, flags=NLM_F_REQUEST}}, 0x1024]]",
	      "which is not mapped");
	failed(0x100, -22, 18);
	attribute(1, "no", 3);
	is(ROUTE,
	    "[{len=43, type=NLMSG_ERROR, flags=NLM_F_CAPPED}, "
	    "[{error=-EINVAL, msg={len=16, type=RTM_GETLINK, "
	    "flags=NLM_F_REQUEST}}, [{nla_len=7, "
	    "nla_type=NLMSGERR_ATTR_MSG}, \"no\"]]]",
	    "nothing is said to be said");
	failed(0x200, -22, 18);
	put("abc", 3);
	is(ROUTE, "[{len=39, type=NLMSG_ERROR, flags=NLM_F_ACK_TLVS}, "
	  "[{error=-EINVAL, msg={len=16, type=RTM_GETLINK, "
	  "flags=NLM_F_REQUEST}}, \"\\x61\\x62\\x63\"]]",
	  "less than an attribute");
}

/* --- attributes ----------------------------------------------------------- */

static void test_addresses(void)
{
	static const unsigned char some[16] = { 127, 0, 0, 1 };

	route(AF_INET6);
	attribute(1, some, 16);
	is(ROUTE, "[{len=48, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET6}, [{nla_len=20, nla_type=RTA_DST}, "
	  "inet_pton(AF_INET6, \"7f00:1::\")]]", "IPv6");
	route(AF_INET6);
	attribute(1, some, 4);
	is(ROUTE, "[{len=36, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET6}, [{nla_len=8, nla_type=RTA_DST}, "
	  "\"\\x7f\\x01\"]]", "IPv6, of four bytes");
	route(AF_INET);
	attribute(1, some, 16);
	is(ROUTE, "[{len=48, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET}, [{nla_len=20, nla_type=RTA_DST}, "
	  "\"\\x7f\\x01\"]]", "IPv4, of sixteen");
	route(AF_UNIX);
	attribute(1, some, 4);
	is(ROUTE, "[{len=36, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_UNIX}, [{nla_len=8, nla_type=RTA_DST}, "
	  "\"\\x7f\\x01\"]]", "neither");
}

static void test_numbers(void)
{
	static const unsigned char some[8] = { 1, 2 };

	static const char *const names[9] = {
		[1] = "one byte", [2] = "two bytes", [4] = "four bytes",
		[8] = "eight bytes",
	};
	static const char *const wants[9] = {
		[1] = "33 \"\\x01\"", [2] = "34 \"\\x01\\x02\"",
		[4] = "36 513", [8] = "40 513",
	};

	for (size_t n = 1; n <= 8; n *= 2) {
		char want[200];

		snprintf(want, sizeof(want), "[{len=%.2s, type="
			 "RTM_NEWROUTE, flags=0}, {rtm_family=AF_INET}, "
			 "[{nla_len=%zu, nla_type=RTA_PRIORITY}, %s]]",
			 wants[n], n + 4, wants[n] + 3);
		route(AF_INET);
		attribute(6, some, n);
		is(ROUTE, want, names[n]);
	}
	route(AF_INET);
	attribute(6, some, 3);
	is(ROUTE, "[{len=35, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET}, [{nla_len=7, nla_type=RTA_PRIORITY}, "
	  "\"\\x01\\x02\\x00\"]]", "three bytes are no number");
	route(AF_INET);
	attribute(6, "", 0);
	is(ROUTE, "[{len=32, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET}, {nla_len=4, nla_type=RTA_PRIORITY}]",
	  "nor is nothing");
	route(AF_INET);
	put("ab", 2);
	is(ROUTE, "[{len=30, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET}, \"\\x61\\x62\"]",
	  "two bytes are no attribute");
	route(AF_INET);
	attribute(6, some, 4);
	attribute(6, some, 4);
	buf[36] = 0;
	is(ROUTE, "[{len=44, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET}, [[{nla_len=8, nla_type=RTA_PRIORITY}, 513], "
	  "{nla_len=0, nla_type=RTA_PRIORITY}]]",
	  "an attribute is shorter than its head");
}

/* Generic netlink's list of operations: [1: {id, flags}]. */
static void test_lists(void)
{
	static const unsigned char op[] = { 12, 0, 1, 0,
					    8, 0, 1, 0, 3, 0, 0, 0 };

	only(16, 0);
	put("\1\2\0", 4);
	attribute(6, op, sizeof(op));
	is(GENERIC,
	    "[{len=36, type=nlctrl, flags=0}, {cmd=CTRL_CMD_NEWFAMILY, "
	    "version=2}, [{nla_len=16, nla_type=CTRL_ATTR_OPS}, "
	    "[{nla_len=12, nla_type=1}, [{nla_len=8, "
	    "nla_type=CTRL_ATTR_OP_ID}, 3]]]]",
	    "a list of attributes");
	only(16, 0);
	put("\1\2\0", 4);
	attribute(6, op, 4);
	is(GENERIC,
	    "[{len=28, type=nlctrl, flags=0}, {cmd=CTRL_CMD_NEWFAMILY, "
	    "version=2}, [{nla_len=8, nla_type=CTRL_ATTR_OPS}, {nla_len=12, "
	    "nla_type=1}]]",
	    "an element without any");
	only(16, 0);
	put("\1\2\0", 4);
	attribute(6, "\6\0\1\0ab", 6);
	is(GENERIC,
	    "[{len=30, type=nlctrl, flags=0}, {cmd=CTRL_CMD_NEWFAMILY, "
	    "version=2}, [{nla_len=10, nla_type=CTRL_ATTR_OPS}, [{nla_len=6, "
	    "nla_type=1}, \"\\x61\\x62\"]]]",
	    "an element of two bytes");
	only(16, 0);
	put("\1\2\0", 4);
	attribute(6, "ab", 2);
	is(GENERIC,
	    "[{len=26, type=nlctrl, flags=0}, {cmd=CTRL_CMD_NEWFAMILY, "
	    "version=2}, [{nla_len=6, nla_type=CTRL_ATTR_OPS}, \"\\x61\\x62\""
	    "]]",
	    "no element");
	only(17, 0);
	put("\1\2\0", 4);
	attribute(1, "abcd", 4);
	is(GENERIC,
	    "[{len=28, type=0x11 /* GENERIC_FAMILY_??? */, flags=0}, {cmd=1, "
	    "version=2}, [{nla_len=8, nla_type=0x1}, \"\\x61\\x62\\x63\\x64\""
	    "]]",
	    "a family that is not known");
}

/* What is cut short, and what is left behind. */
static void test_rests(void)
{
	only(0x0100, 0);
	put("\2\0", 2);
	is(12, "[{len=18, type=NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_NEW, "
	  "flags=0}, \"\\x02\\x00\"]", "netfilter, cut short");
	only(19, 0);
	put("\0", 1);
	is(ROUTE, "[{len=17, type=RTM_SETLINK, flags=0}, "
	  "{ifi_family=AF_UNSPEC, ...}]", "the last type of a range");
	route(AF_INET);
	attribute(6, "\1\0\0", 4);
	put("ab", 2);
	is(ROUTE, "[{len=38, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET}, [[{nla_len=8, nla_type=RTA_PRIORITY}, 1], "
	  "\"\\x61\\x62\"]]", "two bytes behind an attribute");
	route(AF_INET);
	attribute(12, "\1\0\0", 4);
	is(ROUTE, "[{len=36, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET}, [{nla_len=8, nla_type=RTA_CACHEINFO}, "
	  "\"\\x01\\x00\"]]", "a struct, cut short");
	only(20, 2);
	put((unsigned char[16]){ AF_UNIX }, 16);
	attribute(3, "ab", 2);
	is(DIAG, "[{len=38, type=SOCK_DIAG_BY_FAMILY, flags=NLM_F_MULTI}, "
	  "{udiag_family=AF_UNIX, udiag_type=0 /* SOCK_??? */, udiag_state=0 "
	  "/* TCP_??? */, udiag_ino=0, udiag_cookie=[0, 0]}, [{nla_len=6, "
	  "nla_type=UNIX_DIAG_ICONS}, \"\\x61\\x62\"]]",
	  "a list without an element");
}

/* -s bounds names, and how many attributes are shown. */
static void test_strings(void)
{
	strings = 2;
	only(16, 0);
	put((unsigned char[16]){ 0 }, 16);
	attribute(3, "eth0", 5);
	is(ROUTE, "[{len=41, type=RTM_NEWLINK, flags=0}, "
	  "{ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, ifi_index=0, "
	  "ifi_flags=0, ifi_change=0}, [{nla_len=9, nla_type=IFLA_IFNAME}, "
	  "\"et\"...]]", "a name longer than -s");
	route(AF_INET);
	for (int i = 0; i < 4; i++)
		attribute(6, "\1\0\0", 4);
	is(ROUTE, "[{len=60, type=RTM_NEWROUTE, flags=0}, "
	  "{rtm_family=AF_INET}, [[{nla_len=8, nla_type=RTA_PRIORITY}, 1], "
	  "[{nla_len=8, nla_type=RTA_PRIORITY}, 1], ...]]",
	  "more attributes than -s");
	strings = SK_SHOW_STRINGS;
}

/* Of an attribute's type the flags are not part of its name in JSON. */
static void test_json(void)
{
	struct sk_json json;

	route(AF_INET);
	attribute(0x8000 | 6, "\1\0\0", 4);
	ends(0);
	begin(SK_SYS_send);
	ARGS(16, 0x1000, len, 0);
	fake_map(&f, 0x1000, buf, len);
	sk_json_init(&json, &out);
	sk_show_json(&show, &json, &style);
	sk_decode_arg(&show, &f.ev, &fake_fds, 1);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "\"nla_type\":\"RTA_PRIORITY\"") != NULL,
	   "JSON: a type without its flags");
	only(16, 0);
	put("\1\2\0", 4);
	attribute(6, "\4\0\1\200", 4);
	is(GENERIC, "[{len=28, type=nlctrl, flags=0}, {cmd=CTRL_CMD_NEWFAMILY,"
	  " version=2}, [{nla_len=8, nla_type=CTRL_ATTR_OPS}, {nla_len=4, "
	  "nla_type=1}]]", "nor are they of an index");
}

int main(void)
{
	test_flags();
	test_lengths();
	test_lies();
	test_much();
	test_errors();
	test_addresses();
	test_numbers();
	test_lists();
	test_rests();
	test_strings();
	test_json();
	sk_out_fini(&out);
	return tap_done();
}
