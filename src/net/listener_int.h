/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a listener: listener_open.c makes its sockets, listener.c takes
 * clients from them.
 */
#ifndef SK_NET_LISTENER_INT_H
#define SK_NET_LISTENER_INT_H

#include "net/listener.h"
#include "net/listener.h"
#include "net/resolve.h"
#include "net/unix.h"

struct sk_lsock {
	struct sk_listener *l;
	struct sk_watch watch;
	struct sk_addr addr;
	int fd;
	struct stk_sock *sk;	/* instead, on a host of our own */
	struct sk_unix_file file; /* of a unix path we made */
};

struct sk_listener {
	struct sk_loop *loop;
	struct sk_target target;
	struct sk_timer retry;
	struct sk_host *host;	/* NULL: the kernel */
	const struct sk_pass *pass;
	sk_accept_fn *fn;
	void *arg;
	bool starved;		/* no descriptors; said so */
	bool paused;
	bool *freed;		/* set when freed inside a callback */
	size_t n;
	struct sk_lsock socks[SK_ADDRS_MAX];
};

/* No watch, no socket; its file is left. */
void sk_lsock_close(struct sk_lsock *s);
void sk_listener_close(struct sk_listener *l);

#endif
