/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers of ports for tests that need one before anybody has bound it. What
 * was free a moment ago is somebody else's now, when several suites run at
 * once, so neither of these leaves it to luck:
 *
 *	peer reserve PORTFILE	until it is ended, nobody can be reached at
 *				this number of TCP and UDP, IPv4 and IPv6, and
 *				nobody else can have it
 *	peer free		one that port 0 never gives: it lies beside those
 */
#include "peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES 1000
#define ENOUGH 500	/* ports to choose from */

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t loopback(union address *a, int family, int port)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a->in.sin_port = htons((uint16_t)port);
		return sizeof(a->in);
	}
	a->in6.sin6_addr = in6addr_loopback;
	a->in6.sin6_port = htons((uint16_t)port);
	return sizeof(a->in6);
}

/* A socket bound to this port, or -1 with errno. 0: to any. */
static int bound(int family, int type, int port)
{
	union address a;
	socklen_t len = loopback(&a, family, port);
	int fd = socket(family, type | SOCK_CLOEXEC, 0), error;

	if (fd < 0 || bind(fd, &a.sa, len) >= 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void let_go(const int fds[], int n)
{
	while (n--)
		if (fds[n] >= 0)
			close(fds[n]);
}

/* All four, or none: those are closed again. */
static bool take_all(int fds[4], int port)
{
	static const struct {
		int family, type;
	} kinds[4] = {
		{ AF_INET, SOCK_STREAM }, { AF_INET, SOCK_DGRAM },
		{ AF_INET6, SOCK_STREAM }, { AF_INET6, SOCK_DGRAM },
	};
	int n;

	for (n = 0; n < 4; n++) {
		fds[n] = bound(kinds[n].family, kinds[n].type, port);
		/* A machine without IPv6 has nobody there either. */
		if (fds[n] < 0 && errno == EADDRINUSE)
			break;
	}
	if (n < 4)
		let_go(fds, n);
	return n == 4;
}

/* A UDP socket with a peer takes nothing from others: port unreachable. */
static void be_deaf(int fds[4], int port)
{
	union address a;
	socklen_t len;

	for (int i = 1; i < 4; i += 2) {
		len = loopback(&a, i == 1 ? AF_INET : AF_INET6, port);
		if (fds[i] >= 0 && connect(fds[i], &a.sa, len) < 0)
			peer_die("connect: %s", strerror(errno));
	}
}

int peer_reserve(int argc, char **argv)
{
	union address a;
	socklen_t len;
	int fds[4], fd, port, i;
	char line[40];
	FILE *f;

	if (argc != 1)
		peer_die("usage: peer reserve PORTFILE");
	for (i = 0; i < TRIES; i++) {
		len = sizeof(a);
		fd = bound(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || getsockname(fd, &a.sa, &len) < 0)
			peer_die("bind: %s", strerror(errno));
		port = ntohs(a.in.sin_port);
		close(fd);
		if (take_all(fds, port))
			break;
	}
	if (i == TRIES)
		peer_die("no port is free");
	be_deaf(fds, port);
	snprintf(line, sizeof(line), "127.0.0.1 %d\n", port);
	f = fopen(argv[0], "w");
	if (!f || fputs(line, f) < 0 || fclose(f) < 0)
		peer_die("%s: %s", argv[0], strerror(errno));
	for (;;)
		pause();
}

/*
 * Where port 0 never looks: below its range, else above it. Where it looks
 * everywhere there is no such place, and luck has to do.
 */
static void choose_range(int *from, int *to)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
	int low = 32768, high = 60999;

	if (f) {
		if (fscanf(f, "%d %d", &low, &high) != 2) {
			low = 32768;
			high = 60999;
		}
		fclose(f);
	}
	*from = low > 12000 ? 10000 : 1024;
	*to = low;
	if (*to - *from >= ENOUGH)
		return;
	*from = high + 1;
	*to = 65536;
	if (*to - *from < ENOUGH)
		*from = 1024;
}

int peer_free(int argc, char **argv)
{
	int from, to, fds[4], port;

	(void)argv;
	if (argc)
		peer_die("usage: peer free");
	choose_range(&from, &to);
	srandom((unsigned)getpid() ^ (unsigned)peer_now());
	for (int i = 0; i < TRIES; i++) {
		port = from + (int)(random() % (to - from));
		if (!take_all(fds, port))
			continue;
		/* Before it is told: whoever reads it may be quicker than
		 * our end. */
		let_go(fds, 4);
		printf("127.0.0.1 %d\n", port);
		return 0;
	}
	peer_die("no port is free");
}
