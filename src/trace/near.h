/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the tracer should run on the CPU of the program: the decision alone.
 * place.c asks the kernel and does what is decided here.
 *
 * A stop is a switch from program to tracer and back. On one CPU that is all
 * it is; on two, each switch wakes a CPU that has gone to sleep meanwhile,
 * which takes several times as long. Left alone, the scheduler takes them
 * apart: who is let go on is given the CPU that is idle, for the tracer is
 * still busy on the other one. Unless the tracer is of the idle class: such a
 * CPU counts as idle (sched(7), SCHED_IDLE), and the program, waking, takes it
 * over. So the tracer, once it has come over, is polite; and bound to that CPU,
 * for of all threads the polite one is the first to be moved to an idle CPU.
 * The program is bound to nothing: a thread of the kernel that runs just when
 * it is let go on is enough to have it woken elsewhere. Then stops are no longer
 * there when they are waited for, and the tracer goes after it.
 *
 * That is right for as long as the stops are one thread's: the tracer is not
 * needed while it runs. And for as long as nobody else wants the CPU, because
 * the idle class gets what others leave. So we look again and again:
 *
 * apart ── stops enough, quick ones, of one thread ──► together
 *   ▲                                                    │
 *   └─ another thread's stop; others want the CPU for a ─┘
 *      while; the scheduler takes us apart all the time
 *
 * Who had to leave stays away for a time, which doubles each time.
 */
#ifndef SK_TRACE_NEAR_H
#define SK_TRACE_NEAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What has been so far, of the tracer and the thread that it is near to. */
struct sk_near_sample {
	uint64_t now_ns;	/* CLOCK_MONOTONIC */
	uint64_t waited_ns;	/* the tracer, for a CPU (run_delay) */
	uint64_t ran_ns;	/* the thread, on a CPU */
	bool crowded;		/* more want to run than there are CPUs */
};

enum sk_near_step {
	SK_NEAR_STAY,		/* as it is */
	SK_NEAR_LOOK,		/* take a sample, for sk_near_look() */
	SK_NEAR_COME,		/* go where the thread is and be polite */
	SK_NEAR_LEAVE,		/* be as before */
};

/* All zero at first. */
struct sk_near {
	bool together;
	pid_t tid;		/* whose stops they were of late */
	unsigned stops;		/* … since the last look */
	unsigned need;		/* so many before coming; 0: the least */
	uint64_t began_ns;	/* when the first of these was */
	uint64_t last_ns;	/* when the last stop was */
	uint64_t not_before_ns;	/* no coming until then */
	uint64_t away_ns;	/* how long that was the last time; 0: never */
	unsigned slept;		/* stops in a row that we slept before */
	unsigned apart;		/* looks in a row that found us apart */
	unsigned unwelcome;	/* … that found others who want the CPU */
	uint64_t unwelcome_ns;	/* when the first of these was */
	uint64_t came_ns;	/* when we came */
	uint64_t good;		/* stops since we came */
	struct sk_near_sample then; /* of the last look */
};

/*
 * A thread has stopped, and the tracer had to sleep before that or not: STAY,
 * LOOK, or LEAVE. Who is together has to know whether it slept.
 */
enum sk_near_step sk_near_stop(struct sk_near *n, pid_t tid, uint64_t now_ns,
			       bool slept);

/* A sample has been taken, as LOOK asked for: STAY, COME or LEAVE. */
enum sk_near_step sk_near_look(struct sk_near *n,
			       const struct sk_near_sample *s);

#endif
