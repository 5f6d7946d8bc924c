/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/far.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "bench/greet.h"
#include "net/dial.h"

/* To connect, and then to greet. */
#define CONNECT_TIME (10 * SK_SEC)
#define GREETING_TIME (10 * SK_SEC)
/* A signal is noticed within this time, whenever it comes. */
#define LOOK (200 * SK_MSEC)

struct way {
	struct sk_loop loop;
	struct sk_timer look;
	struct endpoint *ep;
	const volatile sig_atomic_t *stop;
	bool ready;
};

static void on_look(struct sk_timer *t)
{
	struct way *w = sk_container_of(t, struct way, look);

	if (w->stop && *w->stop)
		sk_loop_stop(&w->loop);
	sk_timer_in(t, LOOK);
}

static void on_ready(struct endpoint *ep)
{
	((struct way *)ep->owner)->ready = true;
	endpoint_want(ep, 0);
}

static int wait_for_bytes(struct way *w, uint64_t until, struct sk_err *err)
{
	int r = 0;

	w->ready = false;
	endpoint_want(w->ep, SK_IN);
	while (r >= 0 && !w->ready) {
		if (sk_now_us() >= until)
			return sk_fail(err, -ETIMEDOUT,
				       "does not answer as a server of sockkit "
				       "bench would");
		r = sk_loop_once(&w->loop);
		if (r >= 0 && w->loop.stop)
			r = -EINTR;
	}
	return r < 0 ? sk_fail(err, r, "%s", sk_strerror(r)) : 0;
}

static int flush(struct way *w, struct bench_greet *g, struct sk_err *err)
{
	struct iovec iov = { g->out, g->out_len };
	ssize_t n = g->out_len ? endpoint_send(w->ep, &iov, 1) : 0;

	if (n < 0)
		return sk_fail(err, (int)n, "%s", sk_strerror((int)n));
	g->out_len = 0;
	return 0;
}

/* Take one byte, if there is one. As bench_greet_feed(). */
static int hear(struct way *w, struct bench_greet *g, struct sk_err *err)
{
	char byte;
	ssize_t n = endpoint_recv(w->ep, &byte, 1);

	if (n == -EAGAIN)
		return -EAGAIN;
	if (n < 0)
		return sk_fail(err, (int)n, "%s", sk_strerror((int)n));
	return n ? bench_greet_feed(g, byte, err) : bench_greet_end(g, err);
}

static int greet(struct way *w, const struct bench_secret *secret,
		 struct sk_err *err)
{
	uint64_t until = sk_now_us() + GREETING_TIME;
	struct bench_greet g;
	int r = bench_greet_begin(&g, false, false, secret, err);

	w->ep->ready = on_ready;
	w->ep->owner = w;
	while (r >= 0) {
		r = flush(w, &g, err);
		if (r >= 0)
			r = hear(w, &g, err);
		if (r > 0)
			return flush(w, &g, err);
		if (r == -EAGAIN)
			r = wait_for_bytes(w, until, err);
	}
	return r;
}

/* A server whose machine has gone is noticed, and the process is not held. */
static void ask_whether_alive(int fd)
{
	const int on = 1, idle = 10, interval = 5, count = 3;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

/* The descriptor alone, blocking, for messages. */
static int take(struct bench_far *far, struct way *w, struct sk_err *err)
{
	far->ctl = fcntl(endpoint_socket_fd(w->ep), F_DUPFD_CLOEXEC, 3);
	if (far->ctl < 0)
		return sk_fail(err, -errno, "%s", sk_strerror(errno));
	far->peer = *endpoint_peer(w->ep);
	fcntl(far->ctl, F_SETFL, fcntl(far->ctl, F_GETFL) & ~O_NONBLOCK);
	ask_whether_alive(far->ctl);
	return 0;
}

static int open_way(struct bench_far *far, struct way *w,
		    const struct sk_target *target, int family,
		    const struct bench_secret *secret, struct sk_err *err)
{
	struct sk_net_opts net = { .family = family, .wait = CONNECT_TIME };
	char where[SK_ADDR_TEXT_MAX];
	struct sk_err why = { 0 };
	int r = endpoint_connect(&w->ep, &w->loop, target, &net, err);

	if (r == -ECONNREFUSED) {
		why = *err;
		return sk_fail(err, r, "%s (does 'sockkit bench serve' run "
				       "there?)", why.text);
	}
	if (r < 0)
		return r;
	r = greet(w, secret, &why);
	if (r >= 0)
		r = take(far, w, &why);
	if (r < 0)
		sk_fail(err, r, "%s: %s", sk_target_format(where, target),
			why.text);
	endpoint_free(w->ep);
	return r;
}

int bench_far_open(struct bench_far *far, const struct sk_target *target,
		   int family,
		   const struct bench_secret *secret,
		   const volatile sig_atomic_t *stop, struct sk_err *err)
{
	struct way w = { .stop = stop };
	int r;

	*far = (struct bench_far){ .ctl = -1, .begin = far->begin,
				   .begin_arg = far->begin_arg };
	r = sk_loop_init(&w.loop);
	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	sk_timer_init(&w.look, &w.loop, on_look);
	sk_timer_at(&w.look, sk_now_us() + LOOK);
	r = open_way(far, &w, target, family, secret, err);
	sk_timer_stop(&w.look);
	sk_loop_fini(&w.loop);
	return r;
}

void bench_far_close(struct bench_far *far)
{
	sk_close(&far->ctl);
	bench_inbox_fini(&far->inbox);
}
