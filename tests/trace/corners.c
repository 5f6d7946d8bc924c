/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * More programs for sockkit trace to watch, as sins.c: what few programs do,
 * and what a tracer gets wrong first.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
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

/* --- the lives of sockets ------------------------------------------------------ */

/* Until the first thread sleeps, which is where the caller wants to see it. */
static void await_sleep(void)
{
	char path[64], text[256];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", getpid());
	do {
		FILE *f = fopen(path, "r");

		check(f && fgets(text, sizeof(text), f), path);
		fclose(f);
		state = strrchr(text, ')');
		usleep(1000);
	} while (!state || state[2] != 'S');
}

static void *accept_late(void *arg)
{
	int *fds = arg;
	char byte;

	/* It is on its way into connect(2), where alone it sleeps. */
	check(read(fds[1], &byte, 1) == 1, "read");
	await_sleep();
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

static const struct program programs[] = {
	{ "no-signal", do_no_signal },
	{ "exec-thread", do_exec_thread },
	{ "exec-orphan", do_exec_orphan },
	{ "stops", do_stops },
	{ "full-queue", do_full_queue },
	{ "received", do_received },
};

int main(int argc, char **argv)
{
	return RUN_PROGRAM(programs, argc, argv);
}
