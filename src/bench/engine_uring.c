/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * io_uring: an operation of a flow is an entry of the ring, its result is the
 * entry's completion. Two engines: one operation at a time, or multishot
 * receives and accepts, whose bytes come in buffers of a shared ring.
 *
 * A ring belongs to its worker (SINGLE_ISSUER) and runs the kernel's part of
 * the work only when the worker waits (DEFER_TASKRUN). What the kernel does
 * not know of that is left out, and the note says what was used.
 *
 * A send that is answered before the next one (in_turn) posts no completion
 * unless it fails: the receive goes in with it, one system call for both.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/engine.h"
#include "bench/uring.h"
#include "bench/uring.h"

/* Of 6.2; liburing of Debian 12 does not have them. */
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

#define ENTRIES 512
#define COMPLETIONS 4096
#define GROUP 1
#define FILES 4096
#define BUFFERS_MIN 64
#define BUFFERS_MAX 4096
/* Zero-copy sends that the kernel may hold at once, a flow. */
#define LENT_MAX 16

/* What a completion is of: in the low bits of user_data. */
enum tag { OF_OP, OF_MULTI, OF_QUIET, TAG_MASK = 3 };

struct ring {
	struct io_uring io;
	struct bench_worker *w;
	bool multishot;
	struct bench_flow *first, *last;	/* to be driven, by link */
	struct bench_sleepers sleepers;
	unsigned n_files;	/* descriptors that the ring knows by number */
	bool knows_files;
	struct io_uring_buf_ring *br;
	size_t br_size;
	char *bufs;
	unsigned n_bufs;
	size_t buf_size;
	unsigned *next;		/* the one held behind this, number + 1 */
	unsigned *len;
};

/* --- entries ------------------------------------------------------------- */

static struct io_uring_sqe *entry(struct ring *r)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->io);

	if (!sqe) {
		io_uring_submit(&r->io);
		sqe = io_uring_get_sqe(&r->io);
	}
	return sqe;
}

/* The preparing functions clear these fields: they are set after them. */
static void mark(struct io_uring_sqe *sqe, struct bench_flow *f, enum tag tag)
{
	sqe->user_data = (uintptr_t)f | (uintptr_t)tag;
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

static bool uses_multishot(const struct ring *r, const struct bench_flow *f)
{
	return r->multishot && f->socket && !f->to_peer && !f->brief;
}

static void prep_recv(struct ring *r, struct bench_flow *f,
		      struct io_uring_sqe *sqe)
{
	enum tag tag = OF_OP;

	if (uses_multishot(r, f)) {
		io_uring_prep_recv_multishot(sqe, f->in, NULL, 0, 0);
		sqe->flags |= IOSQE_BUFFER_SELECT;
		sqe->buf_group = GROUP;
		f->armed = true;
		tag = OF_MULTI;
	} else if (f->to_peer) {
		prep_msg(f);
		io_uring_prep_recvmsg(sqe, f->in, &f->msg, 0);
	} else if (f->socket) {
		io_uring_prep_recv(sqe, f->in, f->op.buf, f->op.len, 0);
		/* The answer to what was just sent is not here yet. */
		if (f->in_turn && !f->done)
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

static void prep_send(struct bench_flow *f, struct io_uring_sqe *sqe)
{
	bool quiet = f->in_turn && f->socket && !f->to_peer;

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
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	mark(sqe, f, quiet ? OF_QUIET : OF_OP);
}

static void prep_accept(struct ring *r, struct bench_flow *f,
			struct io_uring_sqe *sqe)
{
	if (!r->multishot) {
		io_uring_prep_accept(sqe, f->in, NULL, NULL, SOCK_CLOEXEC);
		mark(sqe, f, OF_OP);
		return;
	}
	io_uring_prep_multishot_accept(sqe, f->in, NULL, NULL, SOCK_CLOEXEC);
	mark(sqe, f, OF_MULTI);
	f->armed = true;
}

/* --- buffers that were filled before they were asked for ----------------- */

static void give_back(struct ring *r, unsigned id)
{
	io_uring_buf_ring_add(r->br, r->bufs + id * r->buf_size,
			      (unsigned)r->buf_size, (unsigned short)id,
			      io_uring_buf_ring_mask(r->n_bufs), 0);
	io_uring_buf_ring_advance(r->br, 1);
}

static void hold(struct ring *r, struct bench_flow *f, unsigned id,
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

static unsigned unhold(struct ring *r, struct bench_flow *f)
{
	unsigned id = f->held_first - 1;

	f->held_first = r->next[id];
	if (!f->held_first)
		f->held_last = 0;
	return id;
}

/* --- driving ------------------------------------------------------------- */

static void queue(struct ring *r, struct bench_flow *f)
{
	if (f->queued)
		return;
	f->queued = true;
	f->link = NULL;
	if (r->last)
		r->last->link = f;
	else
		r->first = f;
	r->last = f;
}

/* The kernel may still have an entry of it: then its completion frees it. */
static void end(struct ring *r, struct bench_flow *f)
{
	struct io_uring_sqe *sqe;

	if (f->ended)
		return;
	f->ended = true;
	r->w->active--;
	while (f->held_first)
		give_back(r, unhold(r, f));
	if (f->armed && (sqe = entry(r)) != NULL) {
		io_uring_prep_cancel64(sqe, (uintptr_t)f | OF_MULTI, 0);
		sqe->user_data = 0;
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	}
	if (!f->armed && !f->lent)
		bench_flow_end(f);
}

/* A RECV that can be answered from what is here already. */
static bool answer_held(struct ring *r, struct bench_flow *f)
{
	unsigned id;

	if (!f->held_first) {
		if (!f->input_over)
			return false;
		f->next(f, f->result);
		return true;
	}
	id = unhold(r, f);
	f->data = r->bufs + id * r->buf_size;
	f->next(f, (ssize_t)r->len[id]);
	give_back(r, id);
	return true;
}

/* The operation at hand into the ring. False: it is done, go on. */
static bool submit_op(struct ring *r, struct bench_flow *f)
{
	struct io_uring_sqe *sqe;

	if (f->op.kind == BENCH_OP_RECV && uses_multishot(r, f) &&
	    answer_held(r, f))
		return false;
	if ((f->op.kind == BENCH_OP_RECV || f->op.kind == BENCH_OP_ACCEPT) &&
	    f->armed)
		return true;
	sqe = entry(r);
	if (!sqe) {
		bench_flow_failed(f, -EBUSY);
		return false;
	}
	switch (f->op.kind) {
	case BENCH_OP_RECV:
		f->data = f->op.buf;
		prep_recv(r, f, sqe);
		return true;
	case BENCH_OP_SEND:
		prep_send(f, sqe);
		if ((sqe->user_data & TAG_MASK) != OF_QUIET)
			return true;
		f->next(f, (ssize_t)f->op.len);
		return false;
	case BENCH_OP_ACCEPT:
		prep_accept(r, f, sqe);
		return true;
	default:
		io_uring_prep_connect(sqe, f->out, &f->peer.sa, f->peer.len);
		mark(sqe, f, OF_OP);
		return true;
	}
}

static void drive(struct ring *r, struct bench_flow *f)
{
	for (;;) {
		switch (f->op.kind) {
		case BENCH_OP_END:
			end(r, f);
			return;
		case BENCH_OP_SLEEP:
			if (bench_sleepers_add(&r->sleepers, f) < 0)
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
			if (submit_op(r, f))
				return;
			break;
		}
	}
}

static void done_op(struct ring *r, struct bench_flow *f, ssize_t n)
{
	/* Interrupted: the same once more. */
	if (n != -EINTR)
		f->next(f, n);
	queue(r, f);
}

/* --- completions --------------------------------------------------------- */

static void multi_input(struct ring *r, struct bench_flow *f,
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
		queue(r, f);
}

static void multi_done(struct ring *r, struct bench_flow *f,
		       const struct io_uring_cqe *cqe)
{
	if (!(cqe->flags & IORING_CQE_F_MORE))
		f->armed = false;
	if (f->ended) {
		if (cqe->flags & IORING_CQE_F_BUFFER)
			give_back(r, cqe->flags >> IORING_CQE_BUFFER_SHIFT);
		if (!f->armed && !f->lent)
			bench_flow_end(f);
		return;
	}
	if (f->op.kind == BENCH_OP_ACCEPT)
		done_op(r, f, cqe->res);
	else
		multi_input(r, f, cqe);
}

/* The kernel has given pages back, and says whether it copied them. */
static void notified(struct ring *r, struct bench_flow *f, uint32_t res)
{
	f->lent--;
	bench_count(f->tally, zc_sent, 1);
	if (res & IORING_NOTIF_USAGE_ZC_COPIED)
		bench_count(f->tally, zc_copied, 1);
	if (f->ended) {
		if (!f->lent && !f->armed)
			bench_flow_end(f);
	} else if (f->stalled) {
		f->stalled = false;
		done_op(r, f, f->result);
	}
}

static void complete(struct ring *r, const struct io_uring_cqe *cqe)
{
	struct bench_flow *f = (struct bench_flow *)(uintptr_t)
			       (cqe->user_data & ~(uint64_t)TAG_MASK);

	if (!f)
		return;
	if (cqe->flags & IORING_CQE_F_NOTIF) {
		notified(r, f, (uint32_t)cqe->res);
		return;
	}
	switch (cqe->user_data & TAG_MASK) {
	case OF_MULTI:
		multi_done(r, f, cqe);
		return;
	case OF_QUIET:		/* only failures speak */
		if (cqe->res >= 0 || f->ended)
			return;
		bench_flow_failed(f, cqe->res);
		queue(r, f);
		return;
	default:
		break;
	}
	if (cqe->flags & IORING_CQE_F_MORE)
		f->lent++;
	if (f->ended)
		return;
	if (f->lent >= LENT_MAX) {
		f->stalled = true;
		f->result = cqe->res;
		return;
	}
	done_op(r, f, cqe->res);
}

/* --- the engine ---------------------------------------------------------- */

static void wake_sleepers(struct ring *r)
{
	struct bench_flow *f;
	uint64_t now;

	if (!r->sleepers.n)
		return;
	now = bench_now();
	while ((f = bench_sleepers_due(&r->sleepers, now)) != NULL) {
		f->next(f, 0);
		queue(r, f);
	}
}

static void drive_all(struct ring *r)
{
	struct bench_flow *f;

	while ((f = r->first) != NULL) {
		r->first = f->link;
		if (!r->first)
			r->last = NULL;
		f->queued = false;
		if (!f->ended)
			drive(r, f);
	}
}

static void wait_ring(struct ring *r)
{
	uint64_t ns = bench_sleepers_left(&r->sleepers);
	struct __kernel_timespec ts = { (long long)(ns / 1000000000u),
					(long long)(ns % 1000000000u) };
	struct io_uring_cqe *cqe;
	unsigned head, n = 0;

	if (ns == UINT64_MAX)
		io_uring_submit_and_wait(&r->io, 1);
	else
		io_uring_submit_and_wait_timeout(&r->io, &cqe, 1, &ts, NULL);
	io_uring_for_each_cqe(&r->io, head, cqe) {
		complete(r, cqe);
		n++;
	}
	io_uring_cq_advance(&r->io, n);
}

/* io_uring_enable_rings(3), which liburing 2.3 declares and does not have. */
static void enable(const struct ring *r)
{
	syscall(SYS_io_uring_register, r->io.ring_fd,
		IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static void run(struct bench_worker *w)
{
	struct ring *r = w->engine;

	/* The ring is this thread's from here on. A kernel that cannot look
	 * it up faster does without. */
	enable(r);
	io_uring_register_ring_fd(&r->io);
	while (w->active && !bench_stopped(w)) {
		wake_sleepers(r);
		drive_all(r);
		if (w->active)
			wait_ring(r);
	}
}

/* Sockets that stay are known to the ring by number, which saves looking the
 * descriptor up each time. Those that come and go would stay open by it. */
static void make_known(struct ring *r, struct bench_flow *f)
{
	if (!r->knows_files || !f->listed || !f->socket || f->brief ||
	    f->in < 0 || r->n_files >= FILES)
		return;
	if (io_uring_register_files_update(&r->io, r->n_files, &f->in, 1) == 1)
		f->fixed = ++r->n_files;
}

static int start(struct bench_worker *w, struct bench_flow *f)
{
	struct ring *r = w->engine;

	make_known(r, f);
	f->op.kind = BENCH_OP_SLEEP;
	f->op.until_ns = 0;
	if (bench_sleepers_add(&r->sleepers, f) < 0)
		return -ENOMEM;
	w->active++;
	return 0;
}

static void close_ring(struct bench_worker *w)
{
	struct ring *r = w->engine;

	io_uring_queue_exit(&r->io);
	if (r->br)
		munmap(r->br, r->br_size);
	free(r->bufs);
	free(r->next);
	free(r->len);
	free(r->sleepers.heap);
	free(r);
	w->engine = NULL;
}

/* --- opening ------------------------------------------------------------- */

/* What newer kernels know, then less and less. */
static const struct {
	unsigned flags;
	const char *name;
} setups[] = {
	{ IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	  "SINGLE_ISSUER, DEFER_TASKRUN" },
	{ IORING_SETUP_COOP_TASKRUN, "COOP_TASKRUN" },
	{ 0, "no task-run flags" },
};

static int init_ring(struct ring *r, const char **name)
{
	struct sk_err err;
	int e = sk_uring_load(&err);

	if (e < 0)
		return e;
	e = -EINVAL;
	for (size_t i = 0; i < sizeof(setups) / sizeof(*setups); i++) {
		struct io_uring_params p = {
			.flags = setups[i].flags | IORING_SETUP_CQSIZE |
				 IORING_SETUP_R_DISABLED,
			.cq_entries = COMPLETIONS,
		};

		*name = setups[i].name;
		e = io_uring_queue_init_params(ENTRIES, &r->io, &p);
		if (e != -EINVAL)
			return e;
	}
	return e;
}

static unsigned power_above(uint64_t n, unsigned least, unsigned most)
{
	unsigned v = least;

	while (v < n && v < most)
		v *= 2;
	return v;
}

/* Buffers for what all flows may get at once, within reason. */
static void choose_buffers(struct ring *r, const struct bench_job *job)
{
	bool bulk = job->workload == BENCH_W_STREAM;

	r->buf_size = bulk ? 64 << 10 :
		      power_above((job->request > job->response ?
				   job->request : job->response) + 64,
				  512, 64 << 10);
	r->n_bufs = power_above(2 * job->connections, BUFFERS_MIN,
				bulk ? BUFFERS_MIN : BUFFERS_MAX);
}

static int open_buffers(struct ring *r)
{
	struct io_uring_buf_reg reg = { .bgid = GROUP };
	int e;

	choose_buffers(r, r->w->shared->job);
	r->br_size = r->n_bufs * sizeof(struct io_uring_buf);
	r->br = mmap(NULL, r->br_size, PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	if (r->br == MAP_FAILED) {
		r->br = NULL;
		return -ENOMEM;
	}
	r->bufs = aligned_alloc(4096, r->n_bufs * r->buf_size);
	r->next = calloc(r->n_bufs, sizeof(*r->next));
	r->len = calloc(r->n_bufs, sizeof(*r->len));
	if (!r->bufs || !r->next || !r->len)
		return -ENOMEM;
	reg.ring_addr = (uintptr_t)r->br;
	reg.ring_entries = r->n_bufs;
	e = io_uring_register_buf_ring(&r->io, &reg, 0);
	if (e < 0)
		return e;
	io_uring_buf_ring_init(r->br);
	for (unsigned i = 0; i < r->n_bufs; i++)
		give_back(r, i);
	return 0;
}

static int refused(struct bench_worker *w, int e, const char *what,
		   struct sk_err *err)
{
	if (w->engine)
		close_ring(w);
	return sk_fail(err, e == -ENOMEM ? e : -ENOTSUP, "%s: %s%s", what,
		       sk_strerror(e),
		       e == -EPERM ? " (kernel.io_uring_disabled)" : "");
}

static int open_ring(struct bench_worker *w, bool multishot,
		     struct sk_err *err)
{
	struct bench_shared *s = w->shared;
	struct ring *r = calloc(1, sizeof(*r));
	const char *name;
	int e;

	if (sk_uring_load(err) < 0) {
		free(r);
		return -ENOTSUP;
	}
	if (!r)
		return refused(w, -ENOMEM, "io_uring", err);
	r->w = w;
	r->multishot = multishot;
	e = init_ring(r, &name);
	if (e < 0) {
		free(r);
		return refused(w, e, "io_uring", err);
	}
	w->engine = r;
	r->knows_files = io_uring_register_files_sparse(&r->io, FILES) == 0;
	e = multishot ? open_buffers(r) : 0;
	if (e < 0)
		return refused(w, e, "io_uring buffer ring", err);
	if (multishot)
		snprintf(s->note, sizeof(s->note),
			 "io_uring %s, multishot, ring of %u buffers of %zu B",
			 name, r->n_bufs, r->buf_size);
	else
		snprintf(s->note, sizeof(s->note), "io_uring %s", name);
	return 0;
}

static int open_single(struct bench_worker *w, struct sk_err *err)
{
	return open_ring(w, false, err);
}

static int open_multishot(struct bench_worker *w, struct sk_err *err)
{
	return open_ring(w, true, err);
}

const struct bench_engine_ops bench_engine_uring = {
	.open = open_single,
	.start = start,
	.run = run,
	.close = close_ring,
	.one_by_one = true,
};

const struct bench_engine_ops bench_engine_uring_multishot = {
	.open = open_multishot,
	.start = start,
	.run = run,
	.close = close_ring,
	.one_by_one = true,
};
