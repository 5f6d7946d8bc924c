/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/host.h"
#include "net/resolve.h"
#include "net/unix.h"

#define TURN 64			/* accepted in a row before others may run */
#define PORT_TRIES 32		/* port 0 on several addresses */
#define RETRY (100 * SK_MSEC)	/* accept(2) without descriptors */

struct lsock {
	struct sk_listener *l;
	struct sk_watch watch;
	struct sk_addr addr;
	int fd;
	struct stk_sock *sk;	/* instead, on a host of our own */
	struct sk_unix_file file; /* of a unix path we made */
};

struct sk_listener {
	struct sk_loop *loop;
	struct sk_target target;
	struct sk_timer retry;
	struct sk_host *host;	/* NULL: the kernel */
	const struct sk_pass *pass;
	sk_accept_fn *fn;
	void *arg;
	bool starved;		/* no descriptors; said so */
	bool paused;
	bool *freed;		/* set when freed inside a callback */
	size_t n;
	struct lsock socks[SK_ADDRS_MAX];
};

/* --- opening ---------------------------------------------------------------- */

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

static int open_on_stack(struct lsock *s, const struct sk_net_opts *o,
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

static int open_one(struct lsock *s, const struct sk_net_opts *o,
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

static void close_one(struct lsock *s)
{
	sk_watch_fini(&s->watch);
	sk_close(&s->fd);
	if (s->sk)
		sk_host_touch(s->l->host);
	stk_close(s->sk);
	s->sk = NULL;
}

static void close_socks(struct sk_listener *l)
{
	for (size_t i = 0; i < l->n; i++)
		close_one(&l->socks[i]);
}

static bool is_open(const struct lsock *s)
{
	return s->fd >= 0 || s->sk;
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
		struct lsock *s = &l->socks[l->n];

		*s = (struct lsock){ .l = l, .addr = addrs->v[i], .fd = -1 };
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
		close_one(s);
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
		close_socks(l);
	}
	return r;
}

static int open_single(struct sk_listener *l, const struct sk_net_opts *o,
		       struct sk_err *err)
{
	struct lsock *s = &l->socks[0];
	int r;

	l->n = 1;
	*s = (struct lsock){ .l = l, .addr = l->target.addr, .fd = -1 };
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
	struct lsock *s = &l->socks[l->n];
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
	*s = (struct lsock){ .l = l, .fd = fd };
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

/* --- accepting -------------------------------------------------------------- */

/*
 * No descriptor left. The clients wait in the backlog, and so do we: for a
 * session to end, or for a moment. One line an episode, no spinning.
 */
static void starve(struct sk_listener *l, int error)
{
	if (!l->starved)
		sk_warn("accept: %s: new clients wait until others have left",
			sk_strerror(error));
	l->starved = true;
	sk_timer_in(&l->retry, RETRY);
}

/* accept(2): errors of that one connection, not of ours. */
static bool is_transient(int error)
{
	return error == EINTR || error == ECONNABORTED || error == EPERM ||
	       error == EPROTO || error == ENOPROTOOPT || error == EHOSTDOWN ||
	       error == ENONET || error == EHOSTUNREACH ||
	       error == EOPNOTSUPP || error == ENETUNREACH ||
	       error == ENETDOWN || error == ETIMEDOUT;
}

static int accept_on_stack(struct lsock *s)
{
	struct sk_listener *l = s->l;
	struct endpoint *ep = NULL;
	struct stk_sock *sk;
	int r;

	sk_host_touch(l->host);
	r = stk_accept(s->sk, &sk);
	if (r < 0) {
		sk_watch_blocked(&s->watch, SK_IN);
		return 0;
	}
	r = endpoint_stack(&ep, l->host, sk);
	if (r < 0) {
		sk_warn("accept: %s", sk_strerror(r));
		stk_close(sk);
		return 1;
	}
	l->fn(l, ep, l->arg);
	return 1;
}

/* One connection: 1 accepted or try again, 0 none is there. */
static int accept_one(struct lsock *s)
{
	struct sk_listener *l = s->l;
	struct endpoint *ep = NULL;
	struct sk_addr peer = { .len = sizeof(peer) - offsetof(struct sk_addr,
							       sa) };
	int fd, r;

	fd = accept4(s->fd, &peer.sa, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0 && errno == EAGAIN) {
		sk_watch_blocked(&s->watch, SK_IN);
		return 0;
	}
	if (fd < 0 && is_transient(errno))
		return 1;
	if (fd < 0) {
		starve(l, errno);
		return 0;
	}
	l->starved = false;
	r = endpoint_socket(&ep, l->loop, fd, &peer);
	if (r < 0) {
		sk_warn("accept: %s", sk_strerror(r));
		sk_close(&fd);
		return 1;
	}
	endpoint_socket_pass(ep, l->pass);
	l->fn(l, ep, l->arg);
	return 1;
}

/* The callback may stop or free the listener. */
static void on_clients(struct sk_watch *w)
{
	struct lsock *s = sk_container_of(w, struct lsock, watch);
	struct sk_listener *l = s->l;
	bool freed = false;

	if (l->paused || sk_timer_armed(&l->retry))
		return;
	l->freed = &freed;
	for (int i = 0; i < TURN; i++) {
		int more = s->sk ? accept_on_stack(s) : accept_one(s);

		if (freed)
			return;
		if (!more || !is_open(s) || l->paused)
			break;
	}
	l->freed = NULL;
	if (is_open(s) && !l->paused && !sk_timer_armed(&l->retry))
		sk_watch_want(w, SK_IN);
}

static void watch_all(struct sk_listener *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->socks[i].watch.loop)
			sk_watch_want(&l->socks[i].watch, SK_IN);
}

static void on_retry(struct sk_timer *t)
{
	watch_all(sk_container_of(t, struct sk_listener, retry));
}

void sk_listener_resume(struct sk_listener *l)
{
	if (!sk_timer_armed(&l->retry))
		return;
	sk_timer_stop(&l->retry);
	watch_all(l);
}

void sk_listener_pause(struct sk_listener *l, bool pause)
{
	if (l->paused == pause)
		return;
	l->paused = pause;
	if (!pause)
		watch_all(l);
}

static void watch_begin(struct lsock *s)
{
	struct sk_loop *loop = s->l->loop;

	if (s->sk) {
		sk_watch_init_bare(&s->watch, loop, on_clients);
		sk_host_watch(s->sk, &s->watch);
	} else if (sk_watch_init(&s->watch, loop, s->fd, on_clients) < 0) {
		sk_warn("epoll: %s", sk_strerror(errno));
	}
}

void sk_listener_start(struct sk_listener *l, sk_accept_fn *fn, void *arg)
{
	l->fn = fn;
	l->arg = arg;
	sk_timer_init(&l->retry, l->loop, on_retry);
	for (size_t i = 0; i < l->n; i++)
		watch_begin(&l->socks[i]);
	watch_all(l);
}

/* --- ends ------------------------------------------------------------------- */

void sk_listener_stop(struct sk_listener *l)
{
	sk_timer_stop(&l->retry);
	for (size_t i = 0; i < l->n; i++)
		sk_unix_remove(&l->socks[i].file, &l->socks[i].addr);
	close_socks(l);
	for (size_t i = 0; i < l->n; i++)
		l->socks[i].file.inode = 0;
}

void sk_listener_free(struct sk_listener *l)
{
	if (!l)
		return;
	sk_listener_stop(l);
	if (l->freed)
		*l->freed = true;
	free(l);
}

const struct sk_addr *sk_listener_addr(const struct sk_listener *l, size_t i)
{
	return i < l->n ? &l->socks[i].addr : NULL;
}

int sk_listener_fd(const struct sk_listener *l, size_t i)
{
	return i < l->n ? l->socks[i].fd : -1;
}
