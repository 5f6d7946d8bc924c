/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/grid.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define COLUMNS_MAX 32
#define CELL_MAX 1024
#define GAP 2

void sk_grid_init(struct sk_grid *g, const char *align)
{
	*g = (struct sk_grid){ .align = align };
	sk_out_init(&g->text, -1);
}

void sk_grid_cell(struct sk_grid *g, const char *text)
{
	char shown[CELL_MAX];

	text = text ? text : "";
	sk_escape(shown, sizeof(shown), text, strlen(text));
	sk_out_put(&g->text, shown, strlen(shown) + 1);
	g->n++;
}

void sk_grid_u64(struct sk_grid *g, uint64_t v)
{
	char digits[20];

	sk_out_put(&g->text, digits, sk_digits(digits, v));
	sk_out_char(&g->text, '\0');
	g->n++;
}

void sk_grid_printf(struct sk_grid *g, const char *fmt, ...)
{
	char text[CELL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sk_grid_cell(g, text);
}

/* Columns on a terminal: bytes that do not go on a UTF-8 sequence. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void put_cell(struct sk_out *out, const char *cell, size_t width,
		     bool right, bool last)
{
	size_t fill = width - width_of(cell);

	if (right)
		sk_out_fill(out, ' ', fill);
	sk_out_str(out, cell);
	if (!last)
		sk_out_fill(out, ' ', (right ? 0 : fill) + GAP);
}

void sk_grid_print(struct sk_grid *g, struct sk_out *out)
{
	size_t columns = strlen(g->align), width[COLUMNS_MAX] = { 0 };
	const char *cell;

	while (g->n % columns)
		sk_grid_cell(g, NULL);
	if (g->text.error && !out->error)
		out->error = g->text.error;
	cell = g->text.buf;
	for (size_t i = 0; i < g->n && !out->error; i++) {
		size_t w = width_of(cell);

		if (w > width[i % columns])
			width[i % columns] = w;
		cell += strlen(cell) + 1;
	}
	cell = g->text.buf;
	for (size_t i = 0; i < g->n && !out->error; i++) {
		size_t at = i % columns;

		put_cell(out, cell, width[at], g->align[at] == 'r',
			 at == columns - 1);
		if (at == columns - 1)
			sk_out_char(out, '\n');
		cell += strlen(cell) + 1;
	}
	sk_out_fini(&g->text);
	g->n = 0;
}
