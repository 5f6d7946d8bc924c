/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listener.h"

#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/host.h"
#include "net/listener_int.h"

#define TURN 64			/* accepted in a row before others may run */
#define RETRY (100 * SK_MSEC)	/* accept(2) without descriptors */

static bool is_open(const struct sk_lsock *s)
{
	return s->fd >= 0 || s->sk;
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

static int accept_on_stack(struct sk_lsock *s)
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
static int accept_one(struct sk_lsock *s)
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
	struct sk_lsock *s = sk_container_of(w, struct sk_lsock, watch);
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

static void watch_begin(struct sk_lsock *s)
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

void sk_lsock_close(struct sk_lsock *s)
{
	sk_watch_fini(&s->watch);
	sk_close(&s->fd);
	if (s->sk)
		sk_host_touch(s->l->host);
	stk_close(s->sk);
	s->sk = NULL;
}

void sk_listener_close(struct sk_listener *l)
{
	for (size_t i = 0; i < l->n; i++)
		sk_lsock_close(&l->socks[i]);
}

void sk_listener_stop(struct sk_listener *l)
{
	sk_timer_stop(&l->retry);
	for (size_t i = 0; i < l->n; i++)
		sk_unix_remove(&l->socks[i].file, &l->socks[i].addr);
	sk_listener_close(l);
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
