/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a session is over, and how it went: the contract.
 *
 * 1. Our input's end: all of it is sent, then our half is closed (FIN) unless
 *    --no-shutdown; receiving goes on until the peer's end. -q bounds that.
 * 2. The peer's end: all of it is written. If our input is at its end, is a
 *    terminal, or has never given a byte (not even in the first moment): over.
 *    Else sending goes on: a file to its end, a pipe until it has been silent
 *    for a second; that is a failure, for somebody still had something to say.
 * 3. A reset or a write error: a failure that says what may be missing.
 * 4. Success means: everything taken was handed over and acknowledged, and
 *    everything received was written.
 */
#include "relay/session.h"

#include <inttypes.h>

#include "base/units.h"

#define ACK_GRACE (200 * SK_MSEC) /* -q is over, a delayed ACK is not */

static void earliest(uint64_t *due, uint64_t at)
{
	if (at < *due)
		*due = at;
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Everything that can be sent has been; who waits longer than this? */
static uint64_t quit_at(const struct sk_session *s)
{
	const struct sk_relay_opts *o = s->relay->opts;

	if (!o->has_quit || !has(s, FIN_RCVD(LOCAL)))
		return SK_NEVER;
	return s->fin_rcvd_at[LOCAL] + o->quit;
}

/* What became of the bytes sent to this side? OVER: they failed. */
static enum verdict check_sent(struct sk_session *s, int side,
			       uint64_t *unacked)
{
	struct sk_sent sent;

	if (!s->ep[side])
		return GOING;
	endpoint_sent(s->ep[side], &sent);
	*unacked += sent.unacked;
	if (!sent.error)
		return GOING;
	sk_session_fail(s, sent.error,
			"%s: %s: %" PRIu64 " bytes were sent and may not have "
			"arrived", s->ep[side]->name_out,
			sk_strerror(sent.error == -EPIPE ? -ECONNRESET :
							   sent.error),
			s->flow[s->ep[LOCAL] ? !side : PEER].out);
	return OVER;
}

/*
 * All is moved that will be. Wait until the peer's kernel has acknowledged
 * it: only then is it not ours to lose. No event tells, so look again soon.
 */
static enum verdict settle(struct sk_session *s, uint64_t *due)
{
	uint64_t now = s->relay->loop->now, waited, quit = quit_at(s);
	uint64_t unacked = 0;

	if (check_sent(s, PEER, &unacked) == OVER ||
	    check_sent(s, LOCAL, &unacked) == OVER || !unacked)
		return OVER;
	if (quit != SK_NEVER && now >= quit + ACK_GRACE) {
		sk_session_fail(s, -ETIMEDOUT,
				"%s: %" PRIu64 " of %" PRIu64 " bytes sent "
				"were not acknowledged in time",
				s->ep[PEER]->name_out, unacked,
				s->flow[LOCAL].out);
		return OVER;
	}
	if (!s->settle_since)
		s->settle_since = now;
	waited = now - s->settle_since;
	earliest(due, now + (waited < SK_MSEC	    ? SK_MSEC :
			     waited > 50 * SK_MSEC ? 50 * SK_MSEC :
						     waited));
	return GOING;
}

/* Rule 2: the peer has said all it will. Is there a point in going on? */
static enum verdict peer_ended(struct sk_session *s, uint64_t *due)
{
	const struct sk_pump *sending = &s->flow[LOCAL];
	enum sk_input input = s->ep[LOCAL]->input;
	uint64_t now = s->relay->loop->now, silent;

	if (input == SK_INPUT_PERSON || input == SK_INPUT_NONE)
		return settle(s, due);
	if (input == SK_INPUT_FINITE || s->relay->opts->keep_open)
		return GOING;
	if (sending->in && sending->state != SK_PUMP_SRC)
		return GOING;
	silent = sending->in ? later_of(sending->last_in,
					s->fin_rcvd_at[PEER]) + SK_SILENCE :
			       s->begun + SK_FIRST_WORD;
	if (now < silent) {
		earliest(due, silent);
		return GOING;
	}
	if (!sending->in)
		return settle(s, due);
	sk_session_fail(s, -EPIPE,
			"%s: the peer closed its half while %s was open",
			s->ep[PEER]->name_in, s->ep[LOCAL]->name_in);
	return OVER;
}

static enum verdict idle_check(struct sk_session *s, uint64_t *due)
{
	uint64_t idle = s->relay->opts->idle, last = s->begun;
	char text[SK_UNITS_MAX];

	if (!idle)
		return GOING;
	for (int side = 0; side < 2; side++)
		last = later_of(last, later_of(s->flow[side].last_in,
					       s->flow[side].last_out));
	if (s->relay->loop->now < last + idle) {
		earliest(due, last + idle);
		return GOING;
	}
	sk_session_fail(s, -ETIMEDOUT, "%s: idle for %s, closed%s",
			s->ep[PEER]->name_in, sk_format_duration(text, idle),
			sk_pump_pending(&s->flow[LOCAL]) ?
				"; not all that was to be sent has been" : "");
	return OVER;
}

/* -q: our input ended, and was handed over, that long ago. */
static enum verdict quit_check(struct sk_session *s, uint64_t *due)
{
	uint64_t quit = quit_at(s);

	if (quit == SK_NEVER)
		return GOING;
	if (s->relay->loop->now < quit) {
		earliest(due, quit);
		return GOING;
	}
	return settle(s, due);
}

/* A program's end of output is the end; before it is gone there is none. */
static bool waits_for_program(const struct sk_session *s)
{
	return s->ep[LOCAL] && s->ep[LOCAL]->life == SK_LIFE_RUNS;
}

/* Nothing more can come from our side, and nobody asks for the rest. */
static bool is_one_sided(const struct sk_session *s)
{
	return has(s, FIN_RCVD(LOCAL)) &&
	       (s->relay->opts->send_only ||
		s->ep[LOCAL]->life == SK_LIFE_OVER);
}

enum verdict sk_session_verdict(struct sk_session *s, uint64_t *due)
{
	bool sent_all = has(s, FLOW_OVER(LOCAL));
	bool got_all = has(s, FLOW_OVER(PEER));

	if (s->result && got_all)
		return OVER;
	if (idle_check(s, due) == OVER)
		return OVER;
	if (waits_for_program(s))
		return GOING;
	if (sent_all && (got_all || is_one_sided(s)))
		return s->result ? OVER : settle(s, due);
	if (quit_check(s, due) == OVER)
		return OVER;
	if (got_all)
		return peer_ended(s, due);
	return GOING;
}
