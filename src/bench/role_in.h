/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two parts in steps, for role_pair.c, which plays both. */
#ifndef SK_BENCH_ROLE_IN_H
#define SK_BENCH_ROLE_IN_H

#include "bench/part.h"

struct bench_server {
	struct bench_part p;
	int *listeners;
	size_t n_listeners;
	struct sk_addr addr;
	size_t got;		/* connections taken in */
	struct sk_addr *peers;	/* of datagram sockets: who said hello */
	bool *serves;		/* listener i has its flow already */
};

/* Layered: listen, say READY, and take those that come from now on. */
int bench_server_offer(struct bench_server *s, struct sk_err *err);
/* Its flows go to their engines, and it serves what has no hello. */
int bench_server_engage(struct bench_server *s, struct sk_err *err);
void bench_server_fini(struct bench_server *s);

/* Connect, and make the flows. */
int bench_client_prepare(struct bench_part *p, struct sk_err *err);
/* What its connections take, into p->side: rss and slab before them. */
void bench_client_memory(struct bench_part *p, uint64_t rss, uint64_t slab);

#endif
