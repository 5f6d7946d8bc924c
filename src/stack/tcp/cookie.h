/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SYN cookies (RFC 4987 3.6): when the SYN queue is full, what a handshake
 * needs to remember goes into our sequence number and timestamp, and comes
 * back with the ACK. Nothing is kept.
 *
 *	sequence number:  24 bits of hash + peer's, 5 bits of time, 3 of MSS
 *	timestamp:        the low 6 bits say what else was offered
 */
#ifndef SK_STACK_TCP_COOKIE_H
#define SK_STACK_TCP_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/stk_internal.h"
#include "stack/wire/tcp.h"

#define TCP_COOKIE_LIFE_US UINT64_C(64000000)	/* of one period; two count */

/* Our initial sequence number, for a SYN of seq `irs` that offered mss. */
uint32_t tcp_cookie_make(const struct stk *s, const struct stk_key *k,
			 uint32_t irs, uint16_t mss);

/*
 * Is `iss` (the ACK's number less one) a cookie of ours, at most two periods
 * old? Then *mss is what it says, a little less than what was offered.
 */
bool tcp_cookie_check(const struct stk *s, const struct stk_key *k,
		      uint32_t irs, uint32_t iss, uint16_t *mss);

/* Our timestamp with the peer's other offers in it. Never in the future. */
uint32_t tcp_cookie_ts_make(uint32_t ts, const struct tcp_opts *offer);
void tcp_cookie_ts_read(uint32_t ecr, struct tcp_opts *offer);

#endif
