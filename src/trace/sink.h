/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where reports are written: stderr, a file, or a pipe to a command; never
 * where the traced program writes to, unless that is stderr, too.
 */
#ifndef SK_TRACE_SINK_H
#define SK_TRACE_SINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/out.h"

struct sk_sink {
	struct sk_out out;
	int fd;
	pid_t command;		/* of a pipe; 0: none */
	bool prompt;		/* a person may be looking: line by line */
};

/* path NULL: stderr; "|CMD": a pipe to a shell's CMD; else a file, emptied unless `append`. */
int sk_sink_open(struct sk_sink *s, const char *path, bool append,
		 struct sk_err *err);
bool sk_sink_pending(const struct sk_sink *s);
void sk_sink_flush(struct sk_sink *s);
/* Flush, close, wait for the command. 0 or the first error. */
int sk_sink_close(struct sk_sink *s);

#endif
