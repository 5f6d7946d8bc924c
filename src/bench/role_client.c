/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's part: connect, load, measure. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "bench/backlog.h"
#include "bench/layer.h"
#include "bench/memory.h"
#include "bench/role_in.h"
#include "bench/sockets.h"
#include "bench/workload.h"

/* A datagram that says hello is sent again when no answer comes in time. */
#define HELLO_MS 200
#define HELLO_TRIES 25

static int no_memory(struct sk_err *err)
{
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

/* --- hello --------------------------------------------------------------- */

static int hello_stream(int fd, char duty, struct sk_err *err)
{
	if (send(fd, &duty, 1, MSG_NOSIGNAL) == 1)
		return 0;
	return sk_fail(err, -errno, "hello: %s", sk_strerror(errno));
}

/* The answer shows that datagrams pass both ways, and from where. */
static int hello_dgram(int fd, char duty, const struct sk_addr *to,
		       struct sk_err *err)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char answer = 0;

	for (int i = 0; i < HELLO_TRIES; i++) {
		if (sendto(fd, &duty, 1, MSG_NOSIGNAL, to ? &to->sa : NULL,
			   to ? to->len : 0) < 0)
			return sk_fail(err, -errno, "hello: %s",
				       sk_strerror(errno));
		if (poll(&p, 1, HELLO_MS) > 0 &&
		    recv(fd, &answer, 1, MSG_DONTWAIT) == 1 && answer == duty)
			return 0;
	}
	return sk_fail(err, -ETIMEDOUT, "datagrams are not answered");
}

static int hello(const struct bench_job *job, int fd, enum bench_duty duty,
		 const struct sk_addr *addr, struct sk_err *err)
{
	const struct bench_kind *k = bench_kind_of(job);

	if (job->socket == BENCH_S_ICMP)
		return 0;
	if (k->listens)
		return hello_stream(fd, (char)duty, err);
	return hello_dgram(fd, (char)duty,
			   job->socket == BENCH_S_UDP ? addr : NULL, err);
}

/* --- flows --------------------------------------------------------------- */

static int flow_of(struct bench_part *p, size_t i, int in, int out,
		   enum bench_duty duty, bool down, struct sk_err *err)
{
	struct bench_flow *f;

	if (duty == BENCH_DUTY_IDLE)
		return 0;
	f = bench_part_flow(p, i, in, out, err);
	if (!f)
		return -ENOMEM;
	if (p->job->socket == BENCH_S_UDP) {
		f->to_peer = true;
		f->peer = p->shared.server;
	}
	return bench_duty_client(f, duty, down, err);
}

static int take_on(struct bench_part *p, size_t i, int in, int out,
		   struct sk_err *err)
{
	enum bench_duty duty = bench_duty_of(p->job, i);
	int r = flow_of(p, i, in, out, duty, false, err), fd = in;

	if (r < 0 || duty != BENCH_DUTY_BOTH)
		return r;
	if (in == out) {
		fd = fcntl(in, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return sk_fail(err, -errno, "dup: %s",
				       sk_strerror(errno));
		if (bench_part_keep(p, fd) < 0)
			return no_memory(err);
		out = fd;
	}
	return flow_of(p, i, fd, out, duty, true, err);
}

static int connect_all(struct bench_part *p, struct sk_err *err)
{
	size_t total = bench_total(p->job);
	int r = 0;

	for (size_t i = 0; i < total && r >= 0; i++) {
		int fd = bench_connect(p->job, &p->shared.server, i, err);

		if (fd < 0)
			return fd;
		if (bench_part_keep(p, fd) < 0)
			return no_memory(err);
		r = hello(p->job, fd, bench_duty_of(p->job, i),
			  &p->shared.server, err);
		if (r >= 0)
			r = take_on(p, i, fd, fd, err);
	}
	return r;
}

static int take_inherited(struct bench_part *p, struct sk_err *err)
{
	int (*fds)[2] = p->local ? p->local->fds : NULL, r = 0;

	for (size_t i = 0; fds && i < bench_total(p->job) && r >= 0; i++)
		r = take_on(p, i, fds[i][0], fds[i][1], err);
	return fds ? r : sk_fail(err, -ENOTSUP, "only within one machine");
}

/* One connection, with its one flow or two. */
static int take_on_layered(struct bench_part *p, size_t i, struct endpoint *ep,
			   enum bench_duty duty, struct sk_err *err)
{
	int r = 0, flows = duty == BENCH_DUTY_BOTH ? 2 : 1;

	if (duty == BENCH_DUTY_IDLE)
		return 0;
	for (int down = 0; down < flows && r >= 0; down++) {
		struct bench_flow *f = bench_part_flow(p, i, -1, -1, err);

		if (!f)
			return -ENOMEM;
		f->ep = ep;
		r = bench_duty_client(f, duty, down, err);
	}
	return r;
}

static int connect_layered(struct bench_part *p, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < bench_total(p->job) && r >= 0; i++) {
		enum bench_duty duty = bench_duty_of(p->job, i);
		struct endpoint *ep;

		r = bench_layer_connect(p->layer, &ep, &p->shared.server, duty,
					err);
		if (r >= 0)
			r = take_on_layered(p, i, ep, duty, err);
	}
	return r;
}

/* Short connections are made while it runs. */
static int crr_flows(struct bench_part *p, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < p->job->connections && r >= 0; i++)
		r = flow_of(p, i, -1, -1, BENCH_DUTY_CRR, false, err);
	return r;
}

/* --- the part ------------------------------------------------------------ */

int bench_client_prepare(struct bench_part *p, struct sk_err *err)
{
	int r = bench_part_need_fds(p->job, err);

	/* Of --stack pair there is one already. */
	if (r >= 0 && !p->layer && bench_is_layered(p->job, true))
		r = bench_layer_new(&p->layer, p->job, p->local, true, err);
	if (r < 0 || p->job->workload == BENCH_W_BACKLOG)
		return r;
	if (p->job->workload == BENCH_W_CRR)
		r = crr_flows(p, err);
	else if (p->layer)
		r = connect_layered(p, err);
	else if (bench_kind_of(p->job)->inherited)
		r = take_inherited(p, err);
	else
		r = connect_all(p, err);
	return r;
}

void bench_client_memory(struct bench_part *p, uint64_t rss, uint64_t slab)
{
	uint64_t rss_now = bench_memory_rss(), slab_now = bench_memory_kernel();

	p->side.rss_bytes = rss_now > rss ? rss_now - rss : 0;
	p->side.kernel_bytes = slab_now > slab ? slab_now - slab : 0;
	p->side.connected = bench_total(p->job);
}

static int play(struct bench_part *p, struct sk_err *err)
{
	uint64_t rss = bench_memory_rss(), slab = bench_memory_kernel();
	int r = bench_client_prepare(p, err);

	if (r >= 0)
		r = bench_msg_say(p->ctl, BENCH_MSG_READY, err);
	if (r >= 0)
		r = bench_part_await_start(p, err);
	if (r >= 0 && p->job->workload == BENCH_W_BACKLOG) {
		r = bench_backlog_client(p, err);
		return r < 0 ? r : bench_part_result(p, err);
	}
	if (r >= 0)
		r = bench_part_run(p, err);
	if (r < 0)
		return r;
	bench_part_window(p);
	bench_client_memory(p, rss, slab);
	bench_part_linger(p);
	r = bench_part_result(p, err);
	/* A connection that closed now would be an error to the server; also
	 * when we were told to stop before it was. */
	p->told_to_stop = false;
	if (r >= 0)
		bench_part_await_stop(p);
	return r;
}

int bench_role_client(const struct bench_job *job,
		      const struct sk_addr *addr,
		      const struct bench_local *local, int ctl,
		      struct sk_err *err)
{
	struct bench_part p;
	int r = bench_part_init(&p, job, local, ctl, true, err);

	if (addr)
		p.shared.server = *addr;
	if (r >= 0)
		r = play(&p, err);
	if (r < 0)
		bench_part_failed(&p, r, err);
	bench_part_fini(&p);
	return r;
}
