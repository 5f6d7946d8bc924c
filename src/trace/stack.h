/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * -k: which functions a stopped thread is in, by libdw (elfutils). Needs the
 * tracer's hands on the thread: only while one of its events is handled.
 */
#ifndef SK_TRACE_STACK_H
#define SK_TRACE_STACK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/json.h"

struct sk_stacks;		/* what is known of the processes' files */

/* Was it compiled in? */
bool sk_stacks_possible(void);

/* NULL: no memory, or not compiled in. */
struct sk_stacks *sk_stacks_new(void);
void sk_stacks_free(struct sk_stacks *s);
/* The process has ended or become another program. */
void sk_stacks_forget(struct sk_stacks *s, pid_t pid);

/*
 * A line for each frame, as strace writes it:
 * " > /usr/bin/curl(main+0x1a2) [0x51a2]". Foreign bytes are escaped.
 */
void sk_stacks_put(struct sk_stacks *s, struct sk_out *out, pid_t pid,
		   pid_t tid);

/* Such lines as an array of strings. */
void sk_stacks_json(struct sk_json *j, const char *lines);

#endif
