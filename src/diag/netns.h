/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network namespaces: entering one, and finding all there are. */
#ifndef SK_DIAG_NETNS_H
#define SK_DIAG_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Enter by a name of ip-netns(8), a path, or a process id. There is no way
 * back but by sk_netns_list.
 */
int sk_netns_enter(const char *name, struct sk_err *err);

struct sk_netns_list {
	const char **label;	/* "blue", "pid:123"; [0]: ours */
	struct sk_netns {
		uint64_t inode;
		int pid;	/* a process in it; 0: known by its path */
		char *path;
	} *v;
	size_t n, room;
	size_t hidden;		/* processes that do not show us theirs */
	int home;		/* descriptor of ours */
	bool away;
};

/*
 * Ours, those with names, those of processes we may look at; each once.
 */
int sk_netns_list(struct sk_netns_list *l, struct sk_err *err);
/* Go there. -ENOENT: gone meanwhile. Who stays at home needs no privilege. */
int sk_netns_go(struct sk_netns_list *l, size_t i);
/* Back home, and free. */
void sk_netns_free(struct sk_netns_list *l);

#endif
