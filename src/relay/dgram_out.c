/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading our input, and sending it to whoever gets it. */
#include <inttypes.h>

#include "base/log.h"
#include "relay/exchange.h"

#define ECHO_RUN 64
#define LAG_MAX (16 << 20)	/* bytes the slowest may be behind */
#define RETRY (5 * SK_MSEC)	/* a full queue that does not tell */

void sk_exchange_count_sent(struct sk_exchange *x, struct sk_peer *p,
			    const struct iovec *iov, size_t n)
{
	bool watched = sk_exchange_is_watched(x);
	uint64_t now = x->relay->loop->now;

	for (size_t i = 0; i < n; i++) {
		if (watched)
			sk_exchange_show(x, p, true, p->sent, iov[i].iov_base,
					 iov[i].iov_len);
		p->sent += iov[i].iov_len;
		x->relay->ended[PEER] += iov[i].iov_len;
	}
	p->sent_n += n;
	x->sent_n += n;
	x->last_any = now;
	if (!x->first_sent)
		x->first_sent = now;
	sk_peers_touch(&x->peers, p, now);
}

static struct sk_dgram_to address_of(const struct sk_peer *p)
{
	return (struct sk_dgram_to){
		.to = p->addr.len ? &p->addr : NULL,
		.local = p->local.family ? &p->local : NULL,
	};
}

/* --- one peer ----------------------------------------------------------------- */

static void set_pending(struct sk_exchange *x, struct sk_peer *p)
{
	bool now = p->cursor.chunk;

	if (now == p->pending)
		return;
	p->pending = now;
	if (now) {
		TAILQ_INSERT_TAIL(&x->pending, p, pending_link);
		x->n_pending++;
	} else {
		TAILQ_REMOVE(&x->pending, p, pending_link);
		x->n_pending--;
	}
}

/* EAGAIN and ENOBUFS: later. Of a unix receiver's queue no event tells. */
static bool is_full(struct sk_exchange *x, const struct sk_dgram *sock, int r)
{
	if (r != -EAGAIN && r != -ENOBUFS)
		return false;
	if ((r == -ENOBUFS || (sock->watch.can & SK_OUT)) &&
	    !sk_timer_armed(&x->retry))
		sk_timer_in(&x->retry, RETRY);
	return true;
}

static void send_failed(struct sk_exchange *x, struct sk_peer *p, int r,
			const struct iovec *iov)
{
	char why[80];

	if (r == -EMSGSIZE) {
		snprintf(why, sizeof(why),
			 "a datagram of %zu bytes is too long", iov->iov_len);
		sk_exchange_lose(x, p, r, why);
	} else if (sk_exchange_errors(x, p->sock)) {
		/* p may be gone; if not, there is more to send. */
		sk_task_post(x->relay->loop, &x->again);
	} else {
		sk_exchange_lose(x, p, r, sk_strerror(r));
	}
}

/* --- the rate ----------------------------------------------------------------- */

/*
 * A bucket that holds what 4 ms give: datagrams go evenly, not in bursts that
 * a queue on the way has no room for. The last one may
 * overdraw it, for a datagram cannot be parted. true: something may be sent.
 */
static bool may_send(struct sk_exchange *x)
{
	uint64_t rate = x->relay->opts->rate, now = sk_now_us(), us;
	int64_t depth = (int64_t)(rate / 250);

	if (!rate)
		return true;
	us = x->filled ? now - x->filled : 0;
	x->filled = now;
	x->tokens += (int64_t)((double)us * (double)rate / 1e6);
	if (x->tokens > depth)
		x->tokens = depth;
	if (x->tokens >= 0)
		return true;
	us = (uint64_t)((double)-x->tokens * 1e6 / (double)rate);
	sk_timer_in(&x->pace, us < SK_MSEC ? SK_MSEC : us);
	return false;
}

/* How many of n may go now: at least one. */
static size_t allowed(const struct sk_exchange *x, const struct iovec *iov,
		      size_t n)
{
	int64_t left = x->tokens;
	size_t i = 0;

	if (!x->relay->opts->rate)
		return n;
	do
		left -= (int64_t)iov[i++].iov_len;
	while (i < n && left > 0);
	return i;
}

static void spend(struct sk_exchange *x, const struct iovec *iov, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x->tokens -= (int64_t)iov[i].iov_len;
}

/* true: all it could get has been sent. p may be gone after false. */
static bool send_to(struct sk_exchange *x, struct sk_peer *p)
{
	struct sk_dgram_to to = address_of(p);

	while (p->cursor.chunk) {
		const struct sk_chunk *c = p->cursor.chunk;
		const struct iovec *iov = c->rec + p->cursor.at;
		int r;

		if (!may_send(x))
			return false;
		if (x->o->n_fds && !p->fds_sent) {
			to.fds = x->o->fds;
			to.n_fds = x->o->n_fds;
		}
		r = sk_dgram_send(p->sock, &to, iov,
				  allowed(x, iov, c->n - p->cursor.at));
		if (r > 0) {
			spend(x, iov, (size_t)r);
			sk_exchange_count_sent(x, p, iov, (size_t)r);
			sk_cursor_advance(p->records, &p->cursor, (size_t)r);
			p->fds_sent = true;
			to.n_fds = 0;
		} else {
			if (!is_full(x, p->sock, r))
				send_failed(x, p, r, iov);
			return false;
		}
	}
	set_pending(x, p);
	return true;
}

void sk_exchange_send_fds(struct sk_exchange *x, struct sk_peer *p)
{
	static const struct iovec empty = { NULL, 0 };
	struct sk_dgram_to to = address_of(p);

	if (!x->o->n_fds || p->fds_sent)
		return;
	to.fds = x->o->fds;
	to.n_fds = x->o->n_fds;
	if (sk_dgram_send(p->sock, &to, &empty, 1) > 0)
		sk_exchange_count_sent(x, p, &empty, 1);
	else
		sk_error("%s: descriptors could not be sent", p->name);
	p->fds_sent = true;
}

static void send_all(struct sk_exchange *x)
{
	struct sk_peer *p, *next;

	for (p = TAILQ_FIRST(&x->pending); p && !x->over; p = next) {
		next = TAILQ_NEXT(p, pending_link);
		send_to(x, p);
	}
}

/* --- our input ---------------------------------------------------------------- */

/* Read for the fastest: as long as somebody has taken all there is. */
bool sk_exchange_may_read(const struct sk_exchange *x)
{
	return x->has_input && !x->records.eof && x->targets > x->n_pending;
}

/*
 * Datagrams may be lost, so he who is too slow for all others loses some.
 * Records may not: he goes.
 */
static void skip_slowest(struct sk_exchange *x)
{
	struct sk_peer *p;

	TAILQ_FOREACH(p, &x->pending, pending_link) {
		if (p->cursor.chunk != TAILQ_FIRST(&x->records.chunks))
			continue;
		if (x->o->records) {
			sk_warn("%s: too slow: dropped, as it held up the "
				"others", p->name);
			sk_exchange_drop(x, p, "too slow");
			return;
		}
		if (!x->unsent)
			sk_warn("%s: too slow: datagrams for it are left out",
				p->name);
		x->unsent += sk_cursor_left(&p->cursor);
		sk_cursor_drop(&x->records, &p->cursor);
		set_pending(x, p);
		return;
	}
}

/* One that cannot be answered gets nothing, but what writes it goes on. */
void sk_exchange_hand_to(struct sk_exchange *x, struct sk_peer *p,
			 struct sk_chunk *chunk)
{
	sk_cursor_set(&p->cursor, chunk);
	if (p->mute) {
		x->unsent += chunk->n;
		sk_cursor_drop(p->records, &p->cursor);
	}
	set_pending(x, p);
}

static void hand_out(struct sk_exchange *x, struct sk_chunk *chunk)
{
	struct sk_peer *p;

	TAILQ_FOREACH(p, &x->peers.order, order) {
		if (p->mute || p->cursor.chunk)
			continue;
		sk_exchange_hand_to(x, p, chunk);
	}
	while (x->records.bytes > LAG_MAX && x->n_pending > 1)
		skip_slowest(x);
}

/* 1: something was read, 0: not now, or never more. */
static int read_input(struct sk_exchange *x)
{
	struct sk_chunk *chunk;
	int r = sk_records_read(&x->records, &chunk);

	if (r > 0) {
		x->last_read = x->relay->loop->now;
		hand_out(x, chunk);
	}
	if (r >= 0 || r == -EAGAIN)
		return r > 0;
	if (r == -EMSGSIZE)
		sk_exchange_fail(x, r, "%s: a line is longer than a datagram "
				 "may be (%zu bytes)", x->local->name_in,
				 x->o->size);
	else
		sk_exchange_fail(x, r, "%s: read: %s", x->local->name_in,
				 sk_strerror(r));
	return 0;
}

/* 1: there is something new to be sent. */
static bool read_any(struct sk_exchange *x)
{
	if (x->o->service == SK_SERVE_PROGRAM)
		return sk_progs_read(x);
	return sk_exchange_may_read(x) && read_input(x);
}

bool sk_exchange_feed(struct sk_exchange *x)
{
	send_all(x);
	for (int i = 0; i < SK_EXCHANGE_TURN; i++) {
		if (x->over || !read_any(x))
			return false;
		send_all(x);
	}
	return true;
}

/* --- echo --------------------------------------------------------------------- */

/* The slot's datagrams from *at on, as many as iov takes. */
static size_t gather(const struct sk_dgram_slot *s, size_t *at,
		     struct iovec iov[ECHO_RUN])
{
	size_t step = s->segment ? s->segment : s->len, n = 0;

	do {
		iov[n].iov_base = s->data + *at;
		iov[n].iov_len = s->len - *at < step ? s->len - *at : step;
		*at += iov[n++].iov_len;
	} while (n < ECHO_RUN && *at < s->len);
	return n;
}

/*
 * RFC 862. What the socket does not take now is let go: an echo service that
 * waited for one slow client would keep all others waiting.
 */
void sk_exchange_echo(struct sk_exchange *x, struct sk_peer *p,
		      const struct sk_dgram_slot *s)
{
	struct sk_dgram_to to = address_of(p);
	struct iovec iov[ECHO_RUN];
	size_t at = 0;

	if (p->mute) {
		x->unsent++;
		return;
	}
	do {
		size_t n = gather(s, &at, iov), done = 0;

		while (done < n) {
			int r = sk_dgram_send(p->sock, &to, iov + done,
					      n - done);

			if (r < 0) {
				x->unsent += n - done;
				return;
			}
			sk_exchange_count_sent(x, p, iov + done, (size_t)r);
			done += (size_t)r;
		}
	} while (at < s->len);
}
