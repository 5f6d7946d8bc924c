/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the queues of io_urings to calls. Requests are copied when
 * io_uring_enter(2) begins, before the kernel takes them; as many as it then
 * says to have taken are in flight until a result has their user_data.
 */
#include "trace/uring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "trace/calls.h"
#include "trace/probe.h"
#include "trace/uring_in.h"

#define ENTER_REGISTERED_RING 16
#define USE_REGISTERED_RING 0x80000000	/* the same for io_uring_register */

struct uring {
	LIST_ENTRY(uring) link;
	pid_t pid;
	int fd;
	struct sk_ring_layout layout;
	uint32_t sq_seen;	/* SQPOLL: requests up to here were read */
	uint32_t cq_seen;
	bool attached;		/* was there before us: begin with now */
	struct sk_uring_flight flight;
	struct sk_uring_bufs bufs;
};

/* What a thread hands over: between the ends of its io_uring_enter(2). */
struct entering {
	LIST_ENTRY(entering) link;
	pid_t tid;
	size_t n;
	struct sk_sqe v[];
};

struct sk_urings {
	struct sk_model *m;
	LIST_HEAD(, uring) rings;
	LIST_HEAD(, entering) entering;
	struct sk_uring_names names;
	struct sk_uring_batch batch;
	struct sk_sqe *sqes;	/* of the batch */
	struct sk_uring_result *results;
	struct sk_uring_calls calls;
};

/* --- rings ---------------------------------------------------------------- */

static void uring_free(struct uring *r)
{
	sk_uring_flight_fini(&r->flight);
	sk_uring_bufs_fini(&r->bufs);
	LIST_REMOVE(r, link);
	free(r);
}

static struct uring *uring_find(struct sk_urings *u, pid_t pid, int fd)
{
	struct uring *r;

	LIST_FOREACH(r, &u->rings, link)
		if (r->pid == pid && r->fd == fd)
			return r;
	return NULL;
}

static struct uring *uring_add(struct sk_urings *u, pid_t pid, int fd)
{
	struct uring *r = uring_find(u, pid, fd);
	struct sk_proc *p = sk_model_proc(u->m, pid);

	if (p)		/* closed meanwhile: a new one has its number */
		sk_direct_close(u->m, p->files, fd, false);
	if (r)
		uring_free(r);
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->pid = pid;
	r->fd = fd;
	sk_uring_flight_init(&r->flight);
	LIST_INSERT_HEAD(&u->rings, r, link);
	return r;
}

/* One that we have not seen being made: a parent's, or from before us. */
static struct uring *uring_meet(struct sk_urings *u, const struct sk_event *ev,
				int fd)
{
	const struct uring *of = uring_find(u, ev->proc->parent, fd);
	struct uring *r = uring_add(u, ev->pid, fd);

	if (!r)
		return NULL;
	r->attached = true;
	if (of)
		r->layout = of->layout;
	else
		sk_ring_layout_guess(&r->layout);
	return r;
}

static void drop_rings(struct sk_urings *u, pid_t pid)
{
	struct uring *r, *next;

	for (r = LIST_FIRST(&u->rings); r; r = next) {
		next = LIST_NEXT(r, link);
		if (r->pid == pid)
			uring_free(r);
	}
}

/*
 * The number may mean a file by now, and who maps that and finds it cut short
 * dies of SIGBUS.
 */
static int open_ring(struct sk_event *ev, int fd)
{
	int copy = sk_probe_open(ev->proc, fd);

	if (copy >= 0 && !sk_probe_is_ring(copy)) {
		close(copy);
		return -EINVAL;
	}
	return copy;
}

static int ring_open(struct sk_ring *q, struct uring *r, struct sk_event *ev)
{
	SK_AUTO_FD copy = open_ring(ev, r->fd);
	int error = sk_ring_open(q, &r->layout, copy, ev);
	uint32_t tail;

	if (error < 0 || !r->attached)
		return error;
	r->attached = false;
	if (sk_ring_done(q, &tail))
		r->cq_seen = tail;
	return 0;
}

/* --- requests ------------------------------------------------------------- */

static struct entering *entering_of(struct sk_urings *u, pid_t tid)
{
	struct entering *n;

	LIST_FOREACH(n, &u->entering, link)
		if (n->tid == tid)
			return n;
	return NULL;
}

static void entering_free(struct entering *n)
{
	if (!n)
		return;
	LIST_REMOVE(n, link);
	free(n);
}

/* What waits to be handed over is copied, the kernel's last word is asked. */
static void read_requests(struct sk_urings *u, struct uring *r,
			  const struct sk_ring *q, struct sk_event *ev)
{
	uint32_t head, tail, max = (uint32_t)ev->args[1];
	struct entering *n;

	entering_free(entering_of(u, ev->tid));
	if (!sk_ring_waiting(q, &head, &tail))
		return;
	if (r->layout.flags & SK_RING_SQPOLL) {
		/* The kernel may have taken some; they still stand there. */
		if (tail - r->sq_seen > q->sq_entries)
			r->sq_seen = tail - q->sq_entries;
		head = r->sq_seen;
		r->sq_seen = tail;
		max = q->sq_entries;
	}
	if (tail - head < max)
		max = tail - head;
	n = malloc(sizeof(*n) + max * sizeof(*n->v));
	if (!n)
		return;
	n->tid = ev->tid;
	n->n = 0;
	while (n->n < max && sk_ring_sqe(q, head + (uint32_t)n->n,
					 &n->v[n->n]))
		n->n++;
	LIST_INSERT_HEAD(&u->entering, n, link);
	for (size_t i = 0; i < n->n; i++)
		if (sk_uring_call(&n->v[i], (uint64_t[6]){ 0 }) ==
			    SK_SYS_close &&
		    !n->v[i].file_index)
			sk_call_ask_last(u->m, ev->proc, n->v[i].fd);
}

/* --- results -------------------------------------------------------------- */

static void add_result(struct sk_urings *u, const struct sk_cqe *cqe,
		       uint8_t opcode)
{
	if (!u->results)
		u->results = calloc(SK_URING_BATCH, sizeof(*u->results));
	if (!u->results || u->batch.n_cqes >= SK_URING_BATCH)
		return;
	u->results[u->batch.n_cqes++] = (struct sk_uring_result){ *cqe,
								  opcode };
	u->batch.cqes = u->results;
}

/* The kernel has chosen one: it is as if the request had named it. */
static void choose_buffer(struct uring *r, const struct sk_event *ev,
			  const struct sk_sqe *sqe, const struct sk_cqe *cqe,
			  struct sk_uring_made *call)
{
	if (sqe->flags & SK_SQE_BUFFER_SELECT && cqe->flags & SK_CQE_BUFFER &&
	    (call->sys == SK_SYS_recvfrom || call->sys == SK_SYS_read))
		sk_uring_bufs_find(&r->bufs, ev, sqe->buf_group,
				   (uint16_t)(cqe->flags >> 16),
				   &call->args[1], &call->args[2]);
}

/* Is it the same as a call? Then it is one, when the event has been reported. */
static bool add_call(struct sk_urings *u, struct uring *r,
		     const struct sk_event *ev, const struct sk_sqe *sqe,
		     const struct sk_cqe *cqe, uint64_t since_ns)
{
	struct sk_uring_made call = { .ring = r->fd + 1 };
	struct sk_sqe plain = *sqe;

	if (!sk_uring_resolve(ev->proc, r->fd, &plain))
		return false;
	call.sys = sk_uring_call(&plain, call.args);
	if (call.sys == SK_SYS_NONE)
		return false;
	choose_buffer(r, ev, sqe, cqe, &call);
	call.took_ns = ev->mono_ns - since_ns;
	call.res = sk_uring_result_of(ev->proc, r->fd, sqe, cqe->res);
	sk_uring_calls_add(&u->calls, &call);
	return true;
}

static void on_result(struct sk_urings *u, struct uring *r,
		      const struct sk_event *ev, const struct sk_cqe *cqe)
{
	struct sk_uring_request *q = sk_uring_flight_find(&r->flight,
							  cqe->user_data);

	if (cqe->flags & SK_CQE_NOTIF) {
		if (q)
			sk_uring_flight_drop(&r->flight, q);
		return;
	}
	if (!q) {
		add_result(u, cqe, 255);
		return;
	}
	sk_uring_files_put(u->m, ev, r->fd, &q->sqe, cqe->res);
	if (q->sqe.opcode == SK_OP_PROVIDE_BUFFERS && cqe->res >= 0)
		sk_uring_bufs_provided(&r->bufs, &q->sqe);
	if (!add_call(u, r, ev, &q->sqe, cqe, q->since_ns) &&
	    sk_uring_concerns(u->m, ev->proc, &q->sqe))
		add_result(u, cqe, q->sqe.opcode);
	if (!(cqe->flags & SK_CQE_MORE))
		sk_uring_flight_drop(&r->flight, q);
}

/* They come last: what they close has been used by those before. */
static void end_silent_closes(struct sk_urings *u, struct uring *r,
			      const struct sk_event *ev)
{
	const struct sk_cqe well = { 0 };
	struct sk_uring_request *q;

	while ((q = sk_uring_flight_silent(&r->flight)) != NULL) {
		add_call(u, r, ev, &q->sqe, &well, q->since_ns);
		sk_uring_flight_drop(&r->flight, q);
	}
}

static void read_results(struct sk_urings *u, struct uring *r,
			 const struct sk_ring *q, const struct sk_event *ev)
{
	struct sk_cqe cqe;
	uint32_t tail;

	if (!sk_ring_done(q, &tail))
		return;
	if (tail - r->cq_seen > q->cq_entries) {
		u->batch.missed += tail - r->cq_seen - q->cq_entries;
		r->cq_seen = tail - q->cq_entries;
	}
	while ((int32_t)(tail - r->cq_seen) > 0 &&
	       sk_ring_cqe(q, &r->cq_seen, &cqe))
		if (!(cqe.flags & SK_CQE_SKIP))
			on_result(u, r, ev, &cqe);
	end_silent_closes(u, r, ev);
}

/* --- calls on rings ------------------------------------------------------- */

static struct uring *uring_of(struct sk_urings *u, struct sk_event *ev)
{
	bool named = ev->sys == SK_SYS_io_uring_enter ?
			     ev->args[3] & ENTER_REGISTERED_RING :
			     ev->args[1] & USE_REGISTERED_RING;
	int fd = named ? sk_uring_names_find(&u->names, ev->tid,
					     (uint32_t)ev->args[0]) :
			 (int)ev->args[0];
	struct uring *r = uring_find(u, ev->pid, fd);

	if (r || fd < 0 ||
	    sk_model_fd(u->m, ev->proc, fd)->kind != SK_FD_URING)
		return r;
	return uring_meet(u, ev, fd);
}

static void on_setup(struct sk_urings *u, struct sk_event *ev)
{
	struct sk_ring_layout l;
	struct uring *r;

	if (ev->kind != SK_EV_EXIT || ev->error ||
	    sk_ring_layout_get(&l, ev, ev->args[1]) < 0)
		return;
	r = uring_add(u, ev->pid, (int)ev->ret);
	if (r)
		r->layout = l;
}

/* The ones that the kernel says to have taken. */
static void hand_over(struct sk_urings *u, struct uring *r,
		      const struct sk_event *ev)
{
	struct entering *n = entering_of(u, ev->tid);
	size_t taken = ev->error || !n ? 0 : (size_t)ev->ret, shown = 0;

	/* A SQPOLL thread takes all there are, whatever the call says. */
	if (n && (taken > n->n || r->layout.flags & SK_RING_SQPOLL))
		taken = n->n;
	free(u->sqes);
	u->sqes = taken ? calloc(taken, sizeof(*u->sqes)) : NULL;
	for (size_t i = 0; i < taken; i++) {
		sk_uring_flight_add(&r->flight, &n->v[i],
				    i ? &n->v[i - 1] : NULL,
				    ev->mono_ns - ev->took_ns);
		if (u->sqes && sk_uring_concerns(u->m, ev->proc, &n->v[i]))
			u->sqes[shown++] = n->v[i];
	}
	u->batch.sqes = u->sqes;
	u->batch.n_sqes = shown;
	entering_free(n);
}

static void on_enter(struct sk_urings *u, struct sk_event *ev)
{
	struct uring *r = uring_of(u, ev);
	bool sqpoll = r && r->layout.flags & SK_RING_SQPOLL;
	struct sk_ring q;

	if (!r)
		return;
	ev->batch = &u->batch;
	u->batch.ring = r->fd;
	if (ev->kind == SK_EV_EXIT && !sqpoll)
		hand_over(u, r, ev);
	if (ring_open(&q, r, ev) < 0)
		return;
	/* With SQPOLL there may be results of them already. */
	if (sqpoll) {
		read_requests(u, r, &q, ev);
		hand_over(u, r, ev);
	}
	read_results(u, r, &q, ev);
	if (ev->kind == SK_EV_ENTER && !sqpoll)
		read_requests(u, r, &q, ev);
	sk_ring_close(&q);
}

static void on_register(struct sk_urings *u, struct sk_event *ev)
{
	struct uring *r = uring_of(u, ev);

	if (ev->kind != SK_EV_EXIT || ev->error)
		return;
	sk_uring_names_register(&u->names, ev);
	if (!r)
		return;
	sk_uring_files_register(u->m, ev, r->fd);
	sk_uring_bufs_register(&r->bufs, ev);
}

/* Its rings are still there: results that nobody has asked for. */
static void on_ending(struct sk_urings *u, struct sk_event *ev)
{
	struct uring *r;
	struct sk_ring q;

	if (ev->proc->ending < ev->proc->threads)
		return;
	LIST_FOREACH(r, &u->rings, link) {
		if (r->pid != ev->pid || ring_open(&q, r, ev) < 0)
			continue;
		read_results(u, r, &q, ev);
		sk_ring_close(&q);
	}
}

static void on_call(struct sk_urings *u, struct sk_event *ev)
{
	if (ev->sys == SK_SYS_io_uring_enter)
		on_enter(u, ev);
	else if (ev->sys == SK_SYS_io_uring_setup)
		on_setup(u, ev);
	else if (ev->sys == SK_SYS_io_uring_register)
		on_register(u, ev);
}

void sk_urings_event(struct sk_urings *u, struct sk_event *ev)
{
	u->calls.n = u->calls.next = 0;
	u->calls.second = false;
	u->batch = (struct sk_uring_batch){ 0 };
	if (ev->kind == SK_EV_ENTER || ev->kind == SK_EV_EXIT)
		on_call(u, ev);
	if (LIST_EMPTY(&u->rings))
		return;
	if (ev->kind == SK_EV_ENDING)
		on_ending(u, ev);
	if (ev->kind == SK_EV_ENDED || ev->kind == SK_EV_DETACHED) {
		entering_free(entering_of(u, ev->tid));
		sk_uring_names_drop(&u->names, ev->tid);
	}
	if (ev->kind == SK_EV_EXEC ||
	    (ev->kind == SK_EV_ENDED && ev->tid == ev->pid))
		drop_rings(u, ev->pid);
}

bool sk_urings_next(struct sk_urings *u, const struct sk_event *ev,
		    struct sk_event *made)
{
	u->m->ring = 0;
	return sk_uring_calls_next(&u->calls, ev, made);
}

/* A thread may have given it a number of its own, and close the descriptor. */
static void on_ring_close(struct sk_model *m, struct sk_proc *p, int fd,
			  void *arg)
{
	const struct sk_urings *u = arg;

	if (!sk_uring_names_has(&u->names, p->pid, fd))
		sk_direct_close(m, p->files, fd, false);
}

struct sk_urings *sk_urings_new(struct sk_model *m)
{
	struct sk_urings *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->m = m;
	m->on_ring_close = on_ring_close;
	m->on_ring_arg = u;
	return u;
}

void sk_urings_free(struct sk_urings *u)
{
	if (!u)
		return;
	while (!LIST_EMPTY(&u->rings))
		uring_free(LIST_FIRST(&u->rings));
	while (!LIST_EMPTY(&u->entering))
		entering_free(LIST_FIRST(&u->entering));
	sk_uring_names_fini(&u->names);
	free(u->sqes);
	free(u->results);
	free(u->calls.v);
	free(u);
}
