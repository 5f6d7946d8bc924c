/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue of connections that is emptied at first, and then no more. */
#ifndef SK_BENCH_BACKLOG_H
#define SK_BENCH_BACKLOG_H

#include "bench/part.h"

/*
 * How many connections come at once while the server accepts: what the queue
 * has room for, and enough to tell; none where clocks differ.
 */
size_t bench_backlog_burst(const struct bench_job *job);
/* The server's part of it; ctl ends it early. */
void bench_backlog_accept(struct bench_part *p, int listener);
/* The same for one connection of a layer (a bench_serve_fn; a bench_part). */
void bench_backlog_take(void *part, struct endpoint *ep, uint64_t when_ns);
/*
 * A burst, for the time from SYN to accept; then connect job->connections
 * times, one after the other, to a server that accepts none, and note what
 * becomes of each. 0 or negative errno.
 */
int bench_backlog_client(struct bench_part *p, struct sk_err *err);

/* --- parts of the client's ------------------------------------------------ */

/* A connect on an idle queue takes microseconds; one that takes longer than
 * this has met a full one. Our stack has to get a CPU first. */
#define BENCH_PATIENCE_US 20000u
#define BENCH_PATIENCE_STACK_US 200000u
/* And a burst is over by then. */
#define BENCH_BURST_US 5000000u

/* backlog_layer.c: of n connections over a layer, those that were accepted;
 * and one connect, as one_connect() of backlog.c. */
int bench_backlog_burst_layered(struct bench_part *p, size_t n,
				struct sk_err *err);
int bench_backlog_connect_layered(struct bench_part *p);
/* What an accepted connection was sent; it was begun at begun_ns. */
void bench_backlog_sample(struct bench_part *p, uint64_t begun_ns,
			  uint64_t accepted_ns);

#endif
