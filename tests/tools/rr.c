/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ping-pong with an echo server, for tests/perf:
 *	rr HOST PORT ROUNDS
 * Sends a byte, waits for it, and again; prints "p50 p99" in microseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define ROUNDS_MAX 1000000
#define NSEC 1000000000

static uint32_t took[ROUNDS_MAX];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NSEC + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int dial(const char *host, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (fd < 0 || inet_pton(AF_INET, host, &to.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	char byte = 'x';
	int fd;

	if (!n || n > ROUNDS_MAX) {
		fprintf(stderr, "usage: rr HOST PORT ROUNDS\n");
		return 2;
	}
	fd = dial(argv[1], argv[2]);
	if (fd < 0) {
		fprintf(stderr, "rr: %s\n", strerror(errno));
		return 1;
	}
	for (unsigned long i = 0; i < n; i++) {
		uint64_t begun = now_ns();

		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			return 1;
		took[i] = (uint32_t)(now_ns() - begun);
	}
	qsort(took, n, sizeof(took[0]), by_value);
	printf("%.1f %.1f\n", took[n / 2] / 1e3, took[n * 99 / 100] / 1e3);
	return 0;
}
