/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * First a burst that fits into the queue meets a server that accepts: it
 * sends each connection the time at which it did, which on one clock is how
 * long a SYN waits for its accept(2).
 *
 * Then the server listens and does not accept. Connections stand as long as
 * the accept queue has room (listen(2) with n: n + 1 of them; our stack: n);
 * then the kernel drops the last ACK of the handshake or the SYN, counts an
 * overflow, and the client tries again, which on its side looks like a slow
 * network.
 */
#include "bench/backlog.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "bench/sockets.h"
#include "diag/counters.h"

#define BURST 64

static uint64_t overflows(void)
{
	struct sk_counters c = { NULL };
	uint64_t n = 0;

	if (sk_counters_read(&c, "/proc", NULL) >= 0)
		n = sk_counters_sum(&c, "TcpExt", "ListenOverflows");
	sk_counters_fini(&c);
	return n;
}

size_t bench_backlog_burst(const struct bench_job *job)
{
	uint64_t n = job->backlog < job->connections ? job->backlog :
						       job->connections;

	if (!job->one_clock)
		return 0;
	return n < BURST ? n : BURST;
}

/* --- the burst ------------------------------------------------------------ */

void bench_backlog_accept(struct bench_part *p, int listener)
{
	struct pollfd fds[2] = { { listener, POLLIN, 0 },
				 { p->ctl, POLLIN, 0 } };
	size_t n = bench_backlog_burst(p->job);

	while (p->accepted < n && poll(fds, 2, -1) >= 0) {
		SK_AUTO_FD fd = -1;
		uint64_t now;

		if (fds[1].revents)
			return;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		now = bench_now();
		/* Who left before is not to be told. */
		if (fd >= 0 && send(fd, &now, sizeof(now), MSG_NOSIGNAL) > 0)
			p->accepted++;
	}
}

void bench_backlog_sample(struct bench_part *p, uint64_t begun_ns,
			  uint64_t accepted_ns)
{
	if (accepted_ns >= begun_ns)
		bench_sample(p->workers->tally, BENCH_HIST_ACCEPT,
			     accepted_ns - begun_ns);
}

struct guest {
	int fd;
	uint64_t begun_ns;
};

/* 0, or why there can be no burst. */
static int begin(struct bench_part *p, struct guest *g, struct sk_err *err)
{
	const struct sk_addr *to = &p->shared.server;

	g->fd = bench_socket(p->job, err);
	if (g->fd < 0)
		return g->fd;
	fcntl(g->fd, F_SETFL, O_NONBLOCK);
	g->begun_ns = bench_now();
	if (!connect(g->fd, &to->sa, to->len) || errno == EINPROGRESS)
		return 0;
	return sk_fail(err, -errno, "connect: %s", sk_strerror(errno));
}

static int hear(struct bench_part *p, const struct guest *g, uint64_t end,
		struct sk_err *err)
{
	struct pollfd pfd = { g->fd, POLLIN, 0 };
	uint64_t now = bench_now(), accepted;
	int left = now < end ? (int)((end - now) / 1000000u) : 0;

	if (poll(&pfd, 1, left) > 0 &&
	    recv(g->fd, &accepted, sizeof(accepted), MSG_WAITALL) ==
	    sizeof(accepted)) {
		bench_backlog_sample(p, g->begun_ns, accepted);
		return 0;
	}
	return sk_fail(err, -ETIMEDOUT, "a connection is not accepted");
}

static int burst(struct bench_part *p, size_t n, struct sk_err *err)
{
	struct guest g[BURST];
	uint64_t end = bench_now() + BENCH_BURST_US * UINT64_C(1000);
	size_t begun = 0;
	int r = 0;

	while (begun < n && r >= 0)
		r = begin(p, &g[begun++], err);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = hear(p, &g[i], end, err);
	for (size_t i = 0; i < begun; i++)
		sk_close(&g[i].fd);
	return r;
}

/* --- the full queue ------------------------------------------------------- */

/* 0: it stands; -ETIMEDOUT: it hangs; or what went wrong. */
static int one_connect(struct bench_part *p, int fd)
{
	const struct sk_addr *to = &p->shared.server;
	struct pollfd pfd = { fd, POLLOUT, 0 };
	socklen_t len = sizeof(int);
	int e = 0, ms = p->job->stack == BENCH_K_KERNEL ?
				BENCH_PATIENCE_US / 1000 :
				BENCH_PATIENCE_STACK_US / 1000;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!connect(fd, &to->sa, to->len))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (poll(&pfd, 1, ms) <= 0)
		return -ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len);
	return -e;
}

static int connect_once(struct bench_part *p, struct sk_err *err)
{
	int fd;

	if (p->layer)
		return bench_backlog_connect_layered(p);
	fd = bench_socket(p->job, err);
	if (fd < 0)
		return fd;
	if (bench_part_keep(p, fd) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return one_connect(p, fd);
}

static void note(struct bench_part *p, int r, uint64_t ns, uint64_t before)
{
	struct bench_side *s = &p->side;

	if (!r) {
		s->connected++;
		bench_sample(p->workers->tally, BENCH_HIST_CONNECT, ns);
		return;
	}
	s->refused++;
	if (s->first_overflow)
		return;
	/* unix sockets have no such counter: a full queue says EAGAIN. That of
	 * our stack is at the server, and nothing else is in the way. */
	if (r == -EAGAIN || p->job->stack != BENCH_K_KERNEL ||
	    overflows() > before)
		s->first_overflow = s->connected + s->refused;
}

/* What ends the round, and is not the server's doing. */
static bool is_ours(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM ||
	       r == -ENOTSUP || r == -ENETDOWN;
}

int bench_backlog_client(struct bench_part *p, struct sk_err *err)
{
	size_t n = bench_backlog_burst(p->job);
	uint64_t before, begin = bench_now();
	struct bench_cpu cpu;
	int r;

	bench_cpu_self(&p->cpu_begin);
	r = p->layer ? bench_backlog_burst_layered(p, n, err) :
		       burst(p, n, err);
	before = overflows();
	for (size_t i = 0; i < p->job->connections && r >= 0 &&
	     !bench_part_is_told(p); i++) {
		uint64_t now = bench_now();

		r = connect_once(p, err);
		if (is_ours(r))
			return r;
		note(p, r, bench_now() - now, before);
		r = 0;
	}
	bench_cpu_self(&cpu);
	p->side.user_ns = cpu.user_ns - p->cpu_begin.user_ns;
	p->side.sys_ns = cpu.sys_ns - p->cpu_begin.sys_ns;
	p->side.window_ns = bench_now() - begin;
	p->side.overflows = overflows() - before;
	return r;
}
