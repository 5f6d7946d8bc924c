/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Buffers and pipes, lent while bytes are in them.
 *
 * A connection that waits holds neither, so ten thousand idle clients cost
 * ten thousand small structs and not 2.5 GiB. A few are kept for the next
 * borrower, so a busy connection makes no malloc(3) and no pipe(2).
 */
#ifndef SK_RELAY_POOL_H
#define SK_RELAY_POOL_H

#include <stddef.h>

#define SK_BUF_SIZE (256 << 10)
#define SK_PIPE_SIZE (1 << 20)
#define SK_POOL_KEEP 8

/* Bytes data[head..tail) are waiting. */
struct sk_buf {
	struct sk_buf *next;
	size_t head, tail;
	char data[SK_BUF_SIZE];
};

struct sk_pool {
	struct sk_buf *bufs;
	int n_bufs, n_pipes, cpus;
	int pipes[SK_POOL_KEEP][2];
};

void sk_pool_fini(struct sk_pool *pool);
/* An empty buffer, or NULL without memory. */
struct sk_buf *sk_pool_buf(struct sk_pool *pool);
void sk_pool_give_buf(struct sk_pool *pool, struct sk_buf *buf);
/* An empty, non-blocking pipe. 0 or a negative errno. */
int sk_pool_pipe(struct sk_pool *pool, int fds[2]);
/* Takes it back; one that may still hold bytes is closed. */
void sk_pool_give_pipe(struct sk_pool *pool, int fds[2], size_t left);

/* Processors we may run on (asked once). */
int sk_pool_cpus(struct sk_pool *pool);

#endif
