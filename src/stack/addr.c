/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct stk_ip stk_ip_any(int family)
{
	return family == AF_INET ? stk_ip4(0, 0, 0, 0) : (struct stk_ip){ 0 };
}

bool stk_ip_is_any(const struct stk_ip *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->b, zero, 16) || (stk_ip_is4(a) && !stk_ip_v4(a));
}

bool stk_ip_is_multicast(const struct stk_ip *a)
{
	return stk_ip_is4(a) ? (a->b[12] & 0xf0) == 0xe0 : a->b[0] == 0xff;
}

bool stk_ip_is_loopback(const struct stk_ip *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return stk_ip_is4(a) ? a->b[12] == 127 : !memcmp(a->b, one, 16);
}

bool stk_ip_is_link_local(const struct stk_ip *a)
{
	if (stk_ip_is4(a))
		return a->b[12] == 169 && a->b[13] == 254;
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

bool stk_ip_is_unicast(const struct stk_ip *a)
{
	if (stk_ip_is_any(a) || stk_ip_is_multicast(a))
		return false;
	/* 240/4 is reserved (RFC 1112), and ends in the broadcast address. */
	return !stk_ip_is4(a) || a->b[12] < 240;
}

unsigned stk_ip_common(const struct stk_ip *a, const struct stk_ip *b)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned diff = a->b[i] ^ b->b[i];

		if (diff)
			return i * 8 + (unsigned)__builtin_clz(diff) - 24;
	}
	return 128;
}

bool stk_ip_in_prefix(const struct stk_ip *a, const struct stk_ip *net,
		      uint8_t len)
{
	if (stk_ip_is4(a) != stk_ip_is4(net))
		return false;
	return stk_ip_common(a, net) >= len + (stk_ip_is4(net) ? 96u : 0u);
}

bool stk_addr_from(struct stk_addr *a, const void *sockaddr, size_t len)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	*a = (struct stk_addr){ 0 };
	if (len < sizeof(in))
		return false;
	memcpy(&in, sockaddr, sizeof(in));
	if (in.sin_family == AF_INET) {
		a->ip = stk_ip_from4(ntohl(in.sin_addr.s_addr));
		a->port = ntohs(in.sin_port);
	} else if (in.sin_family == AF_INET6 && len >= sizeof(in6)) {
		memcpy(&in6, sockaddr, sizeof(in6));
		memcpy(a->ip.b, &in6.sin6_addr, 16);
		a->port = ntohs(in6.sin6_port);
	} else {
		return false;
	}
	a->family = in.sin_family;
	return true;
}

size_t stk_addr_to(const struct stk_addr *a, void *sockaddr)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(a->port) };
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(a->port) };

	if (a->family == AF_INET) {
		in.sin_addr.s_addr = htonl(stk_ip_v4(&a->ip));
		memcpy(sockaddr, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, a->ip.b, 16);
	memcpy(sockaddr, &in6, sizeof(in6));
	return sizeof(in6);
}

const char *stk_ip_format(char buf[STK_IP_TEXT], const struct stk_ip *ip)
{
	bool v4 = stk_ip_is4(ip);

	inet_ntop(v4 ? AF_INET : AF_INET6, ip->b + (v4 ? 12 : 0), buf,
		  STK_IP_TEXT);
	return buf;
}

const char *stk_addr_format(char buf[STK_ADDR_TEXT], const struct stk_addr *a)
{
	char ip[STK_IP_TEXT];

	snprintf(buf, STK_ADDR_TEXT, a->family == AF_INET6 ? "[%s]:%u" :
							     "%s:%u",
		 stk_ip_format(ip, &a->ip), (unsigned)a->port);
	return buf;
}

bool stk_ip_parse(struct stk_ip *ip, const char *text)
{
	*ip = stk_ip4(0, 0, 0, 0);
	if (inet_pton(AF_INET, text, ip->b + 12) == 1)
		return true;
	return inet_pton(AF_INET6, text, ip->b) == 1;
}
