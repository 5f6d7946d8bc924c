/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/iperf3.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "bench/iperf3_side.h"
#include "net/dial.h"

/* A server that is busy is asked again, at first at once, then each second. */
#define RETRY_FIRST (10 * SK_MSEC)
#define RETRY_MOST SK_SEC
#define RETRY_FOR (5 * SK_SEC)
/* Data is cut off before the control connection says why. */
#define LAST_WORDS SK_SEC

struct run {
	struct iperf3_client *c;
	struct iperf3_side *s;
	struct bench_round *round;
	struct sk_watch full;
	uint64_t started_us;	/* TEST_RUNNING */
	uint64_t next_point;
	uint64_t seen;		/* bytes at the last point */
	bool marked;		/* what is omitted is over */
};

/* --- connecting --------------------------------------------------------- */

/* A connection of the test, with its cookie said. */
static int open_stream(struct run *x, struct endpoint **ep,
		       struct sk_err *err)
{
	struct iperf3_side *s = x->s;
	struct iovec iov = { s->cookie, sizeof(s->cookie) };
	ssize_t n;
	int r;

	r = endpoint_connect(ep, s->loop, &x->c->target, x->c->net, err);
	if (r < 0)
		return r;
	n = endpoint_send(*ep, &iov, 1);
	if (n == (ssize_t)iov.iov_len)
		return 0;
	endpoint_free(*ep);
	*ep = NULL;
	return sk_fail(err, n < 0 ? (int)n : -EIO, "no cookie could be sent");
}

/* The descriptor alone, out of the loop's hands. */
static int take_fd(struct endpoint *ep)
{
	int fd = fcntl(endpoint_socket_fd(ep), F_DUPFD_CLOEXEC, 3);
	int error = errno;

	endpoint_free(ep);
	return fd < 0 ? -error : fd;
}

static int add_tcp(struct run *x, bool sender, struct sk_err *err)
{
	struct endpoint *ep;
	int fd, r;

	r = open_stream(x, &ep, err);
	if (r < 0)
		return r;
	fd = take_fd(ep);
	if (fd < 0)
		return sk_fail(err, fd, "%s", sk_strerror(fd));
	r = iperf3_add_flow(x->s, fd, sender);
	if (r < 0)
		close(fd);
	return r;
}

/*
 * A datagram could have been lost, but asking again could make two streams of
 * one: iperf3 does not, and neither do we.
 */
static int greet(struct run *x, int fd, struct sk_err *err)
{
	static const char answers[][IPERF3_UDP_WORD + 1] = {
		IPERF3_UDP_HELLO, IPERF3_UDP_REPLY, "\xde\x3a\x68\xb1",
		"\xb1\x68\xde\x3a",
	};
	uint64_t until = sk_now_us() + IPERF3_PATIENCE;
	char word[64];
	int r = 0;

	if (send(fd, IPERF3_UDP_HELLO, IPERF3_UDP_WORD, MSG_NOSIGNAL) < 0)
		return sk_fail(err, -errno, "udp: %s", sk_strerror(errno));
	while (r >= 0 && sk_now_us() < until) {
		ssize_t n = recv(fd, word, sizeof(word), MSG_DONTWAIT);

		/* In reverse, data of a faster stream may come before. */
		for (size_t i = 0; n == IPERF3_UDP_WORD && i < 4; i++)
			if (!memcmp(word, answers[i], IPERF3_UDP_WORD))
				return 0;
		if (n < 0 && errno != EAGAIN)
			return sk_fail(err, -errno, "udp: %s",
				       sk_strerror(errno));
		if (n < 0)
			r = iperf3_round(x->s, sk_now_us() + SK_MSEC);
	}
	return r < 0 ? sk_fail(err, r, "%s", sk_strerror(r)) :
		       sk_fail(err, -ETIMEDOUT,
			       "udp: the server does not answer");
}

static int add_udp(struct run *x, bool sender, struct sk_err *err)
{
	const struct sk_addr *to = endpoint_peer(x->s->ep);
	SK_AUTO_FD fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return sk_fail(err, -errno, "udp: %s", sk_strerror(errno));
	r = sk_net_apply(fd, to->sa.sa_family, x->c->net, false, err);
	if (r < 0)
		return r;
	if (connect(fd, &to->sa, to->len) < 0)
		return sk_fail(err, -errno, "udp: %s", sk_strerror(errno));
	r = greet(x, fd, err);
	if (r >= 0)
		r = iperf3_add_flow(x->s, fd, sender);
	if (r >= 0)
		sk_steal_fd(&fd);
	return r;
}

static int add_streams(struct run *x, bool sender, struct sk_err *err)
{
	const struct iperf3_params *p = &x->s->params;
	int r = 0;

	for (uint64_t i = 0; i < p->parallel && r >= 0; i++)
		r = p->udp ? add_udp(x, sender, err) : add_tcp(x, sender, err);
	return r;
}

static int create_streams(struct run *x, struct sk_err *err)
{
	const struct iperf3_params *p = &x->s->params;
	int r = 0;

	if (!p->reverse)
		r = add_streams(x, true, err);
	if (r >= 0 && (p->reverse || p->bidir))
		r = add_streams(x, false, err);
	return r;
}

/* --- states ------------------------------------------------------------- */

static int unexpected(struct run *x, int state, struct sk_err *err)
{
	const char *name = iperf3_state_name(state);
	int r;

	switch (state) {
	case IPERF3_ACCESS_DENIED:
		return sk_fail(err, -EBUSY,
			       "the server is busy with another test");
	case IPERF3_SERVER_TERMINATE:
		return sk_fail(err, -ECONNABORTED, "the server was stopped");
	case IPERF3_SERVER_ERROR:
		r = iperf3_get(x->s, IPERF3_WANT_ERRORS, 0, err);
		return r < 0 ? r : iperf3_server_error(&x->s->in, err);
	default:
		return name ? sk_fail(err, -EPROTO,
				      "the server says %s out of turn", name) :
			      sk_fail(err, -EPROTO, "this is no iperf3 server");
	}
}

static int expect(struct run *x, int state, struct sk_err *err)
{
	int r = iperf3_get(x->s, IPERF3_WANT_STATE, 0, err);
	int got = iperf3_got_state(x->s);

	return r < 0 ? r : got == state ? 0 : unexpected(x, got, err);
}

static int set_up(struct run *x, struct sk_err *err)
{
	struct endpoint *ep;
	int r = open_stream(x, &ep, err);

	if (r < 0)
		return r;
	iperf3_side_attach(x->s, ep);
	r = expect(x, IPERF3_PARAM_EXCHANGE, err);
	if (r >= 0)
		r = iperf3_send_params(x->s, err);
	if (r >= 0)
		r = expect(x, IPERF3_CREATE_STREAMS, err);
	if (r >= 0)
		r = create_streams(x, err);
	if (r >= 0)
		r = expect(x, IPERF3_TEST_START, err);
	if (r >= 0)
		r = expect(x, IPERF3_TEST_RUNNING, err);
	return r;
}

/* --- running ------------------------------------------------------------ */

static void on_full(struct sk_watch *w)
{
	sk_watch_want(w, 0);
}

static void take_point(struct run *x, uint64_t now)
{
	uint64_t bytes = iperf3_all_bytes(x->s);

	bench_round_point(x->round, (now - x->s->begun_us) * 1000,
			  bytes - x->seen, 0);
	x->seen = bytes;
	x->next_point += x->c->interval_us;
}

/* With nothing to omit it began with the flows, which may be done already. */
static void begin_measuring(struct run *x)
{
	if (x->c->omit_us)
		iperf3_mark(x->s);
	atomic_store(&x->s->pool.omitting, false);
	x->marked = true;
	x->seen = 0;
	x->next_point = x->c->interval_us ?
				x->s->begun_us + x->c->interval_us : SK_NEVER;
}

/* What is due; the time of the next thing that will be. 0: it is over. */
static uint64_t advance(struct run *x)
{
	uint64_t now = sk_now_us(), end;
	const struct iperf3_pool *pool = &x->s->pool;

	if (!x->marked && now >= x->started_us + x->c->omit_us)
		begin_measuring(x);
	if (!x->marked)
		return x->started_us + x->c->omit_us;
	if ((pool->max_bytes && atomic_load(&pool->bytes) >= pool->max_bytes) ||
	    (pool->max_blocks && atomic_load(&pool->blocks) >=
					 pool->max_blocks))
		return 0;
	end = x->c->time_us ? x->s->begun_us + x->c->time_us : SK_NEVER;
	if (now >= end)
		return 0;
	if (now >= x->next_point)
		take_point(x, now);
	return x->next_point < end ? x->next_point : end;
}

/* A stream broke: the control connection may know better why. */
static int stream_broke(struct run *x, int error, struct sk_err *err)
{
	uint64_t until = sk_now_us() + LAST_WORDS;
	int r = 0;

	while (!r && sk_now_us() < until) {
		r = iperf3_try(x->s, err);
		if (r > 0)
			return unexpected(x, iperf3_got_state(x->s), err);
		endpoint_want(x->s->ep, SK_IN);
		if (!r)
			r = iperf3_round(x->s, until);
	}
	return r < 0 && r != -EINTR ? r : sk_fail(err, error, "stream: %s",
						  sk_strerror(error));
}

static int measure(struct run *x, struct sk_err *err)
{
	uint64_t at;
	int r, error;

	iperf3_in_expect(&x->s->in, IPERF3_WANT_STATE, 0);
	x->started_us = sk_now_us();
	while ((at = advance(x)) != 0) {
		r = iperf3_try(x->s, err);
		if (r < 0)
			return r;
		if (r)
			return unexpected(x, iperf3_got_state(x->s), err);
		error = iperf3_flow_error(x->s);
		if (error)
			return stream_broke(x, error, err);
		endpoint_want(x->s->ep, SK_IN);
		r = iperf3_round(x->s, at);
		if (r < 0)
			return sk_fail(err, r, "%s", sk_strerror(r));
	}
	return 0;
}

/* --- what came of it ---------------------------------------------------- */

static int wind_up(struct run *x, struct sk_err *err)
{
	struct iperf3_results *r = calloc(1, sizeof(*r));
	int e = r ? 0 : sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));

	iperf3_end(x->s);
	if (e >= 0)
		e = iperf3_send_state(x->s, IPERF3_TEST_END, err);
	if (e >= 0)
		e = expect(x, IPERF3_EXCHANGE_RESULTS, err);
	if (e >= 0)
		e = iperf3_send_results(x->s, NULL, err);
	if (e >= 0)
		e = iperf3_get_results(x->s, r, err);
	if (e >= 0)
		e = expect(x, IPERF3_DISPLAY_RESULTS, err);
	if (e >= 0)
		e = iperf3_send_state(x->s, IPERF3_DONE, err);
	if (e >= 0)
		e = iperf3_fill_round(x->s, x->round, r, err);
	free(r);
	return e;
}

/* --- one test ----------------------------------------------------------- */

static int run_test(struct run *x, struct sk_err *err)
{
	struct iperf3_side *s = x->s;
	int r = sk_watch_init(&x->full, s->loop, s->pool.full_fd, on_full);

	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	sk_watch_want(&x->full, SK_IN);
	r = iperf3_start_flows(s, err);
	if (r >= 0)
		r = measure(x, err);
	if (r >= 0)
		r = wind_up(x, err);
	if (r == -EINTR) {
		if (x->marked)
			iperf3_fill_interrupted(s, x->round);
		iperf3_send_state(s, IPERF3_CLIENT_TERMINATE, NULL);
	}
	sk_watch_fini(&x->full);
	return r;
}

static int one_try(struct iperf3_client *c, struct bench_round *round,
		   bool *begun, struct sk_err *err)
{
	struct iperf3_side *s = malloc(sizeof(*s));
	struct run x = { .c = c, .s = s, .round = round };
	int r = s ? iperf3_side_init(s, c->loop, NULL) : -ENOMEM;

	*begun = false;
	if (r < 0) {
		free(s);
		return sk_fail(err, r, "%s", sk_strerror(r));
	}
	s->params = c->params;
	s->stop = c->stop;
	s->pool.max_bytes = c->params.bytes;
	s->pool.max_blocks = c->params.blocks;
	atomic_store(&s->pool.omitting, c->omit_us != 0);
	r = iperf3_cookie_make(s->cookie);
	if (r < 0)
		sk_fail(err, r, "getrandom: %s", sk_strerror(r));
	else
		r = set_up(&x, err);
	if (r >= 0) {
		*begun = true;
		r = run_test(&x, err);
	}
	iperf3_side_fini(s);
	free(s);
	return r;
}

/* Only getting ready? Servers close their listener between two tests. */
static bool is_passing(const struct iperf3_client *c, int r)
{
	return r == -EBUSY ||
	       (c->again && (r == -ECONNREFUSED || r == -ECONNRESET));
}

static void on_timer(struct sk_timer *t)
{
	(void)t; /* ends the round */
}

static int pause_for(const struct iperf3_client *c, uint64_t us,
		     struct sk_err *err)
{
	uint64_t until = sk_now_us() + us;
	struct sk_timer t;
	int r = 0;

	sk_timer_init(&t, c->loop, on_timer);
	sk_timer_at(&t, until);
	while (r >= 0 && !(c->stop && *c->stop) && sk_now_us() < until)
		r = sk_loop_once(c->loop);
	sk_timer_stop(&t);
	if (r >= 0 && c->stop && *c->stop)
		r = -EINTR;
	return r < 0 ? sk_fail(err, r, "%s", sk_strerror(r)) : 0;
}

int iperf3_client_run(struct iperf3_client *c, struct bench_round *round,
		      struct sk_err *err)
{
	uint64_t until = sk_now_us() + RETRY_FOR, wait = RETRY_FIRST;
	char where[SK_ADDR_TEXT_MAX];
	struct sk_err why = { 0 };
	bool begun;
	int r;

	for (;;) {
		r = one_try(c, round, &begun, &why);
		if (r >= 0 || begun || !is_passing(c, r) ||
		    sk_now_us() + wait > until)
			break;
		r = pause_for(c, wait, &why);
		if (r < 0)
			break;
		wait = 2 * wait < RETRY_MOST ? 2 * wait : RETRY_MOST;
	}
	if (r >= 0)
		return 0;
	sk_target_format(where, &c->target);
	/* What a dial says names the address already. */
	if (!strncmp(why.text, where, strlen(where)))
		return sk_fail(err, r, "%s", why.text);
	return sk_fail(err, r, "%s: %s", where, why.text);
}
