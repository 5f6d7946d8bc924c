/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation with a proxy, or with its client, over an endpoint. */
#include "net/proxy.h"

struct sk_talk {
	struct endpoint *ep;
	struct sk_conv *conv;
	struct sk_task start;
	bool done;
	sk_talk_fn *fn;
	void *arg;
};

static void finish(struct sk_talk *t, int r, const struct sk_err *err)
{
	endpoint_want(t->ep, 0);
	t->ep->ready = NULL;
	t->fn(r, err, t->arg);
}

/* 0: all is sent; -EAGAIN, or another error. */
static int send_out(struct sk_talk *t)
{
	struct sk_conv *c = t->conv;
	struct iovec iov;
	ssize_t n;

	while (c->out_len) {
		iov = (struct iovec){ c->out, c->out_len };
		n = endpoint_send(t->ep, &iov, 1);
		if (n < 0)
			return (int)n;
		c->out_len -= (size_t)n;
		memmove(c->out, c->out + n, c->out_len);
	}
	return 0;
}

/* 0: go on; 1: done; -EAGAIN; or an error, with its sentence. */
static int hear(struct sk_talk *t, struct sk_err *err)
{
	unsigned char data[sizeof(t->conv->in)];
	size_t need = t->conv->need;
	ssize_t n = endpoint_recv(t->ep, data,
				  need < sizeof(data) ? need : sizeof(data));

	if (n == -EAGAIN)
		return (int)n;
	if (n == 0)
		return sk_fail(err, -ECONNRESET,
			       "closed the connection instead of answering");
	if (n < 0)
		return sk_fail(err, (int)n, "%s", sk_strerror((int)n));
	return t->conv->feed(t->conv, data, (size_t)n, err);
}

static void step(struct sk_talk *t)
{
	struct sk_err err = { 0 };
	int r;

	for (;;) {
		r = send_out(t);
		if (r == -EAGAIN) {
			endpoint_want(t->ep, SK_OUT);
			return;
		}
		if (r < 0)
			sk_fail(&err, r, "%s", sk_strerror(r));
		if (r < 0 || t->done)
			break;
		r = hear(t, &err);
		if (r == -EAGAIN) {
			endpoint_want(t->ep, SK_IN);
			return;
		}
		if (r < 0) {
			/* A refusal; if it cannot go now, it need not go. */
			send_out(t);
			break;
		}
		t->done = r;
	}
	finish(t, r, &err);
}

static void on_ready(struct endpoint *ep)
{
	step(ep->owner);
}

static void on_start(struct sk_task *task)
{
	step(sk_container_of(task, struct sk_talk, start));
}

struct sk_talk *sk_talk_start(struct endpoint *ep, struct sk_conv *c,
			      sk_talk_fn *fn, void *arg)
{
	struct sk_talk *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->ep = ep;
	t->conv = c;
	t->fn = fn;
	t->arg = arg;
	ep->owner = t;
	ep->ready = on_ready;
	sk_task_init(&t->start, on_start);
	sk_task_post(ep->loop, &t->start);
	return t;
}

void sk_talk_free(struct sk_talk *t)
{
	if (!t)
		return;
	sk_task_cancel(t->ep->loop, &t->start);
	free(t);
}
