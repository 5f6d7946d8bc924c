/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of steps in which repetitions are folded as they come: a step, or up
 * to SK_FOLD_MAX steps in a row, that come again become a loop with a count.
 * Memory is bounded by what is different.
 */
#ifndef SK_TRACE_FOLD_H
#define SK_TRACE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SK_FOLD_MAX 4
#define SK_FOLD_ITEMS 4000	/* then the list is full */

struct sk_step {
	int from, to;		/* participants */
	bool dashed, lost;	/* how the arrow is drawn */
	uint64_t bytes;		/* 0: no data; added up when folded */
	char what[80];		/* "connect"; the same when it is the same */
	char sample[32];	/* of the data, of the first one */
};

struct sk_fold_item {
	unsigned n;		/* steps: 1, or those of a loop */
	uint64_t times;
	struct sk_step steps[SK_FOLD_MAX];
};

struct sk_fold {
	struct sk_fold_item *items;
	size_t n, cap;
	uint64_t dropped;	/* steps after it was full */
};

/* Starts all zero. 0, or -ENOMEM. */
int sk_fold_add(struct sk_fold *f, const struct sk_step *s);
void sk_fold_fini(struct sk_fold *f);

#endif
