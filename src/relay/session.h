/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a session, for session.c, ends.c and relay.c only. */
#ifndef SK_RELAY_SESSION_H
#define SK_RELAY_SESSION_H

#include "base/pcaptcp.h"
#include "relay/relay.h"

struct sk_session {
	LIST_ENTRY(sk_session) link;
	struct sk_relay *relay;
	struct endpoint *ep[2];	/* [LOCAL] is NULL for the echo service */
	struct sk_pump flow[2];	/* [side]: what comes from that side */
	unsigned bits;		/* FIN_RCVD(side) … below */
	struct sk_timer timer;	/* the earliest of all that is timed */
	struct sk_task start;
	uint64_t begun;
	uint64_t fin_rcvd_at[2];
	uint64_t settle_since;	/* 0, or when the last byte was sent */
	struct sk_pcaptcp *capture; /* NULL: none */
	int result;		/* 0, or the first failure */
	char *why;		/* its sentence */
	sk_session_done_fn *done;
	void *arg;
};

/* Side: 0 or 1. What has happened to the stream of bytes that it … */
#define FIN_RCVD(side) (1u << (side))	     /* … sends: has ended */
#define FLOW_OVER(side) (1u << (2 + (side))) /* … sends: is not moved on */
#define FIN_SENT(side) (1u << (4 + (side)))  /* … gets: we ended it */

static inline bool has(const struct sk_session *s, unsigned bits)
{
	return (s->bits & bits) == bits;
}

/*
 * The verdict over a session, after everything that could move has moved:
 * GOING with the time of the next look in *due, or OVER with s->result.
 */
enum verdict { GOING, OVER };
enum verdict sk_session_verdict(struct sk_session *s, uint64_t *due);

/* Keep the first failure of a session: r, and the sentence. */
int sk_session_fail(struct sk_session *s, int r, const char *fmt, ...)
	SK_PRINTF(3, 4);

/* One line of statistics, at this level of the log. */
void sk_relay_log_bytes(int level, const char *prefix, uint64_t sent,
			uint64_t received, uint64_t us);

#endif
