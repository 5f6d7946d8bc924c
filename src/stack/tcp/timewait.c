/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TIME-WAIT: a connection that is over, but whose last segments may still
 * come. It keeps only what answering them takes.
 *
 * Deviation: a RST does not end it (RFC 1337: a late one would make way for
 * old data in the next connection), where 9293 lets it.
 */
#include "stack/tcp/pcb.h"

void tcp_tw_free(struct stk *s, struct tcp_tw *tw)
{
	stk_timer_stop(s, &tw->timer);
	stk_timers_reserve(s, -1);
	stk_node_del(s, &tw->node);
	TAILQ_REMOVE(&s->tcp->tws, tw, link);
	s->tcp->n_tws--;
	free(tw);
}

static void tw_timer(struct stk *s, struct stk_timer *t)
{
	tcp_tw_free(s, stk_container_of(t, struct tcp_tw, timer));
}

void tcp_time_wait(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);
	struct tcp_tw *tw = NULL;

	if (s->tcp->n_tws < TCP_TW_MAX)
		tw = calloc(1, sizeof(*tw));
	/* Without memory: gone early, as Linux's bucket overflow. */
	if (tw && stk_timers_reserve(s, 1) < 0) {
		free(tw);
		tw = NULL;
	}
	if (!tw) {
		tcp_done(p, 0);
		return;
	}
	tw->node.key = p->sk.node.key;
	tw->node.kind = TCP_NODE_TW;
	tw->timer.fn = tw_timer;
	tw->snd_nxt = p->snd_nxt;
	tw->rcv_nxt = p->rcv_nxt;
	tw->rcv_wnd = tcp_rcv_wnd(p);
	tw->rcv_wscale = p->rcv_wscale;
	tw->ts_ok = p->ts_ok;
	tw->ts_off = p->ts_off;
	tw->ts_recent = p->ts_recent;
	tcp_done(p, 0);
	TAILQ_INSERT_TAIL(&s->tcp->tws, tw, link);
	s->tcp->n_tws++;
	stk_node_add(s, &tw->node);
	stk_timer_in(s, &tw->timer, TCP_TIME_WAIT_US);
}

static void send_ack(struct stk *s, struct tcp_tw *tw)
{
	struct tcp_hdr h = { .seq = tw->snd_nxt, .ack = tw->rcv_nxt,
			     .flags = TCP_ACK };

	h.win = (uint16_t)(tw->rcv_wnd >> tw->rcv_wscale);
	h.opts.has_ts = tw->ts_ok;
	h.opts.ts_val = tcp_ts_now(s, tw->ts_off);
	h.opts.ts_ecr = tw->ts_recent;
	tcp_send_bare(s, &tw->node.key, &h);
}

/* RFC 6191 2: does this SYN begin something that is surely newer? */
static bool surely_newer(const struct tcp_tw *tw, const struct tcp_hdr *h)
{
	bool ts = tw->ts_ok && h->opts.has_ts;

	if (ts && h->opts.ts_val != tw->ts_recent)
		return seq_gt(h->opts.ts_val, tw->ts_recent);
	return seq_gt(h->seq, tw->rcv_nxt);
}

static bool acceptable(const struct tcp_tw *tw, const struct tcp_hdr *h,
		       uint32_t len)
{
	if (tw->ts_ok && h->opts.has_ts &&
	    seq_lt(h->opts.ts_val, tw->ts_recent))
		return false;
	return h->seq == tw->rcv_nxt && !tcp_space(h, len);
}

bool tcp_tw_segment(struct stk *s, struct tcp_tw *tw, const struct tcp_hdr *h,
		    uint32_t len)
{
	if (h->flags & TCP_RST)
		return false;
	if ((h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	    surely_newer(tw, h)) {
		CTR(s, tcp_tw_reused)++;
		tcp_tw_free(s, tw);
		return true;
	}
	/* The peer's FIN again: our last ACK was lost. */
	if ((h->flags & TCP_FIN) && h->seq + len + 1 == tw->rcv_nxt) {
		send_ack(s, tw);
		stk_timer_in(s, &tw->timer, TCP_TIME_WAIT_US);
		return false;
	}
	if (!acceptable(tw, h, len) &&
	    tcp_challenge_due(s, &tw->challenge_at))
		send_ack(s, tw);
	return false;
}
