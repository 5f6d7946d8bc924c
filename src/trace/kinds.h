/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions of kinds.def, and what they share with decode.c. */
#ifndef SK_TRACE_KINDS_H
#define SK_TRACE_KINDS_H

#include "trace/dec.h"

/* Slots of ev->keep; dec_msg.c has 1 to 3 for its own calls. */
#define KEEP_LEN 0
#define KEEP_OFFSET 1
#define KEEP_TIME 4	/* and 5; 6 and 7 are the model's */

#define KIND(name, out, fn) void fn(struct sk_dec *d, int i);
#include "trace/kinds.def"
#undef KIND

static inline uint64_t sk_arg(const struct sk_dec *d, int i)
{
	return d->ev->args[i];
}

/* An offset by reference; false: it cannot be read. */
bool sk_dec_offset_at(const struct sk_event *ev, uint64_t addr, int64_t *v);

#endif
