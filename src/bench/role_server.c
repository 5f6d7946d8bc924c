/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's part: listen, take connections in, serve, be measured. */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "bench/backlog.h"
#include "bench/layer.h"
#include "bench/memory.h"
#include "bench/role_in.h"
#include "bench/sockets.h"
#include "bench/workload.h"

/* A client's connections all come within this time. */
#define GATHER_US (30 * SK_SEC)
/* And each says within this what it is for. */
#define HELLO_US (2 * SK_SEC)

/* --- listening ----------------------------------------------------------- */

static int open_listeners(struct bench_server *s, struct sk_err *err)
{
	const struct bench_job *job = s->p.job;
	bool share = job->pattern == BENCH_P_REUSEPORT;
	size_t n = share ? s->p.n_workers : 1;

	s->listeners = calloc(n, sizeof(*s->listeners));
	s->serves = calloc(n, sizeof(*s->serves));
	if (!s->listeners || !s->serves)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	for (size_t i = 0; i < n; i++) {
		int fd = bench_listen(job, s->p.local, share, &s->addr, err);

		if (fd < 0)
			return fd;
		s->listeners[s->n_listeners++] = fd;
		if (bench_part_keep(&s->p, fd) < 0)
			return sk_fail(err, -ENOMEM, "%s",
				       sk_strerror(ENOMEM));
	}
	return 0;
}

static int say_ready(struct bench_server *s, struct sk_err *err)
{
	struct bench_msg m = { .kind = BENCH_MSG_READY, .addr = s->addr };

	return bench_msg_send(s->p.ctl, &m, err);
}

/* --- taking in ----------------------------------------------------------- */

static int serve_duty(struct bench_server *s, size_t worker, int in, int out,
		      int duty, bool down, const struct sk_addr *peer,
		      struct sk_err *err)
{
	struct bench_flow *f = bench_part_flow(&s->p, worker, in, out, err);

	if (!f)
		return -ENOMEM;
	if (peer) {
		f->peer = *peer;
		f->to_peer = true;
	}
	return bench_duty_server(f, (enum bench_duty)duty, down, err);
}

/* A descriptor of its own for a second flow: engines register each once. */
static int second(struct bench_server *s, int fd, struct sk_err *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return sk_fail(err, -errno, "dup: %s", sk_strerror(errno));
	return bench_part_keep(&s->p, copy) < 0 ?
		       sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM)) : copy;
}

/* in and out differ for pipes only. */
static int serve(struct bench_server *s, size_t worker, int in, int out, int duty,
		 const struct sk_addr *peer, struct sk_err *err)
{
	int r = serve_duty(s, worker, in, out, duty, false, peer, err), fd;

	if (r < 0 || duty != BENCH_DUTY_BOTH)
		return r;
	fd = in == out ? second(s, in, err) : in;
	return fd < 0 ? fd : serve_duty(s, worker, fd, in == out ? fd : out,
					duty, true, peer, err);
}

/* The worker of connection `got`, that came by listener i. */
static size_t worker_of(const struct bench_server *s, size_t i)
{
	return s->p.job->pattern == BENCH_P_REUSEPORT ? i : s->got;
}

static int accept_one(struct bench_server *s, size_t i, struct sk_err *err)
{
	struct timeval patience = { HELLO_US / SK_SEC, 0 };
	int fd = accept4(s->listeners[i], NULL, NULL, SOCK_CLOEXEC), r;
	char duty = 0;

	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR ? 0 :
		       sk_fail(err, -errno, "accept: %s", sk_strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	/* A stranger is no connection of ours, and no reason to stop. */
	if (read(fd, &duty, 1) != 1 || !bench_is_duty(duty)) {
		close(fd);
		return 0;
	}
	patience.tv_sec = 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bench_part_keep(&s->p, fd) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = bench_accepted(fd, s->p.job, err);
	if (r >= 0)
		r = serve(s, worker_of(s, i), fd, fd, duty, NULL, err);
	s->got++;
	return r;
}

static bool same_addr(const struct sk_addr *a, const struct sk_addr *b)
{
	return a->len == b->len && !memcmp(&a->sa, &b->sa, a->len);
}

static bool known(struct bench_server *s, const struct sk_addr *from)
{
	for (size_t i = 0; i < s->got; i++)
		if (same_addr(&s->peers[i], from))
			return true;
	return false;
}

/* A socket of its own for one peer, at the address that all know. */
static int connected_to(struct bench_server *s, const struct sk_addr *from,
			struct sk_err *err)
{
	struct sk_addr at = s->addr;
	int fd = bench_listen(s->p.job, s->p.local,
			      s->p.job->pattern == BENCH_P_REUSEPORT, &at, err);

	if (fd < 0)
		return fd;
	if (bench_part_keep(&s->p, fd) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	if (connect(fd, &from->sa, from->len) < 0)
		return sk_fail(err, -errno, "connect: %s",
			       sk_strerror(errno));
	return fd;
}

/* One socket hears all peers: one flow for what they send. */
static int serve_all(struct bench_server *s, size_t i, int duty,
		     const struct sk_addr *from, struct sk_err *err)
{
	int fd = s->listeners[i];

	if (duty == BENCH_DUTY_DOWN || duty == BENCH_DUTY_BOTH) {
		int own = second(s, fd, err);
		int r = own < 0 ? own : serve_duty(s, worker_of(s, i), own, own,
						   duty, true, from, err);

		if (r < 0 || duty == BENCH_DUTY_DOWN)
			return r;
	}
	if (s->serves[i])
		return 0;
	s->serves[i] = true;
	return serve_duty(s, i, fd, fd, duty, false, from, err);
}

static int hear_one(struct bench_server *s, size_t i, struct sk_err *err)
{
	struct sk_addr from = { .len = sizeof(from) -
				       offsetof(struct sk_addr, sa) };
	char duty = 0;
	ssize_t n = recvfrom(s->listeners[i], &duty, 1, MSG_TRUNC, &from.sa,
			     &from.len);
	int fd = s->listeners[i], r = 0;

	if (n != 1 || !bench_is_duty(duty))
		return 0;
	if (!known(s, &from)) {
		if (s->p.job->socket == BENCH_S_UDP_CONNECTED) {
			fd = connected_to(s, &from, err);
			r = fd < 0 ? fd : serve(s, worker_of(s, i), fd, fd,
						duty, NULL, err);
		} else {
			r = serve_all(s, i, duty, &from, err);
		}
		s->peers[s->got++] = from;
	}
	/* From where its datagrams will come; asked again, answered again. */
	if (r >= 0 && sendto(fd, &duty, 1, MSG_NOSIGNAL,
			     fd == s->listeners[i] ? &from.sa : NULL,
			     fd == s->listeners[i] ? from.len : 0) < 0)
		return 0;
	return r;
}

static int take_in(struct bench_server *s, const struct pollfd *polls,
		   struct sk_err *err)
{
	const struct bench_kind *k = bench_kind_of(s->p.job);
	int r = 0;

	for (size_t i = 0; i < s->n_listeners && r >= 0; i++)
		if (polls[i].revents && s->got < bench_total(s->p.job))
			r = k->listens ? accept_one(s, i, err) :
					 hear_one(s, i, err);
	return r;
}

/* What waits on ctl is STOP, or the end: nobody will connect any more. */
static bool is_over(int ctl)
{
	char word[4];
	ssize_t n = recv(ctl, word, sizeof(word), MSG_PEEK | MSG_DONTWAIT);

	return !n || (n < 0 && errno != EAGAIN) ||
	       (n == sizeof(word) && !memcmp(word, "STOP", sizeof(word)));
}

/* Until all connections are here; the end of ctl ends it. */
static int gather(struct bench_server *s, struct sk_err *err)
{
	size_t total = bench_total(s->p.job);
	uint64_t end = sk_now_us() + GATHER_US;
	struct pollfd polls[BENCH_WORKERS_MAX + 1];
	int r = 0;

	s->peers = calloc(total ? total : 1, sizeof(*s->peers));
	if (!s->peers)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	for (size_t i = 0; i < s->n_listeners; i++)
		polls[i] = (struct pollfd){ s->listeners[i], POLLIN, 0 };
	polls[s->n_listeners] = (struct pollfd){ s->p.ctl, POLLIN, 0 };
	while (s->got < total && r >= 0) {
		if (sk_now_us() > end)
			return sk_fail(err, -ETIMEDOUT,
				       "%zu of %zu connections came", s->got,
				       total);
		if (poll(polls, s->n_listeners + 1, 1000) <= 0)
			continue;
		if (polls[s->n_listeners].revents && is_over(s->p.ctl))
			return sk_fail(err, -ECANCELED,
				       "the other side has gone");
		/* A client that is quicker has said READY, and START waits. */
		if (polls[s->n_listeners].revents)
			polls[s->n_listeners].events = 0;
		r = take_in(s, polls, err);
	}
	return r;
}

/* Descriptors that were there from the start: no addresses, no hello. */
static int serve_inherited(struct bench_server *s, struct sk_err *err)
{
	int (*fds)[2] = s->p.local ? s->p.local->fds : NULL, r = 0;

	for (; fds && s->got < bench_total(s->p.job) && r >= 0; s->got++)
		r = serve(s, s->got, fds[s->got][0], fds[s->got][1],
			  bench_duty_of(s->p.job, s->got), NULL, err);
	return fds ? r : sk_fail(err, -ENOTSUP, "only within one machine");
}

static int serve_listeners(struct bench_server *s, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < s->p.n_workers && r >= 0; i++) {
		int fd = s->n_listeners > 1 || !i ?
				 s->listeners[i % s->n_listeners] :
				 second(s, s->listeners[0], err);

		r = fd < 0 ? fd : serve_duty(s, i, fd, fd, BENCH_DUTY_CRR,
					     false, NULL, err);
	}
	return r;
}

/* --- layers -------------------------------------------------------------- */

static int layered_flow(struct bench_server *s, struct endpoint *ep, int duty,
			bool down, const struct sk_addr *peer,
			struct sk_err *err)
{
	struct bench_flow *f = bench_part_flow(&s->p, s->got, -1, -1, err);

	if (!f)
		return -ENOMEM;
	f->ep = ep;
	if (peer) {
		f->peer = *peer;
		f->to_peer = true;
	}
	return bench_duty_server(f, (enum bench_duty)duty, down, err);
}

/* What comes, by one flow for all; and what goes, by one to each. */
static int take_peer(struct bench_server *s, struct endpoint *ep, int duty,
		     const struct sk_addr *from, struct sk_err *err)
{
	int r = 0;

	if (s->got >= bench_total(s->p.job) || known(s, from))
		return 0;
	if (duty == BENCH_DUTY_DOWN || duty == BENCH_DUTY_BOTH)
		r = layered_flow(s, ep, duty, true, from, err);
	if (r >= 0 && duty != BENCH_DUTY_DOWN && !s->serves[0]) {
		s->serves[0] = true;
		r = layered_flow(s, ep, duty, false, from, err);
	}
	if (r < 0)
		return r;
	s->peers[s->got++] = *from;
	return 1;
}

/* A bench_layer_fn. */
static int take_layered(void *arg, struct endpoint *ep, int duty,
			const struct sk_addr *from, struct sk_err *err)
{
	struct bench_server *s = arg;
	int r;

	if (from)
		return take_peer(s, ep, duty, from, err);
	r = layered_flow(s, ep, duty, false, NULL, err);
	if (r >= 0 && duty == BENCH_DUTY_BOTH)
		r = layered_flow(s, ep, duty, true, NULL, err);
	if (r < 0)
		return r;
	s->got++;
	return 1;
}

int bench_server_offer(struct bench_server *s, struct sk_err *err)
{
	size_t total = bench_total(s->p.job);
	int r;

	s->peers = calloc(total + 1, sizeof(*s->peers));
	s->serves = calloc(1, sizeof(*s->serves));
	if (!s->peers || !s->serves)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = bench_layer_listen(s->p.layer, s->p.local, &s->addr, err);
	if (r >= 0)
		r = say_ready(s, err);
	if (r >= 0 && total)
		bench_layer_take(s->p.layer, total, take_layered, s);
	return r;
}

static int serve_layered(struct bench_server *s, struct sk_err *err)
{
	int r = bench_layer_new(&s->p.layer, s->p.job, s->p.local, false, err);

	if (r >= 0)
		r = bench_server_offer(s, err);
	if (r >= 0 && bench_total(s->p.job))
		r = bench_layer_gather(s->p.layer, s->p.ctl, err);
	return r;
}

int bench_server_engage(struct bench_server *s, struct sk_err *err)
{
	struct bench_part *p = &s->p;
	int r = bench_part_engage(p, err);

	if (r < 0 || !p->layer || bench_total(p->job))
		return r;
	/* Its loop goes on, whoever comes or goes. */
	p->workers->active++;
	if (p->job->workload == BENCH_W_CRR)
		bench_layer_serve(p->layer, bench_crr_take, p->workers);
	else
		bench_layer_serve(p->layer, bench_backlog_take, p);
	return 0;
}

/* --- the part ------------------------------------------------------------ */

static int prepare(struct bench_server *s, struct sk_err *err)
{
	const struct bench_job *job = s->p.job;
	int r = bench_part_need_fds(job, err);

	if (r >= 0 && job->socket == BENCH_S_ICMP) {
		/* The kernel serves. */
		bench_loopback(&s->addr, bench_kind_of(job));
		return say_ready(s, err);
	}
	if (r >= 0 && bench_is_layered(job, false))
		return serve_layered(s, err);
	if (r >= 0 && bench_kind_of(job)->inherited) {
		r = serve_inherited(s, err);
		return r < 0 ? r : say_ready(s, err);
	}
	if (r >= 0)
		r = open_listeners(s, err);
	if (r >= 0 && job->workload == BENCH_W_CRR)
		r = serve_listeners(s, err);
	if (r >= 0)
		r = say_ready(s, err);
	if (r >= 0)
		r = gather(s, err);
	return r;
}

static int play(struct bench_server *s, struct sk_err *err)
{
	struct bench_part *p = &s->p;
	uint64_t rss = bench_memory_rss(), grown;
	bool queue = p->job->workload == BENCH_W_BACKLOG;
	int r = prepare(s, err);

	if (r >= 0 && (p->layer || !queue))
		r = bench_server_engage(s, err);
	if (r >= 0 && (p->layer || !queue))
		r = bench_part_launch(p, err);
	if (r >= 0)
		r = bench_part_await_start(p, err);
	if (r < 0)
		return r;
	if (queue && s->n_listeners)
		bench_backlog_accept(p, s->listeners[0]);
	bench_part_window(p);
	grown = bench_memory_rss();
	p->side.rss_bytes = grown > rss ? grown - rss : 0;
	bench_part_await_stop(p);
	return bench_part_result(p, err);
}

void bench_server_fini(struct bench_server *s)
{
	bench_part_fini(&s->p);
	free(s->listeners);
	free(s->serves);
	free(s->peers);
}

int bench_role_server(const struct bench_job *job,
		      const struct bench_local *local, int ctl,
		      struct sk_err *err)
{
	struct bench_server s = { .listeners = NULL };
	int r = bench_part_init(&s.p, job, local, ctl, false, err);

	if (r >= 0)
		r = play(&s, err);
	if (r < 0)
		bench_part_failed(&s.p, r, err);
	bench_server_fini(&s);
	return r;
}
