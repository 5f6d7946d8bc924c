/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backlog.c over our stack: the same in an event loop. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/backlog.h"
#include "bench/layer_in.h"

/* --- the server ----------------------------------------------------------- */

void bench_backlog_take(void *part, struct endpoint *ep, uint64_t when_ns)
{
	struct bench_part *p = part;
	struct iovec iov = { &when_ns, sizeof(when_ns) };

	if (endpoint_send(ep, &iov, 1) > 0 &&
	    ++p->accepted >= bench_backlog_burst(p->job))
		bench_layer_rest(p->layer);
	endpoint_shutdown(ep);
	endpoint_free(ep);
}

/* --- the client ----------------------------------------------------------- */

struct burst {
	struct bench_part *part;
	size_t left;
	int error;
	struct sk_err *err;
};

struct guest {
	struct burst *burst;
	struct sk_dial *dial;
	struct endpoint *ep;
	uint64_t begun_ns;
};

static void over(struct guest *g, int r, const char *what)
{
	struct burst *b = g->burst;

	b->left--;
	if (r < 0 && !b->error)
		b->error = sk_fail(b->err, r, "%s", what);
}

static void on_ready(struct endpoint *ep)
{
	struct guest *g = ep->owner;
	uint64_t accepted;
	ssize_t n = endpoint_recv(ep, &accepted, sizeof(accepted));

	endpoint_want(ep, n == -EAGAIN ? SK_IN : 0);
	if (n == -EAGAIN)
		return;
	if (n == sizeof(accepted))
		bench_backlog_sample(g->burst->part, g->begun_ns, accepted);
	over(g, n == sizeof(accepted) ? 0 : -ECONNRESET,
	     "a connection is not accepted");
}

static void on_dialed(struct sk_dial *d, int r, struct endpoint *ep,
		      const struct sk_err *err, void *arg)
{
	struct guest *g = arg;

	sk_dial_free(d);
	g->dial = NULL;
	if (r < 0) {
		over(g, r, err->text);
		return;
	}
	g->ep = ep;
	ep->owner = g;
	ep->ready = on_ready;
	on_ready(ep);
}

static int begin(struct burst *b, struct guest *g,
		 const struct sk_target *to)
{
	struct bench_layer *l = b->part->layer;

	g->burst = b;
	g->begun_ns = bench_now();
	g->dial = sk_dial_start(l->loop, to, &l->net, on_dialed, g);
	return g->dial ? 0 : -ENOMEM;
}

static int run(struct burst *b, struct guest *guests, size_t n,
	       const struct sk_target *to)
{
	uint64_t end = sk_now_us() + BENCH_BURST_US;
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		r = begin(b, &guests[i], to);
	while (r >= 0 && b->left && !b->error && sk_now_us() < end)
		bench_layer_once(b->part->layer);
	for (size_t i = 0; i < n; i++) {
		sk_dial_free(guests[i].dial);
		endpoint_free(guests[i].ep);
	}
	if (r >= 0 && !b->error && b->left)
		r = sk_fail(b->err, -ETIMEDOUT,
			    "a connection is not accepted");
	return b->error ? b->error : r;
}

int bench_backlog_burst_layered(struct bench_part *p, size_t n,
				struct sk_err *err)
{
	struct burst b = { .part = p, .left = n, .err = err };
	struct guest *guests = calloc(n + 1, sizeof(*guests));
	char text[SK_ADDR_TEXT_MAX];
	struct sk_target to;
	int r;

	if (!guests)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = sk_target_parse(&to, sk_addr_format(text, &p->shared.server), err);
	if (r >= 0)
		r = run(&b, guests, n, &to);
	free(guests);
	return r;
}

int bench_backlog_connect_layered(struct bench_part *p)
{
	struct sk_err why = { 0 };
	struct endpoint *ep;

	return bench_layer_reach(p->layer, &ep, &p->shared.server,
				 BENCH_PATIENCE_STACK_US, &why);
}
