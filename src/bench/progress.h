/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far a run is, at stderr: a status line that the log draws around, or
 * lines of their own where there is no terminal and they are asked for.
 */
#ifndef SK_BENCH_PROGRESS_H
#define SK_BENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_progress {
	bool on, tty;
	uint64_t started_us, now_us;
	size_t done, total;	/* rounds */
	char what[96];		/* "epoll, round 2"; escaped */
};

/* `on`: wanted at all. Must be at one place until bench_progress_end(). */
void bench_progress_begin(struct bench_progress *p, bool on);
/*
 * `done` of `total` rounds are over and `what` begins. `total` may change from
 * call to call, as rounds are repeated or need not be run.
 */
void bench_progress_step(struct bench_progress *p, size_t done, size_t total,
			 const char *what);
/* Takes the line away. May be called twice. */
void bench_progress_end(struct bench_progress *p);

/* "12/40  30%  ETA 0:21  epoll, round 2", without its end. Returns buf. */
const char *bench_progress_line(char *buf, size_t size,
				const struct bench_progress *p);

#endif
