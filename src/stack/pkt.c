/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of packets: views, pieces, sums. Their memory is pool.c's. */
#include "stack/pkt.h"

#include <assert.h>
#include <errno.h>

#include "stack/wire/csum.h"

/* --- views and copies ----------------------------------------------------- */

/* One piece, of what is in a room a copy. */
static struct pkt *piece_clone(const struct pkt *p, size_t off, size_t len)
{
	struct pkt *q;

	if (p->buf)
		return pkt_view(p->pool, p->buf, p->data + off, len);
	q = pkt_new(p->pool, 0, 0);
	if (!q)
		return NULL;
	q->data = q->room + (p->data - p->room) + off;
	q->len = q->total = (uint32_t)len;
	memcpy(q->data, p->data + off, len);
	return q;
}

struct pkt *pkt_slice(const struct pkt *p, size_t off, size_t len)
{
	struct pkt *head = NULL, **tail = &head;
	uint32_t total = (uint32_t)len;

	for (; p && len; p = p->more) {
		size_t n = p->len - (off < p->len ? off : p->len);

		if (!n) {
			off -= p->len;
			continue;
		}
		if (n > len)
			n = len;
		*tail = piece_clone(p, off, n);
		if (!*tail)
			break;
		tail = &(*tail)->more;
		off = 0;
		len -= n;
	}
	if (len) {
		pkt_free(head);
		return NULL;
	}
	if (head)
		head->total = total;
	return head;
}

struct pkt *pkt_clone(const struct pkt *p)
{
	struct pkt *q = p->total ? pkt_slice(p, 0, p->total) :
				   pkt_new(p->pool, 0, 0);

	if (!q)
		return NULL;
	q->flags = p->flags;
	q->gso_size = p->gso_size;
	q->csum_start = p->csum_start;
	q->csum_off = p->csum_off;
	q->at = p->at;
	q->ip = p->ip;
	return q;
}

struct pkt *pkt_copy(struct pkt_pool *pool, const struct pkt *p,
		     size_t headroom)
{
	size_t first = PKT_SMALL - headroom;
	struct pkt *q;

	if (p->total < first || p->total + headroom > PKT_LARGE)
		first = p->total < first ? p->total : first;
	else
		first = p->total;
	q = pkt_new(pool, headroom, first);
	if (!q)
		return NULL;
	pkt_read(p, 0, pkt_put(q, first), first);
	for (size_t off = first; off < p->total;) {
		uint8_t part[PKT_SMALL];
		size_t n = pkt_read(p, off, part, sizeof(part));

		if (!pkt_append_bytes(q, part, n)) {
			pkt_free(q);
			return NULL;
		}
		off += n;
	}
	q->flags = p->flags;
	q->gso_size = p->gso_size;
	q->csum_start = p->csum_start;
	q->csum_off = p->csum_off;
	return q;
}

/* --- bytes ---------------------------------------------------------------- */

static size_t tailroom(const struct pkt *p)
{
	const uint8_t *end = p->buf ? p->buf->data + p->buf->size :
				      p->room + PKT_ROOM;

	return (size_t)(end - (p->data + p->len));
}

/* Nobody else sees the bytes around ours. */
static bool may_write(const struct pkt *p)
{
	return !p->buf || p->buf->refs == 1;
}

uint8_t *pkt_push(struct pkt *p, size_t n)
{
	if (pkt_headroom(p) < n || !may_write(p))
		return NULL;
	p->data -= n;
	p->len += (uint32_t)n;
	p->total += (uint32_t)n;
	return p->data;
}

uint8_t *pkt_put(struct pkt *p, size_t n)
{
	uint8_t *at = p->data + p->len;

	if (tailroom(p) < n || p->more || !may_write(p))
		return NULL;
	p->len += (uint32_t)n;
	p->total += (uint32_t)n;
	return at;
}

/* The head stays, as it holds the meta data; it takes the next one's bytes. */
static void head_refill(struct pkt *p)
{
	struct pkt *q = p->more;

	if (p->buf)
		pkt_buf_unref(p->pool, p->buf);
	p->buf = q->buf;
	q->buf = NULL;
	p->len = q->len;
	p->more = q->more;
	if (p->buf) {
		p->data = q->data;
	} else {
		p->data = p->room + (q->data - q->room);
		memcpy(p->data, q->data, q->len);
	}
	q->more = NULL;
	pkt_free(q);
}

void pkt_pull(struct pkt *p, size_t n)
{
	assert(n <= p->total);
	p->total -= (uint32_t)n;
	while (n >= p->len && p->more) {
		n -= p->len;
		head_refill(p);
	}
	p->data += n;
	p->len -= (uint32_t)n;
}

void pkt_trim(struct pkt *p, size_t len)
{
	assert(len <= p->total);
	p->total = (uint32_t)len;
	while (len > p->len) {
		len -= p->len;
		p = p->more;
	}
	p->len = (uint32_t)len;
	pkt_free(p->more);
	p->more = NULL;
}

bool pkt_linear(struct pkt *p, size_t n)
{
	struct pkt *head;
	uint32_t total = p->total;

	if (n <= p->len)
		return true;
	if (n > p->total || n > PKT_LARGE)
		return false;
	head = pkt_new(p->pool, 0, n);
	if (!head)
		return false;
	pkt_read(p, 0, pkt_put(head, n), n);
	pkt_pull(p, n);
	/* p keeps its identity: the two swap bytes. */
	if (p->len) {
		struct pkt *rest = pkt_slice(p, 0, p->total);

		if (!rest) {
			pkt_free(head);
			pkt_trim(p, 0);
			return false;
		}
		pkt_append(head, rest);
	}
	pkt_trim(p, 0);
	p->more = head;
	head_refill(p);
	p->total = total;
	return true;
}

void pkt_append(struct pkt *p, struct pkt *tail)
{
	struct pkt *last = p;

	p->total += tail->total;
	while (last->more)
		last = last->more;
	last->more = tail;
}

bool pkt_append_bytes(struct pkt *p, const void *data, size_t len)
{
	const uint8_t *from = data;
	struct pkt *last = p, *added = NULL;
	size_t n;

	while (last->more)
		last = last->more;
	n = may_write(last) ? tailroom(last) : 0;
	if (n > len)
		n = len;
	for (size_t left = len - n; left;) {
		size_t part = left < PKT_LARGE ? left : PKT_LARGE;
		struct pkt *q = pkt_new(p->pool, 0, part);

		if (!q) {
			pkt_free(added);
			return false;
		}
		memcpy(pkt_put(q, part), from + len - left, part);
		left -= part;
		if (added)
			pkt_append(added, q);
		else
			added = q;
	}
	if (n)
		memcpy(last->data + last->len, from, n);
	last->len += (uint32_t)n;
	p->total += (uint32_t)n;
	if (added) {
		last->more = added;
		p->total += added->total;
	}
	return true;
}

size_t pkt_read(const struct pkt *p, size_t off, void *dst, size_t len)
{
	uint8_t *to = dst;

	for (; p && len; p = p->more) {
		size_t n = p->len - (off < p->len ? off : p->len);

		if (!n) {
			off -= p->len;
			continue;
		}
		if (n > len)
			n = len;
		memcpy(to, p->data + off, n);
		to += n;
		len -= n;
		off = 0;
	}
	return (size_t)(to - (uint8_t *)dst);
}

size_t pkt_read_iov(const struct pkt *p, size_t off, const struct iovec *iov,
		    int n)
{
	size_t done = 0;

	for (int i = 0; i < n; i++) {
		size_t got = pkt_read(p, off + done, iov[i].iov_base,
				      iov[i].iov_len);

		done += got;
		if (got < iov[i].iov_len)
			break;
	}
	return done;
}

int pkt_iov(const struct pkt *p, struct iovec *iov, int max)
{
	int n = 0;

	for (; p; p = p->more) {
		if (!p->len)
			continue;
		if (n == max)
			return -EMSGSIZE;
		iov[n++] = (struct iovec){ p->data, p->len };
	}
	return n;
}

uint32_t pkt_sum(const struct pkt *p, size_t off, uint32_t sum)
{
	bool odd = false;

	for (; p; p = p->more) {
		size_t n = p->len - (off < p->len ? off : p->len);
		uint32_t part;

		if (!n) {
			off -= p->len;
			continue;
		}
		part = csum_add(0, p->data + off, n);
		sum = csum_fold(sum) + (odd ? csum_swap(part) : part);
		odd ^= n & 1;
		off = 0;
	}
	return csum_fold(sum);
}

size_t pkt_truesize(const struct pkt *p)
{
	size_t n = 0;

	for (; p; p = p->more)
		n += sizeof(*p) + (p->buf ? p->buf->size : 0);
	return n;
}

void pktq_clear(struct pktq *q)
{
	struct pkt *p;

	while ((p = pktq_pop(q)))
		pkt_free(p);
}
