/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sock/packet.h"

#include <string.h>

#define IP4_HEAD 20
#define IP6_HEAD 40
#define TCP_HEAD 20
#define UDP_HEAD 8
#define SYN_OPTIONS 8
#define PROTO_TCP 6
#define PROTO_UDP 17

/* Large enough that no analysis thinks the window was full: 65535 << 14. */
#define WINDOW 65535
#define WINDOW_SHIFT 14
#define MSS 65495

static void put16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* RFC 1071: the sum of 16-bit words; an odd byte only at the very end. */
static uint64_t sum(uint64_t s, const unsigned char *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		s += (unsigned)p[0] << 8 | p[1];
	if (len)
		s += (unsigned)p[0] << 8;
	return s;
}

static unsigned fold(uint64_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (unsigned)~s & 0xffff;
}

/* Returns the length of the IP header; `len` is of what follows it. */
static size_t put_ip(unsigned char *p, const struct sk_packet *k, size_t len)
{
	unsigned proto = k->udp ? PROTO_UDP : PROTO_TCP;

	if (k->from->sa.sa_family == AF_INET6) {
		memset(p, 0, IP6_HEAD);
		p[0] = 0x60;
		put16(p + 4, (unsigned)len);
		p[6] = (unsigned char)proto;
		p[7] = 64;
		memcpy(p + 8, &k->from->in6.sin6_addr, 16);
		memcpy(p + 24, &k->to->in6.sin6_addr, 16);
		return IP6_HEAD;
	}
	memset(p, 0, IP4_HEAD);
	p[0] = 0x45;
	put16(p + 2, (unsigned)(IP4_HEAD + len));
	put16(p + 6, 0x4000);	/* do not fragment */
	p[8] = 64;
	p[9] = (unsigned char)proto;
	memcpy(p + 12, &k->from->in.sin_addr, 4);
	memcpy(p + 16, &k->to->in.sin_addr, 4);
	put16(p + 10, fold(sum(0, p, IP4_HEAD)));
	return IP4_HEAD;
}

/* The pseudo header of RFC 9293 3.1 and RFC 8200 8.1. */
static uint64_t pseudo(const struct sk_packet *k, const unsigned char *ip,
		       size_t len)
{
	uint64_t s = len + (k->udp ? PROTO_UDP : PROTO_TCP);

	if (k->from->sa.sa_family == AF_INET6)
		return sum(s, ip + 8, 32);
	return sum(s, ip + 12, 8);
}

static size_t put_tcp(unsigned char *p, const struct sk_packet *k)
{
	size_t options = k->flags & SK_TCP_SYN ? SYN_OPTIONS : 0;

	memset(p, 0, TCP_HEAD + options);
	put16(p, (unsigned)sk_addr_port(k->from));
	put16(p + 2, (unsigned)sk_addr_port(k->to));
	put32(p + 4, k->seq);
	put32(p + 8, k->flags & SK_TCP_ACK ? k->ack : 0);
	p[12] = (unsigned char)((TCP_HEAD + options) / 4 << 4);
	p[13] = k->flags;
	put16(p + 14, WINDOW);
	if (!options)
		return TCP_HEAD;
	p[20] = 2;		/* maximum segment size */
	p[21] = 4;
	put16(p + 22, MSS);
	p[24] = 1;		/* nothing */
	p[25] = 3;		/* window scale */
	p[26] = 3;
	p[27] = WINDOW_SHIFT;
	return TCP_HEAD + options;
}

static size_t put_udp(unsigned char *p, const struct sk_packet *k)
{
	put16(p, (unsigned)sk_addr_port(k->from));
	put16(p + 2, (unsigned)sk_addr_port(k->to));
	put16(p + 4, (unsigned)(UDP_HEAD + k->len));
	put16(p + 6, 0);
	return UDP_HEAD;
}

int sk_packet_build(const struct sk_packet *k,
		    unsigned char head[SK_PACKET_HEAD], struct iovec iov[2])
{
	bool v6 = k->from->sa.sa_family == AF_INET6;
	unsigned char *p = head + (v6 ? IP6_HEAD : IP4_HEAD);
	size_t n = k->udp ? put_udp(p, k) : put_tcp(p, k);
	unsigned check;
	uint64_t s;

	put_ip(head, k, n + k->len);
	s = sum(pseudo(k, head, n + k->len), p, n);
	check = fold(sum(s, k->data, k->len));
	/* A UDP checksum of zero would mean that there is none. */
	put16(p + (k->udp ? 6 : 16), k->udp && !check ? 0xffff : check);
	iov[0] = (struct iovec){ head, (size_t)(p - head) + n };
	if (!k->len)
		return 1;
	/* const is lost in struct iovec; the writer only reads. */
	memcpy(&iov[1].iov_base, &k->data, sizeof(k->data));
	iov[1].iov_len = k->len;
	return 2;
}
