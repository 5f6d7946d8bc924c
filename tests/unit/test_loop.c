/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop's timers: in order, not early, and not by whole milliseconds. */
#include "base/clock.h"
#include "loop/loop.h"

#include "tap.h"

#define TRIES 3000
#define SHORT_US 200

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

int main(void)
{
	struct sk_loop loop;

	is_int(sk_loop_init(&loop), 0, "a loop");
	test_order(&loop);
	test_short(&loop);
	sk_loop_fini(&loop);
	return tap_done();
}
