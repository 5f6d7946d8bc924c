/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Receiving datagrams, and writing them to stdout. */
#include <inttypes.h>
#include <poll.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/unix.h"
#include "relay/exchange.h"

/* Slots as full as GRO makes them are taken few at a time: they are to pass
 * through while they are in the cache. */
#define FULL (16 << 10)
#define FEW_SLOTS 4

/* --- stdout ----------------------------------------------------------------- */

static void consume(struct sk_outbox *out, size_t n)
{
	while (out->at < out->n && n >= out->iov[out->at].iov_len)
		n -= out->iov[out->at++].iov_len;
	if (out->at == out->n) {
		out->at = out->n = 0;
		return;
	}
	out->iov[out->at].iov_base = (char *)out->iov[out->at].iov_base + n;
	out->iov[out->at].iov_len -= n;
}

static size_t outbox_bytes(const struct sk_outbox *out)
{
	size_t n = 0;

	for (int i = out->at; i < out->n; i++)
		n += out->iov[i].iov_len;
	return n;
}

bool sk_exchange_flush(struct sk_exchange *x)
{
	struct sk_outbox *out = &x->out;

	while (out->n && !x->over) {
		ssize_t r = endpoint_send(x->local, out->iov + out->at,
					  out->n - out->at);

		if (r == -EAGAIN)
			return false;
		if (r < 0) {
			x->relay->local_failed = true;
			sk_exchange_fail(x, (int)r,
					 "%s: write: %s: %zu received bytes "
					 "were not written",
					 x->local->name_out,
					 sk_strerror((int)r),
					 outbox_bytes(out));
			return false;
		}
		consume(out, (size_t)r);
	}
	return !out->n;
}

/* With --lines a datagram comes out as a line, unless it already is one. */
static void add_output(struct sk_exchange *x, const struct sk_dgram_slot *s)
{
	struct sk_outbox *out = &x->out;
	static char newline[] = "\n";

	if (s->len)
		out->iov[out->n++] = (struct iovec){ s->data, s->len };
	if (x->o->framing == SK_FRAME_LINES &&
	    (!s->len || s->data[s->len - 1] != '\n'))
		out->iov[out->n++] = (struct iovec){ newline, 1 };
}

/* --- a slot ------------------------------------------------------------------ */

static size_t slot_count(const struct sk_dgram_slot *s)
{
	return s->segment ? (s->len + s->segment - 1) / s->segment : 1;
}

static void show_slot(struct sk_exchange *x, const struct sk_peer *p,
		      const struct sk_dgram_slot *s)
{
	size_t step = s->segment ? s->segment : s->len, at = 0, n;

	do {
		n = s->len - at < step ? s->len - at : step;
		sk_exchange_show(x, p, false, p->received + at, s->data + at,
				 n);
		at += n;
	} while (at < s->len);
}

static void report_cut(struct sk_exchange *x, const struct sk_peer *p,
		       const struct sk_dgram_slot *s)
{
	if (!s->cut)
		return;
	sk_error("%s: a datagram of %zu bytes was cut to %zu", p->name,
		 s->len + s->cut, s->len);
	if (!x->result)
		x->result = sk_silent(x->err, -EMSGSIZE);
}

/* The program of one that sends for the first time. false: there is none. */
static bool has_program(struct sk_exchange *x, struct sk_peer *p,
			const struct sk_dgram_slot *s)
{
	if (p->prog)
		return true;
	x->fds_handed = x->o->recv_fds;
	return sk_prog_start(x, p, x->o->recv_fds ? s->fds : NULL,
			     x->o->recv_fds ? s->n_fds : 0) >= 0;
}

static void deliver(struct sk_exchange *x, struct sk_peer *p,
		    const struct sk_dgram_slot *s)
{
	if (x->o->service == SK_SERVE_PROGRAM) {
		if (has_program(x, p, s))
			sk_prog_feed(p, s);
		return;
	}
	if (x->o->service == SK_SERVE_ECHO)
		sk_exchange_echo(x, p, s);
	else if (x->o->service == SK_SERVE_STDIO && !x->relay->opts->send_only)
		add_output(x, s);
}

static void take(struct sk_exchange *x, struct sk_dgram *sock,
		 const struct sk_dgram_slot *s)
{
	size_t n = slot_count(s);
	struct sk_peer *p = sk_exchange_peer(x, sock, s, n);

	if (!p)
		return;
	x->last_in = x->last_any = x->relay->loop->now;
	sk_peers_touch(&x->peers, p, x->last_in);
	p->local = s->local;
	if (s->begins)
		return;
	if (sk_exchange_is_watched(x))
		show_slot(x, p, s);
	report_cut(x, p, s);
	p->received += s->len;
	x->relay->ended[LOCAL] += s->len;
	p->received_n += n;
	x->received_n += n;
	deliver(x, p, s);
}

/* The number it had here says which it was of several; then it is closed. */
static void tell_fds(struct sk_exchange *x, const struct sk_dgram_slot *s)
{
	char text[SK_FD_TEXT_MAX];

	if (x->fds_handed || !x->o->recv_fds)
		return;
	for (int i = 0; i < s->n_fds; i++)
		sk_log(SK_LOG_NOTE, "received %s",
		       sk_unix_fd(text, s->fds[i]));
}

static void peer_ended(struct sk_exchange *x, struct sk_dgram *sock)
{
	static const struct sk_addr none;
	struct sk_peer *p = sk_peers_find(&x->peers, sock, &none);

	sk_watch_blocked(&sock->watch, SK_IN);
	if (p)
		sk_prog_end_input(p);
	if (p && !p->ended)
		sk_exchange_ended(x, p);
}

/* A peer that says so without being a record socket, rule 6 of verdict.c. */
static void peer_closed(struct sk_exchange *x, struct sk_dgram *sock,
			const struct sk_dgram_slot *s)
{
	struct sk_peer *p = sk_peers_find(&x->peers, sock, &s->from);

	if (!p) {
		sk_dgram_forget(sock, &s->from);
	} else if (x->o->keep_open) {
		sk_exchange_drop(x, p, NULL);
	} else if (p->prog && !p->cursor.chunk) {
		/* The program's end, and its status, are ours. */
		p->mute = true;
		sk_prog_end_input(p);
	} else {
		x->closed = true;
	}
}

static void close_fds(struct sk_dgram_slot *s)
{
	while (s->n_fds)
		sk_close(&s->fds[--s->n_fds]);
}

/* --- errors ------------------------------------------------------------------ */

static struct sk_peer *peer_of_error(struct sk_exchange *x,
				     struct sk_dgram *sock,
				     const struct sk_dgram_error *e)
{
	static const struct sk_addr none;

	return sk_peers_find(&x->peers, sock,
			     sock->connected ? &none : &e->to);
}

static void take_error(struct sk_exchange *x, struct sk_dgram *sock,
		       const struct sk_dgram_error *e)
{
	struct sk_peer *p = peer_of_error(x, sock, e);
	char by[SK_ADDR_TEXT_MAX], why[SK_ADDR_TEXT_MAX + 64];

	if (!p)
		return;
	if (e->error == -EMSGSIZE) {
		sk_warn("%s: the path takes at most %" PRIu32
			" bytes a packet", p->name, e->mtu);
		return;
	}
	if (e->by.len)
		snprintf(why, sizeof(why), "%s from %s", e->text,
			 sk_addr_format_host(by, &e->by));
	else
		snprintf(why, sizeof(why), "%s", e->text);
	sk_exchange_lose(x, p, e->error, why);
}

bool sk_exchange_errors(struct sk_exchange *x, struct sk_dgram *sock)
{
	struct sk_dgram_error e;
	bool some = false;

	sock->has_error = false;
	while (!x->over && sk_dgram_error(sock, &e)) {
		take_error(x, sock, &e);
		some = true;
	}
	return some;
}

void sk_exchange_all_errors(struct sk_exchange *x, bool known)
{
	for (int i = 0; i < x->n_socks; i++)
		if (!known || x->socks[i]->has_error)
			sk_exchange_errors(x, x->socks[i]);
}

/*
 * An error of the socket itself. One about a single datagram is in the queue,
 * or was: the kernel gives it here once more.
 */
static void receive_failed(struct sk_exchange *x, struct sk_dgram *sock, int r)
{
	struct sk_peer *p;
	static const struct sk_addr none;

	if (sk_exchange_errors(x, sock) || x->over)
		return;
	if (!sock->connected && sock->family != AF_UNIX)
		return;
	p = sk_peers_find(&x->peers, sock, &none);
	if (p)
		sk_exchange_lose(x, p, r, sk_strerror(r));
	else
		sk_exchange_fail(x, r, "receive: %s", sk_strerror(r));
}

/* --- receiving ---------------------------------------------------------------- */

static void receive_batch(struct sk_exchange *x, struct sk_dgram *sock)
{
	bool end = false;
	size_t bytes = 0;

	for (int i = 0; i < x->batch.n; i++) {
		struct sk_dgram_slot *s = &x->batch.slot[i];

		x->fds_handed = false;
		end = end || (s->end && x->o->records);
		bytes += s->len;
		if (!x->over && s->end && !end)
			peer_closed(x, sock, s);
		else if (!x->over && !end)
			take(x, sock, s);
		tell_fds(x, s);
		close_fds(s);
	}
	x->full_slots = bytes > (size_t)x->batch.n * FULL;
	if (end && !x->over)
		peer_ended(x, sock);
	x->lost += sock->lost - sock->told;
	sock->told = sock->lost;
}

bool sk_exchange_is_held(const struct sk_exchange *x,
			 const struct sk_dgram *sock)
{
	static const struct sk_addr none;
	const struct sk_peer *p;

	if (!x->o->records || x->o->service != SK_SERVE_PROGRAM)
		return false;
	p = sk_peers_find(&x->peers, sock, &none);
	return p && sk_prog_is_full(p);
}

/*
 * Nothing of a record socket may get lost, so none is taken before it can be
 * sent back, or the program has taken the last, and then one at a time.
 */
static int how_many(struct sk_exchange *x, struct sk_dgram *sock)
{
	if (x->o->records && x->o->service == SK_SERVE_PROGRAM)
		return sk_exchange_is_held(x, sock) ? 0 : 1;
	if (!x->o->records || x->o->service != SK_SERVE_ECHO)
		return x->full_slots ? FEW_SLOTS : SK_DGRAM_SLOTS;
	if (sk_fd_ready(sock->fd, POLLOUT))
		return 1;
	sk_watch_blocked(&sock->watch, SK_OUT);
	return 0;
}

bool sk_exchange_receive(struct sk_exchange *x, struct sk_dgram *sock)
{
	for (int i = 0; i < SK_EXCHANGE_TURN && !x->over; i++) {
		int r;

		if (x->out.n && !sk_exchange_flush(x))
			return false;
		r = sk_dgram_recv(sock, &x->batch, how_many(x, sock));
		if (r == -EAGAIN)
			return false;
		if (r < 0)
			receive_failed(x, sock, r);
		else
			receive_batch(x, sock);
		if (x->swept)
			return false;
	}
	return !x->over;
}
