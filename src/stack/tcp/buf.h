/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a stream between two offsets, in chunks of the packet pool: a
 * page table, so any offset is found at once, an empty one holds no memory,
 * and a segment to send is a view of a chunk, not a copy. Offsets count from
 * the first byte of the stream and wrap.
 *
 * The sender writes at the end and drops what is acknowledged; the receiver
 * writes wherever a segment lies in the window, holes and all, and drops what
 * was read. A byte, once written, never changes (the retransmission that
 * differs is not looked at), so views may outlive it here.
 */
#ifndef SK_STACK_TCP_BUF_H
#define SK_STACK_TCP_BUF_H

#include "stack/pkt.h"

#define TCP_CHUNK_BITS 16
#define TCP_CHUNK (1u << TCP_CHUNK_BITS)

struct tcp_buf {
	struct pkt_pool *pool;
	struct pkt_buf **slot;
	uint32_t n_slots;	/* a power of two, or 0 */
	uint32_t head;		/* offset of the first byte kept */
};

void tcp_buf_init(struct tcp_buf *b, struct pkt_pool *pool);
void tcp_buf_fini(struct tcp_buf *b);

/* Make [head, head + size) possible. 0 or -ENOMEM. */
int tcp_buf_reserve(struct tcp_buf *b, uint32_t size);

/*
 * Where off lies, for writing: *len is cut to what is contiguous. NULL: no
 * memory. off must be within what was reserved.
 */
uint8_t *tcp_buf_room(struct tcp_buf *b, uint32_t off, uint32_t *len);

/* The same for reading what was written. */
const uint8_t *tcp_buf_at(const struct tcp_buf *b, uint32_t off,
			  uint32_t *len);

/* [off, off + len) as a chain of views; NULL: no memory. len is not 0. */
struct pkt *tcp_buf_view(struct tcp_buf *b, uint32_t off, uint32_t len);

/* Copy [off, off + len) to n vectors, as far as they go. Returns how much. */
size_t tcp_buf_read(const struct tcp_buf *b, uint32_t off, uint32_t len,
		    const struct iovec *iov, int n);

/* Everything before off is done with. */
void tcp_buf_drop(struct tcp_buf *b, uint32_t off);

/* No byte is in it: give the last chunk back, too. */
void tcp_buf_empty(struct tcp_buf *b);

#endif
