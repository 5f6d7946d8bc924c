/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trouble VERB [NUMBER]: bring the network namespace into a bad state, say
 * "ready" on stdout once it is there, and keep it so until killed. What the
 * doctor of stat must find. It links nothing of ours.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int number;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

/* --- pieces ----------------------------------------------------------------- */

static struct sockaddr_in address(const char *ip, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons((uint16_t)port);
	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

static int listen_at(const char *ip, int backlog, struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int fd = tcp_socket();

	*a = address(ip, 0);
	if (bind(fd, (struct sockaddr *)a, len) || listen(fd, backlog) ||
	    getsockname(fd, (struct sockaddr *)a, &len))
		die("listen");
	return fd;
}

static int connect_to(const struct sockaddr_in *a)
{
	int fd = tcp_socket();

	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)))
		die("connect");
	return fd;
}

/* A connection that is accepted: our end of it, and theirs. */
static int join(const struct sockaddr_in *a, int listener, int *theirs)
{
	int fd = connect_to(a);

	*theirs = accept(listener, NULL, NULL);
	if (*theirs < 0)
		die("accept");
	return fd;
}

/* `number` of them; `with` does something to each of our ends. */
static void join_all(void (*with)(int fd))
{
	struct sockaddr_in a;
	int listener = listen_at("127.0.0.1", 100, &a), theirs;

	for (int i = 0; i < number; i++)
		with(join(&a, listener, &theirs));
	ready();
}

/* Begin to connect; whatever comes of it. */
static int dial(const struct sockaddr_in *a)
{
	int fd = tcp_socket();

	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) &&
	    errno != EINPROGRESS)
		die("connect");
	return fd;
}

static void fill(int fd, size_t size)
{
	char block[4096] = { 0 };

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (send(fd, block, size, MSG_NOSIGNAL) > 0)
		;
}

static int udp_reader(struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(*a);

	*a = address("127.0.0.1", 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)a, len) ||
	    getsockname(fd, (struct sockaddr *)a, &len))
		die("udp");
	return fd;
}

/* --- the verbs -------------------------------------------------------------- */

/* A listener of backlog `number` that never accepts, and more who want in. */
static void noaccept(void)
{
	struct sockaddr_in a;

	listen_at("127.0.0.1", number, &a);
	for (int i = 0; i < number + 6; i++)
		dial(&a);
	ready();
	for (;;) {
		int fd = dial(&a);

		poll(NULL, 0, 10);
		close(fd);
	}
}

/* The queue as full as it may be, and nobody more comes. */
static void slowaccept(void)
{
	struct sockaddr_in a;

	listen_at("127.0.0.1", number, &a);
	for (int i = 0; i < number; i++)
		connect_to(&a);
	ready();
}

/* A queue that overflows at times and is emptied at once. */
static void burst(void)
{
	struct sockaddr_in a;
	int listener = listen_at("127.0.0.1", number, &a);
	int fd[64];

	fcntl(listener, F_SETFL, O_NONBLOCK);
	for (int round = 0;; round++) {
		for (int i = 0; i < 64; i++)
			fd[i] = dial(&a);
		for (int i = 0; i < 64; i++) {
			struct linger reset = { 1, 0 };

			setsockopt(fd[i], SOL_SOCKET, SO_LINGER, &reset,
				   sizeof(reset));
			close(fd[i]);
		}
		for (int one; (one = accept(listener, NULL, NULL)) >= 0;)
			close(one);
		if (round == 2)
			ready();
		poll(NULL, 0, 20);
	}
}

static void quiet(void)
{
	struct sockaddr_in a;

	listen_at("127.0.0.1", number, &a);
	ready();
}

/* SYNs from addresses that never answer: the namespace has a way to them. */
static void send_syns(unsigned n, const struct sockaddr_in *listener)
{
	struct sockaddr_in to = *listener;
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} p = { .ip = { .version = 4, .ihl = 5, .ttl = 64,
			.protocol = IPPROTO_TCP } };
	struct {
		uint32_t from, to;
		uint16_t protocol, len;
		struct tcphdr tcp;
	} sum;
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0)
		die("raw socket");
	for (unsigned i = 1; i <= n; i++) {
		const uint16_t *word = (const uint16_t *)&sum;
		uint32_t total = 0;

		p.ip.saddr = htonl(0x0ac80000 + i);	/* 10.200.0.0 */
		p.ip.daddr = to.sin_addr.s_addr;
		p.tcp = (struct tcphdr){ .source = htons(5000),
			.dest = to.sin_port, .seq = htonl(i), .doff = 5,
			.syn = 1, .window = htons(1000) };
		memset(&sum, 0, sizeof(sum));
		sum.from = p.ip.saddr;
		sum.to = p.ip.daddr;
		sum.protocol = htons(IPPROTO_TCP);
		sum.len = htons(sizeof(p.tcp));
		sum.tcp = p.tcp;
		for (size_t k = 0; k < sizeof(sum) / 2; k++)
			total += word[k];
		total = (total & 0xffff) + (total >> 16);
		p.tcp.check = (uint16_t)~(total + (total >> 16));
		if (sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0)
			die("sendto");
	}
	close(fd);
}

static void synflood(void)
{
	struct sockaddr_in a;

	listen_at("10.201.0.1", number, &a);
	send_syns((unsigned)number * 4, &a);
	ready();
}

/* The same all the time. */
static void synstream(void)
{
	struct sockaddr_in a;

	listen_at("10.201.0.1", 1000, &a);
	for (int round = 0;; round++) {
		send_syns((unsigned)number, &a);
		if (round == 2)
			ready();
		poll(NULL, 0, 10);
	}
}

static void keep(int fd)
{
	(void)fd;
}

/* `number` connections to one place. */
static void ports(void)
{
	join_all(keep);
}

static void timewait(void)
{
	struct sockaddr_in a;
	int listener = listen_at("127.0.0.1", 100, &a);

	for (int i = 0; i < number; i++) {
		int theirs, ours = join(&a, listener, &theirs);
		char c;

		close(ours);
		if (read(theirs, &c, 1) < 0)
			die("read");
		close(theirs);
	}
	ready();
}

static void end(int fd)
{
	close(fd);
}

static void closewait(void)
{
	join_all(end);
}

/*
 * `number` connections that say a word each, and one more every 10 ms that is
 * forgotten as well; or closed at once, when the number is negative.
 */
static void forget(void)
{
	struct sockaddr_in a;
	int listener = listen_at("127.0.0.1", 100, &a);

	for (int i = 0;; i++) {
		int theirs, fd = join(&a, listener, &theirs);

		if (write(fd, "x", 1) != 1)
			die("write");
		if (i > -number && number < 0) {
			close(fd);
			close(theirs);
		}
		if (i < abs(number))
			continue;
		if (i == abs(number))
			ready();
		poll(NULL, 0, 10);
	}
}

/* `number` sockets made in advance. */
static void store(void)
{
	for (int i = 0; i < number; i++)
		if (socket(AF_INET, SOCK_STREAM, 0) < 0)
			die("socket");
	ready();
}

/* `number` connections that the peer has reset, and that nobody closes. */
static void closedkept(void)
{
	const struct linger reset = { 1, 0 };
	struct sockaddr_in a;
	int listener = listen_at("127.0.0.1", 100, &a);

	for (int i = 0; i < number; i++) {
		int theirs, fd = join(&a, listener, &theirs);
		char c;

		setsockopt(theirs, SOL_SOCKET, SO_LINGER, &reset,
			   sizeof(reset));
		close(theirs);
		/* Until the reset has come. */
		if (read(fd, &c, 1) >= 0 || errno != ECONNRESET)
			die("read");
	}
	ready();
}

/* An address of lo that goes away in the middle of a connection. */
static void noanswer(void)
{
	struct sockaddr_in a;
	int listener = listen_at("10.77.0.2", 10, &a), theirs;
	int fd = join(&a, listener, &theirs);
	char byte = 0;

	if (system("nft add table t && nft add chain t c "
		   "'{ type filter hook input priority 0; }' && "
		   "nft add rule t c ip daddr 10.77.0.2 drop"))
		die("nft");
	if (write(fd, &byte, 1) != 1)
		die("write");
	for (;;) {
		struct tcp_info info;
		socklen_t len = sizeof(info);

		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
			die("TCP_INFO");
		if (info.tcpi_retransmits >= 3)
			break;
		poll(NULL, 0, 20);
	}
	ready();
}

static void zerowindow(void)
{
	struct sockaddr_in a;
	int listener = listen_at("127.0.0.1", 10, &a), theirs;
	int fd = join(&a, listener, &theirs);

	/* The window closes some round trips after the buffer is full. */
	for (int i = 0; i < 50; i++) {
		fill(fd, 4096);
		poll(NULL, 0, 20);
	}
	ready();
}

/*
 * A sender with little buffer, whose peer is far away: 198.18.0.2 is a stack of
 * ours behind a TAP device that takes its time.
 */
static void smallbuffer(void)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(0xc6120002),
	};
	int fd = tcp_socket(), room = 20000;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("connect");
	for (int round = 0;; round++) {
		fill(fd, 1000);
		if (round == 200)
			ready();
		poll(NULL, 0, 5);
	}
}

/* A stream whose packets are dropped here and there, by nft. */
static void lossy(void)
{
	struct sockaddr_in a;
	int listener = listen_at("127.0.0.1", 10, &a), peer;
	int fd = join(&a, listener, &peer);

	fcntl(peer, F_SETFL, O_NONBLOCK);
	if (system("nft add table t && nft add chain t c "
		   "'{ type filter hook input priority 0; }' && "
		   "nft add rule t c 'tcp flags & psh == psh "
		   "numgen inc mod 5 0 drop'"))
		die("nft");
	for (int round = 0;; round++) {
		static char sink[1 << 16];
		char block[100] = { 0 };
		int one = 1;

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		fcntl(fd, F_SETFL, O_NONBLOCK);
		for (int i = 0; i < 5; i++)
			if (send(fd, block, sizeof(block), MSG_NOSIGNAL) < 0)
				break;
		while (read(peer, sink, sizeof(sink)) > 0)
			;
		if (round == 50)
			ready();
		poll(NULL, 0, 2);
	}
}

static void udpunread(void)
{
	struct sockaddr_in a;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char block[64] = { 0 };

	udp_reader(&a);
	for (int i = 0; i < 5000; i++)
		sendto(fd, block, sizeof(block), 0, (struct sockaddr *)&a,
		       sizeof(a));
	ready();
	while (number) {	/* and more of it, all the time */
		sendto(fd, block, sizeof(block), 0, (struct sockaddr *)&a,
		       sizeof(a));
		poll(NULL, 0, 2);
	}
}

/* A device that nobody takes packets from. */
static void tundrops(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct sockaddr_in a = address("10.88.0.9", 9);
	int tun = open("/dev/net/tun", O_RDWR);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(ifr.ifr_name, "stuck0", sizeof("stuck0"));
	if (tun < 0 || ioctl(tun, TUNSETIFF, &ifr))
		die("tun");
	if (system("ip link set stuck0 up txqueuelen 5 && "
		   "ip addr add 10.88.0.1/24 dev stuck0"))
		die("ip");
	for (int round = 0;; round++) {
		for (int i = 0; i < 50; i++)
			sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
		if (round == 2)
			ready();
		poll(NULL, 0, 20);
	}
}

/* All but one of the descriptors that we may have. */
static void files(void)
{
	struct rlimit limit = { .rlim_cur = (rlim_t)number };
	struct sockaddr_in a;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)number;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	listen_at("127.0.0.1", 10, &a);
	while (dup(0) >= 0)
		;
	ready();
}

/* `number` files that are open, each its own. */
static void openfiles(void)
{
	const struct rlimit limit = { (rlim_t)number + 64,
				      (rlim_t)number + 64 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	for (int i = 0; i < number; i++)
		if (open("/dev/null", O_RDONLY) < 0)
			die("open");
	ready();
}

/*
 * `number` connections whose program has left while data was on its way to a
 * peer that does not read; and another every 10 ms, when the number is negative.
 */
static void abandon(const struct sockaddr_in *to, int listener)
{
	int fd = tcp_socket(), room = 4608;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) ||
	    accept(listener, NULL, NULL) < 0)
		die("connect");
	fill(fd, 4096);
	close(fd);
}

static void orphans(void)
{
	const struct rlimit limit = { 4096, 4096 };
	int listener, room = 2304, n = abs(number);
	struct sockaddr_in a;

	setrlimit(RLIMIT_NOFILE, &limit);
	listener = listen_at("127.0.0.1", 100, &a);
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (int i = 0; i < n; i++)
		abandon(&a, listener);
	ready();
	for (int i = 0; number < 0 && i < 3000; i++) {
		abandon(&a, listener);
		poll(NULL, 0, 10);
	}
}

/* `number` connections full of what nobody reads. */
static void stuff(int fd)
{
	fill(fd, 4096);
}

static void hoard(void)
{
	join_all(stuff);
}

/*
 * `number` UDP sockets that nobody reads, each full to its buffer; and more of
 * it all the time, when the number is negative.
 */
static void udphoard(void)
{
	int from = socket(AF_INET, SOCK_DGRAM, 0);
	static const char block[1400];

	for (int i = 0; i < abs(number); i++) {
		struct sockaddr_in a;

		udp_reader(&a);
		for (int k = 0; k < 200; k++)
			sendto(from, block, sizeof(block), 0,
			       (struct sockaddr *)&a, sizeof(a));
	}
	ready();
	while (number < 0) {
		struct sockaddr_in a;
		int fd = udp_reader(&a);

		for (int k = 0; k < 50; k++)
			sendto(from, block, sizeof(block), 0,
			       (struct sockaddr *)&a, sizeof(a));
		close(fd);
		poll(NULL, 0, 10);
	}
}

/* `number` packets at a time; a reader takes them, if they come so far. */
static void volley(void)
{
	struct sockaddr_in a;
	int fd = udp_reader(&a), from = socket(AF_INET, SOCK_DGRAM, 0);
	char sink[64];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int round = 0;; round++) {
		for (int i = 0; i < number; i++)
			sendto(from, "x", 1, 0, (struct sockaddr *)&a,
			       sizeof(a));
		if (round == 10)
			ready();
		poll(NULL, 0, 20);
		while (recv(fd, sink, sizeof(sink), 0) > 0)
			;
	}
}

/* Flows of their own, `number` percent of what connection tracking holds. */
static void conntrack(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned long max = 0;
	FILE *f = fopen("/proc/sys/net/netfilter/nf_conntrack_max", "r");

	if (!f || fscanf(f, "%lu", &max) != 1 || fclose(f))
		die("nf_conntrack_max");
	for (unsigned long i = 0; i < max / 100 * (unsigned)number; i++) {
		struct sockaddr_in a = address("127.0.0.1", 1);

		a.sin_addr.s_addr = htonl(0x7f000001u + (uint32_t)(i >> 15));
		a.sin_port = htons((uint16_t)(1 + (i & 0x7fff)));
		sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
	}
	ready();
}

/* Sockets that come and go, as fast as they can. */
static void churn(void)
{
	struct sockaddr_in a = address("127.0.0.1", 9);

	for (int i = 0; i < number; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
			die("connect");
		close(fd);
	}
	ready();
}

static const struct {
	const char *verb;
	void (*run)(void);
	int number;		/* when none is given */
} verbs[] = {
	{ "noaccept", noaccept, 2 },	{ "slowaccept", slowaccept, 4 },
	{ "burst", burst, 2 },		{ "quiet", quiet, 10 },
	{ "synstream", synstream, 5 },
	{ "synflood", synflood, 8 },	{ "ports", ports, 20 },
	{ "timewait", timewait, 20 },	{ "closewait", closewait, 12 },
	{ "forget", forget, 25 },	{ "closedkept", closedkept, 20 },
	{ "store", store, 32 },
	{ "noanswer", noanswer, 0 },	{ "zerowindow", zerowindow, 0 },
	{ "smallbuffer", smallbuffer, 0 }, { "lossy", lossy, 0 },
	{ "udpunread", udpunread, 0 },	{ "tundrops", tundrops, 0 },
	{ "files", files, 32 },		{ "conntrack", conntrack, 95 },
	{ "churn", churn, 1000 },	{ "openfiles", openfiles, 100 },
	{ "orphans", orphans, 20 },	{ "hoard", hoard, 4 },
	{ "udphoard", udphoard, 10 },	{ "volley", volley, 60 },
};

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (argc < 2 || strcmp(argv[1], verbs[i].verb) != 0)
			continue;
		number = argc > 2 ? (int)strtol(argv[2], NULL, 10) :
				    verbs[i].number;
		verbs[i].run();
		for (;;)
			pause();
	}
	fprintf(stderr, "trouble: no such verb\n");
	return 2;
}
