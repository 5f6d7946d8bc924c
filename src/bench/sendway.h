/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways of --copy: how the bytes of a SEND reach the kernel. */
#ifndef SK_BENCH_SENDWAY_H
#define SK_BENCH_SENDWAY_H

#include "bench/flow.h"

struct bench_sendway {
	/* One call for f->op; as bench_attempt(). */
	ssize_t (*send)(struct bench_flow *f);
	void (*free)(struct bench_sendway *way);
};

/*
 * Prepare f to send by `copy` what f->buf holds. -ENOTSUP with the reason
 * where the kernel or the socket cannot.
 */
int bench_sendway_open(struct bench_flow *f, int copy, struct sk_err *err);

#endif
