/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The timers of a connection: retransmission (or the probe of a closed
 * window), delayed ACK, keep-alive, and the end of one whose handle is gone.
 */
#include <errno.h>

#include "stack/tcp/pcb.h"

/* --- arming --------------------------------------------------------------- */

/* How long until a closed window is asked about again (9293 3.8.6.1). */
static uint64_t probe_interval(const struct tcp_pcb *p)
{
	uint64_t us = (uint64_t)p->rtt.rto << p->probe_backoff;

	if (p->o.cork && p->snd_wnd && !p->probe_backoff)
		return TCP_CORK_US;
	return us > p->rtt.rto_max ? p->rtt.rto_max : us;
}

/* Not beyond the moment when the user's patience ends (5482). */
static uint64_t within_user_timeout(const struct tcp_pcb *p, uint64_t us)
{
	uint64_t end = p->stalled_at + p->o.user_timeout * SK_MSEC;
	uint64_t now = tcp_stk(p)->now;

	if (!p->o.user_timeout || !p->stalled_at || now + us <= end)
		return us;
	return end > now ? end - now : 0;
}

void tcp_arm_rtx(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);
	bool probing = !tcp_flight(p);
	uint64_t us;

	if (probing && !tcp_unsent(p)) {
		stk_timer_stop(s, &p->t_rtx);
		return;
	}
	if (stk_timer_armed(&p->t_rtx) && probing == p->probing)
		return;
	p->probing = probing;
	us = probing ? probe_interval(p) : tcp_rtt_rto(&p->rtt);
	stk_timer_in(s, &p->t_rtx, within_user_timeout(p, us));
}

void tcp_restart_rtx(struct tcp_pcb *p)
{
	stk_timer_stop(tcp_stk(p), &p->t_rtx);
	tcp_arm_rtx(p);
}

void tcp_arm_delack(struct tcp_pcb *p)
{
	uint64_t us = p->o.delack_max_us;

	if (!stk_timer_armed(&p->t_delack))
		stk_timer_in(tcp_stk(p), &p->t_delack,
			     us && us < TCP_DELACK_US ? us : TCP_DELACK_US);
}

void tcp_arm_keep(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);

	if (!p->sk.keepalive || !tcp_synchronized(p)) {
		stk_timer_stop(s, &p->t_keep);
		return;
	}
	stk_timer_at(s, &p->t_keep, p->last_recv + p->o.keep_idle * SK_SEC);
}

void tcp_arm_end(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);
	uint64_t us = TCP_FIN_WAIT2_US;

	if (!p->sk.user_closed)
		return;
	if (p->sk.linger && p->state != TCPS_FIN_WAIT_2) {
		stk_timer_in(s, &p->t_end, p->sk.linger_s * SK_SEC);
		return;
	}
	if (p->state != TCPS_FIN_WAIT_2)
		return;
	if (p->o.linger2 > 0)
		us = (uint64_t)p->o.linger2 * SK_SEC;
	stk_timer_in(s, &p->t_end, us);
}

/* --- firing --------------------------------------------------------------- */

/* Nobody answers. p may be gone after. */
static void give_up(struct tcp_pcb *p)
{
	CTR(tcp_stk(p), tcp_timed_out)++;
	tcp_reset(p, p->soft_error ? p->soft_error : ETIMEDOUT);
}

static bool patience_over(struct tcp_pcb *p, unsigned tries)
{
	uint64_t now = tcp_stk(p)->now;

	if (p->o.user_timeout)
		return p->stalled_at &&
		       now - p->stalled_at >= p->o.user_timeout * SK_MSEC;
	return tries >= (p->sk.user_closed ? TCP_ORPHAN_RETRIES : TCP_RETRIES);
}

static void syn_timeout(struct tcp_pcb *p)
{
	bool over = p->o.user_timeout ? patience_over(p, 0) :
		    p->retries >= p->o.syn_cnt;

	if (over) {
		give_up(p);
		return;
	}
	p->retries++;
	p->rtt_at = 0;
	tcp_rtt_back_off(&p->rtt);
	tcp_send_syn(p);
	tcp_restart_rtx(p);
}

static void rto_timeout(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);

	CTR(s, tcp_rto)++;
	if (!p->stalled_at)
		p->stalled_at = s->now - tcp_rtt_rto(&p->rtt);
	if (patience_over(p, p->retries)) {
		give_up(p);
		return;
	}
	p->retries++;
	tcp_rtt_back_off(&p->rtt);
	tcp_recovery_timeout(p);
	tcp_output(p);
	tcp_restart_rtx(p);
}

/*
 * Data waits and nothing is in flight: a small segment that Nagle, the cork or
 * a small window held back is sent now; a closed window is asked about.
 */
static void probe_timeout(struct tcp_pcb *p)
{
	if (!p->stalled_at)
		p->stalled_at = tcp_stk(p)->now - probe_interval(p);
	if (patience_over(p, p->probes) && p->probes) {
		give_up(p);
		return;
	}
	p->send_forced = true;
	tcp_output(p);
	if (tcp_flight(p))
		return;
	p->probes++;
	if (p->probe_backoff < 16)
		p->probe_backoff++;
	tcp_send_probe(p);
	tcp_restart_rtx(p);
}

static void rtx_timer(struct stk *s, struct stk_timer *t)
{
	struct tcp_pcb *p = stk_container_of(t, struct tcp_pcb, t_rtx);

	(void)s;
	if (p->state == TCPS_SYN_SENT || p->state == TCPS_SYN_RCVD)
		syn_timeout(p);
	else if (tcp_flight(p))
		rto_timeout(p);
	else if (tcp_unsent(p))
		probe_timeout(p);
}

static void delack_timer(struct stk *s, struct stk_timer *t)
{
	struct tcp_pcb *p = stk_container_of(t, struct tcp_pcb, t_delack);

	(void)s;
	tcp_send_ack(p);
}

/* 9293 3.8.4. */
static void keep_timer(struct stk *s, struct stk_timer *t)
{
	struct tcp_pcb *p = stk_container_of(t, struct tcp_pcb, t_keep);
	uint64_t idle = s->now - p->last_recv;
	bool over;

	/* What is in flight finds out by itself. */
	if (tcp_flight(p) || tcp_unsent(p)) {
		stk_timer_in(s, &p->t_keep, p->o.keep_idle * SK_SEC);
		return;
	}
	if (idle < p->o.keep_idle * SK_SEC) {
		p->probes = 0;
		tcp_arm_keep(p);
		return;
	}
	over = p->o.user_timeout ?
	       p->probes && idle >= p->o.user_timeout * SK_MSEC :
	       p->probes >= p->o.keep_cnt;
	if (over) {
		give_up(p);
		return;
	}
	p->probes++;
	tcp_send_probe(p);
	stk_timer_in(s, &p->t_keep, p->o.keep_intvl * SK_SEC);
}

/*
 * FIN-WAIT-2 of a closed connection, or the time that SO_LINGER gave for
 * delivery: close() here never waits, so when it is over the rest is dropped.
 */
static void end_timer(struct stk *s, struct stk_timer *t)
{
	struct tcp_pcb *p = stk_container_of(t, struct tcp_pcb, t_end);

	(void)s;
	if (p->state == TCPS_FIN_WAIT_2)
		tcp_done(p, 0);
	else
		tcp_reset(p, 0);
}

void tcp_timers_init(struct tcp_pcb *p)
{
	p->t_rtx.fn = rtx_timer;
	p->t_delack.fn = delack_timer;
	p->t_keep.fn = keep_timer;
	p->t_end.fn = end_timer;
}

void tcp_timers_stop(struct tcp_pcb *p)
{
	struct stk *s = tcp_stk(p);

	stk_timer_stop(s, &p->t_rtx);
	stk_timer_stop(s, &p->t_delack);
	stk_timer_stop(s, &p->t_keep);
	stk_timer_stop(s, &p->t_end);
}
