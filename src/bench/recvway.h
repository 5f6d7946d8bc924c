/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways of --receive: how a RECV of bytes that nobody looks at is done. */
#ifndef SK_BENCH_RECVWAY_H
#define SK_BENCH_RECVWAY_H

#include "bench/flow.h"

struct bench_recvway {
	/* One call for f->op; as bench_attempt(). */
	ssize_t (*recv)(struct bench_flow *f);
	void (*free)(struct bench_recvway *way);
};

/*
 * Have f receive by `receive`; f->op's length says how much at once. -ENOTSUP
 * with the reason where the kernel cannot.
 */
int bench_recvway_open(struct bench_flow *f, int receive, struct sk_err *err);

#endif
