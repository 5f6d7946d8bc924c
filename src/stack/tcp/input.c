/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segments that arrive: whose they are, and the checks of 9293 3.10.7.4 in
 * their order, with those of 7323 (PAWS) and 5961 (blind attacks).
 *
 * Whatever may end a connection may free it: it comes last, and nobody looks
 * at p afterwards.
 */
#include <errno.h>
#include <netinet/in.h>

#include "stack/tcp/pcb.h"

/* --- answers to what should not be ---------------------------------------- */

bool tcp_challenge_due(struct stk *s, uint64_t *at)
{
	if (s->now < *at) {
		CTR(s, tcp_challenge_limited)++;
		return false;
	}
	/*
	 * 5961 10 has a limit for the whole host, which others can measure
	 * (CVE-2016-5696). This one is the connection's own, and its end is
	 * not to be guessed.
	 */
	*at = s->now + TCP_CHALLENGE_US / 2 +
	      stk_random_below(s, TCP_CHALLENGE_US);
	CTR(s, tcp_challenge)++;
	return true;
}

void tcp_challenge(struct tcp_pcb *p)
{
	if (tcp_challenge_due(tcp_stk(p), &p->challenge_at))
		tcp_send_ack(p);
}

/* --- the checks ----------------------------------------------------------- */

/* 7323 5.3 R1. False: an old duplicate. */
static bool paws_ok(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	struct stk *s = tcp_stk(p);

	if (!p->ts_ok || (h->flags & TCP_RST))
		return true;
	if (!h->opts.has_ts)
		return false;	/* 7323 3.2: must have it, drop silently */
	if (!seq_lt(h->opts.ts_val, p->ts_recent) ||
	    s->now - p->ts_recent_at > TCP_PAWS_IDLE_US)
		return true;
	CTR(s, tcp_paws)++;
	if (!(h->flags & TCP_SYN))
		p->ack_now = true;
	return false;
}

/* 9293 3.10.7.4, first: the table of four cases. */
static bool seq_acceptable(const struct tcp_pcb *p, uint32_t seq,
			   uint32_t space)
{
	uint32_t wnd = tcp_rcv_wnd(p);

	if (!space)
		return seq == p->rcv_nxt || seq_in(seq, p->rcv_nxt, p->rcv_adv);
	if (!wnd)
		return false;
	return seq_in(seq, p->rcv_nxt, p->rcv_adv) ||
	       seq_in(seq + space - 1, p->rcv_nxt, p->rcv_adv) ||
	       /* It begins before the window and ends after it. */
	       (seq_lt(seq, p->rcv_nxt) && seq_gt(seq + space, p->rcv_adv));
}

/*
 * Not acceptable: say where we are. Segments that carry data cannot be part of
 * a loop of ACKs, others may: they are limited.
 */
static void refuse(struct tcp_pcb *p, const struct tcp_hdr *h, uint32_t len)
{
	struct stk *s = tcp_stk(p);

	if (h->flags & TCP_RST)
		return;
	CTR(s, tcp_dup)++;
	if (!len || (h->flags & TCP_SYN)) {
		tcp_challenge(p);
		return;
	}
	if (p->sack_ok && seq_le(h->seq + len, p->rcv_nxt))
		p->dsack = (struct seqrange){ h->seq, h->seq + len };
	p->ack_now = true;
}

/*
 * 7323 4.3: the stamp to echo is that of the segment which we ack next. PAWS
 * has let it pass: if it is an older one, then after a silence in which the
 * peer's clock has come round (5.5).
 */
static void remember_ts(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	if (!p->ts_ok || !h->opts.has_ts ||
	    seq_gt(h->seq, p->last_ack_sent))
		return;
	p->ts_recent = h->opts.ts_val;
	p->ts_recent_at = tcp_stk(p)->now;
}

/* Second: RST (5961 3.2). p may be gone after. */
static void handle_rst(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	if (h->seq != p->rcv_nxt) {
		tcp_challenge(p);
		return;
	}
	CTR(tcp_stk(p), tcp_in_rst)++;
	switch (p->state) {
	case TCPS_SYN_RCVD:
		tcp_done(p, ECONNREFUSED);
		break;
	case TCPS_CLOSE_WAIT:
		tcp_done(p, EPIPE);
		break;
	case TCPS_CLOSING:
	case TCPS_LAST_ACK:
		tcp_done(p, 0);
		break;
	default:
		tcp_done(p, ECONNRESET);
	}
}

/* --- the connection's course ---------------------------------------------- */

/* SYN-RECEIVED of a simultaneous open. */
static bool finish_open(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	struct tcp_hdr rst = { .flags = TCP_RST, .seq = h->ack };

	if (h->ack != p->iss + 1) {
		tcp_send_bare(tcp_stk(p), &p->sk.node.key, &rst);
		return false;
	}
	p->state = p->fin_queued ? TCPS_FIN_WAIT_1 : TCPS_ESTABLISHED;
	p->snd_wnd = (uint32_t)h->win << p->snd_wscale;
	p->snd_wl1 = h->seq - 1;
	p->retries = 0;
	tcp_arm_keep(p);
	stk_sock_notify(&p->sk);
	return true;
}

/* Our FIN is acknowledged. True: p is gone. */
static bool fin_acked(struct tcp_pcb *p)
{
	switch (p->state) {
	case TCPS_FIN_WAIT_1:
		p->state = TCPS_FIN_WAIT_2;
		tcp_arm_end(p);
		return false;
	case TCPS_CLOSING:
		/* Its FIN came in the same burst: that ACK is the last word, and
		 * nobody may be here to give it once more. */
		if (p->ack_now)
			tcp_send_ack(p);
		tcp_time_wait(p);
		return true;
	case TCPS_LAST_ACK:
		tcp_done(p, 0);
		return true;
	default:
		return false;
	}
}

/* The application has closed both ways, and more comes: 9293 3.10.7.4, 1122
 * 4.2.2.13. Nobody will read it, and the peer must know. */
static bool nobody_reads(const struct tcp_pcb *p, const struct tcp_hdr *h,
			 uint32_t len)
{
	return p->sk.user_closed && len && seq_gt(h->seq + len, p->rcv_nxt);
}

static bool can_receive(const struct tcp_pcb *p)
{
	return p->state == TCPS_ESTABLISHED || p->state == TCPS_FIN_WAIT_1 ||
	       p->state == TCPS_FIN_WAIT_2;
}

static void accept_segment(struct tcp_pcb *p, const struct tcp_hdr *h,
			   struct pkt *pkt)
{
	uint32_t len = pkt->total;

	if (p->state == TCPS_SYN_RCVD && !finish_open(p, h))
		return;
	if (!tcp_ack(p, h, len))
		return;
	/* Only now: whoever guesses no ACK shall not set our clock either. */
	remember_ts(p, h);
	tcp_output_later(p);
	if (tcp_fin_acked(p) && fin_acked(p))
		return;
	if (!can_receive(p) || (!len && !(h->flags & TCP_FIN)))
		return;
	if (nobody_reads(p, h, len)) {
		CTR(tcp_stk(p), tcp_abort_on_data)++;
		tcp_reset(p, 0);
		return;
	}
	tcp_rcv(p, h, pkt);
}

/*
 * Both called at once and answered at once (9293 figure 8): the SYN of this
 * SYN-ACK is known, and is before the window; its ACK is what counts.
 */
static bool answers_syn(const struct tcp_pcb *p, const struct tcp_hdr *h)
{
	return p->state == TCPS_SYN_RCVD && h->seq == p->irs &&
	       (h->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

void tcp_segment(struct tcp_pcb *p, const struct tcp_hdr *h, struct pkt *pkt)
{
	uint32_t len = pkt->total;
	struct tcp_hdr known;

	if (answers_syn(p, h)) {
		known = *h;
		known.flags = (uint16_t)(h->flags & ~TCP_SYN);
		known.seq++;
		h = &known;
	}

	p->segs_in++;
	p->last_recv = tcp_stk(p)->now;
	if (!paws_ok(p, h)) {
		tcp_output_later(p);
		return;
	}
	if (!seq_acceptable(p, h->seq, tcp_space(h, len))) {
		/* A full window takes ACKs and RSTs all the same. */
		if (h->seq != p->rcv_nxt || tcp_rcv_wnd(p)) {
			refuse(p, h, len);
			tcp_output_later(p);
			return;
		}
		p->ack_now = true;
	}
	if (h->flags & TCP_RST) {
		handle_rst(p, h);
		return;
	}
	/* Fourth: a SYN (5961 4.2), save the one of a simultaneous open. */
	if ((h->flags & TCP_SYN) && p->state != TCPS_SYN_RCVD) {
		tcp_challenge(p);
		return;
	}
	if (!(h->flags & TCP_ACK))
		return;
	accept_segment(p, h, pkt);
}

/* --- whose is it? --------------------------------------------------------- */

static void dispatch(struct stk *s, const struct stk_key *k,
		     const struct tcp_hdr *h, struct pkt *pkt)
{
	struct stk_node *n = stk_node_match(s, k);
	struct tcp_pcb *p;

	if (n && n->kind == TCP_NODE_TW) {
		if (!tcp_tw_segment(s, stk_container_of(n, struct tcp_tw, node),
				    h, pkt->total))
			return;
		n = stk_node_match(s, k);
	}
	if (n && n->kind == TCP_NODE_REQ) {
		tcp_req_segment(stk_container_of(n, struct tcp_req, node), h,
				pkt);
		return;
	}
	p = n ? (struct tcp_pcb *)stk_container_of(n, struct stk_sock, node)
	      : NULL;
	if (p && p->state == TCPS_LISTEN) {
		tcp_listen_segment(p, h, pkt);
	} else if (p && p->state == TCPS_SYN_SENT) {
		tcp_syn_sent(p, h, pkt);
	} else if (p && p->state != TCPS_CLOSED) {
		tcp_segment(p, h, pkt);
	} else {
		CTR(s, tcp_no_port)++;
		tcp_reply_rst(s, k, h, pkt->total);
	}
}

static bool parse(struct pkt *pkt, struct tcp_hdr *h)
{
	size_t head = pkt->total < TCP_SIZE_MAX ? pkt->total : TCP_SIZE_MAX;

	return pkt_linear(pkt, head) && tcp_parse(pkt->data, head, h) >= 0 &&
	       ip_csum_ok(pkt);
}

/* From one to one (9293 3.9.2.3). ip/input.c keeps out what is from nobody,
 * from everybody, or from ourselves (LAND). */
static bool plausible(const struct stk *s, const struct pkt *pkt)
{
	return stk_ip_is_unicast(&pkt->ip.dst) &&
	       !ip_is_broadcast(s, &pkt->ip.dst) &&
	       !(pkt->flags & PKT_BROADCAST);
}

void tcp_input(struct stk *s, struct pkt *pkt)
{
	struct stk_key k = { .local = pkt->ip.dst, .remote = pkt->ip.src,
			     .proto = IPPROTO_TCP };
	struct tcp_hdr h;

	CTR(s, tcp_in)++;
	if (!parse(pkt, &h) || !plausible(s, pkt)) {
		CTR(s, tcp_bad)++;
	} else {
		k.lport = h.dport;
		k.rport = h.sport;
		pkt_pull(pkt, h.hdr);
		dispatch(s, &k, &h, pkt);
	}
	pkt_free(pkt);
}
