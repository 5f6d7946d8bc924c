/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client of DTLS: it waits for its handshake, in rounds of the loop. */
#include "net/dtls.h"

#include "net/dtls_int.h"

/* What came back: nobody is there, or nobody may be reached. */
static int unreachable(struct sk_dtls_session *s, int r, struct sk_err *err)
{
	struct sk_dgram *d = s->dtls->layer.sock;
	struct sk_dgram_error e;
	const char *text = sk_strerror(r);

	d->has_error = false;
	if (sk_dgram_error_below(&s->dtls->layer, &e)) {
		/* The path takes less: flights are small enough for any. */
		if (e.error == -EMSGSIZE)
			return 0;
		text = e.text;
		r = e.error;
	}
	return r < 0 ? sk_fail(err, r, "%s: %s", s->name, text) : 0;
}

/* 1: up, 0: wait, or a negative errno. */
static int connect_step(struct sk_dtls *t, struct sk_dtls_session *s,
			struct sk_err *err)
{
	struct sk_dgram_slot none;
	int r;

	if (t->at >= t->in.n) {
		t->in.n = t->at = 0;
		r = sk_dgram_recv_below(&t->layer, &t->in, SK_DGRAM_SLOTS);
		if (r < 0 && r != -EAGAIN)
			return unreachable(s, r, err);
		if (r < 0)
			return t->layer.sock->has_error ?
				       unreachable(s, 0, err) : 0;
	}
	while (t->at < t->in.n) {
		t->heard = &t->in.slot[t->at];
		r = sk_dtls_shake(s, &none, err);
		sk_dtls_flush(t);
		if (r > 0) {
			/* What stands behind it in the datagram is data. */
			t->talking = s;
			return 1;
		}
		if (r < 0)
			return r;
		t->at++;
	}
	return 0;
}

static void on_ready(struct sk_dgram *d)
{
	struct sk_dtls *t = d->owner;
	struct sk_dtls_wait *w = t->wait;

	if (!w->r)
		w->r = connect_step(t, w->session, w->err);
}

int sk_dtls_connect(struct sk_dgram *d, struct sk_tls *tls, const char *host,
		    uint64_t limit, struct sk_err *err)
{
	struct sk_dtls *t = sk_dtls_new(d, tls, limit);
	struct sk_dtls_session *s = t ? sk_dtls_session_new(t) : NULL;
	struct sk_dgram_slot none;
	struct sk_dtls_wait w = { s, 0, err };

	if (!s || !sk_tls_expect(tls, &s->state, host)) {
		sk_dtls_session_free(s);
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	}
	sk_dtls_begin(s);
	t->wait = &w;
	d->ready = on_ready;
	d->owner = t;
	w.r = sk_dtls_shake(s, &none, err);
	sk_dtls_flush(t);
	if (!w.r && d->has_error)
		w.r = unreachable(s, t->error, err);
	sk_watch_want(&d->watch, SK_IN);
	while (!w.r && !d->loop->stop)
		if (sk_loop_once(d->loop) < 0)
			break;
	sk_watch_want(&d->watch, 0);
	d->ready = NULL;
	t->wait = NULL;
	return w.r > 0 ? 0 : w.r ? w.r : -EINTR;
}
