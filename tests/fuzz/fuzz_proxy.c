/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: proxy conversations, both roles. The first byte chooses the
 * role, the second how many bytes come at a time; the rest is what the other
 * side says. It is also taken for a datagram that SOCKS relays.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "net/socks.h"

static const struct {
	enum sk_proxy_type type;
	bool server;
	const char *host, *auth; /* of clients; host NULL: UDP ASSOCIATE */
} roles[] = {
	{ SK_PROXY_HTTP, false, "host.example", "user:pass" },
	{ SK_PROXY_SOCKS4, false, "1.2.3.4", "user:pass" },
	{ SK_PROXY_SOCKS4A, false, "host.example", NULL },
	{ SK_PROXY_SOCKS5, false, "host.example", "user:pass" },
	{ SK_PROXY_SOCKS5, false, "::1", NULL },
	{ SK_PROXY_HTTP, true, NULL, NULL },
	{ SK_PROXY_HTTP, true, NULL, "user:pass" },
	{ SK_PROXY_SOCKS5, true, NULL, NULL },
	{ SK_PROXY_SOCKS5, true, NULL, "user:pass" },
	{ SK_PROXY_SOCKS5, false, NULL, "user:pass" },
};

#define ROLES (sizeof(roles) / sizeof(*roles))

static void check_clean(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			abort();
}

static void begin(struct sk_conv *c, size_t role)
{
	struct sk_target t;
	struct sk_err err = {};

	if (roles[role].server) {
		if (sk_conv_server(c, roles[role].type, roles[role].auth) < 0)
			abort();
		return;
	}
	if (!roles[role].host) {
		sk_conv_associate(c, roles[role].auth);
		return;
	}
	if (sk_target_parse_pair(&t, roles[role].host, "80", &err) < 0 ||
	    sk_conv_client(c, roles[role].type, &t, roles[role].auth, &err))
		abort();
}

/* What a finished conversation leaves behind is fit for use. */
static void check_end(struct sk_conv *c, bool server)
{
	char text[SK_ADDR_TEXT_MAX];
	char *request;
	size_t len;

	if (!server && c->associate && sk_addr_port(&c->bound) <= 0)
		abort();
	if (!server)
		return;
	if (c->target.kind != SK_TARGET_INET || !*c->target.host)
		abort();
	check_clean(sk_target_format(text, &c->target));
	if (c->plain) {
		request = sk_conv_forward(c, &len);
		if (!request || len < 20 ||
		    memcmp(request + len - 4, "\r\n\r\n", 4) != 0)
			abort();
		free(request);
	}
	c->out_len = 0;
	sk_conv_answer(c, -ECONNREFUSED, NULL, "no");
	if (!c->out_len)
		abort();
}

/* Returns what the last feed said, and how many bytes were taken. */
static int feed(struct sk_conv *c, bool server, size_t piece,
		const uint8_t *data, size_t size, size_t *taken)
{
	struct sk_err err = {};
	int r = 0;

	for (*taken = 0; !r && *taken < size;) {
		size_t n = size - *taken;

		n = n < piece ? n : piece;
		n = n < c->need ? n : c->need;
		if (!n)
			abort();
		r = c->feed(c, data + *taken, n, &err);
		*taken += n;
		/* A peer that talks on gets no more room than there is. */
		if (c->out_len > sizeof(c->out))
			abort();
		c->out_len = 0;
	}
	if (r < 0 && !*err.text)
		abort();
	check_clean(err.text);
	if (r > 0)
		check_end(c, server);
	return r;
}

/* An address that was taken is put as the same bytes, numbers at least. */
static void check_head(const uint8_t *data, size_t size)
{
	unsigned char again[SK_SOCKS_HEAD_MAX];
	struct sk_socks_addr a;
	int n = sk_socks_head_take(&a, data, size);

	if (n > (int)size || n > SK_SOCKS_HEAD_MAX)
		abort();
	if (n > 0 && !a.addr.len && !*a.name)
		abort();
	if (n > 0 && a.addr.len &&
	    (sk_socks_head_put(again, &a.addr) != (size_t)n ||
	     memcmp(again, data, (size_t)n) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sk_conv conv;
	size_t role, taken[2];
	int r[2];

	if (size < 2)
		return 0;
	check_head(data + 2, size - 2);
	role = data[0] % ROLES;
	/* However it is cut into pieces, the outcome is the same. */
	for (int i = 0; i < 2; i++) {
		begin(&conv, role);
		r[i] = feed(&conv, roles[role].server, i ? 1 : data[1] + 1u,
			    data + 2, size - 2, &taken[i]);
		sk_conv_fini(&conv);
	}
	if (r[0] != r[1] || taken[0] != taken[1])
		abort();
	return 0;
}
