/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File descriptors: one owner each, -1 once handed on. */
#ifndef SK_BASE_FD_H
#define SK_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Close *fd if it is open, and set it to -1. */
void sk_close(int *fd);
#define SK_AUTO_FD __attribute__((cleanup(sk_close))) int

/* Hand an fd on: returns it and leaves -1 behind. */
static inline int sk_steal_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

/*
 * Make sure that 0, 1 and 2 are taken, so that no socket of ours ever lands
 * there. A closed one is opened on /dev/null the wrong way round: reading
 * from 0 and writing to 1 and 2 give EBADF, as they would have.
 */
int sk_fill_std_fds(void);

/* All of it, or a negative errno. For blocking descriptors and small text. */
int sk_write_all(int fd, const void *buf, size_t len);

/* poll(2) without waiting: is any of POLLIN, POLLOUT… there now? */
bool sk_fd_ready(int fd, short events);

/* Raise the soft limit of open files to the hard one. Returns the limit. */
size_t sk_raise_fd_limit(void);

#endif
