/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What layer.c and engine_layer.c share. */
#ifndef SK_BENCH_LAYER_IN_H
#define SK_BENCH_LAYER_IN_H

#include "bench/layer.h"
#include "net/tls.h"

struct sk_listener;
struct sk_host;

struct bench_layer {
	const struct bench_job *job;
	struct sk_loop loop;
	struct sk_host *host;		/* NULL: the kernel */
	struct sk_tls_opts tls_opts;	/* which tls points to */
	struct sk_tls *tls;		/* NULL: plain */
	struct sk_listener *listener;
	struct endpoint **eps;		/* all that were opened */
	size_t n_eps;
	int error;

	/* While connections are gathered. */
	bench_layer_fn *take;
	void *take_arg;
	struct sk_err *err;
	size_t wanted, got;
	int ctl;
	uint64_t deadline;
	struct sk_timer look;
};

#endif
