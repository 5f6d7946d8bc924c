/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening sockets: one for each address that the operand means, all on the
 * same port, and the accepting of what comes.
 */
#ifndef SK_NET_LISTENER_H
#define SK_NET_LISTENER_H

#include "net/endpoint.h"
#include "net/options.h"

struct sk_listener;

/* ep is the callee's from now on. */
typedef void sk_accept_fn(struct sk_listener *l, struct endpoint *ep,
			  void *arg);

/*
 * Bind and listen. An empty host means every address, IPv4 and IPv6; port 0
 * lets the kernel choose, one port for all. A unix path that a dead server
 * left behind is taken over (only when it is a socket that refuses), and
 * removed by sk_listener_free(). 0 or a negative errno with err.
 */
int sk_listener_open(struct sk_listener **l, struct sk_loop *loop,
		     const struct sk_target *t, const struct sk_net_opts *o,
		     struct sk_err *err);
/*
 * Listening sockets that a service manager opened for us, sd_listen_fds(3):
 * n of them from descriptor 3 on.
 */
int sk_listener_inherit(struct sk_listener **l, struct sk_loop *loop, int n,
			struct sk_err *err);
void sk_listener_free(struct sk_listener *l);

/* Begin to accept: fn is called for each connection. */
void sk_listener_start(struct sk_listener *l, sk_accept_fn *fn, void *arg);
/* Close the sockets; those who wait in the backlog are refused. */
void sk_listener_stop(struct sk_listener *l);
/* Leave new clients in the backlog, or take them again. */
void sk_listener_pause(struct sk_listener *l, bool pause);
/* A descriptor may have become free: try again if accept(2) had none. */
void sk_listener_resume(struct sk_listener *l);

/* Address of socket i, or NULL beyond the last. */
const struct sk_addr *sk_listener_addr(const struct sk_listener *l, size_t i);
/* Its descriptor, to set options that connections inherit; -1: no such. */
int sk_listener_fd(const struct sk_listener *l, size_t i);

#endif
