/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets. Bytes live in buffers (struct pkt_buf) that are counted by
 * reference and never change once another holds them; a packet (struct pkt)
 * is one owner's view of a piece of a buffer, or of the small room it carries
 * itself, with `more` for the next piece:
 *
 *	pkt ─ room: [ eth ip tcp ]
 *	 └ more ─ view of 1460 bytes of the send queue's buffer
 *
 * So a segment takes its payload from the send queue without a copy, a
 * reassembled datagram is the chain of its fragments, and a super-segment is
 * the same thing, only longer. Both come from free lists of the pool: no
 * malloc per packet. A pool belongs to one stack and is bounded; NULL means
 * that the bound is reached, and the packet is dropped and counted.
 *
 * Bytes are read in place only where linear: pkt_linear() first, then a
 * bounds-checked parser of wire/.
 */
#ifndef SK_STACK_PKT_H
#define SK_STACK_PKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include "stack/stk.h"

#define PKT_ROOM 192		/* all headers there can be, with headroom */
#define PKT_SMALL 2048		/* a frame of MTU 1500 with its headroom */
#define PKT_LARGE (64 << 10)	/* send queues, jumbo frames, super-segments */
#define PKT_HEADROOM 128	/* in front of what transports write */
#define PKT_MAX_IOV 64		/* pieces a link must be able to send */

struct pkt_buf {
	struct pkt_buf *next_free;
	uint32_t refs;
	uint32_t size;		/* PKT_SMALL or PKT_LARGE */
	uint8_t data[];
};

enum pkt_flags {
	PKT_CSUM_OK = 1,	/* in: the link vouches for the L4 checksum */
	PKT_CSUM_PARTIAL = 2,	/* out: the link fills it in (csum_start) */
	PKT_BROADCAST = 4,	/* in: frame was not for us alone */
	PKT_LOOPED = 8,		/* in: from ourselves */
};

/* What the IP layer found out, or is to be told to transports. */
struct pkt_ip {
	struct stk_ip src, dst;
	uint8_t proto, ttl, tos;
	uint8_t was_frag;	/* reassembled */
	uint16_t hdr;		/* bytes of IP headers in front of data */
	uint16_t next_at;	/* IPv6: where in these proto is named */
};

struct pkt {
	struct pkt *next;	/* in a queue */
	struct pkt *more;	/* the rest of this packet */
	struct pkt_pool *pool;
	struct pkt_buf *buf;	/* NULL: the bytes are in room */
	uint8_t *data;
	uint32_t len;		/* bytes of this piece */
	uint32_t total;		/* of all pieces; kept in the head only */
	uint16_t flags;
	uint16_t gso_size;	/* payload per segment; 0: one packet */
	uint16_t csum_start, csum_off; /* from data, of the whole frame */
	uint64_t at;		/* arrival, or when a link has it ready */
	struct pkt_ip ip;
	union {			/* of whoever queues it */
		struct {
			uint32_t seq, end;	/* sequence space it covers */
			uint8_t flags;
		} tcp;
		struct stk_addr from;		/* UDP */
	};
	uint8_t room[PKT_ROOM];
};

/* A queue of packets. */
struct pktq {
	struct pkt *head, **tail;
	uint32_t n;
	uint64_t bytes;		/* sum of total */
};

struct pkt_pool {
	struct pkt *free_pkts;
	struct pkt_buf *free_small, *free_large;
	void **slabs;		/* what was malloc'ed */
	size_t n_slabs, cap_slabs;
	size_t bytes, limit;	/* malloc'ed, and its bound */
	size_t pkts, bufs;	/* in use: 0 at the end */
	uint64_t failures;
};

void pkt_pool_init(struct pkt_pool *pool, size_t limit);
/* Frees the memory; asserts that nothing is in use. */
void pkt_pool_fini(struct pkt_pool *pool);

/* --- making and ending ------------------------------------------------------ */

/*
 * An empty packet with room for `headroom` bytes in front and `size` behind;
 * size 0 and headroom up to PKT_ROOM need no buffer. headroom + size is at
 * most PKT_LARGE. NULL: no memory.
 */
struct pkt *pkt_new(struct pkt_pool *pool, size_t headroom, size_t size);
/* A piece of a buffer, which is thereby referenced once more. */
struct pkt *pkt_view(struct pkt_pool *pool, struct pkt_buf *buf,
		     uint8_t *data, size_t len);
/* New views of the same bytes; meta data copied. */
struct pkt *pkt_clone(const struct pkt *p);
/* The bytes [off, off + len) as views, with no meta data. */
struct pkt *pkt_slice(const struct pkt *p, size_t off, size_t len);
/* A copy of the bytes, in buffers of another pool, with headroom. */
struct pkt *pkt_copy(struct pkt_pool *pool, const struct pkt *p,
		     size_t headroom);
/* All pieces. NULL is fine. */
void pkt_free(struct pkt *p);

/* A buffer of `size` at most PKT_LARGE with one reference. */
struct pkt_buf *pkt_buf_new(struct pkt_pool *pool, size_t size);
void pkt_buf_unref(struct pkt_pool *pool, struct pkt_buf *buf);

/* --- bytes ------------------------------------------------------------------ */

/* n more bytes in front, or NULL when the head has no room for them. */
uint8_t *pkt_push(struct pkt *p, size_t n);
/* n more bytes at the end of the first piece (no `more`); NULL: no room. */
uint8_t *pkt_put(struct pkt *p, size_t n);
/* Drop n bytes at the front; pieces that become empty go. n <= total. */
void pkt_pull(struct pkt *p, size_t n);
/* Keep the first len bytes only. len <= total. */
void pkt_trim(struct pkt *p, size_t len);
/* The first n bytes in one piece; false: there are fewer, or no memory. */
bool pkt_linear(struct pkt *p, size_t n);
/* tail becomes the end of p. */
void pkt_append(struct pkt *p, struct pkt *tail);
/* Append bytes, in new buffers where needed. False: no memory, p unchanged. */
bool pkt_append_bytes(struct pkt *p, const void *data, size_t len);

/* Copy [off, off + len) out; returns how many bytes there were. */
size_t pkt_read(const struct pkt *p, size_t off, void *dst, size_t len);
/* The same into n vectors. */
size_t pkt_read_iov(const struct pkt *p, size_t off, const struct iovec *iov,
		    int n);
/* The pieces as vectors; -EMSGSIZE when more than max. */
int pkt_iov(const struct pkt *p, struct iovec *iov, int max);
/* One's complement sum (wire/csum.h) of [off, total). */
uint32_t pkt_sum(const struct pkt *p, size_t off, uint32_t sum);
/* Memory it holds, buffers counted whole: what limits must count. */
size_t pkt_truesize(const struct pkt *p);

static inline size_t pkt_headroom(const struct pkt *p)
{
	return (size_t)(p->data - (p->buf ? p->buf->data : p->room));
}

/* --- queues ----------------------------------------------------------------- */

static inline void pktq_init(struct pktq *q)
{
	*q = (struct pktq){ .tail = &q->head };
}

static inline void pktq_push(struct pktq *q, struct pkt *p)
{
	p->next = NULL;
	*q->tail = p;
	q->tail = &p->next;
	q->n++;
	q->bytes += p->total;
}

static inline struct pkt *pktq_pop(struct pktq *q)
{
	struct pkt *p = q->head;

	if (!p)
		return NULL;
	q->head = p->next;
	if (!q->head)
		q->tail = &q->head;
	q->n--;
	q->bytes -= p->total;
	p->next = NULL;
	return p;
}

void pktq_clear(struct pktq *q);

#endif
