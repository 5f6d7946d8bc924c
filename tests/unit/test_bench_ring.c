/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench: what completions of a ring make of flows, told without a kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/engine_uring.h"

#include "tap.h"

static struct bench_job job;
static struct bench_shared shared = { .job = &job };
static struct bench_tally tally;
static struct bench_worker worker = { .shared = &shared, .tally = &tally };
static struct bench_ring ring = { .w = &worker, .polls = true };

static int told;		/* how often next() was, and what last */
static ssize_t result;

static void next(struct bench_flow *f, ssize_t n)
{
	(void)f;
	told++;
	result = n;
}

/* Waits for input, of which a poll is to tell. */
static struct bench_flow *new_flow(void)
{
	static char buf[100];
	struct bench_flow *f = bench_flow_new(&worker);

	if (!f)
		abort();
	f->socket = f->in_turn = f->listed = f->armed = true;
	f->can_in = false;
	f->next = next;
	bench_recv(f, buf, sizeof(buf));
	ring.turns.first = ring.turns.last = NULL;
	ring.polls = true;
	memset(&tally, 0, sizeof(tally));
	told = 0;
	result = 0;
	return f;
}

static void complete(const struct bench_flow *f, enum bench_ring_tag tag,
		     int res, unsigned flags)
{
	struct io_uring_cqe *cqe = calloc(1, sizeof(*cqe));

	if (!cqe)
		abort();
	cqe->user_data = (uintptr_t)f | (uintptr_t)tag;
	cqe->res = res;
	cqe->flags = flags;
	bench_ring_complete(&ring, cqe);
	free(cqe);
}

static bool queued(void)
{
	return bench_turns_next(&ring.turns) != NULL;
}

static void test_polled(void)
{
	struct bench_flow *f = new_flow();

	complete(f, BENCH_OF_POLL, POLLIN, IORING_CQE_F_MORE);
	ok(f->can_in && queued() && !told, "poll: input is received next");
	f->asked = true;
	complete(f, BENCH_OF_OP, 64, 0);
	ok(result == 64 && told == 1 && !f->asked && !f->can_in && queued(),
	   "a short receive: there is no more");

	f->asked = true;
	complete(f, BENCH_OF_POLL, POLLIN, IORING_CQE_F_MORE);
	ok(f->can_in && !queued(), "poll: a receive that is out is awaited");
	complete(f, BENCH_OF_OP, 100, 0);
	ok(told == 2 && f->can_in && queued(), "all there was room for: more");

	f->asked = true;
	complete(f, BENCH_OF_OP, -EAGAIN, 0);
	ok(told == 2 && !f->can_in && !f->asked && !queued(),
	   "nothing: the poll is awaited");
	f->asked = true;
	complete(f, BENCH_OF_OP, -EINTR, 0);
	ok(told == 2 && f->can_in && queued(), "interrupted: once more");
	f->op.kind = BENCH_OP_SEND;
	f->can_in = false;
	complete(f, BENCH_OF_POLL, POLLIN, IORING_CQE_F_MORE);
	ok(f->can_in && !queued(), "poll: kept for when it is asked for");
	bench_flow_free(f);
}

static void test_polls_that_end(void)
{
	struct bench_flow *f = new_flow();

	complete(f, BENCH_OF_POLL, POLLIN, 0);
	ok(!f->armed && ring.polls && f->can_in && queued(),
	   "a poll's last word: it is put in place again");
	f->asked = true;
	complete(f, BENCH_OF_OP, -EAGAIN, 0);
	ok(!told && queued(), "nothing, and no poll: try again");
	ok(bench_ring_polled(&ring, f), "by a poll");
	f->armed = true;
	complete(f, BENCH_OF_POLL, -EINVAL, 0);
	ok(!told && queued() && !bench_ring_polled(&ring, f),
	   "no such polls: receives that wait");
	bench_flow_free(f);
}

static void test_who_is_polled(void)
{
	struct bench_flow *f = new_flow();

	ok(bench_ring_polled(&ring, f), "polled: a stream that takes turns");
	f->records = true;
	ok(!bench_ring_polled(&ring, f), "not records: short says nothing");
	f->records = false;
	f->brief = true;
	ok(!bench_ring_polled(&ring, f), "not one that has many sockets");
	f->brief = f->in_turn = false;
	ok(!bench_ring_polled(&ring, f), "not what comes all the time");
	f->in_turn = true;
	f->listed = false;
	ok(!bench_ring_polled(&ring, f), "not what is closed soon");
	f->listed = true;
	f->socket = false;
	ok(!bench_ring_polled(&ring, f), "no pipes");
	bench_flow_free(f);
}

/* A flow that is over, in the kernel's hands by what `hold` points at; is it
 * let go, which closes its descriptor, by that completion and no earlier? */
static void test_end(size_t hold, enum bench_ring_tag tag, unsigned more,
		     unsigned last, const char *name)
{
	struct bench_flow *f = new_flow();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	f->armed = false;
	*(bool *)((char *)f + hold) = true;
	f->in = f->out = fd;
	f->owned = f->ended = true;
	bench_ring_let_go(f);
	if (more)
		complete(f, tag, 1, more);
	ok(f->in == fd, "%s: the end waits for it", name);
	complete(f, tag, -ECANCELED, last);
	ok(f->in < 0 && !told && !queued(),
	   "%s: and comes with it", name);
	bench_flow_free(f);
}

/* The entry of what the flow is about to do. */
static struct io_uring_sqe entry(struct bench_flow *f)
{
	struct io_uring_sqe sqe = { 0 };

	bench_ring_prepare(&ring, f, &sqe);
	return sqe;
}

/* As of Linux 5.19. */
static void know_quiet(void)
{
	ring.io.flags = IORING_SETUP_COOP_TASKRUN;
	ring.io.features = IORING_FEAT_CQE_SKIP;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/*
 * A connection of a moment, which is freed at its end: not while a send that
 * went on alone may still tell that it has failed.
 */
static void test_quiet_and_gone(int res, const char *name)
{
	struct bench_flow *f = new_flow();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct io_uring_sqe sqe;

	know_quiet();
	f->listed = f->armed = false;
	f->owned = true;
	f->in = f->out = fd;
	bench_send(f, f->op.buf, f->op.len);
	sqe = entry(f);
	ok(!f->asked && !(sqe.flags & IOSQE_CQE_SKIP_SUCCESS) &&
	   f->unheard == 1, "gone: %s: the flow goes on", name);
	f->ended = true;
	bench_ring_let_go(f);
	ok(is_open(fd), "gone: %s: but does not end", name);
	/* cppcheck-suppress doubleFree */
	complete(f, BENCH_OF_QUIET, res, 0);
	ok(!is_open(fd) && !queued() && !told, "gone: %s: until it is told",
	   name);
	memset(&ring.io, 0, sizeof(ring.io));
}

/* The next connection of a flow has the memory of the last. */
static void test_quiet_and_brief(void)
{
	struct bench_flow *f = new_flow();

	know_quiet();
	f->brief = true;
	bench_send(f, f->op.buf, f->op.len);
	entry(f);
	is_int(f->unheard, 1, "brief: each send tells its end");
	complete(f, BENCH_OF_QUIET, 100, 0);
	ok(!f->unheard && !queued() && !told, "brief: which is all");
	memset(&ring.io, 0, sizeof(ring.io));
	bench_flow_free(f);
}

/* Sends tell of failures only. */
static void test_quiet(void)
{
	struct bench_flow *f = new_flow();

	complete(f, BENCH_OF_QUIET, 64, 0);
	ok(!told && !queued() && f->op.kind == BENCH_OP_RECV, "quiet: sent");
	complete(f, BENCH_OF_QUIET, -EPIPE, 0);
	ok(queued() && f->op.kind == BENCH_OP_END && tally.errors == 1 &&
	   tally.first_error == -EPIPE, "quiet: a failure ends the flow");
	f->ended = true;
	complete(f, BENCH_OF_QUIET, -EPIPE, 0);
	ok(!queued() && tally.errors == 1, "quiet: once");
	bench_flow_free(f);
}

/* What old kernels do not know they are not asked for. */
static void test_old_kernels(void)
{
	struct bench_flow *f = new_flow();

	ring.polls = false;
	ok(!(entry(f).ioprio & IORING_RECVSEND_POLL_FIRST),
	   "before 5.19: no poll first");
	ring.io.flags = IORING_SETUP_COOP_TASKRUN;
	ok(entry(f).ioprio & IORING_RECVSEND_POLL_FIRST, "5.19: poll first");
	bench_send(f, f->op.buf, f->op.len);
	ring.io.flags = 0;
	ring.io.features = IORING_FEAT_CQE_SKIP;
	ok(!(entry(f).flags & IOSQE_CQE_SKIP_SUCCESS) && f->asked,
	   "before 5.19: a send has its completion");
	know_quiet();
	f->asked = false;
	ok((entry(f).flags & IOSQE_CQE_SKIP_SUCCESS) && !f->asked &&
	   !f->unheard, "5.19: only where it fails");
	memset(&ring.io, 0, sizeof(ring.io));
	bench_flow_free(f);
}

/* Zero-copy: the kernel keeps pages until it says so. */
static void test_lent(void)
{
	struct bench_flow *f = new_flow();

	bench_send(f, f->op.buf, f->op.len);
	for (int i = 0; i < 16; i++)
		complete(f, BENCH_OF_OP, 100, IORING_CQE_F_MORE);
	ok(f->lent == 16 && told == 15 && f->stalled,
	   "lent: no more than 16 at once");
	ok(queued() && !queued(), "lent: in line");
	complete(f, BENCH_OF_OP, (int)IORING_NOTIF_USAGE_ZC_COPIED,
		 IORING_CQE_F_NOTIF);
	ok(told == 16 && result == 100 && !f->stalled && queued(),
	   "lent: one comes back, and it goes on");
	complete(f, BENCH_OF_OP, 0, IORING_CQE_F_NOTIF);
	ok(told == 16 && f->lent == 14 && tally.zc_sent == 2 &&
	   tally.zc_copied == 1, "lent: copied or not is counted");
	bench_flow_free(f);
}

/* Buffers that were filled before they were asked for. */
static void test_held(void)
{
	unsigned after[4] = { 0 }, len[4] = { 0 };
	struct bench_flow *f = new_flow();

	ring.next = after;
	ring.len = len;
	complete(f, BENCH_OF_MULTI, 64, IORING_CQE_F_MORE |
		 IORING_CQE_F_BUFFER | 2u << IORING_CQE_BUFFER_SHIFT);
	complete(f, BENCH_OF_MULTI, 32, IORING_CQE_F_MORE |
		 IORING_CQE_F_BUFFER | 0u << IORING_CQE_BUFFER_SHIFT);
	ok(f->armed && queued() && !queued(), "held: in line, once");
	complete(f, BENCH_OF_MULTI, -ENOBUFS, 0);
	ok(!f->armed && !f->input_over && queued(),
	   "held: without buffers the receive is over, the input is not");
	complete(f, BENCH_OF_MULTI, 0, 0);
	ok(f->input_over && f->result == 0, "held: the end of input is");
	is_int(bench_ring_unhold(&ring, f), 2, "held: first come");
	is_int(len[2], 64, "held: its length");
	is_int(bench_ring_unhold(&ring, f), 0, "held: then the other");
	ok(!f->held_first && !f->held_last, "held: and no more");
	complete(NULL, BENCH_OF_OP, -ENOENT, 0);
	ok(!told, "what was cancelled says nothing");
	bench_flow_free(f);
}

int main(void)
{
	test_polled();
	test_polls_that_end();
	test_who_is_polled();
	test_end(offsetof(struct bench_flow, armed), BENCH_OF_POLL,
		 IORING_CQE_F_MORE, 0, "a poll");
	test_end(offsetof(struct bench_flow, armed), BENCH_OF_MULTI,
		 IORING_CQE_F_MORE, 0, "a multishot receive");
	test_end(offsetof(struct bench_flow, asked), BENCH_OF_OP, 0, 0,
		 "an operation");
	test_end(offsetof(struct bench_flow, asked), BENCH_OF_OP,
		 IORING_CQE_F_MORE, IORING_CQE_F_NOTIF, "pages lent");
	test_quiet();
	test_quiet_and_gone(100, "sent");
	test_quiet_and_gone(-EPIPE, "failed");
	test_quiet_and_brief();
	test_old_kernels();
	test_lent();
	test_held();
	return tap_done();
}
