/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which calls have to stop a program, when only some are asked for. */
#ifndef SK_TRACE_NEEDS_H
#define SK_TRACE_NEEDS_H

#include "trace/engine.h"

/* All that the model knows: for reports that tell of sockets, not of calls. */
void sk_needs_all(struct sk_engine_opts *o);

/*
 * The calls of `wanted` are shown, and nothing but calls; labels: with what is
 * behind their descriptors. Keeps what the model needs to tell sockets from
 * other descriptors, and what io_uring does.
 */
void sk_needs_of(struct sk_engine_opts *o, const struct sk_sys_set *wanted,
		 bool labels);

#endif
