/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completions of a ring as results of flows' operations. */
#include "bench/engine_uring.h"

/* Zero-copy sends that the kernel may hold at once, a flow. */
#define LENT_MAX 16

/* --- buffers that were filled before they were asked for ----------------- */

void bench_ring_give_back(struct bench_ring *r, unsigned id)
{
	io_uring_buf_ring_add(r->br, r->bufs + id * r->buf_size,
			      (unsigned)r->buf_size, (unsigned short)id,
			      io_uring_buf_ring_mask(r->n_bufs), 0);
	io_uring_buf_ring_advance(r->br, 1);
}

static void hold(struct bench_ring *r, struct bench_flow *f, unsigned id,
		 unsigned len)
{
	r->len[id] = len;
	r->next[id] = 0;
	if (f->held_last)
		r->next[f->held_last - 1] = id + 1;
	else
		f->held_first = id + 1;
	f->held_last = id + 1;
}

unsigned bench_ring_unhold(struct bench_ring *r, struct bench_flow *f)
{
	unsigned id = f->held_first - 1;

	f->held_first = r->next[id];
	if (!f->held_first)
		f->held_last = 0;
	return id;
}

void bench_ring_let_go(struct bench_flow *f)
{
	if (!f->armed && !f->asked && !f->lent && !f->unheard)
		bench_flow_end(f);
}

/* --- completions --------------------------------------------------------- */

static void done_op(struct bench_ring *r, struct bench_flow *f, ssize_t n)
{
	/* Interrupted: the same once more. */
	if (n != -EINTR)
		f->next(f, n);
	bench_turns_add(&r->turns, f);
}

static void multi_input(struct bench_ring *r, struct bench_flow *f,
			const struct io_uring_cqe *cqe)
{
	if (cqe->flags & IORING_CQE_F_BUFFER)
		hold(r, f, cqe->flags >> IORING_CQE_BUFFER_SHIFT,
		     (unsigned)cqe->res);
	else if (cqe->res != -ENOBUFS) {
		/* The end, or an error: after what is held. */
		f->input_over = true;
		f->result = cqe->res;
	}
	if (f->op.kind == BENCH_OP_RECV)
		bench_turns_add(&r->turns, f);
}

static void multi_done(struct bench_ring *r, struct bench_flow *f,
		       const struct io_uring_cqe *cqe)
{
	if (!(cqe->flags & IORING_CQE_F_MORE))
		f->armed = false;
	if (f->ended) {
		if (cqe->flags & IORING_CQE_F_BUFFER)
			bench_ring_give_back(r, cqe->flags >>
						IORING_CQE_BUFFER_SHIFT);
		bench_ring_let_go(f);
		return;
	}
	if (f->op.kind == BENCH_OP_ACCEPT)
		done_op(r, f, cqe->res);
	else
		multi_input(r, f, cqe);
}

/* The kernel has given pages back, and says whether it copied them. */
static void notified(struct bench_ring *r, struct bench_flow *f, uint32_t res)
{
	f->lent--;
	bench_count(f->tally, zc_sent, 1);
	if (res & IORING_NOTIF_USAGE_ZC_COPIED)
		bench_count(f->tally, zc_copied, 1);
	if (f->ended) {
		bench_ring_let_go(f);
	} else if (f->stalled) {
		f->stalled = false;
		done_op(r, f, f->result);
	}
}

/* A send that nobody has waited for: the flow went on as if all was sent. */
static void quiet_done(struct bench_ring *r, struct bench_flow *f, int res)
{
	if (f->unheard)
		f->unheard--;
	if (f->ended) {
		bench_ring_let_go(f);
	} else if (res < 0) {
		bench_flow_failed(f, res);
		bench_turns_add(&r->turns, f);
	}
}

void bench_ring_complete(struct bench_ring *r, const struct io_uring_cqe *cqe)
{
	struct bench_flow *f = (struct bench_flow *)(uintptr_t)
			       (cqe->user_data & ~(uint64_t)BENCH_TAG_MASK);

	if (!f)
		return;
	if (cqe->flags & IORING_CQE_F_NOTIF) {
		notified(r, f, (uint32_t)cqe->res);
		return;
	}
	switch (cqe->user_data & BENCH_TAG_MASK) {
	case BENCH_OF_MULTI:
		multi_done(r, f, cqe);
		return;
	case BENCH_OF_QUIET:
		quiet_done(r, f, cqe->res);
		return;
	default:
		break;
	}
	f->asked = false;
	if (cqe->flags & IORING_CQE_F_MORE)
		f->lent++;
	if (f->ended) {
		bench_ring_let_go(f);
		return;
	}
	if (f->lent >= LENT_MAX) {
		f->stalled = true;
		f->result = cqe->res;
		return;
	}
	done_op(r, f, cqe->res);
}
