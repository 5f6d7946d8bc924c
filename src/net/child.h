/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs as the local end of a session: -e, -c, --pty.
 *
 * A child gets two pipes (or a terminal) and nothing else of ours: every
 * other descriptor is close-on-exec, signals and SIGPIPE are as they were
 * when we began. It is reaped whether or not its session still exists.
 */
#ifndef SK_NET_CHILD_H
#define SK_NET_CHILD_H

#include "net/endpoint.h"

struct sk_child_opts {
	char **argv;		/* NULL-terminated; argv[0] is searched in PATH */
	bool pty;		/* a terminal instead of pipes */
};

/*
 * Start the program for this connection; its environment says who is there
 * (NCAT_REMOTE_ADDR … and SOCKKIT_REMOTE_ADDR …, from peer). Errors of
 * execve(2) come back here: 0 or a negative errno with err; err->status is
 * 127 for a missing program and 126 for one that cannot be run.
 */
int endpoint_child(struct endpoint **ep, struct sk_loop *loop,
		   const struct sk_child_opts *o, const struct endpoint *peer,
		   struct sk_err *err);

/* Is ep a program? Its exit status as a shell has it; -1 while it runs. */
bool endpoint_is_child(const struct endpoint *ep);
int endpoint_child_status(const struct endpoint *ep);

/* Children that run now, those of sessions that are over included. */
size_t sk_children(void);
/* Called whenever one has been reaped; NULL: nobody. */
void sk_children_notify(void (*fn)(void *arg), void *arg);

/*
 * Split a command line into words: blanks part them, '…' takes all as it is,
 * "…" and \ as a shell has them; nothing is expanded. *argv is one block of
 * memory for free(3). Usage error for an open quote or no word at all.
 */
int sk_split_words(char ***argv, const char *line, struct sk_err *err);

#endif
