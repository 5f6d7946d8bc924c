/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/endtext.h"

#include <string.h>

const char *sk_end_format(char buf[SK_ADDR_TEXT_MAX], const struct sk_sock *s,
			  const struct sk_end *end)
{
	struct sk_addr a = { .len = 0 };

	buf[0] = '\0';
	if (s->family == AF_INET) {
		a.len = sizeof(a.in);
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons((uint16_t)end->port);
		memcpy(&a.in.sin_addr, end->ip, sizeof(a.in.sin_addr));
	} else if (s->family == AF_INET6) {
		a.len = sizeof(a.in6);
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons((uint16_t)end->port);
		memcpy(&a.in6.sin6_addr, end->ip, sizeof(a.in6.sin6_addr));
	}
	return a.len ? sk_addr_format(buf, &a) : buf;
}
