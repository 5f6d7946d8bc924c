/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The streams of an iperf3 test as a server gets them: TCP as guests with the
 * cookie of the test, UDP by a word that is answered.
 */
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "bench/iperf3_server.h"

/* In both directions at once, the client's senders come first. */
static bool we_send(const struct iperf3_server *sv)
{
	const struct iperf3_params *p = &sv->s->params;

	return p->bidir ? sv->s->n_flows >= p->parallel : p->reverse;
}

void iperf3_stream_failed(struct iperf3_server *sv, int r,
			  const struct sk_err *why)
{
	sv->error = r;
	sk_fail(&sv->why, r, "stream: %s", *why->text ? why->text :
							  sk_strerror(r));
}

int iperf3_set_up_stream(struct iperf3_server *sv, int fd, int family)
{
	struct sk_err err = { 0 };
	int r = iperf3_set_early(&sv->s->params, fd, &err);

	if (r >= 0)
		r = iperf3_set_options(&sv->s->params, fd, family, &err);
	if (r >= 0)
		r = iperf3_add_flow(sv->s, fd, we_send(sv));
	if (r < 0)
		iperf3_stream_failed(sv, r, &err);
	return r;
}

/* --- UDP ----------------------------------------------------------------- */

static void on_udp(struct sk_watch *w);

/*
 * The same address and port as the control connection's. The sockets of
 * earlier streams are connected, so what comes from elsewhere comes here.
 */
static int open_udp(struct iperf3_server *sv)
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

static void close_udp(struct iperf3_server *sv)
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
static int take_hello(struct iperf3_server *sv, struct sk_addr *from)
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

static int answer_hello(struct iperf3_server *sv)
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
		r = iperf3_set_up_stream(sv, fd, from.sa.sa_family);
	if (r < 0)
		close(fd);
	return r;
}

static void on_udp(struct sk_watch *w)
{
	struct iperf3_server *sv = sk_container_of(w, struct iperf3_server,
						   udp_watch);
	struct sk_err none = { 0 };
	int r = answer_hello(sv);

	if (r == -EAGAIN)
		sk_watch_blocked(&sv->udp_watch, SK_IN);
	else if (r < 0 && !sv->error)
		iperf3_stream_failed(sv, r, &none);
}

/* --- all of them --------------------------------------------------------- */

/* SYN-ACKs carry the MSS, so it is the listener's. 0: the system's again. */
static void set_listener_mss(struct iperf3_server *sv, uint64_t mss)
{
	const int v = (int)mss;

	for (size_t i = 0; sk_listener_addr(sv->listener, i); i++)
		setsockopt(sk_listener_fd(sv->listener, i), IPPROTO_TCP,
			   TCP_MAXSEG, &v, sizeof(v));
}

static int wait_for_streams(struct iperf3_server *sv, struct sk_err *err)
{
	uint64_t until = sk_now_us() + IPERF3_PATIENCE;
	int r;

	iperf3_in_expect(&sv->s->in, IPERF3_WANT_STATE, 0);
	while (sv->s->n_flows < sv->wanted) {
		if (sv->error)
			return iperf3_refuse(sv, IPERF3_NO_STREAM,
				      sk_fail(err, sv->error, "%s",
					      sv->why.text));
		r = iperf3_try(sv->s, err);
		if (r)
			return r < 0 ? r : sk_fail(err, -EPROTO,
						   "the client gave up");
		if (sk_now_us() >= until)
			return iperf3_refuse(sv, IPERF3_NO_STREAM,
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

int iperf3_open_streams(struct iperf3_server *sv, struct sk_err *err)
{
	bool udp = sv->s->params.udp;
	int r = udp ? open_udp(sv) : 0;

	if (r < 0)
		return iperf3_refuse(sv, IPERF3_NO_STREAM,
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
