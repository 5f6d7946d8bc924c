/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a connection's struct: how it comes to be, and how it ends. */
#include <errno.h>

#include "stack/link/link.h"
#include "stack/tcp/isn.h"
#include "stack/tcp/pcb.h"

/* --- sizes ---------------------------------------------------------------- */

static uint16_t mss_of_mtu(unsigned mtu, const struct stk_ip *dst)
{
	unsigned head = ip_hdr_size(dst) + TCP_SIZE;

	return (uint16_t)(mtu > head + TCP_MSS_MIN ?
			  (mtu - head > 65535 ? 65535 : mtu - head)
						   : TCP_MSS_MIN);
}

uint16_t tcp_mss_to(struct stk *s, const struct stk_ip *dst, uint16_t maxseg)
{
	uint16_t mss = mss_of_mtu(ip_pmtu(s, dst), dst);

	return maxseg && maxseg < mss ? maxseg : mss;
}

uint16_t tcp_mss_advertised(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);
	/* What we can receive does not depend on the way there (6691). */
	uint16_t mss = mss_of_mtu(s->link->mtu, &p->sk.node.key.remote);

	return p->o.maxseg && p->o.maxseg < mss ? p->o.maxseg : mss;
}

/* 9293 3.7.1: Eff.snd.MSS, less the options that every segment carries. */
void tcp_set_mss(struct tcp_pcb *p)
{
	uint32_t mss = tcp_mss_to(tcp_stk(p), &p->sk.node.key.remote,
				  p->o.maxseg);

	if (p->mss_peer < mss)
		mss = p->mss_peer;
	if (mss < TCP_MSS_MIN)
		mss = TCP_MSS_MIN;
	p->mss = p->ts_ok ? mss - 12 : mss;
}

/* --- beginning ------------------------------------------------------------ */

static void start_clocks(struct tcp_pcb *p)
{
	p->last_recv = p->last_data_recv = tcp_stk(p)->now;
	p->quick = TCP_QUICK_ACKS;
	p->drs_at = tcp_stk(p)->now;
	p->drs_seq = p->rcv_nxt;
}

/* Agree on options: each only if both have it (7323 2.2, 3.2; 2018 2). */
static void agree(struct tcp_pcb *p, const struct tcp_opts *o)
{
	bool v4 = stk_ip_is4(&p->sk.node.key.remote);

	p->mss_peer = o->has_mss ? o->mss :
		      v4 ? TCP_MSS_DEFAULT4 : TCP_MSS_DEFAULT6;
	p->ws_ok = p->ws_ok && o->has_wscale;
	p->ts_ok = p->ts_ok && o->has_ts;
	p->sack_ok = p->sack_ok && o->sack_ok;
	p->snd_wscale = p->ws_ok ? o->wscale : 0;
	if (!p->ws_ok)
		p->rcv_wscale = 0;
	p->ts_recent = p->ts_ok ? o->ts_val : 0;
	p->ts_recent_at = tcp_stk(p)->now;
	p->rxt_ts = tcp_ts_now(tcp_stk(p), p->ts_off);
}

void tcp_start(struct tcp_pcb *p, uint32_t irs, const struct tcp_opts *o)
{
	uint32_t wnd = tcp_rcv_wnd(p);	/* offered in our SYN */

	agree(p, o);
	p->irs = irs;
	p->rcv_nxt = irs + 1;
	p->rcv_adv = p->rcv_nxt + wnd;
	p->last_ack_sent = p->rcv_nxt;
	tcp_set_mss(p);
	p->mss_adv = tcp_mss_advertised(p);
	tcp_cc_init(&p->cc, p->cc.ops, p->mss);
	/* 6298 5.7, 5681 3.1: the SYN was lost, one segment to begin with. */
	if (p->retries)
		p->cc.cwnd = p->mss;
	p->rxt_resume = p->rxt_nxt = p->lost_end = p->iss + 1;
	p->recover = p->snd_sml = p->iss + 1;
	start_clocks(p);
}

int tcp_reserve(struct tcp_pcb *p)
{
	if (p->o.sndbuf_set)
		p->snd_limit = p->sk.sndbuf;
	if (tcp_buf_reserve(&p->snd_buf, p->snd_limit) < 0 ||
	    tcp_buf_reserve(&p->rcv_buf, p->rcv_limit + 1) < 0)
		return -ENOMEM;
	return 0;
}

/* What the listener has set holds for its children, as in Linux. */
static void inherit(struct tcp_pcb *p, const struct tcp_pcb *lsn)
{
	p->o = lsn->o;
	tcp_cc_change(&p->cc, lsn->cc.ops);
	p->sk.bound = p->sk.connected = true;
}

struct tcp_pcb *tcp_child(struct tcp_pcb *lsn, const struct tcp_req *r)
{
	struct tcp_opts o = { .has_mss = true, .mss = r->mss,
			      .has_wscale = r->ws_ok, .wscale = r->snd_wscale,
			      .has_ts = r->ts_ok, .ts_val = r->ts_recent,
			      .sack_ok = r->sack_ok };
	struct stk_sock *sk;
	struct tcp_pcb *p;

	if (stk_sock_new(tcp_stk(lsn), lsn->sk.proto, lsn->sk.family, &lsn->sk,
			 &sk) < 0)
		return NULL;
	p = tcp_of(sk);
	inherit(p, lsn);
	sk->node.key = r->node.key;
	p->ws_ok = p->ts_ok = p->sack_ok = true;
	p->rcv_wscale = r->rcv_wscale;
	p->ts_off = r->ts_off;
	p->iss = r->iss;
	p->snd_una = p->snd_nxt = p->snd_end = r->iss + 1;
	p->snd_wl1 = r->irs;
	p->snd_wl2 = p->snd_una;
	p->rcv_adv = p->rcv_nxt + r->rcv_wnd;
	p->retries = r->retries;
	tcp_start(p, r->irs, &o);
	p->retries = 0;
	tcp_rcv_init(p);
	if (tcp_reserve(p) < 0) {
		tcp_discard(p, false);
		return NULL;
	}
	p->state = TCPS_ESTABLISHED;
	return p;
}

/* --- ending --------------------------------------------------------------- */

static void release_buffers(struct tcp_pcb *p)
{
	tcp_buf_fini(&p->snd_buf);
	free(p->sacked.r);
	free(p->ooo.r);
	p->sacked = p->ooo = (struct seqset){};
	p->sacked_bytes = 0;
	/* What has come in order can still be read. */
	if (p->sk.user_closed || !tcp_readable(p))
		tcp_buf_fini(&p->rcv_buf);
}

/* Nothing is armed, nothing due, and nobody finds it any more. */
static void detach(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);

	tcp_timers_stop(p);
	stk_undefer(s, &p->task);
	stk_node_del(s, &p->sk.node);
}

static void destroy(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);

	if (p->parent)
		tcp_unaccept(p);
	tcp_buf_fini(&p->rcv_buf);
	if (p->has_timers)
		stk_timers_reserve(s, -4);
	p->has_timers = false;
	stk_sock_free(&p->sk);
}

void tcp_done(struct tcp_pcb *p, int error)
{
	detach(p);
	p->state = TCPS_CLOSED;
	tcp_note_limit(p);
	/* Bytes beyond a hole will never be read. */
	release_buffers(p);
	if (p->sk.user_closed) {
		destroy(p);
		return;
	}
	if (error)
		stk_sock_error(&p->sk, error);
	else
		stk_sock_notify(&p->sk);
}

void tcp_reset(struct tcp_pcb *p, int error)
{
	if (tcp_synchronized(p) || p->state == TCPS_SYN_RCVD)
		tcp_send_rst(p);
	tcp_done(p, error);
}

void tcp_discard(struct tcp_pcb *p, bool rst)
{
	if (rst && tcp_synchronized(p))
		tcp_send_rst(p);
	p->sk.user_closed = true;
	tcp_stk(p)->n_lingering++;
	tcp_done(p, 0);
}
