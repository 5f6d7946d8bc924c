/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chosen columns as a table or as CSV. As in table.c, the first rows wait
 * until the widths are known.
 */
#include "diag/columns.h"

#include <stdlib.h>

#define WINDOW_ROWS 512
#define WINDOW_BYTES (256 << 10)
#define COLUMNS_MAX 64

struct chosen {
	struct sk_renderer r;
	struct sk_columns columns;
	bool csv, waiting;
	size_t width[COLUMNS_MAX];
	struct sk_line cells;	/* each ended by a NUL */
	struct sk_line made;
	size_t rows, bytes;	/* in the window */
	char *text;
};

/* --- CSV (RFC 4180) ------------------------------------------------------- */

static void csv_field(struct sk_line *l, const char *s)
{
	bool quote = s[strcspn(s, ",\"\r\n")];

	if (quote)
		line_char(l, '"');
	for (; *s; s++) {
		if (*s == '"')
			line_char(l, '"');
		line_char(l, *s);
	}
	if (quote)
		line_char(l, '"');
}

static void csv_row(struct chosen *c, const char *text)
{
	c->made.n = 0;
	for (size_t i = 0; i < c->columns.n; i++) {
		if (i)
			line_char(&c->made, ',');
		csv_field(&c->made, text);
		text += strlen(text) + 1;
	}
	line_lit(&c->made, "\r\n");
	sk_out_put(c->r.view->out, c->made.buf, c->made.n);
}

/* --- table ---------------------------------------------------------------- */

static void table_row(struct chosen *c, const char *text)
{
	c->made.n = 0;
	for (size_t i = 0; i < c->columns.n; i++) {
		const char *cell = *text ? text : "-";
		size_t n = strlen(cell);

		if (i)
			line_lit(&c->made, "  ");
		line_put(&c->made, cell, n);
		if (n < c->width[i] && i + 1 < c->columns.n)
			line_fill(&c->made, ' ', c->width[i] - n);
		text += strlen(text) + 1;
	}
	line_char(&c->made, '\n');
	sk_out_put(c->r.view->out, c->made.buf, c->made.n);
}

static void widen(struct chosen *c, const char *text)
{
	for (size_t i = 0; i < c->columns.n; i++) {
		size_t n = strlen(text);

		if (n > c->width[i])
			c->width[i] = n;
		text += n + 1;
	}
}

static const char *skip_row(const struct chosen *c, const char *text)
{
	for (size_t i = 0; i < c->columns.n; i++)
		text += strlen(text) + 1;
	return text;
}

/* The head as a row of cells. */
static void head(struct chosen *c)
{
	c->cells.n = 0;
	for (size_t i = 0; i < c->columns.n; i++) {
		line_str(&c->cells, sk_column_name(c->columns.v[i]));
		line_char(&c->cells, '\0');
	}
}

static void flush_window(struct chosen *c)
{
	const char *text = c->text;

	head(c);
	if (c->r.view->header)
		widen(c, c->cells.buf);
	for (size_t i = 0; i < c->rows; i++, text = skip_row(c, text))
		widen(c, text);
	if (c->r.view->header)
		table_row(c, c->cells.buf);
	text = c->text;
	for (size_t i = 0; i < c->rows; i++, text = skip_row(c, text))
		table_row(c, text);
	c->waiting = false;
}

/* --- rows ----------------------------------------------------------------- */

static void fill(struct chosen *c, const struct sk_sock *s)
{
	c->cells.n = 0;
	for (size_t i = 0; i < c->columns.n; i++) {
		sk_column_text(c->columns.v[i], &c->cells, c->r.view, s);
		line_char(&c->cells, '\0');
	}
}

static int chosen_row(struct sk_renderer *r, const struct sk_sock *s)
{
	struct chosen *c = (struct chosen *)r;

	fill(c, s);
	if (c->csv) {
		csv_row(c, c->cells.buf);
		return r->view->out->error;
	}
	if (c->waiting && (c->rows == WINDOW_ROWS ||
			   c->bytes + c->cells.n > WINDOW_BYTES)) {
		flush_window(c);
		fill(c, s);
	}
	if (!c->waiting) {
		table_row(c, c->cells.buf);
		return r->view->out->error;
	}
	memcpy(c->text + c->bytes, c->cells.buf, c->cells.n);
	c->bytes += c->cells.n;
	c->rows++;
	return 0;
}

static int chosen_end(struct sk_renderer *r)
{
	struct chosen *c = (struct chosen *)r;

	if (c->waiting)
		flush_window(c);
	free(c->text);
	free(c);
	return 0;
}

static void chosen_flush(struct sk_renderer *r)
{
	struct chosen *c = (struct chosen *)r;

	if (c->waiting && c->rows)
		flush_window(c);
}

static const struct sk_render_ops chosen_ops = { chosen_row, chosen_end,
						 chosen_flush };

struct sk_renderer *sk_columns_new(const struct sk_view *v,
				   struct sk_columns *columns, bool csv)
{
	struct chosen *c = malloc(sizeof(*c));

	if (!c)
		return NULL;
	c->r = (struct sk_renderer){ &chosen_ops, v };
	c->columns = *columns;
	c->csv = csv;
	c->waiting = !csv;
	c->rows = c->bytes = 0;
	memset(c->width, 0, sizeof(c->width));
	c->text = malloc(WINDOW_BYTES);
	if (!c->text) {
		free(c);
		return NULL;
	}
	if (csv && v->header) {
		head(c);
		csv_row(c, c->cells.buf);
	}
	return &c->r;
}
