/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session: two sides and a pump each way. Each time a side is ready, or
 * time has passed, session_step() moves what can move, passes ends on, asks
 * ends.c whether it is over, and re-arms readiness. There is no other place
 * where the state changes.
 */
#include "relay/session.h"

#include <inttypes.h>

#include "base/log.h"
#include "relay/capture.h"
#include "relay/dump.h"
#include "relay/stats.h"

int sk_session_fail(struct sk_session *s, int r, const char *fmt, ...)
{
	va_list ap;

	if (s->result)
		return s->result;
	va_start(ap, fmt);
	if (vasprintf(&s->why, fmt, ap) < 0)
		s->why = NULL;
	va_end(ap);
	return s->result = r;
}

static void end_flow(struct sk_session *s, int side)
{
	s->bits |= FLOW_OVER(side);
}

static void end_both(struct sk_session *s)
{
	end_flow(s, LOCAL);
	end_flow(s, PEER);
}

/* --- failures -------------------------------------------------------------- */

/* A layer (TLS) may know more than the errno says. */
static const char *words(const struct endpoint *ep, int error)
{
	return ep->said ? ep->said : sk_strerror(error);
}

/* Rule 3. What the peer still sent to us may be there; keep receiving. */
static void sending_failed(struct sk_session *s, int error)
{
	sk_session_fail(s, error,
			"%s: %s: %" PRIu64 " bytes were sent and may not have "
			"arrived", s->ep[PEER]->name_out,
			words(s->ep[PEER],
			      error == -EPIPE ? -ECONNRESET : error),
			s->flow[LOCAL].in);
	end_flow(s, LOCAL);
	if (!s->ep[LOCAL])
		end_both(s);
}

static void receiving_failed(struct sk_session *s, int error)
{
	uint64_t sent = s->flow[s->ep[LOCAL] ? LOCAL : PEER].in;

	if (sent)
		sk_session_fail(s, error,
				"%s: %s: %" PRIu64 " bytes were sent and may "
				"not have arrived", s->ep[PEER]->name_in,
				words(s->ep[PEER], error), sent);
	else
		sk_session_fail(s, error, "%s: %s", s->ep[PEER]->name_in,
				words(s->ep[PEER], error));
	end_both(s);
}

static void reading_failed(struct sk_session *s, int error)
{
	sk_session_fail(s, error, "%s: read: %s", s->ep[LOCAL]->name_in,
			sk_strerror(error));
	end_both(s);
}

/* A port of the hub whose client did not keep up with the others. */
static void local_gave_up(struct sk_session *s, int error)
{
	sk_session_fail(s, error,
			"%s: too slow: dropped, as it held up the others",
			s->ep[PEER]->name_in);
	end_both(s);
}

static void writing_failed(struct sk_session *s, int error)
{
	uint64_t lost = sk_pump_pending(&s->flow[PEER]);

	if (lost)
		sk_session_fail(s, error,
				"%s: write: %s: %" PRIu64 " received bytes "
				"were not written", s->ep[LOCAL]->name_out,
				sk_strerror(error), lost);
	else
		sk_session_fail(s, error, "%s: write: %s",
				s->ep[LOCAL]->name_out, sk_strerror(error));
	s->relay->local_failed = true;
	end_both(s);
}

static void flow_failed(struct sk_session *s, int side)
{
	struct sk_pump *flow = &s->flow[side];

	if (side == LOCAL)
		(flow->failed_src ? reading_failed : sending_failed)(
			s, flow->error);
	else if (flow->failed_src)
		receiving_failed(s, flow->error);
	else if (s->ep[LOCAL])
		writing_failed(s, flow->error);
	else
		sending_failed(s, flow->error);
}

/* --- ends -------------------------------------------------------------------- */

/* Our half towards the peer. -k, -q and settle() watch what becomes of it. */
static void close_to_peer(struct sk_session *s)
{
	if (s->relay->opts->no_shutdown)
		return;
	s->bits |= FIN_SENT(PEER);
	endpoint_shutdown(s->ep[PEER]);
}

static void close_to_local(struct sk_session *s)
{
	int r;

	s->bits |= FIN_SENT(LOCAL);
	r = endpoint_shutdown(s->ep[LOCAL]);
	if (r < 0)
		writing_failed(s, r);
}

/* The stream from this side has ended, and all of it was handed over. */
static void flow_ended(struct sk_session *s, int side)
{
	s->bits |= FIN_RCVD(side);
	s->fin_rcvd_at[side] = s->relay->loop->now;
	end_flow(s, side);
	if (s->capture)
		sk_capture_end(s->capture, side == LOCAL, false);
	if (side == LOCAL || !s->ep[LOCAL])
		close_to_peer(s);
	else
		close_to_local(s);
}

/* --- the step ---------------------------------------------------------------- */

static void run_flow(struct sk_session *s, int side)
{
	if (has(s, FLOW_OVER(side)))
		return;
	switch (sk_pump_run(&s->flow[side])) {
	case SK_PUMP_END:
		flow_ended(s, side);
		break;
	case SK_PUMP_FAILED:
		flow_failed(s, side);
		break;
	default:
		break;
	}
}

/* What this flow waits for, by side: added to what each side shall watch. */
static void flow_wants(struct sk_session *s, int side, unsigned want[2],
		       uint64_t *due)
{
	const struct sk_pump *flow = &s->flow[side];
	int to = s->ep[LOCAL] ? !side : PEER;

	if (has(s, FLOW_OVER(side)))
		return;
	switch (flow->state) {
	case SK_PUMP_SRC:
		want[side] |= SK_IN;
		break;
	case SK_PUMP_DST:
		want[to] |= SK_OUT;
		break;
	case SK_PUMP_LATER:
		if (flow->due < *due)
			*due = flow->due;
		break;
	case SK_PUMP_MORE:
		sk_task_post(s->relay->loop, &s->start);
		break;
	default:
		break;
	}
}

/* A timer that is early costs one look; moving it costs at every byte. */
static void set_timer(struct sk_session *s, uint64_t due)
{
	if (due < s->timer.at || s->timer.at <= s->relay->loop->now)
		sk_timer_at(&s->timer, due);
}

static void session_over(struct sk_session *s)
{
	sk_timer_stop(&s->timer);
	sk_task_cancel(s->relay->loop, &s->start);
	if (s->result && s->ep[LOCAL]) {
		/* Between two sockets a reset is passed on as one. */
		endpoint_abort(s->ep[LOCAL]);
		if (endpoint_socket_fd(s->ep[LOCAL]) >= 0)
			endpoint_abort(s->ep[PEER]);
	}
	if (s->capture && s->result)
		sk_capture_end(s->capture, false, true);
	if (s->relay->opts->stats)
		sk_stats_print(s);
	/* An orderly end, told to a layer that knows one (TLS). */
	if (!s->result && !has(s, FIN_SENT(PEER)))
		endpoint_shutdown(s->ep[PEER]);
	s->done(s, s->result,
		s->result && !s->why ? sk_strerror(s->result) : s->why,
		s->arg);
}

static void session_step(struct sk_session *s)
{
	unsigned want[2] = { 0, 0 };
	uint64_t due = SK_NEVER;

	if (s->ep[LOCAL] && s->ep[LOCAL]->broken)
		local_gave_up(s, s->ep[LOCAL]->broken);
	run_flow(s, LOCAL);
	run_flow(s, PEER);
	if (sk_session_verdict(s, &due) == OVER) {
		session_over(s);
		return;
	}
	flow_wants(s, LOCAL, want, &due);
	flow_wants(s, PEER, want, &due);
	if (s->ep[LOCAL])
		endpoint_want(s->ep[LOCAL], want[LOCAL]);
	endpoint_want(s->ep[PEER], want[PEER]);
	set_timer(s, due);
}

static void on_ready(struct endpoint *ep)
{
	session_step(ep->owner);
}

static void on_timer(struct sk_timer *t)
{
	session_step(sk_container_of(t, struct sk_session, timer));
}

static void on_start(struct sk_task *t)
{
	session_step(sk_container_of(t, struct sk_session, start));
}

/* --- life -------------------------------------------------------------------- */

static void tap_sent(void *arg, const void *data, size_t len)
{
	struct sk_session *s = arg;

	sk_dump_bytes(s->relay, s->ep[PEER], true, s->flow[LOCAL].out, data,
		      len);
	if (s->capture)
		sk_capture_bytes(s->capture, true, data, len);
}

static void tap_received(void *arg, const void *data, size_t len)
{
	struct sk_session *s = arg;

	sk_dump_bytes(s->relay, s->ep[PEER], false, s->flow[PEER].out, data,
		      len);
	if (s->capture)
		sk_capture_bytes(s->capture, false, data, len);
	/* The echo service sends the same bytes back. */
	if (s->capture && !s->ep[LOCAL])
		sk_capture_bytes(s->capture, true, data, len);
}

/* --send-only: what the peer sends is taken, lest it be held up, and lost. */
static struct endpoint *flow_end(struct sk_session *s, int side)
{
	if (!s->ep[LOCAL])
		return s->ep[PEER];
	if (side == PEER && s->relay->opts->send_only)
		return s->relay->nowhere;
	return s->ep[!side];
}

static void init_flow(struct sk_session *s, int side)
{
	const struct sk_relay_opts *o = s->relay->opts;
	struct sk_pump *flow = &s->flow[side];

	sk_pump_init(flow, &s->relay->pool, s->ep[side], flow_end(s, side));
	flow->rate = o->rate;
	flow->delay = o->delay;
	flow->crlf = o->crlf && side == LOCAL;
	if (s->relay->output || s->relay->hex_dump || s->capture) {
		flow->tap = side == LOCAL ? tap_sent : tap_received;
		flow->tap_arg = s;
	}
	sk_pump_choose(flow, o->no_splice);
}

/* Without input, or told not to use it: that flow never begins. */
static void init_flows(struct sk_session *s)
{
	const struct sk_relay_opts *o = s->relay->opts;

	if (s->ep[LOCAL])
		init_flow(s, LOCAL);
	init_flow(s, PEER);
	if (!s->ep[LOCAL] || o->recv_only ||
	    s->ep[LOCAL]->input == SK_INPUT_NONE)
		end_flow(s, LOCAL);
}

struct sk_session *sk_session_new(struct sk_relay *relay,
				  struct endpoint *local,
				  struct endpoint *peer,
				  sk_session_done_fn *done, void *arg)
{
	struct sk_session *s = calloc(1, sizeof(*s));

	if (!s) {
		endpoint_free(local);
		endpoint_free(peer);
		return NULL;
	}
	s->relay = relay;
	s->ep[LOCAL] = local;
	s->ep[PEER] = peer;
	s->done = done;
	s->arg = arg;
	s->begun = relay->loop->now;
	for (int side = 0; side < 2; side++) {
		if (!s->ep[side])
			continue;
		s->ep[side]->ready = on_ready;
		s->ep[side]->owner = s;
	}
	if (relay->pcap && (s->capture = calloc(1, sizeof(*s->capture))))
		sk_capture_begin(relay->pcap, s->capture, peer,
				 relay->we_called);
	init_flows(s);
	sk_timer_init(&s->timer, relay->loop, on_timer);
	sk_task_init(&s->start, on_start);
	sk_task_post(relay->loop, &s->start);
	LIST_INSERT_HEAD(&relay->sessions, s, link);
	relay->active++;
	if (!relay->served++)
		relay->started = sk_now_us();
	return s;
}

void sk_session_free(struct sk_session *s)
{
	struct sk_relay *relay = s->relay;

	relay->active--;
	relay->ended[LOCAL] += s->flow[PEER].out;
	relay->ended[PEER] += s->flow[s->ep[LOCAL] ? LOCAL : PEER].out;
	LIST_REMOVE(s, link);
	sk_timer_stop(&s->timer);
	sk_task_cancel(relay->loop, &s->start);
	sk_pump_fini(&s->flow[LOCAL]);
	sk_pump_fini(&s->flow[PEER]);
	endpoint_free(s->ep[LOCAL]);
	endpoint_free(s->ep[PEER]);
	free(s->capture);
	free(s->why);
	free(s);
}

struct endpoint *sk_session_local(const struct sk_session *s)
{
	return s->ep[LOCAL];
}

struct endpoint *sk_session_peer(const struct sk_session *s)
{
	return s->ep[PEER];
}

void sk_session_log(const struct sk_session *s)
{
	uint64_t us = sk_now_us() - s->begun;
	char prefix[SK_ADDR_TEXT_MAX + 4];

	snprintf(prefix, sizeof(prefix), "%s: ", s->ep[PEER]->name_in);
	sk_relay_log_bytes(SK_LOG_INFO, prefix,
			   s->flow[s->ep[LOCAL] ? LOCAL : PEER].out,
			   s->flow[PEER].out, us);
}
