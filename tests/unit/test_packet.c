/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sock: packets that never were have sums that are right. */
#include "tap.h"

#include <arpa/inet.h>

#include "sock/packet.h"

static unsigned char whole[200];

static size_t build(bool v6, bool udp, unsigned flags, const char *data)
{
	struct sk_addr from = { .len = 16 }, to = { .len = 16 };
	struct sk_packet p = { .from = &from, .to = &to, .udp = udp,
			       .seq = 1, .ack = 2, .flags = (uint8_t)flags,
			       .data = data, .len = strlen(data) };
	unsigned char head[SK_PACKET_HEAD];
	struct iovec iov[2];
	size_t len = 0;
	int n;

	from.sa.sa_family = to.sa.sa_family = v6 ? AF_INET6 : AF_INET;
	if (v6) {
		from.len = to.len = sizeof(from.in6);
		inet_pton(AF_INET6, "fe80::1", &from.in6.sin6_addr);
		inet_pton(AF_INET6, "fe80::2", &to.in6.sin6_addr);
	} else {
		from.in.sin_addr.s_addr = htonl(0x7f000001);
		to.in.sin_addr.s_addr = htonl(0xffff0102);
	}
	sk_addr_set_port(&from, 80);
	sk_addr_set_port(&to, 65535);
	n = sk_packet_build(&p, head, iov);
	for (int i = 0; i < n; i++) {
		memcpy(whole + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	return len;
}

static unsigned sum(unsigned s, const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		s += i % 2 ? p[i] : (unsigned)p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* A right sum over data and checksum gives all ones. */
static void sums_up(size_t len, bool v6, unsigned proto, const char *name)
{
	size_t head = v6 ? 40 : 20;
	unsigned s = proto + (unsigned)(len - head);

	if (!v6)
		is_int(sum(0, whole, 20), 0xffff, "the sum of IPv4's header");
	s = v6 ? sum(s, whole + 8, 32) : sum(s, whole + 12, 8);
	is_int(sum(s, whole + head, len - head), 0xffff, name);
}

int main(void)
{
	size_t n = build(false, false, SK_TCP_SYN, "");

	is_int(n, 20 + 28, "a SYN with options");
	sums_up(n, false, 6, "SYN");
	n = build(false, false, SK_TCP_ACK | SK_TCP_PSH, "odd");
	is_int(n, 20 + 20 + 3, "data");
	sums_up(n, false, 6, "an odd number of bytes");
	n = build(true, false, SK_TCP_ACK, "hello!");
	sums_up(n, true, 6, "IPv6");
	n = build(true, true, 0, "hello");
	is_int(n, 40 + 8 + 5, "UDP");
	sums_up(n, true, 17, "UDP over IPv6");
	n = build(false, true, 0, "");
	sums_up(n, false, 17, "UDP without data");
	return tap_done();
}
