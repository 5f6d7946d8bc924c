/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking the kernel about a descriptor of another process: a copy of it is
 * taken by pidfd_getfd(2), questioned and closed at once, for a copy keeps the
 * socket alive. It works unprivileged on who we may trace, is right in foreign
 * network namespaces, and still does at the process's end. Where the kernel
 * refuses (before 5.6, or a seccomp filter over us), /proc tells at least
 * whether it is a socket.
 */
#ifndef SK_TRACE_PROBE_H
#define SK_TRACE_PROBE_H

#include "trace/model.h"

/* A descriptor that means the same as this place of a ring's table, or -1. */
int sk_direct_twin(const struct sk_files *f, int fd);

/* A copy of the descriptor, for the caller to close; or a negative errno. */
int sk_probe_open(struct sk_proc *p, int fd);

/*
 * What it is: SK_FD_CLOSED, OTHER, SOCKET (l's identity is filled), EPOLL…
 * like: a call has just made it, of this family and type; connected: it has
 * names. NULL: nothing is known.
 */
struct sk_fd sk_probe_kind(struct sk_proc *p, int fd, struct sk_life *l,
			   const struct sk_life *like);

/*
 * Does it still mean the socket that it meant? Brings its names up to date on
 * the way, if they are stale.
 */
bool sk_probe_same(struct sk_proc *p, int fd, struct sk_life *l);

/* Is a descriptor of ours an io_uring? */
bool sk_probe_is_ring(int fd);

/* The descriptors that an epoll descriptor has been told of. */
void sk_probe_epoll(pid_t pid, int epfd, void (*fn)(void *arg, int fd),
		    void *arg);

enum sk_probe_what {
	SK_PROBE_NAMES = 1,	/* local, peer */
	SK_PROBE_TCP_INFO = 2,
};

/* Bring these up to date. Names that are gone (a reset) stay as they were. */
void sk_probe_life(struct sk_proc *p, int fd, struct sk_life *l, unsigned what);

/*
 * The inode of the peer of the unix socket of this inode, if both are in our
 * network namespace; 0: it has none, or none that has been accepted. *fd, -1
 * at first, is kept open, and is the caller's.
 */
uint32_t sk_probe_unix_peer(int *fd, uint64_t inode);

/* Its TCP state (enum of sk_names_tcp_state), from the last TCP_INFO; 0. */
unsigned sk_life_tcp_state(const struct sk_life *l);

#endif
