/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What layer.c, layer_udp.c and engine_layer.c share. */
#ifndef SK_BENCH_LAYER_IN_H
#define SK_BENCH_LAYER_IN_H

#include "bench/layer.h"
#include "net/dial.h"
#include "net/tls.h"

struct sk_listener;
struct sk_host;

struct bench_layer {
	const struct bench_job *job;
	struct sk_loop *loop;
	struct sk_loop own;		/* which loop points to; or another's */
	struct sk_host *host;		/* NULL: the kernel */
	struct sk_tls_opts tls_opts;	/* which tls points to */
	struct sk_tls *tls;		/* NULL: plain */
	struct sk_net_opts net;		/* of all sockets; tls: a client's */
	struct sk_sockopt_value *options; /* of these */
	size_t n_options;
	struct sk_listener *listener;
	struct endpoint *hears;		/* in its place, of datagrams */
	struct endpoint **eps;		/* all that were opened */
	size_t n_eps;
	int error;			/* and the sentence of it: */
	struct sk_err why;

	/* While connections are taken. */
	bench_layer_fn *take;
	bench_serve_fn *serve;
	void *arg;
	size_t wanted, got;
	bool gathering;
	int ctl;
	uint64_t deadline;
	struct sk_timer look;
};

/* What sets up, and what was begun, has this long. */
#define BENCH_SETUP_US (30 * SK_SEC)
/* A host of its own has all ports to choose from. */
#define BENCH_STACK_PORT 5001

/* The layer's until it is freed. 0 or -ENOMEM, freed already. */
int bench_layer_keep(struct bench_layer *l, struct endpoint *ep);
/* An error of what runs in the loop ends the gathering. */
void bench_layer_taken(struct bench_layer *l, int r);
/* Run the loop once, for a millisecond at most. */
void bench_layer_once(struct bench_layer *l);

/* --- datagrams (layer_udp.c) --------------------------------------------- */

/* A server's socket, at *addr, or a client's. 0 or negative errno. */
int bench_udp_listen(struct bench_layer *l, struct sk_addr *addr,
		     struct sk_err *err);
int bench_udp_connect(struct bench_layer *l, struct endpoint **ep,
		      const struct sk_addr *addr, int duty,
		      struct sk_err *err);
/* A server's, when it is ready: who says hello is answered. */
void bench_udp_hellos(struct endpoint *ep);
/*
 * The next datagram, where it is (until the next call), and in *from by whom.
 * Its length, -EAGAIN, or another negative errno.
 */
ssize_t bench_udp_recv(struct endpoint *ep, void **data, struct sk_addr *from);
/* to: NULL: who it is connected to. -ENOBUFS: again in a moment. */
ssize_t bench_udp_send(struct endpoint *ep, void *data, size_t len,
		       const struct sk_addr *to);

#endif
