/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Workloads and engines meet here.
 *
 * A flow is one conversation: descriptors and a function next() that is told
 * how the last operation went and says what the next one is. It never blocks
 * and knows no engine. An engine carries operations out: one after the other
 * in a thread, when a descriptor is ready, or as entries of a ring. So each
 * workload is written once, and each engine too.
 *
 *	engine: start(f) -> f->next(f, 0) -> op -> done -> f->next(f, n) -> …
 *
 * Nothing here allocates while it runs, and only a flow that wants it asks
 * for the time.
 */
#ifndef SK_BENCH_FLOW_H
#define SK_BENCH_FLOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "bench/job.h"
#include "bench/side.h"
#include "sock/addr.h"

static inline uint64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

enum bench_op_kind {
	BENCH_OP_END,		/* this flow is over; its descriptors close */
	BENCH_OP_RECV,		/* up to len bytes; result 0: end of input */
	BENCH_OP_SEND,		/* len bytes, perhaps fewer */
	BENCH_OP_SENDMM,	/* the flow's batch; result: datagrams sent */
	BENCH_OP_RECVMM,	/* up to a batch of datagrams */
	BENCH_OP_ACCEPT,	/* result: a descriptor */
	BENCH_OP_CONNECT,	/* f->out to f->peer */
	BENCH_OP_SLEEP,		/* until until_ns of bench_now() */
	BENCH_OP_CLOSE,		/* the descriptors; the flow goes on */
};

struct bench_op {
	enum bench_op_kind kind;
	void *buf;
	size_t len;
	uint64_t until_ns;
};

/* Datagrams that pass in one call. */
#define BENCH_BATCH 32
/*
 * What two threads write lies so far apart: two lines, as CPUs fetch pairs of
 * them. It is room and no alignment, which gcc's sanitizer would not give to
 * what stands on a stack.
 */
#define BENCH_APART 128

struct bench_batch {
	struct mmsghdr msg[BENCH_BATCH];
	struct iovec iov[BENCH_BATCH];
	unsigned n, at;		/* to be sent; sent already */
};

enum bench_phase {
	BENCH_WARMING,
	BENCH_MEASURING,
	BENCH_OVER,		/* not counted any more, still served */
	BENCH_STOPPED
};

/* What one thread counts; only it writes, anybody may read. */
struct bench_tally {
	uint64_t bytes_in, bytes_out, requests, connects;
	uint64_t datagrams_in, datagrams_out;
	uint64_t expected, duplicates, reordered, lost;
	uint64_t errors, refused;
	uint64_t zc_sent, zc_copied;
	uint64_t jitter_ns;
	int first_error;		/* negative errno; 0: none */
	bool taken;
	struct bench_tally *link;
	struct bench_hist *hist[BENCH_NHISTS];
	char apart[BENCH_APART];
};

#define bench_count(tally, field, n) \
	__atomic_store_n(&(tally)->field, (tally)->field + (uint64_t)(n), \
			 __ATOMIC_RELAXED)

struct bench_layer;
struct bench_worker;
struct bench_recvway;
struct bench_sendway;
struct endpoint;

struct bench_flow {
	int in, out;		/* one and the same for sockets */
	bool socket;		/* recv(2), not read(2) */
	bool records;		/* boundaries are kept: a short receive says
				 * nothing about what is left */
	bool endless;		/* datagrams: one of no bytes is no end (ours
				 * have some; io_uring of Linux 6.18 sends such
				 * ones after it found a unix queue full) */
	bool greedy;		/* try again before waiting: more is likely */
	bool to_peer;		/* send to `peer`, receive it */
	bool owned;		/* close the descriptors at the end */
	bool in_turn;		/* a send is answered before the next: engines
				 * need not wait for how it went */
	bool brief;		/* one receive a connection */
	void (*next)(struct bench_flow *f, ssize_t result);
	struct bench_op op;
	void *data;		/* where the bytes of the last RECV are */
	struct sk_addr peer;
	struct bench_batch *batch;
	struct endpoint *ep;	/* in place of descriptors; not owned */
	struct bench_sendway *way; /* how SEND sends; NULL: send(2) */
	struct bench_recvway *drain; /* how RECV receives; NULL: recv(2) */
	struct bench_worker *w;
	struct bench_tally *tally;

	/* The workload's. */
	uint64_t size, want;	/* of what it sends, of what it awaits */
	uint64_t done;		/* of the message at hand */
	uint64_t begun_ns, due_ns, gap_ns;
	uint64_t seq;
	uint32_t index;		/* which of the connections it is */
	struct bench_arrivals *arrivals;
	char *buf;
	size_t room;		/* of buf; or of its part that receives */
	char *in_buf;		/* that part, where it is not all of buf */
	int state;

	/* The engine's. */
	bool can_in, can_out, queued, connecting, listed;
	unsigned reg_in, reg_out;
	size_t slot;
	ssize_t result;
	struct bench_flow *link;
	bool armed, asked, ended, input_over, stalled, put_off;
	unsigned fixed;		/* of a ring: its number there + 1 */
	unsigned held_first, held_last;	/* ring buffers that wait for a RECV,
					 * by number + 1 */
	unsigned lent;		/* sends of which the kernel has the pages */
	unsigned unheard;	/* sends that went on alone and will tell */
	struct msghdr msg;
	struct iovec iov;
};

/* What the threads of a side share. */
struct bench_shared {
	const struct bench_job *job;
	int phase;		/* enum bench_phase, by atomics */
	bool client;
	struct sk_addr server;	/* client: where to */
	uint64_t answer_gap_ns;	/* server: between two answers, of all its
				 * threads; 0: any */
	uint64_t answer_ns;	/* when the next is due, by atomics */
	pthread_mutex_t lock;	/* of the list of tallies */
	struct bench_tally *tallies;
	char note[160];
};

static inline int bench_phase(const struct bench_shared *s)
{
	return __atomic_load_n(&s->phase, __ATOMIC_RELAXED);
}

/* A thread with an engine and some flows. */
struct bench_worker {
	struct bench_shared *shared;
	const struct bench_engine_ops *ops;
	unsigned number;
	struct bench_layer *layer; /* NULL: plain descriptors */
	void *engine;
	struct bench_tally *tally;
	struct bench_flow **flows;
	size_t n_flows;
	size_t active;		/* flows that have not ended */
	bool running;		/* in run() */
};

static inline bool bench_stopped(const struct bench_worker *w)
{
	return bench_phase(w->shared) == BENCH_STOPPED;
}

static inline bool bench_measuring(const struct bench_flow *f)
{
	return bench_phase(f->w->shared) == BENCH_MEASURING;
}

struct bench_engine_ops {
	/* May be NULL. -ENOTSUP with the reason: not on this kernel. */
	int (*open)(struct bench_worker *w, struct sk_err *err);
	/* Take a flow in; before run() or from within next(). */
	int (*start)(struct bench_worker *w, struct bench_flow *f);
	/* Until the phase is STOPPED or all flows have ended. A signal (EINTR)
	 * makes it look. */
	void (*run)(struct bench_worker *w);
	void (*close)(struct bench_worker *w);
	bool one_by_one;	/* no SENDMM and RECVMM */
};

/* The engine of that number; NULL: not compiled in. */
const struct bench_engine_ops *bench_engine_ops(int engine);

/* --- for engines --------------------------------------------------------- */

/*
 * One call for the operation at hand. Its result or a negative errno;
 * -EAGAIN from descriptors that do not block.
 */
ssize_t bench_attempt(struct bench_flow *f);
/* The end: descriptors closed, memory freed where the flow was spawned. */
void bench_flow_end(struct bench_flow *f);
void bench_flow_close(struct bench_flow *f);
int bench_set_nonblocking(struct bench_flow *f);

/* --- for workloads ------------------------------------------------------- */

static inline void bench_recv(struct bench_flow *f, void *buf, size_t len)
{
	f->op.kind = BENCH_OP_RECV;
	f->op.buf = buf;
	f->op.len = len;
}

static inline void bench_send(struct bench_flow *f, void *buf, size_t len)
{
	f->op.kind = BENCH_OP_SEND;
	f->op.buf = buf;
	f->op.len = len;
}

/* All zero but for its descriptors (-1) and its worker; NULL: no memory. */
struct bench_flow *bench_flow_new(struct bench_worker *w);
void bench_flow_free(struct bench_flow *f);
/* Buffer of at least `len` bytes. 0 or -ENOMEM. */
int bench_flow_room(struct bench_flow *f, size_t len);
/* An operation has failed: counted, and the flow ends. */
void bench_flow_failed(struct bench_flow *f, ssize_t result);
/*
 * A tally for a thread of its own, out of the shared list or new there; put
 * back, it goes on counting for another thread. NULL: no memory.
 */
struct bench_tally *bench_tally_take(struct bench_shared *s);
void bench_tally_put(struct bench_shared *s, struct bench_tally *t);
/* A sample; the histogram is made at the first. */
void bench_sample_first(struct bench_tally *t, int id, uint64_t ns);
static inline void bench_sample(struct bench_tally *t, int id, uint64_t ns)
{
	if (t->hist[id])
		bench_hist_add(t->hist[id], ns);
	else
		bench_sample_first(t, id, ns);
}

#endif
