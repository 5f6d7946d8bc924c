/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layer: whose datagram it is, and what waits to be sent.
 *
 *	user ─ send ─► session ─► packets gathered in `out` ─► below
 *	user ◄─ recv ─ session ◄─ one datagram of `in` ◄────── below
 *
 * A datagram of nobody we know goes to the `stranger`, a session that keeps
 * nothing from one to the next: it asks for a cookie, and becomes a session
 * once it is shown one. So does a client that has lost its state and begins
 * anew from the address of a session that stands; that one goes on until the
 * new handshake has succeeded, for an old hello may come late, or again (RFC
 * 6347 section 4.2.8).
 *
 * Records that were made must go in order of their numbers, and a full socket
 * gives none back: they wait in `out`, and nothing is taken meanwhile.
 */
#include "net/dtls.h"

#include "base/log.h"
#include "base/text.h"
#include "net/dtls_int.h"

#define RETRY (5 * SK_MSEC)	/* a full socket, when nobody else tries */

static struct sk_dtls *of_layer(struct sk_dgram_layer *l)
{
	return sk_container_of(l, struct sk_dtls, layer);
}

/* --- what goes ----------------------------------------------------------- */

void sk_dtls_flush(struct sk_dtls *t)
{
	struct sk_dgram_to to = {
		.to = t->out_addr.len ? &t->out_addr : NULL,
		.local = t->out_local.family ? &t->out_local : NULL,
	};

	while (t->sent < t->n_out) {
		int r = sk_dgram_send_below(&t->layer, &to, t->iov + t->sent,
					    t->n_out - t->sent);

		if (r == -EAGAIN || r == -ENOBUFS) {
			sk_timer_in(&t->retry, RETRY);
			return;
		}
		/* What came back about an earlier one is found in its queue;
		 * and this one is lost, as datagrams may be. */
		if (r < 0) {
			t->layer.sock->has_error = true;
			t->error = r;
		}
		t->sent += r < 0 ? 1 : (size_t)r;
	}
	t->sent = t->n_out = 0;
}

static void on_retry(struct sk_timer *timer)
{
	sk_dtls_flush(sk_container_of(timer, struct sk_dtls, retry));
}

void sk_dtls_put(struct sk_dtls_session *s, const void *data, size_t len)
{
	struct sk_dtls *t = s->dtls;

	if (t->n_out && (t->n_out == SK_DTLS_OUT ||
			 !sk_addr_equal(&t->out_addr, &s->addr)))
		sk_dtls_flush(t);
	if (len > SK_DTLS_PACKET || t->n_out == SK_DTLS_OUT ||
	    (t->n_out && !sk_addr_equal(&t->out_addr, &s->addr)))
		return;
	t->out_addr = s->addr;
	t->out_local = s->local;
	memcpy(t->iov[t->n_out].iov_base, data, len);
	t->iov[t->n_out++].iov_len = len;
}

/* --- sessions ------------------------------------------------------------ */

static struct sk_dtls_chain *chain_of(const struct sk_dtls *t,
				      const struct sk_addr *addr)
{
	return &t->bucket[sk_addr_hash(addr, t->seed) & (SK_DTLS_BUCKETS - 1)];
}

/* The one that shakes hands, or the one that stands. */
static struct sk_dtls_session *find(const struct sk_dtls *t,
				    const struct sk_addr *addr, bool shakes)
{
	struct sk_dtls_session *s;

	LIST_FOREACH(s, chain_of(t, addr), chain)
		if (sk_addr_equal(&s->addr, addr) &&
		    (s->stage == SK_DTLS_SHAKES) == shakes)
			return s;
	return NULL;
}

/* Out of all tables; it may still be told of. */
static void take_out(struct sk_dtls_session *s)
{
	struct sk_dtls *t = s->dtls;

	if (s->stage == SK_DTLS_FAILED) {
		TAILQ_REMOVE(&t->failed, s, link);
	} else {
		LIST_REMOVE(s, chain);
		if (s->stage == SK_DTLS_SHAKES) {
			TAILQ_REMOVE(&t->half, s, link);
			t->n_half--;
		}
	}
	if (t->talking == s) {
		t->talking = NULL;
		t->at++;
	}
}

static void discard(struct sk_dtls_session *s)
{
	take_out(s);
	sk_dtls_session_free(s);
}

void sk_dtls_failed(struct sk_dtls_session *s, int r, const struct sk_err *why)
{
	struct sk_dtls *t = s->dtls;

	if (t->wait) {
		t->wait->r = r;
		*t->wait->err = *why;
		return;
	}
	/* The user does not know it, so that it is for us to say. */
	if (s->stage == SK_DTLS_SHAKES) {
		sk_warn("%s", why->text);
		discard(s);
		return;
	}
	take_out(s);
	s->stage = SK_DTLS_FAILED;
	s->error = r;
	snprintf(s->why, sizeof(s->why), "%.255s", why->text);
	TAILQ_INSERT_TAIL(&t->failed, s, link);
	t->layer.sock->has_error = true;
}

void sk_dtls_begin(struct sk_dtls_session *s)
{
	struct sk_dtls *t = s->dtls;

	while (t->n_half >= SK_DTLS_HALF_MAX)
		discard(TAILQ_FIRST(&t->half));
	s->stage = SK_DTLS_SHAKES;
	s->began_at = t->layer.sock->loop->now;
	sk_addr_format(s->name, s->addr.len ? &s->addr : &t->layer.sock->peer);
	LIST_INSERT_HEAD(chain_of(t, &s->addr), s, chain);
	TAILQ_INSERT_TAIL(&t->half, s, link);
	t->n_half++;
}

/* --- what comes ---------------------------------------------------------- */

/*
 * A ClientHello, which is never encrypted: type 22, any version, epoch 0, and
 * behind the header of 13 bytes the message of type 1 (RFC 6347 section 4.1).
 */
static bool is_hello(const struct sk_dgram_slot *slot)
{
	const unsigned char *p = (const void *)slot->data;

	return slot->len > 13 && p[0] == 22 && !p[3] && !p[4] && p[13] == 1;
}

/* A flight of a handshake begins with a message of it, or with the change of
 * ciphers; a session that stands has better things to say. */
static bool is_flight(const struct sk_dgram_slot *slot)
{
	return slot->len && (slot->data[0] == 22 || slot->data[0] == 20);
}

static struct sk_dtls_session *hear_stranger(struct sk_dtls *t,
					     const struct sk_dgram_slot *slot)
{
	struct sk_dtls_session *s = t->stranger;
	struct sk_dgram *d = t->layer.sock;

	if (d->is_welcome && !d->is_welcome(d, &slot->from))
		return NULL;
	if (!s)
		s = t->stranger = sk_dtls_session_new(t);
	if (!s)
		return NULL;
	s->addr = slot->from;
	s->local = slot->local;
	if (!sk_dtls_session_listen(s)) {
		if (s->error) {
			sk_dtls_session_free(s);
			t->stranger = NULL;
		}
		return NULL;
	}
	t->stranger = NULL;
	sk_dtls_begin(s);
	return s;
}

/* Whose turn it is with this datagram; NULL: nobody's. */
static struct sk_dtls_session *speaker(struct sk_dtls *t,
				       const struct sk_dgram_slot *slot)
{
	static const struct sk_addr none;
	bool server = t->tls->opts->server;
	const struct sk_addr *from = server ? &slot->from : &none;
	struct sk_dtls_session *up = find(t, from, false);
	struct sk_dtls_session *half = server ? find(t, from, true) : NULL;

	t->heard = slot;
	if (server && !half && (!up || is_hello(slot)))
		return hear_stranger(t, slot);
	if (half && (!up || is_flight(slot)))
		up = half;
	if (up)
		up->local = slot->local;
	return up;
}

int sk_dtls_shake(struct sk_dtls_session *s, struct sk_dgram_slot *out,
		  struct sk_err *err)
{
	struct sk_dtls *t = s->dtls;
	struct sk_dtls_session *old;
	int r = sk_dtls_session_shake(s, err);

	if (r <= 0)
		return r;
	old = find(t, &s->addr, false);
	if (old)
		discard(old);
	TAILQ_REMOVE(&t->half, s, link);
	t->n_half--;
	s->stage = SK_DTLS_UP;
	out->begins = true;
	return 1;
}

/* 1: the slot is filled. 0: there is no more in this datagram. */
static int talk(struct sk_dtls *t, struct sk_dgram_batch *b, int i)
{
	struct sk_dtls_session *s = t->talking;
	struct sk_dgram_slot *out = sk_dgram_slot(b, i);
	struct sk_err err = { 0 };
	int r = 0;

	out->from = s->addr;
	out->local = s->local;
	if (s->stage == SK_DTLS_SHAKES)
		r = sk_dtls_shake(s, out, &err);
	else if (s->stage == SK_DTLS_UP)
		r = sk_dtls_session_read(s, out, b->room, &err);
	if (r < 0) {
		sk_dtls_failed(s, r, &err);
		return 0;
	}
	if (out->end)
		s->stage = SK_DTLS_ENDED;
	return r;
}

static int dtls_recv(struct sk_dgram_layer *l, struct sk_dgram_batch *b,
		     int max)
{
	struct sk_dtls *t = of_layer(l);
	int n = 0, r;

	b->n = 0;
	if (t->at >= t->in.n) {
		t->in.n = t->at = 0;
		r = sk_dgram_recv_below(l, &t->in, SK_DGRAM_SLOTS);
		if (r < 0)
			return r;
	}
	while (n < max && t->at < t->in.n) {
		if (!t->talking)
			t->talking = speaker(t, &t->in.slot[t->at]);
		if (!t->talking) {
			t->at++;
		} else if (talk(t, b, n)) {
			n++;
		} else if (t->talking) {
			t->talking = NULL;
			t->at++;
		}
	}
	/* Handshakes, and answers to what was asked by the way. */
	sk_dtls_flush(t);
	b->n = n;
	return n ? n : -EAGAIN;
}

/* --- the layer ----------------------------------------------------------- */

static int send_one(struct sk_dtls_session *s, const struct iovec *iov)
{
	struct sk_dtls *t = s->dtls;
	struct sk_err err = { 0 };
	int r;

	if (iov->iov_len > SK_DTLS_MAX)
		return -EMSGSIZE;
	if (!iov->iov_len) {
		if (!t->warned)
			sk_warn("datagrams without a byte are left out: DTLS "
				"has none");
		t->warned = true;
		return 0;
	}
	r = sk_dtls_session_write(s, iov, &err);
	if (r < 0)
		sk_dtls_failed(s, r, &err);
	return r;
}

static int dtls_send(struct sk_dgram_layer *l, const struct sk_dgram_to *to,
		     const struct iovec *iov, size_t n)
{
	static const struct sk_addr none;
	struct sk_dtls *t = of_layer(l);
	struct sk_dtls_session *s = find(t, to->to ? to->to : &none, false);
	size_t i;
	int r = 0;

	if (!s)
		return -ENOTCONN; /* it has failed, and will be told of */
	if (s->stage != SK_DTLS_UP)
		return -EAGAIN; /* its end has come, and will be told of */
	sk_dtls_flush(t);
	if (t->n_out)
		return -EAGAIN;
	for (i = 0; i < n && t->n_out < SK_DTLS_OUT && r >= 0; i += r >= 0)
		r = send_one(s, &iov[i]);
	sk_dtls_flush(t);
	return i ? (int)i : r;
}

static int dtls_error(struct sk_dgram_layer *l, struct sk_dgram_error *e)
{
	struct sk_dtls *t = of_layer(l);
	struct sk_dtls_session *s = TAILQ_FIRST(&t->failed);

	if (!s)
		return sk_dgram_error_below(l, e);
	sk_dtls_session_free(t->told);
	t->told = s;
	TAILQ_REMOVE(&t->failed, s, link);
	*e = (struct sk_dgram_error){
		.error = s->error,
		.to = s->addr,
		.text = s->why,
	};
	return 1;
}

static void dtls_forget(struct sk_dgram_layer *l, const struct sk_addr *peer)
{
	struct sk_dtls *t = of_layer(l);
	struct sk_dtls_session *s = find(t, peer, false);

	if (!s)
		return;
	sk_dtls_session_close(s);
	sk_dtls_flush(t);
	discard(s);
}

static void dtls_free(struct sk_dgram_layer *l)
{
	struct sk_dtls *t = of_layer(l);
	struct sk_dtls_session *s;

	for (size_t i = 0; t->bucket && i < SK_DTLS_BUCKETS; i++)
		while ((s = LIST_FIRST(&t->bucket[i]))) {
			if (s->stage != SK_DTLS_SHAKES)
				sk_dtls_session_close(s);
			discard(s);
		}
	while ((s = TAILQ_FIRST(&t->failed)))
		discard(s);
	sk_dtls_flush(t);
	sk_dtls_session_free(t->stranger);
	sk_dtls_session_free(t->told);
	sk_timer_stop(&t->retry);
	sk_dgram_batch_fini(&t->in);
	free(t->bucket);
	free(t->out);
	free(t);
}

static const struct sk_dgram_layer_ops dtls_ops = {
	.recv = dtls_recv,
	.send = dtls_send,
	.error = dtls_error,
	.forget = dtls_forget,
	.free = dtls_free,
};

struct sk_dtls *sk_dtls_new(struct sk_dgram *d, struct sk_tls *tls,
			    uint64_t limit)
{
	struct sk_dtls *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	TAILQ_INIT(&t->half);
	TAILQ_INIT(&t->failed);
	t->tls = tls;
	t->limit = limit ? limit : SK_DTLS_LIMIT;
	sk_timer_init(&t->retry, d->loop, on_retry);
	sk_dgram_push(d, &t->layer, &dtls_ops);
	t->bucket = calloc(SK_DTLS_BUCKETS, sizeof(*t->bucket));
	t->out = malloc((size_t)SK_DTLS_OUT * SK_DTLS_PACKET);
	if (!t->bucket || !t->out || sk_dgram_batch_init(&t->in, 64 << 10) < 0)
		return NULL;
	for (size_t i = 0; i < SK_DTLS_OUT; i++)
		t->iov[i].iov_base = t->out + i * SK_DTLS_PACKET;
	if (RAND_bytes(t->secret, sizeof(t->secret)) <= 0 ||
	    RAND_bytes((unsigned char *)&t->seed, sizeof(t->seed)) <= 0) {
		ERR_clear_error();
		return NULL;
	}
	return t;
}

int sk_dtls_serve(struct sk_dgram *d, struct sk_tls *tls, uint64_t limit,
		  struct sk_err *err)
{
	if (sk_dtls_new(d, tls, limit))
		return 0;
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}
