/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is who when a program is traced: the tracer, the program, and the
 * process that was called and becomes what the program became (its status, or
 * the signal that ended it).
 */
#ifndef SK_CMDS_TRACE_PROCS_H
#define SK_CMDS_TRACE_PROCS_H

#include "trace/engine.h"

struct sk_trace_job {
	struct sk_engine_opts *engine;
	struct sk_engine_result result;
	/* In the tracer: from the first stop to the last report. */
	int (*trace)(void *arg, struct sk_engine *engine, struct sk_err *err);
	void *arg;
};

/* Attached programs carry no filter of ours: one process does it all. */
int sk_trace_here(struct sk_trace_job *t, struct sk_err *err);

/* The tracer is a child of ours; we wait, and die as the program did. */
int sk_trace_split(struct sk_trace_job *t, struct sk_err *err);

/* -D: this process becomes the program. */
int sk_trace_swapped(struct sk_trace_job *t, struct sk_err *err);

#endif
