/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proxy conversations, fed in pieces of every size. */
#include "tap.h"

#include "net/proxy.h"

/* Text with a length of its own, for bytes that are NUL. */
#define BYTES(s) s, sizeof(s) - 1

static struct sk_conv conv;
static struct sk_err err;
static char said[4096];
static size_t said_len;

static void take_out(void)
{
	memcpy(said + said_len, conv.out, conv.out_len);
	said_len += conv.out_len;
	conv.out_len = 0;
}

/*
 * Feed data, at most `piece` bytes at a time and never more than is needed;
 * returns what the last feed said, and in *taken how much was taken.
 */
static int feed(const char *data, size_t n, size_t piece, size_t *taken)
{
	int r = 0;

	said_len = 0;
	take_out();
	for (*taken = 0; !r && *taken < n;) {
		size_t len = n - *taken;

		len = len < piece ? len : piece;
		len = len < conv.need ? len : conv.need;
		r = conv.feed(&conv, (const unsigned char *)data + *taken, len,
			      &err);
		*taken += len;
		take_out();
	}
	return r;
}

static void client(enum sk_proxy_type type, const char *host,
		   const char *auth)
{
	struct sk_target t;

	sk_conv_fini(&conv);
	sk_target_parse_pair(&t, host, "80", &err);
	err = (struct sk_err){ 0 };
	is_int(sk_conv_client(&conv, type, &t, auth, &err), 0, "begins");
}

static void server(enum sk_proxy_type type, const char *auth)
{
	sk_conv_fini(&conv);
	err = (struct sk_err){ 0 };
	sk_conv_server(&conv, type, auth);
}

static const struct {
	const char *name;
	enum sk_proxy_type type;
	const char *host, *auth;
	const char *reply;
	size_t reply_len;
	const char *says;
	size_t says_len;
	int result;		/* 1, or a negative errno with … */
	const char *why;	/* … this in its sentence */
} clients[] = {
	{ "HTTP", SK_PROXY_HTTP, "host.example", NULL,
	  BYTES("HTTP/1.1 200 OK\r\nA: b\r\n\r\n"),
	  BYTES("CONNECT host.example:80 HTTP/1.1\r\n"
		"Host: host.example:80\r\n\r\n"), 1, "" },
	{ "HTTP, IPv6, a password, LF only", SK_PROXY_HTTP, "::1", "user:pass",
	  BYTES("HTTP/1.0 200 Yes\nA: b\n folded\n\n"),
	  BYTES("CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"
		"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"), 1, "" },
	{ "HTTP, 100 first", SK_PROXY_HTTP, "a", NULL,
	  BYTES("HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
	  BYTES("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"), 1, "" },
	{ "HTTP 407", SK_PROXY_HTTP, "a", NULL,
	  BYTES("HTTP/1.1 407 Auth\x1b[31m\r\n\r\n"), NULL, 0, -EPROTO,
	  "refuses: 407 Auth\\x1b[31m (--proxy-auth" },
	{ "HTTP 503", SK_PROXY_HTTP, "a", NULL,
	  BYTES("HTTP/1.1 503 Gone\r\n\r\n"), NULL, 0, -ECONNREFUSED,
	  "refuses: 503 Gone" },
	{ "not HTTP", SK_PROXY_HTTP, "a", NULL, BYTES("\r\nSSH-2.0-x\r\n"),
	  NULL, 0, -EPROTO, "does not speak HTTP: it said SSH-2.0-x" },
	{ "HTTP with a NUL", SK_PROXY_HTTP, "a", NULL,
	  BYTES("HTTP/1.1 200\0\r\n\r\n"), NULL, 0, -EPROTO, "a NUL" },
	{ "SOCKS 4", SK_PROXY_SOCKS4, "10.1.2.3", "me:x",
	  BYTES("\0\x5a\0\0\0\0\0\0"), BYTES("\4\1\0\x50\12\1\2\3me\0"), 1,
	  "" },
	{ "SOCKS 4a", SK_PROXY_SOCKS4A, "a.b", NULL,
	  BYTES("\0\x5a\0\0\0\0\0\0"), BYTES("\4\1\0\x50\0\0\0\1\0a.b\0"), 1,
	  "" },
	{ "SOCKS 4 refuses", SK_PROXY_SOCKS4, "1.2.3.4", NULL,
	  BYTES("\0\x5b\0\0\0\0\0\0"), NULL, 0, -ECONNREFUSED, "code 91" },
	{ "SOCKS 4 that is 5", SK_PROXY_SOCKS4, "1.2.3.4", NULL,
	  BYTES("\5\x5b\0\0\0\0\0\0"), NULL, 0, -EPROTO, "SOCKS 4" },
	{ "SOCKS 5", SK_PROXY_SOCKS5, "1.2.3.4", NULL,
	  BYTES("\5\0\5\0\0\1\1\2\3\4\0\x50"),
	  BYTES("\5\1\0\5\1\0\1\1\2\3\4\0\x50"), 1, "" },
	{ "SOCKS 5, a password, an IPv6 reply", SK_PROXY_SOCKS5, "a.b", "u:pw",
	  BYTES("\5\2\1\0\5\0\0\4abcdefghijklmnop\0\x50"),
	  BYTES("\5\2\0\2\1\1u\2pw\5\1\0\3\3a.b\0\x50"), 1, "" },
	{ "SOCKS 5 to IPv6, a reply with a name", SK_PROXY_SOCKS5, "::1", NULL,
	  BYTES("\5\0\5\0\0\3\3abc\0\x50"),
	  BYTES("\5\1\0\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x50"), 1,
	  "" },
	{ "SOCKS 5 wants a password", SK_PROXY_SOCKS5, "a", NULL,
	  BYTES("\5\2"), NULL, 0, -EPROTO, "--proxy-auth" },
	{ "SOCKS 5 takes no method", SK_PROXY_SOCKS5, "a", "u:p",
	  BYTES("\5\xff"), NULL, 0, -EPROTO, "neither" },
	{ "SOCKS 5, a wrong password", SK_PROXY_SOCKS5, "a", "u:p",
	  BYTES("\5\2\1\1"), NULL, 0, -EPROTO, "password was refused" },
	{ "SOCKS 5 is refused", SK_PROXY_SOCKS5, "a", NULL,
	  BYTES("\5\0\5\5\0\1\0"), NULL, 0, -ECONNREFUSED,
	  "connection refused" },
	{ "SOCKS 5, an odd code", SK_PROXY_SOCKS5, "a", NULL,
	  BYTES("\5\0\5\x85\0\1\0"), NULL, 0, -EPROTO, "code 133" },
	{ "SOCKS 5, an odd address", SK_PROXY_SOCKS5, "a", NULL,
	  BYTES("\5\0\5\0\0\x80\0"), NULL, 0, -EPROTO, "type 128" },
	{ "SOCKS 5 that is HTTP", SK_PROXY_SOCKS5, "a", NULL,
	  BYTES("HTTP/1.1 400"), NULL, 0, -EPROTO, "not speak SOCKS 5" },
};

static void test_clients(void)
{
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		size_t taken = 0;

		for (size_t piece = 1; piece <= 600; piece += piece * 2) {
			client(clients[i].type, clients[i].host,
			       clients[i].auth);
			is_int(feed(clients[i].reply, clients[i].reply_len,
				    piece, &taken), clients[i].result,
			       clients[i].name);
			ok(strstr(err.text, clients[i].why), "%s", err.text);
		}
		if (clients[i].result == 1)
			is_int(taken, clients[i].reply_len, "taken to its end");
		if (clients[i].says)
			ok(said_len == clients[i].says_len &&
			   !memcmp(said, clients[i].says, said_len),
			   "says what it should");
	}
}

/* CVE-2026-56123: a name of 128 bytes and more in a reply is only long. */
static void test_long_name(void)
{
	char reply[600] = "\5\0\5\0\0\3\xff";
	size_t taken;

	client(SK_PROXY_SOCKS5, "a", NULL);
	memset(reply + 7, 'x', 257);
	is_int(feed(reply, sizeof(reply), 1000, &taken), 1, "255 bytes of name");
	is_int(taken, 7 + 255 + 2, "what follows is left where it is");
}

static void test_payload(void)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\n\r\npayload";
	size_t taken;

	client(SK_PROXY_HTTP, "a", NULL);
	is_int(feed(BYTES(reply), 1000, &taken), 1, "a reply with payload");
	is_str(reply + taken, "payload", "which is left where it is");
}

static void test_endless(void)
{
	static char flood[SK_PROXY_HEAD_MAX + 100];
	size_t taken;

	memset(flood, 'a', sizeof(flood));
	client(SK_PROXY_HTTP, "a", NULL);
	is_int(feed(flood, sizeof(flood), 1, &taken), -EMSGSIZE,
	       "an endless line");
	is_int(taken, SK_PROXY_HEAD_MAX + 1, "is cut at the bound");
	memset(flood, '\n', sizeof(flood));
	server(SK_PROXY_HTTP, NULL);
	is_int(feed(flood, sizeof(flood), 1, &taken), 0,
	       "empty lines before a request are nothing");
}

/* --- servers ---------------------------------------------------------------- */

static const struct {
	const char *name;
	enum sk_proxy_type type;
	const char *auth, *request;
	size_t len;
	const char *target;	/* or NULL: it is refused, with … */
	const char *says;	/* … this at the beginning */
	size_t says_len;
} servers[] = {
	{ "CONNECT", SK_PROXY_HTTP, NULL,
	  BYTES("\r\nCONNECT a.b:443 HTTP/1.1\r\nHost: a.b\r\n\r\n"),
	  "a.b:443", NULL, 0 },
	{ "CONNECT to IPv6", SK_PROXY_HTTP, NULL,
	  BYTES("CONNECT [::1]:443 HTTP/1.1\n\n"), "[::1]:443", NULL, 0 },
	{ "GET", SK_PROXY_HTTP, NULL,
	  BYTES("GET http://a/x?y HTTP/1.1\r\n\r\n"), "a:80", NULL, 0 },
	{ "GET with a port and no path", SK_PROXY_HTTP, NULL,
	  BYTES("GET http://[::1]:81 HTTP/1.1\r\n\r\n"), "[::1]:81", NULL, 0 },
	{ "a password", SK_PROXY_HTTP, "user:pass",
	  BYTES("CONNECT a:1 HTTP/1.1\r\n"
		"proxy-authorization:basic dXNlcjpwYXNz \r\n\r\n"),
	  "a:1", NULL, 0 },
	{ "a wrong password", SK_PROXY_HTTP, "user:pasS",
	  BYTES("CONNECT a:1 HTTP/1.1\r\n"
		"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"),
	  NULL, BYTES("HTTP/1.1 407 ") },
	{ "the beginning of the password", SK_PROXY_HTTP, "user:pass",
	  BYTES("CONNECT a:1 HTTP/1.1\r\n"
		"Proxy-Authorization: Basic dXNlcjpw\r\n\r\n"),
	  NULL, BYTES("HTTP/1.1 407 ") },
	{ "more than the password", SK_PROXY_HTTP, "user:pas",
	  BYTES("CONNECT a:1 HTTP/1.1\r\n"
		"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"),
	  NULL, BYTES("HTTP/1.1 407 ") },
	{ "no password", SK_PROXY_HTTP, "user:pass",
	  BYTES("CONNECT a:1 HTTP/1.1\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 407 ") },
	{ "CONNECT without a port", SK_PROXY_HTTP, NULL,
	  BYTES("CONNECT a HTTP/1.1\r\n\r\n"), NULL, BYTES("HTTP/1.1 400 ") },
	{ "CONNECT with an empty port", SK_PROXY_HTTP, NULL,
	  BYTES("CONNECT a: HTTP/1.1\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "CONNECT to a path", SK_PROXY_HTTP, NULL,
	  BYTES("CONNECT unix:/run/x HTTP/1.1\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "CONNECT to a service by its name", SK_PROXY_HTTP, NULL,
	  BYTES("CONNECT a:http HTTP/1.1\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "an origin's request", SK_PROXY_HTTP, NULL,
	  BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "https", SK_PROXY_HTTP, NULL,
	  BYTES("GET https://a/ HTTP/1.1\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "user information", SK_PROXY_HTTP, NULL,
	  BYTES("GET http://a@b/ HTTP/1.1\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "a folded line", SK_PROXY_HTTP, NULL,
	  BYTES("GET http://a/ HTTP/1.1\r\nA: b\r\n c\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "a folded line like a field", SK_PROXY_HTTP, NULL,
	  BYTES("GET http://a/ HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "HTTP/2", SK_PROXY_HTTP, NULL,
	  BYTES("PRI * HTTP/2.0\r\n\r\n"), NULL, BYTES("HTTP/1.1 400 ") },
	{ "TLS", SK_PROXY_HTTP, NULL, BYTES("\x16\3\1\0\n"), NULL,
	  BYTES("HTTP/1.1 400 ") },
	{ "SOCKS 5", SK_PROXY_SOCKS5, NULL,
	  BYTES("\5\2\2\0\5\1\0\3\3a.b\0\x50"), "a.b:80", NULL, 0 },
	{ "SOCKS 5, a number", SK_PROXY_SOCKS5, NULL,
	  BYTES("\5\1\0\5\1\0\1\1\2\3\4\1\0"), "1.2.3.4:256", NULL, 0 },
	{ "SOCKS 5, a password", SK_PROXY_SOCKS5, "u:pw",
	  BYTES("\5\2\0\2\1\1u\2pw\5\1\0\3\1a\0\x50"), "a:80", NULL, 0 },
	{ "SOCKS 5, a wrong one", SK_PROXY_SOCKS5, "u:pw",
	  BYTES("\5\2\0\2\1\1u\2px"), NULL, BYTES("\5\2\1\1") },
	{ "SOCKS 5, the beginning of it", SK_PROXY_SOCKS5, "u:pw",
	  BYTES("\5\2\0\2\1\1u\1p"), NULL, BYTES("\5\2\1\1") },
	{ "SOCKS 5, an empty one", SK_PROXY_SOCKS5, "u:pw",
	  BYTES("\5\2\0\2\1\1u\0"), NULL, BYTES("\5\2\1\1") },
	{ "SOCKS 5, more than it", SK_PROXY_SOCKS5, "u:p",
	  BYTES("\5\2\0\2\1\1u\2pw"), NULL, BYTES("\5\2\1\1") },
	{ "SOCKS 5, another kind of password", SK_PROXY_SOCKS5, "u:pw",
	  BYTES("\5\2\0\2\5\1u\2pw"), NULL, BYTES("\5\2") },
	{ "SOCKS 5, none", SK_PROXY_SOCKS5, "u:pw", BYTES("\5\1\0"), NULL,
	  BYTES("\5\xff") },
	{ "SOCKS 5, no method", SK_PROXY_SOCKS5, NULL, BYTES("\5\0"), NULL,
	  BYTES("\5\xff") },
	{ "SOCKS 5, BIND", SK_PROXY_SOCKS5, NULL,
	  BYTES("\5\1\0\5\2\0\1\1\2\3\4\0\x50"), NULL, BYTES("\5\0\5\7\0\1") },
	{ "SOCKS 5, an odd address", SK_PROXY_SOCKS5, NULL,
	  BYTES("\5\1\0\5\1\0\x80\1"), NULL, BYTES("\5\0\5\x8\0\1") },
	{ "SOCKS 5, an empty name", SK_PROXY_SOCKS5, NULL,
	  BYTES("\5\1\0\5\1\0\3\0\0\x50"), NULL, BYTES("\5\0\5\1\0\1") },
	{ "SOCKS 5, a name with a NUL", SK_PROXY_SOCKS5, NULL,
	  BYTES("\5\1\0\5\1\0\3\3a\0b\0\x50"), NULL, BYTES("\5\0\5\1\0\1") },
	{ "SOCKS 4", SK_PROXY_SOCKS5, NULL, BYTES("\4\1\0\x50"), NULL, "",
	  0 },
};

static void test_servers(void)
{
	char text[SK_ADDR_TEXT_MAX];

	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
		for (size_t piece = 1; piece <= 600; piece += piece * 2) {
			size_t taken;
			int r;

			server(servers[i].type, servers[i].auth);
			r = feed(servers[i].request, servers[i].len, piece,
				 &taken);
			ok((r == 1) == (servers[i].target != NULL), "%s: %d %s",
			   servers[i].name, r, err.text);
			if (r == 1)
				is_str(sk_target_format(text, &conv.target),
				       servers[i].target, "its target");
			else
				ok(r < 0 && said_len >= servers[i].says_len &&
				   !memcmp(said, servers[i].says,
					   servers[i].says_len),
				   "is refused in its own words");
		}
	}
}

static void test_forward(void)
{
	static const char request[] =
		"POST http://a:81?q HTTP/1.1\r\nHost: wrong\r\n"
		"Connection: keep-alive\r\nX: y\r\n"
		"Proxy-Authorization: Basic secret\r\nContent-Length: 1\n\r\n";
	size_t taken, len = 0;
	char *text, copy[512];

	server(SK_PROXY_HTTP, NULL);
	is_int(feed(BYTES(request), 1000, &taken), 1, "a POST");
	text = sk_conv_forward(&conv, &len);
	snprintf(copy, sizeof(copy), "%.*s", (int)len, text ? text : "");
	is_str(copy, "POST /?q HTTP/1.1\r\nHost: a:81\r\nConnection: close\r\n"
		     "X: y\r\nContent-Length: 1\r\n\r\n",
	       "as the origin gets it: no secrets, its own host");
	free(text);
}

static void test_answers(void)
{
	struct sk_addr a = { .len = sizeof(a.in) };

	a.in.sin_family = AF_INET;
	a.in.sin_port = htons(80);
	a.in.sin_addr.s_addr = htonl(0x01020304);
	server(SK_PROXY_SOCKS5, NULL);
	sk_conv_answer(&conv, 0, &a, "");
	ok(conv.out_len == 10 && !memcmp(conv.out, "\5\0\0\1\1\2\3\4\0\x50",
					 10), "SOCKS 5: success");
	conv.out_len = 0;
	sk_conv_answer(&conv, -ECONNREFUSED, NULL, "no");
	ok(conv.out_len == 10 && !memcmp(conv.out, "\5\5\0\1", 4),
	   "SOCKS 5: refused");
	server(SK_PROXY_HTTP, NULL);
	sk_conv_answer(&conv, -ETIMEDOUT, NULL, "too late");
	ok(!memcmp(conv.out, "HTTP/1.1 504 ", 13), "HTTP: a time-out is 504");
}

int main(void)
{
	test_clients();
	test_long_name();
	test_payload();
	test_endless();
	test_servers();
	test_forward();
	test_answers();
	sk_conv_fini(&conv);
	return tap_done();
}
