/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connected stream socket of the embedded stack as an endpoint. */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/host.h"

struct ep_stack {
	struct endpoint ep;
	struct sk_host *host;
	struct stk_sock *sk;
	struct sk_watch watch;
	int error;		/* what SO_ERROR gave: it gives it only once */
	struct sk_addr peer;
	char *name;
};

static struct ep_stack *ep_stack(const struct endpoint *ep)
{
	return sk_container_of(ep, struct ep_stack, ep);
}

static ssize_t stack_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct ep_stack *s = ep_stack(ep);
	struct iovec iov = { buf, len };
	ssize_t n;

	if (!(s->watch.can & SK_IN))
		return -EAGAIN;
	sk_host_touch(s->host);
	n = stk_recv(s->sk, &iov, 1, NULL, 0);
	if (n == -EAGAIN)
		sk_watch_blocked(&s->watch, SK_IN);
	return n;
}

static ssize_t stack_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct ep_stack *s = ep_stack(ep);
	ssize_t r;

	if (!(s->watch.can & SK_OUT))
		return -EAGAIN;
	sk_host_touch(s->host);
	r = stk_send(s->sk, iov, n, NULL);
	if (r == -EAGAIN)
		sk_watch_blocked(&s->watch, SK_OUT);
	return r;
}

static int stack_shutdown(struct endpoint *ep)
{
	struct ep_stack *s = ep_stack(ep);

	sk_host_touch(s->host);
	return stk_shutdown(s->sk, SHUT_WR);
}

static void stack_want(struct endpoint *ep, unsigned events)
{
	sk_watch_want(&ep_stack(ep)->watch, events);
}

static void stack_sent(struct endpoint *ep, struct sk_sent *sent)
{
	struct ep_stack *s = ep_stack(ep);

	if (!s->error)
		s->error = sk_host_socket_error(s->sk);
	sent->error = s->error;
	sent->unacked = stk_unacked(s->sk);
}

static void stack_free(struct endpoint *ep)
{
	struct ep_stack *s = ep_stack(ep);

	sk_watch_fini(&s->watch);
	sk_host_touch(s->host);
	stk_close(s->sk);
	free(s->name);
	free(s);
}

/* SO_LINGER with a time of 0: free() sends RST. */
static void stack_abort(struct endpoint *ep)
{
	static const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	stk_setopt(ep_stack(ep)->sk, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static const struct sk_addr *stack_peer(const struct endpoint *ep)
{
	return &ep_stack(ep)->peer;
}

static int stack_local(const struct endpoint *ep, struct sk_addr *a)
{
	sk_host_local(ep_stack(ep)->sk, a);
	return 0;
}

static int stack_tcp_info(const struct endpoint *ep, void *info, size_t *len)
{
	return stk_getopt(ep_stack(ep)->sk, IPPROTO_TCP, TCP_INFO, info, len);
}

static const struct endpoint_ops stack_ops = {
	.kind = "stack",
	.recv = stack_recv,
	.send = stack_send,
	.shutdown = stack_shutdown,
	.want = stack_want,
	.sent = stack_sent,
	.free = stack_free,
	.abort = stack_abort,
	.peer = stack_peer,
	.local = stack_local,
	.tcp_info = stack_tcp_info,
};

static void stack_ready(struct sk_watch *w)
{
	struct ep_stack *s = sk_container_of(w, struct ep_stack, watch);

	if (s->ep.ready)
		s->ep.ready(&s->ep);
}

int endpoint_stack(struct endpoint **ep, struct sk_host *h,
		   struct stk_sock *sk)
{
	struct ep_stack *s = calloc(1, sizeof(*s));
	char text[SK_ADDR_TEXT_MAX];

	if (!s)
		return -ENOMEM;
	sk_host_peer(sk, &s->peer);
	s->name = strdup(sk_addr_format(text, &s->peer));
	if (!s->name) {
		free(s);
		return -ENOMEM;
	}
	s->host = h;
	s->sk = sk;
	sk_watch_init_bare(&s->watch, sk_host_loop(h), stack_ready);
	sk_host_watch(sk, &s->watch);
	sk_watch_assume(&s->watch, SK_IN | SK_OUT);
	s->ep = (struct endpoint){
		.ops = &stack_ops,
		.loop = sk_host_loop(h),
		.input = SK_INPUT_FINITE,
		.name_in = s->name,
		.name_out = s->name,
	};
	*ep = &s->ep;
	return 0;
}
