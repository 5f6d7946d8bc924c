/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sockets.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "bench/guard.h"
#include "sock/sockopt.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* Connections from one loopback address before the next one's turn: fewer
 * than the ports that the kernel gives by itself (ip_local_port_range). */
#define PER_SOURCE 20000
#define QUEUE_SIZE (4 << 20)

static const struct bench_kind kinds[BENCH_NSOCKETS] = {
	[BENCH_S_TCP] = { AF_INET, SOCK_STREAM, 0, .listens = true },
	[BENCH_S_TCP6] = { AF_INET6, SOCK_STREAM, 0, .listens = true },
	[BENCH_S_MPTCP] = { AF_INET, SOCK_STREAM, IPPROTO_MPTCP,
			    .listens = true },
	[BENCH_S_UDP] = { AF_INET, SOCK_DGRAM, 0, .records = true },
	[BENCH_S_UDP_CONNECTED] = { AF_INET, SOCK_DGRAM, 0, .records = true },
	[BENCH_S_UNIX_STREAM] = { AF_UNIX, SOCK_STREAM, 0, .listens = true },
	[BENCH_S_UNIX_DGRAM] = { AF_UNIX, SOCK_DGRAM, 0, .records = true },
	[BENCH_S_UNIX_SEQPACKET] = { AF_UNIX, SOCK_SEQPACKET, 0,
				     .listens = true, .records = true },
	[BENCH_S_SOCKETPAIR] = { AF_UNIX, SOCK_STREAM, 0, .inherited = true },
	[BENCH_S_PIPE] = { AF_UNSPEC, 0, 0, .inherited = true },
	[BENCH_S_ICMP] = { AF_INET, SOCK_DGRAM, IPPROTO_ICMP,
			   .records = true },
};

const struct bench_kind *bench_kind_of(const struct bench_job *job)
{
	return &kinds[job->socket];
}

bool bench_is_refusal(int r)
{
	switch (-r) {
	case ENOTSUP:
	case ENOSYS:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
	case ENOPROTOOPT:
	case EADDRNOTAVAIL:
	case EMFILE:
	case ENFILE:
	case EMSGSIZE:
		return true;
	default:
		return false;
	}
}

/* The parts of job->set, parted by spaces, one after the other. */
int bench_set_options(int fd, const struct bench_job *job,
		      struct sk_err *err)
{
	struct sk_sockopt_value *v;
	char text[sizeof(job->set)], *p = text, *one;
	int r = 0;

	if (!*job->set)
		return 0;
	v = malloc(sizeof(*v));
	if (!v)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	memcpy(text, job->set, sizeof(text));
	while (r >= 0 && (one = strsep(&p, " ")) != NULL) {
		if (!*one)
			continue;
		r = sk_sockopt_parse(v, one, err);
		/* A kernel without this option, or this value of it. */
		if (r >= 0 && sk_sockopt_apply(fd, v, err) < 0)
			r = -ENOTSUP;
	}
	free(v);
	return r;
}

/*
 * Datagrams that are to be counted need a queue that holds them while their
 * receiver has no CPU: as large as may be, unless something else is wanted.
 */
static void widen_queue(int fd, const struct bench_job *job)
{
	int size = QUEUE_SIZE;

	if ((job->socket != BENCH_S_UDP &&
	     job->socket != BENCH_S_UDP_CONNECTED) ||
	    strstr(job->set, "so_rcvbuf"))
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int out_of_files(struct sk_err *err, int r)
{
	if (r == -EMFILE)
		return sk_fail(err, r, "too few descriptors: raise the hard "
				       "limit of open files (ulimit -Hn)");
	return sk_fail(err, r, "too few descriptors on the machine: raise "
			       "fs.file-max");
}

int bench_socket(const struct bench_job *job, struct sk_err *err)
{
	const struct bench_kind *k = bench_kind_of(job);
	int fd = socket(k->family, k->type | SOCK_CLOEXEC, k->protocol), r;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		return out_of_files(err, -errno);
	if (fd < 0 && k->protocol == IPPROTO_ICMP && errno == EACCES)
		return sk_fail(err, -ENOTSUP, "echo requests are not allowed: "
			       "net.ipv4.ping_group_range leaves us out");
	if (fd < 0)
		return sk_fail(err, -errno, "socket: %s", sk_strerror(errno));
	widen_queue(fd, job);
	r = bench_set_options(fd, job, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int bench_accepted(int fd, const struct bench_job *job, struct sk_err *err)
{
	return bench_kind_of(job)->family == AF_UNIX ?
		       bench_set_options(fd, job, err) : 0;
}

/* --- addresses ----------------------------------------------------------- */

void bench_loopback(struct sk_addr *a, const struct bench_kind *k)
{
	memset(a, 0, sizeof(*a));
	if (k->family == AF_INET6) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_addr = in6addr_loopback;
		a->len = sizeof(a->in6);
	} else {
		a->in.sin_family = AF_INET;
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a->len = sizeof(a->in);
	}
}

/* A name nobody else has, of no file. */
static int own_name(struct sk_addr *a, struct sk_err *err)
{
	static atomic_uint count;
	char name[80];

	snprintf(name, sizeof(name), "@sockkit-bench-%d-%" PRIu64 "-%u",
		 (int)getpid(), sk_now_us(), atomic_fetch_add(&count, 1));
	return sk_addr_unix(a, name, err);
}

static int address(struct sk_addr *a, const struct bench_kind *k,
		   const struct bench_local *local, struct sk_err *err)
{
	if (k->family == AF_UNIX)
		return own_name(a, err);
	bench_loopback(a, k);
	if (local && local->bind.len && local->bind.sa.sa_family == k->family)
		*a = local->bind;
	return 0;
}

/* --- the server's -------------------------------------------------------- */

static int bound(int fd, const struct bench_job *job, bool share,
		 struct sk_addr *addr, struct sk_err *err)
{
	const struct bench_kind *k = bench_kind_of(job);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (share && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one,
				sizeof(one)) < 0)
		return sk_fail(err, -ENOTSUP, "SO_REUSEPORT: %s",
			       sk_strerror(errno));
	if (bind(fd, &addr->sa, addr->len) < 0)
		return sk_fail(err, -errno, "bind: %s", sk_strerror(errno));
	if (k->listens && listen(fd, (int)job->backlog) < 0)
		return sk_fail(err, -errno, "listen: %s", sk_strerror(errno));
	if (sk_addr_local(addr, fd) < 0)
		return sk_fail(err, -errno, "%s", sk_strerror(errno));
	return 0;
}

static bool is_loopback4(const struct sk_addr *a)
{
	return a->sa.sa_family == AF_INET &&
	       ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
}

/*
 * Nobody but the peer's host is heard. There are kernels that let root alone
 * attach filters; on loopback nobody else is there anyway.
 */
static int keep_out(int fd, const struct bench_local *local,
		    const struct sk_addr *addr, struct sk_err *err)
{
	int r = local && local->peer.len ? bench_guard(fd, &local->peer) : 0;

	if (r == -EPERM &&
	    (is_loopback4(addr) ||
	     (addr->sa.sa_family == AF_INET6 &&
	      IN6_IS_ADDR_LOOPBACK(&addr->in6.sin6_addr))))
		return 0;
	return r < 0 ? sk_fail(err, r, "strangers cannot be kept out: filter: "
				       "%s%s", sk_strerror(r),
			       r == -EPERM ? " (root may)" : "") : 0;
}

int bench_listen(const struct bench_job *job, const struct bench_local *local,
		 bool share, struct sk_addr *addr, struct sk_err *err)
{
	const struct bench_kind *k = bench_kind_of(job);
	int fd, r = 0;

	/* A second one goes to the address of the first. */
	if (!addr->len)
		r = address(addr, k, local, err);
	if (r < 0)
		return r;
	fd = bench_socket(job, err);
	if (fd < 0)
		return fd;
	r = keep_out(fd, local, addr, err);
	if (r >= 0)
		r = bound(fd, job, share, addr, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* --- the client's -------------------------------------------------------- */

/* Loopback has addresses enough for more connections than one has ports. */
static void spread(int fd, const struct sk_addr *to, size_t i)
{
	struct sk_addr from;
	int one = 1;

	if (i < PER_SOURCE || !is_loopback4(to))
		return;
	bench_loopback(&from, &kinds[BENCH_S_TCP]);
	from.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK +
					(uint32_t)(i / PER_SOURCE));
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	/* If it fails, connect(2) says so. */
	if (bind(fd, &from.sa, from.len) < 0)
		return;
}

/* unix(7) datagrams are answered at a name, which the kernel gives. */
static int autobind(int fd)
{
	sa_family_t family = AF_UNIX;
	struct sk_addr a = { .len = sizeof(family) };

	a.sa.sa_family = family;
	return bind(fd, &a.sa, a.len) < 0 ? -errno : 0;
}

static int connect_failed(const struct sk_addr *addr, int e,
			  struct sk_err *err)
{
	char text[SK_ADDR_TEXT_MAX];

	if (e == EADDRNOTAVAIL)
		return sk_fail(err, -e, "too few ports: widen "
			       "net.ipv4.ip_local_port_range");
	return sk_fail(err, -e, "%s: connect: %s", sk_addr_format(text, addr),
		       sk_strerror(e));
}

int bench_connect(const struct bench_job *job, const struct sk_addr *addr,
		  size_t i, struct sk_err *err)
{
	int fd = bench_socket(job, err), r = 0;

	if (fd < 0)
		return fd;
	if (job->socket == BENCH_S_UNIX_DGRAM)
		r = autobind(fd);
	spread(fd, addr, i);
	if (job->socket != BENCH_S_UDP && r >= 0)
		do {
			r = connect(fd, &addr->sa, addr->len) < 0 ? -errno : 0;
		} while (r == -EINTR);
	if (r < 0) {
		close(fd);
		return connect_failed(addr, -r, err);
	}
	return fd;
}
