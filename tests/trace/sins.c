/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs for sockkit trace to watch, one per word: each does one thing with
 * its sockets that trace.bats then looks for. Descriptors are given by number
 * where a test reads them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "programs.h"

static int number(int i, int preset)
{
	return words[i] ? (int)strtol(words[i], NULL, 10) : preset;
}

static void say(int fd, const char *text)
{
	check(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write");
}

static void write_file(const char *path, const char *text)
{
	char temp[256];
	FILE *f;

	snprintf(temp, sizeof(temp), "%s.tmp", path);
	f = fopen(temp, "w");
	check(f && fputs(text, f) >= 0 && !fclose(f) && !rename(temp, path),
	      path);
}

/* --- building blocks -------------------------------------------------------- */

static int listen_on(struct sockaddr_in *a, int backlog)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET };
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(!bind(fd, (struct sockaddr *)a, sizeof(*a)), "bind");
	check(!listen(fd, backlog), "listen");
	check(!getsockname(fd, (struct sockaddr *)a, &len), "getsockname");
	return fd;
}

static int connect_to(const struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	check(!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)),
	      "setsockopt");
	check(!connect(fd, (const struct sockaddr *)a, sizeof(*a)), "connect");
	return fd;
}

static void drain(int fd)
{
	char buf[100];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

/* --- the programs ------------------------------------------------------------ */

static int do_pair(void)
{
	int fds[2];

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
	close(fds[0]);
	close(fds[1]);
	say(1, "said by the program\n");
	return 0;
}

static int do_hello(void)
{
	say(1, "hello\n");
	return 0;
}

static int do_mixed(void)
{
	char buf[100];
	int fds[2], file;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
	say(fds[0], "to a socket");
	check(read(fds[1], buf, sizeof(buf)) > 0, "read");
	file = open("file", O_RDWR | O_CREAT, 0600);
	check(dup2(file, 9) == 9, "dup2");
	say(file, "to a file");
	close(9);
	close(file);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

/* Echo for ever; the port and our own number go to files. */
static int do_serve(void)
{
	struct sockaddr_in a;
	int fd = listen_on(&a, 5);
	char text[64], buf[4096];
	ssize_t n;

	if (words[1]) {
		snprintf(text, sizeof(text), "%d\n", getpid());
		write_file(words[1], text);
	}
	snprintf(text, sizeof(text), "127.0.0.1 %d\n", ntohs(a.sin_port));
	write_file(words[0], text);
	for (;;) {
		int c = accept(fd, NULL, NULL);

		check(c >= 0 || errno == EINTR, "accept");
		while (c >= 0 && (n = read(c, buf, sizeof(buf))) > 0)
			check(write(c, buf, (size_t)n) == n, "write");
		if (c >= 0)
			close(c);
	}
	return 0;
}

/* HOST PORT PROG ARG…: run a program whose stdin and stdout are a socket. */
static int do_stdin(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd;

	a.sin_port = htons((uint16_t)number(1, 0));
	check(inet_pton(AF_INET, words[0], &a.sin_addr) == 1, words[0]);
	fd = connect_to(&a);
	dup2(fd, 0);
	dup2(fd, 1);
	close(fd);
	execv(words[2], words + 2);
	check(0, words[2]);
	return 1;
}

static int do_fork(void)
{
	pid_t pid = fork();
	int status;

	close(socket(AF_INET, SOCK_DGRAM, 0));
	if (pid)
		check(waitpid(pid, &status, 0) == pid && !status, "child");
	return 0;
}

static void *one_socket(void *arg)
{
	(void)arg;
	close(socket(AF_INET, SOCK_DGRAM, 0));
	return NULL;
}

static int do_threads(void)
{
	int n = number(0, 3);
	pthread_t *t = calloc((size_t)n, sizeof(*t));

	for (int i = 0; i < n; i++)
		check(!pthread_create(&t[i], NULL, one_socket, NULL),
		      "pthread_create");
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	free(t);
	return 0;
}

static int do_forks(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), status;

	for (int i = number(0, 10); i > 0; i--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		check(waitpid(pid, &status, 0) == pid && !status, "child");
	}
	close(fd);
	return 0;
}

static int reap(pid_t pid)
{
	int status = 1;

	check(pid > 0 && waitpid(pid, &status, 0) == pid, "child");
	return status != 0;
}

static int do_exec_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		execv(words[0], words);
		_exit(1);
	}
	return reap(pid);
}

static int do_exec_clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid) {
		execv(words[0], words);
		_exit(1);
	}
	return reap((pid_t)pid);
}

static void *exec_it(void *arg)
{
	(void)arg;
	execv(words[0], words);
	_exit(1);
	return NULL;
}

static int do_exec_thread(void)
{
	pthread_t t, other;

	check(!pthread_create(&other, NULL, one_socket, NULL) &&
	      !pthread_create(&t, NULL, exec_it, NULL), "pthread_create");
	for (;;)
		pause();
	return 0;
}

/* A sandbox that permits everything but seccomp(2) and prctl(2). */
static int do_own_filter(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(insns) / sizeof(*insns), insns };
	int fds[2];

	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
	check(!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog),
	      "seccomp");
	check(socket(AF_INET, SOCK_DGRAM, 0) == 3, "socket");
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
	say(fds[0], "behind a filter");
	return 0;
}

static int do_talk(void)
{
	struct sockaddr_in a;
	char buf[100];
	int l = listen_on(&a, 7), c = connect_to(&a), s;

	s = accept(l, NULL, NULL);
	say(c, "abc");
	say(c, "def");
	shutdown(c, SHUT_WR);
	drain(s);
	say(s, "hello");
	check(read(c, buf, sizeof(buf)) == 5, "read");
	close(c);
	close(s);
	close(l);
	return 0;
}

static void send_fd(int via, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	check(sendmsg(via, &m, 0) == 1, "sendmsg");
}

static void receive_fd(int via)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };

	check(recvmsg(via, &m, 0) == 1, "recvmsg");
	check(CMSG_FIRSTHDR(&m) != NULL, "SCM_RIGHTS");
}

/* One socket by dup, dup2, fcntl, fork and SCM_RIGHTS; two of a pair. */
static int do_copies(void)
{
	int pair[2], fd = socket(AF_INET, SOCK_DGRAM, 0);
	pid_t pid;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	check(dup(fd) >= 0 && dup2(fd, 20) == 20 &&
	      fcntl(fd, F_DUPFD, 30) == 30, "dup");
	send_fd(pair[0], fd);
	receive_fd(pair[1]);
	pid = fork();
	check(!syscall(SYS_close_range, 3, ~0U, 0), "close_range");
	return pid ? reap(pid) : 0;
}

static int do_ends(void)
{
	struct linger now = { 1, 0 };
	struct sockaddr_in a;
	char byte;
	int l = listen_on(&a, 7), c = connect_to(&a), s;

	s = accept(l, NULL, NULL);
	setsockopt(s, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(s);
	check(read(c, &byte, 1) < 0, "a reset");
	close(c);
	c = connect_to(&a);
	shutdown(c, SHUT_WR);
	close(c);
	close(l);
	check(socket(AF_INET, SOCK_DGRAM, 0) >= 0, "socket");
	return 0;
}

static int do_later(void)
{
	struct sockaddr_in a;
	int l = listen_on(&a, 7);
	int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd p = { c, POLLOUT, 0 };

	check(connect(c, (struct sockaddr *)&a, sizeof(a)) < 0 &&
	      errno == EINPROGRESS, "connect");
	check(poll(&p, 1, -1) == 1, "poll");
	close(c);
	close(l);
	return 0;
}

static int do_many(void)
{
	for (int i = number(0, 10); i > 0; i--)
		close(socket(AF_INET, SOCK_DGRAM, 0));
	return 0;
}

static int late_fd;

static void *write_late(void *arg)
{
	check(!reap(*(pid_t *)arg), "child");
	say(late_fd, "late");
	return NULL;
}

/*
 * SIGSTOP and SIGCONT cut poll(2) short without a handler: it is restarted.
 * Only then something comes. The parent tells when the next that it sleeps in
 * is its poll; and it has to be seen stopped, or what comes might be there
 * before it has noticed the signal.
 */
static void cut_short(pid_t parent, int told)
{
	char byte;

	check(read(told, &byte, 1) == 1, "read");
	await_state(parent, "S");
	kill(parent, SIGSTOP);
	await_state(parent, "tT");
	kill(parent, SIGCONT);
	_exit(0);
}

static int do_cut_short(void)
{
	int pair[2], tell[2];
	struct pollfd p = { .events = POLLIN };
	pthread_t t;
	pid_t self = getpid(), pid;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair) && !pipe(tell),
	      "socketpair");
	late_fd = pair[0];
	p.fd = pair[1];
	pid = fork();
	if (!pid)
		cut_short(self, tell[0]);
	check(!pthread_create(&t, NULL, write_late, &pid), "pthread_create");
	say(tell[1], "x");
	check(poll(&p, 1, 20000) == 1, "poll");
	pthread_join(t, NULL);
	return 0;
}

static void *poll_often(void *arg)
{
	struct pollfd p = { *(int *)arg, POLLIN, 0 };

	while (poll(&p, 1, 20) >= 0)
		;
	return NULL;
}

/* Three threads; says when they are about to begin. */
static int do_pollers(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	pthread_t t;

	for (int i = 0; i < 2; i++)
		check(!pthread_create(&t, NULL, poll_often, &fd),
		      "pthread_create");
	write_file(words[0], "1\n");
	poll_often(&fd);
	return 0;
}

/*
 * Sockets that are used once and forgotten (use: or all of them again and
 * again), until somebody ends us.
 */
static int hoard(int use)
{
	struct sockaddr_in a;
	int fds[80], from = listen_on(&a, 1);
	char pid[24];

	for (int i = 0; i < 80; i++) {
		fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
		check(fds[i] >= 0 && !connect(fds[i], (struct sockaddr *)&a,
					      sizeof(a)), "connect");
	}
	for (int i = 0; i < 80 && use; i++)
		send(fds[i], "x", 1, MSG_NOSIGNAL);
	close(from);
	snprintf(pid, sizeof(pid), "%d\n", getpid());
	write_file(words[0], pid);
	pause();
	return 0;
}

static int do_hoard(void)
{
	return hoard(0);
}

static int do_pool(void)
{
	return hoard(1);
}

/* A port that was free a moment ago. */
static int do_port(void)
{
	struct sockaddr_in a;

	close(listen_on(&a, 1));
	printf("%d\n", ntohs(a.sin_port));
	return 0;
}

static const struct program programs[] = {
	{ "pair", do_pair },
	{ "hello", do_hello },
	{ "mixed", do_mixed },
	{ "serve", do_serve },
	{ "stdin", do_stdin },
	{ "fork", do_fork },
	{ "threads", do_threads },
	{ "forks", do_forks },
	{ "exec-vfork", do_exec_vfork },
	{ "exec-clone3", do_exec_clone3 },
	{ "exec-thread", do_exec_thread },
	{ "own-filter", do_own_filter },
	{ "talk", do_talk },
	{ "copies", do_copies },
	{ "ends", do_ends },
	{ "later", do_later },
	{ "many", do_many },
	{ "port", do_port },
	{ "pollers", do_pollers },
	{ "cut-short", do_cut_short },
	{ "hoard", do_hoard },
	{ "pool", do_pool },
};

int main(int argc, char **argv)
{
	return RUN_PROGRAM(programs, argc, argv);
}
