/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets: what is the same for every protocol, and the way to the others. */
#include <errno.h>
#include <netinet/in.h>

#include "stack/ip/ip.h"
#include "stack/stk_internal.h"

#define UDP_BUFFER (208 << 10)	/* net.core.rmem_default of Linux */
#define TCP_BUFFER (4 << 20)

/* --- life ------------------------------------------------------------------- */

static void sock_defaults(struct stk_sock *sk, const struct stk_sock *like)
{
	bool tcp = sk->proto->type == SOCK_STREAM;

	sk->rcvbuf = sk->sndbuf = tcp ? TCP_BUFFER : UDP_BUFFER;
	sk->pmtudisc = -1;
	sk->mcast_ttl = 1;
	sk->mcast_loop = true;
	if (!like)
		return;
	sk->rcvbuf = like->rcvbuf;
	sk->sndbuf = like->sndbuf;
	sk->keepalive = like->keepalive;
	sk->linger = like->linger;
	sk->linger_s = like->linger_s;
	sk->ttl = like->ttl;
	sk->tos = like->tos;
	sk->pmtudisc = like->pmtudisc;
	sk->mark = like->mark;
	sk->priority = like->priority;
	sk->reuseaddr = like->reuseaddr;
	sk->reuseport = like->reuseport;
}

int stk_sock_new(struct stk *s, const struct stk_proto *proto, int family,
		 const struct stk_sock *like, struct stk_sock **out)
{
	struct stk_sock *sk = calloc(1, proto->size);
	int r = 0;

	if (!sk)
		return -ENOMEM;
	sk->proto = proto;
	sk->stk = s;
	sk->family = (uint16_t)family;
	sk->node.key.proto = proto->ipproto;
	sk->node.key.local = sk->node.key.remote = stk_ip_any(family);
	sock_defaults(sk, like);
	TAILQ_INSERT_TAIL(&s->socks, sk, all);
	s->n_socks++;
	if (proto->init)
		r = proto->init(sk);
	if (r < 0) {
		stk_sock_free(sk);
		return r;
	}
	*out = sk;
	return 0;
}

void stk_sock_free(struct stk_sock *sk)
{
	struct stk *s = sk->stk;

	stk_node_del(s, &sk->node);
	ip_leave_all(sk);
	if (sk->notifying)
		TAILQ_REMOVE(&s->notify, sk, notify);
	TAILQ_REMOVE(&s->socks, sk, all);
	s->n_socks--;
	if (sk->user_closed)
		s->n_lingering--;
	free(sk);
}

int stk_socket(struct stk *s, int family, int type, struct stk_sock **sk)
{
	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	if (s->error)
		return -ENETDOWN;
	for (size_t i = 0; stk_protos[i]; i++)
		if (stk_protos[i]->type == type)
			return stk_sock_new(s, stk_protos[i], family, NULL, sk);
	return -ESOCKTNOSUPPORT;
}

void stk_close(struct stk_sock *sk)
{
	if (!sk)
		return;
	sk->user_closed = true;
	sk->stk->n_lingering++;
	sk->fn = NULL;
	sk->arg = NULL;
	sk->proto->close(sk);
}

/* --- readiness -------------------------------------------------------------- */

void stk_on_ready(struct stk_sock *sk, stk_ready_fn *fn, void *arg)
{
	sk->fn = fn;
	sk->arg = arg;
}

unsigned stk_ready(const struct stk_sock *sk)
{
	unsigned e = sk->proto->ready ? sk->proto->ready(sk) : 0;

	return sk->error ? e | STK_ERR : e;
}

void stk_sock_notify(struct stk_sock *sk)
{
	if (sk->notifying || sk->user_closed)
		return;
	sk->notifying = true;
	TAILQ_INSERT_TAIL(&sk->stk->notify, sk, notify);
}

void stk_sock_error(struct stk_sock *sk, int err)
{
	sk->error = err;
	stk_sock_notify(sk);
}

/* --- addresses -------------------------------------------------------------- */

static bool may_bind(const struct stk_sock *sk, const struct stk_ip *a)
{
	const struct stk *s = sk->stk;

	if (stk_ip_is_any(a) || ip_is_ours(s, a))
		return true;
	return sk->proto->type == SOCK_DGRAM &&
	       (stk_ip_is_multicast(a) || ip_is_broadcast(s, a));
}

int stk_bind(struct stk_sock *sk, const struct stk_addr *a)
{
	struct stk_key k = sk->node.key;
	int port = a->port;

	if (a->family != sk->family)
		return -EAFNOSUPPORT;
	if (sk->bound)
		return -EINVAL;
	if (!may_bind(sk, &a->ip))
		return -EADDRNOTAVAIL;
	k.local = a->ip;
	if (!port)
		port = stk_port_choose(sk->stk, &k);
	if (port < 0)
		return -EADDRINUSE;
	k.lport = (uint16_t)port;
	if (stk_port_taken(sk, &k))
		return -EADDRINUSE;
	sk->node.key = k;
	sk->bound = true;
	sk->local_any = stk_ip_is_any(&a->ip);
	stk_node_add(sk->stk, &sk->node);
	return 0;
}

int stk_sock_autobind(struct stk_sock *sk)
{
	int port;

	if (!sk->bound) {
		port = stk_port_choose(sk->stk, &sk->node.key);
		if (port < 0)
			return port;
		sk->node.key.lport = (uint16_t)port;
		sk->bound = true;
		sk->local_any = stk_ip_is_any(&sk->node.key.local);
	}
	if (sk->connected && stk_node_find(sk->stk, &sk->node.key))
		return -EADDRNOTAVAIL; /* this connection exists */
	stk_node_add(sk->stk, &sk->node);
	return 0;
}

static int check_destination(const struct stk_sock *sk,
			     const struct stk_addr *a)
{
	const struct stk *s = sk->stk;
	bool many = stk_ip_is_multicast(&a->ip) || ip_is_broadcast(s, &a->ip);

	if (a->family != sk->family)
		return -EAFNOSUPPORT;
	if (!a->port)
		return sk->proto->type == SOCK_STREAM ? -ECONNREFUSED : -EINVAL;
	if (stk_ip_is_any(&a->ip) || (many && sk->proto->type == SOCK_STREAM))
		return -ENETUNREACH;
	if (ip_is_broadcast(s, &a->ip) && !sk->broadcast)
		return -EACCES;
	return 0;
}

static void disconnect(struct stk_sock *sk)
{
	stk_node_del(sk->stk, &sk->node);
	sk->connected = false;
	sk->node.key.remote = stk_ip_any(sk->family);
	sk->node.key.rport = 0;
	if (sk->local_any)
		sk->node.key.local = stk_ip_any(sk->family);
	if (sk->bound)
		stk_node_add(sk->stk, &sk->node);
}

/* Addresses, port and place in the table, before the protocol acts. */
static int settle(struct stk_sock *sk, const struct stk_addr *a)
{
	struct stk_ip any = { 0 };
	struct ip_route rt;
	int r;

	r = check_destination(sk, a);
	if (r < 0)
		return r;
	r = ip_route(sk->stk, &a->ip,
		     stk_ip_is_any(&sk->node.key.local) ? &any :
							  &sk->node.key.local,
		     &rt);
	if (r < 0)
		return r;
	stk_node_del(sk->stk, &sk->node);
	sk->node.key.local = rt.src;
	sk->node.key.remote = a->ip;
	sk->node.key.rport = a->port;
	sk->connected = true;
	r = stk_sock_autobind(sk);
	if (r < 0)
		disconnect(sk);
	return r;
}

int stk_connect(struct stk_sock *sk, const struct stk_addr *a)
{
	int r;

	if (sk->stk->error)
		return -ENETDOWN;
	if (!sk->proto->connect)
		return -EOPNOTSUPP;
	if (sk->connected && sk->proto->type == SOCK_STREAM)
		return stk_ready(sk) & STK_OUT ? -EISCONN : -EALREADY;
	if (sk->connected)
		disconnect(sk);
	if (a->family == AF_UNSPEC)
		return 0;
	r = settle(sk, a);
	if (r < 0)
		return r;
	r = sk->proto->connect(sk);
	if (r < 0 && r != -EINPROGRESS)
		disconnect(sk);
	return r;
}

int stk_local(const struct stk_sock *sk, struct stk_addr *a)
{
	*a = (struct stk_addr){ sk->family, sk->node.key.lport,
				sk->node.key.local };
	return 0;
}

int stk_peer(const struct stk_sock *sk, struct stk_addr *a)
{
	if (!sk->connected)
		return -ENOTCONN;
	*a = (struct stk_addr){ sk->family, sk->node.key.rport,
				sk->node.key.remote };
	return 0;
}

/* --- what protocols do ------------------------------------------------------ */

int stk_listen(struct stk_sock *sk, int backlog)
{
	if (!sk->proto->listen)
		return -EOPNOTSUPP;
	if (!sk->bound) {
		int r = stk_sock_autobind(sk);

		if (r < 0)
			return r;
	}
	return sk->proto->listen(sk, backlog < 1 ? 1 : backlog);
}

int stk_accept(struct stk_sock *sk, struct stk_sock **peer)
{
	return sk->proto->accept ? sk->proto->accept(sk, peer) : -EOPNOTSUPP;
}

ssize_t stk_send_from(struct stk_sock *sk, const struct iovec *iov, int n,
		      const struct stk_addr *to, const struct stk_ip *src)
{
	int r;

	if (to && sk->proto->type == SOCK_STREAM)
		return -EISCONN;
	r = to ? check_destination(sk, to) : 0;
	return r < 0 ? r : sk->proto->send(sk, iov, n, to, src);
}

ssize_t stk_send(struct stk_sock *sk, const struct iovec *iov, int n,
		 const struct stk_addr *to)
{
	return stk_send_from(sk, iov, n, to, NULL);
}

ssize_t stk_recv(struct stk_sock *sk, const struct iovec *iov, int n,
		 struct stk_addr *from, int flags)
{
	return sk->proto->recv(sk, iov, n, from, flags);
}

bool stk_head(const struct stk_sock *sk, struct stk_head *h)
{
	return sk->proto->head && sk->proto->head(sk, h);
}

bool stk_back(struct stk_sock *sk, struct stk_back *b)
{
	return sk->proto->back && sk->proto->back(sk, b);
}

uint64_t stk_drops(const struct stk_sock *sk)
{
	return sk->proto->drops ? sk->proto->drops(sk) : 0;
}

int stk_shutdown(struct stk_sock *sk, int how)
{
	return sk->proto->shutdown ? sk->proto->shutdown(sk, how) : -EOPNOTSUPP;
}

size_t stk_unacked(const struct stk_sock *sk)
{
	return sk->proto->unacked ? sk->proto->unacked(sk) : 0;
}

int stk_setopt(struct stk_sock *sk, int level, int name, const void *val,
	       size_t len)
{
	int r = -ENOPROTOOPT;

	if (sk->proto->setopt)
		r = sk->proto->setopt(sk, level, name, val, len);
	if (r == -ENOPROTOOPT)
		r = stk_common_setopt(sk, level, name, val, len);
	return r;
}

int stk_getopt(struct stk_sock *sk, int level, int name, void *val,
	       size_t *len)
{
	int r = -ENOPROTOOPT;

	if (sk->proto->getopt)
		r = sk->proto->getopt(sk, level, name, val, len);
	if (r == -ENOPROTOOPT)
		r = stk_common_getopt(sk, level, name, val, len);
	return r;
}
