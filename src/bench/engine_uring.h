/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ring of a worker, and what its files do for each other:
 *
 *	engine_uring.c	drives flows: the loop of the worker
 *	uring_line.c	receives that are put off
 *	uring_entry.c	an operation of a flow becomes an entry
 *	uring_done.c	a completion becomes the flow's next step
 *	uring_open.c	the ring, its buffers, what the kernel knows of them
 */
#ifndef SK_BENCH_ENGINE_URING_H
#define SK_BENCH_ENGINE_URING_H

#include "bench/engine.h"
#include "bench/uring.h"

/* Of 6.2; liburing of Debian 12 does not have them. */
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

#define BENCH_RING_GROUP 1	/* of buffers */
#define BENCH_RING_FILES 4096	/* that it may know by number */
#define BENCH_RING_ROUNDS 2	/* that a receive is put off */

/* What a completion is of: in the low bits of user_data. */
enum bench_ring_tag {
	BENCH_OF_OP, BENCH_OF_MULTI, BENCH_OF_QUIET,
	BENCH_TAG_MASK = 3
};

/* Flows whose receive is put off, in line: places count up for ever. */
struct bench_ring_line {
	struct bench_flow **v;	/* a place is its number modulo cap */
	size_t cap;
	uint64_t begin, end;
	uint64_t mark[BENCH_RING_ROUNDS]; /* where the last rounds ended */
};

struct bench_ring {
	struct io_uring io;
	struct bench_worker *w;
	bool multishot;
	struct bench_turns turns;
	struct bench_ring_line line;
	unsigned n_files;	/* descriptors that the ring knows by number */
	bool knows_files;
	struct io_uring_buf_ring *br;
	size_t br_size;
	char *bufs;
	unsigned n_bufs;
	size_t buf_size;
	unsigned *next;		/* the one held behind this, number + 1 */
	unsigned *len;
};

/* --- uring_entry.c ------------------------------------------------------- */

/* A free entry; NULL: the kernel takes none. */
struct io_uring_sqe *bench_ring_entry(struct bench_ring *r);
/* Are its bytes received by a multishot entry, into the ring's buffers? */
bool bench_ring_multishot(const struct bench_ring *r,
			  const struct bench_flow *f);
/* The operation at hand as an entry. True: its completion says how it went;
 * false: it counts as done. */
bool bench_ring_prepare(struct bench_ring *r, struct bench_flow *f,
			struct io_uring_sqe *sqe);
/* What the kernel still has of it, but for what it has sent. */
void bench_ring_cancel(struct bench_ring *r, const struct bench_flow *f);

/* --- uring_line.c -------------------------------------------------------- */

/* Room for the worker's flows; 0 or -ENOMEM. */
int bench_ring_line_open(struct bench_ring *r);
/* Is it one whose receives may be put off? */
bool bench_ring_puts_off(const struct bench_ring *r,
			 const struct bench_flow *f);
/* Its receive is asked for later; false: not to be put off. */
bool bench_ring_put_off(struct bench_ring *r, struct bench_flow *f);
/* A round is over: up to where in line it is time to ask. */
uint64_t bench_ring_line_round(struct bench_ring *r);
/* Who is next to ask, out of the line; NULL: nobody before that place. */
struct bench_flow *bench_ring_line_next(struct bench_ring *r, uint64_t until);

/* --- uring_done.c -------------------------------------------------------- */

void bench_ring_complete(struct bench_ring *r, const struct io_uring_cqe *cqe);
/* After the end: its memory goes once the kernel has nothing of it. */
void bench_ring_let_go(struct bench_flow *f);

/* The oldest buffer that was filled before it was asked for, by number; and
 * back to the kernel with it. */
unsigned bench_ring_unhold(struct bench_ring *r, struct bench_flow *f);
void bench_ring_give_back(struct bench_ring *r, unsigned id);

/* --- uring_open.c -------------------------------------------------------- */

/* w->engine: a ring, and the worker's note. -ENOTSUP with the reason. */
int bench_ring_open(struct bench_worker *w, bool multishot,
		    struct sk_err *err);
void bench_ring_close(struct bench_worker *w);

#endif
