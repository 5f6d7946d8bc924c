/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/rows.h"

#include <assert.h>

static const struct sk_opt help_option = {
	'h', "help", SK_FLAG, .group = SK_GRP_GENERAL,
	.help = "print this help and exit"
};

static void add_row(struct sk_rows *rows, const struct sk_opt *opt,
		    size_t base)
{
	assert(rows->n < SK_ROWS_MAX);
	rows->v[rows->n++] = (struct sk_row){ .opt = opt, .base = base };
}

static void add_table(struct sk_rows *rows, const struct sk_opt *table,
		      size_t base)
{
	for (const struct sk_opt *o = table; o && o->kind != SK_OPT_LAST; o++) {
		if (o->kind == SK_INCLUDE)
			add_table(rows, o->table, base + o->off);
		else
			add_row(rows, o, base);
	}
}

void sk_rows_init(struct sk_rows *rows, const struct sk_cmd *cmd)
{
	rows->n = 0;
	add_table(rows, cmd->options, 0);
	add_row(rows, &help_option, 0);
}

bool sk_row_is_help(const struct sk_row *row)
{
	return row->opt == &help_option;
}

bool sk_opt_takes_value(const struct sk_opt *opt)
{
	return opt->kind != SK_FLAG && opt->kind != SK_COUNT &&
	       (opt->kind != SK_LIST || opt->arg);
}

const char *sk_cmd_title(char buf[SK_CMD_TITLE_MAX], const struct sk_cmd *cmd)
{
	snprintf(buf, SK_CMD_TITLE_MAX, "%s%s", cmd->is_program ? "" :
		 "sockkit ", cmd->name);
	return buf;
}

const char *sk_opt_choices(char *buf, size_t size, const struct sk_opt *opt)
{
	size_t at = 0;

	for (const char *c = opt->choices; *c && at + 3 <= size; c++) {
		buf[at++] = *c;
		if (*c == ',')
			buf[at++] = ' ';
	}
	buf[at] = '\0';
	return buf;
}
