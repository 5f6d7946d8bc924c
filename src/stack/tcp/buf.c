/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/tcp/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(TCP_CHUNK <= PKT_LARGE, "a chunk is one buffer");

static struct pkt_buf **slot_of(const struct tcp_buf *b, uint32_t off)
{
	return &b->slot[off >> TCP_CHUNK_BITS & (b->n_slots - 1)];
}

static uint32_t contiguous(uint32_t off, uint32_t len)
{
	uint32_t left = TCP_CHUNK - (off & (TCP_CHUNK - 1));

	return len < left ? len : left;
}

void tcp_buf_init(struct tcp_buf *b, struct pkt_pool *pool)
{
	*b = (struct tcp_buf){ .pool = pool };
}

void tcp_buf_fini(struct tcp_buf *b)
{
	tcp_buf_empty(b);
	free(b->slot);
	b->slot = NULL;
	b->n_slots = 0;
}

int tcp_buf_reserve(struct tcp_buf *b, uint32_t size)
{
	/* One more, as it need not begin where a chunk does. */
	uint32_t want = size / TCP_CHUNK + 2, n = b->n_slots ? b->n_slots : 2;
	struct pkt_buf **slot;

	while (n < want)
		n *= 2;
	if (n == b->n_slots)
		return 0;
	slot = calloc(n, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->n_slots; i++) {
		uint32_t chunk = (b->head >> TCP_CHUNK_BITS) + i;

		slot[chunk & (n - 1)] = b->slot[chunk & (b->n_slots - 1)];
	}
	free(b->slot);
	b->slot = slot;
	b->n_slots = n;
	return 0;
}

uint8_t *tcp_buf_room(struct tcp_buf *b, uint32_t off, uint32_t *len)
{
	struct pkt_buf **slot = slot_of(b, off);

	if (!*slot)
		*slot = pkt_buf_new(b->pool, TCP_CHUNK);
	if (!*slot)
		return NULL;
	*len = contiguous(off, *len);
	return (*slot)->data + (off & (TCP_CHUNK - 1));
}

const uint8_t *tcp_buf_at(const struct tcp_buf *b, uint32_t off, uint32_t *len)
{
	*len = contiguous(off, *len);
	return (*slot_of(b, off))->data + (off & (TCP_CHUNK - 1));
}

struct pkt *tcp_buf_view(struct tcp_buf *b, uint32_t off, uint32_t len)
{
	struct pkt *first = NULL;

	while (len) {
		uint32_t n = contiguous(off, len);
		struct pkt_buf *buf = *slot_of(b, off);
		struct pkt *v = pkt_view(b->pool, buf, buf->data +
					 (off & (TCP_CHUNK - 1)), n);

		if (!v) {
			pkt_free(first);
			return NULL;
		}
		if (first)
			pkt_append(first, v);
		else
			first = v;
		off += n;
		len -= n;
	}
	return first;
}

size_t tcp_buf_read(const struct tcp_buf *b, uint32_t off, uint32_t len,
		    const struct iovec *iov, int n)
{
	size_t done = 0, at = 0;

	while (n && len) {
		size_t room = iov->iov_len - at;
		uint32_t take = room < len ? (uint32_t)room : len;

		if (!take) {
			iov++;
			n--;
			at = 0;
			continue;
		}
		const uint8_t *from = tcp_buf_at(b, off, &take);

		memcpy((uint8_t *)iov->iov_base + at, from, take);
		at += take;
		off += take;
		len -= take;
		done += take;
	}
	return done;
}

static void put_back(struct tcp_buf *b, uint32_t off)
{
	struct pkt_buf **slot = slot_of(b, off);

	if (*slot)
		pkt_buf_unref(b->pool, *slot);
	*slot = NULL;
}

void tcp_buf_drop(struct tcp_buf *b, uint32_t off)
{
	while ((b->head ^ off) >> TCP_CHUNK_BITS) {
		put_back(b, b->head);
		b->head = (b->head & ~(TCP_CHUNK - 1)) + TCP_CHUNK;
	}
	b->head = off;
}

void tcp_buf_empty(struct tcp_buf *b)
{
	for (uint32_t i = 0; i < b->n_slots; i++)
		put_back(b, i << TCP_CHUNK_BITS);
}
