/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -e inject=: which call of which thread gets what. */
#ifndef SK_TRACE_FAULTS_H
#define SK_TRACE_FAULTS_H

#include "trace/engine.h"
#include "trace/expr.h"

struct sk_faults {
	const struct sk_inject_rule *rules;
	size_t n;
	struct sk_fault_counts *counts;	/* by thread */
};

/* rules are used, not copied. */
void sk_faults_init(struct sk_faults *f, const struct sk_inject_rule *rules,
		    size_t n);
void sk_faults_fini(struct sk_faults *f);

/*
 * For every event that the reports see. At SK_EV_ENTER of a call that a rule
 * is for, fills in what is to be done to it. Threads count for themselves.
 */
void sk_faults_event(struct sk_faults *f, const struct sk_event *ev,
		     struct sk_verdict *v);

#endif
