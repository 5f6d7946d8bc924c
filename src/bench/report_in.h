/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the text report share. */
#ifndef SK_BENCH_REPORT_IN_H
#define SK_BENCH_REPORT_IN_H

#include "base/grid.h"
#include "bench/report.h"
#include "bench/summary.h"

struct bench_page {
	struct sk_out *out;
	const struct bench_style *style;
	const struct bench_summary *s;
};

/* The table of variants, as wide as the style allows. 0 or -ENOMEM. */
int bench_page_table(const struct bench_page *page);
/* How much a table tells; where it would be too wide, less. */
enum bench_detail {
	BENCH_LEAST,		/* without what is of less weight */
	BENCH_SHORT,		/* the same with bars */
	BENCH_BARS,		/* all columns, and bars */
	BENCH_SPARKS,		/* and sparklines */
	BENCH_PLAIN,		/* all columns, no pictures */
};

/*
 * The cells of the table, heads first, into a grid that this begins; `align`
 * then says how many columns it has.
 */
#define BENCH_COLUMNS_MAX 32
void bench_table_fill(const struct bench_page *page, enum bench_detail detail,
		      struct sk_grid *g, char align[BENCH_COLUMNS_MAX + 1]);
/* "rr: socket tcp, connections 64", not escaped. */
void bench_title_put(struct sk_out *out, const struct bench_summary *s);
/* Everything below the table. 0 or -ENOMEM. */
int bench_page_text(const struct bench_page *page);
/* Text of unknown origin. */
void bench_page_put(const struct bench_page *page, const char *text);

/* The row's histogram of the kind that is shown; NULL: it has none. */
const struct bench_hist *bench_row_hist(const struct bench_summary *s,
					const struct bench_row *row);

/* A bar of `share` (0…1) of `cells` columns into buf (4 bytes a cell + 1). */
const char *bench_bar(char *buf, double share, unsigned cells, bool utf8);
/* At most `cells` columns of ▁ to █ for v[0..n), scaled to the largest. */
const char *bench_spark(char *buf, const double *v, size_t n, unsigned cells);

#endif
