/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sins of network programs, one for each rule of --advise: advice RULE. And
 * what does the same without the sin: advice no-RULE.
 */
#include "calls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

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

	/* A loaded machine makes one or the other rest, not all of them. */
	tcp_pair();
	for (int i = 0; i < 2000; i++)
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

/* --- saints: the same, done well --------------------------------------- */

static void good_backlog(void)
{
	int l = listening(128);

	for (int i = 0; i < 3; i++) {
		int c = connected();

		close(accept(l, NULL, NULL));
		close(c);
	}
	close(l);
}

static void good_connect(void)
{
	int l = listening(128), c = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval limit = { 5, 0 };

	setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	may_fail(connect(c, (struct sockaddr *)&where, sizeof(where)));
	close(c);
	close(l);
}

static void good_writes(void)
{
	int on = 1;
	char byte;

	tcp_pair();
	setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (int i = 0; i < 4; i++) {
		may_fail(send(ends[0], "a", 1, MSG_NOSIGNAL));
		may_fail(send(ends[0], "b", 1, MSG_NOSIGNAL));
		may_fail(send(ends[1], "c", 1, MSG_NOSIGNAL));
		may_fail(recv(ends[0], &byte, 1, 0));
	}
	finish();
}

/* The answer is as late, but no piece was held back for it. */
static void good_message(void)
{
	char byte;

	tcp_pair();
	may_fail(send(ends[0], "a", 1, MSG_NOSIGNAL | MSG_MORE));
	may_fail(send(ends[0], "b", 1, MSG_NOSIGNAL));
	if (fork() == 0) {
		usleep(60000);
		may_fail(send(ends[1], "c", 1, MSG_NOSIGNAL));
		_exit(0);
	}
	may_fail(recv(ends[0], &byte, 1, 0));
	wait(NULL);
	finish();
}

static void good_rest(void)
{
	static char much[8 << 20], room[1 << 20];
	size_t done = 0;
	long n;

	tcp_pair();
	while (done < sizeof(much)) {
		struct pollfd p = { ends[1], POLLIN, 0 };

		n = send(ends[0], much + done, sizeof(much) - done,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		done += n > 0 ? (size_t)n : 0;
		may_fail(poll(&p, 1, -1));
		may_fail(recv(ends[1], room, sizeof(room), 0));
	}
	finish();
}

static void good_patience(void)
{
	const struct timespec rest = { 0, 1000000 };
	char byte;

	tcp_pair();
	for (int i = 0; i < 50; i++) {
		may_fail(recv(ends[0], &byte, 1, MSG_DONTWAIT));
		may_fail(nanosleep(&rest, NULL));
	}
	for (int i = 0; i < 50; i++) {
		struct pollfd p = { ends[0], POLLIN, 0 };

		may_fail(recv(ends[0], &byte, 1, MSG_DONTWAIT));
		may_fail(poll(&p, 1, 0));
	}
	finish();
}

static void good_epoll(void)
{
	struct epoll_event ev = { EPOLLOUT | EPOLLIN, { 0 } };
	int ep = epoll_create1(0);

	tcp_pair();
	may_fail(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &ev));
	for (int i = 0; i < 50; i++) {
		may_fail(epoll_wait(ep, &ev, 1, -1));
		may_fail(send(ends[0], "x", 1, MSG_NOSIGNAL));
	}
	finish();
}

static void good_address(void)
{
	int l = listening(128), other = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	may_fail(bind(other, (struct sockaddr *)&where, sizeof(where)));
	close(other);
	close(l);
}

static void good_signal(void)
{
	int sv[2];

	may_fail(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	close(sv[1]);
	may_fail(send(sv[0], "x", 1, MSG_NOSIGNAL));
	close(sv[0]);
}

static void good_room(void)
{
	struct sockaddr_in a;
	char room[100];
	int fd = udp_to_itself(&a);

	may_fail(send(fd, "eight...", 8, 0));
	may_fail(recv(fd, room, sizeof(room), 0));
	/* One that fills the room, but whoever asks so sees that it is cut. */
	may_fail(send(fd, "eight...", 8, 0));
	may_fail(recv(fd, room, 4, MSG_TRUNC));
	close(fd);
}

static void good_closes(void)
{
	for (int i = 0; i < 10; i++)
		close(socket(AF_INET, SOCK_DGRAM, 0));
}

static void good_end(void)
{
	char byte;

	tcp_pair();
	close(ends[1]);
	may_fail(recv(ends[0], &byte, 1, 0));
	close(ends[0]);
}

static void good_select(void)
{
	struct timeval none = { 0, 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	may_fail(select(fd + 1, &set, NULL, NULL, &none));
	close(fd);
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
	{ "no-low-backlog", good_backlog },
	{ "no-blocking-connect", good_connect },
	{ "no-small-writes", good_writes },
	{ "no-nagle-stall", good_message },
	{ "no-short-write", good_rest },
	{ "no-eagain-spin", good_patience },
	{ "no-epoll-writable", good_epoll },
	{ "no-address-in-use", good_address },
	{ "no-sigpipe", good_signal },
	{ "no-udp-truncated", good_room },
	{ "no-fd-leak", good_closes },
	{ "no-close-wait", good_end },
	{ "no-select-1024", good_select },
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
