/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer flood HOST PORT N: many clients of an echo server that do nothing.
 *
 * Opens N connections, sends one byte over each and waits for it to come
 * back (so that the server has really taken them all), prints "ready N", and
 * then for each line of stdin does one more round trip on one connection,
 * another each time, and prints the microseconds it took. Leaves at stdin's
 * EOF. The first connection is opened last and the trips use it when N is 1.
 */
#include "peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

static void send_byte(int fd)
{
	if (send(fd, "x", 1, MSG_NOSIGNAL) != 1)
		peer_die("send: %s", strerror(errno));
}

static void recv_byte(int fd, uint64_t deadline)
{
	char c;

	peer_poll(fd, POLLIN, deadline, "no echo");
	if (recv(fd, &c, 1, 0) != 1)
		peer_die("an idle client was dropped");
}

static void raise_fd_limit(size_t need)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		peer_die("getrlimit: %s", strerror(errno));
	rl.rlim_cur = rl.rlim_max;
	if (rl.rlim_max < need || setrlimit(RLIMIT_NOFILE, &rl) < 0)
		peer_die("%zu open files are not allowed here", need);
}

int peer_flood(int argc, char **argv)
{
	uint64_t start, end;
	size_t n, i;
	char line[64];
	int *fds, one = 1;

	if (argc != 3)
		peer_die("usage: peer flood HOST PORT N");
	n = (size_t)peer_number(argv[2]);
	if (n == 0)
		peer_die("no connections: nothing to do");
	raise_fd_limit(n + 16);
	fds = calloc(n, sizeof(*fds));
	if (!fds)
		peer_die("out of memory");

	for (i = 0; i < n; i++) {
		fds[i] = peer_connect(argv[0], argv[1]);
		setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one,
			   sizeof(one));
		send_byte(fds[i]);
	}
	for (i = 0; i < n; i++)
		recv_byte(fds[i], peer_deadline());
	printf("ready %zu\n", n);
	fflush(stdout);

	for (i = 0; fgets(line, sizeof(line), stdin); i++) {
		start = peer_now();
		send_byte(fds[i % n]);
		recv_byte(fds[i % n], peer_deadline());
		end = peer_now();
		printf("%llu\n", (unsigned long long)(end - start));
		fflush(stdout);
	}
	free(fds);
	return 0;
}
