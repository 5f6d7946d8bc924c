/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command's table, flat: includes are resolved to their rows and the
 * engine's own --help stands last. Private to cli/.
 */
#ifndef SK_CLI_ROWS_H
#define SK_CLI_ROWS_H

#include "cli/cli.h"

/* More rows than this are a mistake in a table; test_cli goes over them. */
#define SK_ROWS_MAX 200

struct sk_row {
	const struct sk_opt *opt;
	size_t base;		/* offset of the struct that its table fills */
	bool given;		/* on this command line */
};

struct sk_rows {
	struct sk_row v[SK_ROWS_MAX];
	size_t n;
};

void sk_rows_init(struct sk_rows *rows, const struct sk_cmd *cmd);

/* The row of --help is known by its address. */
bool sk_row_is_help(const struct sk_row *row);

/* Flags, counters and lists of bare words stand alone. */
bool sk_opt_takes_value(const struct sk_opt *opt);

/* "sockkit listen", or "sockkit" for the program itself. Returns buf. */
#define SK_CMD_TITLE_MAX 64
const char *sk_cmd_title(char buf[SK_CMD_TITLE_MAX], const struct sk_cmd *cmd);

/* "auto, always, never" from .choices; buf is size bytes. Returns buf. */
const char *sk_opt_choices(char *buf, size_t size, const struct sk_opt *opt);

#endif
