/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small table of text: cells are gathered, then printed with each column as
 * wide as its widest cell. For what fits into memory easily; sockets are
 * printed by diag as they come.
 */
#ifndef SK_BASE_GRID_H
#define SK_BASE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/out.h"

struct sk_grid {
	const char *align;	/* a letter a column: l or r */
	struct sk_out text;	/* the cells, each ended by a NUL */
	size_t n;		/* cells */
};

/* "lrl": three columns, the second to the right. The string is kept. */
void sk_grid_init(struct sk_grid *g, const char *align);
/* The next cell, row by row. Foreign bytes are escaped. NULL: empty. */
void sk_grid_cell(struct sk_grid *g, const char *text);
void sk_grid_u64(struct sk_grid *g, uint64_t v);
void sk_grid_printf(struct sk_grid *g, const char *fmt, ...) SK_PRINTF(2, 3);
/* Print and empty it. A last row that is not full is filled with nothing. */
void sk_grid_print(struct sk_grid *g, struct sk_out *out);

#endif
