/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a relay of datagrams is over. They have no end of their own, so:
 *
 * 1. A client whose input has ended waits until nothing has come for a
 *    second, and leaves. -q sets a time of its own; --send-only leaves at
 *    once; --recv-only never has input, and so never ends by itself.
 * 2. With -w a client fails when the first answer takes longer than that; a
 *    server, when the first datagram does.
 * 3. -i is the end of a conversation, not a failure. With -k it ends that of
 *    one peer.
 *    A peer's program first finds the end of its input, and has as long
 *    again for what it has to say then; its end is that of the peer.
 * 4. A server goes on when its input has ended, unless -q says otherwise.
 * 5. An ICMP error or a refused datagram is a failure: of all where there is
 *    one peer, else of this peer.
 * 6. A DTLS peer that has ended (close_notify) is the end of all where it is
 *    the one, for nothing may be sent to it any more; a failure if there was
 *    more to send.
 *
 * Record sockets (SOCK_SEQPACKET) do have ends: see dgram_seq.c.
 */
#include <inttypes.h>

#include "base/log.h"
#include "base/units.h"
#include "relay/exchange.h"

#define QUIET (1 * SK_SEC)	/* rule 1 */

static void earliest(uint64_t *due, uint64_t at)
{
	if (at < *due)
		*due = at;
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Has this time come? Else it is one to look again. */
static bool is_due(const struct sk_exchange *x, uint64_t at, uint64_t *due)
{
	if (x->relay->loop->now >= at)
		return true;
	earliest(due, at);
	return false;
}

/* Everything we had to say has been handed to the kernel. */
static bool input_over(struct sk_exchange *x)
{
	if (x->o->service != SK_SERVE_STDIO)
		return false;
	if (x->has_input && (!x->records.eof || x->n_pending))
		return false;
	if (!x->input_over)
		x->input_over = x->relay->loop->now;
	return true;
}

static void answer_is_late(struct sk_exchange *x)
{
	char text[SK_UNITS_MAX];

	sk_exchange_fail(x, -ETIMEDOUT, x->o->server ?
				 "no datagram came within %s" :
				 "no answer came within %s",
			 sk_format_duration(text, x->o->wait));
}

/* Rule 2. true: it is over, or must go on. */
static bool waits(struct sk_exchange *x, uint64_t *due)
{
	uint64_t since = x->o->server ? x->begun : x->first_sent;

	if (!x->o->wait || x->last_in || !since ||
	    (!x->o->server && x->relay->opts->send_only))
		return false;
	if (is_due(x, since + x->o->wait, due))
		answer_is_late(x);
	return true;
}

static void check_quiet(struct sk_exchange *x, uint64_t *due)
{
	const struct sk_relay_opts *ro = x->relay->opts;

	if (ro->has_quit) {
		if (is_due(x, x->input_over + ro->quit, due))
			sk_exchange_stop(x);
		return;
	}
	if (x->o->server || x->o->records || ro->recv_only || waits(x, due))
		return;
	if (is_due(x, later_of(x->input_over, x->last_in) + QUIET, due))
		sk_exchange_stop(x);
}

static void check_idle_peers(struct sk_exchange *x, uint64_t *due)
{
	struct sk_peer *p;

	while ((p = TAILQ_FIRST(&x->peers.order)) &&
	       is_due(x, p->last + x->relay->opts->idle, due)) {
		if (sk_prog_end_input(p)) {
			sk_peers_touch(&x->peers, p, x->relay->loop->now);
			continue;
		}
		sk_info("%s: idle, forgotten", p->name);
		sk_exchange_drop(x, p, NULL);
	}
}

static void check_idle(struct sk_exchange *x, uint64_t *due)
{
	uint64_t idle = x->relay->opts->idle;
	char text[SK_UNITS_MAX];

	if (!idle)
		return;
	if (x->o->keep_open) {
		check_idle_peers(x, due);
	} else if (x->peers.n &&
		   is_due(x, later_of(x->begun, x->last_any) + idle, due)) {
		if (sk_prog_end_input(TAILQ_FIRST(&x->peers.order))) {
			x->last_any = x->relay->loop->now;
			earliest(due, x->last_any + idle);
			return;
		}
		sk_info("idle for %s, done", sk_format_duration(text, idle));
		sk_exchange_stop(x);
	}
}

/* stdout has still to take something, from us or from a layer above it. */
static bool is_writing(const struct sk_exchange *x)
{
	struct sk_sent sent = { 0 };

	if (x->local)
		endpoint_sent(x->local, &sent);
	return x->out.n || sent.unacked;
}

/* Rule 6. */
static void check_closed(struct sk_exchange *x)
{
	struct sk_peer *p = TAILQ_FIRST(&x->peers.order);

	if (!x->closed || !p)
		return;
	if (p->cursor.chunk || (x->has_input && !x->records.eof &&
				x->local->input == SK_INPUT_FINITE))
		sk_exchange_lose(x, p, -EPIPE, "the peer has ended, and there "
				 "was more to send");
	else
		sk_exchange_stop(x);
}

uint64_t sk_exchange_verdict(struct sk_exchange *x)
{
	uint64_t due = SK_NEVER;

	/* Nothing is over before that. */
	if (is_writing(x))
		return due;
	check_closed(x);
	if (x->over)
		return due;
	check_idle(x, &due);
	waits(x, &due);
	sk_exchange_check_ended(x, &due);
	if (x->over || !input_over(x))
		return due;
	sk_exchange_finish(x);
	sk_exchange_all_errors(x, false);
	if (x->over)
		return due;
	if (x->relay->opts->send_only)
		sk_exchange_stop(x);
	else
		check_quiet(x, &due);
	return due;
}
