/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The active open: what comes in SYN-SENT (9293 3.10.7.3). */
#include <errno.h>

#include "stack/tcp/pcb.h"

static void take_window(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	p->snd_wnd = p->snd_wnd_max = h->win;	/* of a SYN: not scaled */
	p->snd_wl1 = h->seq;
	p->snd_wl2 = h->ack;
}

static void established(struct tcp_pcb *p, const struct tcp_hdr *h)
{
	struct stk *s = tcp_stk(p);

	p->snd_una = h->ack;
	take_window(p, h);
	p->state = TCPS_ESTABLISHED;
	if (!p->retries && p->rtt_at)
		tcp_rtt_sample(&p->rtt, (uint32_t)(s->now - p->rtt_at));
	else
		tcp_rtt_syn_lost(&p->rtt);
	p->rtt_at = 0;
	p->retries = 0;
	p->stalled_at = 0;
	stk_timer_stop(s, &p->t_rtx);
	tcp_arm_keep(p);
	ip_confirm(s, &p->sk.node.key.remote);
	stk_sock_notify(&p->sk);
}

void tcp_syn_sent(struct tcp_pcb *p, const struct tcp_hdr *h, struct pkt *pkt)
{
	struct stk *s = tcp_stk(p);
	bool ack = h->flags & TCP_ACK;

	if (ack && h->ack != p->iss + 1) {
		tcp_reply_rst(s, &p->sk.node.key, h, pkt->total);
		return;
	}
	if (h->flags & TCP_RST) {
		if (ack) {
			CTR(s, tcp_in_rst)++;
			tcp_done(p, ECONNREFUSED);
		}
		return;
	}
	if (!(h->flags & TCP_SYN))
		return;
	tcp_start(p, h->seq, &h->opts);
	if (!ack) {
		/* Both call at once: SYN-RECEIVED, the SYN again with ACK. */
		p->state = TCPS_SYN_RCVD;
		take_window(p, h);
		tcp_send_syn(p);
		tcp_restart_rtx(p);
		return;
	}
	established(p, h);
	p->ack_now = true;
	tcp_output_later(p);
	if (pkt->total || (h->flags & TCP_FIN))
		tcp_rcv(p, h, pkt);
}
