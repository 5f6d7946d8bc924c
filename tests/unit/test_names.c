/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sock: the names of the kernel's numbers. */
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <sys/socket.h>

#include "sock/names.h"

static const struct sk_names *const tables[] = {
#define TABLE(id, prefix) &sk_names_##id,
#define NAME(name, value)
#define TABLE_END(id, prefix)
#include "sock/names.def"
};

static void value_is(const struct sk_names *t, const char *name, uint64_t want)
{
	uint64_t got = ~UINT64_C(0);

	ok(!sk_value_of(t, name, &got) && got == want, "%s is %llu", name,
	   (unsigned long long)want);
}

/* What libc knows must be what we know. */
static void test_constants(void)
{
	value_is(&sk_names_family, "AF_UNIX", AF_UNIX);
	value_is(&sk_names_family, "AF_INET6", AF_INET6);
	value_is(&sk_names_family, "AF_VSOCK", AF_VSOCK);
	value_is(&sk_names_family, "AF_IEEE802154", AF_IEEE802154);
	value_is(&sk_names_family, "AF_NFC", AF_NFC);
	value_is(&sk_names_family, "AF_XDP", 44);
	value_is(&sk_names_family, "AF_MCTP", 45);
	value_is(&sk_names_socktype, "SOCK_SEQPACKET", SOCK_SEQPACKET);
	value_is(&sk_names_ipproto, "IPPROTO_MPTCP", 262);
	value_is(&sk_names_ipproto, "IPPROTO_UDPLITE", 136);
	value_is(&sk_names_netlink, "NETLINK_GENERIC", NETLINK_GENERIC);
	value_is(&sk_names_netlink, "NETLINK_CRYPTO", NETLINK_CRYPTO);
	value_is(&sk_names_ether, "ETH_P_ALL", ETH_P_ALL);
	value_is(&sk_names_msg_flags, "MSG_NOSIGNAL", MSG_NOSIGNAL);
	value_is(&sk_names_msg_flags, "MSG_ZEROCOPY", MSG_ZEROCOPY);
	value_is(&sk_names_msg_flags, "MSG_CMSG_CLOEXEC",
		 (unsigned)MSG_CMSG_CLOEXEC);
	value_is(&sk_names_level, "SOL_PACKET", SOL_PACKET);
	value_is(&sk_names_level, "SOL_XDP", SOL_XDP);
	value_is(&sk_names_level, "SOL_VSOCK", 287);
	value_is(&sk_names_ai_flags, "AI_NUMERICSERV", AI_NUMERICSERV);
	value_is(&sk_names_tcp_state, "TCP_LISTEN", 10);
	value_is(&sk_names_tcp_state, "TCP_BOUND_INACTIVE", 13);
	value_is(&sk_names_tos, "ef", 0xb8);
	value_is(&sk_names_tos, "af11", 0x28);
	value_is(&sk_names_tos, "cs1", 0x20);
}

static void test_lookup(void)
{
	uint64_t v = 0;

	is_str(sk_name_of(&sk_names_family, AF_INET), "AF_INET", "name");
	is_str(sk_name_of(&sk_names_family, AF_UNIX), "AF_UNIX",
	       "the first of several names");
	ok(!sk_name_of(&sk_names_family, 4711), "no name");
	is_str(sk_short_name_of(&sk_names_family, AF_INET), "INET", "short");
	is_str(sk_short_name_of(&sk_names_level, 40), "AF_VSOCK",
	       "short, but of another prefix");
	value_is(&sk_names_family, "inet", AF_INET);
	value_is(&sk_names_family, "af_local", AF_UNIX);
	value_is(&sk_names_family, "decnet", AF_DECnet);
	ok(sk_value_of(&sk_names_family, "ine", &v) == -ENOENT, "no such");
	ok(sk_value_of(&sk_names_family, "", &v) == -ENOENT, "empty");
}

static void test_flags(void)
{
	const struct sk_names *msg = &sk_names_msg_flags;
	char buf[128], small[12];
	uint64_t v = 0;

	is_str(sk_flags_format(buf, sizeof(buf), msg,
			       MSG_PEEK | MSG_DONTWAIT | 0x80000),
	       "MSG_PEEK|MSG_DONTWAIT|0x80000", "flags and a rest");
	is_str(sk_flags_format(buf, sizeof(buf), msg, 0), "0", "no flags");
	is_str(sk_flags_format(small, sizeof(small), msg, MSG_PEEK | MSG_OOB),
	       "MSG_OOB|...", "too little room");
	ok(!sk_flags_parse(msg, "peek|MSG_DONTWAIT|0x80000", &v) &&
		   v == (MSG_PEEK | MSG_DONTWAIT | 0x80000), "parsed");
	ok(sk_flags_parse(msg, "peek|nope", &v) == -ENOENT, "a wrong one");
	ok(sk_flags_parse(msg, "peek|", &v) == -ENOENT, "an empty one");
	is_str(sk_socktype_format(buf, sizeof(buf),
				  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK),
	       "SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC", "type and flags");
	is_str(sk_socktype_format(buf, sizeof(buf), 0), "0", "type 0");
	is_str(sk_name_format(buf, sizeof(buf), &sk_names_family, 99), "99",
	       "a number without name");
}

static void test_protocols(void)
{
	char buf[64];

	is_str(sk_protocol_format(buf, sizeof(buf), AF_INET, 262),
	       "IPPROTO_MPTCP", "inet");
	is_str(sk_protocol_format(buf, sizeof(buf), AF_NETLINK, 4),
	       "NETLINK_SOCK_DIAG", "netlink");
	is_str(sk_protocol_format(buf, sizeof(buf), AF_PACKET,
				  htons(ETH_P_ALL)),
	       "htons(ETH_P_ALL)", "packet");
	is_str(sk_protocol_format(buf, sizeof(buf), AF_PACKET, 0), "0",
	       "packet without protocol");
	is_str(sk_protocol_format(buf, sizeof(buf), AF_UNIX, 0), "0", "unix");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		const struct sk_names *t = tables[i];
		const char *twice = NULL;

		for (const struct sk_name *n = t->rows; n->name; n++) {
			uint64_t v = 0;

			if (sk_value_of(t, n->name, &v) < 0 || v != n->value)
				twice = n->name;
		}
		ok(!twice, "table %s%zu: %s", t->prefix, i,
		   twice ? twice : "every name once");
	}
	test_constants();
	test_lookup();
	test_flags();
	test_protocols();
	return tap_done();
}
