/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench serve: the far side for workloads of our own. Clients greet (greet.h)
 * in the loop, side by side; each then gets a process (session.h).
 */
#ifndef SK_BENCH_SERVE_H
#define SK_BENCH_SERVE_H

#include "bench/limits.h"
#include "bench/secret.h"
#include "loop/loop.h"
#include "net/listener.h"

struct bench_serve {
	const struct bench_secret *secret;	/* NULL: none is asked for */
	struct bench_limits limits;
	bool quiet;		/* tell of what went well with -v only */
	uint64_t greeting_us;	/* who has not greeted by then is sent away;
				 * 0: ten seconds */
	/* May this one connect? NULL: anybody. */
	bool (*allows)(void *arg, const struct sk_addr *peer);
	/* It listens: 0, or a negative errno that ends it. */
	int (*ready)(const struct sk_listener *l, void *arg,
		     struct sk_err *err);
	void *arg;
};

/*
 * Until the loop is stopped, which clients are told. What becomes of each is
 * logged. 0 or a negative errno.
 */
int bench_serve_run(const struct bench_serve *o, struct sk_loop *loop,
		    const struct sk_target *target,
		    const struct sk_net_opts *net, struct sk_err *err);

#endif
