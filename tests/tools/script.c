/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of `peer listen` and `peer connect`: a conversation, one step a
 * word, over one connection at a time. The table at the end lists them.
 */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>
#include <unistd.h>

struct peer {
	int fd;
	int listener;		/* -1 when we connected */
	int save;		/* what is received goes here too; -1: nowhere */
	uint64_t rate;		/* bytes/s to read at; 0: as fast as can be */
	uint64_t sent;		/* offset in the pattern */
	uint64_t received;
	uint64_t deadline;	/* of the word being done */
};


static unsigned char chunk[PEER_CHUNK];

static void print_name(FILE *out, const char *before, int fd,
		       int (*name)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (name(fd, (struct sockaddr *)&ss, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		peer_die("the socket has no name");
	fprintf(out, "%s%s %s\n", before, host, port);
}

static int listen_on(const char *portfile)
{
	const char *bind_to = getenv("PEER_BIND");
	struct addrinfo *ai = peer_resolve(bind_to ? bind_to : "127.0.0.1", "0");
	char tmp[4096];
	FILE *out;
	int fd;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd < 0)
		peer_die("socket: %s", strerror(errno));
	peer_rcvbuf(fd);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, 16) < 0)
		peer_die("bind: %s", strerror(errno));
	freeaddrinfo(ai);

	snprintf(tmp, sizeof(tmp), "%s.tmp", portfile);
	out = fopen(tmp, "we");
	if (!out)
		peer_die("%s: %s", tmp, strerror(errno));
	print_name(out, "", fd, getsockname);
	if (fclose(out) != 0 || rename(tmp, portfile) < 0)
		peer_die("%s: %s", portfile, strerror(errno));
	return fd;
}

static void accept_one(struct peer *p)
{
	peer_poll(p->listener, POLLIN, p->deadline, "accept");
	p->fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (p->fd < 0)
		peer_die("accept: %s", strerror(errno));
	p->sent = p->received = 0;
}

/* --- the words ------------------------------------------------------------ */

static void send_all(struct peer *p, const void *buf, size_t len)
{
	const char *at = buf;
	ssize_t n;

	while (len > 0) {
		n = send(p->fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			peer_poll(p->fd, POLLOUT, p->deadline, peer_doing);
			continue;
		}
		if (n < 0)
			peer_die("%s", strerror(errno));
		at += n;
		len -= (size_t)n;
		p->sent += (size_t)n;
	}
}

/* One read of at most max bytes; -1 with errno ECONNRESET after a reset. */
static ssize_t recv_some(struct peer *p, uint64_t max)
{
	uint64_t want = p->rate ? p->rate / 50 + 1 : PEER_CHUNK;
	ssize_t n;

	if (want > PEER_CHUNK)
		want = PEER_CHUNK;
	if (want > max)
		want = max;
	peer_poll(p->fd, POLLIN, p->deadline, peer_doing);
	n = recv(p->fd, chunk, (size_t)want, 0);
	if (n < 0 && errno != ECONNRESET)
		peer_die("%s", strerror(errno));
	if (n <= 0)
		return n;
	p->received += (size_t)n;
	if (p->save >= 0)
		peer_write_all(p->save, chunk, (size_t)n);
	if (p->rate) {
		usleep((useconds_t)((uint64_t)n * 1000000 / p->rate));
		p->deadline = peer_deadline();	/* it was told to be slow */
	}
	return n;
}

static void do_send(struct peer *p, const char *arg)
{
	uint64_t left = peer_number(arg);
	size_t n;

	for (; left > 0; left -= n) {
		n = left < PEER_CHUNK ? (size_t)left : PEER_CHUNK;
		peer_pattern(chunk, n, p->sent);
		send_all(p, chunk, n);
	}
}

static void do_sendfile(struct peer *p, const char *arg)
{
	int fd = open(arg, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		peer_die("%s", strerror(errno));
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		send_all(p, chunk, (size_t)n);
	close(fd);
}

static void do_text(struct peer *p, const char *arg)
{
	send_all(p, arg, strlen(arg));
}

static void do_recv(struct peer *p, const char *arg)
{
	uint64_t left = peer_number(arg);
	ssize_t n;

	for (; left > 0; left -= (uint64_t)n) {
		n = recv_some(p, left);
		if (n <= 0)
			peer_die("%s with %llu bytes to come",
				 n ? "reset" : "end", (unsigned long long)left);
	}
}

static void do_recvall(struct peer *p, const char *arg)
{
	ssize_t n;

	(void)arg;
	do {
		n = recv_some(p, UINT64_MAX);
		if (n > 0)
			p->deadline = peer_deadline();
	} while (n > 0);
	if (n < 0)
		peer_die("%s after %llu bytes", strerror(errno),
			 (unsigned long long)p->received);
	printf("received %llu\n", (unsigned long long)p->received);
	fflush(stdout);
}

static void do_save(struct peer *p, const char *arg)
{
	if (p->save >= 0)
		close(p->save);
	p->save = open(arg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (p->save < 0)
		peer_die("%s", strerror(errno));
}

static void do_recvto(struct peer *p, const char *arg)
{
	do_save(p, arg);
	do_recvall(p, NULL);
}

static void do_echo(struct peer *p, const char *arg)
{
	ssize_t n;

	(void)arg;
	while ((n = recv_some(p, UINT64_MAX)) > 0)
		send_all(p, chunk, (size_t)n);
}

static void do_slow(struct peer *p, const char *arg)
{
	p->rate = peer_number(arg);
}

static void do_fin(struct peer *p, const char *arg)
{
	(void)arg;
	if (shutdown(p->fd, SHUT_WR) < 0)
		peer_die("%s", strerror(errno));
}

static void do_close(struct peer *p, const char *arg)
{
	(void)arg;
	close(p->fd);
	p->fd = -1;
}

static void do_rst(struct peer *p, const char *arg)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	do_close(p, arg);
}

static void do_again(struct peer *p, const char *arg)
{
	(void)arg;
	if (p->listener < 0)
		peer_die("only for listen");
	if (p->fd >= 0)
		close(p->fd);
	accept_one(p);
}

static void do_hold(struct peer *p, const char *arg)
{
	(void)arg;
	while (peer_now() < p->deadline)
		usleep(20000);
	peer_die("held for too long");
}

static void do_sleep(struct peer *p, const char *arg)
{
	(void)p;
	usleep((useconds_t)(peer_number(arg) * 1000));
}

static void do_waitfile(struct peer *p, const char *arg)
{
	while (access(arg, F_OK) < 0) {
		if (peer_now() >= p->deadline)
			peer_die("the file does not come");
		usleep(5000);
	}
}

static void do_mark(struct peer *p, const char *arg)
{
	int fd = open(arg, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	(void)p;
	if (fd < 0)
		peer_die("%s", strerror(errno));
	close(fd);
}

/* All we sent has been acknowledged by the other kernel. */
static void do_acked(struct peer *p, const char *arg)
{
	int left;

	(void)arg;
	while (ioctl(p->fd, SIOCOUTQ, &left) == 0 && left > 0) {
		if (peer_now() >= p->deadline)
			peer_die("%d bytes are not acknowledged", left);
		usleep(2000);
	}
}

static void do_expect_eof(struct peer *p, const char *arg)
{
	ssize_t n = recv_some(p, UINT64_MAX);

	(void)arg;
	if (n != 0)
		peer_die("%s instead of the end",
			 n < 0 ? "a reset" : "more bytes");
}

static void do_expect_rst(struct peer *p, const char *arg)
{
	ssize_t n;

	(void)arg;
	while ((n = recv_some(p, UINT64_MAX)) > 0)
		;
	if (n == 0)
		peer_die("the end instead of a reset");
}

/* Nothing comes for so many milliseconds: no byte, no FIN, no RST. */
static void do_quiet(struct peer *p, const char *arg)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN | POLLRDHUP };

	if (poll(&pfd, 1, (int)peer_number(arg)) != 0)
		peer_die("something came (events 0x%x)",
			 (unsigned int)pfd.revents);
}

static void do_from(struct peer *p, const char *arg)
{
	(void)arg;
	print_name(stdout, "from ", p->fd, getpeername);
	fflush(stdout);
}

static void do_me(struct peer *p, const char *arg)
{
	(void)arg;
	print_name(stdout, "me ", p->fd, getsockname);
	fflush(stdout);
}

static const struct word {
	const char *name;
	bool arg;
	void (*run)(struct peer *, const char *arg);
} words[] = {
	{ "send", true, do_send },	   /* N bytes of the pattern */
	{ "sendfile", true, do_sendfile }, /* what is in PATH */
	{ "text", true, do_text },	   /* the bytes of STR */
	{ "recv", true, do_recv },	   /* read N bytes, no end before */
	{ "recvall", false, do_recvall },  /* read to EOF, print the count */
	{ "recvto", true, do_recvto },	   /* the same, into PATH */
	{ "save", true, do_save },	   /* later reads also go to PATH */
	{ "slow", true, do_slow },	   /* later reads at N bytes/s; 0: no */
	{ "echo", false, do_echo },	   /* send back what comes, to EOF */
	{ "fin", false, do_fin },	   /* close our half */
	{ "close", false, do_close },
	{ "rst", false, do_rst },	   /* close with a reset */
	{ "again", false, do_again },	   /* listen: take the next client */
	{ "hold", false, do_hold },	   /* do nothing until killed */
	{ "sleep", true, do_sleep },	   /* do nothing for N ms */
	{ "waitfile", true, do_waitfile }, /* until PATH exists */
	{ "mark", true, do_mark },	   /* create PATH */
	{ "acked", false, do_acked },	   /* until all sent is acknowledged */
	{ "expect-eof", false, do_expect_eof },
	{ "expect-rst", false, do_expect_rst }, /* bytes before it may come */
	{ "quiet", true, do_quiet },	   /* nothing comes for N ms */
	{ "from", false, do_from },	   /* print "from ADDR PORT" of it */
	{ "me", false, do_me },		   /* print "me ADDR PORT" of us */
};

static const struct word *word_find(const char *text, const char **arg)
{
	size_t len = strcspn(text, ":");
	size_t i;

	*arg = text[len] ? text + len + 1 : NULL;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == len &&
		    !memcmp(words[i].name, text, len) &&
		    words[i].arg == (*arg != NULL))
			return &words[i];
	peer_die("'%s' is not a word of mine", text);
}

static int run_script(struct peer *p, int argc, char **argv)
{
	const struct word *word;
	const char *arg;
	int i;

	for (i = 0; i < argc; i++) {
		peer_doing = argv[i];
		word = word_find(argv[i], &arg);
		p->deadline = peer_deadline();
		word->run(p, arg);
	}
	return 0;
}

int peer_listen(int argc, char **argv)
{
	struct peer p = { .fd = -1, .save = -1 };

	if (argc < 1)
		peer_die("usage: peer listen PORTFILE WORD...");
	p.listener = listen_on(argv[0]);
	p.deadline = peer_deadline();
	accept_one(&p);
	return run_script(&p, argc - 1, argv + 1);
}

int peer_script_connect(int argc, char **argv)
{
	struct peer p = { .fd = -1, .save = -1, .listener = -1 };

	if (argc < 2)
		peer_die("usage: peer connect HOST PORT WORD...");
	p.fd = peer_connect(argv[0], argv[1]);
	return run_script(&p, argc - 2, argv + 2);
}
