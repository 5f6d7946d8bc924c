/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that the user sees, and the tracer behind it.
 *
 * A program with our seccomp filter needs its tracer until it ends (engine.h).
 * So that the user can leave before, tracing is done by a process of its own,
 * which may stay behind without a word. The one in front passes signals on to
 * it, and what the program ended with to whoever waits for us.
 *
 *	shell ── front ── tracer ── program
 *
 * Killed (-9) in front, the tracer leaves the program alone; the tracer killed,
 * the kernel kills the program (EXITKILL). Nobody is left stuck.
 */
#ifndef SK_TRACE_FRONT_H
#define SK_TRACE_FRONT_H

#include "trace/engine.h"

struct sk_front {
	pid_t tracer;		/* 0: this process is the tracer */
	int fd;			/* the pipe between the two */
};

struct sk_front_result {
	struct sk_engine_result engine;
	int status;		/* exit status of the tracer; 0: well */
};

/* Split in two. 0 or a negative errno. Afterwards look at f->tracer. */
int sk_front_split(struct sk_front *f);

/* In the tracer, once, when all has been written. */
void sk_front_tell(struct sk_front *f, const struct sk_front_result *r);

/* In front: wait for the word. -ECHILD: the tracer ended without one. */
int sk_front_wait(struct sk_front *f, struct sk_front_result *r);

/*
 * -D: this process will be the program, its tracer a stranger. Splits; in the
 * tracer o->self and its pipes are filled and 0 is returned, in the program 1,
 * with go and why for sk_launch_exec().
 */
int sk_front_swap(struct sk_engine_opts *o, int *go, int *why);

#endif
