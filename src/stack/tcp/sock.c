/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sockets ask of TCP: struct stk_proto. */
#include <errno.h>
#include <netinet/in.h>

#include "stack/link/link.h"
#include "stack/tcp/isn.h"
#include "stack/tcp/pcb.h"

/* --- open ----------------------------------------------------------------- */

static int tcp_init(struct stk_sock *sk)
{
	struct tcp_pcb *p = tcp_of(sk);
	int r;

	p->state = TCPS_CLOSED;
	p->irs = UINT32_MAX;	/* so that nothing is readable: rcv_nxt is 0 */
	tcp_opts_init(&p->o);
	p->task.run = tcp_task;
	tcp_timers_init(p);
	tcp_rtt_init(&p->rtt);
	tcp_cc_init(&p->cc, tcp_cc_find(NULL), TCP_MSS_DEFAULT4);
	tcp_buf_init(&p->snd_buf, &sk->stk->pool);
	tcp_buf_init(&p->rcv_buf, &sk->stk->pool);
	p->snd_limit = TCP_SND_INITIAL;
	r = stk_timers_reserve(sk->stk, 4);
	p->has_timers = r == 0;
	return r;
}

static int tcp_connect(struct stk_sock *sk)
{
	struct tcp_pcb *p = tcp_of(sk);
	struct stk *s = sk->stk;

	if (p->state != TCPS_CLOSED)
		return -EISCONN;
	p->ws_ok = p->ts_ok = p->sack_ok = true;
	p->rcv_wscale = tcp_wscale_wanted(p);
	tcp_rcv_init(p);
	if (tcp_reserve(p) < 0)
		return -ENOMEM;
	p->iss = tcp_isn(s, &sk->node.key);
	p->ts_off = tcp_ts_offset(s, &sk->node.key);
	p->snd_una = p->iss;
	p->snd_nxt = p->snd_end = p->iss + 1;
	p->rcv_adv = p->rcv_nxt +
		     (p->rcv_limit < 65535 ? p->rcv_limit : 65535);
	p->state = TCPS_SYN_SENT;
	p->rtt_at = s->now;
	p->rtt_seq = p->snd_nxt;
	p->stalled_at = s->now;
	CTR(s, tcp_active_open)++;
	tcp_send_syn(p);
	tcp_restart_rtx(p);
	return -EINPROGRESS;
}

/* --- send ----------------------------------------------------------------- */

static uint32_t copy_in(struct tcp_pcb *p, const uint8_t *from, uint32_t len)
{
	uint32_t done = 0;

	while (done < len) {
		uint32_t n = len - done;
		uint8_t *to = tcp_buf_room(&p->snd_buf,
					   p->snd_end - (p->iss + 1), &n);

		if (!to)
			break;
		memcpy(to, from + done, n);
		p->snd_end += n;
		done += n;
	}
	return done;
}

static ssize_t cannot_send(struct tcp_pcb *p)
{
	int e = p->sk.error;

	p->sk.error = 0;
	if (e)
		return -e;
	if (p->state == TCPS_SYN_SENT || p->state == TCPS_SYN_RCVD)
		return -EAGAIN;
	return p->state == TCPS_LISTEN || !p->sk.connected ? -ENOTCONN
							   : -EPIPE;
}

static ssize_t tcp_send(struct stk_sock *sk, const struct iovec *iov, int n,
			const struct stk_addr *to, const struct stk_ip *src)
{
	struct tcp_pcb *p = tcp_of(sk);
	uint32_t used = tcp_unacked_bytes(p), room, done = 0, got;
	size_t want = 0;

	(void)to;
	(void)src;
	if (p->fin_queued || (p->state != TCPS_ESTABLISHED &&
			      p->state != TCPS_CLOSE_WAIT))
		return cannot_send(p);
	room = used < p->snd_limit && !tcp_lowat_reached(p) ?
	       p->snd_limit - used : 0;
	for (int i = 0; i < n; i++) {
		uint32_t take = iov[i].iov_len < room ?
				(uint32_t)iov[i].iov_len : room;

		got = copy_in(p, iov[i].iov_base, take);
		want += iov[i].iov_len;
		room -= got;
		done += got;
		if (got < iov[i].iov_len)
			break;
	}
	if (done < want)
		p->want_out = true;
	if (done)
		tcp_output(p);
	else
		tcp_note_limit(p);
	if (!done && want)
		/* No memory, and no ACK will come to try again by. */
		return room && !used ? -ENOBUFS : -EAGAIN;
	return (ssize_t)done;
}

/* --- close ---------------------------------------------------------------- */

/* 9293 3.10.4: the stream ends with what has been given so far. */
static void finish_sending(struct tcp_pcb *p)
{
	if (p->fin_queued)
		return;
	p->fin_queued = true;
	if (p->state == TCPS_ESTABLISHED)
		p->state = TCPS_FIN_WAIT_1;
	else if (p->state == TCPS_CLOSE_WAIT)
		p->state = TCPS_LAST_ACK;
	tcp_output(p);
}

static int tcp_shutdown(struct stk_sock *sk, int how)
{
	struct tcp_pcb *p = tcp_of(sk);

	if (!tcp_synchronized(p) && p->state != TCPS_SYN_RCVD)
		return -ENOTCONN;
	if (how != SHUT_WR) {
		p->rcv_shut = true;
		stk_sock_notify(sk);
	}
	if (how != SHUT_RD)
		finish_sending(p);
	return 0;
}

/* Unread data: the peer must not believe that it was taken (2525 2.17). */
static bool must_reset(struct tcp_pcb *p)
{
	if (!tcp_synchronized(p))
		return true;
	if (tcp_readable(p)) {
		CTR(tcp_stk(p), tcp_abort_on_close)++;
		return true;
	}
	return p->sk.linger && !p->sk.linger_s;
}

static void tcp_close(struct stk_sock *sk)
{
	struct tcp_pcb *p = tcp_of(sk);

	if (p->lsn)
		tcp_listen_end(p, true);
	if (must_reset(p)) {
		tcp_reset(p, 0);
		return;
	}
	tcp_buf_drop(&p->rcv_buf, p->rcv_nxt - p->fin_rcvd - (p->irs + 1));
	finish_sending(p);
	tcp_arm_end(p);
}

static void tcp_drop(struct stk_sock *sk)
{
	struct tcp_pcb *p = tcp_of(sk);

	if (p->lsn)
		tcp_listen_end(p, false);
	tcp_done(p, 0);
}

static void tcp_fail(struct stk_sock *sk, int err)
{
	struct tcp_pcb *p = tcp_of(sk);

	/* What was over is not undone. */
	if (p->state == TCPS_CLOSED)
		return;
	/* Children in its queue are told themselves. */
	if (p->lsn)
		tcp_listen_flush(p);
	/* Nothing is missing where both have said all and know of it; nor does
	 * it matter that the peer does not know of our FIN, as it has gone. */
	tcp_done(p, p->fin_rcvd && !tcp_unacked_bytes(p) ? 0 : err);
}

/* --- for sockets ---------------------------------------------------------- */

static unsigned tcp_ready(const struct stk_sock *sk)
{
	const struct tcp_pcb *p = tcp_of_const(sk);
	unsigned e = 0;

	if (p->state == TCPS_LISTEN)
		return p->lsn->n_accept ? STK_IN : 0;
	if (p->state == TCPS_SYN_SENT || p->state == TCPS_SYN_RCVD)
		return 0;
	if (p->state == TCPS_CLOSED)
		return STK_IN | STK_OUT | STK_HUP;
	if (tcp_readable(p) || p->fin_rcvd || p->rcv_shut)
		e |= STK_IN;
	if (p->fin_queued || tcp_writable(p))
		e |= STK_OUT;
	if (p->fin_rcvd && p->fin_queued)
		e |= STK_HUP;
	return e;
}

static size_t tcp_unacked(const struct stk_sock *sk)
{
	const struct tcp_pcb *p = tcp_of_const(sk);

	if (!tcp_synchronized(p))
		return 0;
	return p->snd_end + p->fin_queued - p->snd_una;
}

static void tcp_show(const struct stk_sock *sk, struct sk_out *out)
{
	const struct tcp_pcb *p = tcp_of_const(sk);

	if (p->state == TCPS_LISTEN)
		sk_out_printf(out, "LISTEN queue %u of %u, half-open %u",
			      p->lsn->n_accept, p->lsn->backlog,
			      p->lsn->n_reqs);
	else
		sk_out_printf(out, "%s rx %u tx %zu cwnd %u rtt %u us",
			      tcp_state_text(p->state), tcp_readable(p),
			      tcp_unacked(sk), p->cc.cwnd, p->rtt.srtt);
}

/* --- the instance's part -------------------------------------------------- */

/*
 * A burst bigger than the queue of frames on the other side of a link without
 * offload loses its tail each time; three quarters of it leave room for others.
 */
static uint32_t window_max(const struct stk_link *l)
{
	uint64_t bytes = (uint64_t)l->txqueue * l->mtu / 4 * 3;

	if (l->offload & (STK_OFFLOAD_TSO4 | STK_OFFLOAD_TSO6))
		return 0;
	return bytes > TCP_BUF_MAX ? TCP_BUF_MAX : (uint32_t)bytes;
}

static int tcp_state_open(struct stk *s)
{
	s->tcp = calloc(1, sizeof(*s->tcp));
	if (!s->tcp)
		return -ENOMEM;
	TAILQ_INIT(&s->tcp->tws);
	s->tcp->window_max = window_max(s->link);
	s->tcp->buf_max = TCP_BUF_MAX;
	return 0;
}

static void tcp_state_shut(struct stk *s)
{
	struct tcp_tw *tw;

	if (!s->tcp)
		return;
	while ((tw = TAILQ_FIRST(&s->tcp->tws)))
		tcp_tw_free(s, tw);
	free(s->tcp);
	s->tcp = NULL;
}

const struct stk_proto stk_tcp = {
	.name = "tcp",
	.type = SOCK_STREAM,
	.ipproto = IPPROTO_TCP,
	.size = sizeof(struct tcp_pcb),
	.init = tcp_init,
	.listen = tcp_listen,
	.accept = tcp_accept,
	.connect = tcp_connect,
	.send = tcp_send,
	.recv = tcp_recv,
	.shutdown = tcp_shutdown,
	.close = tcp_close,
	.drop = tcp_drop,
	.fail = tcp_fail,
	.setopt = tcp_setopt,
	.getopt = tcp_getopt,
	.ready = tcp_ready,
	.unacked = tcp_unacked,
	.show = tcp_show,
	.input = tcp_input,
	.icmp = tcp_icmp,
	.open = tcp_state_open,
	.shut = tcp_state_shut,
};
