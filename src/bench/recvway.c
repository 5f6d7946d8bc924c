/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ways for a stream of bytes out of the kernel other than read(2): nothing
 * reaches the flow's buffer.
 */
#include "bench/recvway.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"

#define PIPE_SIZE (1 << 20)

struct way {
	struct bench_recvway base;
	int pipe[2], null;	/* splice */
};

static struct way *way_of(struct bench_flow *f)
{
	return (struct way *)(void *)f->drain;
}

/* tcp(7): as many bytes are thrown away as would have been copied. */
static ssize_t recv_trunc(struct bench_flow *f)
{
	ssize_t n = recv(f->in, f->op.buf, f->op.len, MSG_TRUNC);

	return n < 0 ? -errno : n;
}

/*
 * The pages go into a pipe by reference, and out of it into a file that takes
 * everything: the pipe is empty again after each call, so only the socket is
 * ever waited for.
 */
static ssize_t recv_splice(struct bench_flow *f)
{
	const struct way *w = way_of(f);
	ssize_t n = splice(f->in, NULL, w->pipe[1], NULL, f->op.len,
			   SPLICE_F_MOVE);

	if (n < 0)
		return -errno;
	for (ssize_t left = n, out; left; left -= out) {
		out = splice(w->pipe[0], NULL, w->null, NULL, (size_t)left,
			     SPLICE_F_MOVE);
		if (out <= 0)
			return out ? -errno : -EIO;
	}
	return n;
}

static int open_splice(struct way *w)
{
	w->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (w->null < 0 || pipe2(w->pipe, O_CLOEXEC) < 0)
		return -errno;
	/* A smaller pipe only means shorter splices. */
	fcntl(w->pipe[1], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

static const struct {
	ssize_t (*recv)(struct bench_flow *f);
	int (*open)(struct way *w);
} ways[BENCH_NRECEIVES] = {
	[BENCH_R_TRUNC] = { recv_trunc, NULL },
	[BENCH_R_SPLICE] = { recv_splice, open_splice },
};

static void free_way(struct bench_recvway *base)
{
	struct way *w = (struct way *)(void *)base;

	sk_close(&w->pipe[0]);
	sk_close(&w->pipe[1]);
	sk_close(&w->null);
	free(w);
}

int bench_recvway_open(struct bench_flow *f, int receive, struct sk_err *err)
{
	struct way *w;
	int r;

	if (!ways[receive].recv)
		return 0;	/* into the buffer */
	w = calloc(1, sizeof(*w));
	if (!w)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	w->pipe[0] = w->pipe[1] = w->null = -1;
	w->base.recv = ways[receive].recv;
	w->base.free = free_way;
	r = ways[receive].open ? ways[receive].open(w) : 0;
	if (r < 0) {
		free_way(&w->base);
		return sk_fail(err, -ENOTSUP, "%s: %s",
			       bench_receives.choices[receive].name,
			       sk_strerror(r));
	}
	f->drain = &w->base;
	return 0;
}
