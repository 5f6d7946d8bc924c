/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fork(2) and execve(2) for ep_child.c. */
#ifndef SK_NET_SPAWN_H
#define SK_NET_SPAWN_H

#include "net/child.h"

struct sk_spawned {
	pid_t pid;
	int pidfd;
	int in, out;		/* its stdout for us to read; its stdin */
};

int sk_spawn(struct sk_spawned *s, const struct sk_loop *loop,
	     const struct sk_child_opts *o, const struct sk_child_for *who,
	     struct sk_err *err);

#endif
