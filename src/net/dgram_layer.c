/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls find their way down: through the layers to the socket. */
#include "net/dgram.h"

void sk_dgram_push(struct sk_dgram *d, struct sk_dgram_layer *l,
		   const struct sk_dgram_layer_ops *ops)
{
	*l = (struct sk_dgram_layer){ ops, d, d->layer };
	d->layer = l;
}

/* From the top: the last words of a layer go through those below it. */
void sk_dgram_free_layers(struct sk_dgram *d)
{
	struct sk_dgram_layer *l;

	while ((l = d->layer)) {
		struct sk_dgram_layer *below = l->below;

		l->ops->free(l);
		d->layer = below;
	}
}

static int recv_by(struct sk_dgram *d, struct sk_dgram_layer *l,
		   struct sk_dgram_batch *b, int max)
{
	return l ? l->ops->recv(l, b, max) : sk_dgram_sys_recv(d, b, max);
}

static int send_by(struct sk_dgram *d, struct sk_dgram_layer *l,
		   const struct sk_dgram_to *to, const struct iovec *iov,
		   size_t n)
{
	return l ? l->ops->send(l, to, iov, n) :
		   sk_dgram_sys_send(d, to, iov, n);
}

static int error_by(struct sk_dgram *d, struct sk_dgram_layer *l,
		    struct sk_dgram_error *e)
{
	while (l && !l->ops->error)
		l = l->below;
	return l ? l->ops->error(l, e) : sk_dgram_sys_error(d, e);
}

int sk_dgram_recv(struct sk_dgram *d, struct sk_dgram_batch *b, int max)
{
	return recv_by(d, d->layer, b, max);
}

int sk_dgram_recv_below(struct sk_dgram_layer *l, struct sk_dgram_batch *b,
			int max)
{
	return recv_by(l->sock, l->below, b, max);
}

int sk_dgram_send(struct sk_dgram *d, const struct sk_dgram_to *to,
		  const struct iovec *iov, size_t n)
{
	return send_by(d, d->layer, to, iov, n);
}

int sk_dgram_send_below(struct sk_dgram_layer *l, const struct sk_dgram_to *to,
			const struct iovec *iov, size_t n)
{
	return send_by(l->sock, l->below, to, iov, n);
}

int sk_dgram_error(struct sk_dgram *d, struct sk_dgram_error *e)
{
	return error_by(d, d->layer, e);
}

int sk_dgram_error_below(struct sk_dgram_layer *l, struct sk_dgram_error *e)
{
	return error_by(l->sock, l->below, e);
}

void sk_dgram_forget(struct sk_dgram *d, const struct sk_addr *peer)
{
	for (struct sk_dgram_layer *l = d->layer; l; l = l->below)
		if (l->ops->forget)
			l->ops->forget(l, peer);
}
