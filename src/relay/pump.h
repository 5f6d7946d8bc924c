/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pump moves bytes one way, from a source to a destination, by the cheapest
 * road that both allow:
 *
 *	sendfile	a file into a socket
 *	splice		one of both is a pipe: no copy passes through us
 *	splice via	neither is: through a pipe of the pool
 *	drop		a TCP socket into nothing: the kernel lets go of the
 *			bytes where they are (MSG_TRUNC, tcp(7))
 *	copy		a buffer of the pool; whenever somebody wants to see
 *			or change the bytes
 *
 * It has no policy: ends, errors and waits are reported, never acted on.
 */
#ifndef SK_RELAY_PUMP_H
#define SK_RELAY_PUMP_H

#include "net/endpoint.h"
#include "relay/pool.h"

enum sk_pump_state {
	SK_PUMP_MORE,		/* the turn is over, there may be more */
	SK_PUMP_SRC,		/* waits for the source */
	SK_PUMP_DST,		/* waits for the destination */
	SK_PUMP_LATER,		/* waits for the time `due` */
	SK_PUMP_END,		/* the source ended; all was handed over */
	SK_PUMP_FAILED,		/* see error, failed_src */
};

enum sk_pump_road {
	SK_ROAD_COPY,
	SK_ROAD_SENDFILE,
	SK_ROAD_SPLICE,
	SK_ROAD_SPLICE_VIA,
	SK_ROAD_DROP,
};

struct sk_pump {
	struct endpoint *src, *dst;
	struct sk_pool *pool;
	enum sk_pump_road road;
	enum sk_pump_state state;
	bool eof;		/* the source has ended */
	bool failed_src;	/* which end failed */
	bool crlf, last_cr;	/* LF becomes CRLF; last byte seen was CR */
	int error;		/* negative errno */

	struct sk_buf *buf;	/* lent while it holds bytes */
	int pipe[2];		/* likewise */
	size_t piped;		/* bytes in it */

	uint64_t in, out;	/* bytes taken, bytes handed over */
	uint64_t last_in, last_out; /* when */
	uint64_t awake_at, awake_in; /* since when it has not waited; in then */
	uint64_t due;		/* not before; with LATER */
	uint64_t delay;		/* µs to wait after each read */
	uint64_t rate;		/* bytes/s; 0: no limit */
	uint64_t tokens, filled;/* bytes allowed now; when that was reckoned */

	/* Sees every byte in order, as it will be sent. */
	void (*tap)(void *arg, const void *data, size_t len);
	void *tap_arg;
};

/* Sets src and dst; the fields rate, delay, crlf and tap may be set after. */
void sk_pump_init(struct sk_pump *p, struct sk_pool *pool,
		  struct endpoint *src, struct endpoint *dst);
/* Choose the road; call when the fields are set. */
void sk_pump_choose(struct sk_pump *p, bool no_splice);
void sk_pump_fini(struct sk_pump *p);

/* Move until something blocks or the turn (4 MiB) is over. */
enum sk_pump_state sk_pump_run(struct sk_pump *p);

/* Bytes taken from the source and not yet handed over. */
uint64_t sk_pump_pending(const struct sk_pump *p);

#endif
