/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program does through io_uring(7). Requests are read at the entry of
 * io_uring_enter(2), results at its both ends, and each result of a request
 * that a system call could have made becomes one: events of that call, marked
 * with the ring, go to the model and to all reports like any other.
 *
 * What is not seen: with SQPOLL the kernel takes requests without a call, so
 * what stands in the queue at the next call is seen, and what has been
 * overwritten until then is not; the same goes for results that the program
 * takes without a call. Sockets that live in a ring's table of files only
 * (direct descriptors) have no number that the kernel could be asked about:
 * direct.c says what is known of them.
 */
#ifndef SK_TRACE_URING_H
#define SK_TRACE_URING_H

#include "trace/model.h"
#include "trace/ring.h"

/* Results that are kept for one io_uring_enter(2); more come as calls only. */
#define SK_URING_BATCH 4096

/* What one io_uring_enter(2) has moved: ev->batch, of reports. */
struct sk_uring_batch {
	size_t n_sqes, n_cqes;
	const struct sk_sqe *sqes; /* handed over by this call */
	/* Results that are no calls (timeouts, polls, direct descriptors). */
	const struct sk_uring_result {
		struct sk_cqe cqe;
		uint8_t opcode;	/* of its request; 255: not known */
	} *cqes;
	int ring;		/* its descriptor */
	uint64_t missed;	/* results that came and went unseen */
};

struct sk_urings;

/* NULL: no memory. */
struct sk_urings *sk_urings_new(struct sk_model *m);
void sk_urings_free(struct sk_urings *u);

/*
 * Take an event in, after the model has; sets ev->batch. What it finds is
 * then to be had from sk_urings_next(), and came before a SK_EV_ENTER, behind
 * any other event.
 */
void sk_urings_event(struct sk_urings *u, struct sk_event *ev);

/*
 * The next call that a ring has made: first its SK_EV_ENTER, then its
 * SK_EV_EXIT, with the thread and the time of `ev`, from which they have come.
 * Each goes through the model and to the reports. False: no more.
 */
bool sk_urings_next(struct sk_urings *u, const struct sk_event *ev,
		    struct sk_event *made);

/* The call that is the same as this request, or SK_SYS_NONE. */
enum sk_sys sk_uring_call(const struct sk_sqe *sqe, uint64_t args[6]);

#endif
