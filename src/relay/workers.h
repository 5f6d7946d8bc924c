/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several processes that serve one port: the parent makes them, waits for
 * them and ends them; it serves nobody itself. They die with it.
 */
#ifndef SK_RELAY_WORKERS_H
#define SK_RELAY_WORKERS_H

#include "base/err.h"
#include "loop/loop.h"

#define SK_WORKERS_MAX 256

/*
 * Returns 1 in a worker (its number in *index) with the loop made its own,
 * and 0 or a negative errno in the parent, once the loop was stopped or the
 * last worker has gone. A worker that fails is reported and not replaced.
 */
int sk_workers_run(struct sk_loop *loop, int n, int *index,
		   struct sk_err *err);

#endif
