/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * io_uring: an operation of a flow is an entry of the ring, its result is the
 * entry's completion. Two engines: one operation at a time, or multishot
 * receives and accepts, whose bytes come in buffers of a shared ring. The first
 * may put receives off (uring_line.c).
 *
 * A ring belongs to its worker (SINGLE_ISSUER) and runs the kernel's part of
 * the work only when the worker waits (DEFER_TASKRUN). What the kernel does
 * not know of that is left out, and the note says what was used.
 *
 * A send that is answered before the next one (in_turn) posts no completion
 * unless it fails: the receive goes in with it, one system call for both.
 */
#include "bench/engine_uring.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Linux carries so much out at once, of what it has put off until somebody asks
 * for it (IO_LOCAL_TW_DEFAULT_MAX, 6.13): there may be more. */
#define AT_ONCE 20

static void end(struct bench_ring *r, struct bench_flow *f)
{
	if (f->ended)
		return;
	f->ended = true;
	r->w->active--;
	while (f->held_first)
		bench_ring_give_back(r, bench_ring_unhold(r, f));
	bench_ring_cancel(r, f);
	bench_ring_let_go(f);
}

/* A RECV that can be answered from what is here already. */
static bool answer_held(struct bench_ring *r, struct bench_flow *f)
{
	unsigned id;

	if (!f->held_first) {
		if (!f->input_over)
			return false;
		/* Told once: behind an empty datagram there may be more. */
		f->input_over = false;
		f->next(f, f->result);
		return true;
	}
	id = bench_ring_unhold(r, f);
	f->data = r->bufs + id * r->buf_size;
	f->next(f, (ssize_t)r->len[id]);
	bench_ring_give_back(r, id);
	return true;
}

/* The operation at hand into the ring. False: it is done, go on. */
static bool submit_op(struct bench_ring *r, struct bench_flow *f)
{
	struct io_uring_sqe *sqe;

	if (f->op.kind == BENCH_OP_RECV && bench_ring_multishot(r, f) &&
	    answer_held(r, f))
		return false;
	if ((f->op.kind == BENCH_OP_RECV || f->op.kind == BENCH_OP_ACCEPT) &&
	    f->armed)
		return true;
	sqe = bench_ring_entry(r);
	if (!sqe) {
		bench_flow_failed(f, -EBUSY);
		return false;
	}
	if (bench_ring_prepare(r, f, sqe))
		return true;
	f->next(f, (ssize_t)f->op.len);
	return false;
}

static void drive(struct bench_ring *r, struct bench_flow *f)
{
	for (;;) {
		switch (f->op.kind) {
		case BENCH_OP_END:
			end(r, f);
			return;
		case BENCH_OP_SLEEP:
			if (bench_sleepers_add(&r->turns.sleepers, f) < 0)
				bench_flow_failed(f, -ENOMEM);
			else
				return;
			break;
		case BENCH_OP_CLOSE:
			bench_flow_close(f);
			f->input_over = false;
			f->next(f, 0);
			break;
		default:
			if ((f->op.kind == BENCH_OP_RECV &&
			     bench_ring_put_off(r, f)) ||
			    submit_op(r, f))
				return;
			break;
		}
	}
}

static void drive_all(struct bench_ring *r)
{
	struct bench_flow *f;

	while ((f = bench_turns_next(&r->turns)) != NULL)
		if (!f->ended)
			drive(r, f);
}

/* Those in line before that place ask for what they have put off. */
static void ask(struct bench_ring *r, uint64_t until)
{
	struct bench_flow *f;

	while ((f = bench_ring_line_next(r, until)) != NULL)
		if (!submit_op(r, f))
			drive(r, f);
}

static unsigned take(struct bench_ring *r)
{
	struct io_uring_cqe *cqe;
	unsigned head, n = 0;

	io_uring_for_each_cqe(&r->io, head, cqe) {
		bench_ring_complete(r, cqe);
		n++;
	}
	io_uring_cq_advance(&r->io, n);
	return n;
}

/* What is done by now, all of it; did anything? */
static bool take_all(struct bench_ring *r)
{
	unsigned ready = 0, before;

	io_uring_submit_and_get_events(&r->io);
	do {
		before = ready;
		ready = io_uring_cq_ready(&r->io);
	} while (ready >= before + AT_ONCE && ready < r->io.cq.ring_entries &&
		 !io_uring_get_events(&r->io));
	return take(r) > 0;
}

static void wait_ring(struct bench_ring *r)
{
	uint64_t ns = bench_sleepers_left(&r->turns.sleepers);
	struct __kernel_timespec ts = { (long long)(ns / 1000000000u),
					(long long)(ns % 1000000000u) };
	struct io_uring_cqe *cqe;

	if (ns == UINT64_MAX)
		io_uring_submit_and_wait(&r->io, 1);
	else
		io_uring_submit_and_wait_timeout(&r->io, &cqe, 1, &ts, NULL);
	take(r);
}

/* All that could get on has done so: what is next? */
static void end_round(struct bench_ring *r)
{
	ask(r, bench_ring_line_round(r));
	if (r->line.begin < r->line.end) {
		if (take_all(r))
			return;
		ask(r, r->line.end);
	}
	wait_ring(r);
}

/* io_uring_enable_rings(3), which liburing 2.3 declares and does not have. */
static void enable(const struct bench_ring *r)
{
	syscall(SYS_io_uring_register, r->io.ring_fd,
		IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static void run(struct bench_worker *w)
{
	struct bench_ring *r = w->engine;

	/* The ring is this thread's from here on. A kernel that cannot look
	 * it up faster does without. */
	enable(r);
	io_uring_register_ring_fd(&r->io);
	while (w->active && !bench_stopped(w)) {
		bench_turns_wake(&r->turns);
		drive_all(r);
		if (w->active)
			end_round(r);
	}
}

/* Sockets that stay are known to the ring by number, which saves looking the
 * descriptor up each time. Those that come and go would stay open by it. */
static void make_known(struct bench_ring *r, struct bench_flow *f)
{
	if (!r->knows_files || !f->listed || !f->socket || f->brief ||
	    f->in < 0 || r->n_files >= BENCH_RING_FILES)
		return;
	if (io_uring_register_files_update(&r->io, r->n_files, &f->in, 1) == 1)
		f->fixed = ++r->n_files;
}

static int start(struct bench_worker *w, struct bench_flow *f)
{
	struct bench_ring *r = w->engine;

	make_known(r, f);
	return bench_turns_start(&r->turns, w, f);
}

static int open_single(struct bench_worker *w, struct sk_err *err)
{
	return bench_ring_open(w, false, err);
}

static int open_multishot(struct bench_worker *w, struct sk_err *err)
{
	return bench_ring_open(w, true, err);
}

const struct bench_engine_ops bench_engine_uring = {
	.open = open_single,
	.start = start,
	.run = run,
	.close = bench_ring_close,
	.one_by_one = true,
};

const struct bench_engine_ops bench_engine_uring_multishot = {
	.open = open_multishot,
	.start = start,
	.run = run,
	.close = bench_ring_close,
	.one_by_one = true,
};
