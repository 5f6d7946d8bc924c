/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/ep_filter.h"

#define KEEP (SK_FILTER_MAX * SK_FILTER_GROWTH + 256)

struct ep_filter {
	struct endpoint ep;
	const struct sk_filter *f;
	void *state;
	unsigned want;
	bool fin;		/* shutdown is due once all is written */
	int fin_error;
	size_t head, tail;	/* kept[head..tail) is not written yet */
	char kept[KEEP];
};

static struct ep_filter *ep_filter(const struct endpoint *ep)
{
	return sk_container_of(ep, struct ep_filter, ep);
}

/* 0 when nothing is left, -EAGAIN, or an error of below. */
static int flush(struct ep_filter *e)
{
	while (e->head < e->tail) {
		struct iovec iov = { e->kept + e->head, e->tail - e->head };
		ssize_t n = endpoint_send(e->ep.below, &iov, 1);

		if (n < 0)
			return (int)n;
		e->head += (size_t)n;
	}
	e->head = e->tail = 0;
	if (e->fin) {
		e->fin = false;
		e->fin_error = endpoint_shutdown(e->ep.below);
	}
	return 0;
}

/* One read may be nothing but commands: then try again, it is no end. */
static ssize_t filter_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct ep_filter *e = ep_filter(ep);
	size_t reply, left;
	ssize_t n;

	do {
		n = endpoint_recv(e->ep.below, buf, len);
		ep->said = e->ep.below->said;
		if (n <= 0 || !e->f->in)
			return n;
		flush(e);
		left = sizeof(e->kept) - e->tail;
		reply = 0;
		n = (ssize_t)e->f->in(e->state, buf, (size_t)n,
				      e->kept + e->tail, left, &reply);
		e->tail += reply;
		flush(e);
	} while (!n);
	return n;
}

static ssize_t filter_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct ep_filter *e = ep_filter(ep);
	size_t len = iov->iov_len;
	int r = flush(e);

	(void)n;
	if (r < 0)
		return r;
	if (len > SK_FILTER_MAX)
		len = SK_FILTER_MAX;
	e->tail = e->f->out(e->state, e->kept, iov->iov_base, len);
	r = flush(e);
	return r < 0 && r != -EAGAIN ? r : (ssize_t)len;
}

static void filter_want(struct endpoint *ep, unsigned events)
{
	struct ep_filter *e = ep_filter(ep);

	e->want = events;
	endpoint_want(e->ep.below, events | (e->tail ? SK_OUT : 0));
}

static int filter_shutdown(struct endpoint *ep)
{
	struct ep_filter *e = ep_filter(ep);
	int r;

	e->fin = true;
	r = flush(e);
	if (r == -EAGAIN) {
		filter_want(ep, e->want);
		return 0;
	}
	return r < 0 ? r : e->fin_error;
}

static void filter_sent(struct endpoint *ep, struct sk_sent *sent)
{
	struct ep_filter *e = ep_filter(ep);

	flush(e);
	endpoint_sent(e->ep.below, sent);
	sent->unacked += e->tail - e->head;
}

static void filter_free(struct endpoint *ep)
{
	struct ep_filter *e = ep_filter(ep);

	endpoint_free(e->ep.below);
	free(e->state);
	free(e);
}

static const struct endpoint_ops filter_ops = {
	.kind = "filter",
	.recv = filter_recv,
	.send = filter_send,
	.shutdown = filter_shutdown,
	.want = filter_want,
	.sent = filter_sent,
	.free = filter_free,
};

static void below_ready(struct endpoint *below)
{
	struct ep_filter *e = below->owner;

	flush(e);
	e->ep.life = below->life;
	e->ep.broken = below->broken;
	e->ep.ready(&e->ep);
}

int endpoint_filter(struct endpoint **ep, struct endpoint *below,
		    const struct sk_filter *f)
{
	struct ep_filter *e = calloc(1, sizeof(*e));

	if (e && f->state_size)
		e->state = calloc(1, f->state_size);
	if (!e || (f->state_size && !e->state)) {
		free(e);
		endpoint_free(below);
		return -ENOMEM;
	}
	e->f = f;
	e->ep = *below; /* names, input and times are those of below */
	e->ep.below = below;
	e->ep.ops = &filter_ops;
	e->ep.out = (struct sk_raw){ SK_RAW_NONE, NULL };
	if (f->in)
		e->ep.in = (struct sk_raw){ SK_RAW_NONE, NULL };
	below->owner = e;
	below->ready = below_ready;
	*ep = &e->ep;
	return 0;
}
