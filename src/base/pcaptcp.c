/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pcaptcp.h"

#define SEGMENT 16384

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static unsigned char *put16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
	return p + 2;
}

static unsigned char *put32(unsigned char *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

static unsigned char *put(unsigned char *p, const void *data, size_t n)
{
	memcpy(p, data, n);
	return p + n;
}

/* RFC 1071, over bytes that may be odd in number only in the last piece. */
static uint32_t sum(uint32_t s, const void *data, size_t len)
{
	const unsigned char *p = data;

	if (!len)
		return s;
	for (; len > 1; p += 2, len -= 2)
		s += (uint32_t)(p[0] << 8 | p[1]);
	if (len)
		s += (uint32_t)(p[0] << 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static unsigned char *put_ipv4(unsigned char *p, const struct sk_pcaptcp *t,
			       int from, size_t payload)
{
	unsigned char *ip = p;

	p = put16(p, 0x4500);
	p = put16(p, (unsigned)(20 + payload));
	p = put32(p, 0x4000); /* identification 0, do not fragment */
	p = put16(p, 64 << 8 | 6);
	p = put16(p, 0);
	p = put(p, t->end[from].addr, 4);
	p = put(p, t->end[!from].addr, 4);
	put16(ip + 10, ~sum(0, ip, 20) & 0xffff);
	return p;
}

static unsigned char *put_ipv6(unsigned char *p, const struct sk_pcaptcp *t,
			       int from, size_t payload)
{
	p = put32(p, 0x60000000);
	p = put16(p, (unsigned)payload);
	p = put16(p, 6 << 8 | 64);
	p = put(p, t->end[from].addr, 16);
	return put(p, t->end[!from].addr, 16);
}

static void packet(struct sk_pcaptcp *t, int from, uint64_t time_ns,
		   enum sk_pcap_dir dir, unsigned flags, const void *data,
		   size_t len, const char *comment)
{
	struct sk_pcaptcp_end *me = &t->end[from], *other = &t->end[!from];
	size_t addr_len = t->v6 ? 16 : 4;
	unsigned char head[60], *p, *tcp;
	uint32_t s;

	tcp = p = t->v6 ? put_ipv6(head, t, from, 20 + len) :
			  put_ipv4(head, t, from, 20 + len);
	p = put16(p, me->port);
	p = put16(p, other->port);
	p = put32(p, me->next);
	p = put32(p, flags & ACK ? other->next : 0);
	p = put16(p, 5 << 12 | flags);
	p = put16(p, 65535);
	p = put32(p, 0);
	s = sum(6 + 20 + (uint32_t)len, me->addr, addr_len);
	s = sum(s, other->addr, addr_len);
	s = sum(s, tcp, 20);
	put16(tcp + 16, ~sum(s, data, len) & 0xffff);
	sk_pcapng_packet(t->file, t->interface, time_ns, dir,
			 (struct iovec[]){ { head, (size_t)(p - head) },
					   { (void *)(uintptr_t)data, len } },
			 2, comment);
	me->next += (uint32_t)len + !!(flags & (SYN | FIN));
}

static enum sk_pcap_dir opposite(enum sk_pcap_dir dir)
{
	return dir == SK_PCAP_IN  ? SK_PCAP_OUT :
	       dir == SK_PCAP_OUT ? SK_PCAP_IN :
				    SK_PCAP_UNKNOWN;
}

void sk_pcaptcp_open(struct sk_pcaptcp *t, uint64_t time_ns,
		     enum sk_pcap_dir dir0, const char *comment)
{
	packet(t, 0, time_ns, dir0, SYN, NULL, 0, comment);
	packet(t, 1, time_ns, opposite(dir0), SYN | ACK, NULL, 0, NULL);
	packet(t, 0, time_ns, dir0, ACK, NULL, 0, NULL);
}

void sk_pcaptcp_data(struct sk_pcaptcp *t, int from, uint64_t time_ns,
		     enum sk_pcap_dir dir, const void *data, size_t len,
		     const char *comment)
{
	const unsigned char *p = data;

	while (len) {
		size_t n = len < SEGMENT ? len : SEGMENT;

		packet(t, from, time_ns, dir, PSH | ACK, p, n, comment);
		p += n;
		len -= n;
	}
}

void sk_pcaptcp_close(struct sk_pcaptcp *t, int from, uint64_t time_ns,
		      enum sk_pcap_dir dir, bool reset)
{
	if (t->end[from].closed)
		return;
	packet(t, from, time_ns, dir, reset ? RST | ACK : FIN | ACK, NULL, 0,
	       NULL);
	t->end[from].closed = true;
	if (reset)
		t->end[!from].closed = true;
}
