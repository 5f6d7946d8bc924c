/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program's side of its start: see launch.c. */
#ifndef SK_TRACE_LAUNCH_H
#define SK_TRACE_LAUNCH_H

#include <limits.h>
#include <stddef.h>

#include "trace/engine.h"
#include "trace/filter.h"

enum sk_launch_step { SK_STEP_FILTER, SK_STEP_USER, SK_STEP_EXEC };

/*
 * The filter that the program is to put on, and the one for who has got a
 * socket (ptrace.c tells why there are two). len 0: none is wanted. The
 * instructions are the caller's to free. 0 or -ENOMEM.
 */
int sk_launch_filters(const struct sk_engine_opts *o, struct sock_fprog *first,
		      struct sock_fprog *full);

/*
 * In the process that is to be the program: wait for a byte on go_fd, put on
 * the filter (len 0: none), set the environment ("VAR=VAL" sets, "VAR" unsets)
 * and exec. Comes back when that failed, with a negative errno; the tracer has
 * been told through err_fd.
 */
int sk_launch_exec(char *const *argv, const char *const *env, size_t n_env,
		   const char *user, const struct sock_fprog *filter, int go_fd,
		   int err_fd);

/*
 * The rights that a program, looked for like execvp(3) does, would have by its
 * file, and has not when a user without rights traces it (execve(2)): what to
 * say of it, and where it lies. NULL: none.
 */
const char *sk_launch_rights(const char *prog, char path[PATH_MAX]);

#endif
