/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS over an endpoint.
 *
 *	owner ─ send ─► SSL_write ─► records gathered in `out` ─► below
 *	owner ◄─ recv ─ SSL_read ◄──────────────────────────────── below
 *
 * Records are gathered so that a large write is one system call and not one
 * for each 16 KiB, and so that OpenSSL hardly ever meets a full transport:
 * what it wants to say by itself (alerts, key updates, close_notify) always
 * has a place to wait. While anything is in `out` we watch the endpoint below
 * for our own sake, whatever our owner wants.
 *
 * in_waits and out_waits say what the endpoint below must be able to do before
 * SSL_read or SSL_write can get on; nothing means that trying is worth while,
 * as with the bits of a watch. So an owner that wants what is not known to
 * block is called by a task: bytes may be inside OpenSSL that no event of the
 * descriptor will ever tell of.
 *
 * A stream that ends without close_notify is an error (RFC 8446 section 6.1):
 * anybody on the way could have cut it off.
 */

#include "base/text.h"
#include "net/tls_int.h"

struct ep_tls {
	struct endpoint ep;
	struct sk_tls *tls;
	struct sk_tls_state state;
	struct sk_task wake;
	unsigned want;		/* of our owner */
	unsigned in_waits, out_waits;
	struct sk_tls_out *out;	/* lent while it holds bytes */
	int send_error;		/* sending is over; negative errno */
	int recv_error;		/* receiving is over */
	bool closing;		/* after what is in `out`, our half ends */
	bool closed;		/* and has ended */
	char said[sizeof(((struct sk_err *)NULL)->text)];
	uint64_t began_at;
	sk_tls_done_fn *done;	/* NULL: the handshake is over */
	void *arg;
};

static struct ep_tls *ep_tls(const struct endpoint *ep)
{
	return sk_container_of(ep, struct ep_tls, ep);
}

/* --- gathered records ------------------------------------------------------- */

static struct sk_tls_out *take_out(struct sk_tls *tls)
{
	struct sk_tls_out *out = tls->spare;

	if (out) {
		tls->spare = out->next;
		tls->n_spare--;
	} else {
		out = malloc(sizeof(*out));
	}
	if (out)
		out->head = out->tail = 0;
	return out;
}

static void give_out(struct ep_tls *t)
{
	struct sk_tls *tls = t->tls;

	if (!t->out)
		return;
	if (tls->n_spare < SK_TLS_OUT_KEEP) {
		t->out->next = tls->spare;
		tls->spare = t->out;
		tls->n_spare++;
	} else {
		free(t->out);
	}
	t->out = NULL;
}

static size_t pending(const struct ep_tls *t)
{
	return t->out ? t->out->tail - t->out->head : 0;
}

static void want_below(struct ep_tls *t)
{
	endpoint_want(t->ep.below,
		      (pending(t) ? SK_OUT : 0) |
		      (t->want & SK_IN ? t->in_waits : 0) |
		      (t->want & SK_OUT ? t->out_waits : 0));
}

static void flush(struct ep_tls *t)
{
	struct iovec iov;
	ssize_t n = 0;

	while (pending(t)) {
		iov.iov_base = t->out->data + t->out->head;
		iov.iov_len = pending(t);
		n = endpoint_send(t->ep.below, &iov, 1);
		if (n < 0)
			break;
		t->out->head += (size_t)n;
	}
	if (n == -EAGAIN)
		return;
	if (n < 0)
		t->send_error = (int)n;
	give_out(t);
	if (t->closing && !t->closed && !t->send_error) {
		t->closed = true;
		endpoint_shutdown(t->ep.below);
	}
}

/* --- what OpenSSL reads and writes ------------------------------------------ */

static void keep_first(struct sk_tls_state *s, const char *data, size_t n)
{
	if (n > sizeof(s->first) - s->n_first)
		n = sizeof(s->first) - s->n_first;
	memcpy(s->first + s->n_first, data, n);
	s->n_first += n;
}

static int bio_read(BIO *b, char *data, size_t len, size_t *got)
{
	struct ep_tls *t = BIO_get_data(b);
	ssize_t n = endpoint_recv(t->ep.below, data, len);

	BIO_clear_retry_flags(b);
	*got = 0;
	if (n > 0) {
		keep_first(&t->state, data, (size_t)n);
		*got = (size_t)n;
		return 1;
	}
	if (n == -EAGAIN)
		BIO_set_retry_read(b);
	else if (n == 0)
		t->state.eof = true;
	else
		t->state.error = (int)n;
	return 0;
}

static int bio_write(BIO *b, const char *data, size_t len, size_t *put)
{
	struct ep_tls *t = BIO_get_data(b);
	size_t room;

	BIO_clear_retry_flags(b);
	*put = 0;
	if (!t->out && !(t->out = take_out(t->tls)))
		return 0;
	room = SK_TLS_OUT_SIZE - t->out->tail;
	if (!room) {
		BIO_set_retry_write(b);
		return 0;
	}
	if (len > room)
		len = room;
	/* What the peer will not get any more is not worth keeping. */
	if (!t->send_error) {
		memcpy(t->out->data + t->out->tail, data, len);
		t->out->tail += len;
	}
	*put = len;
	return 1;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct ep_tls *t = BIO_get_data(b);

	(void)num;
	(void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return t->state.eof;
	default:
		return 0;
	}
}

BIO_METHOD *sk_tls_bio(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() |
				     BIO_TYPE_SOURCE_SINK, "endpoint");

	if (m && BIO_meth_set_read_ex(m, bio_read) &&
	    BIO_meth_set_write_ex(m, bio_write) &&
	    BIO_meth_set_ctrl(m, bio_ctrl))
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* --- the endpoint ----------------------------------------------------------- */

/* What SSL_read or SSL_write said of the transport; 0: it is an error. */
static unsigned waits_for(struct ep_tls *t, int r)
{
	switch (SSL_get_error(t->state.ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return SK_IN;
	case SSL_ERROR_WANT_WRITE:
		return SK_OUT;
	default:
		return 0;
	}
}

static int failed(struct ep_tls *t)
{
	struct sk_err err = { 0 };
	int r = sk_tls_explain(&t->state, false, &err);

	sk_copy(t->said, sizeof(t->said), err.text);
	t->ep.said = t->said;
	return r;
}

/* Why there is nothing to read: 0 at the end, or a negative errno. */
static ssize_t nothing_read(struct ep_tls *t, int r)
{
	if (SSL_get_error(t->state.ssl, r) == SSL_ERROR_ZERO_RETURN)
		return 0;
	t->in_waits = waits_for(t, r);
	if (!t->in_waits)
		t->recv_error = failed(t);
	return t->in_waits ? -EAGAIN : t->recv_error;
}

static ssize_t tls_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct ep_tls *t = ep_tls(ep);
	size_t total = 0, n;
	int r = 1;

	if (t->recv_error)
		return t->recv_error;
	ERR_clear_error();
	/* OpenSSL gives a record at a time. */
	while (total < len) {
		r = SSL_read_ex(t->state.ssl, (char *)buf + total, len - total,
				&n);
		if (r <= 0)
			break;
		total += n;
	}
	/* A key update of the peer's may have left an answer. */
	flush(t);
	if (r <= 0) {
		ssize_t why = nothing_read(t, r);

		if (!total)
			return why;
	}
	return (ssize_t)total;
}

/* One buffer of the caller's into records, while there is room for one. */
static ssize_t write_records(struct ep_tls *t, const char *data, size_t len)
{
	size_t done = 0, n, max;
	int r;

	while (done < len && (!t->out || t->out->tail <= SK_TLS_OUT_SIZE -
						     SK_TLS_RECORD - 512)) {
		max = len - done < SK_TLS_RECORD ? len - done : SK_TLS_RECORD;
		r = SSL_write_ex(t->state.ssl, data + done, max, &n);
		if (r <= 0) {
			t->out_waits = waits_for(t, r);
			if (!t->out_waits)
				t->send_error = failed(t);
			break;
		}
		done += n;
	}
	return (ssize_t)done;
}

static ssize_t tls_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct ep_tls *t = ep_tls(ep);
	ssize_t total = 0, r;

	flush(t);
	if (!t->send_error && pending(t)) {
		t->out_waits = SK_OUT;
		return -EAGAIN;
	}
	ERR_clear_error();
	for (int i = 0; i < n && !t->send_error; i++) {
		r = write_records(t, iov[i].iov_base, iov[i].iov_len);
		total += r;
		if ((size_t)r < iov[i].iov_len)
			break;
	}
	flush(t);
	if (total)
		return total;
	return t->send_error ? t->send_error : -EAGAIN;
}

static int tls_shutdown(struct endpoint *ep)
{
	struct ep_tls *t = ep_tls(ep);

	if (t->closing)
		return 0;
	ERR_clear_error();
	/* 0 is "sent, theirs has not come": that is for recv to see. */
	if (!t->send_error && SSL_shutdown(t->state.ssl) < 0)
		ERR_clear_error();
	t->closing = true;
	flush(t);
	want_below(t);
	return t->send_error;
}

static void tls_want(struct endpoint *ep, unsigned events)
{
	struct ep_tls *t = ep_tls(ep);

	t->want = events;
	want_below(t);
	if ((events & SK_IN && !t->in_waits) ||
	    (events & SK_OUT && !t->out_waits))
		sk_task_post(ep->loop, &t->wake);
}

static void tls_sent(struct endpoint *ep, struct sk_sent *sent)
{
	struct ep_tls *t = ep_tls(ep);

	endpoint_sent(ep->below, sent);
	sent->unacked += pending(t);
	if (t->send_error)
		sent->error = t->send_error;
}

static void tls_free(struct endpoint *ep)
{
	struct ep_tls *t = ep_tls(ep);

	sk_task_cancel(ep->loop, &t->wake);
	SSL_free(t->state.ssl);
	X509_free(t->state.refused);
	give_out(t);
	endpoint_free(ep->below);
	free(t);
}

static const struct endpoint_ops tls_ops = {
	.kind = "tls",
	.recv = tls_recv,
	.send = tls_send,
	.shutdown = tls_shutdown,
	.want = tls_want,
	.sent = tls_sent,
	.free = tls_free,
};

/* --- the handshake ---------------------------------------------------------- */

static void finish(struct ep_tls *t, int r, const struct sk_err *err)
{
	sk_tls_done_fn *done = t->done;

	t->done = NULL;
	t->want = 0;
	t->in_waits = t->out_waits = 0;
	want_below(t);
	done(&t->ep, r, err, t->arg);
}

static void shake(struct ep_tls *t)
{
	struct sk_err err = { 0 };
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(t->state.ssl);
	flush(t);
	if (r > 0) {
		t->ep.tls_us = sk_now_us() - t->began_at;
		sk_tls_log_session(&t->state, t->tls->opts->verify);
		finish(t, 0, &err);
		return;
	}
	t->in_waits = waits_for(t, r);
	if (t->in_waits) {
		t->want = SK_IN;
		want_below(t);
		return;
	}
	r = sk_tls_explain(&t->state, true, &err);
	finish(t, r, &err);
}

static void go_on(struct ep_tls *t)
{
	if (t->done)
		shake(t);
	else if (t->want && t->ep.ready)
		t->ep.ready(&t->ep);
}

static void on_wake(struct sk_task *task)
{
	go_on(sk_container_of(task, struct ep_tls, wake));
}

static void on_below(struct endpoint *below)
{
	struct ep_tls *t = below->owner;

	t->in_waits = t->out_waits = 0;
	flush(t);
	want_below(t);
	go_on(t);
}

/* --- life ------------------------------------------------------------------- */

static bool prepare(struct ep_tls *t, const char *host)
{
	struct sk_tls *tls = t->tls;
	BIO *bio;

	t->state.ssl = SSL_new(tls->ctx);
	bio = BIO_new(tls->bio);
	if (!t->state.ssl || !bio) {
		BIO_free(bio);
		return false;
	}
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->state.ssl, bio, bio);
	SSL_set_app_data(t->state.ssl, &t->state);
	if (tls->opts->server) {
		SSL_set_accept_state(t->state.ssl);
		return true;
	}
	SSL_set_connect_state(t->state.ssl);
	return sk_tls_expect(tls, &t->state, host);
}

struct endpoint *sk_tls_start(struct sk_tls *tls, struct endpoint *below,
			      const char *host, sk_tls_done_fn *done,
			      void *arg)
{
	struct ep_tls *t = calloc(1, sizeof(*t));

	if (!t) {
		endpoint_free(below);
		return NULL;
	}
	t->tls = tls;
	t->began_at = sk_now_us();
	t->done = done;
	t->arg = arg;
	t->state.server = tls->opts->server;
	t->state.prefix = tls->prefix;
	t->state.name = below->name_in;
	t->ep = (struct endpoint){
		.ops = &tls_ops,
		.loop = below->loop,
		.below = below,
		.input = below->input,
		.life = below->life,
		.connect_us = below->connect_us,
		.name_in = below->name_in,
		.name_out = below->name_out,
	};
	below->owner = t;
	below->ready = on_below;
	sk_task_init(&t->wake, on_wake);
	if (!prepare(t, host)) {
		ERR_clear_error();
		tls_free(&t->ep);
		return NULL;
	}
	sk_task_post(below->loop, &t->wake);
	return &t->ep;
}
