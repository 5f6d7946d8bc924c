/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/near.h"

/* So many stops are between two looks, and needed before the first one. */
#define EVERY 32
#define NEED_MAX 4096
/* Stops that are further apart than this gain nothing. */
#define SPACING_MAX_NS 1000000
/* Something has taken long; others on the CPU take a few ms each time. */
#define LONG_NS 2000000
#define HUNGRY_NS 1000000
/* Nobody's turn is that long: whoever that is, it does not let us in. */
#define STARVED_NS 10000000
#define AWAY_MIN_NS 100000000
#define AWAY_MAX_NS 10000000000
/* Beside the thread, its stop is there before we can go to sleep. */
#define SLEPT_MAX 3
#define APART_MAX 8
/* Threads of the kernel come and go, looks may follow each other at once: who
 * wants the CPU is still there after so many looks and so long. */
#define UNWELCOME_MAX 3
#define UNWELCOME_NS 5000000
/*
 * Who has been near for so long may be as hopeful as at first: so many stops,
 * and so many times as long as it was away.
 */
#define GOOD 4096
#define GOOD_TIMES 4

static void start_over(struct sk_near *n, pid_t tid, uint64_t now_ns)
{
	n->tid = tid;
	n->stops = 0;
	n->began_ns = now_ns;
}

static enum sk_near_step leave(struct sk_near *n)
{
	n->together = false;
	n->apart = 0;
	n->good = 0;
	return SK_NEAR_LEAVE;
}

static enum sk_near_step leave_for_long(struct sk_near *n, uint64_t now_ns)
{
	n->away_ns = !n->away_ns ? AWAY_MIN_NS :
		     n->away_ns > AWAY_MAX_NS / 2 ? AWAY_MAX_NS :
						    2 * n->away_ns;
	n->not_before_ns = now_ns + n->away_ns;
	return leave(n);
}

/* Threads that take turns need us where we can run at any time. */
static enum sk_near_step other_thread(struct sk_near *n, pid_t tid,
				      uint64_t now_ns)
{
	start_over(n, tid, now_ns);
	if (!n->together)
		return SK_NEAR_STAY;
	n->need = n->need < NEED_MAX ? 2 * n->need : NEED_MAX;
	return leave(n);
}

enum sk_near_step sk_near_stop(struct sk_near *n, pid_t tid, uint64_t now_ns,
			       bool slept)
{
	uint64_t gap = now_ns - n->last_ns;
	bool quick;

	n->last_ns = now_ns;
	if (!n->need)
		n->need = EVERY;
	if (tid != n->tid)
		return other_thread(n, tid, now_ns);
	n->stops++;
	n->slept = slept ? n->slept + 1 : 0;
	if (n->together)
		return n->stops >= EVERY || n->slept >= SLEPT_MAX ||
				       gap >= LONG_NS ?
			       SK_NEAR_LOOK :
			       SK_NEAR_STAY;
	if (n->stops < n->need)
		return SK_NEAR_STAY;
	quick = now_ns - n->began_ns < (uint64_t)n->need * SPACING_MAX_NS;
	start_over(n, tid, now_ns);
	return quick && now_ns >= n->not_before_ns ? SK_NEAR_LOOK :
						     SK_NEAR_STAY;
}

/*
 * How long the tracer stood in line for others since then, if that was most
 * of the time. While it waits, the thread may be what runs, and that is how
 * it should be.
 */
static uint64_t hunger(const struct sk_near_sample *then,
		       const struct sk_near_sample *now)
{
	uint64_t waited = now->waited_ns - then->waited_ns;
	uint64_t ran = now->ran_ns - then->ran_ns;

	return waited >= ran + HUNGRY_NS &&
	       (waited - ran) * 4 > now->now_ns - then->now_ns ?
		       waited - ran : 0;
}

/* Others want the CPU. */
static enum sk_near_step unwelcome(struct sk_near *n, uint64_t now_ns)
{
	if (!n->unwelcome++)
		n->unwelcome_ns = now_ns;
	return n->unwelcome < UNWELCOME_MAX ||
			       now_ns - n->unwelcome_ns < UNWELCOME_NS ?
		       SK_NEAR_STAY :
		       leave_for_long(n, now_ns);
}

enum sk_near_step sk_near_look(struct sk_near *n,
			       const struct sk_near_sample *s)
{
	struct sk_near_sample then = n->then;
	uint64_t hungry = n->together ? hunger(&then, s) : 0;
	unsigned stops = n->stops, slept = n->slept;

	n->then = *s;
	n->stops = n->slept = 0;
	n->began_ns = s->now_ns;
	/* The idle class may get nothing for seconds then. */
	if (hungry >= STARVED_NS)
		return leave_for_long(n, s->now_ns);
	if (s->crowded || hungry)
		return unwelcome(n, s->now_ns);
	n->unwelcome = 0;
	if (!n->together) {
		n->together = true;
		n->came_ns = s->now_ns;
		return SK_NEAR_COME;
	}
	n->good += stops;
	if (n->good >= GOOD) {
		n->need = EVERY;
		if (s->now_ns - n->came_ns >= GOOD_TIMES * n->away_ns)
			n->away_ns = 0;
	}
	if (slept >= SLEPT_MAX)
		return ++n->apart < APART_MAX ? SK_NEAR_COME :
						leave_for_long(n, s->now_ns);
	if (stops >= EVERY)
		n->apart = 0;
	return SK_NEAR_STAY;
}
