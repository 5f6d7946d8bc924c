/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tests/perf/trace.sh measures tracers with: a loop each, over and over,
 * in one thread, so many times or, if that is sooner, for so many seconds.
 * Prints the microseconds that it took, and the turns.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int client, server, listener;
static struct sockaddr_in addr;

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void listen_here(void)
{
	socklen_t len = sizeof(addr);

	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	check(!bind(listener, (struct sockaddr *)&addr, sizeof(addr)) &&
	      !listen(listener, 128) &&
	      !getsockname(listener, (struct sockaddr *)&addr, &len),
	      "listen");
}

#define CROWD 1500

/* The same on a machine that has other sockets, too, as machines have. */
static void listen_in_crowd(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < CROWD; i++) {
		struct sockaddr_in any = { .sin_family = AF_INET };
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		check(!bind(fd, (struct sockaddr *)&any, sizeof(any)) &&
		      !listen(fd, 1), "crowd");
	}
	listen_here();
}

static void make_connection(void)
{
	listen_here();
	client = socket(AF_INET, SOCK_STREAM, 0);
	check(!connect(client, (struct sockaddr *)&addr, sizeof(addr)),
	      "connect");
	server = accept(listener, NULL, NULL);
}

static void with_read_and_write(void)
{
	char buf[64] = "ping";

	check(write(client, buf, sizeof(buf)) > 0 &&
	      read(server, buf, sizeof(buf)) > 0 &&
	      write(server, buf, sizeof(buf)) > 0 &&
	      read(client, buf, sizeof(buf)) > 0, "ping");
}

static void with_send_and_recv(void)
{
	char buf[64] = "ping";

	check(send(client, buf, sizeof(buf), 0) > 0 &&
	      recv(server, buf, sizeof(buf), 0) > 0 &&
	      send(server, buf, sizeof(buf), 0) > 0 &&
	      recv(client, buf, sizeof(buf), 0) > 0, "ping");
}

/* The server reads what came: closed unread, a connection is reset. */
static void connect_send_close(void)
{
	char c;

	client = socket(AF_INET, SOCK_STREAM, 0);
	check(!connect(client, (struct sockaddr *)&addr, sizeof(addr)) &&
	      send(client, "x", 1, 0) == 1, "connect");
	server = accept(listener, NULL, NULL);
	check(recv(server, &c, 1, 0) == 1, "recv");
	close(server);
	close(client);
}

static void open_file(void)
{
	client = open("/dev/zero", O_RDWR);
}

/*
 * For traces of an hour (tests/perf/hour.sh): what a small server does, at a
 * rate that leaves the machine to others. A turn is 5 ms, and has a connection
 * of its own and 2.5 messages on one that stays.
 */
static void steady(void)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	static int one, other, turn;
	char buf[64] = "ping";

	if (!turn++) {
		one = client;
		other = server;
	}
	for (int i = 0; i < 2 + turn % 2; i++)
		check(send(one, buf, sizeof(buf), 0) > 0 &&
		      recv(other, buf, sizeof(buf), 0) > 0, "message");
	connect_send_close();
	nanosleep(&pause, NULL);
}

/* A program without sockets: system calls, and some work between them. */
static void without_sockets(void)
{
	static char buf[4096];

	check(read(client, buf, sizeof(buf)) > 0 &&
	      write(client, buf, sizeof(buf)) > 0, "read");
}

static const struct {
	const char *name;
	void (*begin)(void), (*once)(void);
} loads[] = {
	{ "read-write", make_connection, with_read_and_write },
	{ "send-recv", make_connection, with_send_and_recv },
	{ "connects", listen_here, connect_send_close },
	{ "crowd", listen_in_crowd, connect_send_close },
	{ "steady", make_connection, steady },
	{ "no-sockets", open_file, without_sockets },
};

static long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? strtol(argv[2], NULL, 10) : 1000, turns = 0;
	long long most = (argc > 3 ? strtol(argv[3], NULL, 10) : 1000000) *
			 1000000LL, began;

	for (size_t i = 0; argc > 1 && i < sizeof(loads) / sizeof(*loads);
	     i++) {
		if (strcmp(argv[1], loads[i].name))
			continue;
		loads[i].begin();
		began = now_us();
		do
			loads[i].once();
		while (++turns < n &&
		       (turns % 16 || now_us() - began < most));
		printf("%lld %ld\n", now_us() - began, turns);
		return 0;
	}
	fprintf(stderr, "usage: loads LOAD [TIMES [SECONDS]]\n");
	return 2;
}
