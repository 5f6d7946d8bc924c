/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ICMP errors about our segments. They come from anywhere, so they must quote
 * a sequence number that is in flight (RFC 5927 4.1), and once a connection
 * stands none of them ends it (9293 3.9.2.2 treats them as soft, 5461).
 */
#include <errno.h>

#include "stack/tcp/pcb.h"
#include "stack/wire/bytes.h"

void tcp_mtu_reduced(struct tcp_pcb *p)
{
	uint32_t old = p->mss;

	tcp_set_mss(p);
	if (p->mss >= old)
		return;
	tcp_cc_set_mss(&p->cc, p->mss);
	if (!tcp_synchronized(p))
		return;
	/*
	 * 1191 6.5: what is in flight was too big, all of it; send it again
	 * in smaller pieces, and do not call that congestion.
	 */
	p->recover = p->snd_nxt;
	p->rxt_nxt = p->rxt_resume = p->snd_una;
	p->lost_end = p->snd_nxt;
	if (p->ca_state < TCP_CA_RECOVERY)
		p->ca_state = TCP_CA_LOSS;
	p->rtt_at = 0;
	tcp_output_later(p);
}

static void too_big(struct tcp_pcb *p, const struct stk_icmp_err *e)
{
	ip_pmtu_update(tcp_stk(p), e);
	tcp_mtu_reduced(p);
}

static void unreachable(struct tcp_pcb *p, const struct stk_icmp_err *e)
{
	/* 9293 3.9.2.2: in SYN-SENT a hard error ends the attempt. */
	if (p->state == TCPS_SYN_SENT && e->hard)
		tcp_done(p, e->error);
	else
		p->soft_error = e->error;
}

static bool in_flight(const struct tcp_pcb *p, uint32_t seq)
{
	return seq_in(seq, p->snd_una, p->snd_nxt);
}

void tcp_icmp(struct stk *s, const struct stk_icmp_err *e)
{
	struct stk_key k = { .local = e->src, .remote = e->dst,
			     .proto = e->proto };
	struct stk_node *n;
	struct tcp_pcb *p;

	if (e->l4_len < 8)
		return;
	k.lport = get16(e->l4);
	k.rport = get16(e->l4 + 2);
	n = stk_node_find(s, &k);
	p = n && n->kind == TCP_NODE_SOCK ?
	    (struct tcp_pcb *)stk_container_of(n, struct stk_sock, node) : NULL;
	if (!p || !in_flight(p, get32(e->l4 + 4))) {
		CTR(s, icmp_stray)++;
		return;
	}
	if (e->mtu)
		too_big(p, e);
	else
		unreachable(p, e);
}
