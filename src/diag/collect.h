/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What needs all records before the first can be shown: order and counts. */
#ifndef SK_DIAG_COLLECT_H
#define SK_DIAG_COLLECT_H

#include "diag/columns.h"
#include "diag/source.h"

/* --- sorting: keeps a copy of every record -------------------------------- */

struct sk_sorter {
	const struct sk_column *key;
	bool descending;
	const struct sk_view *view;
	struct sk_entry *v;
	size_t n, room;
};

/* "rtt", "rtt:desc", "rtt:asc"; a usage error otherwise. */
int sk_sorter_parse(struct sk_sorter *s, const char *key, struct sk_err *err);
/* An sk_diag_fn; arg is the sorter. */
int sk_sorter_add(struct sk_sock *s, void *arg);
/*
 * All of them to fn (NULL: to none) in order; absent values last. Frees the
 * copies.
 */
int sk_sorter_end(struct sk_sorter *s, sk_diag_fn *fn, void *arg);

/* --- counting: keeps each value once -------------------------------------- */

struct sk_census {
	const struct sk_column *key;
	const struct sk_view *view;
	struct sk_count *v;	/* open addressing */
	size_t n, room;
};

/* A column; "peer" and "local" count addresses without ports. */
int sk_census_parse(struct sk_census *c, const char *key,
		     struct sk_err *err);
int sk_census_add(struct sk_sock *s, void *arg);
enum sk_count_form { SK_COUNT_TABLE, SK_COUNT_JSON, SK_COUNT_CSV };
/* "COUNT VALUE", most first. Frees. */
int sk_census_end(struct sk_census *c, struct sk_out *out,
		   enum sk_count_form form);

#endif
