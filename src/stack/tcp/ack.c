/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an acknowledgment means (9293 3.10.7.4, fifth check; 5961 5.2). */
#include "stack/tcp/pcb.h"

/* 9293 3.10.7.4: only a segment newer than the last that set it. */
static void update_window(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	if (!seq_lt(p->snd_wl1, h->seq) &&
	    !(p->snd_wl1 == h->seq && seq_le(p->snd_wl2, h->ack)))
		return;
	p->snd_wnd = (uint32_t)h->win << p->snd_wscale;
	p->snd_wl1 = h->seq;
	p->snd_wl2 = h->ack;
	if (p->snd_wnd > p->snd_wnd_max)
		p->snd_wnd_max = p->snd_wnd;
	if (p->snd_wnd)
		p->probe_backoff = 0;
}

/*
 * A round trip: of the segment that is timed, or, when retransmission has
 * spoilt that, by the timestamp that came back (7323 4.1), if it is not older
 * than the last retransmission: a peer whose ACKs are lost goes on echoing the
 * first arrival, which is no round trip, and inflates the RTO without bound.
 */
static uint32_t measure(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	struct stk *s = tcp_stk(p);
	uint32_t ms, us;

	if (p->rtt_at && seq_ge(h->ack, p->rtt_seq)) {
		us = (uint32_t)(s->now - p->rtt_at);
		p->rtt_at = 0;
	} else if (!p->rtt_at && p->ts_ok &&
		   seq_ge(h->opts.ts_ecr, p->rxt_ts)) {
		ms = tcp_ts_now(s, p->ts_off) - h->opts.ts_ecr;
		/* An echo from the future, or absurdly old: a lie. */
		if (ms > 600 * 1000)
			return 0;
		us = ms * 1000;
	} else {
		return 0;
	}
	tcp_rtt_sample(&p->rtt, us);
	return us ? us : 1;
}

/* The send buffer holds what cwnd can use twice over, up to its limit. */
static void tune_sndbuf(struct tcp_pcb *p)
{
	uint64_t want = 2 * (uint64_t)p->cc.cwnd;

	if (p->o.sndbuf_set || want <= p->snd_limit)
		return;
	if (want > tcp_stk(p)->tcp->buf_max)
		want = tcp_stk(p)->tcp->buf_max;
	if (want > p->snd_limit &&
	    tcp_buf_reserve(&p->snd_buf, (uint32_t)want) == 0)
		p->snd_limit = (uint32_t)want;
}

static void release(struct tcp_pcb *p)
{
	uint32_t upto = seq_min(p->snd_una, p->snd_end);

	tcp_buf_drop(&p->snd_buf, upto - (p->iss + 1));
	if (upto == p->snd_end)
		tcp_buf_empty(&p->snd_buf);
	if (p->want_out && tcp_writable(p)) {
		p->want_out = false;
		stk_sock_notify(&p->sk);
	}
}

static void progress(struct tcp_pcb *p)
{
	p->retries = 0;
	p->stalled_at = 0;
	p->soft_error = 0;
	if (seq_lt(p->snd_sml, p->snd_una))
		p->snd_sml = p->snd_una;
	ip_confirm(tcp_stk(p), &p->sk.node.key.remote);
}

static void new_ack(struct tcp_pcb *p, const struct tcp_hdr *h,
		    struct tcp_acked *a)
{
	p->snd_una = h->ack;
	p->bytes_acked += a->acked - tcp_fin_acked(p);
	a->rtt = measure(p, h);
	progress(p);
	release(p);
}

/* 5681 2: same number, nothing else new, and something is in flight. */
static bool classic_duplicate(const struct tcp_pcb *p,
			      const struct tcp_hdr *h, uint32_t len,
			      uint32_t old_wnd)
{
	return h->ack == p->snd_una && tcp_flight(p) && !len &&
	       !(h->flags & (TCP_SYN | TCP_FIN)) && p->snd_wnd == old_wnd;
}

/* Numbers that cannot be are answered, within limits, and dropped. */
static bool ack_possible(struct tcp_pcb *p, uint32_t ack)
{
	if (seq_gt(ack, p->snd_nxt) ||
	    seq_lt(ack, p->snd_una - p->snd_wnd_max)) {
		tcp_challenge(p);
		return false;
	}
	return true;
}

bool tcp_ack(struct tcp_pcb *p, const struct tcp_hdr *h, uint32_t len)
{
	uint32_t old_wnd = p->snd_wnd;
	struct tcp_acked a = {};

	if (!ack_possible(p, h->ack))
		return false;
	p->probes = 0;
	/* One that was overtaken: only its SACK blocks may be news. */
	if (seq_lt(h->ack, p->snd_una)) {
		if (!p->sack_ok || !h->opts.n_sack)
			return true;
	} else {
		a.acked = h->ack - p->snd_una;
		update_window(p, h);
	}
	if (a.acked)
		new_ack(p, h, &a);
	if (p->sack_ok)
		tcp_sack_input(p, h, &a);
	if (a.acked)
		tcp_recovery_eifel(p, h);
	a.duplicate = !a.acked &&
		      (p->sack_ok ? a.sacked != 0 :
				    classic_duplicate(p, h, len, old_wnd));
	tcp_recovery_ack(p, &a);
	if (a.acked) {
		tune_sndbuf(p);
		tcp_restart_rtx(p);
	}
	return true;
}
