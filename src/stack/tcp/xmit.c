/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making segments. Payload is a view of the send buffer; a segment that finds
 * no memory is as good as lost, and the retransmission timer sees to it.
 */
#include <netinet/in.h>

#include "stack/tcp/pcb.h"

static int send_segment(struct stk *s, struct ip_out *o,
			const struct tcp_hdr *h, struct pkt *payload)
{
	size_t size = tcp_emit_size(h);
	struct pkt *pkt = pkt_new(&s->pool, PKT_HEADROOM + TCP_SIZE_MAX, 0);

	if (!pkt) {
		CTR(s, no_memory)++;
		pkt_free(payload);
		return -ENOBUFS;
	}
	tcp_emit(pkt_push(pkt, size), h);
	if (payload)
		pkt_append(pkt, payload);
	CTR(s, tcp_out)++;
	if (h->flags & TCP_RST)
		CTR(s, tcp_out_rst)++;
	o->proto = IPPROTO_TCP;
	o->csum_at = TCP_CSUM_AT;
	o->df = true;
	o->l4_hdr = (uint8_t)size;
	return ip_output(s, pkt, o);
}

void tcp_send_bare(struct stk *s, const struct stk_key *k, struct tcp_hdr *h)
{
	struct ip_out o = { .src = k->local, .dst = k->remote };

	h->sport = k->lport;
	h->dport = k->rport;
	send_segment(s, &o, h, NULL);
}

/* SACK blocks ride on data where a full segment leaves room for them (what
 * came out of order has been told by an ACK of its own already). */
static void fill_sack(struct tcp_pcb *p, struct tcp_hdr *h, uint32_t len)
{
	uint32_t room = len < p->mss ? p->mss - len : 0;

	if (room < 12)
		return;
	tcp_sack_output(p, &h->opts);
	if (h->opts.n_sack > (room - 4) / 8)
		h->opts.n_sack = (uint8_t)((room - 4) / 8);
}

/* Header of a segment with len bytes of a connection, options included. */
static void fill_header(struct tcp_pcb *p, struct tcp_hdr *h, uint32_t seq,
			uint32_t len, unsigned flags)
{
	struct stk *s = tcp_stk(p);

	*h = (struct tcp_hdr){
		.sport = p->sk.node.key.lport,
		.dport = p->sk.node.key.rport,
		.seq = seq,
		.flags = (uint16_t)flags,
	};
	if (p->ts_ok) {
		h->opts.has_ts = true;
		h->opts.ts_val = tcp_ts_now(s, p->ts_off);
		h->opts.ts_ecr = p->ts_recent;
	}
	if (!(flags & TCP_ACK))
		return;
	h->ack = p->rcv_nxt;
	h->win = tcp_window(p);
	if (p->sack_ok && !(flags & (TCP_SYN | TCP_RST)))
		fill_sack(p, h, len);
}

/* An ACK has gone out: what asked for one is served. */
static void ack_sent(struct tcp_pcb *p)
{
	p->last_ack_sent = p->rcv_nxt;
	p->rcv_unacked = 0;
	p->ack_now = false;
	if (p->quick)
		p->quick--;
	stk_timer_stop(tcp_stk(p), &p->t_delack);
}

/* How many a super-segment is, which the link cuts up. */
static uint32_t segments(const struct tcp_pcb *p, uint32_t len)
{
	return len > p->mss ? (len + p->mss - 1) / p->mss : 1;
}

static int send_from(struct tcp_pcb *p, const struct tcp_hdr *h,
		     struct pkt *payload)
{
	struct ip_out o = {
		.src = p->sk.node.key.local,
		.dst = p->sk.node.key.remote,
		.ttl = p->sk.ttl,
		.tos = p->sk.tos,
	};

	if (payload && payload->total > p->mss)
		o.gso_size = (uint16_t)p->mss;
	p->segs_out += segments(p, payload ? payload->total : 0);
	p->last_send = tcp_stk(p)->now;
	if (h->flags & TCP_ACK)
		ack_sent(p);
	return send_segment(tcp_stk(p), &o, h, payload);
}

static struct pkt *payload_of(struct tcp_pcb *p, uint32_t seq, uint32_t len)
{
	struct pkt *v = tcp_buf_view(&p->snd_buf, seq - (p->iss + 1), len);

	if (!v)
		CTR(tcp_stk(p), no_memory)++;
	return v;
}

static void count_data(struct tcp_pcb *p, uint32_t seq, uint32_t len)
{
	uint64_t now = tcp_stk(p)->now;

	/* Data answers data: ACKs can ride on it from now on. */
	if (p->data_segs_in && now - p->last_data_recv < TCP_DELACK_US)
		p->quick = 0;
	p->last_data_send = now;
	p->data_segs_out += segments(p, len);
	p->bytes_sent += len;
	if (seq_lt(seq, p->snd_nxt)) {
		p->bytes_retrans += len;
		p->total_retrans++;
		p->rxt_ts = tcp_ts_now(tcp_stk(p), p->ts_off);
		CTR(tcp_stk(p), tcp_retrans)++;
	}
}

bool tcp_xmit(struct tcp_pcb *p, uint32_t seq, uint32_t len, unsigned flags)
{
	struct pkt *payload = NULL;
	struct tcp_hdr h;
	int r;

	if (len) {
		payload = payload_of(p, seq, len);
		if (!payload)
			return false;
	}
	fill_header(p, &h, seq, len, flags | TCP_ACK);
	count_data(p, seq, len);
	r = send_from(p, &h, payload);
	if (r == -EMSGSIZE)
		tcp_mtu_reduced(p);
	return r != -EMSGSIZE;
}

void tcp_send_ack(struct tcp_pcb *p)
{
	struct tcp_hdr h;

	fill_header(p, &h, p->snd_nxt, 0, TCP_ACK);
	send_from(p, &h, NULL);
}

void tcp_send_probe(struct tcp_pcb *p)
{
	struct tcp_hdr h;

	CTR(tcp_stk(p), tcp_probes)++;
	fill_header(p, &h, p->snd_una - 1, 0, TCP_ACK);
	send_from(p, &h, NULL);
}

/* SYN, or in SYN-RECEIVED (simultaneous open) SYN-ACK. */
void tcp_send_syn(struct tcp_pcb *p)
{
	bool ack = p->state == TCPS_SYN_RCVD;
	struct tcp_hdr h;

	fill_header(p, &h, p->iss, 0, TCP_SYN | (ack ? TCP_ACK : 0));
	/* The window of a SYN is never scaled (7323 2.2). */
	h.win = (uint16_t)(tcp_rcv_wnd(p) < 65535 ? tcp_rcv_wnd(p) : 65535);
	h.opts.has_mss = true;
	h.opts.mss = tcp_mss_advertised(p);
	h.opts.has_wscale = !ack || p->ws_ok;
	h.opts.wscale = p->rcv_wscale;
	h.opts.sack_ok = !ack || p->sack_ok;
	if (p->retries)
		CTR(tcp_stk(p), tcp_retrans)++;
	send_from(p, &h, NULL);
}

void tcp_send_rst(struct tcp_pcb *p)
{
	struct tcp_hdr h;

	fill_header(p, &h, p->snd_nxt, 0, TCP_RST | TCP_ACK);
	h.win = 0;
	send_from(p, &h, NULL);
}

void tcp_reply_rst(struct stk *s, const struct stk_key *k,
		   const struct tcp_hdr *in, uint32_t len)
{
	struct tcp_hdr h = { .flags = TCP_RST };

	if (in->flags & TCP_RST)
		return;
	if (in->flags & TCP_ACK) {
		h.seq = in->ack;
	} else {
		h.flags |= TCP_ACK;
		h.ack = in->seq + tcp_space(in, len);
	}
	tcp_send_bare(s, k, &h);
}
