/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connects that nobody accepts. */
#ifndef SK_BENCH_BACKLOG_H
#define SK_BENCH_BACKLOG_H

#include "bench/part.h"

/*
 * Connect job->connections times, one after the other, to a server that
 * accepts none, and note what becomes of each. 0 or negative errno.
 */
int bench_backlog_client(struct bench_part *p, struct sk_err *err);

#endif
