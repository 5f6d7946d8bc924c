/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * many N PROCESSES: hold N TCP sockets (N/2 connections over loopback), shared
 * out among PROCESSES processes, print "ready", and hold them until stdin
 * ends. For tests and measurements of `sockkit stat`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Source addresses change, so that no pair of addresses runs out of ports. */
static void connect_one(const struct sockaddr_in *to, long i)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	from.sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(i / 10000));
	if (fd < 0)
		die("socket");
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
}

static void hold(long n, int ready, int wait_fd)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t len = sizeof(to);
	int l = socket(AF_INET, SOCK_STREAM, 0);
	char c;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (l < 0 || bind(l, (struct sockaddr *)&to, sizeof(to)) ||
	    listen(l, 128) || getsockname(l, (struct sockaddr *)&to, &len))
		die("listen");
	for (long i = 0; i < n; i++) {
		connect_one(&to, i);
		if (accept(l, NULL, NULL) < 0)
			die("accept");
	}
	if (write(ready, "r", 1) != 1)
		die("write");
	while (read(wait_fd, &c, 1) < 0 && errno == EINTR)
		;
	exit(0);
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
	long processes = argc > 2 ? strtol(argv[2], NULL, 10) : 5;
	struct rlimit limit;
	int ready[2], gate[2];
	char c;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (pipe(ready) || pipe(gate))
		die("pipe");
	for (long i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			close(gate[1]);
			hold(n / 2 / processes, ready[1], gate[0]);
		}
	}
	close(ready[1]);
	for (long i = 0; i < processes; i++)
		if (read(ready[0], &c, 1) != 1)
			die("a process failed");
	puts("ready");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	close(gate[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}
