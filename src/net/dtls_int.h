/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of DTLS: dtls.c is the layer (whose datagram it is, what waits to
 * be sent), dtls_session.c what OpenSSL does for one peer, dtls_client.c how a
 * client comes to have one.
 */
#ifndef SK_NET_DTLS_INT_H
#define SK_NET_DTLS_INT_H

#include <sys/queue.h>

#include "net/dtls.h"
#include "net/tls_int.h"

#define SK_DTLS_BUCKETS 4096	/* a power of two */
#define SK_DTLS_HALF_MAX 1024	/* handshakes at once; the oldest makes room */
#define SK_DTLS_OUT 32		/* datagrams gathered for one send */
/* One of them: a header, a nonce, a tag, or a padded block and its MAC. */
#define SK_DTLS_PACKET (SK_DTLS_MAX + 512)
/* Flights are parted to fit where IPv6 fits, RFC 8200 section 5. */
#define SK_DTLS_MTU 1200

struct sk_dtls;

enum sk_dtls_stage {
	SK_DTLS_STRANGER,	/* has shown no cookie yet */
	SK_DTLS_SHAKES,
	SK_DTLS_UP,
	SK_DTLS_ENDED,		/* its close_notify has come */
	SK_DTLS_FAILED,		/* and waits to be told of */
};

struct sk_dtls_session {
	TAILQ_ENTRY(sk_dtls_session) link; /* half-open, or failed */
	LIST_ENTRY(sk_dtls_session) chain;
	struct sk_dtls *dtls;
	enum sk_dtls_stage stage;
	struct sk_addr addr;	/* len 0: the socket's own peer */
	struct sk_dgram_local local;
	struct sk_tls_state state;
	struct sk_timer timer;	/* the flight goes again, or it is too late */
	uint64_t began_at;
	int error;
	char why[256];
	char name[SK_ADDR_TEXT_MAX];
};

TAILQ_HEAD(sk_dtls_list, sk_dtls_session);
LIST_HEAD(sk_dtls_chain, sk_dtls_session);

/* A client that waits for its handshake; r 0: not yet, 1: it is up. */
struct sk_dtls_wait {
	struct sk_dtls_session *session;
	int r;
	struct sk_err *err;
};

struct sk_dtls {
	struct sk_dgram_layer layer;
	struct sk_dtls_wait *wait;	/* or NULL */
	struct sk_tls *tls;
	uint64_t limit;
	uint64_t seed;
	unsigned char secret[32]; /* of cookies; as old as the process */
	struct sk_dtls_chain *bucket;
	struct sk_dtls_list half, failed;
	size_t n_half;
	struct sk_dtls_session *stranger; /* hears who is not known yet */
	struct sk_dtls_session *told;	/* its words are in use */
	bool warned;			/* of an empty datagram */

	/* What came, and how far it has been looked at. */
	struct sk_dgram_batch in;
	int at;
	const struct sk_dgram_slot *heard; /* OpenSSL may read it; or NULL */
	struct sk_dtls_session *talking; /* may have more; NULL: nobody */

	/* What goes: all of it to one peer. */
	char *out;
	struct iovec iov[SK_DTLS_OUT];
	size_t n_out, sent;
	struct sk_addr out_addr;
	struct sk_dgram_local out_local;
	int error;		/* negative errno of the last that was lost */
	struct sk_timer retry;
};

/* --- dtls.c -------------------------------------------------------------- */

/* A packet of OpenSSL's; one that finds no room is lost, as on the way. */
void sk_dtls_put(struct sk_dtls_session *s, const void *data, size_t len);
/* Send what was gathered, as far as the socket takes it. */
void sk_dtls_flush(struct sk_dtls *t);
/* It failed by itself, by its timer: it is dropped, or kept to be told of. */
void sk_dtls_failed(struct sk_dtls_session *s, int r,
		    const struct sk_err *why);

/* The layer, on the socket whatever becomes of it; NULL without memory. */
struct sk_dtls *sk_dtls_new(struct sk_dgram *d, struct sk_tls *tls,
			    uint64_t limit);
/* A handshake with whoever is at its address begins. */
void sk_dtls_begin(struct sk_dtls_session *s);
/* 1: it is up, which out is told; 0: go on, or a negative errno with err. */
int sk_dtls_shake(struct sk_dtls_session *s, struct sk_dgram_slot *out,
		  struct sk_err *err);

/* --- dtls_session.c ------------------------------------------------------ */

BIO_METHOD *sk_dtls_bio(void);
void sk_dtls_set_cookies(SSL_CTX *ctx);
struct sk_dtls_session *sk_dtls_session_new(struct sk_dtls *t);
void sk_dtls_session_free(struct sk_dtls_session *s);
/* Does what was heard come from somebody who has got our cookie? */
bool sk_dtls_session_listen(struct sk_dtls_session *s);
/* 1: it is up, 0: go on, or a negative errno with err. */
int sk_dtls_session_shake(struct sk_dtls_session *s, struct sk_err *err);
/* 1: the slot is filled, 0: there is no more, or a negative errno with err. */
int sk_dtls_session_read(struct sk_dtls_session *s, struct sk_dgram_slot *slot,
			 size_t room, struct sk_err *err);
/* 0 or a negative errno with err. */
int sk_dtls_session_write(struct sk_dtls_session *s, const struct iovec *iov,
			  struct sk_err *err);
/* Our close_notify. */
void sk_dtls_session_close(struct sk_dtls_session *s);

#endif
