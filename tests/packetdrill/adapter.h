/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the adapter's files share: adapter.c has the link, the clock and the
 * descriptors, calls.c the calls of sockets, events.c poll, epoll and pipes.
 */
#ifndef SK_TESTS_PACKETDRILL_ADAPTER_H
#define SK_TESTS_PACKETDRILL_ADAPTER_H

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

#include "stack/link/link.h"
#include "stack/stk_internal.h"
#include "stack/tcp/pcb.h"
#include "interface.h"

#define FD_MAX 256
#define FRAMES 256
#define INTERESTS 16

/* A socket in an epoll set. */
struct interest {
	int fd;			/* -1: this place is free */
	struct epoll_event e;
	bool armed;		/* something has happened since it was told */
	uint32_t rcv_nxt;	/* what was known of it when it was looked at */
	unsigned ready;
};

struct drill {
	pthread_mutex_t lock;
	struct stk *s;
	struct stk_link link;
	uint64_t now;
	struct stk_sock *fd[FD_MAX];
	bool nonblock[FD_MAX];
	struct interest *epoll[FD_MAX];
	int blocked;		/* calls that wait */
	struct {
		uint8_t b[2048];
		size_t len;
		uint64_t at;
	} out[FRAMES];
	unsigned n_out, n_taken;
};

/* Every call is between these two; what leave() gives is the call's result,
 * with errno set. r: a count or a negative errno. */
struct drill *enter(void *ud);
int leave(struct drill *d, ssize_t r);
/* The same without the lock. */
int give(int r);
struct stk_sock *of_fd(struct drill *d, int fd);
/* A number of its own for sk, which goes if there is none: -EMFILE. */
int new_fd(struct drill *d, struct stk_sock *sk);
/* A blocking call got -EAGAIN: let others work. False: it must not wait, or
 * the socket has gone. */
bool wait_turn(struct drill *d, int fd, int flags);
/* A closed socket is in no epoll set any more. */
void drill_forget(struct drill *d, int fd);

/* Slots of the interface; each sets its own. */
void drill_calls(struct packetdrill_interface *f);
void drill_events(struct packetdrill_interface *f);
ssize_t drill_receive(void *ud, int fd, const struct iovec *iov, int n,
		      int flags);
ssize_t drill_transmit(void *ud, int fd, const struct iovec *iov, int n,
		       int flags);
int drill_getsockopt(void *ud, int fd, int level, int name, void *val,
		     socklen_t *len);

#endif
