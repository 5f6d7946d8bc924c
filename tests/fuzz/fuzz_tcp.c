/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: TCP. The input is a list of moves of a peer and of an
 * application, the first byte says from where: a listener, a connection being
 * opened, or an established one, with or without options. Segments have right
 * checksums and numbers near the right ones, so that they get somewhere; their
 * options are any bytes; ICMP errors quote them. After each move the connection
 * must still make sense. The link is without Ethernet; fuzz_frame has that.
 */
#include "fuzz.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "stack/link/link.h"
#include "stack/stk_internal.h"
#include "stack/tcp/pcb.h"
#include "stack/wire/bytes.h"
#include "stack/wire/csum.h"

struct input {
	const uint8_t *p;
	size_t left;
};

struct stage {
	struct stk *s;
	struct stk_link link;
	struct stk_sock *lsn, *sk;
	uint64_t now;
	uint16_t sport, dport;	/* the peer's, ours */
	uint32_t peer_nxt;	/* what the peer would send next */
	uint32_t stk_isn, stk_nxt;
	bool isn_known;
};

static struct stage *stage_of(struct stk_link *l)
{
	return stk_container_of(l, struct stage, link);
}

/* The stack's own segments tell its numbers. */
static void look(struct stage *g, const uint8_t *f, size_t len)
{
	struct tcp_hdr h;

	if (len < 40 || f[9] != 6 || tcp_parse(f + 20, len - 20, &h) < 0)
		return;
	if ((h.flags & TCP_SYN) && !g->isn_known) {
		g->stk_isn = h.seq;
		g->isn_known = true;
	}
	g->stk_nxt = h.seq + (uint32_t)(len - 20 - h.hdr) +
		     !!(h.flags & (TCP_SYN | TCP_FIN));
}

static int link_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	uint8_t f[2048];

	(void)now;
	for (int i = 0; i < n; i++) {
		look(stage_of(l), f, pkt_read(v[i], 0, f, sizeof(f)));
		pkt_free(v[i]);
	}
	return n;
}

static int link_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	(void)l;
	(void)v;
	(void)n;
	(void)now;
	return 0;
}

static void link_free(struct stk_link *l)
{
	(void)l;
}

static const struct stk_link_ops link_ops = {
	.name = "fuzz",
	.send = link_send,
	.recv = link_recv,
	.free = link_free,
};

static unsigned take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static int take_signed(struct input *in)
{
	int v = (int)(take(in) << 8);

	return (int16_t)(v | (int)take(in));
}

/* --- the peer's segments -------------------------------------------------- */

static void packet_in(struct stage *g, uint8_t *ip, size_t tcp_len)
{
	static const uint8_t peer[4] = { 198, 18, 0, 1 };
	static const uint8_t self[4] = { 198, 18, 0, 2 };
	uint8_t *l4 = ip + 20, tail[4] = { 0, 6 };
	struct pkt *p = pkt_new(&g->s->pool, 0, 20 + tcp_len);

	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned)(20 + tcp_len));
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, peer, 4);
	memcpy(ip + 16, self, 4);
	put16(ip + 10, csum_done(csum_add(0, ip, 20)));
	put16(l4 + 16, 0);
	put16(tail + 2, (unsigned)tcp_len);
	put16(l4 + 16, csum_done(csum_add(csum_add(csum_add(0, ip + 12, 8),
						   tail, 4), l4, tcp_len)));
	if (!p)
		return;
	memcpy(pkt_put(p, 20 + tcp_len), ip, 20 + tcp_len);
	stk_input(g->s, p, g->now);
}

/* flags, seq and ack as distances, window, options, payload length */
static void segment(struct stage *g, struct input *in)
{
	uint8_t ip[20 + 60 + 2048], *l4 = ip + 20;
	unsigned flags = take(in);
	uint32_t seq = g->peer_nxt + (uint32_t)take_signed(in);
	uint32_t ack = g->stk_nxt + (uint32_t)take_signed(in);
	unsigned win = (unsigned)take_signed(in);
	size_t opt = take(in) % 11 * 4, len = take(in) * 6;

	put16(l4, g->sport);
	put16(l4 + 2, g->dport);
	put32(l4 + 4, seq);
	put32(l4 + 8, ack);
	l4[12] = (uint8_t)((20 + opt) / 4 << 4);
	l4[13] = (uint8_t)flags;
	put16(l4 + 14, win);
	put16(l4 + 18, win);
	for (size_t i = 0; i < opt; i++)
		l4[20 + i] = (uint8_t)take(in);
	memset(l4 + 20 + opt, 'x', len);
	if (seq == g->peer_nxt)
		g->peer_nxt += (uint32_t)len +
			       !!(flags & (TCP_SYN | TCP_FIN));
	packet_in(g, ip, 20 + opt + len);
}

static void plain_segment(struct stage *g, unsigned flags, const uint8_t *opt,
			  size_t opt_len)
{
	uint8_t ip[20 + 60], *l4 = ip + 20;

	memset(ip, 0, sizeof(ip));
	put16(l4, g->sport);
	put16(l4 + 2, g->dport);
	put32(l4 + 4, g->peer_nxt);
	put32(l4 + 8, flags & TCP_ACK ? g->stk_nxt : 0);
	l4[12] = (uint8_t)((20 + opt_len) / 4 << 4);
	l4[13] = (uint8_t)flags;
	put16(l4 + 14, 32000);
	memcpy(l4 + 20, opt, opt_len);
	g->peer_nxt += !!(flags & TCP_SYN);
	packet_in(g, ip, 20 + opt_len);
}

/* An error about a segment of ours: type, code, MTU, distance of seq. */
static void icmp_error(struct stage *g, struct input *in)
{
	static const uint8_t types[4] = { 3, 3, 11, 12 };
	uint8_t ip[20 + 8 + 28] = { 0 }, *icmp = ip + 20;
	uint8_t *q = icmp + 8;
	struct pkt *p = pkt_new(&g->s->pool, 0, sizeof(ip));

	if (!p)
		return;
	memcpy(ip, (const uint8_t[]){ 0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1, 0, 0,
				      198, 18, 0, 1, 198, 18, 0, 2 }, 20);
	put16(ip + 10, csum_done(csum_add(0, ip, 20)));
	icmp[0] = types[take(in) % 4];
	icmp[1] = (uint8_t)(take(in) % 16);
	put16(icmp + 6, take(in) * 7);
	memcpy(q, (const uint8_t[]){ 0x45, 0, 5, 220, 0, 0, 64, 0, 64, 6, 0, 0,
				     198, 18, 0, 2, 198, 18, 0, 1 }, 20);
	put16(q + 20, g->dport);
	put16(q + 22, g->sport);
	put32(q + 24, g->stk_nxt + (uint32_t)take_signed(in));
	put16(icmp + 2, csum_done(csum_add(0, icmp, 36)));
	memcpy(pkt_put(p, sizeof(ip)), ip, sizeof(ip));
	stk_input(g->s, p, g->now);
}

/* --- the application ------------------------------------------------------ */

static void application(struct stage *g, unsigned what, unsigned n)
{
	static uint8_t b[65536];
	struct iovec v = { b, n * 256 };

	if (!g->sk && g->lsn)
		stk_accept(g->lsn, &g->sk);
	if (!g->sk)
		return;
	switch (what % 5) {
	case 0:
		stk_send(g->sk, &v, 1, NULL);
		break;
	case 1:
		stk_recv(g->sk, &v, 1, NULL, n & 1 ? MSG_TRUNC : 0);
		break;
	case 2:
		stk_shutdown(g->sk, (int)(n % 3));
		break;
	case 3:
		stk_setopt(g->sk, IPPROTO_TCP, (int)(n % 48), &(int){ 1 }, 4);
		break;
	case 4:
		if (n < 200)
			break;
		stk_close(g->sk);
		g->sk = NULL;
	}
}

/* --- what must hold ------------------------------------------------------- */

static void check_set(const struct seqset *s, uint32_t from, uint32_t to)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (!seq_lt(s->r[i].from, s->r[i].to) ||
		    seq_lt(s->r[i].from, from) || seq_gt(s->r[i].to, to) ||
		    (i && !seq_gt(s->r[i].from, s->r[i - 1].to)))
			abort();
	}
}

static void check_pcb(const struct tcp_pcb *p)
{
	if (!tcp_synchronized(p))
		return;
	if (seq_gt(p->snd_una, p->snd_nxt) ||
	    seq_gt(p->snd_nxt, p->snd_end + p->fin_queued) ||
	    seq_gt(p->rcv_nxt, p->rcv_adv) ||
	    tcp_readable(p) > TCP_BUF_MAX * 4 ||
	    seq_gt(p->lost_end, p->snd_nxt) || p->cc.cwnd == 0 ||
	    p->sacked_bytes > tcp_flight(p))
		abort();
	check_set(&p->sacked, p->snd_una, p->snd_nxt);
	check_set(&p->ooo, p->rcv_nxt, p->rcv_adv);
	/* Nobody waits for ever: what is in flight has its timer. */
	if ((tcp_flight(p) || tcp_unsent(p)) && !stk_timer_armed(&p->t_rtx) &&
	    !p->task.queued)
		abort();
}

static void check_all(const struct stage *g)
{
	const struct stk_sock *sk;

	TAILQ_FOREACH(sk, &g->s->socks, all)
		check_pcb((const struct tcp_pcb *)sk);
}

/* --- moves ---------------------------------------------------------------- */

static void move(struct stage *g, struct input *in)
{
	unsigned op = take(in);

	switch (op % 8) {
	case 5:
		if (op >> 3 == 31)
			icmp_error(g, in);
		else
			g->now += (uint64_t)take(in) << (op >> 3);
		stk_poll(g->s, g->now);
		break;
	case 6:
	case 7:
		application(g, op >> 3, take(in));
		stk_poll(g->s, g->now);
		break;
	default:
		segment(g, in);
	}
	check_all(g);
}

static void begin(struct stage *g)
{
	struct stk_config c = { .no_dad = true, .n_addrs = 1,
				.memory = 16 << 20 };

	*g = (struct stage){
		.link = { .ops = &link_ops, .mtu = 1500, .fd = -1,
			  .l3 = true },
		.now = SK_SEC, .sport = 4000, .dport = 80,
		.peer_nxt = 1000000,
	};
	memset(c.seed, 7, sizeof(c.seed));
	c.addrs[0].len = 24;
	stk_ip_parse(&c.addrs[0].ip, "198.18.0.2");
	g->s = stk_new(&c, &g->link, g->now);
	if (!g->s)
		abort();
}

static void open_stage(struct stage *g, unsigned how)
{
	static const uint8_t all[20] = {
		2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7
	};
	static const uint8_t ts[12] = { 8, 10, 0, 0, 0, 2, 0, 0, 0, 0, 1, 1 };
	static const uint8_t mss[4] = { 2, 4, 2, 0 };
	struct stk_addr a = { AF_INET, 80, stk_ip_any(AF_INET) };

	if (how % 4 == 0) {
		g->sport = 80;
		stk_ip_parse(&a.ip, "198.18.0.1");
		stk_socket(g->s, AF_INET, SOCK_STREAM, &g->sk);
		stk_connect(g->sk, &a);
		stk_local(g->sk, &a);
		g->dport = a.port;
		stk_poll(g->s, g->now);
		return;
	}
	stk_socket(g->s, AF_INET, SOCK_STREAM, &g->lsn);
	stk_bind(g->lsn, &a);
	stk_listen(g->lsn, 2);
	if (how % 4 == 1)
		return;
	plain_segment(g, TCP_SYN, how % 4 == 2 ? all : mss,
		      how % 4 == 2 ? sizeof(all) : sizeof(mss));
	plain_segment(g, TCP_ACK, ts, how % 4 == 2 ? sizeof(ts) : 0);
	stk_accept(g->lsn, &g->sk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct stage g;

	begin(&g);
	open_stage(&g, take(&in));
	for (int n = 0; in.left && n < 200; n++)
		move(&g, &in);
	if (g.sk)
		stk_close(g.sk);
	if (g.lsn)
		stk_close(g.lsn);
	stk_poll(g.s, g.now);
	stk_free(g.s);
	return 0;
}
