/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a `bench serve` elsewhere; run.h measures with it. */
#ifndef SK_BENCH_FAR_H
#define SK_BENCH_FAR_H

#include "bench/run.h"
#include "bench/secret.h"
#include "net/options.h"

/*
 * Connect over AF_INET or AF_INET6, and greet. Errors say what answered
 * instead of a server of ours. 0, -EINTR when *stop was set, -ENOENT when the
 * host has no such address, or another negative errno; far is to be freed by
 * bench_far_close() in any case.
 */
int bench_far_open(struct bench_far *far, const struct sk_target *target,
		   int family,
		   const struct bench_secret *secret,
		   const volatile sig_atomic_t *stop, struct sk_err *err);
void bench_far_close(struct bench_far *far);

#endif
