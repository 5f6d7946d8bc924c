/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The receiving half: payload goes into the buffer wherever it lies in the
 * window, `ooo` knows what stands beyond a hole. The window is what the buffer
 * may hold; its right edge never moves back (9293 3.8.6), and moves on only by
 * steps worth telling (3.8.6.2.2, SWS). The limit grows with what the
 * application reads in a round trip.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "stack/tcp/pcb.h"

#define TUNE_MIN_US SK_MSEC

static uint32_t offset(const struct tcp_pcb *p, uint32_t seq)
{
	return seq - (p->irs + 1);
}

/* Sequence number of what recv gives next. */
static uint32_t read_seq(const struct tcp_pcb *p)
{
	return p->irs + 1 + p->rcv_buf.head;
}

static uint32_t limit_max(const struct tcp_pcb *p)
{
	const struct tcp_state *st = tcp_stk(p)->tcp;
	uint32_t max = st->buf_max, link = st->window_max;

	if (p->o.rcvbuf_set)
		max = p->sk.rcvbuf;
	else if (link && max > link)
		max = link;
	if (p->o.window_clamp && max > p->o.window_clamp)
		max = p->o.window_clamp;
	return max < TCP_BUF_MIN ? TCP_BUF_MIN : max;
}

uint8_t tcp_wscale_wanted(const struct tcp_pcb *p)
{
	uint8_t ws = 0;

	while (ws < 14 && 65535u << ws < limit_max(p))
		ws++;
	return ws;
}

void tcp_rcv_init(struct tcp_pcb *p)
{
	uint32_t max = limit_max(p);

	p->rcv_limit = p->o.rcvbuf_set || max < TCP_RCV_INITIAL ?
		       max : TCP_RCV_INITIAL;
	if (!p->ws_ok && p->rcv_limit > 65535)
		p->rcv_limit = 65535;
}

/* --- the window ----------------------------------------------------------- */

/* Where the edge could be now, and whether telling it is worth a segment. */
static uint32_t edge_wanted(const struct tcp_pcb *p)
{
	uint32_t edge = read_seq(p) + p->rcv_limit;
	uint32_t max = p->rcv_nxt + (65535u << p->rcv_wscale);

	edge = seq_gt(edge, max) ? max : edge;
	if (seq_lt(edge, p->rcv_nxt))
		return p->rcv_adv;	/* a FIN beyond a full buffer */
	return p->rcv_nxt + ((edge - p->rcv_nxt) >> p->rcv_wscale
			     << p->rcv_wscale);
}

static uint32_t edge_step(const struct tcp_pcb *p)
{
	uint32_t half = p->rcv_limit / 2;

	return p->rcv_mss && p->rcv_mss < half ? p->rcv_mss : half;
}

uint16_t tcp_window(struct tcp_pcb *p)
{
	uint32_t edge = edge_wanted(p);

	if (seq_gt(edge, p->rcv_adv) &&
	    edge - p->rcv_adv >= edge_step(p))
		p->rcv_adv = edge;
	/*
	 * Rounding may show up to a unit less than what was promised, which
	 * 7323 2.4 foresees; what was promised is accepted.
	 */
	return (uint16_t)(tcp_rcv_wnd(p) >> p->rcv_wscale);
}

/* Does an ACK that tells of the room just made help the peer? */
static bool worth_telling(const struct tcp_pcb *p)
{
	uint32_t edge = edge_wanted(p), step = 2 * edge_step(p);

	if (step > p->rcv_limit / 2)
		step = p->rcv_limit / 2;
	return seq_gt(edge, p->rcv_adv) && edge - p->rcv_adv >= step &&
	       /* A wide window need not be told of at once. */
	       tcp_rcv_wnd(p) < p->rcv_limit / 2;
}

/* --- auto-tuning: dynamic right-sizing ------------------------------------ */

/* Without timestamps: the time one window takes is a round trip, at most. */
static void measure_rtt(struct tcp_pcb *p)
{
	uint64_t now = tcp_stk(p)->now;
	uint32_t us;

	if (p->drs_rtt_at && seq_lt(p->rcv_nxt, p->drs_rtt_seq))
		return;
	if (p->drs_rtt_at) {
		us = (uint32_t)(now - p->drs_rtt_at);
		us = us ? us : 1;
		if (!p->drs_rtt || us < p->drs_rtt)
			p->drs_rtt = us;
		else
			p->drs_rtt += (us - p->drs_rtt) / 8;
	}
	p->drs_rtt_at = now;
	p->drs_rtt_seq = p->rcv_adv;
}

static void tune(struct tcp_pcb *p)
{
	uint64_t now = tcp_stk(p)->now;
	uint32_t rtt = p->rtt.valid && p->rtt.srtt < p->drs_rtt ?
		       p->rtt.srtt : p->drs_rtt;
	/* Shorter ones are no time to judge a reader by. */
	uint64_t period = rtt > TUNE_MIN_US ? rtt : TUNE_MIN_US;
	uint32_t taken = read_seq(p) - p->drs_seq, max = limit_max(p);
	uint64_t want = 2 * (uint64_t)taken;

	if (!p->drs_rtt || now - p->drs_at < period)
		return;
	p->drs_at = now;
	p->drs_seq = read_seq(p);
	if (!p->ws_ok && max > 65535)
		max = 65535;
	if (p->o.rcvbuf_set || want <= p->rcv_limit || p->rcv_limit >= max)
		return;
	/* Twice at once: slow start at the other end does the same. */
	want = want > 2 * (uint64_t)p->rcv_limit ? want
						 : 2 * (uint64_t)p->rcv_limit;
	if (want > max)
		want = max;
	if (tcp_buf_reserve(&p->rcv_buf, (uint32_t)want + 1) == 0)
		p->rcv_limit = (uint32_t)want;
}

/* --- data ----------------------------------------------------------------- */

/* Payload [off, off + len) of pkt to where seq lies. */
static bool store(struct tcp_pcb *p, uint32_t seq, const struct pkt *pkt,
		  uint32_t off, uint32_t len)
{
	while (len) {
		uint32_t n = len;
		uint8_t *to = tcp_buf_room(&p->rcv_buf, offset(p, seq), &n);

		if (!to) {
			CTR(tcp_stk(p), tcp_no_memory)++;
			return false;
		}
		pkt_read(pkt, off, to, n);
		seq += n;
		off += n;
		len -= n;
	}
	return true;
}

/* Newest first; one mark for each range. */
static void mark_recent(struct tcp_pcb *p, const struct seqrange *r)
{
	uint32_t old[TCP_SACK_MAX];
	uint8_t n = p->n_sack_recent;

	memcpy(old, p->sack_recent, sizeof(old));
	p->sack_recent[0] = r->from;
	p->n_sack_recent = 1;
	for (uint8_t i = 0; i < n && p->n_sack_recent < TCP_SACK_MAX; i++)
		if (seq_lt(old[i], r->from) || seq_ge(old[i], r->to))
			p->sack_recent[p->n_sack_recent++] = old[i];
}

static void store_ooo(struct tcp_pcb *p, uint32_t seq, uint32_t end)
{
	uint32_t added;
	int i;

	if (!p->ooo.r) {
		p->ooo.r = calloc(SEQSET_MAX, sizeof(*p->ooo.r));
		p->ooo.cap = p->ooo.r ? SEQSET_MAX : 0;
	}
	CTR(tcp_stk(p), tcp_ooo)++;
	p->rcv_ooopack++;
	i = seqset_add(&p->ooo, seq, end, &added);
	if (i < 0) {
		CTR(tcp_stk(p), tcp_ooo_drops)++;
		return;
	}
	if (!added)
		p->dsack = (struct seqrange){ seq, end };
	mark_recent(p, &p->ooo.r[i]);
}

/* rcv_nxt moves over the data just stored and over what waited behind. */
static void advance(struct tcp_pcb *p, uint32_t end)
{
	uint32_t from = p->rcv_nxt;

	p->rcv_nxt = end;
	if (!seqset_empty(&p->ooo)) {
		p->ack_now = true;	/* 5681 4.2: a hole closes */
		if (seq_le(p->ooo.r[0].from, end))
			p->rcv_nxt = seq_max(end, p->ooo.r[0].to);
		seqset_trim(&p->ooo, p->rcv_nxt);
	}
	p->bytes_received += p->rcv_nxt - from;
	p->rcv_unacked += p->rcv_nxt - from;
	p->last_data_recv = tcp_stk(p)->now;
	measure_rtt(p);
	stk_sock_notify(&p->sk);
}

/* 9293 3.8.6.3: every second full segment at once, others soon. */
static void schedule_ack(struct tcp_pcb *p, uint32_t len)
{
	if (len > p->rcv_mss)
		p->rcv_mss = len < p->mss_adv ? len : p->mss_adv;
	if (p->rcv_unacked >= 2 * p->rcv_mss || p->quick)
		p->ack_now = true;
	if (!p->ack_now)
		tcp_arm_delack(p);
}

/* False: there was nothing new in it. */
static bool take_data(struct tcp_pcb *p, uint32_t seq, struct pkt *pkt,
		      uint32_t len)
{
	uint32_t from = seq_max(seq, p->rcv_nxt);
	uint32_t edge = p->rcv_fin_known ? p->rcv_fin : p->rcv_adv;
	uint32_t to = seq_min(seq + len, edge);

	if (to != seq + len) {
		CTR(tcp_stk(p), tcp_beyond_window)++;
		p->ack_now = true;
	}
	/* Nothing of it has a place: the window is closed. */
	if (seq_ge(from, to)) {
		p->ack_now = true;
		return false;
	}
	p->data_segs_in++;
	if (tcp_buf_reserve(&p->rcv_buf, p->rcv_adv - read_seq(p)) < 0 ||
	    !store(p, from, pkt, from - seq, to - from))
		return false;
	if (from == p->rcv_nxt) {
		advance(p, to);
		schedule_ack(p, len);
	} else {
		store_ooo(p, from, to);
		/* 5681 4.2: each at once, or the peer cannot count them. */
		tcp_send_ack(p);
	}
	return true;
}

/* The peer has said all. p may be gone after. */
static void take_fin(struct tcp_pcb *p)
{
	p->rcv_nxt++;
	p->fin_rcvd = true;
	if (seq_lt(p->rcv_adv, p->rcv_nxt))
		p->rcv_adv = p->rcv_nxt;
	stk_sock_notify(&p->sk);
	p->ack_now = true;
	switch (p->state) {
	case TCPS_ESTABLISHED:
		p->state = TCPS_CLOSE_WAIT;
		break;
	case TCPS_FIN_WAIT_1:
		p->state = TCPS_CLOSING;
		break;
	case TCPS_FIN_WAIT_2:
		tcp_send_ack(p);
		tcp_time_wait(p);
		break;
	}
}

/* A FIN at seq: within the window, the first of its kind, and no data beyond
 * it. (Data that comes beyond it later is cut off.) */
static void note_fin(struct tcp_pcb *p, uint32_t seq)
{
	if (p->rcv_fin_known || seq_gt(seq, p->rcv_adv) ||
	    seq_lt(seq, p->rcv_nxt))
		return;
	if (!seqset_empty(&p->ooo) &&
	    seq_gt(p->ooo.r[p->ooo.n - 1].to, seq))
		return;
	p->rcv_fin_known = true;
	p->rcv_fin = seq;
}

void tcp_rcv(struct tcp_pcb *p, const struct tcp_hdr *h, struct pkt *pkt)
{
	uint32_t seq = h->seq + !!(h->flags & TCP_SYN), len = pkt->total;

	if (h->flags & TCP_FIN)
		note_fin(p, seq + len);
	if (len)
		take_data(p, seq, pkt, len);
	else
		p->ack_now = true;
	if (p->rcv_fin_known && p->rcv_nxt == p->rcv_fin)
		take_fin(p);
}

void tcp_sack_output(struct tcp_pcb *p, struct tcp_opts *o)
{
	if (p->dsack.from != p->dsack.to)
		o->sack[o->n_sack++] =
			(struct tcp_sack){ p->dsack.from, p->dsack.to };
	p->dsack = (struct seqrange){};
	for (uint8_t i = 0; i < p->n_sack_recent; i++) {
		uint32_t mark = p->sack_recent[i];

		for (unsigned j = 0; j < p->ooo.n; j++) {
			const struct seqrange *r = &p->ooo.r[j];

			if (seq_lt(mark, r->from) || seq_ge(mark, r->to))
				continue;
			if (o->n_sack < TCP_SACK_MAX)
				o->sack[o->n_sack++] = (struct tcp_sack){
					r->from, r->to };
		}
	}
	if (seqset_empty(&p->ooo))
		p->n_sack_recent = 0;
}

/* --- recv ----------------------------------------------------------------- */

/* Room was made: tell the peer if that helps. */
static void room_made(struct tcp_pcb *p)
{
	if (seqset_empty(&p->ooo) && !tcp_readable(p))
		tcp_buf_empty(&p->rcv_buf);
	if (p->state != TCPS_ESTABLISHED && p->state != TCPS_FIN_WAIT_1 &&
	    p->state != TCPS_FIN_WAIT_2)
		return;
	tune(p);
	if (worth_telling(p))
		tcp_send_ack(p);
}

/* Nothing to read: why? */
static ssize_t nothing(struct tcp_pcb *p)
{
	int e = p->sk.error;

	p->sk.error = 0;
	if (e)
		return -e;
	if (p->fin_rcvd || p->rcv_shut)
		return 0;
	if (p->state == TCPS_LISTEN || !p->sk.connected)
		return -ENOTCONN;
	return p->state == TCPS_CLOSED ? 0 : -EAGAIN;
}

ssize_t tcp_recv(struct stk_sock *sk, const struct iovec *iov, int n,
		 struct stk_addr *from, int flags)
{
	struct tcp_pcb *p = tcp_of(sk);
	uint32_t have = tcp_readable(p);
	size_t size = 0, got;

	if (from)
		stk_peer(sk, from);
	for (int i = 0; i < n; i++)
		size += iov[i].iov_len;
	if (!have || !size)
		return size ? nothing(p) : 0;
	if (flags & MSG_TRUNC)
		got = have < size ? have : size;
	else
		got = tcp_buf_read(&p->rcv_buf, p->rcv_buf.head, have, iov, n);
	if (flags & MSG_PEEK)
		return (ssize_t)got;
	tcp_buf_drop(&p->rcv_buf, p->rcv_buf.head + (uint32_t)got);
	room_made(p);
	return (ssize_t)got;
}
