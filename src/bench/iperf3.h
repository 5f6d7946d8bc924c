/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iperf3, both ways: a client for its servers, and a server for its clients.
 */
#ifndef SK_BENCH_IPERF3_H
#define SK_BENCH_IPERF3_H

#include "bench/iperf3_wire.h"
#include "bench/limits.h"
#include "bench/result.h"
#include "loop/loop.h"
#include "net/options.h"

struct iperf3_client {
	struct sk_loop *loop;
	const struct sk_net_opts *net;
	struct sk_target target;
	struct iperf3_params params;
	uint64_t omit_us, time_us;	/* time 0: until bytes or blocks */
	uint64_t interval_us;		/* of the series; 0: none */
	bool again;		/* the server was there a moment ago: one that
				 * refuses is only getting ready */
};

/*
 * One test, as a round. A server that is busy (or, with `again`, refuses) is
 * asked again for some seconds. Stopping the loop ends it with -EINTR; the
 * round then holds what was counted until then.
 */
int iperf3_client_run(struct iperf3_client *c, struct bench_round *round,
		      struct sk_err *err);

/*
 * Serve iperf3's clients on the target until the loop is stopped: one test
 * at a time, others are told ACCESS_DENIED. `ready` is called once it
 * listens. What becomes of each client is logged.
 */
struct sk_listener;
typedef int iperf3_ready_fn(const struct sk_listener *l, void *arg,
			    struct sk_err *err);
int iperf3_serve(struct sk_loop *loop, const struct sk_target *target,
		 const struct sk_net_opts *net,
		 const struct bench_limits *limits, iperf3_ready_fn *ready,
		 void *arg, struct sk_err *err);

#endif
