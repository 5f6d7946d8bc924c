/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Setting layered connections up; engine_layer.c runs them. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "bench/layer_in.h"
#include "bench/sockets.h"
#include "bench/workload.h"
#include "net/host.h"
#include "net/listener.h"
#include "net/tls.h"

#define LOOK_US (100 * SK_MSEC)
#define CLIENT_IP "198.18.0.1"
#define SERVER_IP "198.18.0.2"
#define PAIR_MTU 1500

bool bench_is_layered(const struct bench_job *job, bool client)
{
	return job->tls || job->stack == BENCH_K_WIRE ||
	       job->stack == BENCH_K_PAIR ||
	       (job->stack == BENCH_K_TAP && !client);
}

/* --- making -------------------------------------------------------------- */

static void on_dead_host(struct sk_host *h, void *arg)
{
	struct bench_layer *l = arg;

	(void)h;
	l->error = sk_fail(&l->why, -ENETDOWN, "the link is gone");
	sk_loop_stop(l->loop);
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
	else if (l->job->stack == BENCH_K_WIRE && local && local->wire &&
		 *local->wire)
		snprintf(spec, sizeof(spec), "wire,path=%s,ip=198.18.0.%d/24",
			 local->wire, client ? 1 : 2);
	else
		return sk_fail(err, -ENOTSUP, "only within one machine");
	r = sk_host_open(&l->host, l->loop, spec, on_dead_host, l, err);
	if (r >= 0)
		r = sk_host_wait(l->host, client, BENCH_SETUP_US, err);
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

static struct bench_layer *alloc_layer(const struct bench_job *job,
				       struct sk_loop *loop,
				       struct sk_err *err)
{
	struct bench_layer *l = calloc(1, sizeof(*l));
	int r;

	if (!l) {
		sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
		return NULL;
	}
	l->job = job;
	l->loop = loop ? loop : &l->own;
	r = loop ? 0 : sk_loop_init(&l->own);
	if (r < 0) {
		sk_fail(err, r, "epoll: %s", sk_strerror(r));
		free(l);
		return NULL;
	}
	return l;
}

/*
 * The options of job->set. TLS writes records, two of which would wait for
 * each other's ACKs (Nagle): whoever speaks it switches that off, as we do.
 */
static int take_options(struct bench_layer *l, struct sk_err *err)
{
	char text[sizeof(l->job->set)], *p = text, *one;
	size_t room = 2;
	int r = 0;

	memcpy(text, l->job->set, sizeof(text));
	for (const char *c = text; *c; c++)
		room += *c == ' ';
	l->options = calloc(room, sizeof(*l->options));
	if (!l->options)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	if (l->job->tls)
		r = sk_sockopt_parse(&l->options[l->n_options++],
				     "tcp_nodelay=1", err);
	while (r >= 0 && (one = strsep(&p, " ")) != NULL)
		if (*one)
			r = sk_sockopt_parse(&l->options[l->n_options++], one,
					     err);
	return r;
}

/* What there is to be over its connections. */
static int finish_layer(struct bench_layer *l, bool client, struct sk_err *err)
{
	int r = take_options(l, err);

	if (r >= 0 && l->job->tls)
		r = open_tls(l, client, err);
	l->net = (struct sk_net_opts){ .sockopts = l->options,
				       .n_sockopts = l->n_options,
				       .host = l->host, .numeric = true,
				       .wait = BENCH_SETUP_US,
				       .tls = client ? l->tls : NULL };
	return r;
}

int bench_layer_new(struct bench_layer **out, const struct bench_job *job,
		    const struct bench_local *local, bool client,
		    struct sk_err *err)
{
	struct bench_layer *l = alloc_layer(job, NULL, err);
	int r = 0;

	if (!l)
		return -ENOMEM;
	/* Beside a TAP device the client has the kernel's. */
	if (job->stack != BENCH_K_KERNEL &&
	    (job->stack != BENCH_K_TAP || !client))
		r = open_host(l, local, client, err);
	if (r >= 0)
		r = finish_layer(l, client, err);
	if (r < 0)
		bench_layer_free(l);
	else
		*out = l;
	return r;
}

static int open_pair(struct bench_layer *l[2], struct sk_err *err)
{
	struct stk_prefix at[2] = { { .len = 24 }, { .len = 24 } };
	struct sk_host *hosts[2];
	int r;

	stk_ip_parse(&at[0].ip, SERVER_IP);
	stk_ip_parse(&at[1].ip, CLIENT_IP);
	r = sk_host_pair(hosts, l[0]->loop, PAIR_MTU, at, err);
	for (int i = 0; i < 2 && r >= 0; i++) {
		l[i]->host = hosts[i];
		r = finish_layer(l[i], i, err);
	}
	return r;
}

int bench_layer_pair(struct bench_layer *l[2], const struct bench_job *job,
		     struct sk_err *err)
{
	int r;

	l[0] = alloc_layer(job, NULL, err);
	if (!l[0])
		return -ENOMEM;
	l[1] = alloc_layer(job, l[0]->loop, err);
	r = l[1] ? open_pair(l, err) : -ENOMEM;
	if (r >= 0)
		return 0;
	if (l[1])
		bench_layer_free(l[1]);
	bench_layer_free(l[0]);
	return r;
}

void bench_layer_free(struct bench_layer *l)
{
	for (size_t i = 0; i < l->n_eps; i++)
		endpoint_free(l->eps[i]);
	free(l->eps);
	free(l->options);
	if (l->listener)
		sk_listener_free(l->listener);
	sk_tls_free(l->tls);
	if (l->host)
		sk_host_free(l->host, 0);
	if (l->loop == &l->own)
		sk_loop_fini(&l->own);
	free(l);
}

int bench_layer_keep(struct bench_layer *l, struct endpoint *ep)
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

/* It is somebody else's from now on. The last are the first to go. */
static void let_go(struct bench_layer *l, const struct endpoint *ep)
{
	for (size_t i = l->n_eps; i-- > 0;)
		if (l->eps[i] == ep) {
			l->eps[i] = l->eps[--l->n_eps];
			return;
		}
}

static void drop(struct bench_layer *l, struct endpoint *ep)
{
	let_go(l, ep);
	endpoint_free(ep);
}

uint64_t bench_layer_overflows(const struct bench_layer *l)
{
	return l->host ? stk_counter(sk_host_stack(l->host),
				     "tcp_accept_queue_full") : 0;
}

/* --- the server ---------------------------------------------------------- */

int bench_layer_listen(struct bench_layer *l, const struct bench_local *local,
		       struct sk_addr *addr, struct sk_err *err)
{
	struct sk_net_opts net = l->net;
	char host[SK_ADDR_TEXT_MAX] = SERVER_IP, port[8];
	struct sk_addr at = { .len = 0 };
	struct sk_target t;
	int r;

	net.backlog = (int64_t)l->job->backlog;
	bench_loopback(&at, bench_kind_of(l->job));
	if (l->host)
		inet_pton(AF_INET, SERVER_IP, &at.in.sin_addr);
	else if (local && local->bind.len &&
		 local->bind.sa.sa_family == at.sa.sa_family)
		at = local->bind;
	*addr = at;
	if (bench_kind_of(l->job)->records)
		return bench_udp_listen(l, addr, err);
	sk_addr_format_host(host, &at);
	snprintf(port, sizeof(port), "%d", l->host ? BENCH_STACK_PORT : 0);
	r = sk_target_parse_pair(&t, host, port, err);
	if (r >= 0)
		r = sk_listener_open(&l->listener, l->loop, &t, &net, err);
	/* An option, or a value of it, that is not to be had. */
	if (*l->job->set && (r == -ENOENT || r == -EINVAL))
		return -ENOTSUP;
	if (r < 0)
		return r;
	*addr = *sk_listener_addr(l->listener, 0);
	return 0;
}

void bench_layer_taken(struct bench_layer *l, int r)
{
	if (r < 0)
		l->error = r;
	else
		l->got += (size_t)r;
	if (l->gathering && (l->error < 0 || l->got >= l->wanted))
		sk_loop_stop(l->loop);
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
	if (n != 1 || !bench_is_duty(duty))
		drop(l, ep);
	else
		bench_layer_taken(l, l->take(l->arg, ep, duty, NULL, &l->why));
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
	struct bench_layer *l = arg;

	(void)err;
	if (r < 0) {
		drop(l, ep);
	} else if (l->serve) {
		let_go(l, ep);
		l->serve(l->arg, ep, bench_now() - ep->tls_us * 1000);
	} else {
		await_hello(l, ep);
	}
}

static void on_accept(struct sk_listener *listener, struct endpoint *ep,
		      void *arg)
{
	struct bench_layer *l = arg;

	(void)listener;
	if (l->serve && !l->tls) {
		l->serve(l->arg, ep, bench_now());
		return;
	}
	if (l->tls)
		ep = sk_tls_start(l->tls, ep, "", on_shaken, l);
	if (!ep || bench_layer_keep(l, ep) < 0)
		return;
	if (!l->tls)
		await_hello(l, ep);
}

void bench_layer_take(struct bench_layer *l, size_t n, bench_layer_fn *take,
		      void *arg)
{
	l->take = take;
	l->arg = arg;
	l->wanted = n;
	if (l->listener)
		sk_listener_start(l->listener, on_accept, l);
	if (!l->hears)
		return;
	l->hears->owner = l;
	l->hears->ready = bench_udp_hellos;
	endpoint_want(l->hears, SK_IN);
}

void bench_layer_serve(struct bench_layer *l, bench_serve_fn *serve,
		       void *arg)
{
	l->serve = serve;
	l->arg = arg;
	sk_listener_start(l->listener, on_accept, l);
}

void bench_layer_rest(struct bench_layer *l)
{
	sk_listener_pause(l->listener, true);
}

/* Who asked for this may be gone, or it takes too long. */
static void on_look(struct sk_timer *t)
{
	struct bench_layer *l = sk_container_of(t, struct bench_layer, look);
	char c;

	if (recv(l->ctl, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		l->error = sk_fail(&l->why, -ECONNRESET,
				   "the other side has gone");
	else if (sk_now_us() > l->deadline)
		l->error = sk_fail(&l->why, -ETIMEDOUT,
				   "%zu of %zu connections came", l->got,
				   l->wanted);
	if (l->error < 0)
		sk_loop_stop(l->loop);
	else
		sk_timer_in(t, LOOK_US);
}

int bench_layer_gather(struct bench_layer *l, int ctl, struct sk_err *err)
{
	int r = 0;

	l->ctl = ctl;
	l->deadline = sk_now_us() + BENCH_SETUP_US;
	l->gathering = true;
	sk_timer_init(&l->look, l->loop, on_look);
	sk_timer_at(&l->look, sk_now_us() + LOOK_US);
	if (l->got < l->wanted && !l->error)
		r = sk_loop_run(l->loop);
	l->gathering = false;
	sk_timer_stop(&l->look);
	if (l->listener)
		sk_listener_stop(l->listener);
	if (l->hears)
		endpoint_want(l->hears, 0);
	if (l->error)
		*err = l->why;
	return r < 0 ? r : l->error;
}

/* --- the client ---------------------------------------------------------- */

static void on_tick(struct sk_timer *t)
{
	sk_timer_stop(t);
}

void bench_layer_once(struct bench_layer *l)
{
	struct sk_timer tick;

	sk_timer_init(&tick, l->loop, on_tick);
	sk_timer_at(&tick, sk_now_us() + SK_MSEC);
	sk_loop_once(l->loop);
	sk_timer_stop(&tick);
}

/* What a host has taken it sends from the loop: it runs until all of it is at
 * the other end. A socket of the kernel's has it already. */
static int deliver(struct bench_layer *l, struct endpoint *ep,
		   struct sk_err *err)
{
	uint64_t end = sk_now_us() + BENCH_SETUP_US;
	struct sk_sent sent;

	if (!l->host)
		return 0;
	do {
		bench_layer_once(l);
		endpoint_sent(ep, &sent);
	} while (!sent.error && sent.unacked && sk_now_us() < end);
	if (sent.error || sent.unacked)
		return sk_fail(err, sent.error ? sent.error : -ETIMEDOUT,
			       "hello: %s", sk_strerror(sent.error ?
							sent.error :
							ETIMEDOUT));
	return 0;
}

int bench_layer_reach(struct bench_layer *l, struct endpoint **ep,
		      const struct sk_addr *addr, uint64_t wait_us,
		      struct sk_err *err)
{
	struct sk_net_opts net = l->net;
	char text[SK_ADDR_TEXT_MAX];
	struct sk_target t;
	int r = sk_target_parse(&t, sk_addr_format(text, addr), err);

	net.wait = wait_us;
	if (r >= 0)
		r = endpoint_connect(ep, l->loop, &t, &net, err);
	if (r >= 0 && bench_layer_keep(l, *ep) < 0)
		r = sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return r;
}

int bench_layer_connect(struct bench_layer *l, struct endpoint **ep,
			const struct sk_addr *addr, int duty,
			struct sk_err *err)
{
	char byte = (char)duty;
	struct iovec iov = { &byte, 1 };
	ssize_t n;
	int r;

	if (bench_kind_of(l->job)->records)
		return bench_udp_connect(l, ep, addr, duty, err);
	r = bench_layer_reach(l, ep, addr, BENCH_SETUP_US, err);
	if (r < 0)
		return r;
	n = endpoint_send(*ep, &iov, 1);
	if (n == 1)
		return deliver(l, *ep, err);
	return sk_fail(err, n < 0 ? (int)n : -EIO, "hello: %s",
		       sk_strerror(n < 0 ? (int)n : EIO));
}
