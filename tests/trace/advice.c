/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sins of network programs, one for each rule of --advise: advice RULE. */
#include "calls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct sockaddr_in where;

static int listening(int backlog)
{
	socklen_t len = sizeof(where);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	where = (struct sockaddr_in){ .sin_family = AF_INET };
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&where, len) < 0 ||
	    listen(fd, backlog) < 0 ||
	    getsockname(fd, (struct sockaddr *)&where, &len) < 0)
		exit(1);
	return fd;
}

/* Non-blocking while it connects: no sin in itself. */
static int connected(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd p = { fd, POLLOUT, 0 };

	if (connect(fd, (struct sockaddr *)&where, sizeof(where)) < 0 &&
	    errno != EINPROGRESS)
		exit(1);
	may_fail(poll(&p, 1, -1));
	may_fail(fcntl(fd, F_SETFL, O_RDWR));
	return fd;
}

static int ends[2];

static void tcp_pair(void)
{
	int l = listening(128);

	ends[0] = connected();
	ends[1] = accept(l, NULL, NULL);
	close(l);
}

static void finish(void)
{
	close(ends[0]);
	close(ends[1]);
}

static void low_backlog(void)
{
	int l = listening(1);

	for (int i = 0; i < 3; i++) {
		int c = connected();

		close(accept(l, NULL, NULL));
		close(c);
	}
	close(l);
}

static void blocking_connect(void)
{
	int l = listening(128), c = socket(AF_INET, SOCK_STREAM, 0);

	may_fail(connect(c, (struct sockaddr *)&where, sizeof(where)));
	close(c);
	close(l);
}

/* late: the answer takes as long as a stall would. */
static void write_write_read(int late)
{
	char byte;

	tcp_pair();
	for (int i = 0; i < 4; i++) {
		may_fail(send(ends[0], "a", 1, MSG_NOSIGNAL));
		may_fail(send(ends[0], "b", 1, MSG_NOSIGNAL));
		if (late && fork() == 0) {
			usleep(60000);
			may_fail(send(ends[1], "c", 1, MSG_NOSIGNAL));
			_exit(0);
		}
		if (!late)
			may_fail(send(ends[1], "c", 1, MSG_NOSIGNAL));
		may_fail(recv(ends[0], &byte, 1, 0));
		while (late && wait(NULL) > 0)
			;
	}
	finish();
}

static void small_writes(void)
{
	write_write_read(0);
}

static void nagle_stall(void)
{
	write_write_read(1);
}

static void short_write(void)
{
	static char much[8 << 20];

	tcp_pair();
	may_fail(send(ends[0], much, sizeof(much), MSG_DONTWAIT));
	close(ends[1]);
	close(ends[0]);
}

static void eagain_spin(void)
{
	char byte;

	tcp_pair();
	for (int i = 0; i < 50; i++)
		may_fail(recv(ends[0], &byte, 1, MSG_DONTWAIT));
	finish();
}

static void epoll_writable(void)
{
	struct epoll_event ev = { EPOLLOUT | EPOLLIN, { 0 } };
	int ep = epoll_create1(0);

	tcp_pair();
	may_fail(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &ev));
	for (int i = 0; i < 50; i++)
		may_fail(epoll_wait(ep, &ev, 1, -1));
	finish();
}

static void address_in_use(void)
{
	int l = listening(128), other = socket(AF_INET, SOCK_STREAM, 0);

	may_fail(bind(other, (struct sockaddr *)&where, sizeof(where)));
	close(other);
	close(l);
}

static void sigpipe(void)
{
	int sv[2];

	may_fail(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	close(sv[1]);
	may_fail(write(sv[0], "x", 1));
}

static void udp_truncated(void)
{
	struct sockaddr_in a;
	char room[4];
	int fd = udp_to_itself(&a);

	may_fail(send(fd, "eight...", 8, 0));
	may_fail(recv(fd, room, sizeof(room), 0));
	close(fd);
}

static void fd_leak(void)
{
	for (int i = 0; i < 10; i++)
		may_fail(socket(AF_INET, SOCK_DGRAM, 0));
}

static void close_wait(void)
{
	char byte;

	tcp_pair();
	close(ends[1]);
	may_fail(recv(ends[0], &byte, 1, 0));
}

static void select_1024(void)
{
	struct rlimit limit;
	struct timeval none = { 0, 0 };
	fd_set sets[4];
	int fd = socket(AF_INET, SOCK_DGRAM, 0), high;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	high = fcntl(fd, F_DUPFD, 1030);
	memset(sets, 0, sizeof(sets));
	((unsigned char *)sets)[high / 8] = (unsigned char)(1 << high % 8);
	may_fail(syscall(SYS_pselect6, high + 1, sets, NULL, NULL, &none,
			 NULL));
	close(high);
	close(fd);
}

static void innocent(void)
{
	char room[100];

	tcp_pair();
	may_fail(send(ends[0], "hello", 5, MSG_NOSIGNAL));
	may_fail(recv(ends[1], room, sizeof(room), 0));
	finish();
}

/* Not a sin, but hidden from tracers. params[2] is its flags. */
static void io_uring(void)
{
	uint32_t params[30] = { [2] = 2 /* IORING_SETUP_SQPOLL */ };

	may_fail(syscall(SYS_io_uring_setup, 8, params));
	params[2] = 0;
	may_fail(syscall(SYS_io_uring_setup, 8, params));
}

static const struct {
	const char *name;
	void (*sin)(void);
} sins[] = {
	{ "low-backlog", low_backlog },
	{ "blocking-connect", blocking_connect },
	{ "small-writes", small_writes },
	{ "nagle-stall", nagle_stall },
	{ "short-write", short_write },
	{ "eagain-spin", eagain_spin },
	{ "epoll-writable", epoll_writable },
	{ "address-in-use", address_in_use },
	{ "sigpipe", sigpipe },
	{ "udp-truncated", udp_truncated },
	{ "fd-leak", fd_leak },
	{ "close-wait", close_wait },
	{ "select-1024", select_1024 },
	{ "innocent", innocent },
	{ "io-uring", io_uring },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(sins) / sizeof(*sins); i++) {
		if (argc < 2 || strcmp(argv[1], sins[i].name))
			continue;
		sins[i].sin();
		return 0;
	}
	return 2;
}
