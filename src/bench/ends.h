/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The descriptors of socketpairs and pipes: both parts inherit them, so that
 * they are made before there are parts.
 */
#ifndef SK_BENCH_ENDS_H
#define SK_BENCH_ENDS_H

#include "bench/job.h"

/*
 * Make those of all connections of the job, none where its socket is not of
 * that kind: *server and *client are arrays of { in, out }, owned, and to be
 * closed after an error as well. -EMFILE with *refused, which is owned, where
 * the limit is too low.
 */
int bench_ends_make(const struct bench_job *job, int (**server)[2],
		    int (**client)[2], char **refused, struct sk_err *err);
/* Close n pairs and free them; *ends is NULL then, and may be before. */
void bench_ends_close(int (**ends)[2], size_t n);

#endif
