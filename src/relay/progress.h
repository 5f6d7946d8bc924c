/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The progress meter at stderr: bytes, time, rate, share and time to go. */
#ifndef SK_RELAY_PROGRESS_H
#define SK_RELAY_PROGRESS_H

#include "relay/relay.h"

/* total: bytes expected, 0 when that is not known. NULL without memory. */
struct sk_progress *sk_progress_new(struct sk_relay *relay, uint64_t total);
/* Shows the final state. NULL is fine. */
void sk_progress_free(struct sk_progress *p);

/* The line as shown, without its end; for tests too. Returns buf. */
const char *sk_progress_line(char *buf, size_t size, uint64_t bytes,
			     uint64_t total, uint64_t elapsed_us,
			     uint64_t recent_rate);

#endif
