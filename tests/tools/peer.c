/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer: a TCP peer that does exactly what a test tells it to, misbehaviour
 * included. Not part of sockkit: it shares no code with what it tests.
 *
 *	peer listen PORTFILE WORD…	accept one client on 127.0.0.1, port 0
 *	peer connect HOST PORT WORD…	connect, then the same
 *	peer flood HOST PORT N		many idle clients, see flood.c
 *	peer pty FDS CMD…		run CMD on a terminal, see pty.c
 *	peer pattern N			N bytes of the test pattern to stdout
 *	peer sip RATE N			stdin to stdout, the first N slowly
 *	peer reserve PORTFILE		a port where nobody is, see ports.c
 *	peer free			a port for somebody else
 *
 * The words are done in order; the table in script.c says what each does. Numbers
 * take K, M, G. PORTFILE gets "ADDR PORT", as from sockkit --port-file.
 * Every word has PEER_DEADLINE seconds (20) to finish. PEER_BIND is the
 * address to listen on (127.0.0.1), PEER_RCVBUF a receive buffer size.
 * Exit status: 0 all words done, 1 one could not be (stderr says which).
 */
#include "peer.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

const char *peer_doing = "peer";
static unsigned char chunk[PEER_CHUNK];

uint64_t peer_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void peer_die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "peer: %s: ", peer_doing);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

uint64_t peer_number(const char *text)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (end == text || errno)
		peer_die("'%s' is not a number", text);
	if (*end && (unit = strchr(units, *end))) {
		n <<= 10 * (unit - units + 1);
		end++;
	}
	if (*end)
		peer_die("'%s' is not a number", text);
	return n;
}

uint64_t peer_deadline(void)
{
	const char *secs = getenv("PEER_DEADLINE");

	return peer_now() + peer_number(secs ? secs : "20") * 1000000;
}

void peer_poll(int fd, short events, uint64_t deadline, const char *what)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now;

	for (;;) {
		now = peer_now();
		if (now >= deadline)
			peer_die("%s: the time is up", what);
		if (poll(&p, 1, (int)((deadline - now) / 1000 + 1)) > 0)
			return;
	}
}

void peer_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = write(fd, p, len);
		if (n < 0)
			peer_die("write: %s", strerror(errno));
	}
}

/* --- the pattern: every offset has its own bytes, none repeats ----------- */

static uint64_t pattern_word(uint64_t i)
{
	/* splitmix64 (public domain, Vigna), as a function of the index. */
	uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void peer_pattern(unsigned char *buf, size_t len, uint64_t offset)
{
	uint64_t word;
	size_t i = 0, n, skip;

	while (i < len) {
		skip = (offset + i) % sizeof(word);
		n = sizeof(word) - skip;
		if (n > len - i)
			n = len - i;
		word = pattern_word((offset + i) / sizeof(word));
		memcpy(buf + i, (char *)&word + skip, n);
		i += n;
	}
}

static int pattern_main(int argc, char **argv)
{
	uint64_t total, done;
	size_t n;

	if (argc != 1)
		peer_die("usage: peer pattern N");
	total = peer_number(argv[0]);
	for (done = 0; done < total; done += n) {
		n = total - done < PEER_CHUNK ? (size_t)(total - done) : PEER_CHUNK;
		peer_pattern(chunk, n, done);
		peer_write_all(STDOUT_FILENO, chunk, n);
	}
	return 0;
}

/* --- sockets -------------------------------------------------------------- */

struct addrinfo *peer_resolve(const char *host, const char *port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *ai;
	int r;

	r = getaddrinfo(host, port, &hints, &ai);
	if (r)
		peer_die("%s %s: %s", host, port, gai_strerror(r));
	return ai;
}

void peer_rcvbuf(int fd)
{
	const char *size = getenv("PEER_RCVBUF");
	int n;

	if (!size)
		return;
	n = (int)peer_number(size);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n));
}

int peer_connect(const char *host, const char *port)
{
	struct addrinfo *ai = peer_resolve(host, port);
	socklen_t len = sizeof(int);
	int fd, error = 0;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd < 0)
		peer_die("socket: %s", strerror(errno));
	peer_rcvbuf(fd);
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			peer_die("connect: %s", strerror(errno));
		peer_poll(fd, POLLOUT, peer_deadline(), "connect");
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error)
			peer_die("connect: %s", strerror(error));
	}
	freeaddrinfo(ai);
	return fd;
}

/* Copy stdin to stdout, the first N bytes no faster than RATE. */
static int sip_main(int argc, char **argv)
{
	uint64_t rate, slow, done = 0;
	ssize_t n;

	if (argc != 2)
		peer_die("usage: peer sip RATE N");
	rate = peer_number(argv[0]);
	slow = peer_number(argv[1]);
	while ((n = read(STDIN_FILENO, chunk, 65536)) > 0) {
		peer_write_all(STDOUT_FILENO, chunk, (size_t)n);
		if (done < slow)
			usleep((useconds_t)((uint64_t)n * 1000000 / rate));
		done += (size_t)n;
	}
	return n < 0;
}

static const struct face {
	const char *name;
	int (*run)(int argc, char **argv);
} faces[] = {
	{ "listen", peer_listen }, { "connect", peer_script_connect },
	{ "flood", peer_flood },   { "pty", peer_pty },
	{ "pattern", pattern_main }, { "sip", sip_main },
	{ "reserve", peer_reserve }, { "free", peer_free },
};

int main(int argc, char **argv)
{
	size_t i;

	signal(SIGPIPE, SIG_DFL);
	for (i = 0; argc > 1 && i < sizeof(faces) / sizeof(faces[0]); i++) {
		if (strcmp(argv[1], faces[i].name))
			continue;
		peer_doing = argv[1];
		return faces[i].run(argc - 2, argv + 2);
	}
	peer_die("usage: peer listen|connect|flood|pty|pattern|sip|reserve|free "
		 "...");
}
