/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sorted set of disjoint ranges [from, to) of sequence numbers: what the
 * peer has selectively acknowledged (sender), and what has arrived out of
 * order (receiver). Bounded: a flood of tiny segments with holes between them
 * ends in refusals, not in memory.
 */
#ifndef SK_STACK_TCP_SEQSET_H
#define SK_STACK_TCP_SEQSET_H

#include <stdbool.h>
#include <stdint.h>

/* 4 MiB in flight with one segment of twenty lost leaves about 150 ranges. */
#define SEQSET_MAX 256

struct seqrange {
	uint32_t from, to;
};

struct seqset {
	struct seqrange *r;	/* r[0..n), ascending; the owner's array */
	uint16_t n, cap;
};

/*
 * Add [from, to), merging what overlaps or touches. Returns the number of the
 * range that holds it now, or -1 when a new range would exceed cap. *added is
 * the number of sequence numbers that were not in the set before.
 */
int seqset_add(struct seqset *s, uint32_t from, uint32_t to,
	       uint32_t *added);

/* Forget everything before seq. Returns how much that was. */
uint32_t seqset_trim(struct seqset *s, uint32_t seq);

/* Number of sequence numbers within [from, to). */
uint32_t seqset_sum(const struct seqset *s, uint32_t from, uint32_t to);

/*
 * The first hole at or after seq that ends before limit: *from is where it
 * begins, the return value its length up to the next range or limit; 0: none.
 */
uint32_t seqset_hole(const struct seqset *s, uint32_t seq, uint32_t limit,
		     uint32_t *from);

static inline bool seqset_empty(const struct seqset *s)
{
	return s->n == 0;
}

#endif
