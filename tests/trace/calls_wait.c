/* SPDX-License-Identifier: GPL-3.0-or-later */
/* poll, select and epoll on sockets. */
#include "calls.h"

static struct sockaddr_in self;
static int fd;

static void polls(void)
{
	struct pollfd p[2] = { { fd, POLLIN | POLLOUT, 0 },
			       { fd, POLLRDHUP, 0 } };
	struct timespec ts = { 0, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	may_fail(poll(p, 2, 0));
	may_fail(poll(p + 1, 1, 1));
	may_fail(ppoll(p, 2, &ts, NULL));
	may_fail(ppoll(p, 2, NULL, &set));
	p[1].fd = -1;
	may_fail(poll(p, 2, -1));
}

static void selects(void)
{
	struct timeval tv = { 0, 0 };
	struct timespec ts = { 0, 0 };
	fd_set in, out, oob;
	sigset_t set;

	sigfillset(&set);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	may_fail(syscall(SYS_pselect6, 10, &in, &out, NULL, &ts, NULL));
	FD_ZERO(&in);
	FD_SET(fd, &in);
	may_fail(select(10, &in, NULL, NULL, &tv));
	FD_SET(fd, &in);
	oob = in;
	may_fail(pselect(10, &in, NULL, &oob, &ts, &set));
}

static void epolls(void)
{
	struct epoll_event ev = { EPOLLIN | EPOLLET | EPOLLOUT,
				  { .u64 = 0x1234567890 } }, evs[4];
	int ep = epoll_create1(EPOLL_CLOEXEC);
	sigset_t set;

	sigemptyset(&set);
	may_fail(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	may_fail(epoll_wait(ep, evs, 4, 0));
	may_fail(epoll_wait(ep, evs, 4, 0));
	ev.events = EPOLLIN | EPOLLONESHOT;
	may_fail(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev));
	may_fail(epoll_pwait(ep, evs, 4, 0, &set));
	may_fail(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	may_fail(epoll_ctl(ep, 9, fd, NOWHERE));
}

int main(void)
{
	fd = udp_to_itself(&self);
	polls();
	selects();
	epolls();
	return 3;
}
