/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exotic KIND: make sockets of a kind that few kernels have, in the states it
 * knows, say "ready" on stdout and keep them until killed; what `sockkit stat`
 * and ss are then asked about. 77: this kernel has none. It links nothing of
 * ours.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef AF_SMC
#define AF_SMC 43
#endif
#ifndef IPPROTO_SCTP
#define IPPROTO_SCTP 132
#endif
#ifndef IPPROTO_DCCP
#define IPPROTO_DCCP 33
#endif

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int make(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd < 0) {
		perror("socket");
		exit(77);
	}
	return fd;
}

/* A client of the listener at a; some kernels connect when it is accepted. */
static int dial(int type, int protocol, struct sockaddr *a, socklen_t len)
{
	int fd = make(a->sa_family, type | SOCK_NONBLOCK, protocol);

	if (connect(fd, a, len) && errno != EINPROGRESS)
		die("connect");
	return fd;
}

/* A listener at a, and a connection to it with a word that nobody reads. */
static void stream(int type, int protocol, struct sockaddr *a, socklen_t len)
{
	int listener = make(a->sa_family, type, protocol), fd;
	struct pollfd p = { .events = POLLOUT };

	if (bind(listener, a, len) || listen(listener, 7))
		die("listen");
	if (a->sa_family != AF_TIPC && getsockname(listener, a, &len))
		die("getsockname");
	fd = dial(type, protocol, a, len);
	/* One socket of SCTP's has all its associations, and accepts none. */
	if (type == SOCK_SEQPACKET && protocol == IPPROTO_SCTP)
		return;
	if (accept(listener, NULL, NULL) < 0)
		die("accept");
	p.fd = fd;
	if (poll(&p, 1, 10000) != 1 || send(fd, "hello", 5, MSG_NOSIGNAL) != 5)
		die("send");
}

static void inet_stream(int family, int type, int protocol)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	stream(type, protocol, (struct sockaddr *)&v4, sizeof(v4));
	v6.sin6_port = 0;
	if (family != AF_INET)
		stream(type, protocol, (struct sockaddr *)&v6, sizeof(v6));
}

static void sctp(void)
{
	inet_stream(AF_UNSPEC, SOCK_STREAM, IPPROTO_SCTP);
	inet_stream(AF_UNSPEC, SOCK_SEQPACKET, IPPROTO_SCTP);
}

/* SMC has TCP's addresses, and falls back to it without devices of its own. */
static void smc(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int listener = make(AF_SMC, SOCK_STREAM, 0), fd;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&a, len) || listen(listener, 7) ||
	    getsockname(listener, (struct sockaddr *)&a, &len))
		die("listen");
	fd = make(AF_SMC, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&a, len) ||
	    accept(listener, NULL, NULL) < 0)
		die("connect");
}

static void vsock(void)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK,
				 .svm_port = VMADDR_PORT_ANY,
				 .svm_cid = VMADDR_CID_LOCAL };
	int fd;

	stream(SOCK_STREAM, 0, (struct sockaddr *)&a, sizeof(a));
	fd = make(AF_VSOCK, SOCK_SEQPACKET, 0);
	a.svm_port = VMADDR_PORT_ANY;
	a.svm_cid = VMADDR_CID_ANY;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
}

static void tipc(void)
{
	struct sockaddr_tipc a = { .family = AF_TIPC,
				   .addrtype = TIPC_SERVICE_ADDR,
				   .scope = TIPC_NODE_SCOPE };
	int fd;

	a.addr.name.name.type = 18888;
	a.addr.name.name.instance = 17;
	stream(SOCK_STREAM, 0, (struct sockaddr *)&a, sizeof(a));
	a.addr.name.name.type++;
	stream(SOCK_SEQPACKET, 0, (struct sockaddr *)&a, sizeof(a));
	fd = make(AF_TIPC, SOCK_RDM, 0);
	a.addr.name.name.type++;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	make(AF_TIPC, SOCK_DGRAM, 0);
}

/* One that has all its rings and is bound to lo, and one that has nothing. */
static void xdp(void)
{
	enum { FRAMES = 64, FRAME = 4096 };
	int fd = make(AF_XDP, SOCK_RAW, 0), n = FRAMES;
	void *p = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct xdp_umem_reg umem = { .addr = (uintptr_t)p,
		.len = FRAMES * FRAME, .chunk_size = FRAME };
	struct sockaddr_xdp a = { .sxdp_family = AF_XDP,
		.sxdp_flags = XDP_COPY, .sxdp_ifindex = if_nametoindex("lo") };

	if (p == MAP_FAILED ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &n, sizeof(n)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &n, sizeof(n)) ||
	    setsockopt(fd, SOL_XDP, XDP_RX_RING, &n, sizeof(n)) ||
	    setsockopt(fd, SOL_XDP, XDP_TX_RING, &n, sizeof(n)))
		die("rings");
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	make(AF_XDP, SOCK_RAW, 0);
}

static void raw(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = make(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("connect");
	make(AF_INET, SOCK_RAW, 99);
	make(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
}

static void dccp(void)
{
	inet_stream(AF_UNSPEC, SOCK_DCCP, IPPROTO_DCCP);
}

static const struct {
	const char *kind;
	void (*run)(void);
} kinds[] = {
	{ "dccp", dccp }, { "raw", raw }, { "sctp", sctp }, { "smc", smc },
	{ "tipc", tipc }, { "vsock", vsock }, { "xdp", xdp },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (argc != 2 || strcmp(argv[1], kinds[i].kind) != 0)
			continue;
		kinds[i].run();
		puts("ready");
		fflush(stdout);
		for (;;)
			pause();
	}
	fprintf(stderr, "exotic: no such kind\n");
	return 2;
}
