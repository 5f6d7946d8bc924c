/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of SOCKS 5, and the header of a relayed datagram. */
#include "tap.h"

#include "net/socks.h"

#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *what;
	const char *data;
	size_t n;
	int result;		/* its length, or a negative errno */
	const char *text;	/* the address as shown, or the name */
	int port;
} heads[] = {
	{ "IPv4", BYTES("\0\0\0\1\1\2\3\4\0\65x"), 10, "1.2.3.4", 53 },
	{ "IPv4, nothing behind it", BYTES("\0\0\0\1\1\2\3\4\xff\xff"), 10,
	  "1.2.3.4", 65535 },
	{ "IPv6", BYTES("\0\0\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\0\65"),
	  22, "2001:db8::1", 53 },
	{ "a name", BYTES("\0\0\0\3\3a.b\0\65xyz"), 10, "a.b", 53 },
	{ "a name of no byte", BYTES("\0\0\0\3\0\0\65xyz"), -EINVAL, NULL, 0 },
	{ "a name with a NUL", BYTES("\0\0\0\3\3a\0b\0\65"), -EINVAL, NULL,
	  0 },
	{ "a name that is cut", BYTES("\0\0\0\3\xff" "abc\0\65"), -EINVAL,
	  NULL, 0 },
	{ "a type there is none of", BYTES("\0\0\0\2\1\2\3\4\0\65"), -EINVAL,
	  NULL, 0 },
	{ "a fragment", BYTES("\0\0\1\1\1\2\3\4\0\65x"), -EOPNOTSUPP, NULL,
	  0 },
	{ "reserved bytes", BYTES("\0\1\0\1\1\2\3\4\0\65x"), -EINVAL, NULL,
	  0 },
	{ "nothing", BYTES(""), -EINVAL, NULL, 0 },
};

static void test_heads(void)
{
	char text[SK_ADDR_TEXT_MAX];
	struct sk_socks_addr a;

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		const unsigned char *p = (const void *)heads[i].data;

		is_int(sk_socks_head_take(&a, p, heads[i].n), heads[i].result,
		       heads[i].what);
		if (heads[i].result < 0)
			continue;
		is_str(a.addr.len ? sk_addr_format_host(text, &a.addr) : a.name,
		       heads[i].text, "its address");
		is_int(a.port, heads[i].port, "its port");
		if (a.addr.len)
			is_int(sk_addr_port(&a.addr), heads[i].port,
			       "in the address too");
		/* Cut anywhere, it is none. */
		for (size_t n = 0; n < (size_t)heads[i].result; n++)
			if (sk_socks_head_take(&a, p, n) != -EINVAL)
				ok(false, "one cut to %zu bytes is none", n);
	}
}

static void test_round_trip(void)
{
	static const char *const hosts[] = { "192.0.2.1", "2001:db8::5" };
	unsigned char head[SK_SOCKS_HEAD_MAX], again[SK_SOCKS_HEAD_MAX];
	struct sk_socks_addr a;
	struct sk_target t;
	char name[256];
	size_t n;

	for (size_t i = 0; i < 2; i++) {
		sk_target_parse_pair(&t, hosts[i], "4660", NULL);
		memset(head, 0, 3);
		n = 3 + sk_socks_target_put(head + 3, &t);
		is_int(sk_socks_head_take(&a, head, n), (long)n,
		       "what is put is taken");
		is_int((long)sk_socks_head_put(again, &a.addr), (long)n,
		       "and put again");
		ok(!memcmp(head, again, n), "as the same bytes");
	}
	memset(name, 'a', 253);
	for (size_t i = 60; i < 253; i += 60)
		name[i] = '.';
	name[253] = '\0';
	sk_target_parse_pair(&t, name, "1", NULL);
	n = 3 + sk_socks_target_put(head + 3, &t);
	is_int((long)n, 3 + 2 + 253 + 2, "the longest name");
	is_int(sk_socks_head_take(&a, head, n), (long)n, "is taken");
	is_str(a.name, name, "as it was");
}

/* A reply that says where datagrams are relayed, cut into single bytes. */
static void test_associate(void)
{
	static const unsigned char reply[] = "\5\0" "\5\0\0\1\1\2\3\4\0\65";
	struct sk_err err = { 0 };
	char text[SK_ADDR_TEXT_MAX];
	struct sk_conv c;
	int r = 0;

	sk_conv_associate(&c, NULL);
	ok(c.out_len == 3 && !memcmp(c.out, "\5\1\0", 3), "a greeting");
	for (size_t i = 0; i < sizeof(reply) - 1 && !r; i++) {
		c.out_len = i == 1 ? c.out_len : 0;
		r = c.feed(&c, reply + i, 1, &err);
		if (i == 1)
			ok(c.out_len == 10 &&
			   !memcmp(c.out, "\5\3\0\1\0\0\0\0\0\0", 10),
			   "UDP ASSOCIATE, from anywhere");
	}
	is_int(r, 1, "done with the last byte");
	is_str(sk_addr_format(text, &c.bound), "1.2.3.4:53", "where");
	sk_conv_fini(&c);
}

static void test_server(void)
{
	static const unsigned char request[] =
		"\5\1\0" "\5\3\0\1\1\2\3\4\0\65";
	struct sk_err err = { 0 };
	char text[SK_ADDR_TEXT_MAX];
	struct sk_conv c;
	int r = 0;

	sk_conv_server(&c, SK_PROXY_SOCKS5, NULL);
	for (size_t i = 0; i < sizeof(request) - 1 && !r; i++)
		r = c.feed(&c, request + i, 1, &err);
	is_int(r, 1, "a client that wants datagrams relayed");
	ok(c.associate, "is known as one");
	is_str(sk_addr_format(text, &c.bound), "1.2.3.4:53",
	       "and says where it sends from");
	sk_conv_fini(&c);
}

int main(void)
{
	test_heads();
	test_round_trip();
	test_associate();
	test_server();
	return tap_done();
}
