/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that work for us, here or on other machines: what they print is
 * gathered, what they complain of is passed on line by line.
 */
#ifndef SK_BENCH_ERRAND_H
#define SK_BENCH_ERRAND_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/out.h"

/* The most that is taken of what one prints. */
#define BENCH_ERRAND_MAX (256 << 20)

struct bench_errand {
	const char *name;	/* in messages; not owned */
	pid_t pid;		/* 0: it has ended, or never began */
	int in, out, err;	/* to its stdin, from its stdout and stderr */
	struct sk_out said;	/* what it has printed */
	char line[400];		/* the begin of a complaint */
	size_t line_len;
	int status;		/* as of waitpid(2), once it has ended */
	bool spoke;		/* it has printed something */
	bool flooded;		/* it printed more than is taken */
};

/* Zero it, then start argv. 0 or a negative errno with err. */
int bench_errand_start(struct bench_errand *e, const char *name,
		       char *const *argv, struct sk_err *err);
/*
 * Take what n of them say until some has something new, all have ended, the
 * time (sk_now_us()) has come or *stop is set. 0, or -EINTR.
 */
int bench_errands_wait(struct bench_errand *e, size_t n, uint64_t until,
		       const volatile sig_atomic_t *stop);
/* Has it closed both its ends? Then bench_errand_end() does not wait long. */
bool bench_errand_is_over(const struct bench_errand *e);
/* Close its stdin, wait a while, and end it if it does not. */
void bench_errand_end(struct bench_errand *e);
/* The same at once: nothing is expected of it. */
void bench_errand_kill(struct bench_errand *e);
/* Frees what it said as well. */
void bench_errand_fini(struct bench_errand *e);

#endif
