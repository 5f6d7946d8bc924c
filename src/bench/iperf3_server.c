/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Serving iperf3's clients. Whoever connects is a guest until its cookie is
 * there: so a port scanner keeps nobody out. A guest's cookie says what it
 * is: a stream of the test that is under way, one more client (denied while
 * there is a test), or the client of the next one.
 */
#include "bench/iperf3.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/units.h"
#include "bench/iperf3_side.h"
#include "net/listener.h"

/* To say 37 bytes. */
#define GUEST_TIME (5 * SK_SEC)
#define GUESTS_MAX 512
/* Beyond its own time a test may take this long: it began later than ours. */
#define GRACE (10 * SK_SEC)
/* Without a limit of ours, a test by size may take as long as one by time. */
#define TIME_MOST (86400 * SK_SEC)

/* Codes of iperf3 for SERVER_ERROR. */
enum { BAD_PARAMS = 114, NO_STREAM = 126, RATE_LIMIT = 27, TIME_LIMIT = 37,
       STREAMS_LIMIT = 6 };

struct guest {
	TAILQ_ENTRY(guest) link;
	struct server *sv;
	struct endpoint *ep;
	struct iperf3_in in;
	struct sk_timer limit;
	bool complete;		/* its cookie is there */
	bool may_be_stream;	/* it came while streams were awaited */
};

struct server {
	struct sk_loop *loop;
	struct sk_listener *listener;
	const struct bench_serve *o;
	TAILQ_HEAD(, guest) guests; /* in the order they were accepted */
	size_t n_guests;
	struct guest *next;	/* whose test is to be run */
	/* While a test is under way. */
	struct iperf3_side *s;
	bool creating;		/* its streams are being opened */
	uint64_t wanted;	/* how many there will be */
	int error;		/* of opening one of them */
	struct sk_err why;
	int udp;		/* who waits for the next word; -1: none */
	struct sk_watch udp_watch;
};

/* --- guests ------------------------------------------------------------- */

static void guest_free(struct guest *g)
{
	TAILQ_REMOVE(&g->sv->guests, g, link);
	g->sv->n_guests--;
	sk_timer_stop(&g->limit);
	iperf3_in_fini(&g->in);
	endpoint_free(g->ep);
	sk_listener_resume(g->sv->listener);
	free(g);
}

static void deny(struct guest *g)
{
	signed char state = IPERF3_ACCESS_DENIED;
	struct iovec iov = { &state, 1 };

	sk_info("%s: denied, a test is under way", g->ep->name_in);
	/* One byte into an empty buffer; who does not take it loses it. */
	if (endpoint_send(g->ep, &iov, 1) == 1)
		endpoint_shutdown(g->ep);
	guest_free(g);
}

static void admit(struct server *sv);

static void on_guest_limit(struct sk_timer *t)
{
	struct guest *g = sk_container_of(t, struct guest, limit);
	struct server *sv = g->sv;

	sk_warn("%s: said nothing that iperf3 would", g->ep->name_in);
	guest_free(g);
	admit(sv);
}

/* The descriptor alone, out of the loop's hands. */
static int take_fd(struct guest *g)
{
	int fd = fcntl(endpoint_socket_fd(g->ep), F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? -errno : fd;
}

/* In both directions at once, the client's senders come first. */
static bool we_send(const struct server *sv)
{
	const struct iperf3_params *p = &sv->s->params;

	return p->bidir ? sv->s->n_flows >= p->parallel : p->reverse;
}

static void stream_failed(struct server *sv, int r, const struct sk_err *why)
{
	sv->error = r;
	sk_fail(&sv->why, r, "stream: %s", *why->text ? why->text :
							  sk_strerror(r));
}

static int set_up_stream(struct server *sv, int fd, int family)
{
	struct sk_err err = { 0 };
	int r = iperf3_set_early(&sv->s->params, fd, &err);

	if (r >= 0)
		r = iperf3_set_options(&sv->s->params, fd, family, &err);
	if (r >= 0)
		r = iperf3_add_flow(sv->s, fd, we_send(sv));
	if (r < 0)
		stream_failed(sv, r, &err);
	return r;
}

static void take_stream(struct guest *g)
{
	struct server *sv = g->sv;
	int family = endpoint_peer(g->ep)->sa.sa_family;
	int fd = take_fd(g);
	struct sk_err none = { 0 };

	if (fd < 0)
		stream_failed(sv, fd, &none);
	else if (set_up_stream(sv, fd, family) < 0)
		close(fd);
	guest_free(g);
}

static bool is_of_test(const struct server *sv, const struct guest *g)
{
	return sv->s && sv->creating && !sv->s->params.udp &&
	       sv->s->n_flows < sv->wanted &&
	       !memcmp(sv->s->cookie, g->in.head, IPERF3_COOKIE);
}

static bool same_host(const struct server *sv, const struct guest *g)
{
	return sk_addr_same_host(endpoint_peer(sv->s->ep),
				 endpoint_peer(g->ep));
}

/*
 * Streams are numbered in the order they were accepted, on both sides: one
 * whose cookie is still on its way holds up those after it.
 */
static void admit(struct server *sv)
{
	struct guest *g, *following;

	for (g = TAILQ_FIRST(&sv->guests); g; g = following) {
		following = TAILQ_NEXT(g, link);
		if (g == sv->next)
			continue;
		if (!g->complete && g->may_be_stream && sv->creating &&
		    same_host(sv, g))
			return;
		if (!g->complete)
			continue;
		if (is_of_test(sv, g)) {
			take_stream(g);
		} else if (sv->s || sv->next) {
			deny(g);
		} else {
			sk_timer_stop(&g->limit);
			endpoint_want(g->ep, 0);
			sv->next = g;
		}
	}
}

/* True: go on; else it is gone. */
static bool converse(struct guest *g)
{
	struct sk_err err = { 0 };
	size_t room;
	void *to = iperf3_in_room(&g->in, &room);
	ssize_t n = endpoint_recv(g->ep, to, room);
	int r;

	if (n == -EAGAIN)
		return true;
	if (n <= 0) {
		sk_warn("%s: %s before it said anything", g->ep->name_in,
			n ? sk_strerror((int)n) : "closed");
		return false;
	}
	r = iperf3_in_came(&g->in, (size_t)n, &err);
	if (r > 0)
		r = iperf3_cookie_check(g->in.head, &err);
	else if (!r)
		return converse(g);
	if (r < 0) {
		sk_warn("%s: %s", g->ep->name_in, err.text);
		return false;
	}
	g->complete = true;
	endpoint_want(g->ep, 0);
	return true;
}

static void on_guest_ready(struct endpoint *ep)
{
	struct guest *g = ep->owner;
	struct server *sv = g->sv;

	if (!converse(g))
		guest_free(g);
	admit(sv);
}

static void on_accept(struct sk_listener *l, struct endpoint *ep, void *arg)
{
	struct server *sv = arg;
	struct guest *g;

	(void)l;
	if (sv->o->allows && !sv->o->allows(sv->o->arg, endpoint_peer(ep))) {
		sk_warn("%s: not allowed", ep->name_in);
		endpoint_free(ep);
		return;
	}
	g = sv->n_guests < GUESTS_MAX ? calloc(1, sizeof(*g)) : NULL;
	if (!g) {
		sk_warn("%s: refused, %zu others wait", ep->name_in,
			sv->n_guests);
		endpoint_free(ep);
		return;
	}
	g->sv = sv;
	g->ep = ep;
	g->may_be_stream = sv->creating;
	iperf3_in_expect(&g->in, IPERF3_WANT_COOKIE, 0);
	TAILQ_INSERT_TAIL(&sv->guests, g, link);
	sv->n_guests++;
	sk_timer_init(&g->limit, sv->loop, on_guest_limit);
	sk_timer_in(&g->limit, GUEST_TIME);
	ep->ready = on_guest_ready;
	ep->owner = g;
	endpoint_want(ep, SK_IN);
}

/* --- UDP streams -------------------------------------------------------- */

static void on_udp(struct sk_watch *w);

/*
 * The same address and port as the control connection's. The sockets of
 * earlier streams are connected, so what comes from elsewhere comes here.
 */
static int open_udp(struct server *sv)
{
	struct sk_addr local;
	const int on = 1;
	int r = sk_addr_local(&local, endpoint_socket_fd(sv->s->ep));
	SK_AUTO_FD fd = -1;

	if (r < 0)
		return r;
	fd = socket(local.sa.sa_family,
		    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, &local.sa, local.len) < 0)
		return -errno;
	r = sk_watch_init(&sv->udp_watch, sv->loop, fd, on_udp);
	if (r < 0)
		return r;
	sk_watch_want(&sv->udp_watch, SK_IN);
	sv->udp = sk_steal_fd(&fd);
	return 0;
}

static void close_udp(struct server *sv)
{
	sk_watch_fini(&sv->udp_watch);
	sk_close(&sv->udp);
}

static bool is_hello(const char *word, ssize_t n)
{
	const uint32_t old = IPERF3_UDP_OLD_HELLO;

	return n == IPERF3_UDP_WORD &&
	       (!memcmp(word, IPERF3_UDP_HELLO, IPERF3_UDP_WORD) ||
		!memcmp(word, IPERF3_UDP_REPLY, IPERF3_UDP_WORD) ||
		!memcmp(word, &old, sizeof(old)));
}

/* The next word of the client's host and no other's: nobody else gets data. */
static int take_hello(struct server *sv, struct sk_addr *from)
{
	char word[64];
	ssize_t n;

	for (;;) {
		from->len = sizeof(from->in6);
		n = recvfrom(sv->udp, word, sizeof(word), MSG_DONTWAIT,
			     &from->sa, &from->len);
		if (n < 0)
			return -errno;
		if (is_hello(word, n) &&
		    sk_addr_same_host(from, endpoint_peer(sv->s->ep)))
			return 0;
	}
}

static int answer_hello(struct server *sv)
{
	struct sk_addr from;
	int fd, r = take_hello(sv, &from);

	if (r < 0)
		return r;
	if (connect(sv->udp, &from.sa, from.len) < 0)
		return -errno;
	sk_watch_fini(&sv->udp_watch);
	fd = sk_steal_fd(&sv->udp);
	/* The next stream may come as soon as this one has its answer. */
	r = sv->s->n_flows + 1 < sv->wanted ? open_udp(sv) : 0;
	if (r >= 0 && send(fd, IPERF3_UDP_REPLY, IPERF3_UDP_WORD,
			   MSG_NOSIGNAL) < 0)
		r = -errno;
	if (r >= 0)
		r = set_up_stream(sv, fd, from.sa.sa_family);
	if (r < 0)
		close(fd);
	return r;
}

static void on_udp(struct sk_watch *w)
{
	struct server *sv = sk_container_of(w, struct server, udp_watch);
	struct sk_err none = { 0 };
	int r = answer_hello(sv);

	if (r == -EAGAIN)
		sk_watch_blocked(&sv->udp_watch, SK_IN);
	else if (r < 0 && !sv->error)
		stream_failed(sv, r, &none);
}

/* --- one test ----------------------------------------------------------- */

/* Tell the client why not; r and err stay as they are. */
static int refuse(struct server *sv, int code, int r)
{
	uint32_t words[2] = { htobe32((uint32_t)code), 0 };

	if (iperf3_send_state(sv->s, IPERF3_SERVER_ERROR, NULL) >= 0)
		iperf3_send(sv->s, words, sizeof(words), NULL);
	return r;
}

static uint64_t time_limit(const struct server *sv)
{
	return sv->o->limits.time_us ? sv->o->limits.time_us : TIME_MOST;
}

static int check_limits(struct server *sv, struct sk_err *err)
{
	const struct iperf3_params *p = &sv->s->params;
	const struct bench_limits *l = &sv->o->limits;
	uint64_t each = p->bandwidth ? p->bandwidth : p->fqrate;
	char text[SK_UNITS_MAX];

	if (l->connections && sv->wanted > l->connections)
		return refuse(sv, STREAMS_LIMIT,
			      sk_fail(err, -EDQUOT, "%llu streams: the limit "
				      "is %llu (--max-connections)",
				      (unsigned long long)sv->wanted,
				      (unsigned long long)l->connections));
	if (p->time && (p->time + p->omit) * SK_SEC > time_limit(sv))
		return refuse(sv, TIME_LIMIT,
			      sk_fail(err, -EDQUOT, "a test of %llu s: the "
				      "limit is %s (--max-time)",
				      (unsigned long long)(p->time + p->omit),
				      sk_format_duration(text,
							 time_limit(sv))));
	if (l->rate && (!each || each > l->rate * 8 / sv->wanted))
		return refuse(sv, RATE_LIMIT,
			      sk_fail(err, -EDQUOT, "the rate asked for is "
				      "above the limit of %s/s (--max-rate)",
				      sk_format_size(text, l->rate)));
	return 0;
}

static int get_params(struct server *sv, struct sk_err *err)
{
	struct iperf3_side *s = sv->s;
	int r = iperf3_send_state(s, IPERF3_PARAM_EXCHANGE, err);

	if (r >= 0)
		r = iperf3_get(s, IPERF3_WANT_FRAME, IPERF3_PARAMS_MAX, err);
	if (r < 0)
		return r;
	r = iperf3_params_read(&s->params, s->in.body, s->in.want, err);
	if (r < 0)
		return refuse(sv, BAD_PARAMS, r);
	sv->wanted = s->params.parallel * (s->params.bidir ? 2 : 1);
	return check_limits(sv, err);
}

/* SYN-ACKs carry the MSS, so it is the listener's. 0: the system's again. */
static void set_listener_mss(struct server *sv, uint64_t mss)
{
	const int v = (int)mss;

	for (size_t i = 0; sk_listener_addr(sv->listener, i); i++)
		setsockopt(sk_listener_fd(sv->listener, i), IPPROTO_TCP,
			   TCP_MAXSEG, &v, sizeof(v));
}

static int wait_for_streams(struct server *sv, struct sk_err *err)
{
	uint64_t until = sk_now_us() + IPERF3_PATIENCE;
	int r;

	iperf3_in_expect(&sv->s->in, IPERF3_WANT_STATE, 0);
	while (sv->s->n_flows < sv->wanted) {
		if (sv->error)
			return refuse(sv, NO_STREAM,
				      sk_fail(err, sv->error, "%s",
					      sv->why.text));
		r = iperf3_try(sv->s, err);
		if (r)
			return r < 0 ? r : sk_fail(err, -EPROTO,
						   "the client gave up");
		if (sk_now_us() >= until)
			return refuse(sv, NO_STREAM,
				      sk_fail(err, -ETIMEDOUT, "%zu of %llu "
					      "streams came",
					      sv->s->n_flows,
					      (unsigned long long)sv->wanted));
		endpoint_want(sv->s->ep, SK_IN);
		r = iperf3_round(sv->s, until);
		if (r < 0)
			return sk_fail(err, r, "%s", sk_strerror(r));
	}
	return sv->error ? sk_fail(err, sv->error, "%s", sv->why.text) : 0;
}

static int open_streams(struct server *sv, struct sk_err *err)
{
	bool udp = sv->s->params.udp;
	int r = udp ? open_udp(sv) : 0;

	if (r < 0)
		return refuse(sv, NO_STREAM,
			      sk_fail(err, r, "udp: %s", sk_strerror(r)));
	if (!udp && sv->s->params.mss)
		set_listener_mss(sv, sv->s->params.mss);
	sv->creating = true;
	r = iperf3_send_state(sv->s, IPERF3_CREATE_STREAMS, err);
	if (r >= 0)
		r = wait_for_streams(sv, err);
	sv->creating = false;
	close_udp(sv);
	if (!udp && sv->s->params.mss)
		set_listener_mss(sv, 0);
	return r;
}

static int client_ended(int state, struct sk_err *err)
{
	if (state == IPERF3_TEST_END)
		return 0;
	if (state == IPERF3_CLIENT_TERMINATE)
		return sk_fail(err, -ECONNABORTED, "the client was stopped");
	return sk_fail(err, -EPROTO, "state %d out of turn", state);
}

/* Until the client says that it is over. */
static int serve_test(struct server *sv, struct sk_err *err)
{
	struct iperf3_side *s = sv->s;
	uint64_t mark = s->begun_us + s->params.omit * SK_SEC;
	uint64_t until = s->begun_us + GRACE +
			 (s->params.time ? (s->params.time + s->params.omit) *
						   SK_SEC : time_limit(sv));
	bool marked = !s->params.omit;
	int r;

	iperf3_in_expect(&s->in, IPERF3_WANT_STATE, 0);
	for (;;) {
		r = iperf3_try(s, err);
		if (r)
			return r < 0 ? r : client_ended(iperf3_got_state(s),
							err);
		if (!marked && sk_now_us() >= mark) {
			iperf3_mark(s);
			marked = true;
		}
		if (sk_now_us() >= until)
			return sk_fail(err, -ETIMEDOUT,
				       "the client does not end the test");
		endpoint_want(s->ep, SK_IN);
		r = iperf3_round(s, marked ? until : mark);
		if (r < 0)
			return sk_fail(err, r, "%s", sk_strerror(r));
	}
}

static int exchange(struct server *sv, struct sk_err *err)
{
	struct iperf3_results *r = malloc(sizeof(*r));
	int e = r ? iperf3_send_state(sv->s, IPERF3_EXCHANGE_RESULTS, err) :
		    sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));

	if (e >= 0)
		e = iperf3_get_results(sv->s, r, err);
	if (e >= 0)
		e = iperf3_send_results(sv->s, err);
	if (e >= 0)
		e = iperf3_send_state(sv->s, IPERF3_DISPLAY_RESULTS, err);
	/* Its last word; a client that just closes has all it wanted. */
	if (e >= 0)
		iperf3_get(sv->s, IPERF3_WANT_STATE, 0, NULL);
	free(r);
	return e;
}

static int run_test(struct server *sv, struct sk_err *err)
{
	int r = get_params(sv, err);

	if (r >= 0)
		r = open_streams(sv, err);
	if (r >= 0)
		r = iperf3_send_state(sv->s, IPERF3_TEST_START, err);
	if (r >= 0)
		r = iperf3_start_flows(sv->s, err);
	if (r >= 0)
		r = iperf3_send_state(sv->s, IPERF3_TEST_RUNNING, err);
	if (r >= 0)
		r = serve_test(sv, err);
	if (r == -EINTR)
		iperf3_send_state(sv->s, IPERF3_SERVER_TERMINATE, NULL);
	if (r < 0)
		return r;
	iperf3_close(sv->s);
	return exchange(sv, err);
}

static void report(struct server *sv)
{
	struct iperf3_side *s = sv->s;
	char in[SK_UNITS_MAX], out[SK_UNITS_MAX], took[SK_UNITS_MAX];

	sk_log(SK_LOG_NOTE, "%s: iperf3 %s, %zu stream%s, %s: received %s, "
	       "sent %s", s->ep->name_in, s->params.udp ? "udp" : "tcp",
	       s->n_flows, s->n_flows == 1 ? "" : "s",
	       sk_format_duration(took, s->ended_us - s->begun_us),
	       sk_format_size(in, iperf3_bytes(s, false)),
	       sk_format_size(out, iperf3_bytes(s, true)));
}

/* The test of sv->next, from its parameters to the last word. */
static int serve_next(struct server *sv, struct sk_err *err)
{
	struct guest *g = sv->next;
	struct iperf3_side *s = malloc(sizeof(*s));
	struct sk_err why = { 0 };
	int r = s ? iperf3_side_init(s, sv->loop, NULL) : -ENOMEM;

	sv->next = NULL;
	if (r < 0) {
		free(s);
		guest_free(g);
		return sk_fail(err, r, "%s", sk_strerror(r));
	}
	memcpy(s->cookie, g->in.head, sizeof(s->cookie));
	iperf3_side_attach(s, g->ep);
	g->ep = NULL;
	guest_free(g);
	sk_info("%s: a test begins", s->ep->name_in);
	sv->s = s;
	sv->error = 0;
	r = run_test(sv, &why);
	if (r >= 0)
		report(sv);
	else if (r != -EINTR)
		sk_warn("%s: %s", s->ep->name_in, why.text);
	sv->s = NULL;
	iperf3_side_fini(s);
	free(s);
	admit(sv);
	return r == -EINTR ? r : 0;
}

static int serve(struct server *sv, struct sk_err *err)
{
	int r = 0;

	sk_listener_start(sv->listener, on_accept, sv);
	while (r >= 0 && !sv->loop->stop) {
		r = sv->next ? serve_next(sv, err) : sk_loop_once(sv->loop);
		if (r < 0 && r != -EINTR && !*err->text)
			sk_fail(err, r, "epoll: %s", sk_strerror(r));
	}
	return r == -EINTR ? 0 : r;
}

int iperf3_serve(const struct bench_serve *o, struct sk_loop *loop,
		 const struct sk_target *target, const struct sk_net_opts *net,
		 struct sk_err *err)
{
	struct server sv = { .loop = loop, .o = o, .udp = -1 };
	int r = iperf3_supported(err);

	TAILQ_INIT(&sv.guests);
	if (r >= 0)
		r = sk_listener_open(&sv.listener, loop, target, net, err);
	if (r >= 0)
		r = o->ready(sv.listener, o->arg, err);
	if (r >= 0)
		r = serve(&sv, err);
	while (!TAILQ_EMPTY(&sv.guests))
		guest_free(TAILQ_FIRST(&sv.guests));
	sk_listener_free(sv.listener);
	return r;
}
