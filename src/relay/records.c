/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/records.h"

#define READ_SIZE (64 << 10)

void sk_records_init(struct sk_records *r, struct endpoint *src,
		     enum sk_framing framing, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->src = src;
	r->framing = framing;
	r->size = size;
	TAILQ_INIT(&r->chunks);
	TAILQ_INIT(&r->spare);
}

static void free_list(struct sk_chunk_list *list)
{
	struct sk_chunk *c;

	while ((c = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, c, link);
		free(c->rec);
		free(c->data);
		free(c);
	}
}

void sk_records_fini(struct sk_records *r)
{
	if (!r->size)
		return;
	if (r->fill)
		TAILQ_INSERT_HEAD(&r->spare, r->fill, link);
	r->fill = NULL;
	free_list(&r->chunks);
	free_list(&r->spare);
}

/* --- chunks ----------------------------------------------------------------- */

/* Before a read, less than a datagram is left over: room for both. */
static size_t chunk_room(const struct sk_records *r)
{
	return r->framing == SK_FRAME_READS ? r->size : r->size + READ_SIZE;
}

static struct sk_chunk *chunk_new(struct sk_records *r)
{
	struct sk_chunk *c = TAILQ_FIRST(&r->spare);

	if (c) {
		TAILQ_REMOVE(&r->spare, c, link);
	} else {
		c = calloc(1, sizeof(*c));
		if (!c)
			return NULL;
		c->data = malloc(chunk_room(r));
		if (!c->data) {
			free(c);
			return NULL;
		}
	}
	c->readers = 0;
	c->n = c->bytes = c->have = 0;
	return c;
}

static int add(struct sk_chunk *c, char *data, size_t len)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 64;
		struct iovec *rec = reallocarray(c->rec, cap, sizeof(*rec));

		if (!rec)
			return -ENOMEM;
		c->rec = rec;
		c->cap = cap;
	}
	c->rec[c->n++] = (struct iovec){ data, len };
	c->bytes += len;
	return 0;
}

/* --- parting ---------------------------------------------------------------- */

/* Each adds what is whole and returns the bytes used up, or negative errno. */

static ssize_t part_reads(struct sk_records *r, struct sk_chunk *c)
{
	int e = add(c, c->data, c->have);

	(void)r;
	return e < 0 ? e : (ssize_t)c->have;
}

static ssize_t part_size(struct sk_records *r, struct sk_chunk *c)
{
	size_t at = 0;
	int e = 0;

	while (c->have - at >= r->size && e >= 0) {
		e = add(c, c->data + at, r->size);
		at += r->size;
	}
	if (r->eof && at < c->have && e >= 0) {
		e = add(c, c->data + at, c->have - at);
		at = c->have;
	}
	return e < 0 ? e : (ssize_t)at;
}

static ssize_t part_lines(struct sk_records *r, struct sk_chunk *c)
{
	char *end;
	size_t at = 0;
	int e = 0;

	while (e >= 0 &&
	       (end = memchr(c->data + at, '\n', c->have - at)) != NULL) {
		size_t len = (size_t)(end - (c->data + at));

		if (len > r->size)
			return -EMSGSIZE;
		e = add(c, c->data + at, len);
		at += len + 1;
	}
	if (e >= 0 && c->have - at > r->size)
		return -EMSGSIZE;
	if (r->eof && at < c->have && e >= 0) {
		e = add(c, c->data + at, c->have - at);
		at = c->have;
	}
	return e < 0 ? e : (ssize_t)at;
}

/* Part what is in r->fill; what is not whole goes over to the next one. */
static int part(struct sk_records *r)
{
	static ssize_t (*const by[])(struct sk_records *, struct sk_chunk *) = {
		[SK_FRAME_READS] = part_reads,
		[SK_FRAME_SIZE] = part_size,
		[SK_FRAME_LINES] = part_lines,
	};
	struct sk_chunk *c = r->fill, *next = NULL;
	ssize_t used = by[r->framing](r, c);

	if (used < 0)
		return (int)used;
	if (!c->n)
		return 0;
	if ((size_t)used < c->have) {
		next = chunk_new(r);
		if (!next)
			return -ENOMEM;
		next->have = c->have - (size_t)used;
		memcpy(next->data, c->data + used, next->have);
	}
	r->fill = next;
	r->bytes += c->bytes;
	TAILQ_INSERT_TAIL(&r->chunks, c, link);
	return 1;
}

/* The fill may keep up to a datagram, and one byte more of a line. */
static ssize_t read_some(struct sk_records *r)
{
	struct sk_chunk *c = r->fill;
	size_t room = chunk_room(r) - c->have;
	ssize_t n = endpoint_recv(r->src, c->data + c->have,
				  room < READ_SIZE ||
						  r->framing == SK_FRAME_READS ?
					  room :
					  READ_SIZE);

	if (n > 0)
		c->have += (size_t)n;
	return n;
}

int sk_records_read(struct sk_records *r, struct sk_chunk **chunk)
{
	ssize_t n;
	int e;

	do {
		if (r->eof)
			return 0;
		if (!r->fill && !(r->fill = chunk_new(r)))
			return -ENOMEM;
		n = read_some(r);
		if (n < 0)
			return (int)n;
		r->eof = !n;
		e = r->fill->have ? part(r) : 0;
	} while (!e);
	if (e > 0)
		*chunk = TAILQ_LAST(&r->chunks, sk_chunk_list);
	return e;
}

/* --- cursors ---------------------------------------------------------------- */

/* Forget what everybody has behind him, from the oldest on. */
static void trim(struct sk_records *r)
{
	struct sk_chunk *c;

	while ((c = TAILQ_FIRST(&r->chunks)) && !c->readers) {
		TAILQ_REMOVE(&r->chunks, c, link);
		r->bytes -= c->bytes;
		TAILQ_INSERT_HEAD(&r->spare, c, link);
	}
}

void sk_cursor_set(struct sk_cursor *c, struct sk_chunk *chunk)
{
	c->chunk = chunk;
	c->at = 0;
	chunk->readers++;
}

static void next_chunk(struct sk_records *r, struct sk_cursor *c)
{
	struct sk_chunk *next = TAILQ_NEXT(c->chunk, link);

	c->chunk->readers--;
	c->chunk = NULL;
	if (next)
		sk_cursor_set(c, next);
	trim(r);
}

void sk_cursor_advance(struct sk_records *r, struct sk_cursor *c, size_t n)
{
	c->at += n;
	if (c->at >= c->chunk->n)
		next_chunk(r, c);
}

void sk_cursor_drop(struct sk_records *r, struct sk_cursor *c)
{
	if (!c->chunk)
		return;
	c->chunk->readers--;
	c->chunk = NULL;
	trim(r);
}

size_t sk_cursor_left(const struct sk_cursor *c)
{
	const struct sk_chunk *chunk = c->chunk;
	size_t n = 0;

	for (; chunk; chunk = TAILQ_NEXT(chunk, link))
		n += chunk->n;
	return c->chunk ? n - c->at : 0;
}
