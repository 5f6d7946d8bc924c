/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine of layered connections: an event loop (epoll, edge-triggered) and
 * endpoints, which say when they are ready. One worker has it all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/engine.h"
#include "bench/layer_in.h"

/* Operations of one flow before others have their turn. */
#define BUDGET 16
/* How often the loop looks whether it is over. */
#define LOOK_US (5 * SK_MSEC)

struct runner {
	struct bench_flow *flow;
	struct sk_task task;
	struct sk_timer timer;
	struct sk_loop *loop;
};

struct layered {
	struct bench_worker *w;
	struct sk_loop *loop;
	struct runner *runners;
	size_t n, cap;
	struct sk_timer look;
};

static ssize_t attempt(struct bench_flow *f)
{
	struct iovec iov = { f->op.buf, f->op.len };

	if (f->op.kind == BENCH_OP_SEND)
		return endpoint_send(f->ep, &iov, 1);
	f->data = f->op.buf;
	return endpoint_recv(f->ep, f->op.buf, f->op.len);
}

static void end(struct runner *r)
{
	endpoint_want(r->flow->ep, 0);
	r->flow->ended = true;
	r->flow->w->active--;
}

static void drive(struct runner *r)
{
	struct bench_flow *f = r->flow;
	ssize_t n;

	for (int budget = BUDGET; budget; budget--) {
		if (f->op.kind == BENCH_OP_END) {
			end(r);
			return;
		}
		if (f->op.kind == BENCH_OP_SLEEP) {
			endpoint_want(f->ep, 0);
			sk_timer_at(&r->timer, f->op.until_ns / 1000 + 1);
			return;
		}
		n = attempt(f);
		if (n == -EAGAIN) {
			endpoint_want(f->ep, f->op.kind == BENCH_OP_SEND ?
						     SK_OUT : SK_IN);
			return;
		}
		f->next(f, n);
	}
	sk_task_post(r->loop, &r->task);
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

static void on_ready(struct endpoint *ep)
{
	struct runner *r = ep->owner;

	if (!r->flow->ended && r->flow->op.kind != BENCH_OP_SLEEP)
		drive(r);
}

static void on_look(struct sk_timer *t)
{
	struct layered *y = sk_container_of(t, struct layered, look);

	if (!y->w->active || bench_stopped(y->w))
		sk_loop_stop(y->loop);
	else
		sk_timer_in(t, LOOK_US);
}

static int open_layered(struct bench_worker *w, struct sk_err *err)
{
	struct layered *y = calloc(1, sizeof(*y));

	if (y)
		y->runners = calloc(w->n_flows + 1, sizeof(*y->runners));
	if (!y || !y->runners) {
		free(y);
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	}
	y->w = w;
	y->cap = w->n_flows;
	y->loop = &w->layer->loop;
	w->engine = y;
	return 0;
}

static int start(struct bench_worker *w, struct bench_flow *f)
{
	struct layered *y = w->engine;
	struct runner *r;

	if (y->n == y->cap)
		return -ENOTSUP;
	r = &y->runners[y->n++];
	r->flow = f;
	r->loop = y->loop;
	sk_task_init(&r->task, on_task);
	sk_timer_init(&r->timer, y->loop, on_timer);
	f->ep->owner = r;
	f->ep->ready = on_ready;
	w->active++;
	return 0;
}

static void run(struct bench_worker *w)
{
	struct layered *y = w->engine;

	y->loop->stop = false;
	sk_timer_init(&y->look, y->loop, on_look);
	sk_timer_at(&y->look, sk_now_us() + LOOK_US);
	for (size_t i = 0; i < y->n; i++) {
		y->runners[i].flow->next(y->runners[i].flow, 0);
		sk_task_post(y->loop, &y->runners[i].task);
	}
	sk_loop_run(y->loop);
	sk_timer_stop(&y->look);
}

static void close_layered(struct bench_worker *w)
{
	struct layered *y = w->engine;

	for (size_t i = 0; i < y->n; i++) {
		sk_task_cancel(y->loop, &y->runners[i].task);
		sk_timer_stop(&y->runners[i].timer);
	}
	free(y->runners);
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
