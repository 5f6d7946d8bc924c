/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line on what held a round back: CPU, windows, wake-ups, losses. */
#ifndef SK_BENCH_WHY_H
#define SK_BENCH_WHY_H

#include "bench/side.h"

/* The kernel's counters at the begin and the end of what is measured; the
 * second puts what they grew by into the client's side. */
void bench_why_begin(void);
void bench_why_end(struct bench_side *client);

/* Whether there is something to say; it is in buf then. Pure. */
bool bench_why(char *buf, size_t size, const struct bench_job *job,
	       const struct bench_side *client, const struct bench_side *server,
	       const struct bench_round *round);

#endif
