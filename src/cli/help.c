/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command's table as text: for people (help) and for programs (dump). */
#include "cli/cli.h"

#include "cli/rows.h"

#define COLUMNS 80		/* at most; the last one stays free */
#define HELP_COLUMN_MAX 30	/* longer names get a line of their own */
#define LEFT_MAX 80

static const struct group {
	const char *key;	/* in the dump */
	const char *heading;
} groups[] = {
	[SK_GRP_GENERAL] = { "general", "General" },
	[SK_GRP_ADDRESS] = { "address", "Addresses and sockets" },
	[SK_GRP_SERVER] = { "server", "Server" },
	[SK_GRP_ACCESS] = { "access", "Access" },
	[SK_GRP_PROGRAM] = { "program", "Programs and forwarding" },
	[SK_GRP_SCAN] = { "scan", "Scan" },
	[SK_GRP_TLS] = { "tls", "TLS" },
	[SK_GRP_PROXY] = { "proxy", "Proxies" },
	[SK_GRP_TIME] = { "time", "Time" },
	[SK_GRP_DATA] = { "data", "Data" },
	[SK_GRP_SHOW] = { "show", "What is shown" },
};

static const char *const kinds[] = {
	[SK_FLAG] = "flag",	[SK_COUNT] = "count", [SK_STRING] = "string",
	[SK_LIST] = "list",	[SK_INT] = "int",     [SK_SIZE] = "size",
	[SK_RATE] = "rate",	[SK_DURATION] = "duration",
	[SK_CHOICE] = "choice",
};

/*
 * Print text word by word from column *at on, never past the last column; a
 * line that continues starts at indent. A word that fits no line is broken.
 */
static void wrap(FILE *out, size_t *at, size_t indent, const char *text)
{
	while (*text) {
		size_t room = COLUMNS - 1 - indent, n = strcspn(text, " ");
		size_t gap = *at > indent;

		if (*at + gap + n > COLUMNS - 1 && *at > indent) {
			fprintf(out, "\n%*s", (int)indent, "");
			*at = indent;
			gap = 0;
		}
		if (n > room)
			n = room;
		fprintf(out, "%s%.*s", gap ? " " : "", (int)n, text);
		*at += gap + n;
		text += n;
		text += strspn(text, " ");
	}
}

void sk_cli_help_row(FILE *out, const char *left, size_t column,
		     const char *text)
{
	size_t at = strlen(left);

	fputs(left, out);
	if (*text && at + 2 > column) {
		fputc('\n', out);
		at = 0;
	}
	if (*text && at < column) {
		fprintf(out, "%*s", (int)(column - at), "");
		at = column;
	}
	wrap(out, &at, column, text);
	fputc('\n', out);
}

/* "  -p, --source-port PORT", "      --progress[=WHEN]" */
static const char *left_of(char buf[LEFT_MAX], const struct sk_opt *opt)
{
	char letter[] = { '-', (char)opt->short_name, ',', '\0' };
	const char *arg = sk_opt_takes_value(opt) ? opt->arg : NULL;

	snprintf(buf, LEFT_MAX, "  %-3s --%s%s%s%s",
		 opt->short_name ? letter : "", opt->long_name,
		 !arg ? "" : opt->arg_optional ? "[=" : " ", arg ? arg : "",
		 arg && opt->arg_optional ? "]" : "");
	return buf;
}

/* Where the help of all rows begins: right of the longest usual name. */
static size_t help_column(const struct sk_rows *rows)
{
	char left[LEFT_MAX];
	size_t column = 0;

	for (size_t i = 0; i < rows->n; i++) {
		size_t n = strlen(left_of(left, rows->v[i].opt)) + 2;

		if (n > column && n <= HELP_COLUMN_MAX)
			column = n;
	}
	return column;
}

/* The help of a row; what a choice may be stands behind it. */
static void print_row(FILE *out, const struct sk_opt *opt, size_t column)
{
	char left[LEFT_MAX], choices[400], text[800];

	left_of(left, opt);
	if (opt->kind != SK_CHOICE) {
		sk_cli_help_row(out, left, column, opt->help);
		return;
	}
	snprintf(text, sizeof(text), "%s: %s", opt->help,
		 sk_opt_choices(choices, sizeof(choices), opt));
	sk_cli_help_row(out, left, column, text);
}

static void print_group(FILE *out, const struct sk_rows *rows,
			enum sk_opt_group group, size_t column)
{
	bool any = false;

	for (size_t i = 0; i < rows->n; i++) {
		const struct sk_opt *opt = rows->v[i].opt;

		if (opt->group != group)
			continue;
		if (!any)
			fprintf(out, "\n%s:\n", groups[group].heading);
		any = true;
		print_row(out, opt, column);
	}
}

static void print_usage(FILE *out, const struct sk_cmd *cmd)
{
	char title[SK_CMD_TITLE_MAX];
	size_t at, indent;

	sk_cmd_title(title, cmd);
	indent = strlen("usage: ") + strlen(title) + 1;
	fprintf(out, "usage: %s ", title);
	at = indent;
	wrap(out, &at, indent, "[OPTIONS]");
	wrap(out, &at, indent, cmd->operands ? cmd->operands : "");
	fputs("\n\n", out);
	at = 0;
	wrap(out, &at, 0, cmd->summary);
	fputc('\n', out);
}

void sk_cli_help(FILE *out, const struct sk_cmd *cmd)
{
	struct sk_rows rows;
	size_t column;

	sk_rows_init(&rows, cmd);
	column = help_column(&rows);
	print_usage(out, cmd);
	for (int g = 0; g < SK_GRP_COUNT_; g++)
		print_group(out, &rows, (enum sk_opt_group)g, column);
}

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

static void dump_row(FILE *out, const struct sk_cmd *cmd,
		     const struct sk_opt *opt)
{
	char letter[] = { '-', (char)opt->short_name, '\0' };
	bool optional = opt->arg_optional && opt->arg;

	fprintf(out, "option\t%s\t%s\t--%s\t%s\t%s%s%s\t%s\t%s\t%s\t%s\n",
		cmd->name, letter, opt->long_name, kinds[opt->kind],
		optional ? "[" : "",
		or_dash(sk_opt_takes_value(opt) ? opt->arg : NULL),
		optional ? "]" : "", groups[opt->group].key,
		or_dash(opt->choices),
		opt->kind == SK_LIST || opt->kind == SK_COUNT ? "yes" : "no",
		opt->help);
}

void sk_cli_dump(FILE *out, const struct sk_cmd *cmd)
{
	struct sk_rows rows;

	sk_rows_init(&rows, cmd);
	fprintf(out, "command\t%s\t%s\t%s\n", cmd->name,
		or_dash(cmd->operands), cmd->summary);
	for (size_t i = 0; i < rows.n; i++)
		dump_row(out, cmd, rows.v[i].opt);
}
