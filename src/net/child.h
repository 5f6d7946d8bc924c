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
 * Whom a program is run for. It is told by its environment (NCAT_REMOTE_ADDR
 * … and SOCKKIT_REMOTE_ADDR …). Descriptors become its 3, 4 …, and it is told
 * their number as by a service manager, sd_listen_fds(3), and as SOCKKIT_FDS.
 */
struct sk_child_for {
	struct sk_addr local, remote; /* len 0: not known */
	const char *proto;	/* "TCP", "UDP", "STREAM" … */
	/* Copied; the caller's. Not NULL: it gets these, be there none, and
	 * nothing else that we have open. */
	const int *fds;
	int n_fds;
};

/* Of a stream: by its endpoint, with these descriptors. */
void sk_child_for_stream(struct sk_child_for *who, const struct endpoint *peer,
			 const int *fds, int n_fds);

/*
 * Start the program. Errors of execve(2) come back here: 0 or a negative errno
 * with err; err->status is 127 for a missing program and 126 for one that
 * cannot be run.
 */
int endpoint_child(struct endpoint **ep, struct sk_loop *loop,
		   const struct sk_child_opts *o,
		   const struct sk_child_for *who, struct sk_err *err);

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
