/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -e read=, -e write=: the bytes that moved, in strace's hex dump. */
#ifndef SK_TRACE_DUMP_H
#define SK_TRACE_DUMP_H

#include "base/out.h"
#include "trace/event.h"

void sk_dump_payload(struct sk_out *out, const struct sk_event *ev);

#endif
