/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The timers of one stack: a heap ordered by deadline, in the time that the
 * caller tells. Moving an armed timer later costs nothing until its old time
 * comes: TCP re-arms one with every ACK.
 */
#ifndef SK_STACK_TIMER_H
#define SK_STACK_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct stk;
struct stk_timer;

/* The timer is disarmed when fn runs; it may re-arm it, or free its owner. */
typedef void stk_timer_fn(struct stk *s, struct stk_timer *t);

/* Embedded in its owner; all zero but fn is a disarmed timer. */
struct stk_timer {
	uint64_t at;		/* when it is due; valid while armed */
	uint64_t key;		/* its place in the heap: never after `at` */
	uint32_t slot;		/* 1 + index in the heap; 0: disarmed */
	stk_timer_fn *fn;
};

struct stk_timers {
	struct stk_timer **heap;
	size_t n, cap, reserved;
};

static inline bool stk_timer_armed(const struct stk_timer *t)
{
	return t->slot != 0;
}

/*
 * Arm or move; an `at` in the past fires at the next poll. Room in the heap
 * is made ahead by stk_timers_reserve(), so this cannot fail.
 */
void stk_timer_at(struct stk *s, struct stk_timer *t, uint64_t at);
void stk_timer_in(struct stk *s, struct stk_timer *t, uint64_t us);
void stk_timer_stop(struct stk *s, struct stk_timer *t);

/* Count n timers more (or fewer, n < 0) that may be armed. 0 or -ENOMEM. */
int stk_timers_reserve(struct stk *s, int n);
/* Run what is due at s->now; those they arm for now run at the next call. */
void stk_timers_run(struct stk *s);
uint64_t stk_timers_next(struct stk *s);
void stk_timers_fini(struct stk *s);

#endif
