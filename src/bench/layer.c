/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Setting layered connections up; engine_layer.c runs them. */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "bench/layer_in.h"
#include "bench/sockets.h"
#include "bench/workload.h"
#include "net/dial.h"
#include "net/host.h"
#include "net/listener.h"
#include "net/tls.h"

#define SETUP_US (30 * SK_SEC)
#define LOOK_US (100 * SK_MSEC)
/* A host of its own has all ports to choose from. */
#define STACK_PORT "5001"
#define SERVER_IP "198.18.0.2"

bool bench_is_layered(const struct bench_job *job, bool client)
{
	return job->tls || job->stack == BENCH_K_WIRE ||
	       (job->stack == BENCH_K_TAP && !client);
}

/* --- making -------------------------------------------------------------- */

static void on_dead_host(struct sk_host *h, void *arg)
{
	struct bench_layer *l = arg;

	(void)h;
	l->error = -ENETDOWN;
	sk_loop_stop(&l->loop);
}

static int open_host(struct bench_layer *l, const struct bench_local *local,
		     bool client, struct sk_err *err)
{
	char spec[200];
	int r;

	if (!l->job->one_clock)
		return sk_fail(err, -ENOTSUP, "our stack is measured within "
			       "one machine");
	if (l->job->stack == BENCH_K_TAP)
		snprintf(spec, sizeof(spec), "tap");
	else if (local && local->wire && *local->wire)
		snprintf(spec, sizeof(spec), "wire,path=%s,ip=198.18.0.%d/24",
			 local->wire, client ? 1 : 2);
	else
		return sk_fail(err, -ENOTSUP, "only within one machine");
	r = sk_host_open(&l->host, &l->loop, spec, on_dead_host, l, err);
	if (r >= 0)
		r = sk_host_wait(l->host, client, SETUP_US, err);
	return r;
}

static int open_tls(struct bench_layer *l, bool client, struct sk_err *err)
{
	int r;

	l->tls_opts.server = !client;
	r = sk_tls_new(&l->tls, &l->tls_opts, err);

	/* Built without: a row that says so. */
	return r == -EINVAL ? -ENOTSUP : r;
}

int bench_layer_new(struct bench_layer **out, const struct bench_job *job,
		    const struct bench_local *local, bool client,
		    struct sk_err *err)
{
	struct bench_layer *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	l->job = job;
	r = sk_loop_init(&l->loop);
	if (r < 0) {
		free(l);
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	}
	if (job->stack != BENCH_K_KERNEL)
		r = open_host(l, local, client, err);
	if (r >= 0 && job->tls)
		r = open_tls(l, client, err);
	if (r < 0) {
		bench_layer_free(l);
		return r;
	}
	*out = l;
	return 0;
}

void bench_layer_free(struct bench_layer *l)
{
	for (size_t i = 0; i < l->n_eps; i++)
		endpoint_free(l->eps[i]);
	free(l->eps);
	if (l->listener)
		sk_listener_free(l->listener);
	sk_tls_free(l->tls);
	if (l->host)
		sk_host_free(l->host, 0);
	sk_loop_fini(&l->loop);
	free(l);
}

/* The layer's until it is freed. 0 or -ENOMEM, freed already. */
static int keep(struct bench_layer *l, struct endpoint *ep)
{
	struct endpoint **grown = reallocarray(l->eps, l->n_eps + 1,
					       sizeof(ep));

	if (!grown) {
		endpoint_free(ep);
		return -ENOMEM;
	}
	l->eps = grown;
	l->eps[l->n_eps++] = ep;
	return 0;
}

static void drop(struct bench_layer *l, struct endpoint *ep)
{
	for (size_t i = 0; i < l->n_eps; i++)
		if (l->eps[i] == ep)
			l->eps[i] = l->eps[--l->n_eps];
	endpoint_free(ep);
}

/* --- the server ---------------------------------------------------------- */

int bench_layer_listen(struct bench_layer *l, const struct bench_local *local,
		       struct sk_addr *addr, struct sk_err *err)
{
	struct sk_net_opts net = { .host = l->host, .numeric = true,
				   .backlog = (int64_t)l->job->backlog };
	char host[SK_ADDR_TEXT_MAX] = SERVER_IP;
	struct sk_addr at = { .len = 0 };
	struct sk_target t;
	int r;

	if (!l->host) {
		bench_loopback(&at, bench_kind_of(l->job));
		if (local && local->bind.len &&
		    local->bind.sa.sa_family == at.sa.sa_family)
			at = local->bind;
		sk_addr_format_host(host, &at);
	}
	r = sk_target_parse_pair(&t, host, l->host ? STACK_PORT : "0", err);
	if (r >= 0)
		r = sk_listener_open(&l->listener, &l->loop, &t, &net, err);
	if (r < 0)
		return r;
	*addr = *sk_listener_addr(l->listener, 0);
	return 0;
}

/* Its first byte says what a connection is for. */
static void on_hello(struct endpoint *ep)
{
	struct bench_layer *l = ep->owner;
	char duty = 0;
	ssize_t n = endpoint_recv(ep, &duty, 1);

	/* A layer learns what to wait for when it could not go on. */
	endpoint_want(ep, n == -EAGAIN ? SK_IN : 0);
	if (n == -EAGAIN)
		return;
	if (n != 1 || !bench_is_duty(duty)) {
		drop(l, ep);
		return;
	}
	l->error = l->take(l->take_arg, ep, duty, l->err);
	if (++l->got >= l->wanted || l->error < 0)
		sk_loop_stop(&l->loop);
}

static void await_hello(struct bench_layer *l, struct endpoint *ep)
{
	ep->owner = l;
	ep->ready = on_hello;
	on_hello(ep);
}

/* A stranger that cannot shake hands is no reason to stop. */
static void on_shaken(struct endpoint *ep, int r, const struct sk_err *err,
		      void *arg)
{
	(void)err;
	if (r < 0)
		drop(arg, ep);
	else
		await_hello(arg, ep);
}

static void on_accept(struct sk_listener *listener, struct endpoint *ep,
		      void *arg)
{
	struct bench_layer *l = arg;

	(void)listener;
	if (l->tls)
		ep = sk_tls_start(l->tls, ep, "", on_shaken, l);
	if (!ep || keep(l, ep) < 0)
		return;
	if (!l->tls)
		await_hello(l, ep);
}

/* Who asked for this may be gone, or it takes too long. */
static void on_look(struct sk_timer *t)
{
	struct bench_layer *l = sk_container_of(t, struct bench_layer, look);
	char c;

	if (recv(l->ctl, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		l->error = sk_fail(l->err, -ECONNRESET,
				   "the other side has gone");
	else if (sk_now_us() > l->deadline)
		l->error = sk_fail(l->err, -ETIMEDOUT,
				   "%zu of %zu connections came", l->got,
				   l->wanted);
	if (l->error < 0)
		sk_loop_stop(&l->loop);
	else
		sk_timer_in(t, LOOK_US);
}

int bench_layer_gather(struct bench_layer *l, size_t n, int ctl,
		       bench_layer_fn *take, void *arg, struct sk_err *err)
{
	int r;

	l->take = take;
	l->take_arg = arg;
	l->err = err;
	l->wanted = n;
	l->ctl = ctl;
	l->deadline = sk_now_us() + SETUP_US;
	sk_timer_init(&l->look, &l->loop, on_look);
	sk_timer_at(&l->look, sk_now_us() + LOOK_US);
	sk_listener_start(l->listener, on_accept, l);
	r = sk_loop_run(&l->loop);
	sk_timer_stop(&l->look);
	sk_listener_stop(l->listener);
	return r < 0 ? r : l->error;
}

/* --- the client ---------------------------------------------------------- */

static void on_tick(struct sk_timer *t)
{
	sk_timer_in(t, SK_MSEC);
}

/* What a host has taken it sends from the loop: it runs until all of it is at
 * the other end. A socket of the kernel's has it already. */
static int deliver(struct bench_layer *l, struct endpoint *ep,
		   struct sk_err *err)
{
	uint64_t end = sk_now_us() + SETUP_US;
	struct sk_timer tick;
	struct sk_sent sent;

	if (!l->host)
		return 0;
	sk_timer_init(&tick, &l->loop, on_tick);
	sk_timer_at(&tick, sk_now_us() + SK_MSEC);
	do {
		sk_loop_once(&l->loop);
		endpoint_sent(ep, &sent);
	} while (!sent.error && sent.unacked && sk_now_us() < end);
	sk_timer_stop(&tick);
	if (sent.error || sent.unacked)
		return sk_fail(err, sent.error ? sent.error : -ETIMEDOUT,
			       "hello: %s", sk_strerror(sent.error ?
							sent.error :
							ETIMEDOUT));
	return 0;
}

int bench_layer_connect(struct bench_layer *l, struct endpoint **ep,
			const struct sk_addr *addr, int duty,
			struct sk_err *err)
{
	struct sk_net_opts net = { .host = l->host, .tls = l->tls,
				   .numeric = true, .wait = SETUP_US };
	char text[SK_ADDR_TEXT_MAX], byte = (char)duty;
	struct iovec iov = { &byte, 1 };
	struct sk_target t;
	ssize_t n;
	int r = sk_target_parse(&t, sk_addr_format(text, addr), err);

	if (r >= 0)
		r = endpoint_connect(ep, &l->loop, &t, &net, err);
	if (r < 0)
		return r;
	if (keep(l, *ep) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	n = endpoint_send(*ep, &iov, 1);
	if (n == 1)
		return deliver(l, *ep, err);
	return sk_fail(err, n < 0 ? (int)n : -EIO, "hello: %s",
		       sk_strerror(n < 0 ? (int)n : EIO));
}
