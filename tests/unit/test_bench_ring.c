/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench: what completions of a ring make of flows, told without a kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine_uring.h"

#include "tap.h"

static struct bench_job job;
static struct bench_shared shared = { .job = &job };
static struct bench_tally tally;
static struct bench_worker worker = { .shared = &shared, .tally = &tally };
static struct bench_ring ring = { .w = &worker };

static int told;		/* how often next() was, and what last */
static ssize_t result;

static void next(struct bench_flow *f, ssize_t n)
{
	(void)f;
	told++;
	result = n;
}

/* Has sent something, and is about to ask for the answer. */
static struct bench_flow *new_flow(void)
{
	static char buf[100];
	struct bench_flow *f = bench_flow_new(&worker);

	if (!f)
		abort();
	f->socket = f->in_turn = f->listed = true;
	f->next = next;
	bench_recv(f, buf, sizeof(buf));
	ring.turns.first = ring.turns.last = NULL;
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

/* --- receives that are put off ------------------------------------------- */

#define FLOWS 10

/* Ten flows, and a ring that has room in line for them. */
static void line_up(struct bench_flow **v)
{
	for (int i = 0; i < FLOWS; i++)
		v[i] = new_flow();
	worker.n_flows = FLOWS;
	memset(&ring.line, 0, sizeof(ring.line));
	if (bench_ring_line_open(&ring) < 0)
		abort();
}

static void line_off(struct bench_flow **v)
{
	for (int i = 0; i < FLOWS; i++)
		bench_flow_free(v[i]);
	free(ring.line.v);
	ring.line.v = NULL;
}

/* A round in which these are put off; how many then ask, and they do. */
static int round_of(struct bench_flow **v, int from, int to)
{
	uint64_t until;
	int n = 0;

	for (int i = from; i < to; i++)
		if (!bench_ring_put_off(&ring, v[i]))
			return -1;
	until = bench_ring_line_round(&ring);
	while (bench_ring_line_next(&ring, until))
		n++;
	return n;
}

static void test_rounds(void)
{
	struct bench_flow *v[FLOWS];

	line_up(v);
	is_int(round_of(v, 0, 5), 0, "line: who has just sent does not ask");
	is_int(round_of(v, 5, 10), 0, "line: nor a round later");
	is_int(round_of(v, 0, 0), 5, "line: but then");
	is_int(round_of(v, 0, 4), 5, "line: each in its round");
	ok(bench_ring_line_next(&ring, ring.line.end) == v[0] &&
	   bench_ring_line_next(&ring, ring.line.end) == v[1],
	   "line: first come, first served");
	ok(v[0]->put_off && v[4]->put_off, "line: the answer is here by then");
	line_off(v);
}

static void test_few(void)
{
	struct bench_flow *v[FLOWS];
	int n = 0;

	line_up(v);
	is_int(round_of(v, 0, 3), 3, "line: few ask at once");
	ok(!v[0]->put_off && !v[2]->put_off, "line: and have to wait");
	is_int(round_of(v, 0, 4), 0, "line: four are enough to put off");
	is_int(round_of(v, 4, 7), 0, "line: all in all");
	is_int(round_of(v, 7, 10), 4, "line: by rounds");
	for (int i = 0; i < 1000; i++) {
		static const int from[] = { 0, 4, 7 };

		n += round_of(v, from[i % 3], from[i % 3] + 3);
	}
	ok(n == 3000 && ring.line.end == 3013, "line: it goes round");
	line_off(v);
}

static void test_line_full(void)
{
	struct bench_flow *v[FLOWS], *more = new_flow();

	line_up(v);
	is_int(round_of(v, 0, FLOWS), 0, "line: room for all flows");
	ok(!bench_ring_put_off(&ring, more), "line: and no more");
	bench_flow_free(more);
	line_off(v);
}

/* Who is over or has failed is not asked for. */
static void test_line_left(void)
{
	struct bench_flow *v[FLOWS];

	line_up(v);
	round_of(v, 0, 6);
	v[0]->ended = true;
	complete(v[1], BENCH_OF_QUIET, -EPIPE, 0);
	ok(v[1]->op.kind == BENCH_OP_END && queued(), "line: a send fails");
	ok(bench_ring_line_next(&ring, ring.line.end) == v[2],
	   "line: who has nothing to ask for is passed over");
	line_off(v);
}

static void test_who_is_put_off(void)
{
	struct bench_flow *v[FLOWS], *f;

	line_up(v);
	f = v[0];
	ok(bench_ring_puts_off(&ring, f), "put off: who takes turns");
	f->brief = true;
	ok(!bench_ring_puts_off(&ring, f), "not one that has many sockets");
	f->brief = f->in_turn = false;
	ok(!bench_ring_put_off(&ring, f), "not what comes all the time");
	f->in_turn = true;
	f->listed = false;
	ok(!bench_ring_puts_off(&ring, f), "not what is closed soon");
	f->listed = true;
	ring.multishot = true;
	ok(!bench_ring_puts_off(&ring, f), "not what is received unasked");
	ring.multishot = false;
	f->done = 1;
	ok(!bench_ring_put_off(&ring, f), "not the rest of an answer");
	line_off(v);
}

/* A flow that is over, in the kernel's hands by what `hold` points at; is it
 * let go, which closes its descriptor, by that completion and no earlier? */
static void test_end(size_t hold, enum bench_ring_tag tag, unsigned more,
		     unsigned last, const char *name)
{
	struct bench_flow *f = new_flow();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

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
	f->listed = false;
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

	ok(!(entry(f).ioprio & IORING_RECVSEND_POLL_FIRST),
	   "before 5.19: no poll first");
	ring.io.flags = IORING_SETUP_COOP_TASKRUN;
	ok(entry(f).ioprio & IORING_RECVSEND_POLL_FIRST, "5.19: poll first");
	f->put_off = true;
	ok(!(entry(f).ioprio & IORING_RECVSEND_POLL_FIRST),
	   "5.19: not where the answer should be here");
	f->put_off = false;
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
	f->armed = true;
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
	test_rounds();
	test_few();
	test_line_full();
	test_line_left();
	test_who_is_put_off();
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
