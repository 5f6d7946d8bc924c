/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams of the embedded stack: an endpoint over a socket of net/dgram.h,
 * which takes them in batches and gives them out one by one, where they are.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/layer_in.h"
#include "bench/workload.h"
#include "net/dgram_open.h"

/* A hello is said again when no answer comes in time. */
#define HELLO_US (200 * SK_MSEC)
#define HELLO_TRIES 25

struct ep_udp {
	struct endpoint ep;
	struct sk_dgram *d;
	struct sk_dgram_batch batch;
	int at;			/* the next of the batch */
};

static struct ep_udp *ep_udp(struct endpoint *ep)
{
	return sk_container_of(ep, struct ep_udp, ep);
}

ssize_t bench_udp_recv(struct endpoint *ep, void **data, struct sk_addr *from)
{
	struct ep_udp *u = ep_udp(ep);
	const struct sk_dgram_slot *slot;
	int r;

	if (u->at == u->batch.n) {
		u->at = u->batch.n = 0;
		r = sk_dgram_recv(u->d, &u->batch, SK_DGRAM_SLOTS);
		if (r < 0)
			return r;
	}
	slot = &u->batch.slot[u->at++];
	*data = slot->data;
	if (from)
		*from = slot->from;
	return (ssize_t)slot->len;
}

ssize_t bench_udp_send(struct endpoint *ep, void *data, size_t len,
		       const struct sk_addr *to)
{
	const struct iovec iov = { data, len };
	const struct sk_dgram_to where = { .to = to };
	int r = sk_dgram_send(ep_udp(ep)->d, &where, &iov, 1);

	return r < 0 ? r : (ssize_t)len;
}

/* --- as an endpoint ------------------------------------------------------ */

static ssize_t udp_recv(struct endpoint *ep, void *buf, size_t len)
{
	void *data;
	ssize_t n = bench_udp_recv(ep, &data, NULL);

	if (n > 0)
		memcpy(buf, data, (size_t)n < len ? (size_t)n : len);
	return n;
}

static ssize_t udp_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	(void)n;
	return bench_udp_send(ep, iov->iov_base, iov->iov_len, NULL);
}

static int udp_shutdown(struct endpoint *ep)
{
	(void)ep;
	return 0;
}

static void udp_want(struct endpoint *ep, unsigned events)
{
	struct ep_udp *u = ep_udp(ep);

	/* The rest of a batch is on no socket. */
	if (events & SK_IN && u->at < u->batch.n)
		sk_watch_assume(&u->d->watch, SK_IN);
	sk_watch_want(&u->d->watch, events);
}

static void udp_free(struct endpoint *ep)
{
	struct ep_udp *u = ep_udp(ep);

	sk_dgram_free(u->d);
	sk_dgram_batch_fini(&u->batch);
	free(u);
}

static const struct endpoint_ops udp_ops = {
	.kind = "udp",
	.recv = udp_recv,
	.send = udp_send,
	.shutdown = udp_shutdown,
	.want = udp_want,
	.free = udp_free,
};

static void on_ready(struct sk_dgram *d)
{
	struct ep_udp *u = d->owner;

	if (u->ep.ready)
		u->ep.ready(&u->ep);
}

/* Takes d over in any case. */
static int wrap(struct bench_layer *l, struct endpoint **ep,
		struct sk_dgram *d, struct sk_err *err)
{
	const struct bench_job *job = l->job;
	size_t room = job->request > job->response ? job->request :
						     job->response;
	struct ep_udp *u = calloc(1, sizeof(*u));

	if (!u || sk_dgram_batch_init(&u->batch, room + 64) < 0) {
		free(u);
		sk_dgram_free(d);
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	}
	u->d = d;
	d->owner = u;
	d->ready = on_ready;
	u->ep = (struct endpoint){ .ops = &udp_ops, .loop = l->loop,
				   .input = SK_INPUT_FINITE,
				   .name_in = "udp", .name_out = "udp" };
	if (bench_layer_keep(l, &u->ep) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	*ep = &u->ep;
	return 0;
}

/* --- opening ------------------------------------------------------------- */

static const struct sk_udp_opts plain;

int bench_udp_listen(struct bench_layer *l, struct sk_addr *addr,
		     struct sk_err *err)
{
	struct sk_dgram *d = NULL;
	int r;

	sk_addr_set_port(addr, BENCH_STACK_PORT);
	r = sk_udp_stack_bind(&d, addr, &l->net, &plain, err);
	return r < 0 ? r : wrap(l, &l->hears, d, err);
}

void bench_udp_hellos(struct endpoint *ep)
{
	struct bench_layer *l = ep->owner;
	struct sk_addr from;
	const char *duty;
	void *data;
	ssize_t n;

	while ((n = bench_udp_recv(ep, &data, &from)) >= 0) {
		duty = data;
		if (n != 1 || !bench_is_duty(*duty))
			continue;
		bench_layer_taken(l, l->take(l->arg, ep, *duty, &from,
					     &l->why));
		/* Asked again, answered again; a lost answer will be asked
		 * for. */
		bench_udp_send(ep, data, 1, &from);
	}
	endpoint_want(ep, SK_IN);
}

/* Datagrams pass both ways when this is answered. */
static int hello(struct bench_layer *l, struct endpoint *ep, char duty,
		 struct sk_err *err)
{
	char answer = 0;

	for (int i = 0; i < HELLO_TRIES; i++) {
		uint64_t end = sk_now_us() + HELLO_US;
		ssize_t n = bench_udp_send(ep, &duty, 1, NULL);

		if (n < 0 && n != -ENOBUFS && n != -EAGAIN)
			return sk_fail(err, (int)n, "hello: %s",
				       sk_strerror((int)n));
		do {
			bench_layer_once(l);
			if (endpoint_recv(ep, &answer, 1) == 1 &&
			    answer == duty)
				return 0;
		} while (sk_now_us() < end && !l->error);
	}
	return sk_fail(err, -ETIMEDOUT, "datagrams are not answered");
}

int bench_udp_connect(struct bench_layer *l, struct endpoint **ep,
		      const struct sk_addr *addr, int duty,
		      struct sk_err *err)
{
	struct sk_addr to = *addr;
	struct sk_dgram *d = NULL;
	int r = sk_udp_stack_dial(&d, &to, &l->net, &plain, err);

	if (r >= 0)
		r = wrap(l, ep, d, err);
	return r < 0 ? r : hello(l, *ep, (char)duty, err);
}
