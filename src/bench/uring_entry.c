/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations of flows as entries of a ring. */
#include "bench/engine_uring.h"

struct io_uring_sqe *bench_ring_entry(struct bench_ring *r)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->io);

	if (!sqe) {
		io_uring_submit(&r->io);
		sqe = io_uring_get_sqe(&r->io);
	}
	return sqe;
}

/* The preparing functions clear these fields: they are set after them. */
static void mark(struct io_uring_sqe *sqe, struct bench_flow *f,
		 enum bench_ring_tag tag)
{
	sqe->user_data = (uintptr_t)f | (uintptr_t)tag;
	if (tag == BENCH_OF_OP)
		f->asked = true;
	if (!f->fixed)
		return;
	sqe->fd = (int)f->fixed - 1;
	sqe->flags |= IOSQE_FIXED_FILE;
}

static void prep_msg(struct bench_flow *f)
{
	f->iov.iov_base = f->op.buf;
	f->iov.iov_len = f->op.len;
	f->msg = (struct msghdr){
		.msg_name = &f->peer.sa,
		.msg_namelen = f->op.kind == BENCH_OP_SEND ?
				       f->peer.len :
				       (socklen_t)(sizeof(f->peer) -
						   offsetof(struct sk_addr,
							    sa)),
		.msg_iov = &f->iov,
		.msg_iovlen = 1,
	};
}

bool bench_ring_multishot(const struct bench_ring *r,
			  const struct bench_flow *f)
{
	return r->multishot && f->socket && !f->to_peer && !f->brief;
}

/* Linux 5.19 brought this, and sends that go on until all is sent, together
 * with that flag of rings. */
static bool knows_poll_first(const struct bench_ring *r)
{
	return r->io.flags & (IORING_SETUP_COOP_TASKRUN |
			      IORING_SETUP_DEFER_TASKRUN);
}

/* Completions that tell of failures only came with Linux 5.17. */
static bool knows_quiet(const struct bench_ring *r)
{
	return r->io.features & IORING_FEAT_CQE_SKIP;
}

static void prep_recv(struct bench_ring *r, struct bench_flow *f,
		      struct io_uring_sqe *sqe)
{
	enum bench_ring_tag tag = BENCH_OF_OP;

	if (bench_ring_multishot(r, f)) {
		io_uring_prep_recv_multishot(sqe, f->in, NULL, 0, 0);
		sqe->flags |= IOSQE_BUFFER_SELECT;
		sqe->buf_group = BENCH_RING_GROUP;
		f->armed = true;
		tag = BENCH_OF_MULTI;
	} else if (f->to_peer) {
		prep_msg(f);
		io_uring_prep_recvmsg(sqe, f->in, &f->msg, 0);
	} else if (f->socket) {
		io_uring_prep_recv(sqe, f->in, f->op.buf, f->op.len, 0);
		/* The answer to what was just sent is not here yet. */
		if (f->in_turn && !f->done && !f->put_off &&
		    knows_poll_first(r))
			sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
	} else {
		io_uring_prep_read(sqe, f->in, f->op.buf,
				   (unsigned)f->op.len, (uint64_t)-1);
	}
	mark(sqe, f, tag);
}

static bool is_zerocopy(const struct bench_flow *f)
{
	return f->w->shared->job->copy == BENCH_C_URING_ZC;
}

/*
 * Nobody waits for a send that is answered before the next one. Of a flow that
 * stays as long as the ring, it is heard when it fails; of others each tells
 * its end, as that may come when the connection is long over.
 */
static void hush(const struct bench_ring *r, struct bench_flow *f,
		 struct io_uring_sqe *sqe)
{
	if (f->listed && !f->brief && knows_quiet(r))
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	else
		f->unheard++;
}

static void prep_send(const struct bench_ring *r, struct bench_flow *f,
		      struct io_uring_sqe *sqe)
{
	bool quiet = f->in_turn && f->socket && !f->to_peer &&
		     knows_poll_first(r);

	if (f->to_peer) {
		prep_msg(f);
		io_uring_prep_sendmsg(sqe, f->out, &f->msg, MSG_NOSIGNAL);
	} else if (!f->socket) {
		io_uring_prep_write(sqe, f->out, f->op.buf,
				    (unsigned)f->op.len, (uint64_t)-1);
	} else if (is_zerocopy(f)) {
		io_uring_prep_send_zc(sqe, f->out, f->op.buf, f->op.len,
				      MSG_NOSIGNAL,
				      IORING_SEND_ZC_REPORT_USAGE);
	} else {
		io_uring_prep_send(sqe, f->out, f->op.buf, f->op.len,
				   MSG_NOSIGNAL | (quiet ? MSG_WAITALL : 0));
	}
	if (quiet)
		hush(r, f, sqe);
	mark(sqe, f, quiet ? BENCH_OF_QUIET : BENCH_OF_OP);
}

static void prep_accept(struct bench_ring *r, struct bench_flow *f,
			struct io_uring_sqe *sqe)
{
	if (!r->multishot) {
		io_uring_prep_accept(sqe, f->in, NULL, NULL, SOCK_CLOEXEC);
		mark(sqe, f, BENCH_OF_OP);
		return;
	}
	io_uring_prep_multishot_accept(sqe, f->in, NULL, NULL, SOCK_CLOEXEC);
	f->armed = true;
	mark(sqe, f, BENCH_OF_MULTI);
}

bool bench_ring_prepare(struct bench_ring *r, struct bench_flow *f,
			struct io_uring_sqe *sqe)
{
	switch (f->op.kind) {
	case BENCH_OP_RECV:
		f->data = f->op.buf;
		prep_recv(r, f, sqe);
		return true;
	case BENCH_OP_SEND:
		prep_send(r, f, sqe);
		return (sqe->user_data & BENCH_TAG_MASK) != BENCH_OF_QUIET;
	case BENCH_OP_ACCEPT:
		prep_accept(r, f, sqe);
		return true;
	default:
		io_uring_prep_connect(sqe, f->out, &f->peer.sa, f->peer.len);
		mark(sqe, f, BENCH_OF_OP);
		return true;
	}
}

static void cancel(struct bench_ring *r, const struct bench_flow *f,
		   enum bench_ring_tag tag)
{
	struct io_uring_sqe *sqe = bench_ring_entry(r);

	if (!sqe)
		return;
	io_uring_prep_cancel64(sqe, (uintptr_t)f | (uintptr_t)tag, 0);
	sqe->user_data = 0;
	if (knows_quiet(r))
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void bench_ring_cancel(struct bench_ring *r, const struct bench_flow *f)
{
	if (f->asked)
		cancel(r, f, BENCH_OF_OP);
	if (f->unheard)
		cancel(r, f, BENCH_OF_QUIET);
	if (f->armed)
		cancel(r, f, BENCH_OF_MULTI);
}
