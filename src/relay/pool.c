/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/fd.h"

struct sk_buf *sk_pool_buf(struct sk_pool *pool)
{
	struct sk_buf *buf = pool->bufs;

	if (buf) {
		pool->bufs = buf->next;
		pool->n_bufs--;
	} else {
		buf = malloc(sizeof(*buf));
	}
	if (buf)
		buf->head = buf->tail = 0;
	return buf;
}

void sk_pool_give_buf(struct sk_pool *pool, struct sk_buf *buf)
{
	if (pool->n_bufs >= SK_POOL_KEEP) {
		free(buf);
		return;
	}
	buf->next = pool->bufs;
	pool->bufs = buf;
	pool->n_bufs++;
}

int sk_pool_pipe(struct sk_pool *pool, int fds[2])
{
	if (pool->n_pipes) {
		int *kept = pool->pipes[--pool->n_pipes];

		fds[0] = kept[0];
		fds[1] = kept[1];
		return 0;
	}
	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
		return -errno;
	/* Refused beyond pipe-user-pages-soft, pipe(7): 64 KiB then. */
	fcntl(fds[0], F_SETPIPE_SZ, SK_PIPE_SIZE);
	return 0;
}

void sk_pool_give_pipe(struct sk_pool *pool, int fds[2], size_t left)
{
	if (left || pool->n_pipes >= SK_POOL_KEEP) {
		sk_close(&fds[0]);
		sk_close(&fds[1]);
		return;
	}
	pool->pipes[pool->n_pipes][0] = sk_steal_fd(&fds[0]);
	pool->pipes[pool->n_pipes][1] = sk_steal_fd(&fds[1]);
	pool->n_pipes++;
}

void sk_pool_fini(struct sk_pool *pool)
{
	while (pool->bufs) {
		struct sk_buf *buf = pool->bufs;

		pool->bufs = buf->next;
		free(buf);
	}
	while (pool->n_pipes--) {
		sk_close(&pool->pipes[pool->n_pipes][0]);
		sk_close(&pool->pipes[pool->n_pipes][1]);
	}
	pool->n_bufs = pool->n_pipes = 0;
}

int sk_pool_cpus(struct sk_pool *pool)
{
	cpu_set_t set;

	if (!pool->cpus)
		pool->cpus = sched_getaffinity(0, sizeof(set), &set) < 0 ?
				     1 :
				     CPU_COUNT(&set);
	return pool->cpus;
}
