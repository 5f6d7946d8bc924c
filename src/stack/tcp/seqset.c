/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/tcp/seqset.h"

#include <string.h>

#include "stack/wire/tcp.h"

/* The first range that ends at or after seq (n: none does). */
static unsigned find(const struct seqset *s, uint32_t seq)
{
	unsigned lo = 0, hi = s->n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (seq_lt(s->r[mid].to, seq))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int insert(struct seqset *s, unsigned at, uint32_t from, uint32_t to)
{
	if (s->n == s->cap)
		return -1;
	memmove(&s->r[at + 1], &s->r[at], (s->n - at) * sizeof(*s->r));
	s->r[at] = (struct seqrange){ from, to };
	s->n++;
	return (int)at;
}

static void remove_ranges(struct seqset *s, unsigned at, unsigned count)
{
	if (!count)
		return;
	memmove(&s->r[at], &s->r[at + count],
		(s->n - at - count) * sizeof(*s->r));
	s->n = (uint16_t)(s->n - count);
}

int seqset_add(struct seqset *s, uint32_t from, uint32_t to, uint32_t *added)
{
	unsigned at = find(s, from), end = at;
	uint32_t had = 0;

	*added = 0;
	for (; end < s->n && seq_le(s->r[end].from, to); end++)
		had += s->r[end].to - s->r[end].from;
	if (end == at) {
		if (insert(s, at, from, to) < 0)
			return -1;
		*added = to - from;
		return (int)at;
	}
	s->r[at].from = seq_min(s->r[at].from, from);
	s->r[at].to = seq_max(s->r[end - 1].to, to);
	remove_ranges(s, at + 1, end - at - 1);
	*added = s->r[at].to - s->r[at].from - had;
	return (int)at;
}

uint32_t seqset_trim(struct seqset *s, uint32_t seq)
{
	uint32_t gone = 0;
	unsigned i = 0;

	for (; i < s->n && seq_le(s->r[i].to, seq); i++)
		gone += s->r[i].to - s->r[i].from;
	remove_ranges(s, 0, i);
	if (s->n && seq_lt(s->r[0].from, seq)) {
		gone += seq - s->r[0].from;
		s->r[0].from = seq;
	}
	return gone;
}

uint32_t seqset_sum(const struct seqset *s, uint32_t from, uint32_t to)
{
	uint32_t sum = 0;

	if (seq_ge(from, to))
		return 0;
	for (unsigned i = find(s, from); i < s->n; i++) {
		uint32_t a = seq_max(s->r[i].from, from);
		uint32_t b = seq_min(s->r[i].to, to);

		if (seq_ge(s->r[i].from, to))
			break;
		if (seq_lt(a, b))
			sum += b - a;
	}
	return sum;
}

uint32_t seqset_hole(const struct seqset *s, uint32_t seq, uint32_t limit,
		     uint32_t *from)
{
	unsigned i = find(s, seq);

	/* Touching or within a range: the hole begins where that ends. */
	if (i < s->n && seq_le(s->r[i].from, seq)) {
		seq = s->r[i].to;
		i++;
	}
	if (i < s->n)
		limit = seq_min(limit, s->r[i].from);
	*from = seq;
	return seq_lt(seq, limit) ? limit - seq : 0;
}
