/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The event loop: descriptors, timers, signals and tasks of one thread.
 *
 * Descriptors are registered once, edge-triggered, for both directions. What
 * they can do is remembered in the watch (`can`); whoever meets EAGAIN says
 * so with sk_watch_blocked(). Asking to be called (sk_watch_want) is then a
 * matter of two bits and costs no system call, and ten thousand idle sockets
 * cost nothing at all. Files that epoll refuses (regular files, /dev/null)
 * are always ready.
 *
 * All callbacks are run from one queue of tasks, a round at a time, so a
 * busy descriptor cannot starve another, and a callback may free any watch,
 * timer or task, its own included.
 */
#ifndef SK_LOOP_LOOP_H
#define SK_LOOP_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"

enum sk_events {
	SK_IN = 1,		/* can be read, or is at its end, or failed */
	SK_OUT = 2,		/* can be written, or failed */
};

#define sk_container_of(ptr, type, member) \
	((type *)((uintptr_t)(ptr) - offsetof(type, member)))

struct sk_loop;

/* Something to be run soon, once. Embedded in its owner. */
struct sk_task {
	TAILQ_ENTRY(sk_task) link;
	void (*run)(struct sk_task *task);
	uint64_t round;
	bool queued;
};

struct sk_watch {
	int fd;			/* not owned; -1 when not in use */
	bool always;		/* epoll refused it: always ready */
	unsigned want, can;	/* SK_IN | SK_OUT */
	void (*ready)(struct sk_watch *w); /* some of want is in can */
	struct sk_loop *loop;
	struct sk_task task;
};

struct sk_timer {
	uint64_t at;		/* sk_now_us(); SK_NEVER: not armed */
	size_t slot;		/* place in the heap */
	void (*fire)(struct sk_timer *t);
	struct sk_loop *loop;
};

typedef void sk_signal_fn(struct sk_loop *loop, int signo, void *arg);

struct sk_loop {
	int epfd;
	uint64_t now;		/* read once a round */
	uint64_t polled;	/* when descriptors were last asked */
	uint64_t round;
	bool stop;
	TAILQ_HEAD(sk_task_list, sk_task) tasks;
	struct sk_timer **heap;
	size_t timers, heap_size;

	int sigfd;
	sigset_t signals, old_signals;
	struct sk_watch sigwatch;
	struct {
		sk_signal_fn *fn;
		void *arg;
	} on_signal[32];
};

/* 0 or a negative errno. */
int sk_loop_init(struct sk_loop *loop);
/* Timers and watches must be gone; the signal mask is put back. */
void sk_loop_fini(struct sk_loop *loop);
/*
 * In the child of fork(2): descriptors of its own, so that nothing it does
 * reaches into the parent's loop. Watches begun before must be begun anew.
 */
int sk_loop_forked(struct sk_loop *loop);
/* Runs until sk_loop_stop(). 0 or a negative errno of epoll_wait(2). */
int sk_loop_run(struct sk_loop *loop);
/*
 * One round: waits for at most one batch of events and runs what is due. With
 * tasks to run it does not wait, and only asks every LOOP_POLL_US.
 */
int sk_loop_once(struct sk_loop *loop);
static inline void sk_loop_stop(struct sk_loop *loop)
{
	loop->stop = true;
}

/* fn is called in the loop, not in a signal handler. 0 or negative errno. */
int sk_loop_signal(struct sk_loop *loop, int signo, sk_signal_fn *fn,
		   void *arg);

void sk_task_init(struct sk_task *t, void (*run)(struct sk_task *));
void sk_task_post(struct sk_loop *loop, struct sk_task *t);
void sk_task_cancel(struct sk_loop *loop, struct sk_task *t);

/* 0 or a negative errno of epoll_ctl(2). Nothing is wanted at first. */
int sk_watch_init(struct sk_watch *w, struct sk_loop *loop, int fd,
		  void (*ready)(struct sk_watch *));
/*
 * A watch of something that has no descriptor of its own: whoever knows that
 * it became ready says so with sk_watch_signal().
 */
void sk_watch_init_bare(struct sk_watch *w, struct sk_loop *loop,
			void (*ready)(struct sk_watch *));
void sk_watch_signal(struct sk_watch *w, unsigned events);
/* Must come before the fd is closed. Harmless when never begun (all zero). */
void sk_watch_fini(struct sk_watch *w);
/* Call ready() when any of these is possible; stays until changed. */
void sk_watch_want(struct sk_watch *w, unsigned events);
/* A system call gave EAGAIN: wait for the next edge. */
static inline void sk_watch_blocked(struct sk_watch *w, unsigned events)
{
	if (!w->always)
		w->can &= ~events;
}

/* Try first, and wait only after EAGAIN. */
static inline void sk_watch_assume(struct sk_watch *w, unsigned events)
{
	w->can |= events;
}

void sk_timer_init(struct sk_timer *t, struct sk_loop *loop,
		   void (*fire)(struct sk_timer *));
/* (Re)arm: at is absolute, in sk_now_us() time; SK_NEVER disarms. */
void sk_timer_at(struct sk_timer *t, uint64_t at);
static inline void sk_timer_in(struct sk_timer *t, uint64_t us)
{
	uint64_t now = t->loop->now;

	sk_timer_at(t, us > SK_NEVER - now ? SK_NEVER : now + us);
}
static inline void sk_timer_stop(struct sk_timer *t)
{
	if (t->loop)
		sk_timer_at(t, SK_NEVER);
}
static inline bool sk_timer_armed(const struct sk_timer *t)
{
	return t->loop && t->at != SK_NEVER;
}

#endif
