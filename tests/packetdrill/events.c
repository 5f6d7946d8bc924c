/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for sockets, and pipes. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "adapter.h"

/* --- poll ----------------------------------------------------------------- */

static int look(struct drill *d, struct pollfd *v, nfds_t n)
{
	int ready = 0;

	for (nfds_t i = 0; i < n; i++) {
		struct stk_sock *sk = of_fd(d, v[i].fd);
		unsigned e = sk ? stk_ready(sk) : 0;

		v[i].revents = (short)(sk ? 0 : POLLNVAL);
		if (e & STK_IN)
			v[i].revents |= POLLIN;
		if (e & STK_OUT)
			v[i].revents |= POLLOUT;
		v[i].revents &= v[i].events;
		if (e & STK_ERR)
			v[i].revents |= POLLERR;
		if (e & STK_HUP)
			v[i].revents |= POLLHUP;
		ready += v[i].revents != 0;
	}
	return ready;
}

static int drill_poll(void *ud, struct pollfd *v, nfds_t n, int timeout)
{
	struct drill *d = enter(ud);
	uint64_t end = d->now + (uint64_t)(timeout < 0 ? INT32_MAX : timeout) *
		       SK_MSEC;
	int r;

	while ((r = look(d, v, n)) == 0 && d->now < end)
		if (!wait_turn(d, v[0].fd, 0))
			break;
	return leave(d, r);
}

/* --- epoll ---------------------------------------------------------------- */

void drill_forget(struct drill *d, int fd)
{
	for (int ep = 0; ep < FD_MAX; ep++)
		for (int i = 0; d->epoll[ep] && i < INTERESTS; i++)
			if (d->epoll[ep][i].fd == fd)
				d->epoll[ep][i].fd = -1;
}

static int drill_epoll_create(void *ud, int size)
{
	struct drill *d = enter(ud);
	struct interest *v = size > 0 ? calloc(INTERESTS, sizeof(*v)) : NULL;
	int fd = v ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0 || fd >= FD_MAX) {
		free(v);
		return leave(d, size > 0 ? -EMFILE : -EINVAL);
	}
	for (int i = 0; i < INTERESTS; i++)
		v[i].fd = -1;
	d->epoll[fd] = v;
	return leave(d, fd);
}

static struct interest *epoll_find(struct drill *d, int ep, int fd)
{
	for (int i = 0; i < INTERESTS; i++)
		if (d->epoll[ep][i].fd == fd)
			return &d->epoll[ep][i];
	return NULL;
}

static int epoll_change(struct drill *d, int ep, int op, int fd,
			const struct epoll_event *e)
{
	struct interest *there, *v;

	if (ep < 0 || ep >= FD_MAX || !d->epoll[ep])
		return -EINVAL;
	if (!of_fd(d, fd))
		return -EBADF;
	there = epoll_find(d, ep, fd);
	if (op == EPOLL_CTL_ADD ? there != NULL : !there)
		return there ? -EEXIST : -ENOENT;
	v = there ? there : epoll_find(d, ep, -1);
	if (!v)
		return -ENOSPC;
	*v = (struct interest){ .fd = -1 };
	if (op != EPOLL_CTL_DEL)
		*v = (struct interest){ .fd = fd, .e = *e, .armed = true };
	return 0;
}

static int drill_epoll_ctl(void *ud, int ep, int op, int fd,
			   struct epoll_event *e)
{
	struct drill *d = enter(ud);

	return leave(d, epoll_change(d, ep, op, fd, e));
}

/*
 * What epoll_wait(2) would tell of it. An edge is data that came, or a
 * possibility that was not there before.
 */
static uint32_t epoll_look(struct drill *d, struct interest *v)
{
	struct stk_sock *sk = of_fd(d, v->fd);
	unsigned e = stk_ready(sk);
	uint32_t rcv_nxt = ((struct tcp_pcb *)sk)->rcv_nxt;
	uint32_t told = (e & STK_IN ? EPOLLIN | EPOLLRDNORM : 0u) |
			(e & STK_OUT ? EPOLLOUT | EPOLLWRNORM : 0u);

	told &= v->e.events;
	told |= (e & STK_ERR ? EPOLLERR : 0u) | (e & STK_HUP ? EPOLLHUP : 0u);
	v->armed |= (e & ~v->ready) || rcv_nxt != v->rcv_nxt;
	v->ready = e;
	v->rcv_nxt = rcv_nxt;
	return !(v->e.events & EPOLLET) || v->armed ? told : 0;
}

static int epoll_collect(struct drill *d, int ep, struct epoll_event *e,
			 int max)
{
	int n = 0;

	for (int i = 0; i < INTERESTS && n < max; i++) {
		struct interest *v = &d->epoll[ep][i];
		uint32_t told = v->fd >= 0 ? epoll_look(d, v) : 0;

		if (!told)
			continue;
		v->armed = false;
		e[n] = v->e;
		e[n++].events = told;
		if (v->e.events & EPOLLONESHOT)
			v->e.events = EPOLLONESHOT;
	}
	return n;
}

static int drill_epoll_wait(void *ud, int ep, struct epoll_event *e, int max,
			    int timeout)
{
	struct drill *d = enter(ud);
	uint64_t end = d->now + (uint64_t)(timeout < 0 ? INT32_MAX : timeout) *
		       SK_MSEC;
	int n;

	if (ep < 0 || ep >= FD_MAX || !d->epoll[ep] || max < 1)
		return leave(d, -EINVAL);
	while ((n = epoll_collect(d, ep, e, max)) == 0 && d->now < end) {
		wait_turn(d, ep, 0);
		if (!d->epoll[ep])
			return leave(d, -EBADF);
	}
	return leave(d, n);
}

/* --- pipes ---------------------------------------------------------------- */

static int drill_pipe(void *ud, int fd[2])
{
	(void)ud;
	return pipe2(fd, O_CLOEXEC);
}

/* One side is a socket, the other a pipe of the kernel's. */
static int drill_splice(void *ud, int in, loff_t *off_in, int out,
			loff_t *off_out, size_t len, unsigned flags)
{
	uint8_t buf[65536];
	int wait = flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0;
	struct iovec v = { buf, len < sizeof(buf) ? len : sizeof(buf) };
	ssize_t n;

	if (off_in || off_out)
		return give(-ESPIPE);
	if (of_fd(ud, in)) {
		n = drill_receive(ud, in, &v, 1, wait);
		return n > 0 ? (int)write(out, buf, (size_t)n) : (int)n;
	}
	if (!of_fd(ud, out))
		return give(-EINVAL);
	n = read(in, buf, v.iov_len);
	v.iov_len = n > 0 ? (size_t)n : 0;
	return n > 0 ? (int)drill_transmit(ud, out, &v, 1, wait) : (int)n;
}

void drill_events(struct packetdrill_interface *f)
{
	f->poll = drill_poll;
	f->epoll_create = drill_epoll_create;
	f->epoll_ctl = drill_epoll_ctl;
	f->epoll_wait = drill_epoll_wait;
	f->pipe = drill_pipe;
	f->splice = drill_splice;
}
