/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections that are more than a descriptor: of the embedded stack, or with
 * TLS over them. They are endpoints in an event loop, which is the engine
 * then; workloads do not know the difference.
 */
#ifndef SK_BENCH_LAYER_H
#define SK_BENCH_LAYER_H

#include "bench/flow.h"
#include "bench/role.h"
#include "net/endpoint.h"

struct bench_layer;

/* Does this side of the job need it? */
bool bench_is_layered(const struct bench_job *job, bool client);

extern const struct bench_engine_ops bench_engine_layer;

/* The loop, the host of --stack and the keys of --tls. 0 or negative errno;
 * bench_layer_free() is due on success. */
int bench_layer_new(struct bench_layer **l, const struct bench_job *job,
		    const struct bench_local *local, bool client,
		    struct sk_err *err);
void bench_layer_free(struct bench_layer *l);

int bench_layer_listen(struct bench_layer *l, const struct bench_local *local,
		       struct sk_addr *addr, struct sk_err *err);
/* A connection and what it is for; the endpoint is the taker's. */
typedef int bench_layer_fn(void *arg, struct endpoint *ep, int duty,
			   struct sk_err *err);
/* Until n connections have come and said their duty, or ctl has ended. */
int bench_layer_gather(struct bench_layer *l, size_t n, int ctl,
		       bench_layer_fn *take, void *arg, struct sk_err *err);
int bench_layer_connect(struct bench_layer *l, struct endpoint **ep,
			const struct sk_addr *addr, int duty,
			struct sk_err *err);

#endif
