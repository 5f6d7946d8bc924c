/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine of layered connections: an event loop (epoll, edge-triggered) and
 * endpoints, which say when they are ready. One worker has it all.
 *
 * An endpoint may have several flows: both ways of one connection, or all that
 * a server sends from its one socket of datagrams. They meet at a *station*,
 * which wants what any of them wants.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/engine.h"
#include "bench/layer_in.h"
#include "bench/sockets.h"

/* Operations of one flow before others have their turn. */
#define BUDGET 16
/* How often the loop looks whether it is over. */
#define LOOK_US (5 * SK_MSEC)
/* A request that has no answer for so long is lost. */
#define RESEND_NS 200000000u

struct runner;

struct station {
	struct endpoint *ep;
	struct runner *first;
};

struct runner {
	struct bench_flow *flow;
	struct layered *y;
	struct runner *next, **prev;	/* of all */
	struct station *station;	/* NULL: not connected */
	struct runner *beside;		/* at the same station */
	unsigned want;
	struct sk_task task;
	struct sk_timer timer;
	struct sk_dial *dial;
};

struct layered {
	struct bench_worker *w;
	struct sk_loop *loop;
	struct sk_target to;		/* where connections go */
	bool records;
	struct runner *all;
	struct sk_timer look;
};

static void drive(struct runner *r);

/* --- stations ------------------------------------------------------------ */

static void want(struct runner *r, unsigned events)
{
	unsigned all = 0;

	r->want = events;
	for (struct runner *o = r->station->first; o; o = o->beside)
		all |= o->want;
	endpoint_want(r->station->ep, all);
}

static bool is_waiting(const struct runner *r)
{
	return r->want && !r->flow->ended;
}

/* Only the one flow of an endpoint may be gone after its turn. */
static void on_ready(struct endpoint *ep)
{
	struct station *s = ep->owner;
	struct runner *r, *beside;

	for (r = s->first; r; r = beside) {
		beside = r->beside;
		if (is_waiting(r))
			drive(r);
	}
}

static int attach(struct runner *r, struct endpoint *ep)
{
	struct station *s = ep->ready == on_ready ? ep->owner : NULL;

	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return -ENOMEM;
		s->ep = ep;
		ep->owner = s;
		ep->ready = on_ready;
	}
	r->station = s;
	r->beside = s->first;
	s->first = r;
	return 0;
}

static void detach(struct runner *r)
{
	struct station *s = r->station;
	struct runner **at;

	if (!s)
		return;
	for (at = &s->first; *at != r; at = &(*at)->beside)
		;
	*at = r->beside;
	r->station = NULL;
	if (s->first)
		return;
	s->ep->ready = NULL;
	free(s);
}

/* Its connection is closed, which those below may still be about. */
static void hang_up(struct runner *r)
{
	struct endpoint *ep = r->flow->ep;

	sk_dial_free(r->dial);
	r->dial = NULL;
	detach(r);
	r->flow->ep = NULL;
	if (!ep)
		return;
	endpoint_shutdown(ep);
	endpoint_free(ep);
}

static void free_runner(struct runner *r)
{
	sk_task_cancel(r->y->loop, &r->task);
	sk_timer_stop(&r->timer);
	if (r->flow->owned)
		hang_up(r);
	detach(r);
	*r->prev = r->next;
	if (r->next)
		r->next->prev = r->prev;
	if (!r->flow->listed)
		bench_flow_free(r->flow);
	free(r);
}

/* --- operations ---------------------------------------------------------- */

static ssize_t attempt(struct runner *r)
{
	struct bench_flow *f = r->flow;
	struct iovec iov = { f->op.buf, f->op.len };

	if (r->y->records)
		return f->op.kind == BENCH_OP_SEND ?
			bench_udp_send(f->ep, f->op.buf, f->op.len,
				       f->to_peer ? &f->peer : NULL) :
			bench_udp_recv(f->ep, &f->data,
				       f->to_peer ? &f->peer : NULL);
	if (f->op.kind == BENCH_OP_SEND)
		return endpoint_send(f->ep, &iov, 1);
	f->data = f->op.buf;
	return endpoint_recv(f->ep, f->op.buf, f->op.len);
}

static void end(struct runner *r)
{
	struct bench_worker *w = r->y->w;

	w->active--;
	r->flow->ended = true;
	if (r->station)
		want(r, 0);
	if (!r->flow->listed)
		free_runner(r);
}

static void on_dialed(struct sk_dial *d, int error, struct endpoint *ep,
		      const struct sk_err *err, void *arg)
{
	struct runner *r = arg;

	(void)err;
	sk_dial_free(d);
	r->dial = NULL;
	if (error >= 0) {
		error = attach(r, ep);
		if (error < 0)
			endpoint_free(ep);
		else
			r->flow->ep = ep;
	}
	r->flow->next(r->flow, error < 0 ? error : 0);
	drive(r);
}

static void dial(struct runner *r)
{
	r->dial = sk_dial_start(r->y->loop, &r->y->to, &r->y->w->layer->net,
				on_dialed, r);
	if (r->dial)
		return;
	r->flow->next(r->flow, -ENOMEM);
	sk_task_post(r->y->loop, &r->task);
}

/* Sending, receiving. False: it is to be waited for. */
static bool moves(struct runner *r)
{
	struct bench_flow *f = r->flow;
	ssize_t n = attempt(r);

	if (n == -EAGAIN) {
		want(r, f->op.kind == BENCH_OP_SEND ? SK_OUT : SK_IN);
		return false;
	}
	/* The stack has as much to send as is good: others first. */
	if (n == -ENOBUFS) {
		want(r, 0);
		sk_task_post(r->y->loop, &r->task);
		return false;
	}
	f->next(f, n);
	return true;
}

/* One operation. False: nothing more for now, or at all. */
static bool step(struct runner *r)
{
	struct bench_flow *f = r->flow;

	switch (f->op.kind) {
	case BENCH_OP_END:
		end(r);
		return false;
	case BENCH_OP_SLEEP:
		want(r, 0);
		sk_timer_at(&r->timer, f->op.until_ns / 1000 + 1);
		return false;
	case BENCH_OP_CONNECT:
		dial(r);
		return false;
	case BENCH_OP_CLOSE:
		hang_up(r);
		f->next(f, 0);
		return true;
	default:
		return moves(r);
	}
}

static void drive(struct runner *r)
{
	for (int budget = BUDGET; budget; budget--)
		if (!step(r))
			return;
	if (r->station)
		want(r, 0);
	sk_task_post(r->y->loop, &r->task);
}

static void on_task(struct sk_task *t)
{
	struct runner *r = sk_container_of(t, struct runner, task);

	if (!r->flow->ended)
		drive(r);
}

static void on_timer(struct sk_timer *t)
{
	struct runner *r = sk_container_of(t, struct runner, timer);

	r->flow->next(r->flow, 0);
	drive(r);
}

/* --- the engine ---------------------------------------------------------- */

/* A datagram that was lost would end a closed loop (part_window.c has this
 * for engines of descriptors). */
static void resend_lost(struct layered *y)
{
	uint64_t now = bench_now();

	for (struct runner *r = y->all; r; r = r->next) {
		struct bench_flow *f = r->flow;

		if (f->state != 2 || now < f->begun_ns + RESEND_NS)
			continue;
		bench_count(f->tally, lost, 1);
		bench_udp_send(f->ep, f->buf, f->size, NULL);
	}
}

static void on_look(struct sk_timer *t)
{
	struct layered *y = sk_container_of(t, struct layered, look);

	if (!y->w->active || bench_stopped(y->w)) {
		sk_loop_stop(y->loop);
		return;
	}
	if (y->records && y->w->shared->client &&
	    y->w->shared->job->workload == BENCH_W_RR)
		resend_lost(y);
	sk_timer_in(t, LOOK_US);
}

static int set_target(struct layered *y, struct sk_err *err)
{
	char text[SK_ADDR_TEXT_MAX];

	if (!y->w->shared->client)
		return 0;
	return sk_target_parse(&y->to,
			       sk_addr_format(text, &y->w->shared->server),
			       err);
}

static int open_layered(struct bench_worker *w, struct sk_err *err)
{
	struct layered *y = calloc(1, sizeof(*y));

	if (!y)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	y->w = w;
	y->loop = w->layer->loop;
	y->records = bench_kind_of(w->shared->job)->records;
	w->engine = y;
	return set_target(y, err);
}

static int start(struct bench_worker *w, struct bench_flow *f)
{
	struct layered *y = w->engine;
	struct runner *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->flow = f;
	r->y = y;
	sk_task_init(&r->task, on_task);
	sk_timer_init(&r->timer, y->loop, on_timer);
	if (f->ep && attach(r, f->ep) < 0) {
		free(r);
		return -ENOMEM;
	}
	r->next = y->all;
	r->prev = &y->all;
	if (r->next)
		r->next->prev = &r->next;
	y->all = r;
	w->active++;
	f->next(f, 0);
	sk_task_post(y->loop, &r->task);
	return 0;
}

static void run(struct bench_worker *w)
{
	struct layered *y = w->engine;

	sk_timer_init(&y->look, y->loop, on_look);
	sk_timer_at(&y->look, sk_now_us() + LOOK_US);
	sk_loop_run(y->loop);
	sk_timer_stop(&y->look);
}

static void close_layered(struct bench_worker *w)
{
	struct layered *y = w->engine;

	while (y->all)
		free_runner(y->all);
	free(y);
	w->engine = NULL;
}

const struct bench_engine_ops bench_engine_layer = {
	.open = open_layered,
	.start = start,
	.run = run,
	.close = close_layered,
	.one_by_one = true,
};
