/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registered rings: a thread may give its ring a number of its own
 * (IORING_REGISTER_RING_FDS), by which io_uring_enter(2) then calls it.
 */
#include <stdlib.h>

#include "trace/uring_in.h"

#define NAMES_MAX 4096

enum { REGISTER_RING_FDS = 20, UNREGISTER_RING_FDS = 21 };

static void drop(struct sk_uring_names *n, pid_t tid, uint32_t index, bool all)
{
	for (size_t i = n->n; i--;)
		if (n->v[i].tid == tid && (all || n->v[i].index == index))
			n->v[i] = n->v[--n->n];
}

void sk_uring_names_register(struct sk_uring_names *n,
			     const struct sk_event *ev)
{
	uint32_t op = (uint32_t)ev->args[1] & 0x7fffffff;
	struct { uint32_t index, resv; uint64_t fd; } one;
	struct sk_uring_name *v;

	if (op != REGISTER_RING_FDS && op != UNREGISTER_RING_FDS)
		return;
	for (int64_t i = 0; i < ev->ret && i < 16; i++) {
		if (sk_mem_get(ev, ev->args[2] + (uint64_t)i * sizeof(one),
			       &one, sizeof(one)) < 0)
			return;
		drop(n, ev->tid, one.index, false);
		if (op == UNREGISTER_RING_FDS || n->n >= NAMES_MAX)
			continue;
		v = reallocarray(n->v, n->n + 1, sizeof(*v));
		if (!v)
			return;
		n->v = v;
		v[n->n++] = (struct sk_uring_name){ ev->pid, ev->tid, one.index,
						    (int)one.fd };
	}
}

int sk_uring_names_find(const struct sk_uring_names *n, pid_t tid,
			uint32_t index)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].tid == tid && n->v[i].index == index)
			return n->v[i].fd;
	return -1;
}

bool sk_uring_names_has(const struct sk_uring_names *n, pid_t pid, int fd)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].pid == pid && n->v[i].fd == fd)
			return true;
	return false;
}

void sk_uring_names_drop(struct sk_uring_names *n, pid_t tid)
{
	drop(n, tid, 0, true);
}

void sk_uring_names_fini(struct sk_uring_names *n)
{
	free(n->v);
	*n = (struct sk_uring_names){ 0 };
}
