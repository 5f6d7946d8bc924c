/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/iperf3_side.h"

#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

/* A signal is noticed within this time, whenever it comes. */
#define LOOK (100 * SK_MSEC)

static void on_timer(struct sk_timer *t)
{
	(void)t; /* the round is over, which is all that is wanted */
}

static void on_ready(struct endpoint *ep)
{
	endpoint_want(ep, 0);
}

void iperf3_side_attach(struct iperf3_side *s, struct endpoint *ep)
{
	const int on = 1;

	s->ep = ep;
	ep->ready = on_ready;
	ep->owner = s;
	setsockopt(endpoint_socket_fd(ep), IPPROTO_TCP, TCP_NODELAY, &on,
		   sizeof(on));
}

int iperf3_side_init(struct iperf3_side *s, struct sk_loop *loop,
		     struct endpoint *ep)
{
	memset(s, 0, sizeof(*s));
	s->loop = loop;
	sk_timer_init(&s->timer, loop, on_timer);
	s->pool.full_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->pool.full_fd < 0)
		return -errno;
	if (ep)
		iperf3_side_attach(s, ep);
	return 0;
}

void iperf3_side_fini(struct iperf3_side *s)
{
	for (size_t i = 0; i < s->n_flows; i++)
		iperf3_flow_stop(&s->flows[i]);
	s->n_flows = 0;
	sk_timer_stop(&s->timer);
	iperf3_in_fini(&s->in);
	endpoint_free(s->ep);
	s->ep = NULL;
	sk_close(&s->pool.full_fd);
}

/* --- the control connection ----------------------------------------------- */

static bool is_stopped(const struct iperf3_side *s)
{
	return s->loop->stop || (s->stop && *s->stop);
}

int iperf3_round(struct iperf3_side *s, uint64_t at)
{
	uint64_t look = sk_now_us() + LOOK;
	int r;

	if (is_stopped(s))
		return -EINTR;
	sk_timer_at(&s->timer, s->stop && look < at ? look : at);
	r = sk_loop_once(s->loop);
	sk_timer_stop(&s->timer);
	return r < 0 ? r : is_stopped(s) ? -EINTR : 0;
}

static int broken(ssize_t r, struct sk_err *err)
{
	return sk_fail(err, (int)r, "control connection: %s",
		       sk_strerror((int)r));
}

/* A round of waiting for the control connection. */
static int wait_for(struct iperf3_side *s, unsigned events, uint64_t until,
		    struct sk_err *err)
{
	int r;

	if (sk_now_us() >= until)
		return sk_fail(err, -ETIMEDOUT,
			       "no answer on the control connection");
	endpoint_want(s->ep, events);
	r = iperf3_round(s, until);
	if (r < 0)
		return sk_fail(err, r, "%s", sk_strerror(r));
	return 0;
}

int iperf3_send(struct iperf3_side *s, const void *data, size_t len,
		struct sk_err *err)
{
	uint64_t until = sk_now_us() + IPERF3_PATIENCE;
	const char *at = data;
	struct iovec iov;
	ssize_t n;
	int r;

	while (len) {
		memcpy(&iov.iov_base, &at, sizeof(at));
		iov.iov_len = len;
		n = endpoint_send(s->ep, &iov, 1);
		if (n == -EAGAIN) {
			r = wait_for(s, SK_OUT, until, err);
			if (r < 0)
				return r;
			continue;
		}
		if (n < 0)
			return broken(n, err);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int iperf3_send_state(struct iperf3_side *s, int state, struct sk_err *err)
{
	signed char byte = (signed char)state;

	return iperf3_send(s, &byte, 1, err);
}

static int send_out(struct iperf3_side *s, struct sk_out *out,
		    struct sk_err *err)
{
	int r = out->error;

	if (r < 0)
		sk_fail(err, r, "%s", sk_strerror(r));
	else
		r = iperf3_send(s, out->buf, out->len, err);
	sk_out_fini(out);
	return r;
}

int iperf3_send_params(struct iperf3_side *s, struct sk_err *err)
{
	struct sk_out out;

	sk_out_init(&out, -1);
	iperf3_params_write(&out, &s->params);
	return send_out(s, &out, err);
}

int iperf3_try(struct iperf3_side *s, struct sk_err *err)
{
	size_t room;
	void *to = iperf3_in_room(&s->in, &room);
	ssize_t n = endpoint_recv(s->ep, to, room);

	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return broken(n, err);
	if (!n)
		return sk_fail(err, -ECONNRESET,
			       "the control connection was closed");
	return iperf3_in_came(&s->in, (size_t)n, err);
}

int iperf3_get(struct iperf3_side *s, enum iperf3_kind kind, size_t max,
	       struct sk_err *err)
{
	uint64_t until = sk_now_us() + IPERF3_PATIENCE;
	size_t had;
	int r;

	iperf3_in_expect(&s->in, kind, max);
	for (;;) {
		had = s->in.have;
		r = iperf3_try(s, err);
		if (r)
			return r < 0 ? r : 0;
		if (s->in.have != had)
			continue;
		r = wait_for(s, SK_IN, until, err);
		if (r < 0)
			return r;
	}
}

int iperf3_got_state(const struct iperf3_side *s)
{
	return (signed char)s->in.head[0];
}

int iperf3_get_results(struct iperf3_side *s, struct iperf3_results *r,
		       struct sk_err *err)
{
	int e = iperf3_get(s, IPERF3_WANT_FRAME, IPERF3_RESULTS_MAX, err);

	return e < 0 ? e : iperf3_results_read(r, s->in.body, s->in.want, err);
}

/* --- sockets ------------------------------------------------------------ */

static int set(int fd, int level, int name, const void *value, socklen_t len,
	       const char *what, struct sk_err *err)
{
	if (!setsockopt(fd, level, name, value, len))
		return 0;
	return sk_fail(err, -errno, "%s: %s", what, sk_strerror(errno));
}

static int set_int(int fd, int level, int name, uint64_t value,
		   const char *what, struct sk_err *err)
{
	const int v = (int)value;

	return value ? set(fd, level, name, &v, sizeof(v), what, err) : 0;
}

int iperf3_set_early(const struct iperf3_params *p, int fd,
		     struct sk_err *err)
{
	int r = set_int(fd, SOL_SOCKET, SO_RCVBUF, p->window, "so_rcvbuf",
			err);

	if (r >= 0)
		r = set_int(fd, SOL_SOCKET, SO_SNDBUF, p->window, "so_sndbuf",
			    err);
	if (r >= 0 && !p->udp)
		r = set_int(fd, IPPROTO_TCP, TCP_MAXSEG, p->mss, "tcp_maxseg",
			    err);
	return r;
}

static int set_tcp(const struct iperf3_params *p, int fd, struct sk_err *err)
{
	int r = set_int(fd, IPPROTO_TCP, TCP_NODELAY, p->nodelay,
			"tcp_nodelay", err);

	if (r >= 0 && *p->congestion)
		r = set(fd, IPPROTO_TCP, TCP_CONGESTION, p->congestion,
			(socklen_t)strlen(p->congestion), "tcp_congestion",
			err);
	/* A server whose kernel lacks it goes on, as iperf3's does. */
	return r == -ENOENT ? 0 : r;
}

int iperf3_set_options(const struct iperf3_params *p, int fd, int family,
		       struct sk_err *err)
{
	uint64_t fqrate = p->fqrate / 8;
	bool v6 = family == AF_INET6;
	int r = set_int(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			v6 ? IPV6_TCLASS : IP_TOS, p->tos,
			v6 ? "ipv6_tclass" : "ip_tos", err);

	if (r >= 0 && fqrate)
		r = set(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &fqrate,
			sizeof(fqrate), "so_max_pacing_rate", err);
	if (r >= 0 && !p->udp)
		r = set_tcp(p, fd, err);
	return r;
}

/* --- flows -------------------------------------------------------------- */

int iperf3_add_flow(struct iperf3_side *s, int fd, bool sender)
{
	struct iperf3_flow *f;

	if (s->n_flows == IPERF3_FLOWS_MAX)
		return -ENFILE;
	f = &s->flows[s->n_flows++];
	memset(f, 0, sizeof(*f));
	f->fd = fd;
	f->sender = sender;
	f->params = &s->params;
	f->pool = &s->pool;
	return 0;
}

int iperf3_start_flows(struct iperf3_side *s, struct sk_err *err)
{
	int r;

	iperf3_mark(s);
	for (size_t i = 0; i < s->n_flows; i++) {
		r = iperf3_flow_start(&s->flows[i]);
		if (r < 0)
			return sk_fail(err, r, "stream %zu: %s", i + 1,
				       sk_strerror(r));
	}
	return 0;
}

void iperf3_mark(struct iperf3_side *s)
{
	for (size_t i = 0; i < s->n_flows; i++)
		iperf3_flow_read(&s->flows[i], &s->flows[i].base);
	atomic_store(&s->pool.bytes, 0);
	atomic_store(&s->pool.blocks, 0);
	s->begun_us = sk_now_us();
	getrusage(RUSAGE_SELF, &s->cpu_begun);
}

static void stop_clock(struct iperf3_side *s)
{
	s->ended_us = sk_now_us();
	getrusage(RUSAGE_SELF, &s->cpu_ended);
}

void iperf3_end(struct iperf3_side *s)
{
	stop_clock(s);
	atomic_store(&s->pool.idle, true);
	for (size_t i = 0; i < s->n_flows; i++)
		if (s->flows[i].sender)
			iperf3_flow_rest(&s->flows[i]);
}

void iperf3_close(struct iperf3_side *s)
{
	stop_clock(s);
	for (size_t i = 0; i < s->n_flows; i++)
		iperf3_flow_stop(&s->flows[i]);
}

void iperf3_counted(struct iperf3_flow *f, struct iperf3_count *c)
{
	const struct iperf3_count *base = &f->base;

	iperf3_flow_read(f, c);
	c->bytes -= base->bytes;
	c->blocks -= base->blocks;
	c->retransmits -= base->retransmits;
	c->arrivals.reordered -= base->arrivals.reordered;
}

uint64_t iperf3_bytes(struct iperf3_side *s, bool sent)
{
	struct iperf3_count c;
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n_flows; i++) {
		if (s->flows[i].sender != sent)
			continue;
		iperf3_counted(&s->flows[i], &c);
		sum += c.bytes;
	}
	return sum;
}

int iperf3_flow_error(struct iperf3_side *s)
{
	for (size_t i = 0; i < s->n_flows; i++) {
		int error = atomic_load(&s->flows[i].error);

		if (error)
			return error;
	}
	return 0;
}

double iperf3_seconds(const struct iperf3_side *s)
{
	return (double)(s->ended_us - s->begun_us) / 1e6;
}

/* --- results ------------------------------------------------------------ */

static double percent(const struct timeval *from, const struct timeval *to,
		      double seconds)
{
	double used = (double)(to->tv_sec - from->tv_sec) +
		      (double)(to->tv_usec - from->tv_usec) / 1e6;

	return seconds > 0 ? 100 * used / seconds : 0;
}

static void fill_stream(struct iperf3_side *s, size_t i,
			struct iperf3_stream *to)
{
	struct iperf3_flow *f = &s->flows[i];
	struct iperf3_count c;

	iperf3_counted(f, &c);
	*to = (struct iperf3_stream){
		.id = iperf3_stream_id(i),
		.bytes = (int64_t)c.bytes,
		.retransmits = f->sender && !s->params.udp ?
				       (int64_t)c.retransmits : -1,
		.jitter = c.arrivals.jitter,
		.errors = (int64_t)c.arrivals.lost,
		.packets = (int64_t)c.arrivals.highest,
		.omitted_errors = (int64_t)f->base.arrivals.lost,
		.omitted_packets = (int64_t)f->base.arrivals.highest,
		.seconds = iperf3_seconds(s),
	};
}

int iperf3_send_results(struct iperf3_side *s, const char *words,
			struct sk_err *err)
{
	double seconds = iperf3_seconds(s);
	struct iperf3_results r = { .n = s->n_flows, .words = words };
	bool sends = false;
	struct sk_out out;

	r.cpu_user = percent(&s->cpu_begun.ru_utime, &s->cpu_ended.ru_utime,
			     seconds);
	r.cpu_system = percent(&s->cpu_begun.ru_stime, &s->cpu_ended.ru_stime,
			       seconds);
	r.cpu_total = r.cpu_user + r.cpu_system;
	for (size_t i = 0; i < s->n_flows; i++) {
		fill_stream(s, i, &r.streams[i]);
		sends |= s->flows[i].sender;
	}
	r.has_retransmits = !sends ? -1 : !s->params.udp;
	sk_out_init(&out, -1);
	iperf3_results_write(&out, &r);
	return send_out(s, &out, err);
}
