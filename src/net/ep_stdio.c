/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stdin and stdout as one endpoint.
 *
 * They are shared with others (the shell has the same terminal, a pipe's far
 * end its own ideas), so O_NONBLOCK is never set on them. A pipe or terminal
 * is opened once more through /proc/self/fd: that gives us a file
 * description, and with it flags, of our own. Where that is refused, we ask
 * poll(2) before each call and write no more than PIPE_BUF, which cannot
 * block. Sockets have MSG_DONTWAIT; files and /dev/null never block.
 */
#include "net/endpoint.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"

#define PIPE_SIZE (1 << 20)

enum { HOW_PLAIN, HOW_SOCKET, HOW_GUARDED };

/* One of the two: a descriptor, how to use it, and what it is. */
struct half {
	int fd;			/* ours: reopened, or a duplicate */
	int how;
	enum sk_raw_kind kind;
	bool usable;		/* open in the direction wanted */
	bool null, tty, regular;
	struct sk_watch watch;
};

struct ep_stdio {
	struct endpoint ep;
	struct half in, out;
	bool out_closed;
};

static struct ep_stdio *ep_stdio(const struct endpoint *ep)
{
	return sk_container_of(ep, struct ep_stdio, ep);
}

static ssize_t stdio_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct half *h = &ep_stdio(ep)->in;
	ssize_t n;

	if (!h->usable)
		return ep->input == SK_INPUT_NONE ? -EAGAIN : 0;
	if (h->how == HOW_GUARDED && !sk_fd_ready(h->fd, POLLIN)) {
		sk_watch_blocked(&h->watch, SK_IN);
		return -EAGAIN;
	}
	do
		n = h->how == HOW_SOCKET ? recv(h->fd, buf, len, MSG_DONTWAIT) :
					   read(h->fd, buf, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		sk_watch_blocked(&h->watch, SK_IN);
	return -errno;
}

static ssize_t half_write(struct half *h, const struct iovec *iov, int n)
{
	struct msghdr m = { 0 };
	struct iovec first = iov[0];

	switch (h->how) {
	case HOW_SOCKET:
		m.msg_iov = &first;
		m.msg_iovlen = 1;
		return sendmsg(h->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	case HOW_GUARDED:
		if (!sk_fd_ready(h->fd, POLLOUT)) {
			errno = EAGAIN;
			return -1;
		}
		return write(h->fd, iov->iov_base,
			     iov->iov_len < PIPE_BUF ? iov->iov_len : PIPE_BUF);
	default:
		return writev(h->fd, iov, n);
	}
}

static ssize_t stdio_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct ep_stdio *s = ep_stdio(ep);
	ssize_t r;

	if (!s->out.usable)
		return -EBADF;
	do
		r = half_write(&s->out, iov, n);
	while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	if (errno == EAGAIN)
		sk_watch_blocked(&s->out.watch, SK_OUT);
	return -errno;
}

/*
 * The reader of our stdout is to see its end although we go on: fd 1 itself
 * must go too. A file may tell only at close(2) that it could not keep the
 * data (NFS, quotas); closing a duplicate makes it say so.
 */
static int stdio_shutdown(struct endpoint *ep)
{
	struct ep_stdio *s = ep_stdio(ep);
	int null, r = 0;

	if (s->out_closed || !s->out.usable || s->out.null || s->out.tty)
		return 0;
	s->out_closed = true;
	s->ep.out = (struct sk_raw){ SK_RAW_NONE, NULL };
	sk_watch_fini(&s->out.watch);
	s->out.usable = false;
	if (close(s->out.fd) < 0 && errno != EINTR)
		r = -errno;
	s->out.fd = -1;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDOUT_FILENO);
	sk_close(&null);
	return r;
}

static void stdio_want(struct endpoint *ep, unsigned events)
{
	struct ep_stdio *s = ep_stdio(ep);

	if (s->in.watch.loop)
		sk_watch_want(&s->in.watch, events & SK_IN);
	if (s->out.watch.loop)
		sk_watch_want(&s->out.watch, events & SK_OUT);
}

static void half_fini(struct half *h)
{
	sk_watch_fini(&h->watch);
	sk_close(&h->fd);
}

static void stdio_free(struct endpoint *ep)
{
	struct ep_stdio *s = ep_stdio(ep);

	half_fini(&s->in);
	half_fini(&s->out);
	free(s);
}

static const struct endpoint_ops stdio_ops = {
	.kind = "stdio",
	.recv = stdio_recv,
	.send = stdio_send,
	.shutdown = stdio_shutdown,
	.want = stdio_want,
	.free = stdio_free,
};

static void in_ready(struct sk_watch *w)
{
	struct ep_stdio *s = sk_container_of(w, struct ep_stdio, in.watch);

	s->ep.ready(&s->ep);
}

static void out_ready(struct sk_watch *w)
{
	struct ep_stdio *s = sk_container_of(w, struct ep_stdio, out.watch);

	s->ep.ready(&s->ep);
}

static bool is_dev_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* A description of our own, or a duplicate to be used with care. */
static void half_reopen(struct half *h, int fd, int mode)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	h->fd = open(path, mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (h->fd >= 0)
		return;
	h->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	h->how = HOW_GUARDED;
}

static int half_init(struct half *h, struct sk_loop *loop, int fd, int mode,
		     void (*ready)(struct sk_watch *))
{
	int flags = fcntl(fd, F_GETFL), r;
	struct stat st;

	h->fd = -1;
	if (flags < 0 || fstat(fd, &st) < 0)
		return 0;
	h->usable = (flags & O_ACCMODE) == mode ||
		    (flags & O_ACCMODE) == O_RDWR;
	if (!h->usable)
		return 0;
	h->null = is_dev_null(&st);
	h->regular = S_ISREG(st.st_mode);
	h->tty = isatty(fd);
	if (S_ISFIFO(st.st_mode) || h->tty) {
		half_reopen(h, fd, mode);
		if (S_ISFIFO(st.st_mode)) {
			h->kind = SK_RAW_PIPE;
			fcntl(h->fd, F_SETPIPE_SZ, PIPE_SIZE);
		}
	} else {
		h->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (S_ISSOCK(st.st_mode)) {
			h->how = HOW_SOCKET;
			h->kind = SK_RAW_NONE;
		} else if (h->regular && !(flags & O_APPEND)) {
			h->kind = SK_RAW_FILE;
		} else if (h->null) {
			h->kind = SK_RAW_NULL;
		}
	}
	if (h->fd < 0)
		return -errno;
	r = sk_watch_init(&h->watch, loop, h->fd, ready);
	if (r >= 0)
		sk_watch_assume(&h->watch, SK_IN | SK_OUT);
	return r;
}

static enum sk_input input_of(const struct half *in, bool quiet_null)
{
	if (!in->usable || in->null)
		return quiet_null ? SK_INPUT_NONE : SK_INPUT_FINITE;
	if (in->tty)
		return SK_INPUT_PERSON;
	return in->regular ? SK_INPUT_FINITE : SK_INPUT_OPEN;
}

int endpoint_stdio(struct endpoint **ep, struct sk_loop *loop, bool quiet_null)
{
	struct ep_stdio *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->out.fd = -1;
	if ((r = half_init(&s->in, loop, STDIN_FILENO, O_RDONLY, in_ready)) <
		    0 ||
	    (r = half_init(&s->out, loop, STDOUT_FILENO, O_WRONLY,
			   out_ready)) < 0) {
		half_fini(&s->in);
		half_fini(&s->out);
		free(s);
		return r;
	}
	s->ep = (struct endpoint){
		.ops = &stdio_ops,
		.loop = loop,
		.in = { s->in.kind, &s->in.watch },
		.out = { s->out.kind, &s->out.watch },
		.input = input_of(&s->in, quiet_null),
		.name_in = "standard input",
		.name_out = "standard output",
	};
	*ep = &s->ep;
	return 0;
}

bool endpoint_stdio_is_file(const struct endpoint *ep)
{
	const struct ep_stdio *s = ep_stdio(ep);

	return s->in.regular || s->out.regular;
}

uint64_t endpoint_stdio_size(const struct endpoint *ep)
{
	const struct ep_stdio *s = ep_stdio(ep);
	struct stat st;
	off_t at;

	if (!s->in.regular || fstat(s->in.fd, &st) < 0)
		return 0;
	at = lseek(s->in.fd, 0, SEEK_CUR);
	return at < 0 || at >= st.st_size ? 0 : (uint64_t)(st.st_size - at);
}

bool endpoint_stdio_is_terminal(const struct endpoint *ep)
{
	const struct ep_stdio *s = ep_stdio(ep);

	return s->in.tty && s->out.tty;
}

bool endpoint_stdio_shows(const struct endpoint *ep)
{
	return ep_stdio(ep)->out.tty;
}
