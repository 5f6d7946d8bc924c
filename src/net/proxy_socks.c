/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SOCKS. Each message is a stage: a fixed head that says how long the whole
 * is. A stage asks for its head, may ask for more (`need`), and then acts.
 */
#include <arpa/inet.h>

#include "base/text.h"
#include "net/socks.h"

enum { V5 = 5, V4 = 4, AUTH_V1 = 1 };
enum { CMD_CONNECT = 1, CMD_ASSOCIATE = 3 };
enum { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_REFUSED = 0xff };
enum { REP_OK = 0, REP_FAILED = 1 };
enum { V4_GRANTED = 90 };

/* One row per stage: `head` bytes first, then act() with what is there. */
struct stage {
	size_t head;
	/* 1: done, 0: next stage is set, or more is needed, < 0: err. */
	int (*act)(struct sk_conv *c, struct sk_err *err);
};

enum {
	C_V4_REPLY, C_METHOD, C_AUTH_REPLY, C_REPLY,
	S_GREETING, S_AUTH, S_REQUEST,
};

static const struct stage stages[];

static void enter(struct sk_conv *c, int stage)
{
	c->stage = stage;
	c->have = 0;
	c->need = stages[stage].head;
}

/* Wait until n bytes of the message are there. True: they are. */
static bool wants(struct sk_conv *c, size_t n)
{
	c->need = n > c->have ? n - c->have : 0;
	return !c->need;
}

static int feed(struct sk_conv *c, const unsigned char *data, size_t n,
		struct sk_err *err)
{
	if (n > c->need || n > sizeof(c->in) - c->have)
		return sk_fail(err, -EINVAL, "SOCKS: too many bytes");
	memcpy(c->in + c->have, data, n);
	c->have += n;
	c->need -= n;
	return c->need ? 0 : stages[c->stage].act(c, err);
}

static void put_byte(struct sk_conv *c, int byte)
{
	unsigned char b = (unsigned char)byte;

	sk_conv_put(c, &b, 1);
}

/* A string of at most 255 bytes behind its length. */
static void put_string(struct sk_conv *c, const char *s, size_t n)
{
	put_byte(c, (int)n);
	sk_conv_put(c, s, n);
}

static void put_target(struct sk_conv *c)
{
	unsigned char buf[SK_SOCKS_ADDR_MAX];

	sk_conv_put(c, buf, sk_socks_target_put(buf, &c->target));
}

static void put_addr(struct sk_conv *c, const struct sk_addr *a)
{
	unsigned char buf[SK_SOCKS_ADDR_MAX];

	sk_conv_put(c, buf, sk_socks_addr_put(buf, a));
}

/* --- client ----------------------------------------------------------------- */

static const struct {
	int code;
	int error;
	const char *text;
} v5_replies[] = {
	{ 1, -EIO, "general failure" },
	{ 2, -EACCES, "not allowed" },
	{ 3, -ENETUNREACH, "network unreachable" },
	{ 4, -EHOSTUNREACH, "host unreachable" },
	{ 5, -ECONNREFUSED, "connection refused" },
	{ 6, -ETIMEDOUT, "TTL expired" },
	{ 7, -EOPNOTSUPP, "command not supported" },
	{ 8, -EAFNOSUPPORT, "address type not supported" },
};

static int v5_refused(int code, struct sk_err *err)
{
	for (size_t i = 0; i < sizeof(v5_replies) / sizeof(*v5_replies); i++)
		if (v5_replies[i].code == code)
			return sk_fail(err, v5_replies[i].error,
				       "SOCKS 5: %s", v5_replies[i].text);
	return sk_fail(err, -EPROTO, "SOCKS 5: refused with code %d", code);
}

static int not_socks(int version, struct sk_err *err)
{
	return sk_fail(err, -EPROTO, "does not speak SOCKS %d", version);
}

static void put_v5_request(struct sk_conv *c)
{
	static const struct sk_addr any;

	put_byte(c, V5);
	put_byte(c, c->associate ? CMD_ASSOCIATE : CMD_CONNECT);
	put_byte(c, 0);
	if (c->associate)
		put_addr(c, &any); /* it will see where we send from */
	else
		put_target(c);
	enter(c, C_REPLY);
}

static int c_method(struct sk_conv *c, struct sk_err *err)
{
	const char *colon = c->auth ? strchr(c->auth, ':') : NULL;

	if (c->in[0] != V5)
		return not_socks(V5, err);
	if (c->in[1] == METHOD_NONE) {
		put_v5_request(c);
		return 0;
	}
	if (c->in[1] != METHOD_PASSWORD || !colon)
		return sk_fail(err, -EPROTO, c->auth ?
			       "SOCKS 5: takes neither no password nor ours" :
			       "SOCKS 5: wants a password (--proxy-auth)");
	put_byte(c, AUTH_V1);
	put_string(c, c->auth, (size_t)(colon - c->auth));
	put_string(c, colon + 1, strlen(colon + 1));
	enter(c, C_AUTH_REPLY);
	return 0;
}

static int c_auth_reply(struct sk_conv *c, struct sk_err *err)
{
	if (c->in[1])
		return sk_fail(err, -EPROTO,
			       "SOCKS 5: the password was refused");
	put_v5_request(c);
	return 0;
}

/* VER REP RSV ATYP and one byte more, as a name has its length there. */
static int c_reply(struct sk_conv *c, struct sk_err *err)
{
	size_t size = sk_socks_addr_size(c->in + 3);
	struct sk_socks_addr at;

	if (c->in[0] != V5)
		return not_socks(V5, err);
	if (c->in[1] != REP_OK)
		return v5_refused(c->in[1], err);
	if (!size)
		return sk_fail(err, -EPROTO, "SOCKS 5: address of type %d",
			       c->in[3]);
	if (!wants(c, 3 + size))
		return 0;
	if (!c->associate)
		return 1;
	if (sk_socks_addr_take(&at, c->in + 3, size) < 0 || !at.addr.len ||
	    !at.port)
		return sk_fail(err, -EPROTO, "SOCKS 5: relays datagrams at an "
			       "address that is none");
	c->bound = at.addr;
	return 1;
}

static int c_v4_reply(struct sk_conv *c, struct sk_err *err)
{
	if (c->in[0] != 0)
		return not_socks(V4, err);
	if (c->in[1] != V4_GRANTED)
		return sk_fail(err, -ECONNREFUSED, "SOCKS 4: refused with "
			       "code %d", c->in[1]);
	return 1;
}

static int client_v4(struct sk_conv *c, struct sk_err *err)
{
	static const unsigned char name_follows[] = { 0, 0, 0, 1 };
	const char *user = c->auth ? c->auth : "";
	struct in_addr addr;
	uint16_t port = 0;
	bool number = inet_pton(AF_INET, c->target.host, &addr) == 1;

	if (!number && c->type == SK_PROXY_SOCKS4)
		return sk_fail(err, -EAFNOSUPPORT, "SOCKS 4 knows IPv4 "
			       "addresses only");
	if (!number && strchr(c->target.host, ':'))
		return sk_fail(err, -EAFNOSUPPORT, "SOCKS 4a knows no IPv6");
	put_byte(c, V4);
	put_byte(c, CMD_CONNECT);
	sk_parse_port(c->target.service, &port, NULL);
	put_byte(c, port >> 8);
	put_byte(c, port & 0xff);
	sk_conv_put(c, number ? (const void *)&addr : name_follows, 4);
	sk_conv_put(c, user, strcspn(user, ":"));
	put_byte(c, 0);
	if (!number) {
		sk_conv_puts(c, c->target.host);
		put_byte(c, 0);
	}
	enter(c, C_V4_REPLY);
	return 0;
}

int sk_socks_client(struct sk_conv *c, struct sk_err *err)
{
	c->feed = feed;
	if (c->type != SK_PROXY_SOCKS5)
		return client_v4(c, err);
	put_byte(c, V5);
	put_byte(c, c->auth ? 2 : 1);
	put_byte(c, METHOD_NONE);
	if (c->auth)
		put_byte(c, METHOD_PASSWORD);
	enter(c, C_METHOD);
	return 0;
}

/* --- server ----------------------------------------------------------------- */

static int s_greeting(struct sk_conv *c, struct sk_err *err)
{
	int method = c->auth ? METHOD_PASSWORD : METHOD_NONE;

	if (c->in[0] != V5)
		return not_socks(V5, err);
	if (!wants(c, 2 + (size_t)c->in[1]))
		return 0;
	put_byte(c, V5);
	if (!memchr(c->in + 2, method, c->in[1])) {
		put_byte(c, METHOD_REFUSED);
		return sk_fail(err, -EPROTO, c->auth ?
			       "SOCKS 5: offers no password" :
			       "SOCKS 5: insists on a password");
	}
	put_byte(c, method);
	enter(c, c->auth ? S_AUTH : S_REQUEST);
	return 0;
}

/* As many steps whatever the difference is. */
static bool same(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;
	unsigned char diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= p[i] ^ q[i];
	return !diff;
}

/* VER ULEN UNAME PLEN PASSWD, RFC 1929. */
static int s_auth(struct sk_conv *c, struct sk_err *err)
{
	size_t user = c->in[1], pass;
	const char *colon = strchr(c->auth, ':');
	bool good;

	if (c->in[0] != AUTH_V1)
		return sk_fail(err, -EPROTO, "SOCKS 5: no RFC 1929 password");
	if (!wants(c, 3 + user))
		return 0;
	pass = c->in[2 + user];
	if (!wants(c, 3 + user + pass))
		return 0;
	good = user == (size_t)(colon - c->auth) &&
	       pass == strlen(colon + 1) && same(c->in + 2, c->auth, user) &&
	       same(c->in + 3 + user, colon + 1, pass);
	put_byte(c, AUTH_V1);
	put_byte(c, !good);
	if (!good)
		return sk_fail(err, -EACCES, "SOCKS 5: wrong user or password");
	enter(c, S_REQUEST);
	return 0;
}

static int take_host(struct sk_conv *c, size_t size, struct sk_err *err)
{
	struct sk_socks_addr to;
	char text[SK_ADDR_TEXT_MAX], port[8];
	int r = sk_socks_addr_take(&to, c->in + 3, size);

	if (r >= 0) {
		c->bound = to.addr;
		snprintf(port, sizeof(port), "%d", to.port);
		r = sk_target_parse_pair(
			&c->target,
			to.addr.len ? sk_addr_format_host(text, &to.addr) :
				      to.name,
			port, NULL);
	}
	if (r >= 0)
		return 1;
	sk_socks_answer(c, -EINVAL, NULL);
	return sk_fail(err, -EINVAL, "SOCKS 5: asks for a host whose name is "
		       "none");
}

static int s_request(struct sk_conv *c, struct sk_err *err)
{
	size_t size = sk_socks_addr_size(c->in + 3);

	if (c->in[0] != V5)
		return not_socks(V5, err);
	if (!size) {
		sk_socks_answer(c, -EAFNOSUPPORT, NULL);
		return sk_fail(err, -EAFNOSUPPORT, "SOCKS 5: asks for an "
			       "address of type %d", c->in[3]);
	}
	if (!wants(c, 3 + size))
		return 0;
	c->associate = c->in[1] == CMD_ASSOCIATE;
	if (c->in[1] != CMD_CONNECT && !c->associate) {
		sk_socks_answer(c, -EOPNOTSUPP, NULL);
		return sk_fail(err, -EOPNOTSUPP, "SOCKS 5: command %d is "
			       "neither CONNECT nor UDP ASSOCIATE", c->in[1]);
	}
	return take_host(c, size, err);
}

void sk_socks_server(struct sk_conv *c)
{
	c->feed = feed;
	enter(c, S_GREETING);
}

void sk_socks_answer(struct sk_conv *c, int error, const struct sk_addr *local)
{
	static const struct sk_addr none;
	int code = error ? REP_FAILED : REP_OK;

	for (size_t i = 0; i < sizeof(v5_replies) / sizeof(*v5_replies); i++)
		if (error && v5_replies[i].error == error)
			code = v5_replies[i].code;
	put_byte(c, V5);
	put_byte(c, code);
	put_byte(c, 0);
	put_addr(c, local ? local : &none);
}

static const struct stage stages[] = {
	[C_V4_REPLY] = { 8, c_v4_reply },
	[C_METHOD] = { 2, c_method },
	[C_AUTH_REPLY] = { 2, c_auth_reply },
	[C_REPLY] = { 5, c_reply },
	[S_GREETING] = { 2, s_greeting },
	[S_AUTH] = { 2, s_auth },
	[S_REQUEST] = { 5, s_request },
};
