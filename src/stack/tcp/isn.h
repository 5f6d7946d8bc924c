/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers that nobody outside can foresee: initial sequence numbers (RFC
 * 6528) and timestamp offsets (RFC 7323 5.4), which are SipHash over the
 * connection with the secret of the stack.
 */
#ifndef SK_STACK_TCP_ISN_H
#define SK_STACK_TCP_ISN_H

#include "stack/stk_internal.h"

/* M + F(connection, secret): M ticks every 4 us, so reuse moves forward. */
uint32_t tcp_isn(const struct stk *s, const struct stk_key *k);

/* The same for every connection to one peer, so that PAWS holds across. */
uint32_t tcp_ts_offset(const struct stk *s, const struct stk_key *k);

#endif
