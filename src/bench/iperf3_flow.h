/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One stream of an iperf3 test: a connected socket and a thread that fills
 * or empties it until told to stop. Nothing here knows the control
 * connection; who runs the test reads the counts while the threads work.
 */
#ifndef SK_BENCH_IPERF3_FLOW_H
#define SK_BENCH_IPERF3_FLOW_H

#include <pthread.h>
#include <stdatomic.h>

#include "bench/iperf3_wire.h"

/* What a flow has done so far. */
struct iperf3_count {
	uint64_t bytes, blocks;	/* blocks: whole writes, or datagrams */
	uint64_t retransmits;	/* of a TCP sender */
	struct iperf3_arrivals arrivals; /* of a UDP receiver */
};

/* What the flows of a test have in common. */
struct iperf3_pool {
	uint64_t max_bytes, max_blocks; /* both ways; 0: no limit */
	_Atomic uint64_t bytes, blocks;	/* against these limits */
	atomic_bool omitting;	/* what comes now does not count there */
	int full_fd;		/* eventfd, written when one is reached, or a
				 * flow has failed */
	atomic_bool idle;	/* count no more, but keep the sockets empty */
};

struct iperf3_flow {
	int fd;			/* owned from iperf3_flow_start() on */
	bool sender;
	const struct iperf3_params *params; /* not owned */
	struct iperf3_pool *pool;	/* not owned */
	struct iperf3_count base;	/* what is omitted */

	/* Its own. */
	pthread_t thread;
	bool running;
	atomic_bool stop;
	int stop_fd;		/* eventfd: wakes a thread that waits */
	pthread_mutex_t lock;	/* of count */
	struct iperf3_count count;
	atomic_int error;	/* 0, or the negative errno it ended with */
};

/* 0 or a negative errno; then fd is the caller's still. */
int iperf3_flow_start(struct iperf3_flow *f);
/*
 * Ask it to end, wait until it has, and close the socket. A receiver takes
 * what has arrived already. Harmless when it never began.
 */
void iperf3_flow_stop(struct iperf3_flow *f);
/* The same, but the socket stays open, so that the peer sees no end. */
void iperf3_flow_rest(struct iperf3_flow *f);
void iperf3_flow_read(struct iperf3_flow *f, struct iperf3_count *count);

#endif
