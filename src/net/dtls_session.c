/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One peer of DTLS: its handshake with timers and cookies, its records. */
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "net/dtls_int.h"

#define COOKIE_SIZE 32	/* HMAC-SHA256 */

static struct sk_dtls_session *of_ssl(const SSL *ssl)
{
	return sk_container_of(SSL_get_app_data(ssl), struct sk_dtls_session,
			       state);
}

/* --- what OpenSSL reads and writes --------------------------------------- */

/* A read is a datagram; what does not fit in is cut off, as by recv(2). */
static int bio_read(BIO *b, char *data, size_t len, size_t *got)
{
	struct sk_dtls_session *s = BIO_get_data(b);
	const struct sk_dgram_slot *slot = s->dtls->heard;

	BIO_clear_retry_flags(b);
	*got = 0;
	if (!slot || !slot->len) {
		BIO_set_retry_read(b);
		return 0;
	}
	s->dtls->heard = NULL;
	*got = slot->len < len ? slot->len : len;
	memcpy(data, slot->data, *got);
	return 1;
}

static int bio_write(BIO *b, const char *data, size_t len, size_t *put)
{
	BIO_clear_retry_flags(b);
	sk_dtls_put(BIO_get_data(b), data, len);
	*put = len;
	return 1;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

BIO_METHOD *sk_dtls_bio(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() |
				     BIO_TYPE_SOURCE_SINK, "datagrams");

	if (m && BIO_meth_set_read_ex(m, bio_read) &&
	    BIO_meth_set_write_ex(m, bio_write) &&
	    BIO_meth_set_ctrl(m, bio_ctrl))
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* --- cookies ------------------------------------------------------------- */

/* RFC 6347 section 4.2.1: of the address, under a secret. */
static bool make_cookie(const struct sk_dtls_session *s,
			unsigned char cookie[COOKIE_SIZE])
{
	const struct sk_dtls *t = s->dtls;
	unsigned len = 0;

	return HMAC(EVP_sha256(), t->secret, sizeof(t->secret),
		    (const unsigned char *)&s->addr.sa, s->addr.len, cookie,
		    &len) && len == COOKIE_SIZE;
}

static int generate_cookie(SSL *ssl, unsigned char *cookie, unsigned *len)
{
	*len = COOKIE_SIZE;
	return make_cookie(of_ssl(ssl), cookie);
}

static int verify_cookie(SSL *ssl, const unsigned char *cookie, unsigned len)
{
	unsigned char real[COOKIE_SIZE];

	return len == COOKIE_SIZE && make_cookie(of_ssl(ssl), real) &&
	       !CRYPTO_memcmp(cookie, real, sizeof(real));
}

void sk_dtls_set_cookies(SSL_CTX *ctx)
{
	SSL_CTX_set_cookie_generate_cb(ctx, generate_cookie);
	SSL_CTX_set_cookie_verify_cb(ctx, verify_cookie);
}

bool sk_dtls_session_listen(struct sk_dtls_session *s)
{
	BIO_ADDR *from = BIO_ADDR_new();
	int r;

	if (!from)
		return false;
	ERR_clear_error();
	r = DTLSv1_listen(s->state.ssl, from);
	ERR_clear_error();
	BIO_ADDR_free(from);
	s->dtls->heard = NULL;
	if (r < 0)
		s->error = -EPROTO;
	return r > 0;
}

/* --- the handshake ------------------------------------------------------- */

/* The next flight, or the end of patience. */
static void set_timer(struct sk_dtls_session *s)
{
	uint64_t at = s->began_at + s->dtls->limit, again;
	struct timeval tv;

	if (DTLSv1_get_timeout(s->state.ssl, &tv)) {
		again = s->timer.loop->now + (uint64_t)tv.tv_sec * SK_SEC +
			(uint64_t)tv.tv_usec;
		at = again < at ? again : at;
	}
	sk_timer_at(&s->timer, at);
}

static int too_late(struct sk_dtls_session *s, struct sk_err *err)
{
	char text[SK_UNITS_MAX];

	return sk_fail(err, -ETIMEDOUT, "%s: TLS handshake: timed out after "
		       "%s", s->name,
		       sk_format_duration(text, s->dtls->limit));
}

static void on_timer(struct sk_timer *timer)
{
	struct sk_dtls_session *s =
		sk_container_of(timer, struct sk_dtls_session, timer);
	struct sk_err err = { 0 };
	int r = 0;

	if (timer->loop->now >= s->began_at + s->dtls->limit) {
		r = too_late(s, &err);
	} else {
		ERR_clear_error();
		if (DTLSv1_handle_timeout(s->state.ssl) < 0)
			r = sk_tls_explain(&s->state, true, &err);
	}
	sk_dtls_flush(s->dtls);
	if (r < 0)
		sk_dtls_failed(s, r, &err);
	else
		set_timer(s);
}

/* What a call of OpenSSL says: 0: it waits, or why it failed. */
static int why_not(struct sk_dtls_session *s, int r, struct sk_err *err)
{
	int error = SSL_get_error(s->state.ssl, r);

	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		ERR_clear_error();
		return 0;
	}
	return sk_tls_explain(&s->state, s->stage == SK_DTLS_SHAKES, err);
}

int sk_dtls_session_shake(struct sk_dtls_session *s, struct sk_err *err)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(s->state.ssl);
	if (r > 0) {
		sk_timer_stop(&s->timer);
		sk_tls_log_session(&s->state, s->dtls->tls->opts->verify);
		return 1;
	}
	r = why_not(s, r, err);
	if (!r)
		set_timer(s);
	return r;
}

/* --- records ------------------------------------------------------------- */

int sk_dtls_session_read(struct sk_dtls_session *s, struct sk_dgram_slot *slot,
			 size_t room, struct sk_err *err)
{
	size_t n = 0;
	int r;

	ERR_clear_error();
	r = SSL_read_ex(s->state.ssl, slot->data, room, &n);
	if (r > 0) {
		slot->len = n;
		return 1;
	}
	if (SSL_get_error(s->state.ssl, r) != SSL_ERROR_ZERO_RETURN)
		return why_not(s, r, err);
	slot->end = true;
	return 1;
}

int sk_dtls_session_write(struct sk_dtls_session *s, const struct iovec *iov,
			  struct sk_err *err)
{
	size_t n;
	int r;

	ERR_clear_error();
	r = SSL_write_ex(s->state.ssl, iov->iov_base, iov->iov_len, &n);
	return r > 0 ? 0 : why_not(s, r, err);
}

void sk_dtls_session_close(struct sk_dtls_session *s)
{
	ERR_clear_error();
	SSL_shutdown(s->state.ssl);
	ERR_clear_error();
}

/* --- life ---------------------------------------------------------------- */

static bool prepare(struct sk_dtls_session *s)
{
	const struct sk_tls *tls = s->dtls->tls;
	SSL *ssl = SSL_new(tls->ctx);
	BIO *bio = BIO_new(tls->bio);

	s->state.ssl = ssl;
	if (!ssl || !bio) {
		BIO_free(bio);
		return false;
	}
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_app_data(ssl, &s->state);
	SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
	SSL_set_mtu(ssl, SK_DTLS_MTU);
	if (tls->opts->server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return true;
}

struct sk_dtls_session *sk_dtls_session_new(struct sk_dtls *t)
{
	struct sk_dtls_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->dtls = t;
	s->state.server = t->tls->opts->server;
	s->state.prefix = t->tls->prefix;
	s->state.name = s->name;
	sk_timer_init(&s->timer, t->layer.sock->loop, on_timer);
	if (prepare(s))
		return s;
	ERR_clear_error();
	sk_dtls_session_free(s);
	return NULL;
}

void sk_dtls_session_free(struct sk_dtls_session *s)
{
	if (!s)
		return;
	sk_timer_stop(&s->timer);
	SSL_free(s->state.ssl);
	X509_free(s->state.refused);
	free(s);
}
