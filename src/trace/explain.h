/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --explain: what the kernel has just done, in a line for whoever learns:
 * "CLOSED → SYN-SENT: the SYN is on its way". States are those of RFC 9293,
 * taken from TCP_INFO before and after the call.
 */
#ifndef SK_TRACE_EXPLAIN_H
#define SK_TRACE_EXPLAIN_H

#include "base/out.h"
#include "trace/model.h"

/* What was before a call; one per thread. */
struct sk_explain {
	unsigned state;		/* TCP's; 0: none */
	unsigned holders;	/* descriptors of the socket */
};

void sk_explain_enter(struct sk_model *m, const struct sk_event *ev,
		      struct sk_explain *x);
/* Writes the sentence; false: there is nothing to say. */
bool sk_explain_exit(struct sk_model *m, const struct sk_event *ev,
		     const struct sk_explain *x, struct sk_out *out);

#endif
