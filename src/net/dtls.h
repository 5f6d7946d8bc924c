/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DTLS 1.2 as a layer over a datagram socket (OpenSSL 3; RFC 6347).
 *
 * The user of the socket goes on as without it: what comes are the peers'
 * datagrams, decrypted, each as it was sent; what goes is encrypted. A peer
 * of a server begins with a slot that says so (`begins`), ends with one
 * (`end`, its close_notify), and is told of our end by sk_dgram_forget().
 */
#ifndef SK_NET_DTLS_H
#define SK_NET_DTLS_H

#include "net/dgram.h"
#include "net/tls.h"

/* The largest payload, as a datagram is one record: RFC 6347 section 4.1. */
#define SK_DTLS_MAX 16384
/* Peers that a server should keep: each takes some 50 KiB. */
#define SK_DTLS_PEERS 4096
/* µs for a handshake when the user sets none. */
#define SK_DTLS_LIMIT (30 * SK_SEC)

/*
 * A server. Peers prove by a cookie that they are where they say, before
 * anything is kept of them (RFC 6347 section 4.2.1). limit: µs for each
 * handshake, 0 for SK_DTLS_LIMIT. tls is kept. 0 or a negative errno.
 */
int sk_dtls_serve(struct sk_dgram *d, struct sk_tls *tls, uint64_t limit,
		  struct sk_err *err);

/*
 * A client of a connected socket: shakes hands with its peer, and runs the
 * loop meanwhile. host: whom the certificate must prove. 0, -EINTR when the
 * loop was stopped, or another negative errno with err.
 */
int sk_dtls_connect(struct sk_dgram *d, struct sk_tls *tls, const char *host,
		    uint64_t limit, struct sk_err *err);

#endif
