/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may be sent now, and in which order: lost segments first, new ones as
 * far as both windows go and the rules against small segments let them (9293
 * 3.8.6.2.1, 3.7.4), and if none of these carried the ACK that is due, an ACK.
 */
#include "stack/link/link.h"
#include "stack/tcp/pcb.h"

#define SUPER_MAX 61440		/* of the 65535 that an IP packet may have */

/* Data may flow from us in these. */
static bool can_send(const struct tcp_pcb *p)
{
	return p->state == TCPS_ESTABLISHED || p->state == TCPS_CLOSE_WAIT ||
	       p->state == TCPS_FIN_WAIT_1 || p->state == TCPS_CLOSING ||
	       p->state == TCPS_LAST_ACK;
}

/* Sequence numbers that the peer's window still takes. */
static uint32_t window_room(const struct tcp_pcb *p)
{
	uint32_t edge = p->snd_una + p->snd_wnd;

	return seq_gt(edge, p->snd_nxt) ? edge - p->snd_nxt : 0;
}

/*
 * A segment of this length, which is not a full one, must wait: Nagle in
 * Minshall's form (draft-minshall-nagle), where only an earlier small segment
 * holds a small one back, as Linux does.
 */
static bool held_back(const struct tcp_pcb *p, uint32_t len, uint32_t unsent)
{
	if (p->send_forced)
		return false;
	/* The window cuts it: SWS avoidance. */
	if (len < unsent)
		return len < p->snd_wnd_max / 2;
	if (p->o.cork)
		return true;
	return !p->o.nodelay && seq_gt(p->snd_sml, p->snd_una);
}

/* What a small segment is, and the FIN that may go with it. */
struct plan {
	uint32_t len;
	bool fin;
};

/*
 * Where the link cuts segments itself, it is given as many full ones at once
 * as all limits let go.
 */
static uint32_t super_segment(const struct tcp_pcb *p, uint32_t pipe,
			      uint32_t len)
{
	bool v4 = stk_ip_is4(&p->sk.node.key.remote);
	uint32_t cwnd = p->cc.cwnd > pipe ? p->cc.cwnd - pipe : 0;

	if (!(tcp_stk(p)->link->offload &
	      (v4 ? STK_OFFLOAD_TSO4 : STK_OFFLOAD_TSO6)))
		return p->mss;
	if (len > cwnd)
		len = cwnd;
	if (len > SUPER_MAX)
		len = SUPER_MAX;
	return len < 2 * p->mss ? p->mss : len - len % p->mss;
}

static bool plan_new(const struct tcp_pcb *p, uint32_t pipe, struct plan *plan)
{
	uint32_t room = window_room(p), most;
	uint32_t unsent = seq_gt(p->snd_end, p->snd_nxt) ?
			  p->snd_end - p->snd_nxt : 0;
	uint32_t len = unsent < room ? unsent : room;

	most = super_segment(p, pipe, len);
	if (len > most)
		len = most;
	plan->fin = p->fin_queued && len == unsent && len < room &&
		    seq_le(p->snd_nxt, p->snd_end);
	plan->len = len;
	if (!len)
		return plan->fin;
	/* The last segment of a window may be beyond cwnd by a part of it. */
	if (pipe && pipe + len > p->cc.cwnd)
		return false;
	return len >= p->mss || plan->fin || !held_back(p, len, unsent);
}

static bool send_one(struct tcp_pcb *p, const struct plan *plan, bool push)
{
	unsigned flags = plan->fin ? TCP_FIN : 0;
	uint32_t seq = p->snd_nxt;

	if (plan->len && (push || seq + plan->len == p->snd_end))
		flags |= TCP_PSH;
	if (!tcp_xmit(p, seq, plan->len, flags))
		return false;
	p->snd_nxt = seq + plan->len + plan->fin;
	p->prr_out += plan->len;
	if (plan->len && plan->len < p->mss)
		p->snd_sml = p->snd_nxt;
	if (!p->rtt_at) {
		p->rtt_at = tcp_stk(p)->now;
		p->rtt_seq = p->snd_nxt;
	}
	return true;
}

/* What comes after plan, were it sent. */
static bool plan_next(struct tcp_pcb *p, uint32_t pipe,
		      const struct plan *plan, struct plan *next)
{
	uint32_t seq = p->snd_nxt;
	bool more;

	p->snd_nxt += plan->len + plan->fin;
	more = tcp_unsent(p) && plan_new(p, pipe + plan->len, next);
	p->snd_nxt = seq;
	return more;
}

/*
 * New segments. The last of several has PSH, as on Linux: a peer that gathers
 * segments (GRO) need not wait for more.
 */
static uint32_t send_new(struct tcp_pcb *p, uint32_t pipe)
{
	struct plan plan, next = {};
	bool go = tcp_unsent(p) && plan_new(p, pipe, &plan);

	for (unsigned n = 0; go; n++) {
		go = plan_next(p, pipe, &plan, &next);
		if (!send_one(p, &plan, n && !go))
			break;
		pipe += plan.len;
		plan = next;
	}
	return pipe;
}

/* Send again what is thought lost, as far as the congestion window goes. */
static void send_lost(struct tcp_pcb *p, uint32_t *pipe)
{
	uint32_t seq, len;

	while ((len = tcp_recovery_next(p, &seq)) != 0) {
		uint32_t data = seq_gt(seq + len, p->snd_end) ? len - 1 : len;
		unsigned flags = data < len ? TCP_FIN : 0;

		if (*pipe && *pipe + len > p->cc.cwnd)
			return;
		if (data && seq + data == p->snd_end)
			flags |= TCP_PSH;
		if (!tcp_xmit(p, seq, data, flags))
			return;
		tcp_recovery_sent(p, seq, len);
		*pipe += len;
	}
}

/* 5681 4.1: after silence, what cwnd says of the path is old. */
static void restart_after_idle(struct tcp_pcb *p)
{
	uint64_t idle = tcp_stk(p)->now - p->last_data_send;

	if (!tcp_flight(p) && p->last_data_send &&
	    idle > tcp_rtt_rto(&p->rtt) && tcp_unsent(p))
		tcp_cc_after_idle(&p->cc);
}

/*
 * Was cwnd what kept us back? The answer holds for a window's worth of ACKs,
 * during which less and less is in flight of a burst that filled it.
 */
static void note_use(struct tcp_pcb *p, uint32_t pipe)
{
	bool limited = pipe + p->mss > p->cc.cwnd;
	uint32_t flight = tcp_flight(p);

	if (!limited && seq_lt(p->snd_una, p->cwnd_used_seq) &&
	    (p->cwnd_limited || flight <= p->cwnd_used))
		return;
	p->cwnd_limited = limited;
	p->cwnd_used = flight;
	p->cwnd_used_seq = p->snd_nxt;
}

/* By Linux's order: who writes, then the peer's window, then the network. */
static enum tcp_limit limited_by(const struct tcp_pcb *p)
{
	uint32_t unsent = seq_gt(p->snd_end, p->snd_nxt) ?
			  p->snd_end - p->snd_nxt : 0;
	uint32_t len = unsent < p->mss ? unsent : p->mss, pipe;

	if (!can_send(p) || !tcp_unacked_bytes(p))
		return TCP_IDLE;
	if (!unsent)
		return p->want_out ? TCP_SNDBUF : TCP_BUSY;
	pipe = tcp_pipe(p);
	return window_room(p) < len && (!pipe || pipe + len <= p->cc.cwnd) ?
	       TCP_RWND : TCP_BUSY;
}

void tcp_note_limit(struct tcp_pcb *p)
{
	uint64_t now = tcp_stk(p)->now;
	enum tcp_limit limit = limited_by(p);

	if (limit == p->limit)
		return;
	p->limited_us[p->limit] += now - p->limit_at;
	p->limit = (uint8_t)limit;
	p->limit_at = now;
}

static void send_data(struct tcp_pcb *p)
{
	uint32_t pipe;

	restart_after_idle(p);
	pipe = tcp_pipe(p);
	send_lost(p, &pipe);
	pipe = send_new(p, pipe);
	note_use(p, pipe);
	p->send_forced = false;
	tcp_arm_rtx(p);
}

void tcp_output(struct tcp_pcb *p)
{
	if (can_send(p))
		send_data(p);
	tcp_note_limit(p);
	if (p->ack_now && tcp_synchronized(p))
		tcp_send_ack(p);
}

void tcp_output_later(struct tcp_pcb *p)
{
	stk_defer(tcp_stk(p), &p->task);
}

void tcp_task(struct stk *s, struct stk_task *t)
{
	(void)s;
	tcp_output(stk_container_of(t, struct tcp_pcb, task));
}
