/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop's timers: in order, not early, and not by whole milliseconds; and
 * how often it asks for events while there is work.
 */
#include <unistd.h>

#include "base/clock.h"
#include "loop/loop.h"

#include "tap.h"

#define TRIES 3000
#define SHORT_US 200
#define POLL_US 30		/* LOOP_POLL_US of loop.c */

struct alarm {
	struct sk_timer timer;
	uint64_t due, late;
	unsigned order, *next;
};

static void on_timer(struct sk_timer *t)
{
	struct alarm *a = sk_container_of(t, struct alarm, timer);
	uint64_t now = sk_now_us();

	a->late = now < a->due ? UINT64_MAX : now - a->due;
	a->order = (*a->next)++;
	if (*a->next == 3)
		sk_loop_stop(t->loop);
}

static void test_order(struct sk_loop *loop)
{
	static const uint64_t after[3] = { 30000, 1500, 2000000 };
	struct alarm a[3];
	unsigned next = 0;

	for (int i = 0; i < 3; i++) {
		a[i].next = &next;
		sk_timer_init(&a[i].timer, loop, on_timer);
		/* The last of them is over already. */
		a[i].due = i == 2 ? sk_now_us() : sk_now_us() + after[i];
		sk_timer_at(&a[i].timer, a[i].due);
	}
	sk_loop_run(loop);
	ok(a[2].order == 0 && a[1].order == 1 && a[0].order == 2,
	   "timers fire in the order of their times");
	for (int i = 0; i < 3; i++)
		ok(a[i].late != UINT64_MAX, "and none early");
}

static void on_short(struct sk_timer *t)
{
	struct alarm *a = sk_container_of(t, struct alarm, timer);

	a->late = sk_now_us() - a->due;
	sk_loop_stop(t->loop);
}

/*
 * By whole milliseconds it would always be 0.8 ms late, or more. When others
 * have the CPUs it may be as well: so it is tried until it is not.
 */
static void test_short(struct sk_loop *loop)
{
	struct alarm a = { .late = UINT64_MAX };
	int tries = 0;

	sk_timer_init(&a.timer, loop, on_short);
	while (a.late > 700 && tries++ < TRIES) {
		a.due = sk_now_us() + SHORT_US;
		sk_timer_at(&a.timer, a.due);
		sk_loop_run(loop);
	}
	ok(a.late <= 700, "200 us are no millisecond");
}

/* Always there again, as the work of a busy stream is. */
struct work {
	struct sk_task task;
	struct sk_loop *loop;
};

static void on_work(struct sk_task *t)
{
	struct work *w = sk_container_of(t, struct work, task);

	sk_task_post(w->loop, t);
}

static void on_readable(struct sk_watch *w)
{
	char byte;

	ok(read(w->fd, &byte, 1) == 1, "what became readable meanwhile is");
	sk_watch_want(w, 0);
}

/*
 * With tasks queued descriptors are asked every 30 us: not before, by the
 * loop's own clock, and not later than the first turn after. Turns of both
 * kinds must be seen; how many there are is the machine's.
 */
static void test_polls(struct sk_loop *loop)
{
	struct work w = { .loop = loop };
	struct sk_watch watch;
	unsigned early = 0, late = 0, asked = 0, spared = 0;
	int fds[2];

	if (pipe(fds) < 0 || sk_watch_init(&watch, loop, fds[0], on_readable))
		return;
	sk_watch_want(&watch, SK_IN);
	sk_task_init(&w.task, on_work);
	sk_task_post(loop, &w.task);
	ok(write(fds[1], "x", 1) == 1, "a byte for the watch");
	for (int i = 0; i < TRIES || (i < 1000 * TRIES &&
				      (!spared || !asked || watch.want)); i++) {
		uint64_t before = loop->polled;

		sk_loop_once(loop);
		if (loop->polled != before) {
			asked++;
			early += loop->polled - before < POLL_US;
		} else {
			spared++;
			late += loop->now - before >= POLL_US;
		}
	}
	ok(asked && spared, "a busy loop asks for events, but not each turn");
	is_int(early, 0, "never again within 30 us");
	is_int(late, 0, "always after 30 us");
	sk_task_cancel(loop, &w.task);
	sk_watch_fini(&watch);
	close(fds[0]);
	close(fds[1]);
}

static void on_byte(struct sk_watch *w)
{
	char byte;

	if (read(w->fd, &byte, 1) != 1)
		ok(false, "a byte is there");
	sk_watch_blocked(w, SK_IN);
}

/* Nothing to do but wait: then there is no reason to put asking off. */
static void test_idle(struct sk_loop *loop)
{
	struct sk_watch watch;
	int fds[2], spared = 0;

	if (pipe(fds) < 0 || sk_watch_init(&watch, loop, fds[0], on_byte))
		return;
	sk_watch_want(&watch, SK_IN);
	for (int i = 0; i < 100; i++) {
		/* Asked a moment ago; not so short that the clock stood. */
		uint64_t before = loop->polled = sk_now_us() - 5;

		if (write(fds[1], "x", 1) != 1)
			break;
		sk_loop_once(loop);
		spared += loop->polled == before;
	}
	is_int(spared, 0, "a loop without tasks asks at once");
	sk_watch_fini(&watch);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	struct sk_loop loop;

	is_int(sk_loop_init(&loop), 0, "a loop");
	test_order(&loop);
	test_short(&loop);
	test_polls(&loop);
	test_idle(&loop);
	sk_loop_fini(&loop);
	return tap_done();
}
