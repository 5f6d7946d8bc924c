/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One error, on its way from where it happened to the person.
 *
 * Functions return 0, a count, or a negative errno. Where a person needs the
 * sentence too, the last parameter is a struct sk_err that carries it. Only
 * main.c and cmds/ print it and choose the exit status.
 */
#ifndef SK_BASE_ERR_H
#define SK_BASE_ERR_H

#include <errno.h>
#include <stdarg.h>

enum sk_exit {
	SK_EXIT_OK = 0,		/* done */
	SK_EXIT_FAIL = 1,	/* failed at run time */
	SK_EXIT_USAGE = 2,	/* the command line cannot be carried out */
};

struct sk_err {
	char text[600];		/* "127.0.0.1:80: bind: Permission denied" */
	int status;		/* exit status this error asks for */
	int signal;		/* not 0: a signal ended us; die of it */
};

#define SK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/*
 * Fail at run time: keeps the sentence, asks for exit status 1 and returns r,
 * so that a caller can write `return sk_fail(err, -errno, "…")`. err may be
 * NULL. A sentence that is already there is replaced.
 */
int sk_fail(struct sk_err *err, int r, const char *fmt, ...) SK_PRINTF(3, 4);

/* The same for a command line that makes no sense: status 2, -EINVAL. */
int sk_usage(struct sk_err *err, const char *fmt, ...) SK_PRINTF(2, 3);

/* A failure (status 1) that a person has been told of already. */
int sk_silent(struct sk_err *err, int r);

/* A signal asked us to end: the caller cleans up, main() dies of it. */
int sk_signalled(struct sk_err *err, int signo);

/*
 * The exit status of a child (1..255) is passed on, in silence. Returns
 * -ECANCELED; 0 for status 0.
 */
int sk_passed_on(struct sk_err *err, int status);

/* "Connection refused" for a positive or negative errno; static storage. */
const char *sk_strerror(int r);

#endif
