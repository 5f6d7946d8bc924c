/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loss recovery. With SACK: RFC 6675 over the scoreboard; without: NewReno
 * (6582), told in the same terms by counting a duplicate ACK as one segment
 * SACKed somewhere. How much is sent during it: PRR (6937).
 *
 *	OPEN ─ duplicate ─► DISORDER ─ lost ─► RECOVERY ─ recover acked ─► OPEN
 *	  └───────────── timeout, from any ──► LOSS ───────── the same ──────┘
 *
 * All below lost_end that is not SACKed is lost; what of it is below rxt_nxt
 * has been sent again. RACK needs times of transmission besides, and would
 * set the same two edges.
 */
#include "stack/tcp/pcb.h"

#include <stdlib.h>

static bool scoreboard_room(struct tcp_pcb *p)
{
	if (!p->sacked.r) {
		p->sacked.r = calloc(SEQSET_MAX, sizeof(*p->sacked.r));
		p->sacked.cap = p->sacked.r ? SEQSET_MAX : 0;
	}
	return p->sacked.r;
}

/* A block that can be true: within what is in flight (2018 5, 2883). */
static bool block_valid(const struct tcp_pcb *p, const struct tcp_sack *b)
{
	return seq_lt(b->start, b->end) && seq_gt(b->start, p->snd_una) &&
	       seq_le(b->end, p->snd_nxt);
}

void tcp_sack_input(struct tcp_pcb *p, const struct tcp_hdr *h,
		    struct tcp_acked *a)
{
	for (unsigned i = 0; i < h->opts.n_sack; i++) {
		const struct tcp_sack *b = &h->opts.sack[i];
		uint32_t added;

		if (!block_valid(p, b)) {
			/* 2883: it has come twice. */
			if (i == 0 && seq_le(b->end, h->ack))
				p->dsack_dups++;
			continue;
		}
		if (!scoreboard_room(p))
			return;
		if (seqset_add(&p->sacked, b->start, b->end, &added) >= 0)
			a->sacked += added;
	}
	p->sacked_bytes += a->sacked;
}

uint32_t tcp_pipe(const struct tcp_pcb *p)
{
	uint32_t from = seq_max(p->rxt_nxt, p->snd_una);
	uint32_t out = p->sacked_bytes;

	if (seq_lt(from, p->lost_end))
		out += p->lost_end - from -
		       seqset_sum(&p->sacked, from, p->lost_end);
	return out < tcp_flight(p) ? tcp_flight(p) - out : 0;
}

uint32_t tcp_recovery_next(const struct tcp_pcb *p, uint32_t *seq)
{
	uint32_t from = seq_max(p->rxt_nxt, p->snd_una), len;

	if (seq_ge(from, p->lost_end))
		return 0;
	len = seqset_hole(&p->sacked, from, p->lost_end, seq);
	if (len <= p->mss)
		return len;
	/* A FIN needs no room. */
	return p->mss + (p->fin_queued && *seq + p->mss == p->snd_end);
}

void tcp_recovery_sent(struct tcp_pcb *p, uint32_t seq, uint32_t len)
{
	if (seq == p->snd_una) {
		p->head_at = tcp_stk(p)->now;
		p->head_after = 0;
	}
	p->rxt_nxt = seq + len;
	/* The head was sent a third time: the rest has been a second. */
	if (seq_gt(p->rxt_resume, p->rxt_nxt))
		p->rxt_nxt = p->rxt_resume;
	p->rxt_resume = p->rxt_nxt;
	p->prr_out += len;
	if (!p->eifel_sent) {
		p->eifel_ts = tcp_ts_now(tcp_stk(p), p->ts_off);
		p->eifel_sent = true;
	}
	/* Karn: nothing that was sent twice is timed. */
	p->rtt_at = 0;
}

/* Where the scoreboard's IsLost() of 6675 ends. */
static uint32_t sack_lost_end(const struct tcp_pcb *p)
{
	uint32_t above = 0, ranges = 0;

	for (unsigned i = p->sacked.n; i-- > 0;) {
		const struct seqrange *r = &p->sacked.r[i];

		above += r->to - r->from;
		if (++ranges >= TCP_DUPTHRESH ||
		    above > (TCP_DUPTHRESH - 1) * p->mss)
			return r->from;
	}
	return p->snd_una;
}

static uint32_t first_segment_end(const struct tcp_pcb *p)
{
	return p->snd_una + (tcp_flight(p) < p->mss ? tcp_flight(p) : p->mss);
}

static void mark_lost(struct tcp_pcb *p)
{
	if (p->sack_ok)
		p->lost_end = seq_max(p->lost_end, sack_lost_end(p));
}

static void watch_for_eifel(struct tcp_pcb *p)
{
	p->eifel = p->ts_ok;
	p->eifel_sent = false;
}

static void enter_recovery(struct tcp_pcb *p)
{
	CTR(tcp_stk(p), tcp_fast_retrans)++;
	watch_for_eifel(p);
	p->ca_state = TCP_CA_RECOVERY;
	p->recover = p->snd_nxt;
	p->rxt_nxt = p->rxt_resume = p->snd_una;
	/* By three duplicates the first segment is lost, whatever else is. */
	p->lost_end = first_segment_end(p);
	if (!seqset_empty(&p->sacked))
		p->lost_end = seq_min(p->lost_end, p->sacked.r[0].from);
	p->prr_flight = tcp_flight(p);
	p->prr_delivered = p->prr_out = 0;
	tcp_cc_on_loss(&p->cc, p->prr_flight, tcp_stk(p)->now);
}

static void leave_recovery(struct tcp_pcb *p)
{
	if (p->ca_state == TCP_CA_RECOVERY)
		p->cc.cwnd = p->cc.ssthresh;
	p->ca_state = TCP_CA_OPEN;
	p->lost_end = p->rxt_nxt = p->rxt_resume = p->snd_una;
	p->dupacks = 0;
	if (!p->sack_ok)
		p->sacked_bytes = 0;
}

/*
 * Eifel (3522): the first ACK of new data after we have sent something again
 * echoes an older stamp than that: the original had arrived. Nothing was lost,
 * so nothing more is sent again, and the window is what it was (4015 3.2).
 * Stamps are of milliseconds: on shorter paths nothing is ever undone wrongly,
 * only not at all.
 */
void tcp_recovery_eifel(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	if (!p->eifel || !p->eifel_sent)
		return;
	p->eifel = false;
	if (p->ca_state < TCP_CA_RECOVERY || !h->opts.has_ts ||
	    !seq_lt(h->opts.ts_ecr, p->eifel_ts))
		return;
	CTR(tcp_stk(p), tcp_undone)++;
	p->ca_state = TCP_CA_OPEN;
	p->dupacks = 0;
	p->lost_end = p->rxt_nxt = p->rxt_resume = p->snd_una;
	tcp_cc_undo(&p->cc);
}

/*
 * 6675 leaves a lost retransmission to the timer. But what is SACKed a round
 * trip and more after the head was sent again has been sent after it, and
 * three segments of that say that it is lost, too. (RACK's idea, 8985 3.2,
 * kept for one segment instead of all.)
 */
static void check_head(struct tcp_pcb *p, const struct tcp_acked *a)
{
	uint64_t now = tcp_stk(p)->now;

	if (a->acked) {
		/* Another head; when it was sent again is not known. */
		p->head_at = now;
		p->head_after = 0;
		return;
	}
	if (seq_le(p->rxt_nxt, p->snd_una) || now - p->head_at < p->rtt.srtt)
		return;
	p->head_after += a->sacked;
	if (p->head_after < TCP_DUPTHRESH * p->mss)
		return;
	p->head_after = 0;
	p->rxt_resume = p->rxt_nxt;
	p->rxt_nxt = p->snd_una;
}

/*
 * 6937: send in proportion to what arrives. force: a segment at least, as the
 * first retransmission is fast, come what may, and 6582 3.2 wants one for each
 * partial ACK.
 */
static void prr(struct tcp_pcb *p, uint32_t delivered, bool force)
{
	uint32_t pipe = tcp_pipe(p), thresh = p->cc.ssthresh;
	int64_t count, limit;

	p->prr_delivered += delivered;
	if (pipe > thresh) {
		count = ((int64_t)p->prr_delivered * thresh +
			 p->prr_flight - 1) / (p->prr_flight ? p->prr_flight
							     : 1);
		count -= p->prr_out;
	} else {
		limit = (int64_t)p->prr_delivered - p->prr_out;
		if (limit < delivered)
			limit = delivered;
		limit += p->mss;
		count = (int64_t)thresh - pipe;
		if (count > limit)
			count = limit;
	}
	if ((force || !p->prr_out) && count < p->mss)
		count = p->mss;
	p->cc.cwnd = pipe + (count > 0 ? (uint32_t)count : 0);
}

/* Without SACK: a duplicate ACK is a segment that arrived somewhere. */
static uint32_t count_duplicate(struct tcp_pcb *p)
{
	uint32_t most = tcp_flight(p) > p->mss ? tcp_flight(p) - p->mss : 0;
	uint32_t was = p->sacked_bytes;

	p->sacked_bytes += p->mss;
	if (p->sacked_bytes > most)
		p->sacked_bytes = most;
	return p->sacked_bytes - was;
}

/* snd_una has moved: the scoreboard and the edges follow. */
static uint32_t advance(struct tcp_pcb *p, uint32_t acked)
{
	uint32_t known;

	if (p->sack_ok) {
		known = seqset_trim(&p->sacked, p->snd_una);
	} else {
		/* All but the segment that was missing. */
		known = acked > p->mss ? acked - p->mss : 0;
		if (known > p->sacked_bytes)
			known = p->sacked_bytes;
	}
	p->sacked_bytes -= known;
	p->lost_end = seq_max(p->lost_end, p->snd_una);
	p->rxt_nxt = seq_max(p->rxt_nxt, p->snd_una);
	p->rxt_resume = seq_max(p->rxt_resume, p->snd_una);
	return acked - known;	/* not counted as delivered before */
}

static bool is_lost(const struct tcp_pcb *p)
{
	if (p->dupacks >= TCP_DUPTHRESH)
		return true;
	return p->sack_ok && seq_gt(sack_lost_end(p), p->snd_una);
}

static void recovery_step(struct tcp_pcb *p, const struct tcp_acked *a,
			  uint32_t delivered)
{
	/* A partial ACK without SACK: the next hole is lost, too. */
	if (a->acked && !p->sack_ok) {
		p->rxt_nxt = p->rxt_resume = p->snd_una;
		p->lost_end = first_segment_end(p);
	} else {
		mark_lost(p);
	}
	prr(p, delivered, a->acked && !p->sack_ok);
}

/*
 * Only a sender that cwnd keeps back may let it grow (as 7661); in slow start
 * one that uses half of it, or it could never send more.
 */
static bool uses_cwnd(const struct tcp_pcb *p)
{
	return p->cwnd_limited ||
	       (tcp_cc_slow_start(&p->cc) &&
		2 * (uint64_t)p->cwnd_used > p->cc.cwnd);
}

void tcp_recovery_ack(struct tcp_pcb *p, const struct tcp_acked *a)
{
	uint32_t delivered = a->sacked, acked = 0;
	bool done = a->acked && p->ca_state >= TCP_CA_RECOVERY &&
		    seq_ge(p->snd_una, p->recover);

	if (a->acked)
		acked = advance(p, a->acked);
	delivered += acked;
	if (a->duplicate) {
		p->dupacks++;
		if (!p->sack_ok)
			delivered += count_duplicate(p);
	}
	if (done)
		leave_recovery(p);
	if (p->ca_state < TCP_CA_RECOVERY) {
		if (a->acked)
			p->dupacks = 0;
		/* Never before `recover`, as 6582 4.1 has it. */
		if (is_lost(p))
			enter_recovery(p);
		else
			p->ca_state = p->dupacks || p->sacked_bytes ?
				      TCP_CA_DISORDER : TCP_CA_OPEN;
	}
	if (p->ca_state >= TCP_CA_RECOVERY && p->sack_ok)
		check_head(p, a);
	if (p->ca_state == TCP_CA_RECOVERY)
		recovery_step(p, a, delivered);
	else if (a->acked && !done &&
		 (uses_cwnd(p) || p->ca_state == TCP_CA_LOSS))
		tcp_cc_on_ack(&p->cc, acked, a->rtt, tcp_stk(p)->now);
}

void tcp_recovery_timeout(struct tcp_pcb *p)
{
	bool first = p->ca_state != TCP_CA_LOSS;

	tcp_cc_on_rto(&p->cc, tcp_flight(p), first, tcp_stk(p)->now);
	if (first)
		watch_for_eifel(p);
	p->ca_state = TCP_CA_LOSS;
	p->recover = p->snd_nxt;
	p->dupacks = 0;
	/*
	 * 2018 8: if the very first byte stands as SACKed and still is not
	 * acknowledged, the peer has thrown away what it had.
	 */
	if (!p->sack_ok || (!seqset_empty(&p->sacked) &&
			    p->sacked.r[0].from == p->snd_una)) {
		p->sacked.n = 0;
		p->sacked_bytes = 0;
	}
	p->rxt_nxt = p->rxt_resume = p->snd_una;
	p->lost_end = p->snd_nxt;
	p->rtt_at = 0;
}
