/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>

#include "base/text.h"
#include "net/socks.h"

enum { ADDR_V4 = 1, ADDR_NAME = 3, ADDR_V6 = 4 };

size_t sk_socks_addr_size(const unsigned char *p)
{
	switch (p[0]) {
	case ADDR_V4:
		return 1 + 4 + 2;
	case ADDR_V6:
		return 1 + 16 + 2;
	case ADDR_NAME:
		return 2 + (size_t)p[1] + 2;
	default:
		return 0;
	}
}

static void take_number(struct sk_addr *a, const unsigned char *p, bool v6)
{
	memset(a, 0, sizeof(*a));
	a->len = v6 ? sizeof(a->in6) : sizeof(a->in);
	if (v6) {
		a->in6.sin6_family = AF_INET6;
		memcpy(&a->in6.sin6_addr, p, 16);
	} else {
		a->in.sin_family = AF_INET;
		memcpy(&a->in.sin_addr, p, 4);
	}
}

int sk_socks_addr_take(struct sk_socks_addr *a, const unsigned char *p,
		       size_t n)
{
	size_t size = n >= 2 ? sk_socks_addr_size(p) : 0;

	if (!size || size > n)
		return -EINVAL;
	a->port = (uint16_t)(p[size - 2] << 8 | p[size - 1]);
	a->addr.len = 0;
	a->name[0] = '\0';
	if (p[0] != ADDR_NAME) {
		take_number(&a->addr, p + 1, p[0] == ADDR_V6);
		sk_addr_set_port(&a->addr, a->port);
	} else if (!p[1] || memchr(p + 2, '\0', p[1]) ||
		   sk_copyn(a->name, sizeof(a->name), (const char *)p + 2,
			    p[1]) < 0) {
		return -EINVAL;
	}
	return (int)size;
}

static size_t put(unsigned char *buf, int type, const void *data, size_t n,
		  int port)
{
	size_t at = 0;

	buf[at++] = (unsigned char)type;
	if (type == ADDR_NAME)
		buf[at++] = (unsigned char)n;
	memcpy(buf + at, data, n);
	at += n;
	buf[at++] = (unsigned char)(port >> 8);
	buf[at++] = (unsigned char)port;
	return at;
}

size_t sk_socks_addr_put(unsigned char buf[SK_SOCKS_ADDR_MAX],
			 const struct sk_addr *a)
{
	static const unsigned char none[4];

	if (a->len && a->sa.sa_family == AF_INET6)
		return put(buf, ADDR_V6, &a->in6.sin6_addr, 16,
			   sk_addr_port(a));
	if (a->len && a->sa.sa_family == AF_INET)
		return put(buf, ADDR_V4, &a->in.sin_addr, 4, sk_addr_port(a));
	return put(buf, ADDR_V4, none, 4, 0);
}

size_t sk_socks_target_put(unsigned char buf[SK_SOCKS_ADDR_MAX],
			   const struct sk_target *t)
{
	struct in6_addr addr;
	uint16_t port = 0;

	sk_parse_port(t->service, &port, NULL);
	if (inet_pton(AF_INET, t->host, &addr) == 1)
		return put(buf, ADDR_V4, &addr, 4, port);
	if (inet_pton(AF_INET6, t->host, &addr) == 1)
		return put(buf, ADDR_V6, &addr, 16, port);
	return put(buf, ADDR_NAME, t->host, strlen(t->host), port);
}

/* --- the header of a datagram -------------------------------------------- */

int sk_socks_head_take(struct sk_socks_addr *a, const unsigned char *p,
		       size_t n)
{
	int r;

	if (n < 3 || p[0] || p[1])
		return -EINVAL;
	if (p[2])
		return -EOPNOTSUPP;
	r = sk_socks_addr_take(a, p + 3, n - 3);
	return r < 0 ? r : r + 3;
}

size_t sk_socks_head_put(unsigned char buf[SK_SOCKS_HEAD_MAX],
			 const struct sk_addr *a)
{
	memset(buf, 0, 3);
	return 3 + sk_socks_addr_put(buf + 3, a);
}
