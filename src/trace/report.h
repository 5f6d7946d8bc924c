/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports: what is made of events and the model. Any number run side by side.
 * The command feeds them; each writes to a struct sk_out that it was given.
 *
 *	text.c		strace's lines (who assembles them: -t, [pid N],
 *			<unfinished ...>, -T …); uses decode.h
 *	json.c, packets.c, diagram.c, timeline.c, advise.c
 *	counts.c	-c, -C
 *	lives.c		--sockets, --leaks
 */
#ifndef SK_TRACE_REPORT_H
#define SK_TRACE_REPORT_H

#include <sys/queue.h>

#include "base/out.h"
#include "trace/event.h"
#include "trace/model.h"

struct sk_report;

struct sk_report_ops {
	const char *name;
	/* Quiet events are not passed on. */
	void (*event)(struct sk_report *r, const struct sk_event *ev);
	/* A socket's life has ended; may be NULL. */
	void (*life_end)(struct sk_report *r, const struct sk_life *l);
	/* SIGUSR1 asks how things stand; may be NULL. */
	void (*show)(struct sk_report *r);
	/* Output of its own, that waits, is to be written; may be NULL. */
	void (*flush)(struct sk_report *r);
	/* The end: write what is left, free r. 0 or a negative errno. */
	int (*finish)(struct sk_report *r);
};

/* The head of each report's own struct. */
struct sk_report {
	const struct sk_report_ops *ops;
	struct sk_model *model;
	struct sk_out *out;	/* not owned */
	SLIST_ENTRY(sk_report) link;
};

#endif
