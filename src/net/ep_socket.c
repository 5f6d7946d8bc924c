/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connected kernel socket as an endpoint: TCP, unix stream, vsock, and
 * whatever else is a SOCK_STREAM.
 */
#include "net/endpoint.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/unix.h"

struct ep_socket {
	struct endpoint ep;
	struct sk_watch watch;
	int fd;
	int error;		/* what SO_ERROR gave: it gives it only once */
	struct sk_addr peer;
	const struct sk_pass *pass; /* NULL: no descriptors travel */
	bool passed;		/* ours have gone */
	char *name;
};

static struct ep_socket *ep_socket(const struct endpoint *ep)
{
	return sk_container_of(ep, struct ep_socket, ep);
}

/* --- descriptors ---------------------------------------------------------- */

union pass_control {
	char buf[CMSG_SPACE(SK_DGRAM_FDS * sizeof(int))];
	struct cmsghdr align;
};

/* Plain recv(2) leaves no room for descriptors: the kernel closes them. */
static ssize_t recv_fds(int fd, void *buf, size_t len, int flags, int fds[],
			int *n_fds)
{
	union pass_control control;
	struct iovec iov = { buf, len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags);

	*n_fds = 0;
	if (n < 0)
		return n;
	/* One message at most: a stream's bytes come with those of one send. */
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*n_fds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), (size_t)*n_fds * sizeof(int));
		break;
	}
	return n;
}

static ssize_t recv_pass(struct ep_socket *s, void *buf, size_t len)
{
	char text[SK_FD_TEXT_MAX];
	int fds[SK_DGRAM_FDS], n_fds;
	ssize_t n = recv_fds(s->fd, buf, len, 0, fds, &n_fds);

	for (int i = 0; i < n_fds; i++) {
		sk_log(SK_LOG_NOTE, "received %s", sk_unix_fd(text, fds[i]));
		sk_close(&fds[i]);
	}
	return n;
}

int endpoint_socket_peek_fds(struct endpoint *ep, int fds[])
{
	struct ep_socket *s = ep_socket(ep);
	char byte = 0;
	int n_fds;
	ssize_t n;

	if (!(s->watch.can & SK_IN))
		return -EAGAIN;
	do
		n = recv_fds(s->fd, &byte, 1, MSG_PEEK, fds, &n_fds);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n_fds;
	if (errno == EAGAIN)
		sk_watch_blocked(&s->watch, SK_IN);
	return -errno;
}

static void add_fds(const struct sk_pass *pass, struct msghdr *h,
		    union pass_control *control)
{
	size_t len = (size_t)pass->n_fds * sizeof(int);
	struct cmsghdr *c = &control->align;

	memset(control, 0, sizeof(*control));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), pass->fds, len);
	h->msg_control = control;
	h->msg_controllen = CMSG_SPACE(len);
}

static bool has_fds_left(const struct ep_socket *s)
{
	return s->pass && s->pass->n_fds && !s->passed;
}

void endpoint_socket_pass(struct endpoint *ep, const struct sk_pass *pass)
{
	if (!pass)
		return;
	ep_socket(ep)->pass = pass;
	if (pass->take)
		ep->in = (struct sk_raw){ SK_RAW_NONE, NULL };
	if (pass->n_fds)
		ep->out = (struct sk_raw){ SK_RAW_NONE, NULL };
}

/* --- operations ------------------------------------------------------------- */

static ssize_t socket_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct ep_socket *s = ep_socket(ep);
	ssize_t n;

	if (!(s->watch.can & SK_IN))
		return -EAGAIN;
	do
		n = s->pass && s->pass->take ?
			    recv_pass(s, buf, len) :
			    recv(s->fd, buf, len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		sk_watch_blocked(&s->watch, SK_IN);
	return -errno;
}

static ssize_t socket_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct ep_socket *s = ep_socket(ep);
	struct iovec copy[8];
	struct msghdr m = { .msg_iov = copy };
	union pass_control control;
	ssize_t r;

	if (!(s->watch.can & SK_OUT))
		return -EAGAIN;
	m.msg_iovlen = (size_t)(n < 8 ? n : 8);
	memcpy(copy, iov, m.msg_iovlen * sizeof(*iov));
	if (has_fds_left(s))
		add_fds(s->pass, &m, &control);
	do
		r = sendmsg(s->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	if (r >= 0) {
		s->passed = true;
		return r;
	}
	if (errno == EAGAIN)
		sk_watch_blocked(&s->watch, SK_OUT);
	return -errno;
}

static int socket_shutdown(struct endpoint *ep)
{
	struct ep_socket *s = ep_socket(ep);

	if (has_fds_left(s)) {
		sk_error("%s: descriptors go with bytes, and there were none: "
			 "not sent", s->name);
		s->error = -ENODATA;
	}
	if (!shutdown(s->fd, SHUT_WR))
		return 0;
	/* It was connected: a reset that nobody has read about came first. */
	return errno == ENOTCONN ? -ECONNRESET : -errno;
}

static void socket_want(struct endpoint *ep, unsigned events)
{
	sk_watch_want(&ep_socket(ep)->watch, events);
}

/*
 * SIOCOUTQ, tcp(7): bytes in the send queue that are not acknowledged; on a
 * unix socket (unix(7)) those the peer has not read. A family that does not
 * know it counts as delivered.
 */
static void socket_sent(struct endpoint *ep, struct sk_sent *sent)
{
	struct ep_socket *s = ep_socket(ep);
	socklen_t len = sizeof(int);
	int unacked = 0, error = 0;

	if (!s->error &&
	    !getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		s->error = -error;
	if (!ioctl(s->fd, SIOCOUTQ, &unacked) && unacked > 0)
		sent->unacked = (uint64_t)unacked;
	sent->error = s->error;
}

static void socket_free(struct endpoint *ep)
{
	struct ep_socket *s = ep_socket(ep);

	sk_watch_fini(&s->watch);
	sk_close(&s->fd);
	free(s->name);
	free(s);
}

static const struct sk_addr *socket_peer(const struct endpoint *ep)
{
	return &ep_socket(ep)->peer;
}

static int socket_local(const struct endpoint *ep, struct sk_addr *a)
{
	return sk_addr_local(a, ep_socket(ep)->fd);
}

static int socket_tcp_info(const struct endpoint *ep, void *info, size_t *len)
{
	socklen_t n = (socklen_t)*len;

	if (getsockopt(ep_socket(ep)->fd, IPPROTO_TCP, TCP_INFO, info, &n) < 0)
		return -errno;
	*len = n;
	return 0;
}

static void socket_abort(struct endpoint *ep)
{
	static const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(ep_socket(ep)->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static const struct endpoint_ops socket_ops = {
	.kind = "socket",
	.recv = socket_recv,
	.send = socket_send,
	.shutdown = socket_shutdown,
	.want = socket_want,
	.sent = socket_sent,
	.free = socket_free,
	.abort = socket_abort,
	.peer = socket_peer,
	.local = socket_local,
	.tcp_info = socket_tcp_info,
};

static void socket_ready(struct sk_watch *w)
{
	struct ep_socket *s = sk_container_of(w, struct ep_socket, watch);

	if (s->ep.ready)
		s->ep.ready(&s->ep);
}

static bool is_tcp(int fd)
{
	socklen_t len = sizeof(int);
	int protocol = 0;

	return !getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) &&
	       protocol == IPPROTO_TCP;
}

int endpoint_socket(struct endpoint **ep, struct sk_loop *loop, int fd,
		    const struct sk_addr *peer)
{
	struct ep_socket *s = calloc(1, sizeof(*s));
	char text[SK_ADDR_TEXT_MAX];
	enum sk_raw_kind kind;
	int r = -ENOMEM;

	if (!s)
		return r;
	if (peer)
		s->peer = *peer;
	else
		sk_addr_peer(&s->peer, fd);
	s->name = strdup(sk_addr_format(text, &s->peer));
	if (!s->name)
		goto out;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	r = sk_watch_init(&s->watch, loop, fd, socket_ready);
	if (r < 0)
		goto out;
	sk_watch_assume(&s->watch, SK_IN | SK_OUT);
	kind = is_tcp(fd) ? SK_RAW_TCP : SK_RAW_SOCKET;
	s->fd = fd;
	s->ep = (struct endpoint){
		.ops = &socket_ops,
		.loop = loop,
		.in = { kind, &s->watch },
		.out = { kind, &s->watch },
		.input = SK_INPUT_FINITE,
		.name_in = s->name,
		.name_out = s->name,
	};
	*ep = &s->ep;
	return 0;
out:
	free(s->name);
	free(s);
	return r;
}

int endpoint_socket_fd(const struct endpoint *ep)
{
	ep = endpoint_bottom(ep);
	return ep->ops == &socket_ops ? ep_socket(ep)->fd : -1;
}
