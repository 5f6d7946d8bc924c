/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dgram_open.h"

#include <fcntl.h>
#include <net/if.h>
#include <ifaddrs.h>

#include "base/fd.h"
#include "base/log.h"

#ifndef IPPROTO_UDPLITE
#define IPPROTO_UDPLITE 136
#endif

#define RCVBUF (4 << 20)	/* asked for; net.core.rmem_max may cut it */
#define PORT_TRIES 32

struct opening {
	struct sk_loop *loop;
	const struct sk_net_opts *o;
	const struct sk_udp_opts *u;
	struct sk_err *err;
};

/* --- options ---------------------------------------------------------------- */

static int set_int(const struct opening *op, int fd, int level, int name,
		   int value, const char *what)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) >= 0)
		return 0;
	return sk_fail(op->err, -errno, "%s: %s", what, sk_strerror(errno));
}

static int set_hops(const struct opening *op, int fd, bool v6)
{
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, r;
	int ttl = (int)op->u->ttl;

	r = set_int(op, fd, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, ttl,
		    "--ttl");
	if (r < 0)
		return r;
	return set_int(op, fd, level,
		       v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, ttl,
		       "--ttl");
}

/*
 * Bursts are to wait in the queue while we write, hence the large buffer;
 * --sockopt so_rcvbuf, which comes after, has the last word.
 */
static int set_options(const struct opening *op, int fd, int family)
{
	const struct sk_udp_opts *u = op->u;
	bool v6 = family == AF_INET6;
	const int rcvbuf = RCVBUF, on = 1;
	int r = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	/* Receivers of a group share its port; others must not be robbed. */
	if (u->n_joins)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (u->broadcast)
		r = set_int(op, fd, SOL_SOCKET, SO_BROADCAST, 1, "--broadcast");
	if (r >= 0 && u->has_ttl)
		r = set_hops(op, fd, v6);
	if (r >= 0 && u->has_loop)
		r = set_int(op, fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			    v6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP,
			    u->loop, "--loop");
	return r < 0 ? r : sk_net_apply(fd, family, op->o, false, op->err);
}

static int join_groups(const struct opening *op, int fd, int family)
{
	int r = 0;

	for (size_t i = 0; i < op->u->n_joins && r >= 0; i++)
		r = sk_mcast_join(fd, family, &op->u->joins[i], op->err);
	return r;
}

/* A socket with its options, not yet bound. The fd or a negative errno. */
static int open_socket(const struct opening *op, const struct sk_addr *for_addr)
{
	int family = for_addr->sa.sa_family, fd, r;
	char name[SK_ADDR_TEXT_MAX];

	fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    family == AF_VSOCK ? 0 :
		    op->u->lite	       ? IPPROTO_UDPLITE :
					 IPPROTO_UDP);
	if (fd < 0) {
		r = -errno;
		return sk_fail(op->err, r, "%s: socket: %s%s",
			       sk_addr_format(name, for_addr), sk_strerror(r),
			       op->u->lite && r == -EPROTONOSUPPORT ?
				       " (this kernel has no UDP-Lite)" : "");
	}
	r = set_options(op, fd, family);
	if (r < 0) {
		sk_close(&fd);
		return r;
	}
	return fd;
}

static int bind_socket(const struct opening *op, int fd,
		       const struct sk_addr *a)
{
	char name[SK_ADDR_TEXT_MAX];
	int r;

	if (bind(fd, &a->sa, a->len) >= 0)
		return 0;
	r = -errno;
	return sk_fail(op->err, r, "%s: bind: %s%s", sk_addr_format(name, a),
		       sk_strerror(r), sk_net_zone_hint(a, r));
}

static int wrap(const struct opening *op, int fd, struct sk_dgram **d)
{
	bool offload = !op->u->no_gso;

	*d = sk_dgram_new(op->loop, fd, offload, offload && !op->u->no_gro);
	return *d ? 0 : sk_fail(op->err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

/* --- a client --------------------------------------------------------------- */

/* Is it the broadcast address of one of our networks, or of all? */
static bool is_broadcast(const struct sk_addr *a)
{
	struct ifaddrs *all, *i;
	bool found = false;

	if (a->sa.sa_family != AF_INET)
		return false;
	if (a->in.sin_addr.s_addr == htonl(INADDR_BROADCAST))
		return true;
	if (getifaddrs(&all) < 0)
		return false;
	for (i = all; i && !found; i = i->ifa_next) {
		struct sockaddr_in in;

		if (!i->ifa_broadaddr || !(i->ifa_flags & IFF_BROADCAST) ||
		    i->ifa_broadaddr->sa_family != AF_INET)
			continue;
		memcpy(&in, i->ifa_broadaddr, sizeof(in));
		found = in.sin_addr.s_addr == a->in.sin_addr.s_addr;
	}
	freeifaddrs(all);
	return found;
}

static int bind_source(const struct opening *op, int fd, int family)
{
	struct sk_addr from = op->o->source;

	if (!from.len && !op->o->source_port)
		return 0;
	if (!from.len) {
		from = (struct sk_addr){
			.len = family == AF_INET ? sizeof(from.in) :
						   sizeof(from.in6),
		};
		from.sa.sa_family = (sa_family_t)family;
	}
	sk_addr_set_port(&from, op->o->source_port);
	return bind_socket(op, fd, &from);
}

/* connect(2) of UDP only looks for a route and filters what comes. */
static int dial_one(const struct opening *op, struct sk_dgram **d,
		    struct sk_addr *to)
{
	int family = to->sa.sa_family, r;
	char name[SK_ADDR_TEXT_MAX];
	SK_AUTO_FD fd = -1;

	if (op->o->source.len && op->o->source.sa.sa_family != family)
		return sk_fail(op->err, -EAFNOSUPPORT,
			       "%s: the source address is of another family",
			       sk_addr_format(name, to));
	if (op->o->host)
		return sk_udp_stack_dial(d, to, op->o, op->u, op->err);
	r = open_socket(op, to);
	if (r < 0)
		return r;
	fd = r;
	r = bind_source(op, fd, family);
	if (r >= 0)
		r = join_groups(op, fd, family);
	if (r < 0)
		return r;
	if (op->u->unconnected || sk_mcast_is(to) ||
	    (op->u->broadcast && is_broadcast(to)))
		return wrap(op, sk_steal_fd(&fd), d);
	if (connect(fd, &to->sa, to->len) < 0) {
		r = -errno;
		return sk_fail(op->err, r, "%s: connect: %s%s%s",
			       sk_addr_format(name, to), sk_strerror(r),
			       sk_net_zone_hint(to, r),
			       r == -EACCES && is_broadcast(to) ?
				       " (a broadcast address needs "
				       "--broadcast)" : "");
	}
	to->len = 0;
	return wrap(op, sk_steal_fd(&fd), d);
}

/* VSOCK has nothing to be looked up. */
static int addresses_of(const struct opening *op, const struct sk_target *t,
			bool passive, struct sk_addrs *addrs)
{
	if (t->kind != SK_TARGET_VSOCK)
		return sk_resolve_wait(op->loop, t, op->o, passive, addrs,
				       op->err);
	addrs->n = 1;
	addrs->v[0] = t->addr;
	return 0;
}

int sk_udp_dial(struct sk_dgram **d, struct sk_addr *to, struct sk_loop *loop,
		const struct sk_target *t, const struct sk_net_opts *o,
		const struct sk_udp_opts *u, struct sk_err *err)
{
	struct sk_err first = { 0 };
	struct opening op = { loop, o, u, err };
	struct sk_addrs addrs;
	int r = addresses_of(&op, t, false, &addrs);

	if (r < 0)
		return r;
	for (size_t i = 0; i < addrs.n; i++) {
		*to = addrs.v[i];
		r = dial_one(&op, d, to);
		if (r >= 0)
			return r;
		sk_debug("%s", err->text);
		if (!i)
			first = *err;
	}
	*err = first;
	return r;
}

/* --- a server --------------------------------------------------------------- */

static int bind_one(const struct opening *op, struct sk_dgram **d,
		    const struct sk_addr *a)
{
	SK_AUTO_FD fd = -1;
	int r;

	if (op->o->host)
		return sk_udp_stack_bind(d, a, op->o, op->u, op->err);
	r = open_socket(op, a);
	if (r < 0)
		return r;
	fd = r;
	r = bind_socket(op, fd, a);
	if (r >= 0)
		r = join_groups(op, fd, a->sa.sa_family);
	return r < 0 ? r : wrap(op, sk_steal_fd(&fd), d);
}

int sk_udp_bind_addr(struct sk_dgram **d, struct sk_loop *loop,
		     const struct sk_addr *a, const struct sk_net_opts *o,
		     const struct sk_udp_opts *u, struct sk_err *err)
{
	struct opening op = { loop, o, u, err };

	return bind_one(&op, d, a);
}

static void close_all(struct sk_dgram *v[], int *n)
{
	while (*n)
		sk_dgram_free(v[--*n]);
}

/* One family may be switched off on this machine: no reason to fail. */
static bool family_missing(int error, const struct sk_addrs *addrs)
{
	return addrs->n > 1 &&
	       (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL);
}

static int bind_all(const struct opening *op, struct sk_dgram *v[],
		    struct sk_addrs *addrs)
{
	int64_t port = 0;
	int n = 0, r = 0;

	for (size_t i = 0; i < addrs->n; i++) {
		if (port)
			sk_addr_set_port(&addrs->v[i], (uint16_t)port);
		r = bind_one(op, &v[n], &addrs->v[i]);
		if (r >= 0) {
			port = sk_addr_port(&v[n++]->addr);
		} else if (family_missing(r, addrs)) {
			sk_debug("%s, left out", op->err->text);
		} else {
			close_all(v, &n);
			return r;
		}
	}
	return n ? n : r;
}

int sk_udp_bind(struct sk_dgram *v[SK_ADDRS_MAX], struct sk_loop *loop,
		const struct sk_target *t, const struct sk_net_opts *o,
		const struct sk_udp_opts *u, struct sk_err *err)
{
	struct opening op = { loop, o, u, err };
	struct sk_addrs addrs, copy;
	int r = addresses_of(&op, t, true, &addrs);
	bool any_port;

	if (r < 0)
		return r;
	any_port = !sk_addr_port(&addrs.v[0]);
	for (int i = 0; i < PORT_TRIES; i++) {
		copy = addrs;
		r = bind_all(&op, v, &copy);
		if (r != -EADDRINUSE || !any_port)
			break;
	}
	return r;
}

/* --- a socket that was inherited -------------------------------------------- */

/* A duplicate: what the number stood for stays as it was. */
int sk_udp_inherit(struct sk_dgram **d, struct sk_loop *loop, int fd,
		   bool server, const struct sk_udp_opts *u,
		   struct sk_err *err)
{
	struct opening op = { .loop = loop, .u = u, .err = err };
	socklen_t len = sizeof(int);
	struct sk_addr peer;
	int type = 0, own;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return sk_fail(err, -errno, "fd:%d: %s", fd,
			       sk_strerror(errno));
	if (type != SOCK_DGRAM)
		return sk_fail(err, -ESOCKTNOSUPPORT,
			       "fd:%d: not a socket of datagrams", fd);
	if (!server && sk_addr_peer(&peer, fd) < 0)
		return sk_fail(err, -ENOTCONN, "fd:%d: not connected: with "
			       "whom to talk? (-l waits for somebody)", fd);
	own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return sk_fail(err, -errno, "fd:%d: %s", fd,
			       sk_strerror(errno));
	return wrap(&op, own, d);
}
