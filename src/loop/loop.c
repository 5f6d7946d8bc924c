/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/loop.h"

#include <errno.h>
#include <linux/time_types.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

#define BATCH 256
/* What one event sets off takes some rounds of tasks; between them a system
 * call would find nothing new. */
#define LOOP_POLL_US 30
/* Shorter waits are not rounded to milliseconds. */
#define FINE_US SK_SEC

/* --- tasks ------------------------------------------------------------ */

void sk_task_init(struct sk_task *t, void (*run)(struct sk_task *))
{
	*t = (struct sk_task){ .run = run };
}

/* Posted while a round runs, a task waits for the next: nobody starves. */
void sk_task_post(struct sk_loop *loop, struct sk_task *t)
{
	if (t->queued)
		return;
	t->queued = true;
	t->round = loop->round + 1;
	TAILQ_INSERT_TAIL(&loop->tasks, t, link);
}

void sk_task_cancel(struct sk_loop *loop, struct sk_task *t)
{
	if (!t->queued)
		return;
	t->queued = false;
	TAILQ_REMOVE(&loop->tasks, t, link);
}

static void run_tasks(struct sk_loop *loop)
{
	struct sk_task *t;

	loop->round++;
	while ((t = TAILQ_FIRST(&loop->tasks)) && t->round <= loop->round) {
		sk_task_cancel(loop, t);
		t->run(t);
	}
}

/* --- watches ---------------------------------------------------------- */

static void watch_task(struct sk_task *task)
{
	struct sk_watch *w = sk_container_of(task, struct sk_watch, task);

	if (w->want & w->can)
		w->ready(w);
}

int sk_watch_init(struct sk_watch *w, struct sk_loop *loop, int fd,
		  void (*ready)(struct sk_watch *))
{
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = w,
	};

	*w = (struct sk_watch){ .fd = fd, .ready = ready, .loop = loop };
	sk_task_init(&w->task, watch_task);
	if (!epoll_ctl(loop->epfd, EPOLL_CTL_ADD, fd, &ev))
		return 0;
	if (errno != EPERM) {
		w->fd = -1;
		return -errno;
	}
	w->always = true;
	w->can = SK_IN | SK_OUT;
	return 0;
}

void sk_watch_init_bare(struct sk_watch *w, struct sk_loop *loop,
			void (*ready)(struct sk_watch *))
{
	*w = (struct sk_watch){ .fd = -1, .ready = ready, .loop = loop };
	sk_task_init(&w->task, watch_task);
}

void sk_watch_signal(struct sk_watch *w, unsigned events)
{
	w->can |= events;
	if (w->want & w->can)
		sk_task_post(w->loop, &w->task);
}

void sk_watch_fini(struct sk_watch *w)
{
	if (!w->loop)
		return;
	sk_task_cancel(w->loop, &w->task);
	if (w->fd >= 0 && !w->always)
		epoll_ctl(w->loop->epfd, EPOLL_CTL_DEL, w->fd, NULL);
	w->fd = -1;
	w->loop = NULL;
}

void sk_watch_want(struct sk_watch *w, unsigned events)
{
	w->want = events;
	if (w->want & w->can)
		sk_task_post(w->loop, &w->task);
}

/*
 * An error or hang-up makes both directions "ready": the next system call
 * tells which of them ended, and how.
 */
static void watch_event(struct sk_watch *w, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		w->can |= SK_IN;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		w->can |= SK_OUT;
	sk_watch_signal(w, 0);
}

/* --- timers: a binary heap that knows where each timer is ---------------- */

static void heap_put(struct sk_loop *loop, struct sk_timer *t, size_t i)
{
	loop->heap[i] = t;
	t->slot = i;
}

static void heap_up(struct sk_loop *loop, struct sk_timer *t, size_t i)
{
	while (i && loop->heap[(i - 1) / 2]->at > t->at) {
		heap_put(loop, loop->heap[(i - 1) / 2], i);
		i = (i - 1) / 2;
	}
	heap_put(loop, t, i);
}

static void heap_down(struct sk_loop *loop, struct sk_timer *t, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= loop->timers)
			break;
		if (child + 1 < loop->timers &&
		    loop->heap[child + 1]->at < loop->heap[child]->at)
			child++;
		if (loop->heap[child]->at >= t->at)
			break;
		heap_put(loop, loop->heap[child], i);
		i = child;
	}
	heap_put(loop, t, i);
}

static void heap_remove(struct sk_loop *loop, struct sk_timer *t)
{
	struct sk_timer *last = loop->heap[--loop->timers];
	size_t i = t->slot;

	if (last == t)
		return;
	heap_up(loop, last, i);
	heap_down(loop, last, last->slot);
}

/* Room for one more timer; without it the timer would be lost in silence. */
static void heap_reserve(struct sk_loop *loop)
{
	if (loop->timers < loop->heap_size)
		return;
	loop->heap_size = loop->heap_size ? loop->heap_size * 2 : 64;
	loop->heap = realloc(loop->heap,
			     loop->heap_size * sizeof(*loop->heap));
	if (!loop->heap)
		abort();
}

void sk_timer_init(struct sk_timer *t, struct sk_loop *loop,
		   void (*fire)(struct sk_timer *))
{
	*t = (struct sk_timer){ .at = SK_NEVER, .fire = fire, .loop = loop };
}

void sk_timer_at(struct sk_timer *t, uint64_t at)
{
	struct sk_loop *loop = t->loop;
	bool was_armed = t->at != SK_NEVER;

	if (was_armed)
		heap_remove(loop, t);
	t->at = at;
	if (at == SK_NEVER)
		return;
	heap_reserve(loop);
	heap_up(loop, t, loop->timers++);
}

static void run_timers(struct sk_loop *loop)
{
	while (loop->timers && loop->heap[0]->at <= loop->now) {
		struct sk_timer *t = loop->heap[0];

		sk_timer_at(t, SK_NEVER);
		t->fire(t);
	}
}

/* Until the next timer. SK_NEVER: there is none. */
static uint64_t wait_us(const struct sk_loop *loop)
{
	if (!TAILQ_EMPTY(&loop->tasks))
		return 0;
	if (!loop->timers)
		return SK_NEVER;
	if (loop->heap[0]->at <= loop->now)
		return 0;
	return loop->heap[0]->at - loop->now;
}

/* Milliseconds, rounded up so that no timer fires early. */
static int to_ms(uint64_t us)
{
	if (us == SK_NEVER)
		return -1;
	return us > 3600 * SK_SEC ? 3600 * 1000 : (int)((us + 999) / 1000);
}

/*
 * Whole milliseconds do for most of what we wait for; where it is less, as of
 * the datagrams of a rate, epoll_pwait2(2) has nanoseconds, from Linux 5.11
 * on.
 */
static int wait_events(const struct sk_loop *loop, struct epoll_event *events,
		       uint64_t us)
{
	struct __kernel_timespec ts = { 0, (long)(us % SK_SEC) * 1000 };
	int n = -1;

	errno = ENOSYS;
	if (us && us < FINE_US)
		n = (int)syscall(SYS_epoll_pwait2, loop->epfd, events, BATCH,
				 &ts, NULL, (size_t)0);
	/* ENOSYS, or what a sandbox of old says in its place. */
	if (n < 0 && (errno == ENOSYS || errno == EPERM))
		n = epoll_wait(loop->epfd, events, BATCH, to_ms(us));
	return n;
}

/* --- signals ------------------------------------------------------------ */

static void signals_ready(struct sk_watch *w)
{
	struct sk_loop *loop = w->loop;
	struct signalfd_siginfo si;

	while (read(loop->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo < 32 && loop->on_signal[si.ssi_signo].fn)
			loop->on_signal[si.ssi_signo].fn(
				loop, (int)si.ssi_signo,
				loop->on_signal[si.ssi_signo].arg);
	sk_watch_blocked(w, SK_IN);
}

/* (Re)make the signalfd for the set as it is now. */
static int watch_signals(struct sk_loop *loop)
{
	int fd;

	if (sigprocmask(SIG_BLOCK, &loop->signals, NULL) < 0)
		return -errno;
	fd = signalfd(loop->sigfd, &loop->signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (loop->sigfd >= 0)
		return 0;
	loop->sigfd = fd;
	fd = sk_watch_init(&loop->sigwatch, loop, loop->sigfd, signals_ready);
	if (!fd)
		sk_watch_want(&loop->sigwatch, SK_IN);
	return fd;
}

int sk_loop_signal(struct sk_loop *loop, int signo, sk_signal_fn *fn,
		   void *arg)
{
	loop->on_signal[signo].fn = fn;
	loop->on_signal[signo].arg = arg;
	sigaddset(&loop->signals, signo);
	return watch_signals(loop);
}

/* --- the loop ------------------------------------------------------------ */

int sk_loop_init(struct sk_loop *loop)
{
	*loop = (struct sk_loop){ .sigfd = -1, .now = sk_now_us() };
	TAILQ_INIT(&loop->tasks);
	sigemptyset(&loop->signals);
	sigprocmask(SIG_BLOCK, NULL, &loop->old_signals);
	loop->epfd = epoll_create1(EPOLL_CLOEXEC);
	return loop->epfd < 0 ? -errno : 0;
}

void sk_loop_fini(struct sk_loop *loop)
{
	sk_watch_fini(&loop->sigwatch);
	sk_close(&loop->sigfd);
	sk_close(&loop->epfd);
	free(loop->heap);
	loop->heap = NULL;
	sigprocmask(SIG_SETMASK, &loop->old_signals, NULL);
}

int sk_loop_forked(struct sk_loop *loop)
{
	bool signals = loop->sigfd >= 0;

	sk_close(&loop->epfd);
	sk_close(&loop->sigfd);
	sk_task_cancel(loop, &loop->sigwatch.task);
	loop->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epfd < 0)
		return -errno;
	return signals ? watch_signals(loop) : 0;
}

int sk_loop_once(struct sk_loop *loop)
{
	struct epoll_event events[BATCH];
	uint64_t us;
	int n = 0;

	loop->now = sk_now_us();
	us = wait_us(loop);
	if (us || loop->now - loop->polled >= LOOP_POLL_US) {
		n = wait_events(loop, events, us);
		if (n < 0 && errno != EINTR)
			return -errno;
		loop->polled = loop->now = sk_now_us();
	}
	/* Only notes are taken here; nothing can be freed in between. */
	for (int i = 0; i < n; i++)
		watch_event(events[i].data.ptr, events[i].events);
	run_timers(loop);
	run_tasks(loop);
	return 0;
}

int sk_loop_run(struct sk_loop *loop)
{
	int r = 0;

	loop->stop = false;
	while (!loop->stop && r >= 0)
		r = sk_loop_once(loop);
	return r;
}
