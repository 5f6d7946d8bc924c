/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ways for a stream of bytes into the kernel other than write(2). All send
 * the flow's buffer again and again; only the road is different.
 */
#include "bench/sendway.h"

#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"

#define PIECES 8
#define PIPE_SIZE (1 << 20)
/* Completions are read after so many sends, and when the kernel says that it
 * holds too much of ours. */
#define REAP_EVERY 16

#ifndef SO_EE_ORIGIN_ZEROCOPY
#define SO_EE_ORIGIN_ZEROCOPY 5
#endif
#ifndef SO_EE_CODE_ZEROCOPY_COPIED
#define SO_EE_CODE_ZEROCOPY_COPIED 1
#endif

struct way {
	struct bench_sendway base;
	int fd;			/* sendfile: the memory as a file */
	int pipe[2];		/* splice */
	size_t piped;		/* bytes in it */
	unsigned sends;		/* zerocopy: since the last look */
};

static struct way *way_of(struct bench_flow *f)
{
	return (struct way *)(void *)f->way;
}

static ssize_t result_of(ssize_t n)
{
	return n < 0 ? -errno : n;
}

/* --- writev -------------------------------------------------------------- */

static ssize_t send_writev(struct bench_flow *f)
{
	struct iovec iov[PIECES];
	size_t piece = f->op.len / PIECES, at = 0;
	char *buf = f->op.buf;

	for (int i = 0; i < PIECES; i++) {
		iov[i].iov_base = buf + at;
		iov[i].iov_len = i < PIECES - 1 ? piece : f->op.len - at;
		at += piece;
	}
	if (f->to_peer) {
		struct msghdr m = { .msg_name = &f->peer.sa,
				    .msg_namelen = f->peer.len,
				    .msg_iov = iov, .msg_iovlen = PIECES };

		return result_of(sendmsg(f->out, &m, MSG_NOSIGNAL));
	}
	return result_of(writev(f->out, iov, PIECES));
}

/* --- sendfile ------------------------------------------------------------ */

static ssize_t send_file(struct bench_flow *f)
{
	off_t at = 0;

	return result_of(sendfile(f->out, way_of(f)->fd, &at, f->op.len));
}

static int open_file(struct bench_flow *f, struct way *w)
{
	w->fd = memfd_create("sockkit-bench", MFD_CLOEXEC);
	if (w->fd < 0)
		return -errno;
	return sk_write_all(w->fd, f->buf, f->size);
}

/* --- splice -------------------------------------------------------------- */

/*
 * The pages of the buffer are put into a pipe by reference and moved on into
 * the socket. Until the kernel is done with them they would have to stay as
 * they are, which they do.
 */
static ssize_t send_splice(struct bench_flow *f)
{
	struct way *w = way_of(f);
	struct iovec iov = { f->op.buf, f->op.len };
	ssize_t n;

	if (!w->piped) {
		n = vmsplice(w->pipe[1], &iov, 1, SPLICE_F_NONBLOCK);
		if (n < 0)
			return -errno;
		w->piped = (size_t)n;
	}
	n = splice(w->pipe[0], NULL, f->out, NULL, w->piped, SPLICE_F_MOVE);
	if (n < 0)
		return -errno;
	w->piped -= (size_t)n;
	return n;
}

static int open_splice(struct bench_flow *f, struct way *w)
{
	(void)f;
	if (pipe2(w->pipe, O_CLOEXEC) < 0)
		return -errno;
	/* A smaller pipe only means shorter splices. */
	fcntl(w->pipe[1], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

/* --- MSG_ZEROCOPY -------------------------------------------------------- */

/* One completion stands for a range of sends (msg_zerocopy.rst). */
static bool take_completion(struct bench_flow *f)
{
	char control[128];
	struct msghdr m = { .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	if (recvmsg(f->out, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct sock_extended_err e;
		uint32_t n;

		if (c->cmsg_len < CMSG_LEN(sizeof(e)))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		if (e.ee_origin != SO_EE_ORIGIN_ZEROCOPY)
			continue;
		n = e.ee_data - e.ee_info + 1;
		bench_count(f->tally, zc_sent, n);
		if (e.ee_code & SO_EE_CODE_ZEROCOPY_COPIED)
			bench_count(f->tally, zc_copied, n);
	}
	return true;
}

static void take_completions(struct bench_flow *f)
{
	while (take_completion(f))
		;
	way_of(f)->sends = 0;
}

static ssize_t send_zerocopy(struct bench_flow *f)
{
	ssize_t n;

	if (++way_of(f)->sends >= REAP_EVERY)
		take_completions(f);
	n = send(f->out, f->op.buf, f->op.len, MSG_NOSIGNAL | MSG_ZEROCOPY);
	if (n >= 0 || errno != ENOBUFS)
		return result_of(n);
	/* Too many pages are out: what is back by now makes room, and if none
	 * is, this one is copied. */
	take_completions(f);
	n = send(f->out, f->op.buf, f->op.len, MSG_NOSIGNAL | MSG_ZEROCOPY);
	if (n < 0 && errno == ENOBUFS)
		n = send(f->out, f->op.buf, f->op.len, MSG_NOSIGNAL);
	return result_of(n);
}

static int open_zerocopy(struct bench_flow *f, struct way *w)
{
	int one = 1;

	/* The first look is an early one. */
	w->sends = REAP_EVERY - 2;
	if (setsockopt(f->out, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) < 0)
		return -errno;
	return 0;
}

/* --- opening ------------------------------------------------------------- */

static const struct {
	ssize_t (*send)(struct bench_flow *f);
	int (*open)(struct bench_flow *f, struct way *w);
} ways[BENCH_NCOPIES] = {
	[BENCH_C_WRITEV] = { send_writev, NULL },
	[BENCH_C_SENDFILE] = { send_file, open_file },
	[BENCH_C_SPLICE] = { send_splice, open_splice },
	[BENCH_C_ZEROCOPY] = { send_zerocopy, open_zerocopy },
};

static void free_way(struct bench_sendway *base)
{
	struct way *w = (struct way *)(void *)base;

	sk_close(&w->fd);
	sk_close(&w->pipe[0]);
	sk_close(&w->pipe[1]);
	free(w);
}

int bench_sendway_open(struct bench_flow *f, int copy, struct sk_err *err)
{
	struct way *w;
	int r;

	if (!ways[copy].send)
		return 0;	/* write, or an operation of the engine's */
	w = calloc(1, sizeof(*w));
	if (!w)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	w->fd = w->pipe[0] = w->pipe[1] = -1;
	w->base.send = ways[copy].send;
	w->base.free = free_way;
	r = ways[copy].open ? ways[copy].open(f, w) : 0;
	if (r < 0) {
		free_way(&w->base);
		return sk_fail(err, -ENOTSUP, "%s: %s",
			       bench_copies.choices[copy].name,
			       sk_strerror(r));
	}
	f->way = &w->base;
	return 0;
}
