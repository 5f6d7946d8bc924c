/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sockets of a listener: made, bound, or taken over. */
#include "net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/host.h"
#include "net/listener_int.h"
#include "net/resolve.h"

#define PORT_TRIES 32		/* port 0 on several addresses */

/* The generalized TTL security mechanism, RFC 5082. */
static int set_min_ttl(int fd, int family, int ttl)
{
	if (!ttl)
		return 0;
	if (family == AF_INET)
		return setsockopt(fd, IPPROTO_IP, IP_MINTTL, &ttl,
				  sizeof(ttl));
	if (family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &ttl,
				  sizeof(ttl));
	return 0;
}

static int set_flags(int fd, int family, const struct sk_net_opts *o,
		     struct sk_err *err)
{
	const int on = 1;

	/* The TIME-WAIT of the server before must not keep us out. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 &&
	    family != AF_VSOCK)
		return sk_fail(err, -errno, "so_reuseaddr: %s",
			       sk_strerror(errno));
	if (o->reuseport &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		return sk_fail(err, -errno, "so_reuseport: %s",
			       sk_strerror(errno));
	/* IPv4 has a socket of its own, with addresses in its own form. */
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (set_min_ttl(fd, family, o->min_ttl) < 0)
		return sk_fail(err, -errno, "minimal TTL: %s",
			       sk_strerror(errno));
	return sk_net_apply(fd, family, o, false, err);
}

static const char *remedy(int error)
{
	switch (error) {
	case -EACCES:
		return " (ports below net.ipv4.ip_unprivileged_port_start "
		       "need CAP_NET_BIND_SERVICE)";
	case -EADDRNOTAVAIL:
		return " (no interface here has this address)";
	default:
		return "";
	}
}

static int set_stack_flags(struct stk_sock *sk, const struct sk_net_opts *o,
			   struct sk_err *err)
{
	const int on = 1;

	if (o->min_ttl)
		return sk_fail(err, -EOPNOTSUPP, "minimal TTL: not with "
						 "--stack");
	stk_setopt(sk, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (o->reuseport)
		stk_setopt(sk, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	return 0;
}

static int open_on_stack(struct sk_lsock *s, const struct sk_net_opts *o,
			 struct sk_err *err)
{
	char name[SK_ADDR_TEXT_MAX];
	int r = sk_host_socket(o->host, s->addr.sa.sa_family, SOCK_STREAM, o,
			       &s->sk, err);

	if (r >= 0)
		r = set_stack_flags(s->sk, o, err);
	if (r < 0)
		return r;
	sk_addr_format(name, &s->addr);
	r = sk_host_bind(s->sk, &s->addr);
	if (r < 0)
		return sk_fail(err, r, "%s: bind: %s%s", name, sk_strerror(r),
			       r == -EADDRNOTAVAIL ?
				       " (--stack has no such address)" : "");
	r = stk_listen(s->sk, o->backlog ? (int)o->backlog : SOMAXCONN);
	if (r < 0)
		return sk_fail(err, r, "%s: listen: %s", name, sk_strerror(r));
	sk_host_local(s->sk, &s->addr);
	return 0;
}

static int open_one(struct sk_lsock *s, const struct sk_net_opts *o,
		    struct sk_err *err)
{
	int family = s->addr.sa.sa_family, r;
	char name[SK_ADDR_TEXT_MAX];

	sk_addr_format(name, &s->addr);
	s->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       sk_net_protocol(o, family));
	if (s->fd < 0)
		return sk_fail(err, -errno, "%s: socket: %s", name,
			       sk_strerror(errno));
	r = set_flags(s->fd, family, o, err);
	if (r < 0)
		return r;
	r = family == AF_UNIX		    ? sk_unix_bind(s->fd, &s->addr, o) :
	    bind(s->fd, &s->addr.sa, s->addr.len) < 0 ? -errno :
						      0;
	if (r < 0)
		return sk_fail(err, r, "%s: bind: %s%s%s", name, sk_strerror(r),
			       family == AF_UNIX ?
				       sk_unix_in_the_way(&s->addr, r) :
				       remedy(r),
			       sk_net_zone_hint(&s->addr, r));
	if (listen(s->fd, o->backlog ? (int)o->backlog : SOMAXCONN) < 0) {
		r = -errno;
		return sk_fail(err, r, "%s: listen: %s", name, sk_strerror(r));
	}
	return sk_addr_local(&s->addr, s->fd);
}

/* This machine may have one family switched off: no reason to fail. */
static bool family_missing(int error, const struct sk_addrs *addrs)
{
	return addrs->n > 1 &&
	       (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL);
}

static int open_all(struct sk_listener *l, const struct sk_addrs *addrs,
		    const struct sk_net_opts *o, struct sk_err *err)
{
	int64_t port = 0;
	int r = 0;

	l->n = 0;
	for (size_t i = 0; i < addrs->n; i++) {
		struct sk_lsock *s = &l->socks[l->n];

		*s = (struct sk_lsock){ .l = l, .addr = addrs->v[i], .fd = -1 };
		if (port)
			sk_addr_set_port(&s->addr, (uint16_t)port);
		r = o->host ? open_on_stack(s, o, err) : open_one(s, o, err);
		l->n++;
		if (r >= 0) {
			port = sk_addr_port(&s->addr);
			continue;
		}
		if (!family_missing(r, addrs))
			return r;
		sk_debug("%s, left out", err->text);
		sk_lsock_close(s);
		l->n--;
	}
	return l->n ? 0 : r;
}

static void ipv4_first(struct sk_addrs *a)
{
	for (size_t i = 1; i < a->n; i++)
		if (a->v[0].sa.sa_family == AF_INET6 &&
		    a->v[i].sa.sa_family == AF_INET) {
			struct sk_addr v4 = a->v[i];

			a->v[i] = a->v[0];
			a->v[0] = v4;
		}
}

static int open_inet(struct sk_listener *l, const struct sk_net_opts *o,
		     struct sk_err *err)
{
	struct sk_addrs addrs;
	int r = sk_resolve_wait(l->loop, &l->target, o, true, &addrs, err);
	bool any_port;

	if (r < 0)
		return r;
	ipv4_first(&addrs);
	any_port = !sk_addr_port(&addrs.v[0]);
	for (int i = 0; i < PORT_TRIES; i++) {
		r = open_all(l, &addrs, o, err);
		if (r != -EADDRINUSE || !any_port)
			return r;
		sk_listener_close(l);
	}
	return r;
}

static int open_single(struct sk_listener *l, const struct sk_net_opts *o,
		       struct sk_err *err)
{
	struct sk_lsock *s = &l->socks[0];
	int r;

	l->n = 1;
	*s = (struct sk_lsock){ .l = l, .addr = l->target.addr, .fd = -1 };
	r = open_one(s, o, err);
	if (r == -EADDRINUSE && l->target.kind == SK_TARGET_UNIX &&
	    !sk_unix_clear_stale(&l->target.addr)) {
		sk_close(&s->fd);
		s->addr = l->target.addr;
		r = open_one(s, o, err);
	}
	if (r < 0 || l->target.kind != SK_TARGET_UNIX)
		return r;
	sk_unix_note(&s->file, &s->addr);
	return 0;
}

static int take_fd(struct sk_listener *l, int fd, struct sk_err *err)
{
	struct sk_lsock *s = &l->socks[l->n];
	socklen_t len = sizeof(int);
	int listens = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0)
		return sk_fail(err, -errno, "fd:%d: %s", fd,
			       sk_strerror(errno));
	if (!listens)
		return sk_fail(err, -EINVAL, "fd:%d: not a listening socket",
			       fd);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	*s = (struct sk_lsock){ .l = l, .fd = fd };
	l->n++;
	return sk_addr_local(&s->addr, fd);
}

static struct sk_listener *listener_new(struct sk_loop *loop,
					struct sk_err *err)
{
	struct sk_listener *l = calloc(1, sizeof(*l));

	if (!l)
		sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	else
		l->loop = loop;
	return l;
}

/* Hand it out, or put it away again. */
static int finish_open(struct sk_listener **out, struct sk_listener *l, int r)
{
	if (r < 0) {
		sk_listener_free(l);
		return r;
	}
	*out = l;
	return 0;
}

int sk_listener_inherit(struct sk_listener **out, struct sk_loop *loop, int n,
			struct sk_err *err)
{
	struct sk_listener *l = listener_new(loop, err);
	int r = 0;

	if (!l)
		return -ENOMEM;
	for (int i = 0; i < n && i < SK_ADDRS_MAX && r >= 0; i++)
		r = take_fd(l, 3 + i, err);
	return finish_open(out, l, r);
}

int sk_listener_open(struct sk_listener **out, struct sk_loop *loop,
		     const struct sk_target *t, const struct sk_net_opts *o,
		     struct sk_err *err)
{
	struct sk_listener *l = listener_new(loop, err);
	int r;

	if (!l)
		return -ENOMEM;
	l->target = *t;
	l->host = o->host;
	if (l->host && t->kind != SK_TARGET_INET)
		return finish_open(out, l, sk_usage(err, "--stack listens on "
							 "a port"));
	l->pass = o->pass;
	r = t->kind == SK_TARGET_INET ? open_inet(l, o, err) :
	    t->kind == SK_TARGET_FD   ? take_fd(l, t->fd, err) :
					open_single(l, o, err);
	return finish_open(out, l, r);
}
