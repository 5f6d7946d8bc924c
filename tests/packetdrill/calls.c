/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls of sockets, by the names of the kernel's. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "adapter.h"

static int drill_socket(void *ud, int domain, int type, int protocol)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk;
	int r = stk_socket(d->s, domain, type & 0xf, &sk);

	(void)protocol;
	if (r == 0)
		r = new_fd(d, sk);
	if (r >= 0 && (type & SOCK_NONBLOCK))
		d->nonblock[r] = true;
	return leave(d, r);
}

static int with_addr(void *ud, int fd, const struct sockaddr *sa,
		     socklen_t len,
		     int (*call)(struct stk_sock *, const struct stk_addr *))
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	struct stk_addr a;
	int r = -EBADF;

	if (sk)
		r = stk_addr_from(&a, sa, len) ? call(sk, &a) : -EINVAL;
	return leave(d, r);
}

static int drill_bind(void *ud, int fd, const struct sockaddr *sa,
		      socklen_t len)
{
	return with_addr(ud, fd, sa, len, stk_bind);
}

static int drill_listen(void *ud, int fd, int backlog)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);

	return leave(d, sk ? stk_listen(sk, backlog) : -EBADF);
}

static int drill_accept(void *ud, int fd, struct sockaddr *sa, socklen_t *len)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd), *peer = NULL;
	uint8_t to[sizeof(struct sockaddr_in6)];
	struct stk_addr a;
	int r = -EBADF;

	while (sk && (r = stk_accept(sk, &peer)) == -EAGAIN)
		if (!wait_turn(d, fd, 0))
			break;
	if (r == 0) {
		if (sa && len && stk_peer(peer, &a) == 0) {
			*len = (socklen_t)stk_addr_to(&a, to);
			memcpy(sa, to, *len);
		}
		r = new_fd(d, peer);
	}
	return leave(d, r);
}

static int take_error(struct stk_sock *sk)
{
	size_t len = sizeof(int);
	int e = 0;

	stk_getopt(sk, SOL_SOCKET, SO_ERROR, &e, &len);
	return -e;
}

static int drill_connect(void *ud, int fd, const struct sockaddr *sa,
			 socklen_t len)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	struct stk_addr a;
	int r = -EBADF;

	if (sk)
		r = stk_addr_from(&a, sa, len) ? stk_connect(sk, &a) : -EINVAL;
	if (r != -EINPROGRESS || d->nonblock[fd])
		return leave(d, r);
	while (!stk_ready(sk) && wait_turn(d, fd, 0))
		;
	return leave(d, take_error(sk));
}

ssize_t drill_receive(void *ud, int fd, const struct iovec *iov, int n,
		      int flags)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	ssize_t r = -EBADF;

	while (sk && (r = stk_recv(sk, iov, n, NULL, flags)) == -EAGAIN)
		if (!wait_turn(d, fd, flags))
			break;
	return leave(d, r);
}

ssize_t drill_transmit(void *ud, int fd, const struct iovec *iov, int n,
		       int flags)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	ssize_t r = -EBADF, done = 0;
	struct iovec rest[16];

	if (n > 16)
		return leave(d, -EINVAL);
	memcpy(rest, iov, (size_t)n * sizeof(*iov));
	while (sk) {
		size_t skip;
		int i;

		r = stk_send(sk, rest, n, NULL);
		skip = r > 0 ? (size_t)r : 0;
		done += (ssize_t)skip;
		for (i = 0; i < n && skip >= rest[i].iov_len; i++) {
			skip -= rest[i].iov_len;
			rest[i].iov_len = 0;
		}
		if (i < n) {
			rest[i].iov_base = (uint8_t *)rest[i].iov_base + skip;
			rest[i].iov_len -= skip;
		}
		if (i == n || (r < 0 && r != -EAGAIN) ||
		    !wait_turn(d, fd, flags))
			break;
		sk = of_fd(d, fd);
	}
	return leave(d, done ? done : r);
}

static ssize_t drill_read(void *ud, int fd, void *buf, size_t len)
{
	struct iovec v = { buf, len };

	return drill_receive(ud, fd, &v, 1, 0);
}

static ssize_t drill_readv(void *ud, int fd, const struct iovec *iov, int n)
{
	return drill_receive(ud, fd, iov, n, 0);
}

static ssize_t drill_recv(void *ud, int fd, void *buf, size_t len, int flags)
{
	struct iovec v = { buf, len };

	return drill_receive(ud, fd, &v, 1, flags);
}

static ssize_t drill_recvfrom(void *ud, int fd, void *buf, size_t len,
			      int flags, struct sockaddr *sa, socklen_t *salen)
{
	(void)sa;
	(void)salen;
	return drill_recv(ud, fd, buf, len, flags);
}

static ssize_t drill_recvmsg(void *ud, int fd, struct msghdr *m, int flags)
{
	m->msg_controllen = 0;
	m->msg_flags = 0;
	return drill_receive(ud, fd, m->msg_iov, (int)m->msg_iovlen, flags);
}

static ssize_t drill_write(void *ud, int fd, const void *buf, size_t len)
{
	struct iovec v = { (void *)(uintptr_t)buf, len };

	return drill_transmit(ud, fd, &v, 1, 0);
}

static ssize_t drill_writev(void *ud, int fd, const struct iovec *iov, int n)
{
	return drill_transmit(ud, fd, iov, n, 0);
}

static ssize_t drill_send(void *ud, int fd, const void *buf, size_t len,
			  int flags)
{
	struct iovec v = { (void *)(uintptr_t)buf, len };

	return drill_transmit(ud, fd, &v, 1, flags);
}

static ssize_t drill_sendto(void *ud, int fd, const void *buf, size_t len,
			    int flags, const struct sockaddr *sa,
			    socklen_t salen)
{
	(void)sa;
	(void)salen;
	return drill_send(ud, fd, buf, len, flags);
}

static ssize_t drill_sendmsg(void *ud, int fd, const struct msghdr *m,
			     int flags)
{
	return drill_transmit(ud, fd, m->msg_iov, (int)m->msg_iovlen, flags);
}

static int drill_fcntl(void *ud, int fd, int cmd, ...)
{
	struct drill *d = enter(ud);
	int r = of_fd(d, fd) ? 0 : -EBADF, arg;
	va_list ap;

	va_start(ap, cmd);
	if (r == 0 && cmd == F_GETFL) {
		r = O_RDWR | (d->nonblock[fd] ? O_NONBLOCK : 0);
	} else if (r == 0 && cmd == F_SETFL) {
		arg = va_arg(ap, int);
		d->nonblock[fd] = arg & O_NONBLOCK;
	}
	va_end(ap);
	return leave(d, r);
}

static int drill_ioctl(void *ud, int fd, unsigned long request, ...)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	struct tcp_pcb *p = (struct tcp_pcb *)sk;
	int r = sk ? 0 : -EBADF, *to;
	va_list ap;

	va_start(ap, request);
	to = va_arg(ap, int *);
	va_end(ap);
	if (r == 0 && request == SIOCINQ)
		*to = (int)tcp_readable(p);
	else if (r == 0 && request == SIOCOUTQ)
		*to = (int)tcp_unacked_bytes(p);
	else if (r == 0 && request == SIOCOUTQNSD)
		*to = (int)tcp_unsent(p);
	else if (r == 0)
		r = -ENOTTY;
	return leave(d, r);
}

static int drill_close(void *ud, int fd)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);

	if (fd >= 0 && fd < FD_MAX && d->epoll[fd]) {
		free(d->epoll[fd]);
		d->epoll[fd] = NULL;
		close(fd);
		return leave(d, 0);
	}
	/* A pipe's end, for instance. */
	if (!sk)
		return leave(d, close(fd) < 0 ? -errno : 0);
	d->fd[fd] = NULL;
	drill_forget(d, fd);
	stk_close(sk);
	close(fd);
	return leave(d, 0);
}

static int drill_shutdown(void *ud, int fd, int how)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);

	return leave(d, sk ? stk_shutdown(sk, how) : -EBADF);
}

int drill_getsockopt(void *ud, int fd, int level, int name, void *val,
		     socklen_t *len)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	size_t n = *len;
	int r = sk ? stk_getopt(sk, level, name, val, &n) : -EBADF;

	*len = (socklen_t)n;
	return leave(d, r);
}

static int drill_setsockopt(void *ud, int fd, int level, int name,
			    const void *val, socklen_t len)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);

	return leave(d, sk ? stk_setopt(sk, level, name, val, len) : -EBADF);
}

void drill_calls(struct packetdrill_interface *f)
{
	f->socket = drill_socket;
	f->bind = drill_bind;
	f->listen = drill_listen;
	f->accept = drill_accept;
	f->connect = drill_connect;
	f->read = drill_read;
	f->readv = drill_readv;
	f->recv = drill_recv;
	f->recvfrom = drill_recvfrom;
	f->recvmsg = drill_recvmsg;
	f->write = drill_write;
	f->writev = drill_writev;
	f->send = drill_send;
	f->sendto = drill_sendto;
	f->sendmsg = drill_sendmsg;
	f->fcntl = drill_fcntl;
	f->ioctl = drill_ioctl;
	f->close = drill_close;
	f->shutdown = drill_shutdown;
	f->getsockopt = drill_getsockopt;
	f->setsockopt = drill_setsockopt;
}
