/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Engines that ask which descriptors are ready: select, poll, epoll (both
 * ways) and spin, which asks none but tries. One machine drives them all; a
 * back end only waits.
 *
 * A flow is tried while it may get on (can_in, can_out) and listed for
 * waiting when it may not. A receive that gave less than it had room for has
 * emptied the socket: waiting comes first then, without a call that only
 * gives EAGAIN; that is what a good server does.
 */
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "bench/engine.h"

/* Operations of one flow before others have their turn, when there are none
 * and when there are. */
#define BUDGET_ALONE 64
#define BUDGET 4
#define EVENTS 256
/* Rounds of spinning before the CPU is offered to others. */
#define PASSES 2000

enum { IN = 1, OUT = 2 };

struct ready;

struct backend {
	int (*open)(struct ready *r);
	/* Wait for these events of f from now on; 0: for none. */
	int (*want)(struct ready *r, struct bench_flow *f, unsigned events);
	/* Wait for timeout_ns at most, then resume() what is ready. */
	void (*wait)(struct ready *r, uint64_t timeout_ns);
	bool edges;		/* readiness is told once */
	size_t max_flows;
};

struct ready {
	struct bench_worker *w;
	const struct backend *back;
	struct bench_turns turns;
	int epfd;
	struct pollfd *polls;			/* poll, select, spin */
	struct bench_flow **flows;
	size_t n, cap;
	fd_set in, out;
	int top;
	unsigned passes;			/* spin */
};

/* --- driving ------------------------------------------------------------- */

static unsigned needs(const struct bench_flow *f)
{
	switch (f->op.kind) {
	case BENCH_OP_RECV:
	case BENCH_OP_RECVMM:
	case BENCH_OP_ACCEPT:
		return IN;
	case BENCH_OP_SEND:
	case BENCH_OP_SENDMM:
	case BENCH_OP_CONNECT:
		return OUT;
	default:
		return 0;
	}
}

/* What the result says about the next receive. */
static void note_input(const struct ready *r, struct bench_flow *f, ssize_t n)
{
	bool more = f->records || f->op.kind != BENCH_OP_RECV ?
			    r->back->edges || f->greedy :
			    (size_t)n == f->op.len;

	f->can_in = n > 0 ? more : n == 0;
}

/* The operation at hand; -EAGAIN when it has to wait. */
static ssize_t attempt(const struct ready *r, struct bench_flow *f)
{
	unsigned events = needs(f);
	ssize_t n;

	if ((events == IN && !f->can_in) || (events == OUT && !f->can_out))
		return -EAGAIN;
	n = bench_attempt(f);
	if (n == -EAGAIN) {
		if (events == IN)
			f->can_in = false;
		else
			f->can_out = false;
	} else if (events == IN) {
		note_input(r, f, n);
	}
	return n;
}

static void end(struct ready *r, struct bench_flow *f)
{
	if (f->in >= 0)
		r->back->want(r, f, 0);
	f->ended = true;
	r->w->active--;
	bench_flow_end(f);
}

/* The operation has to wait, or is none that is tried. False: go on. */
static bool put_aside(struct ready *r, struct bench_flow *f, ssize_t n)
{
	int e = 0;

	if (f->op.kind == BENCH_OP_SLEEP)
		e = bench_sleepers_add(&r->turns.sleepers, f);
	else if (n == -EAGAIN)
		e = r->back->want(r, f, needs(f));
	else
		return false;
	if (e < 0) {
		bench_flow_failed(f, e);
		end(r, f);
	}
	return true;
}

static void drive(struct ready *r, struct bench_flow *f)
{
	ssize_t n;

	for (int budget = r->w->active > 1 ? BUDGET : BUDGET_ALONE; budget;
	     budget--) {
		if (f->op.kind == BENCH_OP_END) {
			end(r, f);
			return;
		}
		if (f->op.kind == BENCH_OP_CLOSE && f->in >= 0) {
			r->back->want(r, f, 0);
			f->can_in = f->can_out = true;
		}
		/* A new socket: made by next(), and blocking. */
		if (f->op.kind == BENCH_OP_CONNECT && !f->connecting)
			bench_set_nonblocking(f);
		n = f->op.kind == BENCH_OP_SLEEP ? 0 : attempt(r, f);
		if (n == -EINTR)
			continue;
		if (put_aside(r, f, n))
			return;
		f->next(f, n);
	}
	bench_turns_add(&r->turns, f);
}

/* Where readiness is told as long as there is any, one that sleeps would keep
 * everybody awake by it. */
static void resume(struct ready *r, struct bench_flow *f, unsigned events)
{
	if (events & IN)
		f->can_in = true;
	if (events & OUT)
		f->can_out = true;
	if (events & needs(f))
		bench_turns_add(&r->turns, f);
	else if (f->op.kind == BENCH_OP_SLEEP && !r->back->edges)
		r->back->want(r, f, 0);
}

static int start(struct bench_worker *w, struct bench_flow *f)
{
	struct ready *r = w->engine;
	int e;

	if (r->back->max_flows && w->active >= r->back->max_flows)
		return -EMFILE;
	e = bench_set_nonblocking(f);
	if (e < 0)
		return e;
	return bench_turns_start(&r->turns, w, f);
}

/* What gets in line meanwhile waits for what is ready now. */
static void drive_all(struct ready *r)
{
	struct bench_flow *last = r->turns.last, *f;

	while ((f = bench_turns_next(&r->turns)) != NULL) {
		bool stop = f == last;

		drive(r, f);
		if (stop)
			return;
	}
}

static void run(struct bench_worker *w)
{
	struct ready *r = w->engine;

	while (w->active && !bench_stopped(w)) {
		bench_turns_wake(&r->turns);
		drive_all(r);
		if (w->active)
			r->back->wait(r, r->turns.first ? 0 :
				      bench_sleepers_left(&r->turns.sleepers));
	}
}

static void close_ready(struct bench_worker *w)
{
	struct ready *r = w->engine;

	sk_close(&r->epfd);
	free(r->turns.sleepers.heap);
	free(r->polls);
	free(r->flows);
	free(r);
	w->engine = NULL;
}

static int open_ready(struct bench_worker *w, const struct backend *back)
{
	struct ready *r = calloc(1, sizeof(*r));
	int e;

	if (!r)
		return -ENOMEM;
	r->w = w;
	r->back = back;
	r->epfd = -1;
	w->engine = r;
	e = back->open ? back->open(r) : 0;
	if (e < 0)
		close_ready(w);
	return e;
}

static struct timespec *span(struct timespec *ts, uint64_t ns)
{
	if (ns == UINT64_MAX)
		return NULL;
	ts->tv_sec = (time_t)(ns / 1000000000u);
	ts->tv_nsec = (long)(ns % 1000000000u);
	return ts;
}

/* --- epoll --------------------------------------------------------------- */

static int epoll_open(struct ready *r)
{
	r->epfd = epoll_create1(EPOLL_CLOEXEC);
	return r->epfd < 0 ? -errno : 0;
}

/* A descriptor's registration from *reg to events. */
static int epoll_set(struct ready *r, struct bench_flow *f, int fd,
		     unsigned *reg, unsigned events)
{
	struct epoll_event ev = { .data.ptr = f };
	int op = !*reg ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD :
						  EPOLL_CTL_DEL;

	if (*reg == events || fd < 0)
		return 0;
	ev.events = (events & IN ? (uint32_t)EPOLLIN : 0) |
		    (events & OUT ? (uint32_t)EPOLLOUT : 0) |
		    (r->back->edges ? (uint32_t)EPOLLET : 0);
	if (epoll_ctl(r->epfd, op, fd, &ev) < 0)
		return -errno;
	*reg = events;
	return 0;
}

static int epoll_want(struct ready *r, struct bench_flow *f, unsigned events)
{
	int e;

	if (f->in == f->out) {
		if (events && r->back->edges)
			events = IN | OUT;
		return epoll_set(r, f, f->in, &f->reg_in, events);
	}
	e = epoll_set(r, f, f->in, &f->reg_in, events & IN);
	return e < 0 ? e : epoll_set(r, f, f->out, &f->reg_out, events & OUT);
}

static void epoll_take(struct ready *r, const struct epoll_event *ev)
{
	unsigned e = 0;

	if (ev->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		e |= IN;
	if (ev->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		e |= OUT;
	resume(r, ev->data.ptr, e);
}

static void epoll_waits(struct ready *r, uint64_t ns)
{
	struct epoll_event ev[EVENTS];
	struct timespec ts;
	int n;

	if (ns == 0 || ns == UINT64_MAX)
		n = epoll_wait(r->epfd, ev, EVENTS, ns ? -1 : 0);
	else
		n = (int)syscall(SYS_epoll_pwait2, r->epfd, ev, EVENTS,
				 span(&ts, ns), NULL, (size_t)0);
	for (int i = 0; i < n; i++)
		epoll_take(r, &ev[i]);
}

/* --- poll, select, spin: a list of descriptors --------------------------- */

static int list_room(struct ready *r)
{
	size_t cap = r->cap ? 2 * r->cap : 64;
	struct pollfd *polls;
	struct bench_flow **flows;

	if (r->n < r->cap)
		return 0;
	polls = reallocarray(r->polls, cap, sizeof(*polls));
	if (!polls)
		return -ENOMEM;
	r->polls = polls;
	flows = reallocarray(r->flows, cap, sizeof(struct bench_flow *));
	if (!flows)
		return -ENOMEM;
	r->flows = flows;
	r->cap = cap;
	return 0;
}

static void list_drop(struct ready *r, struct bench_flow *f)
{
	size_t last = --r->n;

	r->flows[f->slot] = r->flows[last];
	r->polls[f->slot] = r->polls[last];
	r->flows[f->slot]->slot = f->slot;
	f->reg_in = 0;
}

static int list_want(struct ready *r, struct bench_flow *f, unsigned events)
{
	int e;

	if (!events) {
		if (f->reg_in)
			list_drop(r, f);
		return 0;
	}
	if (!f->reg_in) {
		e = list_room(r);
		if (e < 0)
			return e;
		f->slot = r->n++;
		r->flows[f->slot] = f;
	}
	f->reg_in = events;
	r->polls[f->slot].fd = events & IN ? f->in : f->out;
	r->polls[f->slot].events = events & IN ? POLLIN : POLLOUT;
	return 0;
}

static void poll_waits(struct ready *r, uint64_t ns)
{
	struct timespec ts;
	int n = ppoll(r->polls, r->n, span(&ts, ns), NULL);

	for (size_t i = 0; n > 0 && i < r->n; i++) {
		if (!r->polls[i].revents)
			continue;
		n--;
		resume(r, r->flows[i], IN | OUT);
	}
}

static int select_want(struct ready *r, struct bench_flow *f, unsigned events)
{
	int fd = events & OUT ? f->out : f->in;

	if (fd >= FD_SETSIZE)
		return -EBADF;
	if (f->reg_in)
		FD_CLR(r->polls[f->slot].fd,
		       f->reg_in & IN ? &r->in : &r->out);
	if (events)
		FD_SET(fd, events & IN ? &r->in : &r->out);
	if (fd >= r->top)
		r->top = fd + 1;
	return list_want(r, f, events);
}

static void select_waits(struct ready *r, uint64_t ns)
{
	fd_set in = r->in, out = r->out;
	struct timespec ts;
	int n = pselect(r->top, &in, &out, NULL, span(&ts, ns), NULL);

	for (size_t i = 0; n > 0 && i < r->n; i++)
		if (FD_ISSET(r->polls[i].fd,
			     r->polls[i].events == POLLIN ? &in : &out))
			resume(r, r->flows[i], IN | OUT);
}

/*
 * Nobody waits: whatever is listed is tried again. Where the peer has no CPU
 * of its own it gets ours now and then, or nothing would ever come.
 */
static void spin_waits(struct ready *r, uint64_t ns)
{
	(void)ns;
	if (++r->passes % PASSES == 0)
		sched_yield();
	for (size_t i = 0; i < r->n; i++)
		resume(r, r->flows[i], IN | OUT);
}

/* --- the engines --------------------------------------------------------- */

#define ENGINE(id, ...) \
	static const struct backend id##_back = { __VA_ARGS__ }; \
	static int id##_engine_open(struct bench_worker *w, \
				    struct sk_err *err) \
	{ \
		int r = open_ready(w, &id##_back); \
		return r < 0 ? sk_fail(err, r, #id ": %s", sk_strerror(r)) : \
			       0; \
	} \
	const struct bench_engine_ops bench_engine_##id = { \
		.open = id##_engine_open, \
		.start = start, \
		.run = run, \
		.close = close_ready, \
	}

ENGINE(select, .want = select_want, .wait = select_waits, .max_flows = 1000);
ENGINE(poll, .want = list_want, .wait = poll_waits);
ENGINE(epoll, .open = epoll_open, .want = epoll_want, .wait = epoll_waits);
ENGINE(epoll_et, .open = epoll_open, .want = epoll_want, .wait = epoll_waits,
       .edges = true);
ENGINE(spin, .want = list_want, .wait = spin_waits);
