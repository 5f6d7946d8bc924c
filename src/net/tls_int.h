/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of TLS, for tls*.c and ep_tls.c only. */
#ifndef SK_NET_TLS_INT_H
#define SK_NET_TLS_INT_H

#include "net/openssl.h"
#include "net/tls.h"

#define SK_TLS_RECORD 16384	/* RFC 8446 section 5.1 */
/* Records gathered for one send: eight of them with what TLS adds. */
#define SK_TLS_OUT_SIZE (8 * (SK_TLS_RECORD + 512))
#define SK_TLS_OUT_KEEP 4

struct sk_tls_out {
	struct sk_tls_out *next;
	size_t head, tail;
	char data[SK_TLS_OUT_SIZE];
};

struct sk_tls {
	SSL_CTX *ctx;
	BIO_METHOD *bio;	/* of ep_tls.c, or of dtls_session.c */
	const struct sk_tls_opts *opts;
	const char *prefix;	/* of opts, or "" */
	unsigned char alpn[256];
	unsigned alpn_len;
	char fingerprint[3 * 32];
	int keylog;		/* fd; -1: none */
	struct sk_tls_out *spare;
	int n_spare;
};

/* What a connection knows of itself when it fails. */
struct sk_tls_state {
	SSL *ssl;
	const char *name;	/* of the peer, for messages */
	char host[256];		/* that the certificate was to prove, or "" */
	const char *prefix;	/* of the options' names, or "" */
	bool server;
	bool eof;		/* the transport ended */
	int error;		/* … or failed with this negative errno */
	X509 *refused;		/* the certificate that did not do */
	size_t n_first;
	char first[8];		/* what the peer sent first */
};

/* The layer's BIO; NULL without memory. */
BIO_METHOD *sk_tls_bio(void);

/*
 * What a client asks for and expects: --ssl-servername, else this host; ""
 * for nothing. false: without memory, or a name too long.
 */
bool sk_tls_expect(const struct sk_tls *tls, struct sk_tls_state *s,
		   const char *host);

/* A fresh key and certificate into the context; also the fingerprint. */
int sk_tls_make_cert(struct sk_tls *tls, struct sk_err *err);

/*
 * The sentence for a call of OpenSSL that has just failed: during the
 * handshake, or after it (in_handshake false; without the peer's name, for
 * the session will put it there). Empties OpenSSL's queue of errors. Returns
 * the negative errno that fits.
 */
int sk_tls_explain(const struct sk_tls_state *s, bool in_handshake,
		   struct sk_err *err);

/* The last error of OpenSSL as text, for set-up calls; empties the queue. */
const char *sk_tls_reason(char *buf, size_t size);

/* "TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN h2, CN=x (verified)", for -v. */
void sk_tls_log_session(const struct sk_tls_state *s, bool verify);

#endif
