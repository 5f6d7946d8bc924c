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
/* The same for both sides of --stack pair, in one loop: the server's, which
 * is to be freed last, and the client's. */
int bench_layer_pair(struct bench_layer *l[2], const struct bench_job *job,
		     struct sk_err *err);
void bench_layer_free(struct bench_layer *l);

/* --- the server ---------------------------------------------------------- */

/* A socket that is bound, and listens where its kind does. */
int bench_layer_listen(struct bench_layer *l, const struct bench_local *local,
		       struct sk_addr *addr, struct sk_err *err);
/*
 * A connection and what it is for; the endpoint is the layer's. Of datagrams
 * there is one endpoint for all, and `from` is who said so. Returns 1, 0 (one
 * that is known already), or a negative errno.
 */
typedef int bench_layer_fn(void *arg, struct endpoint *ep, int duty,
			   const struct sk_addr *from, struct sk_err *err);
/* From now on those that come are taken, whenever the loop runs. */
void bench_layer_take(struct bench_layer *l, size_t n, bench_layer_fn *take,
		      void *arg);
/* Run until n have been taken, or ctl has ended; then no more are. */
int bench_layer_gather(struct bench_layer *l, int ctl, struct sk_err *err);
/* Every connection as it comes, and no hello: the endpoint is the callee's;
 * when it was accepted, of bench_now(). */
typedef void bench_serve_fn(void *arg, struct endpoint *ep, uint64_t when_ns);
void bench_layer_serve(struct bench_layer *l, bench_serve_fn *serve,
		       void *arg);
/* Leave those that come in the queue from now on. */
void bench_layer_rest(struct bench_layer *l);
/* Connections for which our stack's queue had no room so far. */
uint64_t bench_layer_overflows(const struct bench_layer *l);

/* --- the client ---------------------------------------------------------- */

int bench_layer_connect(struct bench_layer *l, struct endpoint **ep,
			const struct sk_addr *addr, int duty,
			struct sk_err *err);
/* Only that, and no longer than wait_us. */
int bench_layer_reach(struct bench_layer *l, struct endpoint **ep,
		      const struct sk_addr *addr, uint64_t wait_us,
		      struct sk_err *err);

#endif
