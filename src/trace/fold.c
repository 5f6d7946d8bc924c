/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool same(const struct sk_step *a, const struct sk_step *b)
{
	return a->from == b->from && a->to == b->to && a->lost == b->lost &&
	       a->dashed == b->dashed && !a->bytes == !b->bytes &&
	       !strcmp(a->what, b->what);
}

/* The last k items are single steps, equal to these? */
static bool ends_in(const struct sk_fold *f, const struct sk_step *steps,
		    unsigned k)
{
	const struct sk_fold_item *last = &f->items[f->n - k];

	for (unsigned i = 0; i < k; i++)
		if (last[i].n != 1 || last[i].times != 1 ||
		    !same(&last[i].steps[0], &steps[i]))
			return false;
	return true;
}

static void take_last(struct sk_fold *f, struct sk_fold_item *loop, unsigned k)
{
	for (unsigned i = 0; i < k; i++)
		loop->steps[i].bytes += f->items[f->n - k + i].steps[0].bytes;
	loop->times++;
	f->n -= k;
}

/* The loop before the last k steps goes round once more. */
static bool join_loop(struct sk_fold *f, unsigned k)
{
	struct sk_fold_item *loop;

	if (f->n < k + 1)
		return false;
	loop = &f->items[f->n - k - 1];
	if (loop->n != k || (loop->times == 1 && k > 1) ||
	    !ends_in(f, loop->steps, k))
		return false;
	take_last(f, loop, k);
	return true;
}

/* The last k steps are those k before them, once more. */
static bool make_loop(struct sk_fold *f, unsigned k)
{
	struct sk_fold_item *first;
	struct sk_step steps[SK_FOLD_MAX];

	if (k < 2 || f->n < 2 * k)
		return false;
	first = &f->items[f->n - 2 * k];
	for (unsigned i = 0; i < k; i++) {
		if (first[i].n != 1 || first[i].times != 1)
			return false;
		steps[i] = first[i].steps[0];
	}
	if (!ends_in(f, steps, k))
		return false;
	memcpy(first->steps, steps, k * sizeof(*steps));
	first->n = k;
	take_last(f, first, k);
	f->n -= k - 1;
	return true;
}

int sk_fold_add(struct sk_fold *f, const struct sk_step *s)
{
	struct sk_fold_item *v;
	size_t cap;

	if (f->n == SK_FOLD_ITEMS) {
		f->dropped++;
		return 0;
	}
	if (f->n == f->cap) {
		cap = f->cap ? f->cap * 2 : 16;
		v = reallocarray(f->items, cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		f->items = v;
		f->cap = cap;
	}
	f->items[f->n++] = (struct sk_fold_item){ 1, 1, { *s } };
	for (unsigned k = 1; k <= SK_FOLD_MAX; k++)
		if (join_loop(f, k) || make_loop(f, k))
			break;
	return 0;
}

void sk_fold_fini(struct sk_fold *f)
{
	free(f->items);
	*f = (struct sk_fold){ 0 };
}
