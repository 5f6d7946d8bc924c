/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our input as datagrams: read from an endpoint, parted by a rule, and kept
 * in a log of chunks that each peer reads at its own pace.
 *
 * A chunk is what one read gave, as an array of iovecs, a datagram each, so
 * that a run of them goes to sk_dgram_send() as it stands.
 */
#ifndef SK_RELAY_RECORDS_H
#define SK_RELAY_RECORDS_H

#include <sys/queue.h>

#include "net/endpoint.h"

enum sk_framing {
	SK_FRAME_READS,		/* what a read(2) gives, at most size bytes */
	SK_FRAME_SIZE,		/* size bytes each, the last may be shorter */
	SK_FRAME_LINES,		/* a line each, without its newline */
};

struct sk_chunk {
	TAILQ_ENTRY(sk_chunk) link;
	unsigned readers;	/* cursors in it */
	size_t n, cap;		/* datagrams */
	struct iovec *rec;
	size_t bytes;		/* of the datagrams */
	size_t have;		/* bytes in data, parted or not yet */
	char *data;
};

/* A place in the log. chunk NULL: all that was read has been taken. */
struct sk_cursor {
	struct sk_chunk *chunk;
	size_t at;
};

struct sk_records {
	struct endpoint *src;
	enum sk_framing framing;
	size_t size;		/* largest datagram */
	bool eof;		/* the input has ended; the log may not */
	size_t bytes;		/* in the log */
	struct sk_chunk *fill;	/* being filled: what was not yet parted */
	TAILQ_HEAD(sk_chunk_list, sk_chunk) chunks;
	struct sk_chunk_list spare;
};

/* src is kept, not owned. */
void sk_records_init(struct sk_records *r, struct endpoint *src,
		     enum sk_framing framing, size_t size);
void sk_records_fini(struct sk_records *r);

/*
 * Read once. 1 and *chunk, the new end of the log with 1 or more datagrams,
 * which no cursor is in yet; 0 at the end of the input; -EAGAIN; -EMSGSIZE
 * for a line that is too long; or another negative errno of the source.
 */
int sk_records_read(struct sk_records *r, struct sk_chunk **chunk);

/* Put a cursor at the start of a chunk; take it forward by n datagrams. */
void sk_cursor_set(struct sk_cursor *c, struct sk_chunk *chunk);
void sk_cursor_advance(struct sk_records *r, struct sk_cursor *c, size_t n);
/* Out of the log: what it had not taken is no longer kept for it. */
void sk_cursor_drop(struct sk_records *r, struct sk_cursor *c);
/* Datagrams from here to the end of the log. */
size_t sk_cursor_left(const struct sk_cursor *c);

#endif
