/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Columns by name, for --columns, --csv, --sort and --count-by: those of the
 * table, and every field that a filter can compare.
 */
#ifndef SK_DIAG_COLUMNS_H
#define SK_DIAG_COLUMNS_H

#include "diag/line.h"
#include "diag/view.h"

struct sk_column;

/* By name; NULL if there is none. */
const struct sk_column *sk_column_find(const char *name, size_t len);
const char *sk_column_name(const struct sk_column *c);
/* SK_WANT_* it reads; does it need owners? */
unsigned sk_column_want(const struct sk_column *c);
bool sk_column_wants_owners(const struct sk_column *c);
/* A number to sort by; false: it is text, or absent. */
bool sk_column_number(const struct sk_column *c, const struct sk_sock *s,
		      uint64_t *v);
/* Its text; false, with nothing added: absent. */
bool sk_column_text(const struct sk_column *c, struct sk_line *l,
		    const struct sk_view *v, const struct sk_sock *s);
/* "NAME<tab>what it is" of all, a line each. */
void sk_columns_help(struct sk_out *out);

/* A list: "local,peer,rtt"; a usage error if one is unknown. */
struct sk_columns {
	const struct sk_column *v[64];
	size_t n;
};
int sk_columns_parse(struct sk_columns *c, const char *list,
		     struct sk_err *err);
unsigned sk_columns_want(const struct sk_columns *c);
bool sk_columns_want_owners(const struct sk_columns *c);

#endif
