/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The passive open. A SYN takes a struct tcp_req out of the listener's slab
 * (the SYN queue); the ACK that ends the handshake turns it into a connection
 * in the accept queue. Both queues have their limits:
 *
 *	SYN queue full		answer by a cookie (RFC 4987), keep nothing
 *	accept queue full	take no SYN; an ACK waits in the SYN queue, and
 *				our SYN-ACK, sent again, asks for it again
 */
#include <errno.h>

#include "stack/tcp/cookie.h"
#include "stack/tcp/isn.h"
#include "stack/tcp/pcb.h"

#define SYN_QUEUE_MIN 16
#define SYNACK_RTO_US SK_SEC
#define COOKIE_WAIT_US (2 * TCP_COOKIE_LIFE_US)

/* --- requests ------------------------------------------------------------- */

void tcp_req_free(struct tcp_req *r)
{
	struct tcp_listen *l = r->lsn->lsn;
	struct stk *s = tcp_stk(r->lsn);

	stk_timer_stop(s, &r->timer);
	stk_node_del(s, &r->node);
	TAILQ_REMOVE(&l->reqs, r, link);
	TAILQ_INSERT_HEAD(&l->free, r, link);
	l->n_reqs--;
}

/* The SYN-ACK; a cookie has its own timestamp in ts. */
static void send_syn_ack(struct tcp_req *r, uint32_t ts)
{
	struct tcp_hdr h = {
		.seq = r->iss,
		.ack = r->irs + 1,
		.flags = TCP_SYN | TCP_ACK,
		.win = (uint16_t)r->rcv_wnd,
		.opts = {
			.has_mss = true,
			.mss = tcp_mss_advertised(r->lsn),
			.has_wscale = r->ws_ok,
			.wscale = r->rcv_wscale,
			.sack_ok = r->sack_ok,
			.has_ts = r->ts_ok,
			.ts_val = ts,
			.ts_ecr = r->ts_recent,
		},
	};

	tcp_send_bare(tcp_stk(r->lsn), &r->node.key, &h);
}

static void req_send(struct tcp_req *r)
{
	struct stk *s = tcp_stk(r->lsn);

	r->sent_at = s->now;
	send_syn_ack(r, tcp_ts_now(s, r->ts_off));
	stk_timer_in(s, &r->timer, SYNACK_RTO_US << r->retries);
}

static void req_timer(struct stk *s, struct stk_timer *t)
{
	struct tcp_req *r = stk_container_of(t, struct tcp_req, timer);

	if (r->retries >= TCP_SYNACK_RETRIES) {
		tcp_req_free(r);
		return;
	}
	CTR(s, tcp_retrans)++;
	r->retries++;
	req_send(r);
}

/* All of a request that follows from the SYN; not its place in queues. */
static void fill_req(struct tcp_req *r, struct tcp_pcb *p,
		     const struct stk_key *k, const struct tcp_hdr *h)
{
	const struct tcp_opts *o = &h->opts;
	struct stk *s = tcp_stk(p);
	bool v4 = stk_ip_is4(&k->remote);

	*r = (struct tcp_req){
		.node = { .key = *k, .kind = TCP_NODE_REQ },
		.lsn = p,
		.timer = { .fn = req_timer },
		.irs = h->seq,
		.iss = tcp_isn(s, k),
		.ts_off = tcp_ts_offset(s, k),
		.ts_recent = o->ts_val,
		.mss = o->has_mss ? o->mss :
		       v4 ? TCP_MSS_DEFAULT4 : TCP_MSS_DEFAULT6,
		.ws_ok = o->has_wscale,
		.ts_ok = o->has_ts,
		.sack_ok = o->sack_ok,
		.snd_wscale = o->wscale,
		.rcv_wscale = o->has_wscale ? tcp_wscale_wanted(p) : 0,
	};
	tcp_rcv_init(p);
	r->rcv_wnd = p->rcv_limit < 65535 ? p->rcv_limit : 65535;
}

static void send_cookie(struct tcp_pcb *p, const struct stk_key *k,
			const struct tcp_hdr *h)
{
	struct stk *s = tcp_stk(p);
	struct tcp_req r;
	uint32_t ts;

	fill_req(&r, p, k, h);
	/* Without a timestamp there is no room for the other two. */
	if (!r.ts_ok)
		r.ws_ok = r.sack_ok = false;
	r.iss = tcp_cookie_make(s, k, h->seq, r.mss);
	ts = tcp_cookie_ts_make(tcp_ts_now(s, r.ts_off), &h->opts);
	p->lsn->cookies_until = s->now + COOKIE_WAIT_US;
	CTR(s, tcp_cookies_sent)++;
	send_syn_ack(&r, ts);
}

static void take_syn(struct tcp_pcb *p, const struct stk_key *k,
		     const struct tcp_hdr *h)
{
	struct tcp_listen *l = p->lsn;
	struct tcp_req *r = TAILQ_FIRST(&l->free);

	if (l->n_accept >= l->backlog) {
		CTR(tcp_stk(p), tcp_accept_queue_full)++;
		return;
	}
	if (!r) {
		CTR(tcp_stk(p), tcp_syn_queue_full)++;
		send_cookie(p, k, h);
		return;
	}
	TAILQ_REMOVE(&l->free, r, link);
	fill_req(r, p, k, h);
	TAILQ_INSERT_TAIL(&l->reqs, r, link);
	l->n_reqs++;
	stk_node_add(tcp_stk(p), &r->node);
	req_send(r);
}

/* --- the handshake's end -------------------------------------------------- */

/* r leaves the SYN queue, if it stands there. NULL: no room, no memory. */
static struct tcp_pcb *promote(struct tcp_pcb *p, struct tcp_req *r,
			       bool queued)
{
	struct tcp_listen *l = p->lsn;
	struct stk *s = tcp_stk(p);
	struct tcp_pcb *child;

	if (l->n_accept >= l->backlog) {
		CTR(s, tcp_accept_queue_full)++;
		return NULL;
	}
	child = tcp_child(p, r);
	if (!child) {
		CTR(s, tcp_no_memory)++;
		return NULL;
	}
	if (queued) {
		if (!r->retries)
			tcp_rtt_sample(&child->rtt,
				       (uint32_t)(s->now - r->sent_at));
		tcp_req_free(r);
	}
	stk_node_add(s, &child->sk.node);
	child->parent = p;
	TAILQ_INSERT_TAIL(&l->accept, child, accept_link);
	l->n_accept++;
	CTR(s, tcp_passive_open)++;
	tcp_arm_keep(child);
	stk_sock_notify(&p->sk);
	return child;
}

static void req_challenge(struct tcp_req *r)
{
	struct stk *s = tcp_stk(r->lsn);
	struct tcp_hdr h = { .seq = r->iss + 1, .ack = r->irs + 1,
			     .flags = TCP_ACK };

	if (!tcp_challenge_due(s, &r->challenge_at))
		return;
	h.win = (uint16_t)(r->rcv_wnd >> r->rcv_wscale);
	h.opts.has_ts = r->ts_ok;
	h.opts.ts_val = tcp_ts_now(s, r->ts_off);
	h.opts.ts_ecr = r->ts_recent;
	tcp_send_bare(s, &r->node.key, &h);
}

/* Within what we offered, and not older than what we know (PAWS). */
static bool req_acceptable(const struct tcp_req *r, const struct tcp_hdr *h,
			   uint32_t len)
{
	uint32_t nxt = r->irs + 1;

	if (r->ts_ok && h->opts.has_ts && !(h->flags & TCP_RST) &&
	    seq_lt(h->opts.ts_val, r->ts_recent))
		return false;
	return seq_in(h->seq, nxt, nxt + r->rcv_wnd) ||
	       (len && seq_in(h->seq + len - 1, nxt, nxt + r->rcv_wnd));
}

void tcp_req_segment(struct tcp_req *r, const struct tcp_hdr *h,
		     struct pkt *pkt)
{
	struct stk *s = tcp_stk(r->lsn);
	struct tcp_pcb *child;

	/* The SYN once more: our SYN-ACK was lost. */
	if ((h->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
	    h->seq == r->irs) {
		send_syn_ack(r, tcp_ts_now(s, r->ts_off));
		return;
	}
	if (!req_acceptable(r, h, pkt->total)) {
		if (!(h->flags & TCP_RST))
			req_challenge(r);
		return;
	}
	if (h->flags & TCP_RST) {
		if (h->seq == r->irs + 1)
			tcp_req_free(r);
		else
			req_challenge(r);
		return;
	}
	if (h->flags & TCP_SYN) {
		req_challenge(r);
		return;
	}
	if (!(h->flags & TCP_ACK))
		return;
	if (h->ack != r->iss + 1) {
		tcp_reply_rst(s, &r->node.key, h, pkt->total);
		return;
	}
	child = promote(r->lsn, r, true);
	if (child)
		tcp_segment(child, h, pkt);
}

/* An ACK that may answer a cookie. False: it does not. */
static bool take_cookie(struct tcp_pcb *p, const struct stk_key *k,
			const struct tcp_hdr *h, struct pkt *pkt)
{
	struct stk *s = tcp_stk(p);
	struct tcp_hdr syn = { .seq = h->seq - 1, .opts = h->opts };
	struct tcp_pcb *child;
	struct tcp_req r;
	uint16_t mss;

	if (s->now >= p->lsn->cookies_until)
		return false;
	if (!tcp_cookie_check(s, k, h->seq - 1, h->ack - 1, &mss)) {
		CTR(s, tcp_cookies_bad)++;
		return false;
	}
	CTR(s, tcp_cookies_ok)++;
	syn.opts.has_mss = true;
	syn.opts.mss = mss;
	syn.opts.has_wscale = syn.opts.sack_ok = false;
	if (h->opts.has_ts)
		tcp_cookie_ts_read(h->opts.ts_ecr, &syn.opts);
	fill_req(&r, p, k, &syn);
	r.iss = h->ack - 1;
	child = promote(p, &r, false);
	if (child)
		tcp_segment(child, h, pkt);
	return true;
}

void tcp_listen_segment(struct tcp_pcb *p, const struct tcp_hdr *h,
			struct pkt *pkt)
{
	struct stk_key k = { .local = pkt->ip.dst, .remote = pkt->ip.src,
			     .lport = h->dport, .rport = h->sport,
			     .proto = p->sk.node.key.proto };

	if (h->flags & TCP_RST)
		return;
	if (h->flags & TCP_ACK) {
		if ((h->flags & TCP_SYN) || !take_cookie(p, &k, h, pkt))
			tcp_reply_rst(tcp_stk(p), &k, h, pkt->total);
		return;
	}
	/* SYN and FIN in one is no beginning. */
	if ((h->flags & TCP_SYN) && !(h->flags & TCP_FIN))
		take_syn(p, &k, h);
}

/* --- the socket's calls --------------------------------------------------- */

static int make_queues(struct tcp_pcb *p, uint32_t backlog)
{
	uint32_t n = backlog < SYN_QUEUE_MIN ? SYN_QUEUE_MIN : backlog;
	struct tcp_listen *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->slab = calloc(n, sizeof(*l->slab));
	if (!l->slab || stk_timers_reserve(tcp_stk(p), (int)n) < 0) {
		free(l->slab);
		free(l);
		return -ENOMEM;
	}
	l->n_slab = n;
	TAILQ_INIT(&l->free);
	TAILQ_INIT(&l->reqs);
	TAILQ_INIT(&l->accept);
	for (uint32_t i = 0; i < n; i++)
		TAILQ_INSERT_TAIL(&l->free, &l->slab[i], link);
	p->lsn = l;
	return 0;
}

int tcp_listen(struct stk_sock *sk, int backlog)
{
	struct tcp_pcb *p = tcp_of(sk);
	uint32_t limit = backlog < 1 ? 1 : backlog > TCP_BACKLOG_MAX ?
			 TCP_BACKLOG_MAX : (uint32_t)backlog;
	int r;

	if (p->state != TCPS_CLOSED && p->state != TCPS_LISTEN)
		return -EINVAL;
	if (p->state == TCPS_CLOSED) {
		if (sk->connected)
			return -EISCONN;
		r = make_queues(p, limit);
		if (r < 0)
			return r;
		p->ws_ok = true;
		p->state = TCPS_LISTEN;
	}
	p->lsn->backlog = limit;
	return 0;
}

void tcp_unaccept(struct tcp_pcb *child)
{
	struct tcp_listen *l = child->parent->lsn;

	TAILQ_REMOVE(&l->accept, child, accept_link);
	l->n_accept--;
	child->parent = NULL;
}

int tcp_accept(struct stk_sock *sk, struct stk_sock **peer)
{
	struct tcp_pcb *p = tcp_of(sk), *child;

	if (p->state != TCPS_LISTEN)
		return -EINVAL;
	child = TAILQ_FIRST(&p->lsn->accept);
	if (!child)
		return -EAGAIN;
	tcp_unaccept(child);
	*peer = &child->sk;
	return 0;
}

void tcp_listen_flush(struct tcp_pcb *p)
{
	struct tcp_req *r;

	while ((r = TAILQ_FIRST(&p->lsn->reqs)))
		tcp_req_free(r);
}

void tcp_listen_end(struct tcp_pcb *p, bool rst)
{
	struct tcp_listen *l = p->lsn;
	struct tcp_pcb *child;

	tcp_listen_flush(p);
	while ((child = TAILQ_FIRST(&l->accept))) {
		tcp_unaccept(child);
		tcp_discard(child, rst);
	}
	stk_timers_reserve(tcp_stk(p), -(int)l->n_slab);
	free(l->slab);
	free(l);
	p->lsn = NULL;
}
