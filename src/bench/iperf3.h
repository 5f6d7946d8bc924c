/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iperf3, both ways: a client for its servers, and a server for its clients.
 */
#ifndef SK_BENCH_IPERF3_H
#define SK_BENCH_IPERF3_H

#include <signal.h>

#include "bench/iperf3_wire.h"
#include "bench/job.h"
#include "bench/result.h"
#include "bench/serve.h"
#include "loop/loop.h"
#include "net/options.h"

struct iperf3_client {
	struct sk_loop *loop;
	const struct sk_net_opts *net;
	struct sk_target target;
	struct iperf3_params params;
	const volatile sig_atomic_t *stop; /* a signal came; or NULL */
	uint64_t omit_us, time_us;	/* time 0: until bytes or blocks */
	uint64_t interval_us;		/* of the series; 0: none */
	bool again;		/* the server was there a moment ago: one that
				 * refuses is only getting ready */
};

/*
 * One test, as a round. A server that is busy (or, with `again`, refuses) is
 * asked again for some seconds. When *stop is set it ends with -EINTR; the
 * round then holds what was counted until then.
 */
int iperf3_client_run(struct iperf3_client *c, struct bench_round *round,
		      struct sk_err *err);

/* What iperf3 knows and a job does not. */
struct iperf3_extra {
	uint64_t bandwidth;	/* bytes/s of each stream; 0: no limit */
	uint64_t bytes, blocks;	/* end after so many; 0: by time */
	bool again;		/* as in struct iperf3_client */
	const volatile sig_atomic_t *stop;
};

/*
 * A job carried out by an iperf3 server. Of its warm-up, whole seconds count:
 * iperf3 omits nothing else. -ENOTSUP: it has no such thing, and
 * the sentence says what.
 */
int iperf3_job_run(struct sk_loop *loop, const struct sk_target *target,
		   const struct bench_job *job,
		   const struct iperf3_extra *extra,
		   struct bench_round *round, struct sk_err *err);

/*
 * As bench_serve_run(), for iperf3's clients: one test at a time, others are
 * told ACCESS_DENIED. The secret is not used.
 */
int iperf3_serve(const struct bench_serve *o, struct sk_loop *loop,
		 const struct sk_target *target, const struct sk_net_opts *net,
		 struct sk_err *err);

#endif
