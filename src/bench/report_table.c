/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of variants. Columns are gathered first, as which there are
 * depends on what was measured; then every row says its cells.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/format.h"
#include "bench/report_in.h"

#define BAR_CELLS 16
#define SHORT_BAR_CELLS 10
#define SPARK_CELLS 16

enum column_kind {
	COL_AXIS,		/* the setting of one axis */
	COL_PRIMARY,
	COL_BAR,
	COL_AT,			/* a percentile of the histogram */
	COL_METRIC,
	COL_FLOOR,
	COL_SPARK,
	COL_ROUNDS,
};

struct column {
	enum column_kind kind;
	char title[40];
	const char *axis;
	double share;		/* COL_AT */
	unsigned cells;		/* COL_BAR */
	enum bench_metric metric;
};

struct columns {
	struct column v[BENCH_COLUMNS_MAX];
	char align[BENCH_COLUMNS_MAX + 1];
	size_t n;
};

static struct column *add(struct columns *c, enum column_kind kind, char align,
			  const char *title)
{
	static struct column spare; /* what does not fit is not shown */
	struct column *col = c->n < BENCH_COLUMNS_MAX ? &c->v[c->n] : &spare;

	*col = (struct column){ .kind = kind };
	snprintf(col->title, sizeof(col->title), "%s", title);
	if (c->n < BENCH_COLUMNS_MAX)
		c->align[c->n++] = align;
	return col;
}

const struct bench_hist *bench_row_hist(const struct bench_summary *s,
					const struct bench_row *row)
{
	return s->hist < 0 ? NULL : row->hist[s->hist];
}

/* --- which metrics are worth a column ------------------------------------------ */

enum {
	NOT_ZERO = 1,		/* only when some row has more than none */
	NO_HIST = 2,		/* only when no histogram says it better */
	MINOR = 4,		/* goes first where there is little room */
	IF_IDLE = 8,		/* only where open connections are the point */
};

static const struct metric_column {
	enum bench_metric metric;
	int only;
	int unless;		/* a metric that makes this one superfluous */
} metric_columns[] = {
	{ BENCH_BYTES_PER_S, 0, BENCH_REQUESTS_PER_S },
	{ BENCH_REQUESTS_PER_S, 0, BENCH_CONNECTS_PER_S },
	{ BENCH_CONNECTS_PER_S, 0, -1 },
	{ BENCH_DATAGRAMS_PER_S, 0, -1 },
	{ BENCH_P50_NS, NO_HIST, -1 },
	{ BENCH_P99_NS, NO_HIST, -1 },
	{ BENCH_P999_NS, NO_HIST, -1 },
	{ BENCH_LOSS, 0, -1 },
	{ BENCH_DUPLICATES, NOT_ZERO, -1 },
	{ BENCH_REORDERED, NOT_ZERO, -1 },
	{ BENCH_JITTER_NS, MINOR, -1 },
	{ BENCH_ERRORS, NOT_ZERO, -1 },
	{ BENCH_RETRANSMITS, NOT_ZERO, -1 },
	{ BENCH_NS_PER_KIB, 0, BENCH_NS_PER_REQUEST },
	{ BENCH_NS_PER_REQUEST, 0, -1 },
	{ BENCH_SERVER_NS_PER_REQUEST, MINOR, -1 },
	{ BENCH_CONNECTIONS, IF_IDLE, -1 },
	{ BENCH_KERNEL_PER_CONNECTION, 0, -1 },
	{ BENCH_USER_PER_CONNECTION, 0, -1 },
	{ BENCH_CONNECTED, 0, -1 },
	{ BENCH_REFUSED, 0, -1 },
	{ BENCH_OVERFLOWS, 0, -1 },
	{ BENCH_FIRST_OVERFLOW, 0, -1 },
};

static bool any_value(const struct bench_summary *s, int metric, bool not_zero)
{
	for (size_t i = 0; metric >= 0 && i < s->n_rows; i++) {
		double v = s->rows[i].value[metric];

		if (isfinite(v) && (!not_zero || v > 0))
			return true;
	}
	return false;
}

static bool is_shown(const struct bench_summary *s,
		     const struct metric_column *c)
{
	return c->metric != s->result->primary &&
	       any_value(s, (int)c->metric, c->only & NOT_ZERO) &&
	       !any_value(s, c->unless, false) &&
	       (!(c->only & IF_IDLE) ||
		any_value(s, BENCH_KERNEL_PER_CONNECTION, false)) &&
	       !((c->only & NO_HIST) && s->hist >= 0);
}


/* --- which columns there are --------------------------------------------------- */

static void add_percentiles(struct columns *c, const struct bench_summary *s,
			    enum bench_detail detail)
{
	static const struct {
		double share;
		const char *title;
		enum bench_metric same_as, or_as;
	} points[] = {
		{ 0.5, "p50", BENCH_P50_NS, BENCH_RESPONSE_P50_NS },
		{ 0.99, "p99", BENCH_P99_NS, BENCH_RESPONSE_P99_NS },
		{ 0.999, "p99.9", BENCH_P999_NS, BENCH_NMETRICS },
		{ 1, "max", BENCH_NMETRICS, BENCH_NMETRICS },
	};

	if (s->hist < 0)
		return;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		if (points[i].same_as != s->result->primary &&
		    points[i].or_as != s->result->primary &&
		    (detail >= BENCH_BARS || points[i].share < 0.999))
			add(c, COL_AT, 'r', points[i].title)->share =
				points[i].share;
}

static void add_floor(struct columns *c, const struct bench_summary *s)
{
	const struct bench_floor *all = bench_summary_floor(s);
	char title[40];

	if (!s->n_rows || !bench_row_floor(s, s->rows))
		return;
	snprintf(title, sizeof(title), "of %s", all ? all->name : "its floor");
	add(c, COL_FLOOR, 'r', title);
}

/* How many connections there were, say, where that is what differs. */
static bool is_axis(const struct bench_summary *s, const char *name)
{
	for (size_t i = 0; i < s->n_axes; i++)
		if (s->axes[i].varies && !strcmp(s->axes[i].name, name))
			return true;
	return false;
}

static void add_metrics(struct columns *c, const struct bench_summary *s,
			enum bench_detail detail)
{
	size_t n = sizeof(metric_columns) / sizeof(metric_columns[0]);

	for (size_t i = 0; i < n; i++) {
		const struct metric_column *m = &metric_columns[i];

		if (is_shown(s, m) && !is_axis(s, bench_title(m->metric)) &&
		    (detail >= BENCH_BARS || !(m->only & MINOR)))
			add(c, COL_METRIC, 'r', bench_title(m->metric))
				->metric = m->metric;
	}
}

static bool has_pictures(enum bench_detail detail)
{
	return detail != BENCH_LEAST && detail != BENCH_PLAIN;
}

static void gather(struct columns *c, const struct bench_summary *s,
		   enum bench_detail detail)
{
	c->n = 0;
	for (size_t i = 0; i < s->n_axes; i++)
		if (s->axes[i].varies)
			add(c, COL_AXIS, 'l', s->axes[i].name)->axis =
				s->axes[i].name;
	add(c, COL_PRIMARY, 'r', bench_title(s->result->primary));
	if (has_pictures(detail) && s->n_rows > 1)
		add(c, COL_BAR, 'l', "")->cells = detail == BENCH_SHORT ?
			SHORT_BAR_CELLS : BAR_CELLS;
	add_percentiles(c, s, detail);
	add_metrics(c, s, detail);
	add_floor(c, s);
	if (detail == BENCH_SPARKS)
		add(c, COL_SPARK, 'l', "over time");
	if (detail >= BENCH_BARS)
		add(c, COL_ROUNDS, 'r', "rounds");
	c->align[c->n] = '\0';
}

/* --- cells --------------------------------------------------------------------- */

static void cell_primary(struct sk_grid *g, const struct bench_row *row,
			 enum bench_metric metric, bool utf8)
{
	double width = bench_interval_width(&row->primary) * 100;
	char value[BENCH_TEXT_MAX];

	if (row->v->refused) {
		sk_grid_cell(g, "not run");
		return;
	}
	bench_format(value, metric, row->primary.median, utf8);
	if (isfinite(width))
		sk_grid_printf(g, "%s %s %.*f %%", value, utf8 ? "±" : "+-",
			       width < 9.95, width);
	else
		sk_grid_cell(g, value);
}

static void cell_bar(struct sk_grid *g, const struct bench_page *page,
		     unsigned cells, double v)
{
	char buf[BAR_CELLS * 4 + 1];
	double most = 0;

	for (size_t i = 0; i < page->s->n_rows; i++)
		if (page->s->rows[i].primary.median > most)
			most = page->s->rows[i].primary.median;
	sk_grid_cell(g, v > 0 && most > 0 ? bench_bar(buf, v / most, cells,
						      page->style->utf8) :
					    "");
}

/* Rates over time in the rounds that count, or the rounds themselves. */
static void cell_spark(struct sk_grid *g, const struct bench_summary *s,
		       const struct bench_row *row)
{
	char buf[SPARK_CELLS * 4 + 1];
	size_t n = 0, room = row->v->n_rounds;
	bool requests = s->result->primary != BENCH_BYTES_PER_S;
	double *v;

	for (size_t i = 0; i < row->v->n_rounds; i++)
		room += row->v->rounds[i].n_points;
	v = calloc(room ? room : 1, sizeof(*v));
	for (size_t i = 0; v && i < row->v->n_rounds; i++) {
		struct bench_walk w = { .round = &row->v->rounds[i],
					.requests = requests };

		if (bench_row_counts(row, i))
			while (bench_walk_next(&w))
				v[n++] = w.rate;
	}
	if (v && !n)
		n = bench_variant_values(row->v, s->result->primary, v);
	sk_grid_cell(g, v ? bench_spark(buf, v, n, SPARK_CELLS) : "");
	free(v);
}

static void cell_at(struct sk_grid *g, const struct bench_hist *h,
		    double share, bool utf8)
{
	char value[BENCH_TEXT_MAX];

	sk_grid_cell(g, h ? bench_format_ns(value,
					    (double)bench_hist_at(h, share),
					    utf8) : "-");
}

/* A share of what there is to be had, or how many times the least it takes;
 * and of what, where that is not in the title. */
static void cell_floor(struct sk_grid *g, const struct bench_summary *s,
		       const struct bench_row *row, double v)
{
	const struct bench_floor *floor = bench_row_floor(s, row);
	bool times = floor && bench_metrics[floor->metric].better < 0;
	double share = floor ? bench_floor_share(floor, v) *
				       (times ? 1 : 100) : NAN;
	bool titled = bench_summary_floor(s);

	if (isfinite(share))
		sk_grid_printf(g, "%.*f %s%s%s", share < 9.95, share,
			       times ? "x" : "%", titled ? "" : " ",
			       titled ? "" : floor->name);
	else
		sk_grid_cell(g, "-");
}

static void cell(struct sk_grid *g, const struct bench_page *page,
		 const struct bench_row *row, const struct column *c)
{
	double v = row->primary.median;
	char value[BENCH_TEXT_MAX];

	switch (c->kind) {
	case COL_AXIS:
		sk_grid_cell(g, bench_variant_get(row->v, c->axis));
		break;
	case COL_PRIMARY:
		cell_primary(g, row, page->s->result->primary,
			     page->style->utf8);
		break;
	case COL_BAR:
		cell_bar(g, page, c->cells, v);
		break;
	case COL_AT:
		cell_at(g, bench_row_hist(page->s, row), c->share,
			page->style->utf8);
		break;
	case COL_METRIC:
		sk_grid_cell(g, bench_format(value, c->metric,
					     row->value[c->metric],
					     page->style->utf8));
		break;
	case COL_FLOOR:
		cell_floor(g, page->s, row, v);
		break;
	case COL_SPARK:
		cell_spark(g, page->s, row);
		break;
	case COL_ROUNDS:
		sk_grid_u64(g, row->n);
		break;
	}
}

/* --- the table ----------------------------------------------------------------- */

void bench_table_fill(const struct bench_page *page, enum bench_detail detail,
		      struct sk_grid *g, char align[BENCH_COLUMNS_MAX + 1])
{
	struct columns c;

	gather(&c, page->s, detail);
	memcpy(align, c.align, c.n + 1);
	sk_grid_init(g, align);
	for (size_t i = 0; i < c.n; i++)
		sk_grid_cell(g, c.v[i].title);
	for (size_t i = 0; i < page->s->n_rows; i++)
		for (size_t k = 0; k < c.n; k++)
			cell(g, page, &page->s->rows[i], &c.v[k]);
}

static size_t widest_line(const struct sk_out *out)
{
	size_t n = 0, most = 0;

	for (size_t i = 0; i < out->len; i++) {
		if (out->buf[i] == '\n')
			n = 0;
		else
			n += ((unsigned char)out->buf[i] & 0xc0) != 0x80;
		most = n > most ? n : most;
	}
	return most;
}

static bool fits(const struct bench_page *page, const struct sk_out *table)
{
	return !page->style->terminal || !page->style->columns ||
	       widest_line(table) <= page->style->columns;
}

/* Where not even the least table has room: each row as a list. */
static void put_stacked(const struct bench_page *page)
{
	struct columns c;
	struct sk_grid g;

	gather(&c, page->s, BENCH_LEAST);
	for (size_t i = 0; i < page->s->n_rows; i++) {
		if (page->s->n_rows > 1) {
			bench_page_put(page, page->s->rows[i].label);
			sk_out_char(page->out, '\n');
		}
		sk_grid_init(&g, "llr");
		for (size_t k = 0; k < c.n; k++) {
			if (c.v[k].kind == COL_AXIS)
				continue;
			sk_grid_cell(&g, NULL);
			sk_grid_cell(&g, c.v[k].title);
			cell(&g, page, &page->s->rows[i], &c.v[k]);
		}
		sk_grid_print(&g, page->out);
	}
}

/* As much as the width of the terminal allows. */
int bench_page_table(const struct bench_page *page)
{
	int detail = !page->style->terminal ? BENCH_PLAIN :
		     page->style->utf8 ? BENCH_SPARKS : BENCH_BARS;
	char align[BENCH_COLUMNS_MAX + 1];
	struct sk_out mem;
	struct sk_grid g;

	for (;; detail--) {
		sk_out_init(&mem, -1);
		bench_table_fill(page, (enum bench_detail)detail, &g, align);
		sk_grid_print(&g, &mem);
		if (mem.error || detail == BENCH_LEAST || fits(page, &mem))
			break;
		sk_out_fini(&mem);
	}
	if (mem.error || fits(page, &mem))
		sk_out_put(page->out, mem.buf, mem.len);
	else
		put_stacked(page);
	return sk_out_fini(&mem);
}
