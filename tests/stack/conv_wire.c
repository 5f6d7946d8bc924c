/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames under the conversations: Ethernet, ARP, NDP, IPv4, IPv6, ICMP. */
#include "conv_wire.h"

#include "stack/wire/bytes.h"

static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 1 };

/* RFC 1071, word by word; not the stack's. */
static uint32_t sum(uint32_t acc, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		acc += (uint32_t)p[i] << 8 | p[i + 1];
	if (len & 1)
		acc += (uint32_t)p[len - 1] << 8;
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return acc;
}

static uint32_t pseudo(const uint8_t *src, const uint8_t *dst, size_t n,
		       uint8_t proto, size_t len)
{
	uint8_t tail[4] = { 0, proto, (uint8_t)(len >> 8), (uint8_t)len };

	return sum(sum(sum(0, src, n), dst, n), tail, 4);
}

/* --- out of the stack ----------------------------------------------------- */

static void answer(struct conv *t, const uint8_t *frame, size_t len)
{
	struct pkt *p = pkt_new(&t->s->pool, 0, len);

	if (!p || t->n_in == CONV_FRAMES) {
		pkt_free(p);
		return;
	}
	memcpy(pkt_put(p, len), frame, len);
	t->in[t->n_in++] = p;
}

static void arp_out(struct conv *t, const uint8_t *f, size_t len)
{
	uint8_t r[42];

	/* A request for somebody other than its sender. */
	if (len < 42 || get16(f + 20) != 1 || !memcmp(f + 28, f + 38, 4) ||
	    memcmp(f + 38, t->peer.b + 12, 4))
		return;
	memcpy(r, f + 6, 6);
	memcpy(r + 6, peer_mac, 6);
	memcpy(r + 12, f + 12, 8);
	put16(r + 20, 2);
	memcpy(r + 22, peer_mac, 6);
	memcpy(r + 28, f + 38, 4);
	memcpy(r + 32, f + 22, 10);
	answer(t, r, sizeof(r));
}

static void icmp6_out(struct conv *t, const uint8_t *f, size_t len)
{
	uint8_t r[14 + 40 + 32] = { 0 };

	if (len < 14 + 40 + 24 || f[54] != 135 ||
	    memcmp(f + 62, t->peer.b, 16)) {
		t->icmp_out += f[54] < 128;
		return;
	}
	memcpy(r, f + 6, 6);
	memcpy(r + 6, peer_mac, 6);
	memcpy(r + 12, f + 12, 2);
	r[14] = 0x60;
	put16(r + 18, 32);
	r[20] = 58;
	r[21] = 255;
	memcpy(r + 22, t->peer.b, 16);
	memcpy(r + 38, f + 22, 16);
	r[54] = 136;
	r[58] = 0x60;	/* solicited, override */
	memcpy(r + 62, t->peer.b, 16);
	r[78] = 2;
	r[79] = 1;
	memcpy(r + 80, peer_mac, 6);
	put16(r + 56, ~sum(pseudo(r + 22, r + 38, 16, 58, 32), r + 54, 32));
	answer(t, r, sizeof(r));
}

static bool payload_good(const struct conv *t, const struct conv_seg *seg,
			 const uint8_t *data)
{
	uint8_t want[65536];

	conv_pattern(want, seg->h.seq - t->stk_isn - 1, seg->len);
	return !memcmp(want, data, seg->len);
}

static void tcp_out(struct conv *t, const uint8_t *ip, const uint8_t *l4,
		    size_t len, uint64_t now)
{
	bool v4 = *ip >> 4 == 4;
	const uint8_t *src = v4 ? ip + 12 : ip + 8;
	struct conv_seg *seg = &t->out[t->n_out];
	size_t n = v4 ? 4 : 16;

	if (t->n_out == CONV_FRAMES) {
		fail(t, "too many segments at once");
		return;
	}
	*seg = (struct conv_seg){ .at = now };
	if (tcp_parse(l4, len, &seg->h) < 0) {
		fail(t, "the stack sent a malformed segment");
		return;
	}
	t->n_out++;
	seg->len = (uint32_t)(len - seg->h.hdr);
	seg->rport = seg->h.dport;
	seg->frame_len = (uint16_t)(l4 + len - ip);
	if ((seg->h.flags & TCP_SYN) && !t->stk_isn_known) {
		t->stk_isn = seg->h.seq;
		t->stk_isn_known = true;
	}
	if (seg->h.opts.has_ts)
		t->ts_last = seg->h.opts.ts_val;
	seg->good = sum(pseudo(src, src + n, n, 6, len), l4, len) == 0xffff &&
		    payload_good(t, seg, l4 + seg->h.hdr);
}

void conv_frame_out(struct conv *t, const uint8_t *f, size_t len, uint64_t now)
{
	unsigned type = len >= 14 ? get16(f + 12) : 0;

	if (type == 0x0806) {
		arp_out(t, f, len);
	} else if (type == 0x0800 && f[23] == 6) {
		tcp_out(t, f + 14, f + 34, (size_t)get16(f + 16) - 20, now);
	} else if (type == 0x0800 && f[23] == 1) {
		t->icmp_out++;
	} else if (type == 0x86dd && f[20] == 6) {
		tcp_out(t, f + 14, f + 54, get16(f + 18), now);
	} else if (type == 0x86dd && f[20] == 58) {
		icmp6_out(t, f, len);
	}
}

/* --- into the stack ------------------------------------------------------- */

static void ip4_head(uint8_t *p, uint8_t proto, const struct stk_ip *src,
		     const struct stk_ip *dst, size_t len)
{
	memset(p, 0, 20);
	p[0] = 0x45;
	put16(p + 2, (unsigned)(20 + len));
	p[6] = 0x40;
	p[8] = 64;
	p[9] = proto;
	memcpy(p + 12, src->b + 12, 4);
	memcpy(p + 16, dst->b + 12, 4);
	put16(p + 10, ~sum(0, p, 20));
}

static void ip6_head(uint8_t *p, uint8_t proto, const struct stk_ip *src,
		     const struct stk_ip *dst, size_t len)
{
	memset(p, 0, 40);
	p[0] = 0x60;
	put16(p + 4, (unsigned)len);
	p[6] = proto;
	p[7] = 64;
	memcpy(p + 8, src->b, 16);
	memcpy(p + 24, dst->b, 16);
}

/* Where each protocol has its checksum. */
static size_t sum_at(uint8_t proto)
{
	return proto == IPPROTO_TCP ? 16 : 2;
}

void conv_ip_in(struct conv *t, uint8_t proto, const uint8_t *l4, size_t len)
{
	uint8_t f[65536 + 64];
	bool v4 = t->family == AF_INET;
	uint8_t *ip = f + 14, *p = ip + (v4 ? 20 : 40);
	uint32_t acc = 0;

	memcpy(f, t->s->cfg.mac, 6);
	memcpy(f + 6, peer_mac, 6);
	put16(f + 12, v4 ? 0x0800 : 0x86dd);
	(v4 ? ip4_head : ip6_head)(ip, proto, &t->peer, &t->self, len);
	memcpy(p, l4, len);
	if (v4 && proto != IPPROTO_ICMP)
		acc = pseudo(ip + 12, ip + 16, 4, proto, len);
	else if (!v4)
		acc = pseudo(ip + 8, ip + 24, 16, proto, len);
	/* What stands in the field already (0, or 1: badsum) spoils it. */
	if (get16(p + sum_at(proto)) == 0)
		put16(p + sum_at(proto), ~sum(acc, p, len));
	conv_input(t, f, (size_t)(p - f) + len);
}

void inject_icmp(struct conv *t, uint8_t type, uint8_t code, unsigned mtu,
		 uint32_t seq)
{
	bool v4 = t->family == AF_INET;
	uint8_t b[8 + 40 + 20] = { type, code };
	uint8_t *ip = b + 8, *l4 = ip + (v4 ? 20 : 40);

	if (v4)
		put16(b + 6, mtu);
	else
		put32(b + 4, mtu);
	(v4 ? ip4_head : ip6_head)(ip, IPPROTO_TCP, &t->self, &t->peer, 1480);
	put16(l4, t->dport);
	put16(l4 + 2, t->sport);
	put32(l4 + 4, t->stk_isn + seq);
	l4[12] = 0x50;
	conv_ip_in(t, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, b,
		   (size_t)(l4 - b) + 20);
}
