/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One address that is dialled: its socket, of the kernel or of a host of our
 * own, from birth to connection. Which addresses, when, and which of them wins
 * is dial.c's.
 */
#ifndef SK_NET_ATTEMPT_H
#define SK_NET_ATTEMPT_H

#include "net/endpoint.h"
#include "net/options.h"

struct sk_attempt;

/* From the loop: connected (r == 0), or failed and err has the sentence. */
typedef void sk_attempt_fn(struct sk_attempt *a, int r,
			   const struct sk_err *err);

/* The first members are the caller's to fill in, and outlive the attempt. */
struct sk_attempt {
	struct sk_loop *loop;
	const struct sk_net_opts *opts;
	const struct sk_target *target;	/* as messages name it */
	const struct sk_addr *to;
	sk_attempt_fn *fn;
	void *arg;
	/* ours */
	struct sk_watch watch;
	int fd;			/* -1: not begun, or over */
	struct stk_sock *sk;	/* instead, on a host of our own */
};

/* 0: fn will be called; else negative errno, and the attempt is closed. */
int sk_attempt_begin(struct sk_attempt *a, struct sk_err *err);

/* Once connected: *ep takes the socket over. 0 or negative errno. */
int sk_attempt_take(struct sk_attempt *a, struct endpoint **ep,
		    struct sk_err *err);

/* At any time, after sk_attempt_begin(); again does no harm. */
void sk_attempt_close(struct sk_attempt *a);

#endif
