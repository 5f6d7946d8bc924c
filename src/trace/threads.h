/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report keeps of each thread between the two ends of a call. */
#ifndef SK_TRACE_THREADS_H
#define SK_TRACE_THREADS_H

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "base/out.h"
#include "trace/explain.h"

#define SK_THREAD_BUCKETS 64

struct sk_thread {
	LIST_ENTRY(sk_thread) link;
	pid_t tid;
	bool begun;		/* inside of a call that is shown */
	struct sk_explain before; /* --explain */
	struct sk_out held;	/* what was not written yet; in memory */
};

/* Begins all zero. */
struct sk_threads {
	LIST_HEAD(, sk_thread) of[SK_THREAD_BUCKETS];
};

/* NULL: there is none. */
struct sk_thread *sk_thread_find(const struct sk_threads *t, pid_t tid);
/* The same, made if need be; NULL: no memory. */
struct sk_thread *sk_thread_get(struct sk_threads *t, pid_t tid);
/* NULL is nobody. */
void sk_thread_drop(struct sk_thread *th);
void sk_threads_fini(struct sk_threads *t);

#endif
