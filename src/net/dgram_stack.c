/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets of UDP on a host of the embedded stack: sk_dgram's other kind. */
#include <netinet/in.h>

#include "net/dgram_open.h"
#include "net/host.h"

#define RCVBUF (4 << 20)	/* as dgram_open.c asks the kernel for */

struct dgram_stack {
	struct sk_dgram d;
	struct sk_host *host;
	struct stk_sock *sk;
};

static struct dgram_stack *stack_of(struct sk_dgram *d)
{
	return sk_container_of(d, struct dgram_stack, d);
}

/* --- addresses ----------------------------------------------------------- */

static void from_stack(struct sk_addr *a, const struct stk_addr *s)
{
	a->len = (socklen_t)stk_addr_to(s, &a->sa);
}

/* The address to answer from; a group's or a broadcast one is none. */
static void take_local(struct sk_dgram_local *local, const struct stk *s,
		       const struct stk_head *h)
{
	local->family = AF_UNSPEC;
	if (stk_is_broadcast(s, &h->to) || h->to.b[0] == 0xff ||
	    (h->from.family == AF_INET && (h->to.b[12] & 0xf0) == 0xe0))
		return;
	local->family = h->from.family;
	if (local->family == AF_INET)
		memcpy(&local->in, h->to.b + 12, sizeof(local->in));
	else
		memcpy(&local->in6, h->to.b, sizeof(local->in6));
}

/* NULL: any. */
static const struct stk_ip *local_ip(struct stk_ip *ip,
				     const struct sk_dgram_local *local)
{
	if (!local || local->family == AF_UNSPEC)
		return NULL;
	*ip = (struct stk_ip){ .b = { [10] = 0xff, [11] = 0xff } };
	if (local->family == AF_INET)
		memcpy(ip->b + 12, &local->in, sizeof(local->in));
	else
		memcpy(ip->b, &local->in6, sizeof(local->in6));
	return ip;
}

/* --- datagrams ----------------------------------------------------------- */

static int take_slot(struct dgram_stack *s, struct sk_dgram_slot *slot,
		     size_t room)
{
	struct iovec iov = { slot->data, room };
	struct stk_head h;
	ssize_t n;

	*slot = (struct sk_dgram_slot){ .data = slot->data };
	if (!stk_head(s->sk, &h)) {
		n = stk_recv(s->sk, &iov, 1, NULL, 0);
		return n < 0 ? (int)n : -EAGAIN;
	}
	n = stk_recv(s->sk, &iov, 1, NULL, MSG_TRUNC);
	if (n < 0)
		return (int)n;
	slot->len = (size_t)n < room ? (size_t)n : room;
	slot->cut = (size_t)n - slot->len;
	if (!s->d.connected)
		from_stack(&slot->from, &h.from);
	take_local(&slot->local, sk_host_stack(s->host), &h);
	return 1;
}

static int stack_recv(struct sk_dgram *d, struct sk_dgram_batch *b, int max)
{
	struct dgram_stack *s = stack_of(d);
	int r = 1;

	d->has_error |= stk_ready(s->sk) & STK_ERR;
	while (b->n < max && r > 0) {
		struct sk_dgram_slot *slot = &b->slot[b->n];

		slot->data = b->data + (size_t)b->n * b->room;
		r = take_slot(s, slot, b->room);
		b->n += r > 0;
	}
	d->lost = (uint32_t)stk_drops(s->sk);
	if (b->n)
		return b->n;
	if (r == -EAGAIN)
		sk_watch_blocked(&d->watch, SK_IN);
	return r;
}

/*
 * What the link has no room for is lost, as the kernel loses it; but bursts
 * are held back while it still has as much to send as is good (-ENOBUFS:
 * again in a moment).
 */
static int stack_send(struct sk_dgram *d, const struct sk_dgram_to *to,
		      const struct iovec *iov, size_t n)
{
	struct dgram_stack *s = stack_of(d);
	struct stk_addr addr, *peer = NULL;
	const struct stk_ip *src;
	struct stk_ip ip;
	size_t done = 0;
	ssize_t r = 0;

	if (to->to) {
		if (!stk_addr_from(&addr, &to->to->sa, to->to->len))
			return -EAFNOSUPPORT;
		peer = &addr;
	}
	src = local_ip(&ip, to->local);
	sk_host_touch(s->host);
	while (done < n) {
		if (stk_congested(sk_host_stack(s->host)))
			r = -ENOBUFS;
		else
			r = stk_send_from(s->sk, &iov[done], 1, peer, src);
		if (r < 0)
			break;
		done++;
	}
	return done ? (int)done : (int)r;
}

static int stack_error(struct sk_dgram *d, struct sk_dgram_error *e)
{
	struct dgram_stack *s = stack_of(d);
	struct stk_addr by;
	struct stk_back b;

	*e = (struct sk_dgram_error){ 0 };
	if (!stk_back(s->sk, &b))
		return 0;
	by = (struct stk_addr){ b.to.family, 0, b.by };
	from_stack(&e->to, &b.to);
	from_stack(&e->by, &by);
	e->error = -b.error;
	e->mtu = b.mtu;
	e->text = sk_dgram_error_text(b.to.family == AF_INET6, b.type, b.code,
				      b.error);
	return 1;
}

static void stack_free(struct sk_dgram *d)
{
	struct dgram_stack *s = stack_of(d);

	sk_host_touch(s->host);
	stk_close(s->sk);
	free(s);
}

static const struct sk_dgram_ops stack_ops = {
	.recv = stack_recv,
	.send = stack_send,
	.error = stack_error,
	.free = stack_free,
};

static void on_ready(struct sk_watch *w)
{
	struct sk_dgram *d = sk_container_of(w, struct sk_dgram, watch);

	if (d->ready)
		d->ready(d);
}

/* Takes sk over in any case. */
static int wrap(struct sk_dgram **d, struct sk_host *h, struct stk_sock *sk,
		int family, struct sk_err *err)
{
	struct dgram_stack *s = calloc(1, sizeof(*s));

	if (!s) {
		stk_close(sk);
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	}
	s->host = h;
	s->sk = sk;
	s->d.ops = &stack_ops;
	s->d.loop = sk_host_loop(h);
	s->d.fd = -1;
	s->d.family = family;
	s->d.type = SOCK_DGRAM;
	sk_host_local(sk, &s->d.addr);
	sk_host_peer(sk, &s->d.peer);
	s->d.connected = s->d.peer.len;
	sk_watch_init_bare(&s->d.watch, s->d.loop, on_ready);
	sk_host_watch(sk, &s->d.watch);
	sk_watch_assume(&s->d.watch, SK_IN | SK_OUT);
	*d = &s->d;
	return 0;
}

/* --- options ------------------------------------------------------------- */

struct row {
	bool wanted;
	int level, name, value;
	const char *what;	/* NULL: a wish */
};

static int set_rows(struct stk_sock *sk, const struct row *rows, size_t n,
		    struct sk_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *o = &rows[i];
		int r;

		if (!o->wanted)
			continue;
		r = stk_setopt(sk, o->level, o->name, &o->value,
			       sizeof(o->value));
		if (r < 0 && o->what)
			return sk_fail(err, r, "%s: %s", o->what,
				       sk_strerror(r));
	}
	return 0;
}

static int set_options(struct stk_sock *sk, int family,
		       const struct sk_udp_opts *u, struct sk_err *err)
{
	bool v6 = family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, ttl = (int)u->ttl;
	const struct row rows[] = {
		{ true, SOL_SOCKET, SO_RCVBUF, RCVBUF, NULL },
		{ true, level, v6 ? IPV6_RECVERR : IP_RECVERR, 1, NULL },
		{ u->n_joins != 0, SOL_SOCKET, SO_REUSEADDR, 1, NULL },
		{ u->broadcast, SOL_SOCKET, SO_BROADCAST, 1, "--broadcast" },
		{ u->has_ttl, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, ttl,
		  "--ttl" },
		{ u->has_ttl, level,
		  v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, ttl, "--ttl" },
		{ u->has_loop, level,
		  v6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP, u->loop,
		  "--loop" },
	};

	return set_rows(sk, rows, sizeof(rows) / sizeof(*rows), err);
}

static int join(struct stk_sock *sk, const struct sk_mcast *m,
		struct sk_err *err)
{
	struct ipv6_mreq m6 = { 0 };
	struct ip_mreqn m4 = { 0 };
	char name[SK_ADDR_TEXT_MAX];
	int r;

	if (m->source.len)
		return sk_usage(err, "--join: the stack joins groups as a "
				     "whole, not by source");
	if (m->group.sa.sa_family == AF_INET) {
		m4.imr_multiaddr = m->group.in.sin_addr;
		r = stk_setopt(sk, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m4,
			       sizeof(m4));
	} else {
		m6.ipv6mr_multiaddr = m->group.in6.sin6_addr;
		r = stk_setopt(sk, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m6,
			       sizeof(m6));
	}
	return r < 0 ? sk_fail(err, r, "--join: %s: %s",
			       sk_addr_format_host(name, &m->group),
			       sk_strerror(r)) : 0;
}

static int join_groups(struct stk_sock *sk, int family,
		       const struct sk_udp_opts *u, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < u->n_joins && r >= 0; i++)
		if (u->joins[i].group.sa.sa_family == family)
			r = join(sk, &u->joins[i], err);
	return r;
}

/* A socket with its options, not bound yet. --sockopt has the last word. */
static int open_socket(struct stk_sock **sk, int family,
		       const struct sk_net_opts *o,
		       const struct sk_udp_opts *u, struct sk_err *err)
{
	const struct sk_net_opts plain = { 0 };
	int r = sk_host_socket(o->host, family, SOCK_DGRAM, &plain, sk, err);

	if (r < 0)
		return r;
	r = set_options(*sk, family, u, err);
	if (r >= 0)
		r = sk_host_apply(*sk, family, o, err);
	if (r < 0)
		stk_close(*sk);
	return r;
}

static int bind_to(struct stk_sock *sk, const struct sk_addr *a,
		   struct sk_err *err)
{
	char name[SK_ADDR_TEXT_MAX];
	int r = sk_host_bind(sk, a);

	return r < 0 ? sk_fail(err, r, "%s: bind: %s", sk_addr_format(name, a),
			       sk_strerror(r)) : 0;
}

static int bind_source(struct stk_sock *sk, int family,
		       const struct sk_net_opts *o, struct sk_err *err)
{
	struct sk_addr from = o->source;

	if (!from.len && !o->source_port)
		return 0;
	if (!from.len) {
		from.len = family == AF_INET ? sizeof(from.in) :
					       sizeof(from.in6);
		from.sa.sa_family = (sa_family_t)family;
	}
	sk_addr_set_port(&from, o->source_port);
	return bind_to(sk, &from, err);
}

/* --- opening ------------------------------------------------------------- */

static bool has_many(const struct sk_addr *to, const struct sk_net_opts *o,
		     const struct sk_udp_opts *u)
{
	struct stk_addr a;

	return sk_mcast_is(to) ||
	       (u->broadcast && stk_addr_from(&a, &to->sa, to->len) &&
		stk_is_broadcast(sk_host_stack(o->host), &a.ip));
}

static int connect_to(struct stk_sock *sk, struct sk_addr *to,
		      const struct sk_net_opts *o, struct sk_err *err)
{
	char name[SK_ADDR_TEXT_MAX];
	int r = sk_host_connect(o->host, sk, to);

	if (r < 0)
		return sk_fail(err, r, "%s: connect: %s%s",
			       sk_addr_format(name, to), sk_strerror(r),
			       r == -EACCES ? " (a broadcast address needs "
					      "--broadcast)" : "");
	to->len = 0;
	return 0;
}

int sk_udp_stack_dial(struct sk_dgram **d, struct sk_addr *to,
		      const struct sk_net_opts *o, const struct sk_udp_opts *u,
		      struct sk_err *err)
{
	int family = to->sa.sa_family, r;
	struct stk_sock *sk;

	r = open_socket(&sk, family, o, u, err);
	if (r < 0)
		return r;
	r = bind_source(sk, family, o, err);
	if (r >= 0)
		r = join_groups(sk, family, u, err);
	if (r >= 0 && !u->unconnected && !has_many(to, o, u))
		r = connect_to(sk, to, o, err);
	if (r < 0) {
		stk_close(sk);
		return r;
	}
	return wrap(d, o->host, sk, family, err);
}

int sk_udp_stack_bind(struct sk_dgram **d, const struct sk_addr *a,
		      const struct sk_net_opts *o, const struct sk_udp_opts *u,
		      struct sk_err *err)
{
	int family = a->sa.sa_family, r;
	struct stk_sock *sk;

	r = open_socket(&sk, family, o, u, err);
	if (r < 0)
		return r;
	r = bind_to(sk, a, err);
	if (r >= 0)
		r = join_groups(sk, family, u, err);
	if (r < 0) {
		stk_close(sk);
		return r;
	}
	return wrap(d, o->host, sk, family, err);
}
