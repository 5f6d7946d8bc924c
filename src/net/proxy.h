/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Talking to a proxy and being one: HTTP CONNECT (RFC 9110 section 9.3.6),
 * SOCKS 4 and 4a, SOCKS 5 (RFC 1928, RFC 1929).
 *
 * A conversation (struct sk_conv) is pure: it is fed what the other side
 * says, in pieces of any size, and says what to send. It never takes a byte
 * too many: `need` is how many it can do with now, so that what follows the
 * last reply stays in the socket, for whoever takes that over (and for
 * splice(2)). All of it is bounded. proxy_talk.c holds it over an endpoint.
 */
#ifndef SK_NET_PROXY_H
#define SK_NET_PROXY_H

#include "net/endpoint.h"
#include "net/tls.h"
#include "sock/addr.h"

#define SK_PROXY_CHAIN_MAX 8
#define SK_PROXY_HEAD_MAX (64 << 10)	/* bytes of an HTTP head */
#define SK_PROXY_AUTH_MAX 511		/* "USER:PASS", 255 each */

enum sk_proxy_type {
	SK_PROXY_HTTP,
	SK_PROXY_SOCKS4,
	SK_PROXY_SOCKS4A,
	SK_PROXY_SOCKS5,
};

struct sk_proxy {
	enum sk_proxy_type type;
	bool tls;		/* is spoken to over TLS */
	struct sk_target target;
};

/* The way of a client: through each in turn. */
struct sk_proxies {
	size_t n;
	struct sk_proxy v[SK_PROXY_CHAIN_MAX];
	bool local_dns;		/* look names up here, send numbers */
	struct sk_tls *tls;	/* for those that want it; or NULL */
	const char *auth;	/* "USER:PASS", or NULL */
};

struct sk_conv {
	/*
	 * 0: go on, 1: done, or a negative errno with err. n <= need. In each
	 * case there may be something in out, to be sent first.
	 */
	int (*feed)(struct sk_conv *c, const unsigned char *data, size_t n,
		    struct sk_err *err);
	size_t need;
	size_t out_len;
	unsigned char out[2048];

	const char *auth;	/* a client's; what a server wants; or NULL */
	struct sk_target target;/* where to; a server's when it is done */
	enum sk_proxy_type type;
	int stage;
	size_t have;
	unsigned char in[520];	/* SOCKS: the message that is coming */
	char *head;		/* HTTP: likewise, SK_PROXY_HEAD_MAX of room */
	bool associate;		/* SOCKS 5: datagrams shall be relayed … */
	struct sk_addr bound;	/* … at this address, a client is told; a
				 * server is, where from: len 0, port 0: any */
	bool plain;		/* HTTP server: no tunnel, a request to pass on */
};

/* A client that wants to go to target; auth is kept. 0, or an error of err. */
int sk_conv_client(struct sk_conv *c, enum sk_proxy_type type,
		   const struct sk_target *target, const char *auth,
		   struct sk_err *err);
/* A client of SOCKS 5 that wants its datagrams relayed; auth is kept. */
void sk_conv_associate(struct sk_conv *c, const char *auth);
/* A server of HTTP or SOCKS 5. 0 or -ENOMEM. */
int sk_conv_server(struct sk_conv *c, enum sk_proxy_type type,
		   const char *auth);
void sk_conv_fini(struct sk_conv *c);

/*
 * The server's last word, into out: error 0 for success with the address that
 * the origin sees us under, else the negative errno why it cannot be reached
 * and its sentence.
 */
void sk_conv_answer(struct sk_conv *c, int error, const struct sk_addr *local,
		    const char *why);

/*
 * The request of c->plain as the origin shall get it (RFC 9112 section 3.2):
 * malloc'ed; NULL without memory.
 */
char *sk_conv_forward(const struct sk_conv *c, size_t *len);

/* Of proxy_http.c and proxy_socks.c, for proxy.c only. */
int sk_http_client(struct sk_conv *c, struct sk_err *err);
int sk_http_server(struct sk_conv *c);
void sk_http_answer(struct sk_conv *c, int error, const char *why);
int sk_socks_client(struct sk_conv *c, struct sk_err *err);
void sk_socks_server(struct sk_conv *c);
void sk_socks_answer(struct sk_conv *c, int error,
		     const struct sk_addr *local);
/* Append to out; what does not fit is a bug of ours, and left out. */
void sk_conv_put(struct sk_conv *c, const void *data, size_t n);
void sk_conv_puts(struct sk_conv *c, const char *text);

/* --- over an endpoint ------------------------------------------------------- */

struct sk_talk;

/* r 0: the endpoint is free for whatever comes next; < 0: err. */
typedef void sk_talk_fn(int r, const struct sk_err *err, void *arg);

/*
 * Hold the conversation over ep; fn is called once, from the loop. Borrows
 * both until then. NULL without memory.
 */
struct sk_talk *sk_talk_start(struct endpoint *ep, struct sk_conv *c,
			      sk_talk_fn *fn, void *arg);
/* At any time, in fn too. NULL is fine. */
void sk_talk_free(struct sk_talk *t);

#endif
