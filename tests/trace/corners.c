/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * More programs for sockkit trace to watch, as sins.c: what few programs do,
 * and what a tracer gets wrong first.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "programs.h"

static void pair(int fds[2])
{
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
}

/* --- who is followed ---------------------------------------------------------- */

/* A child that its parent is not told of by SIGCHLD: fork(2) it is not. */
static int do_no_signal(void)
{
	long pid = syscall(SYS_clone, 0, 0, 0, 0, 0);
	int status = 1;

	check(pid >= 0, "clone");
	if (!pid)
		_exit(socket(AF_INET, SOCK_DGRAM, 0) < 0);
	close(socket(AF_INET, SOCK_STREAM, 0));
	check(waitpid((pid_t)pid, &status, __WALL) == pid && !status, "child");
	return 0;
}

static void *exec_it(void *arg)
{
	(void)arg;
	execv(words[0], words);
	_exit(1);
	return NULL;
}

/* Has sockets, which both filters are for, when another than the leader execs. */
static int do_exec_thread(void)
{
	int fds[2];
	pthread_t t;

	pair(fds);
	check(!pthread_create(&t, NULL, exec_it, NULL), "pthread_create");
	pause();
	return 1;
}

/* … and the leader has ended by then. */
static int do_exec_orphan(void)
{
	int fds[2];
	pthread_t t;

	pair(fds);
	check(!pthread_create(&t, NULL, exec_it, NULL), "pthread_create");
	pthread_exit(NULL);
	return 1;
}

static void *exec_late(void *arg)
{
	char byte;

	/* The leader is on its way into accept(2), where alone it sleeps. */
	check(read(*(int *)arg, &byte, 1) == 1, "read");
	await_state(getpid(), "S");
	return exec_it(NULL);
}

/* … or waits in a call that will never end. */
static int do_exec_waiting(void)
{
	int fds[2], listener = socket(AF_INET, SOCK_STREAM, 0);
	pthread_t t;

	pair(fds);
	check(!listen(listener, 1), "listen");
	check(!pthread_create(&t, NULL, exec_late, &fds[1]), "pthread_create");
	check(write(fds[0], "x", 1) == 1, "write");
	accept(listener, NULL, NULL);
	return 1;
}

/* Execs in another thread than the leader when it is told to by stdin. */
static void *exec_told(void *arg)
{
	char byte;

	check(read(0, &byte, 1) == 1, "read");
	return exec_it(arg);
}

static int do_exec_told(void)
{
	pthread_t t;

	check(!pthread_create(&t, NULL, exec_told, NULL), "pthread_create");
	pause();
	return 1;
}

/* A child that is made when stdin says so, and uses what it was born with. */
static int do_heir(void)
{
	int fds[2], status = 1;
	char byte;
	pid_t pid;

	pair(fds);
	check(read(0, &byte, 1) == 1, "read");
	pid = fork();
	if (!pid)
		_exit(write(fds[0], "from a child", 12) != 12);
	check(waitpid(pid, &status, 0) == pid && !status, "child");
	return 0;
}

/* Each has a socket of its own, one after the other: a thread and a child. */
static void *one_socket(void *arg)
{
	(void)arg;
	check(socket(AF_INET, SOCK_DGRAM, 0) >= 0, "socket");
	return NULL;
}

static int do_each_its_own(void)
{
	int status = 1;
	pthread_t t;
	pid_t pid;

	for (int i = 0; i < 2; i++)
		check(!pthread_create(&t, NULL, one_socket, NULL) &&
		      !pthread_join(t, NULL), "pthread_create");
	pid = fork();
	if (!pid) {
		one_socket(NULL);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid && !status, "child");
	return 0;
}

/* --- calls that are cut short ---------------------------------------------------- */

static void on_alarm(int signo)
{
	(void)signo;
}

/*
 * A handler ends the poll(2), which is over; then a sleep is cut short, and
 * goes on by restart_syscall(2), as a poll would.
 */
static void wake(pid_t pid, int told)
{
	char byte;

	await_state(pid, "S");
	kill(pid, SIGALRM);
	check(read(told, &byte, 1) == 1, "read");
	await_state(pid, "S");
	kill(pid, SIGSTOP);
	await_state(pid, "tT");
	kill(pid, SIGCONT);
	await_state(pid, "S");
	kill(pid, SIGALRM);
	_exit(0);
}

static int do_cut_sleep(void)
{
	const struct sigaction act = { .sa_handler = on_alarm };
	const struct timespec span = { .tv_sec = 100 };
	pid_t self = getpid(), pid;
	struct pollfd p;
	int tell[2];

	p = (struct pollfd){ socket(AF_INET, SOCK_DGRAM, 0), POLLIN, 0 };
	check(!pipe(tell) && !sigaction(SIGALRM, &act, NULL), "pipe");
	pid = fork();
	if (!pid)
		wake(self, tell[0]);
	check(poll(&p, 1, 100000) < 0 && errno == EINTR, "poll");
	check(write(tell[1], "x", 1) == 1, "write");
	check(nanosleep(&span, NULL) < 0 && errno == EINTR, "nanosleep");
	waitpid(pid, NULL, 0);
	return 0;
}

/* --- filters ------------------------------------------------------------------- */

/* Puts on a filter as programs did before seccomp(2). */
static int do_old_filter(void)
{
	struct sock_filter insn = BPF_STMT(BPF_RET | BPF_K,
					   SECCOMP_RET_ALLOW);
	const struct sock_fprog prog = { 1, &insn };
	int fds[2];

	pair(fds);
	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	      !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), "prctl");
	check(write(fds[0], "behind a filter", 15) == 15, "write");
	return 0;
}

/* --- what calls cost ---------------------------------------------------------- */

/* A stop makes a thread sleep once; nothing else below does. */
static long sleeps(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nvcsw;
}

/* How often it has slept in 100 calls each: of a file, of a socket, closing. */
static int do_stops(void)
{
	int fds[2], file = open("/dev/null", O_RDONLY), many[100];
	long then, of_file, of_socket, closing;
	char byte;

	pair(fds);
	then = sleeps();
	for (int i = 0; i < 100; i++)
		check(read(file, &byte, 1) == 0, "read");
	of_file = sleeps() - then;
	then = sleeps();
	for (int i = 0; i < 100; i++)
		check(recv(fds[0], &byte, 1, MSG_DONTWAIT) < 0, "recv");
	of_socket = sleeps() - then;
	for (int i = 0; i < 100; i++)
		many[i] = socket(AF_INET, SOCK_DGRAM, 0);
	then = sleeps();
	for (int i = 0; i < 100; i++)
		close(many[i]);
	closing = sleeps() - then;
	printf("%ld %ld %ld\n", of_file, of_socket, closing);
	return 0;
}

/* One number that means something else each time it is named. */
static int do_moved(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int other = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(!bind(fd, (struct sockaddr *)&a, sizeof(a)), "bind");
	check(!listen(other, 1), "listen");
	shutdown(fd, SHUT_RD);
	close(fd);
	shutdown(fd, SHUT_RD);
	check(open("/dev/null", O_RDONLY) == fd, "open");
	shutdown(fd, SHUT_RD);
	check(dup2(other, fd) == fd, "dup2");
	shutdown(fd, SHUT_RD);
	close(fd);
	check(socket(AF_INET, SOCK_DGRAM, 0) == fd, "socket");
	shutdown(fd, SHUT_RD);
	sendfile(fd, other, NULL, 1);
	check(dup2(open("/dev/null", O_RDWR), fd) == fd, "dup2");
	check(dup2(fd, other) == other, "dup2");
	sendfile(fd, other, NULL, 2);
	check(dup2(socket(AF_INET, SOCK_DGRAM, 0), other) == other, "dup2");
	sendfile(fd, other, NULL, 3);
	return 0;
}

/* --- the lives of sockets ------------------------------------------------------ */

static void *accept_late(void *arg)
{
	int *fds = arg;
	char byte;

	/* It is on its way into connect(2), where alone it sleeps. */
	check(read(fds[1], &byte, 1) == 1, "read");
	await_state(getpid(), "S");
	check(accept(fds[2], NULL, NULL) >= 0, "accept");
	return NULL;
}

/* The queue of a unix listener is full: connect(2) waits. */
static int do_full_queue(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t);
	int fds[3];
	pthread_t t;

	pair(fds);
	fds[2] = socket(AF_UNIX, SOCK_STREAM, 0);
	check(!bind(fds[2], (struct sockaddr *)&a, len), "bind");
	len = sizeof(a);
	check(!getsockname(fds[2], (struct sockaddr *)&a, &len) &&
	      !listen(fds[2], 0), "listen");
	check(!connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a,
		       len), "connect");
	check(!pthread_create(&t, NULL, accept_late, fds), "pthread_create");
	check(write(fds[0], "x", 1) == 1, "write");
	check(!connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a,
		       len), "connect");
	pthread_join(t, NULL);
	return 0;
}

/* A descriptor that is sent to ourselves, and all that is left of a socket. */
static int do_received(void)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS } };
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &c, .msg_controllen = sizeof(c) };
	int fds[2], fd = socket(AF_INET, SOCK_DGRAM, 0);

	pair(fds);
	memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	check(sendmsg(fds[0], &m, 0) == 1, "sendmsg");
	m.msg_controllen = sizeof(c);
	check(recvmsg(fds[1], &m, 0) == 1 && CMSG_FIRSTHDR(&m), "recvmsg");
	close(fd);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

/* A peer that is not accepted yet, and then is; and a device. */
static int do_unix_peer(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(a);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int client = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	check(!bind(listener, (struct sockaddr *)&a, sizeof(sa_family_t)) &&
	      !getsockname(listener, (struct sockaddr *)&a, &len) &&
	      !listen(listener, 1), "listen");
	check(!connect(client, (struct sockaddr *)&a, len), "connect");
	check(send(client, "early", 5, 0) == 5, "send");
	check((fd = accept(listener, NULL, NULL)) >= 0, "accept");
	check(send(client, "late", 4, 0) == 4, "send");
	sendfile(fd, open("/dev/null", O_RDONLY), NULL, 1);
	return 0;
}

static const struct program programs[] = {
	{ "no-signal", do_no_signal },
	{ "exec-thread", do_exec_thread },
	{ "exec-orphan", do_exec_orphan },
	{ "exec-waiting", do_exec_waiting },
	{ "exec-told", do_exec_told },
	{ "heir", do_heir },
	{ "each-its-own", do_each_its_own },
	{ "cut-sleep", do_cut_sleep },
	{ "old-filter", do_old_filter },
	{ "stops", do_stops },
	{ "moved", do_moved },
	{ "full-queue", do_full_queue },
	{ "received", do_received },
	{ "unix-peer", do_unix_peer },
};

int main(int argc, char **argv)
{
	return RUN_PROGRAM(programs, argc, argv);
}
