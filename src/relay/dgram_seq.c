/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Record sockets (unix(7), SOCK_SEQPACKET): boundaries as datagrams have them,
 * connections and ends as streams have them. A peer is a socket here; its end
 * and ours follow the rules of ends.c:
 *
 * 1. Our input's end: all of it is sent, then our half is closed; receiving
 *    goes on until the peer's end.
 * 2. The peer's end: if our input is at its end, is none or a terminal, or
 *    has never given anything (not even in the first moment): over. A file is
 *    sent to its end; a pipe until it has been silent for a second, which is a
 *    failure.
 */
#include <inttypes.h>

#include "base/log.h"
#include "net/unix.h"
#include "relay/exchange.h"

#define RETRY (100 * SK_MSEC)	/* accept(2) without descriptors */

/* --- beginnings ------------------------------------------------------------- */

static bool keep_sock(struct sk_exchange *x, struct sk_dgram *d)
{
	struct sk_dgram **socks;

	if (x->n_socks == x->room) {
		socks = reallocarray(x->socks, (size_t)x->room * 2 + 1,
				     sizeof(struct sk_dgram *));
		if (!socks)
			return false;
		x->socks = socks;
		x->room = x->room * 2 + 1;
	}
	x->socks[x->n_socks++] = d;
	return true;
}

/* One who has come. false: nobody else is to come now. */
static bool take_in(struct sk_exchange *x, struct sk_dgram *listener,
		    struct sk_dgram *d)
{
	static const struct sk_addr none;
	const struct sk_dgram_opts *o = x->o;
	struct sk_peer *p;

	if (o->keep_open && o->max_peers &&
	    x->peers.n >= (size_t)o->max_peers) {
		sk_info("a connection was refused: %" PRId64 " are served "
			"already (--max-conns)", o->max_peers);
		sk_dgram_free(d);
		return true;
	}
	d->ready = listener->ready;
	d->owner = x;
	if (!keep_sock(x, d)) {
		sk_error("a client was turned away: %s", sk_strerror(ENOMEM));
		sk_dgram_free(d);
		return true;
	}
	if (!sk_exchange_add(x, d, &none, false))
		return false;
	p = TAILQ_LAST(&x->peers.order, sk_peer_list);
	x->last_in = x->last_any = x->relay->loop->now;
	sk_info("connection from %s", p->name);
	sk_unix_tell_peer(d->fd);
	/* One that is handed descriptors waits for what brings them. */
	if (o->service == SK_SERVE_PROGRAM && !o->recv_fds)
		sk_prog_start(x, p, NULL, 0);
	sk_task_post(x->relay->loop, &x->again);
	return o->keep_open;
}

static void forget_sock(struct sk_exchange *x, struct sk_dgram *d)
{
	for (int i = 0; i < x->n_socks; i++)
		if (x->socks[i] == d) {
			x->socks[i] = x->socks[--x->n_socks];
			break;
		}
	sk_dgram_free(d);
}

void sk_exchange_accept(struct sk_exchange *x, struct sk_dgram *sock)
{
	struct sk_dgram *d;
	int r = 0;

	while (sock != x->waiting && (sock->watch.can & SK_IN) && !x->over) {
		if (x->o->service == SK_SERVE_PROGRAM &&
		    sk_children() >= (size_t)x->o->max_children) {
			x->waiting = sock; /* on_child_reaped() */
			return;
		}
		r = sk_dgram_accept(sock, &d);
		if (r == -EAGAIN)
			return;
		if (r < 0) {
			sk_warn("accept: %s: new clients wait",
				sk_strerror(r));
			x->waiting = sock;
			sk_timer_in(&x->retry, RETRY);
			return;
		}
		if (!take_in(x, sock, d)) {
			forget_sock(x, sock);
			return;
		}
	}
}

/* --- ends ------------------------------------------------------------------- */

void sk_exchange_sweep(struct sk_exchange *x)
{
	static const struct sk_addr none;

	if (!x->swept || !x->o->records)
		return;
	x->swept = false;
	for (int i = x->n_socks; i--;)
		if (!x->socks[i]->listens &&
		    !sk_peers_find(&x->peers, x->socks[i], &none))
			forget_sock(x, x->socks[i]);
}

/* Those who come later get it at once: their cursor is at the end too. */
void sk_exchange_finish(struct sk_exchange *x)
{
	struct sk_peer *p, *next;

	for (p = TAILQ_FIRST(&x->peers.order); p; p = next) {
		next = TAILQ_NEXT(p, order);
		if (p->fin_sent || p->cursor.chunk || p->mute)
			continue;
		sk_exchange_send_fds(x, p);
		if (!x->o->records || !x->has_input)
			continue;
		p->fin_sent = true;
		shutdown(p->sock->fd, SHUT_WR);
	}
}

void sk_exchange_ended(struct sk_exchange *x, struct sk_peer *p)
{
	p->ended = x->relay->loop->now;
	x->n_ended++;
}

/* true: nothing more is to be said to it, or r says why that failed. */
static bool is_done(const struct sk_exchange *x, const struct sk_peer *p,
		    int *r, uint64_t *due)
{
	uint64_t silent;

	*r = 0;
	if (p->prog)
		return false; /* its end is the end */
	if (!x->has_input)
		return true;
	if (p->cursor.chunk)
		return false;
	if (x->records.eof || x->local->input == SK_INPUT_PERSON)
		return true;
	if (x->local->input == SK_INPUT_FINITE)
		return false;
	silent = !x->last_read ? p->begun + SK_FIRST_WORD :
		 (p->ended > x->last_read ? p->ended : x->last_read) +
			 SK_SILENCE;
	if (x->relay->loop->now < silent) {
		if (silent < *due)
			*due = silent;
		return false;
	}
	*r = x->last_read ? -EPIPE : 0;
	return true;
}

void sk_exchange_check_ended(struct sk_exchange *x, uint64_t *due)
{
	struct sk_peer *p, *next;
	int r;

	if (!x->n_ended)
		return;
	for (p = TAILQ_FIRST(&x->peers.order); p && !x->over; p = next) {
		next = TAILQ_NEXT(p, order);
		if (!p->ended || !is_done(x, p, &r, due))
			continue;
		if (r < 0)
			sk_exchange_lose(x, p, r, "the peer closed its half "
					 "while standard input was open");
		else if (x->o->keep_open)
			sk_exchange_drop(x, p, NULL);
		else
			sk_exchange_stop(x);
	}
}
