/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS as a layer over any endpoint (OpenSSL 3; RFC 8446, RFC 5246).
 *
 * A struct sk_tls is what many connections share: role, certificate, whom to
 * trust. sk_tls_start() puts a layer over one endpoint and shakes hands.
 * Built without OpenSSL, sk_tls_new() is a usage error that says so, and
 * nothing else of this is ever reached.
 */
#ifndef SK_NET_TLS_H
#define SK_NET_TLS_H

#include "net/endpoint.h"

enum { SK_TLS_1_2, SK_TLS_1_3 };

struct sk_tls_opts {
	bool server;
	bool dgram;		/* DTLS 1.2, see net/dtls.h */
	bool verify;		/* the peer must prove who it is */
	const char *cert, *key;	/* PEM files; a key may stand with its cert */
	const char *trustfile;	/* PEM; NULL: what the system trusts */
	const char *servername;	/* to ask for and to expect; NULL: the host */
	const char *alpn;	/* "h2,http/1.1", best first; NULL: none */
	const char *ciphers;	/* "NAME:NAME…"; NULL: OpenSSL's choice */
	int min_version;	/* SK_TLS_1_2 … */
	const char *prefix;	/* of these options' names: "to-"; NULL: none */
};

struct sk_tls;

/*
 * A server without a certificate gets a fresh one (ECDSA P-256, a year). An
 * encrypted key is opened with $SOCKKIT_SSL_PASSPHRASE, and $SSLKEYLOGFILE
 * gets the secrets of every session. Strings of opts are kept, not copied. 0
 * or a negative errno with err.
 */
int sk_tls_new(struct sk_tls **tls, const struct sk_tls_opts *opts,
	       struct sk_err *err);
/* All endpoints over it must be gone. NULL is fine. */
void sk_tls_free(struct sk_tls *tls);

/* SHA-256 of a fresh certificate as "AB:CD:…"; NULL: it came from a file. */
const char *sk_tls_fingerprint(const struct sk_tls *tls);

/* ep is the layer, the caller's already; r < 0: err has the sentence. */
typedef void sk_tls_done_fn(struct endpoint *ep, int r,
			    const struct sk_err *err, void *arg);

/*
 * Put TLS over `below`, which belongs to the layer from now on. done is
 * called once, from the loop, when the handshake has succeeded or failed;
 * until then the layer may only be freed, which ends it. `host`: the name or
 * number that the user has dialled, which the certificate must prove, "" when
 * there is none; not kept. NULL without memory: `below` is freed.
 */
struct endpoint *sk_tls_start(struct sk_tls *tls, struct endpoint *below,
			      const char *host, sk_tls_done_fn *done,
			      void *arg);

#endif
