/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do the sockets of a program grow without bound? Those of one process that
 * have come about in the same way (accepted by one listener, or made with the
 * same family, type and protocol) are a group. What is watched of it is how
 * few were open at once in each of four to eight equal spans of its makings,
 * which double as it grows. A group has grown when
 *
 *   - that number is larger in every span than in the one before,
 *   - GROWN_MIN are open, and
 *   - of these at least half were not used since half of the makings.
 *
 * A pool that is filled and then used, connections that come and go, and a
 * server whose clients all have something to say are none.
 */
#ifndef SK_TRACE_GROWTH_H
#define SK_TRACE_GROWTH_H

#include <sys/queue.h>

#include "trace/event.h"

struct sk_life;
struct sk_model;

#define SK_GROWTH_SPANS 8

struct sk_group {
	LIST_ENTRY(sk_group) link; /* of its process */
	unsigned refs;		/* the process, and every life */
	pid_t pid;
	uint64_t listener;	/* number of who accepted them; 0: made */
	int family, type, protocol;
	uint64_t made;
	unsigned live;
	unsigned span, in_span;	/* makings of a span, and of the present one */
	unsigned low_now;	/* of the present span */
	int n;			/* spans that are over */
	struct { unsigned low; uint64_t began; } spans[SK_GROWTH_SPANS];
	uint64_t began;		/* mono_ns of the present span */
	bool grown;		/* at the last look … */
	unsigned unused;	/* … and so many were not used since half */
};

LIST_HEAD(sk_groups, sk_group);

/* A socket was made or accepted: count it in. */
void sk_growth_made(struct sk_groups *groups, struct sk_life *l, uint64_t now);
/* It has ended. */
void sk_growth_ended(struct sk_life *l);
/* The process is gone. */
void sk_growth_fini(struct sk_groups *groups);

/* Look at all sockets: sets grown and unused, returns the former. */
bool sk_growth_judge(const struct sk_model *m, struct sk_group *g);
/* At the last look: is it of a group that has grown, and not used since? */
bool sk_growth_forgotten(const struct sk_life *l);

#endif
