/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the parts of a round on one machine meet, if not on loopback. */
#ifndef SK_BENCH_PLACE_H
#define SK_BENCH_PLACE_H

#include "bench/job.h"

struct bench_place {
	char dir[32];
	char wire[48];		/* path of a unix socket; "": none is needed */
	int home;		/* our network, while we are in another; -1 */
};

/*
 * For --stack wire a folder of its own for the socket of both hosts; for tap
 * a network of its own, which this process is in until it leaves: children
 * stay there. 0, or a negative errno with *refused (owned by the caller).
 * Only after success bench_place_leave() is due.
 */
int bench_place_enter(struct bench_place *p, const struct bench_job *job,
		      char **refused);
int bench_place_leave(struct bench_place *p, struct sk_err *err);

#endif
