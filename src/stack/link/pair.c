/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two stacks in one process, over memory. A frame is copied into the pool of
 * the one that is to receive it, as pools are never shared. */
#include <errno.h>

#include "stack/link/link.h"

/* Frames that may wait at one end; more are lost, as on a wire. */
#define PAIR_QUEUE 4096

struct pair_end {
	struct stk_link link;
	struct pair_end *peer;	/* NULL: gone */
	struct pktq in;
};

static struct pair_end *end_of(struct stk_link *l)
{
	return (struct pair_end *)((uintptr_t)l -
				   offsetof(struct pair_end, link));
}

static bool hand_over(struct pair_end *to, const struct pkt *p)
{
	struct pkt *copy;

	if (!to || !to->link.pool || to->in.n >= PAIR_QUEUE)
		return false;
	copy = pkt_copy(to->link.pool, p, 0);
	if (copy)
		pktq_push(&to->in, copy);
	return copy;
}

static int pair_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	int sent = 0;

	(void)now;
	for (int i = 0; i < n; i++) {
		sent += hand_over(end_of(l)->peer, v[i]);
		pkt_free(v[i]);
	}
	return sent;
}

static int pair_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct pair_end *e = end_of(l);
	int got = 0;

	(void)now;
	if (!e->peer && !e->in.n)
		return sk_fail(&l->err, -EPIPE, "pair: the other end is gone");
	while (got < n && (v[got] = pktq_pop(&e->in)))
		got++;
	return got;
}

static uint64_t pair_deadline(const struct stk_link *l)
{
	const struct pair_end *e = end_of((struct stk_link *)(uintptr_t)l);

	return e->in.n ? 0 : SK_NEVER;
}

static void pair_free(struct stk_link *l)
{
	struct pair_end *e = end_of(l);

	if (e->peer)
		e->peer->peer = NULL;
	pktq_clear(&e->in);
	free(e);
}

static const struct stk_link_ops pair_ops = {
	.name = "pair",
	.send = pair_send,
	.recv = pair_recv,
	.deadline = pair_deadline,
	.free = pair_free,
};

int stk_pair(struct stk_link *ends[2], unsigned mtu)
{
	struct pair_end *e[2] = { calloc(1, sizeof(**e)),
				  calloc(1, sizeof(**e)) };

	if (!e[0] || !e[1]) {
		free(e[0]);
		free(e[1]);
		return -ENOMEM;
	}
	for (int i = 0; i < 2; i++) {
		e[i]->link = (struct stk_link){ .ops = &pair_ops, .mtu = mtu,
						.fd = -1, .text = "pair" };
		e[i]->peer = e[!i];
		pktq_init(&e[i]->in);
		ends[i] = &e[i]->link;
	}
	return 0;
}
