/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A layer that changes bytes on their way: telnet over a connection, escaping
 * before a terminal. The filter is two pure functions; this layer keeps what
 * could not be written yet, and orders it with shutdown.
 */
#ifndef SK_NET_EP_FILTER_H
#define SK_NET_EP_FILTER_H

#include "net/endpoint.h"

#define SK_FILTER_MAX 2048	/* bytes given to out() at a time */
#define SK_FILTER_GROWTH 8	/* at most so many bytes out for one in */

struct sk_filter {
	const char *kind;
	size_t state_size;	/* zeroed for each endpoint */
	/* src[0..n) to be sent, into dst; returns the bytes written. */
	size_t (*out)(void *state, char *dst, const char *src, size_t n);
	/*
	 * buf[0..n) received, changed in place to what is left of it; an
	 * answer to the other side goes into reply (size bytes of room),
	 * its length into *reply_len. NULL: bytes pass as they are.
	 */
	size_t (*in)(void *state, char *buf, size_t n, char *reply,
		     size_t size, size_t *reply_len);
};

/* Takes below, also on failure. 0 or negative errno. */
int endpoint_filter(struct endpoint **ep, struct endpoint *below,
		    const struct sk_filter *f);

/* telnet, RFC 854: every option is refused, 255 is doubled. */
extern const struct sk_filter sk_filter_telnet;
/* For a terminal: control bytes as \xHH, except \n, \r, \t. */
extern const struct sk_filter sk_filter_escape;
/* Rows as of hexdump(1) -C. */
extern const struct sk_filter sk_filter_hex;

#endif
