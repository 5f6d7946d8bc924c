/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all endpoints share, and the one that keeps nothing. */
#include "net/endpoint.h"

void endpoint_free(struct endpoint *ep)
{
	if (ep)
		ep->ops->free(ep);
}

void endpoint_abort(struct endpoint *ep)
{
	while (ep->below)
		ep = ep->below;
	if (ep->ops->abort)
		ep->ops->abort(ep);
}

const struct sk_addr *endpoint_peer(const struct endpoint *ep)
{
	static const struct sk_addr none;

	ep = endpoint_bottom(ep);
	return ep->ops->peer ? ep->ops->peer(ep) : &none;
}

void endpoint_local(const struct endpoint *ep, struct sk_addr *a)
{
	ep = endpoint_bottom(ep);
	*a = (struct sk_addr){ .len = 0 };
	if (ep->ops->local && ep->ops->local(ep, a) < 0)
		a->len = 0;
}

int endpoint_tcp_info(const struct endpoint *ep, void *info, size_t *len)
{
	ep = endpoint_bottom(ep);
	return ep->ops->tcp_info ? ep->ops->tcp_info(ep, info, len) :
				   -EOPNOTSUPP;
}

/* --- discard ------------------------------------------------------------ */

static ssize_t discard_recv(struct endpoint *ep, void *buf, size_t len)
{
	(void)ep;
	(void)buf;
	(void)len;
	return -EAGAIN;
}

static ssize_t discard_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	ssize_t total = 0;

	(void)ep;
	for (int i = 0; i < n; i++)
		total += (ssize_t)iov[i].iov_len;
	return total;
}

static int discard_shutdown(struct endpoint *ep)
{
	(void)ep;
	return 0;
}

/* Never full, so nobody ever waits for it. */
static void discard_want(struct endpoint *ep, unsigned events)
{
	(void)ep;
	(void)events;
}

static void discard_free(struct endpoint *ep)
{
	free(ep);
}

static const struct endpoint_ops discard_ops = {
	.kind = "discard",
	.recv = discard_recv,
	.send = discard_send,
	.shutdown = discard_shutdown,
	.want = discard_want,
	.free = discard_free,
};

int endpoint_discard(struct endpoint **ep, struct sk_loop *loop)
{
	*ep = calloc(1, sizeof(**ep));
	if (!*ep)
		return -ENOMEM;
	**ep = (struct endpoint){
		.ops = &discard_ops,
		.loop = loop,
		.out = { SK_RAW_NULL, NULL },
		.input = SK_INPUT_NONE,
		.name_in = "discard",
		.name_out = "discard",
	};
	return 0;
}
