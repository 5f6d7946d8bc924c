/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drop PORTFILE HOST PORT [cN|sN|aN ...]: a bad way for UDP. Passes datagrams
 * on between one client and a server, but not the client's Nth (cN) or the
 * server's Nth (sN); the client's Nth comes once more before its fifth (aN).
 * "ADDRESS PORT" goes to PORTFILE. It ends when it is killed. It links nothing
 * of sockkit.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "drop: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_socket(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		die("socket");
	return fd;
}

static void tell(const char *path, int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);
	char tmp[4096];
	FILE *f;

	if (getsockname(fd, (struct sockaddr *)&in, &len) < 0)
		die("getsockname");
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "w");
	if (!f || fprintf(f, "127.0.0.1 %d\n", ntohs(in.sin_port)) < 0 ||
	    fclose(f) || rename(tmp, path) < 0)
		die(path);
}

/* Is there this word for the nth? */
static bool is_named(char what, int n, char **words)
{
	for (; *words; words++)
		if ((*words)[0] == what && strtol(*words + 1, NULL, 10) == n)
			return true;
	return false;
}

/* The client's nth. */
static void pass_up(int fd, const char *data, size_t len, int n, char **words)
{
	static char kept[65536];
	static size_t kept_len;

	if (is_named('a', n, words)) {
		memcpy(kept, data, len);
		kept_len = len;
	}
	if (n == 5 && kept_len)
		(void)!send(fd, kept, kept_len, 0);
	if (!is_named('c', n, words))
		(void)!send(fd, data, len, 0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in server = { .sin_family = AF_INET }, client = { 0 };
	socklen_t len = sizeof(client);
	int fds[2] = { open_socket(), open_socket() }, n[2] = { 0, 0 };
	static char data[65536];

	if (argc < 4 || inet_pton(AF_INET, argv[2], &server.sin_addr) != 1)
		die("usage");
	server.sin_port = htons((uint16_t)strtol(argv[3], NULL, 10));
	if (connect(fds[1], (struct sockaddr *)&server, sizeof(server)) < 0)
		die("connect");
	tell(argv[1], fds[0]);
	for (;;) {
		struct pollfd p[2] = { { fds[0], POLLIN, 0 },
				       { fds[1], POLLIN, 0 } };
		ssize_t got;

		if (poll(p, 2, -1) < 0)
			die("poll");
		if (p[0].revents) {
			len = sizeof(client);
			got = recvfrom(fds[0], data, sizeof(data), 0,
				       (struct sockaddr *)&client, &len);
			if (got >= 0)
				pass_up(fds[1], data, (size_t)got, ++n[0],
					argv + 4);
		}
		if (p[1].revents) {
			got = recv(fds[1], data, sizeof(data), 0);
			if (got >= 0 && !is_named('s', ++n[1], argv + 4))
				(void)!sendto(fds[0], data, (size_t)got, 0,
					      (struct sockaddr *)&client, len);
		}
	}
}
