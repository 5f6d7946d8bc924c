/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace --advise: each rule from both sides, by calls that are made up. The
 * sockets are this process's own and real, so that the model knows what they
 * are; what was done with them is only told. tests/trace/advice.c commits the
 * sins for real.
 */
#include "tap.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "told.h"

static void set(uint64_t fd, int level, int name, int value)
{
	call(setsockopt, 0, fd, (uint64_t)level, (uint64_t)name,
	     (uintptr_t)&value, sizeof(value));
}

/* --- what is said -------------------------------------------------------- */

static void begin(void)
{
	const struct sk_model_opts o = { .lives = true };

	sk_out_init(&out, -1);
	sk_model_init(&model, &o);
	model.on_end = on_end;
	report = sk_report_advise(&model, &out, false);
	clock_ns = 1000 * MS;
	took_ns = 0;
	tid = 0;
}

static void process_ends(pid_t pid, int status)
{
	struct sk_event ev = event(SK_EV_ENDED, SK_SYS_NONE);

	ev.pid = ev.tid = pid;
	ev.u.status = status;
	tell(&ev);
	sk_model_refresh(&model);
}

/* The rules that were found, in turn, and how often if that is told. */
static void says(const char *want, const char *name)
{
	char got[400] = "", *line, *end, *times;
	size_t len = 0;

	report->ops->finish(report);
	sk_out_char(&out, '\0');
	for (line = out.buf; (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		if (*line == ' ' || !strncmp(line, "no advice", 9))
			continue;
		*end = '\0';
		times = strrchr(line, '(');
		len += (size_t)snprintf(got + len, sizeof(got) - len,
					"%s%.*s%s%.*s", len ? " " : "",
					(int)strcspn(line, ":"), line,
					times && strstr(times, " times") ?
						" x" : "",
					times && strstr(times, " times") ?
						(int)strcspn(times + 1, " ") :
						0, times ? times + 1 : "");
	}
	is_str(got, want, name);
	sk_out_fini(&out);
	sk_model_fini(&model);
	begin();
}

/* The same, of which "where" has to hold some words. */
static void says_where(const char *words, const char *name)
{
	sk_out_fini(&out);
	sk_out_init(&out, -1);
	report->ops->finish(report);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, words), "%s", name);
	sk_out_fini(&out);
	sk_model_fini(&model);
	begin();
}

/* --- connecting and listening -------------------------------------------- */

static void connects(uint64_t fd, int64_t ret)
{
	static struct sockaddr_in a = { .sin_family = AF_INET };

	call(connect, ret, fd, (uintptr_t)&a, sizeof(a));
	closed(fd);
}

static void test_connect(void)
{
	uint64_t fd;

	connects(tcp(), 0);
	connects(tcp(), -ECONNREFUSED);
	says("blocking-connect x2", "blocking, whether it works or not");
	connects(made(AF_INET6, SOCK_STREAM), 0);
	says("blocking-connect", "over IPv6, too");
	connects(made(AF_INET, SOCK_STREAM | SOCK_NONBLOCK), 0);
	connects(tcp(), -EINPROGRESS);
	connects(udp(), 0);
	connects(made(AF_UNIX, SOCK_STREAM), 0);
	says("", "not blocking, and what never takes long");
	set(fd = tcp(), SOL_SOCKET, SO_SNDTIMEO, 1);
	connects(fd, 0);
	set(fd = tcp(), IPPROTO_TCP, TCP_USER_TIMEOUT, 0);
	connects(fd, 0);
	says("", "with a timeout");
	set(fd = tcp(), IPPROTO_TCP, SO_SNDTIMEO, 1);
	connects(fd, 0);
	set(fd = tcp(), SOL_SOCKET, TCP_USER_TIMEOUT, 1);
	connects(fd, 0);
	set(fd = tcp(), SOL_SOCKET, SO_RCVTIMEO, 1);
	connects(fd, 0);
	says("blocking-connect x3", "options that have the number alone");
}

static void accepts(int backlog, int n)
{
	uint64_t l = tcp();

	call(listen, 0, l, (uint64_t)backlog);
	for (int i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		call(accept, fd, l, 0, 0);
		closed((uint64_t)fd);
	}
	closed(l);
}

static void test_backlog(void)
{
	accepts(5, 6);
	says("low-backlog", "more than it holds");
	accepts(5, 5);
	accepts(6, 7);
	accepts(0, 1);
	accepts(1, 1);
	says("", "no more than it holds, or a longer one");
	accepts(0, 2);
	says("low-backlog", "none at all is one");
}

static void binds(uint64_t fd, int64_t ret)
{
	static struct sockaddr_in a = { .sin_family = AF_INET };

	call(bind, ret, fd, (uintptr_t)&a, sizeof(a));
	closed(fd);
}

static void test_bind(void)
{
	uint64_t fd;

	binds(tcp(), -EADDRINUSE);
	set(fd = tcp(), SOL_SOCKET, SO_REUSEADDR, 0);
	binds(fd, -EADDRINUSE);
	says("address-in-use x2", "without SO_REUSEADDR, or with it off");
	set(fd = tcp(), SOL_SOCKET, SO_REUSEADDR, 1);
	binds(fd, -EADDRINUSE);
	binds(tcp(), 0);
	binds(tcp(), -EACCES);
	binds(udp(), -EADDRINUSE);
	binds(made(AF_UNIX, SOCK_STREAM), -EADDRINUSE);
	says("", "with it, and what it has nothing to do with");
}

/* --- writing ------------------------------------------------------------- */

static char data[64];
#define AT(n) ((uintptr_t)data + (n))

static void test_rest(void)
{
	uint64_t fd;

	fd = tcp();
	call(write, 4, fd, AT(0), 10);
	call(write, 6, fd, AT(4), 6);
	call(write, 4, fd, AT(0), 10);
	call(write, 3, fd, AT(4), 3);	/* less than is left */
	call(send, 4, fd, AT(0), 10);
	call(sendto, 6, fd, AT(40), 6);	/* a copy of it */
	call(write, 10, fd, AT(0), 10);
	call(write, 0, fd, AT(0), 10);
	closed(fd);
	says("", "the rest follows");

	fd = tcp();
	call(write, 4, fd, AT(0), 10);
	call(write, 5, fd, AT(20), 5);
	closed(fd);
	says("short-write", "something else follows");
	fd = tcp();
	call(write, 4, fd, AT(0), 10);
	closed(fd);
	says("short-write", "nothing follows");
	fd = tcp();
	call(write, 4, fd, AT(0), 10);
	call(writev, 6, fd, AT(0), 1);
	closed(fd);
	says("short-write", "a vector may be anything, and is not judged");

	fd = tcp();
	call(write, 4, fd, AT(0), 10);
	call(write, -ECONNRESET, fd, AT(4), 6);
	closed(fd);
	fd = tcp();
	call(write, 4, fd, AT(0), 10);
	call(recv, -ECONNRESET, fd, AT(0), 6, 0);
	closed(fd);
	says("", "a connection that is gone takes no rest");
	fd = tcp();
	call(write, -EAGAIN, fd, AT(0), 10);
	call(writev, 6, fd, AT(0), 1);
	closed(fd);
	fd = udp();
	call(write, 4, fd, AT(0), 10);
	closed(fd);
	says("", "what is no short write of a stream");
}

/* A message of two pieces, and an answer, n times. */
static void rounds(uint64_t fd, int n, uint64_t size, uint64_t flags)
{
	while (n--) {
		call(send, (int64_t)size, fd, AT(0), size, flags);
		call(send, (int64_t)size, fd, AT(0), size, flags);
		call(recv, 1, fd, AT(0), 9, 0);
	}
}

static void test_pieces(void)
{
	uint64_t fd;

	rounds(fd = tcp(), 2, 1, 0);
	closed(fd);
	says("", "twice is no habit");
	rounds(fd = tcp(), 9, 1399, 0);
	closed(fd);
	says("small-writes", "a habit, found once for a socket");
	rounds(fd = tcp(), 9, 1400, 0);
	rounds(fd, 9, 1, MSG_MORE);
	closed(fd);
	rounds(fd = udp(), 9, 1, 0);
	closed(fd);
	says("", "whole segments, announced pieces, datagrams");
	for (int name = TCP_NODELAY; name <= TCP_CORK; name += 2) {
		set(fd = tcp(), IPPROTO_TCP, name, 1);
		rounds(fd, 9, 1, 0);
		closed(fd);
	}
	says("", "TCP_NODELAY, TCP_CORK");
	set(fd = tcp(), SOL_SOCKET, TCP_NODELAY, 1);
	set(fd, IPPROTO_TCP, TCP_CORK, 0);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, 1);
	rounds(fd, 3, 1, 0);
	closed(fd);
	says("small-writes", "other options, and one that was set back");
	fd = tcp();
	for (int i = 0; i < 9; i++) {
		call(send, 1, fd, AT(0), 1, 0);
		call(send, -EAGAIN, fd, AT(0), 1, 0);
		call(recv, 1, fd, AT(0), 9, 0);
		call(send, 1, fd, AT(0), 1, 0);
		call(recv, 1, fd, AT(0), 9, 0);
		call(sendmsg, 1, fd, 0, MSG_MORE);
		call(send, 1, fd, AT(0), 1, 0);
		call(recv, 1, fd, AT(0), 9, 0);
	}
	closed(fd);
	says("", "one piece, and one that was refused");
}

static void test_stall(void)
{
	uint64_t fd = tcp();

	took_ns = 30 * MS;
	rounds(fd, 1, 1, 0);
	says("", "a short wait is no stall");
	fd = tcp();
	took_ns = 30 * MS + 1;
	rounds(fd, 1, 1, 0);
	call(recv, 1, fd, AT(0), 9, 0);
	says("nagle-stall", "after pieces it is, and not without");
}

/* --- receiving ----------------------------------------------------------- */

static void test_truncated(void)
{
	struct msghdr m = { .msg_flags = MSG_TRUNC };
	uint64_t fd = udp(), other = made(AF_UNIX, SOCK_DGRAM);

	call(recv, 4, fd, AT(0), 4, 0);
	call(recvfrom, 4, fd, AT(0), 4, 0);
	call(read, 4, fd, AT(0), 4);
	call(recvmsg, 4, fd, (uintptr_t)&m, 0);
	says("udp-truncated x4", "by whatever call");
	fd = udp();
	call(recv, 3, fd, AT(0), 4, 0);
	call(recv, 4, fd, AT(0), 4, MSG_TRUNC);
	call(recvfrom, 4, fd, AT(0), 4, MSG_TRUNC);
	call(recv, 0, fd, AT(0), 0, 0);
	call(recvmsg, -EAGAIN, fd, (uintptr_t)&m, 0);
	m.msg_flags = MSG_CTRUNC;
	call(recvmsg, 4, fd, (uintptr_t)&m, 0);
	closed(fd);
	other = made(AF_UNIX, SOCK_DGRAM);
	call(recv, 4, other, AT(0), 4, 0);
	fd = tcp();
	call(recv, 4, fd, AT(0), 4, 0);
	says("", "what fits, who looks, and other sockets");
}

static void test_spin(void)
{
	uint64_t fd = tcp(), other = tcp();
	struct pollfd p = { (int)fd, POLLIN, 0 };

	for (int i = 0; i < 19; i++)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	call(recv, 1, fd, AT(0), 4, 0);
	for (int i = 0; i < 19; i++)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	call(poll, 0, (uintptr_t)&p, 1, 0);
	for (int i = 0; i < 19; i++)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	for (int i = 0; i < 40; i++)
		call(recv, 1, other, AT(0), 4, 0);
	says("", "nineteen times, and then one that works, or a wait");
	fd = tcp();
	for (int i = 0; i < 50; i++)
		call(accept, -EAGAIN, fd, 0, 0);
	fd = tcp();
	for (int i = 0; i < 20; i++)
		call(send, -EAGAIN, fd, AT(0), 4, 0);
	fd = udp();
	for (int i = 0; i < 20; i++)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	says("eagain-spin x3", "twenty times, in any call");
	fd = tcp();
	for (int i = 0; i < 100; i++)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	says("eagain-spin", "told once, however long it goes on");
	fd = tcp();
	for (int i = 0; i < 100; i++, clock_ns += MS)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	took_ns = MS;		/* SO_RCVTIMEO */
	for (int i = 0; i < 100; i++, clock_ns += took_ns)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	took_ns = 0;
	says("", "who sleeps between, or waits in the call, does not spin");
	fd = tcp();
	for (int i = 0; i < 30; i++, clock_ns += MS)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	for (int i = 0; i < 40; i++)
		call(recv, -EAGAIN, fd, AT(0), 4, 0);
	says("eagain-spin", "and who stops to sleep does");
}

static void test_epoll(void)
{
	struct epoll_event ev = { EPOLLOUT, { 0 } };
	uint64_t fd = tcp(), ep = (uint64_t)epoll_create1(0);

	call(epoll_create1, (int64_t)ep, 0);
	call(epoll_ctl, 0, ep, EPOLL_CTL_ADD, fd, (uintptr_t)&ev);
#define WAKES(n, ret)							\
	for (int k = 0; k < (n); k++)					\
		call(epoll_wait, ret, ep, (uintptr_t)&ev, 1)
	WAKES(19, 1);
	WAKES(1, 0);
	WAKES(19, 1);
	WAKES(1, -EINTR);
	WAKES(19, 1);
	call(write, 1, fd, AT(0), 1);
	WAKES(19, 1);
	tid = getpid() + 1;
	WAKES(1, 1);
	tid = 0;
	for (int i = 0; i < 40; i++)
		call(epoll_wait, 1, ep, 8, 1);	/* not to be read */
	ev.events = EPOLLOUT | EPOLLIN;
	WAKES(40, 1);
	ev.events = EPOLLIN;
	WAKES(40, 1);
	says("", "nineteen times, and something else in between");
	fd = tcp();
	call(epoll_create1, (int64_t)ep, 0);
	call(epoll_ctl, 0, ep, EPOLL_CTL_ADD, fd, (uintptr_t)&ev);
	ev.events = EPOLLOUT;
	WAKES(60, 1);
	says("epoll-writable", "twenty times");
	close((int)ep);
}

static void test_select(void)
{
	uint64_t fd = udp();
	unsigned char bits[256] = { 0 };

	bits[fd / 8] = (unsigned char)(1 << fd % 8);
	call(select, 0, 1024, (uintptr_t)bits);
	says("", "1023 is the last that fits");
	fd = udp();
	bits[fd / 8] = (unsigned char)(1 << fd % 8);
	call(select, 0, 1025, (uintptr_t)bits);
	call(pselect6, 0, 1025, (uintptr_t)bits);
	call(poll, 0, 0, 1025, 0);
	says("select-1024 x2", "by select and pselect, not by poll");
	fd = udp();
	bits[fd / 8] = (unsigned char)(1 << fd % 8);
	call(select, 0, 1025, (uintptr_t)bits);
	says_where("] select\n", "no descriptor is named");
}

/* --- what is left behind ------------------------------------------------- */

/* Five sockets each, of which the child's are open in a child. */
static void two_leave_some(void)
{
	struct sk_event ev;
	int fds[5], gate[2];
	pid_t child;
	char byte;

	ok(!pipe(gate), "a pipe");
	for (int i = 0; i < 5; i++)
		fds[i] = dup(gate[0]);	/* numbers for it */
	child = fork();
	if (!child) {
		for (int i = 0; i < 5; i++)
			dup2(socket(AF_INET, SOCK_DGRAM, 0), fds[i]);
		if (write(gate[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ok(read(gate[0], &byte, 1) == 1, "it has them");
	for (int i = 0; i < 5; i++) {
		udp();
		ev = event(SK_EV_EXIT, SK_SYS_socket);
		ev.pid = ev.tid = child;
		ev.args[0] = AF_INET;
		ev.args[1] = SOCK_DGRAM;
		ev.ret = fds[i];
		tell(&ev);
	}
	process_ends(getpid(), 0);
	process_ends(child, 0);
	is_int((int)model.leaked, 10, "all were left open");
	says("", "but by two, who leave a few each");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void test_leaks(void)
{
	for (int i = 0; i < 7; i++)
		udp();
	process_ends(getpid(), 0);
	says("", "a few are left to the kernel");
	for (int i = 0; i < 10; i++)
		udp();
	process_ends(getpid(), 0);
	says("fd-leak x10", "ten are a leak");

	call(recv, 0, tcp(), AT(0), 4, 0);
	process_ends(getpid(), 0);
	says("close-wait", "its peer had closed");
	call(recv, 1, tcp(), AT(0), 4, 0);
	call(recv, 0, tcp(), AT(0), 0, 0);
	call(recv, -ECONNRESET, tcp(), AT(0), 4, 0);
	call(recv, 0, udp(), AT(0), 4, 0);
	call(recv, 0, made(AF_UNIX, SOCK_STREAM), AT(0), 4, 0);
	set(tcp(), SOL_SOCKET, SO_KEEPALIVE, 1);
	process_ends(getpid(), 0);
	says("", "no end, or none that stays");
	two_leave_some();
}

static void test_sigpipe(void)
{
	struct sk_event caught = event(SK_EV_SIGNAL, SK_SYS_NONE);
	struct sk_event thread = event(SK_EV_ENDED, SK_SYS_NONE);
	uint64_t fd;

	caught.u.siginfo.si_signo = SIGPIPE;
	tell(&caught);
	thread.tid++;
	thread.u.status = SIGPIPE;
	tell(&thread);
	says("", "caught, or told of each thread");
	process_ends(getpid(), SIGPIPE);
	says("", "a pipe's, or passed on from a child");
	fd = tcp();
	call(write, -EAGAIN, fd, AT(0), 1);
	process_ends(getpid(), SIGPIPE);
	says("", "after a write that failed for another reason");
	fd = tcp();
	call(write, -EPIPE, fd, AT(0), 1);
	process_ends(getpid() + 1, SIGPIPE);
	says("", "another process than the one that wrote");
	fd = tcp();
	call(write, -EPIPE, fd, AT(0), 1);
	process_ends(getpid(), SIGTERM);
	fd = tcp();
	call(write, -EPIPE, fd, AT(0), 1);
	process_ends(getpid(), SIGPIPE << 8);	/* exit(13) */
	says("", "by another, or an exit status of that number");
	fd = tcp();
	call(sendfile, -EPIPE, fd, 99, 0, 10);
	process_ends(getpid(), SIGPIPE);
	says("sigpipe", "sendfile is a write as well");
	fd = tcp();
	call(write, -EPIPE, fd, AT(0), 1);
	process_ends(getpid(), SIGPIPE);
	says_where("], after a write that gave EPIPE\n", "it was a write");
}

/* What is kept of sockets is told apart by number, in buckets of 1024. */
static void test_many(void)
{
	uint64_t a = tcp(), b;

	call(write, 4, a, AT(0), 10);
	for (int i = 0; i < 1023; i++)
		closed(udp());
	b = tcp();
	call(write, 5, b, AT(20), 5);
	call(write, 6, a, AT(4), 6);
	closed(a);
	closed(b);
	says("", "the socket that comes 1024 later is another");
	binds(tcp(), -EADDRINUSE);
	connects(tcp(), 0);
	binds(tcp(), -EADDRINUSE);
	says("address-in-use x2 blocking-connect", "each rule for itself");
}

int main(void)
{
	begin();
	test_connect();
	test_backlog();
	test_bind();
	test_rest();
	test_pieces();
	test_stall();
	test_truncated();
	test_spin();
	test_epoll();
	test_select();
	test_leaks();
	test_sigpipe();
	test_many();
	report->ops->finish(report);
	sk_model_fini(&model);
	sk_out_fini(&out);
	return tap_done();
}
