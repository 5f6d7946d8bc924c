/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses inside the stack: tests, classes and comparisons. */
#ifndef SK_STACK_ADDR_H
#define SK_STACK_ADDR_H

#include <string.h>
#include <sys/socket.h>

#include "stack/stk.h"

static inline bool stk_ip_eq(const struct stk_ip *a, const struct stk_ip *b)
{
	return !memcmp(a->b, b->b, 16);
}

/* An IPv4 address in its mapped form. */
static inline bool stk_ip_is4(const struct stk_ip *a)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(a->b, prefix, 12);
}

static inline int stk_ip_family(const struct stk_ip *a)
{
	return stk_ip_is4(a) ? AF_INET : AF_INET6;
}

static inline struct stk_ip stk_ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct stk_ip){ { [10] = 0xff, [11] = 0xff, a, b, c, d } };
}

/* Host order. Only of an IPv4 address. */
static inline uint32_t stk_ip_v4(const struct stk_ip *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 |
	       (uint32_t)a->b[14] << 8 | a->b[15];
}

static inline struct stk_ip stk_ip_from4(uint32_t v)
{
	return stk_ip4((uint8_t)(v >> 24), (uint8_t)(v >> 16),
		       (uint8_t)(v >> 8), (uint8_t)v);
}

/* 0.0.0.0 or :: */
bool stk_ip_is_any(const struct stk_ip *a);
struct stk_ip stk_ip_any(int family);
bool stk_ip_is_multicast(const struct stk_ip *a);
/* 127/8, ::1 */
bool stk_ip_is_loopback(const struct stk_ip *a);
/* 169.254/16, fe80::/10 */
bool stk_ip_is_link_local(const struct stk_ip *a);
/* Can a single host have it (no multicast, no 255.255.255.255, not any)? */
bool stk_ip_is_unicast(const struct stk_ip *a);
/* Length counts bits of the family: 0..32 or 0..128. */
bool stk_ip_in_prefix(const struct stk_ip *a, const struct stk_ip *net,
		      uint8_t len);
/* Bits that both begin with, of the mapped form: 0..128. */
unsigned stk_ip_common(const struct stk_ip *a, const struct stk_ip *b);

#endif
