/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server listens and does not accept. Connections stand as long as the
 * accept queue has room (listen(2) with n: n + 1 of them); then the kernel
 * drops the last ACK of the handshake or the SYN, counts an overflow, and the
 * client tries again, which on its side looks like a slow network.
 */
#include "bench/backlog.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "bench/sockets.h"
#include "diag/counters.h"

/* A connect on an idle queue takes microseconds; one that takes longer than
 * this has met a full one. */
#define PATIENCE_MS 20

static uint64_t overflows(void)
{
	struct sk_counters c = { NULL };
	uint64_t n = 0;

	if (sk_counters_read(&c, "/proc", NULL) >= 0)
		n = sk_counters_sum(&c, "TcpExt", "ListenOverflows");
	sk_counters_fini(&c);
	return n;
}

/* 0: it stands; -ETIMEDOUT: it hangs; or what went wrong. */
static int one_connect(struct bench_part *p, int fd)
{
	const struct sk_addr *to = &p->shared.server;
	struct pollfd pfd = { fd, POLLOUT, 0 };
	socklen_t len = sizeof(int);
	int e = 0;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!connect(fd, &to->sa, to->len))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (poll(&pfd, 1, PATIENCE_MS) <= 0)
		return -ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len);
	return -e;
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
	/* unix sockets have no such counter: a full queue says EAGAIN. */
	if (r == -EAGAIN || overflows() > before)
		s->first_overflow = s->connected + s->refused;
}

int bench_backlog_client(struct bench_part *p, struct sk_err *err)
{
	uint64_t before = overflows(), begin = bench_now();

	for (size_t i = 0; i < p->job->connections && !p->told_to_stop; i++) {
		int fd = bench_socket(p->job, err);
		uint64_t now = bench_now();
		int r;

		if (fd < 0)
			return fd;
		if (bench_part_keep(p, fd) < 0)
			return sk_fail(err, -ENOMEM, "%s",
				       sk_strerror(ENOMEM));
		r = one_connect(p, fd);
		note(p, r, bench_now() - now, before);
	}
	p->side.window_ns = bench_now() - begin;
	p->side.overflows = overflows() - before;
	return 0;
}
