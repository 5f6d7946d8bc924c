/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where packets come from and go to: the free lists of a stack's pool.
 */
#include "stack/pkt.h"

#include <assert.h>

/* Memory comes from malloc(3) in slabs of this many, and never goes back. */
#define PKTS_PER_SLAB 64
#define SMALL_PER_SLAB 32

void pkt_pool_init(struct pkt_pool *pool, size_t limit)
{
	*pool = (struct pkt_pool){ .limit = limit };
}

void pkt_pool_fini(struct pkt_pool *pool)
{
	assert(!pool->pkts && !pool->bufs);
	for (size_t i = 0; i < pool->n_slabs; i++)
		free(pool->slabs[i]);
	free(pool->slabs);
	*pool = (struct pkt_pool){ 0 };
}

static void *pool_slab(struct pkt_pool *pool, size_t size)
{
	void *slab;

	if (size > pool->limit - pool->bytes)
		return NULL;
	if (pool->n_slabs == pool->cap_slabs) {
		size_t cap = pool->cap_slabs ? 2 * pool->cap_slabs : 64;
		void **v = realloc(pool->slabs, cap * sizeof(*v));

		if (!v)
			return NULL;
		pool->slabs = v;
		pool->cap_slabs = cap;
	}
	slab = malloc(size);
	if (!slab)
		return NULL;
	pool->slabs[pool->n_slabs++] = slab;
	pool->bytes += size;
	return slab;
}

/* --- descriptors ---------------------------------------------------------- */

static struct pkt *pkt_take(struct pkt_pool *pool)
{
	struct pkt *p = pool->free_pkts;

	if (!p) {
		struct pkt *slab = pool_slab(pool, PKTS_PER_SLAB * sizeof(*p));

		if (!slab) {
			pool->failures++;
			return NULL;
		}
		for (int i = 0; i < PKTS_PER_SLAB; i++) {
			slab[i].next = pool->free_pkts;
			pool->free_pkts = &slab[i];
		}
		p = pool->free_pkts;
	}
	pool->free_pkts = p->next;
	pool->pkts++;
	memset(p, 0, offsetof(struct pkt, room));
	p->pool = pool;
	p->data = p->room;
	return p;
}

static void pkt_give(struct pkt *p)
{
	struct pkt_pool *pool = p->pool;

	if (p->buf)
		pkt_buf_unref(pool, p->buf);
	p->buf = NULL;
	p->next = pool->free_pkts;
	pool->free_pkts = p;
	pool->pkts--;
}

/* --- buffers -------------------------------------------------------------- */

static bool buf_grow(struct pkt_pool *pool, struct pkt_buf **list, size_t size)
{
	size_t n = size == PKT_SMALL ? SMALL_PER_SLAB : 1;
	size_t step = sizeof(struct pkt_buf) + size;
	uint8_t *slab = pool_slab(pool, n * step);

	if (!slab)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct pkt_buf *b = (void *)(slab + i * step);

		b->size = (uint32_t)size;
		b->next_free = *list;
		*list = b;
	}
	return true;
}

struct pkt_buf *pkt_buf_new(struct pkt_pool *pool, size_t size)
{
	bool small = size <= PKT_SMALL;
	struct pkt_buf **list = small ? &pool->free_small : &pool->free_large;
	struct pkt_buf *b;

	assert(size <= PKT_LARGE);
	if (!*list && !buf_grow(pool, list, small ? PKT_SMALL : PKT_LARGE)) {
		pool->failures++;
		return NULL;
	}
	b = *list;
	*list = b->next_free;
	b->refs = 1;
	pool->bufs++;
	return b;
}

void pkt_buf_unref(struct pkt_pool *pool, struct pkt_buf *b)
{
	struct pkt_buf **list;

	if (--b->refs)
		return;
	list = b->size == PKT_SMALL ? &pool->free_small : &pool->free_large;
	b->next_free = *list;
	*list = b;
	pool->bufs--;
}

/* --- making and ending ---------------------------------------------------- */

struct pkt *pkt_new(struct pkt_pool *pool, size_t headroom, size_t size)
{
	struct pkt *p = pkt_take(pool);

	if (!p)
		return NULL;
	if (headroom + size > PKT_ROOM) {
		p->buf = pkt_buf_new(pool, headroom + size);
		if (!p->buf) {
			pkt_give(p);
			return NULL;
		}
		p->data = p->buf->data;
	}
	p->data += headroom;
	return p;
}

struct pkt *pkt_view(struct pkt_pool *pool, struct pkt_buf *buf, uint8_t *data,
		     size_t len)
{
	struct pkt *p = pkt_take(pool);

	if (!p)
		return NULL;
	buf->refs++;
	p->buf = buf;
	p->data = data;
	p->len = p->total = (uint32_t)len;
	return p;
}

void pkt_free(struct pkt *p)
{
	while (p) {
		struct pkt *more = p->more;

		pkt_give(p);
		p = more;
	}
}
