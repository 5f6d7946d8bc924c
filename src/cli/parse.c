/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * argv against a command's table. One pass over the arguments stores values
 * as they come and moves operands to the front; what depends on several
 * options (excludes, needs, the number of operands) is checked at the end.
 */
#include "cli/cli.h"

#include "base/suggest.h"
#include "base/text.h"
#include "cli/rows.h"
#include "cli/value.h"

#define NAME_MAX_LEN 64		/* "--" and the longest option name */
#define NAMES_MAX 300		/* several names in one message */

struct parser {
	const struct sk_cmd *cmd;
	struct sk_rows rows;
	char *opts;
	char **argv;
	int argc, at;		/* argv[at] is the next argument */
	int operands;		/* gathered so far */
	struct sk_err *err;
};

/* A usage error that leaves the reader with a question: says who answers. */
static SK_PRINTF(2, 3) int fail_hint(struct parser *p, const char *fmt, ...)
{
	char text[sizeof(p->err->text)], title[SK_CMD_TITLE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return sk_usage(p->err, "%s; try '%s --help'", text,
			sk_cmd_title(title, p->cmd));
}

/* Append an option's name to a list in a message; "..." once it is full. */
static void add_name(char list[NAMES_MAX], const char *separator,
		     const char *name, size_t len)
{
	size_t at = strlen(list);

	if (at + strlen(separator) + 2 + len + sizeof(", ...") < NAMES_MAX)
		snprintf(list + at, NAMES_MAX - at, "%s--%.*s",
			 at ? separator : "", (int)len, name);
	else if (at && strcmp(list + at - 3, "..."))
		snprintf(list + at, NAMES_MAX - at, ", ...");
}

static const char *long_name_at(void *rows, size_t i)
{
	const struct sk_rows *r = rows;

	return i < r->n ? r->v[i].opt->long_name : NULL;
}

static void unknown_long(struct parser *p, const char *name, size_t len)
{
	char word[NAME_MAX_LEN] = "", quoted[SK_QUOTE_MAX];
	const struct sk_hint *hint = p->cmd->hints;
	const char *near = NULL;

	if (!sk_copyn(word, sizeof(word), name, len))
		near = sk_suggest(word, long_name_at, &p->rows);
	sk_escape(quoted, sizeof(quoted), name, len);
	while (hint && hint->name && strcmp(hint->name, word))
		hint++;
	if (hint && hint->name)
		sk_usage(p->err, "unknown option --%s: did you mean %s?",
			 quoted, hint->meant);
	else if (near)
		sk_usage(p->err, "unknown option --%s: did you mean --%s?",
			 quoted, near);
	else
		fail_hint(p, "unknown option --%s", quoted);
}

static void ambiguous_long(struct parser *p, const char *name, size_t len)
{
	char names[NAMES_MAX] = "";

	for (size_t i = 0; i < p->rows.n; i++) {
		const char *s = p->rows.v[i].opt->long_name;

		if (!strncmp(s, name, len))
			add_name(names, ", ", s, strlen(s));
	}
	sk_usage(p->err, "option --%.*s is ambiguous: %s", (int)len, name,
		 names);
}

/* The row of an exact name, or the only one that begins like this, or NULL. */
static struct sk_row *find_long(struct parser *p, const char *name, size_t len)
{
	struct sk_row *found = NULL;
	bool several = false;

	for (size_t i = 0; len && i < p->rows.n; i++) {
		struct sk_row *row = &p->rows.v[i];

		if (strncmp(row->opt->long_name, name, len))
			continue;
		if (!row->opt->long_name[len])
			return row;
		several = several || found;
		found = row;
	}
	if (several)
		ambiguous_long(p, name, len);
	else if (!found)
		unknown_long(p, name, len);
	return several ? NULL : found;
}

static struct sk_row *find_short(struct parser *p, char c)
{
	for (size_t i = 0; i < p->rows.n; i++)
		if (p->rows.v[i].opt->short_name == (unsigned char)c)
			return &p->rows.v[i];
	return NULL;
}

/*
 * Store one option. attached is the value that came with the name, or NULL;
 * the next argument is taken where one is needed. Returns 1 for --help.
 */
static int take(struct parser *p, struct sk_row *row, const char *name,
		const char *attached)
{
	const struct sk_opt *opt = row->opt;
	const char *value = attached;
	char *fields = p->opts + row->base;

	if (sk_row_is_help(row) && !attached)
		return 1;
	if (!sk_opt_takes_value(opt)) {
		if (attached)
			return fail_hint(p, "%s takes no value", name);
		value = opt->bare;
	} else if (!value && opt->arg_optional) {
		value = opt->bare;
	} else if (!value) {
		if (p->at == p->argc)
			return fail_hint(p, "%s needs a value (%s)", name,
					 opt->arg);
		value = p->argv[p->at++];
	}
	row->given = true;
	if (opt->seen)
		*(bool *)(fields + opt->seen) = true;
	return sk_value_set(fields + opt->off, opt, name, value, p->err);
}

/* An alias counts before the beginning of a name, but after a whole one. */
static const struct sk_alias *find_alias(struct parser *p, const char *arg,
					 size_t len)
{
	const struct sk_alias *a = p->cmd->aliases, *bare = NULL;
	const bool valued = arg[len];

	for (; a && a->name; a++) {
		if (!strcmp(a->name, arg))
			bare = a;
		if (strncmp(a->name, arg, len) || a->name[len])
			continue;
		if (valued && a->prefix)
			return a;
		/* Of two by one name, this is the one that needs no value. */
		if (!bare || !a->prefix)
			bare = a;
	}
	for (size_t i = 0; bare && !strchr(bare->name, '=') && i < p->rows.n;
	     i++)
		if (!strcmp(p->rows.v[i].opt->long_name, bare->name))
			return NULL;
	return bare;
}

static int parse_alias(struct parser *p, const struct sk_alias *a,
		       const char *value)
{
	struct sk_row *row = find_long(p, a->option, strlen(a->option));
	char name[NAME_MAX_LEN];
	int r = 0;

	if (!row)
		return -EINVAL;
	snprintf(name, sizeof(name), "--%s", a->name);
	if (!a->prefix) {
		for (int i = 0; i < (a->times ? a->times : 1) && !r; i++)
			r = take(p, row, name, value);
		return r;
	}
	if (!value && p->at == p->argc)
		return fail_hint(p, "%s needs a value", name);
	row->given = true;
	return sk_value_join((void *)(p->opts + row->base + row->opt->off),
			     a->prefix, value ? value : p->argv[p->at++],
			     p->err);
}

static int parse_long(struct parser *p, const char *arg)
{
	size_t len = strcspn(arg, "=");
	const struct sk_alias *alias = find_alias(p, arg, len);
	struct sk_row *row;
	char name[NAME_MAX_LEN];

	if (alias)
		return parse_alias(p, alias, arg[len] &&
				   !strchr(alias->name, '=') ?
					   arg + len + 1 : NULL);
	row = find_long(p, arg, len);
	if (!row)
		return -EINVAL;
	snprintf(name, sizeof(name), "--%s", row->opt->long_name);
	return take(p, row, name, arg[len] ? arg + len + 1 : NULL);
}

/* at: in the cluster, on the letter; a whole word may be a long name. */
static int unknown_short(struct parser *p, const char *cluster, const char *at)
{
	const struct sk_hint *hint = p->cmd->hints;
	char quoted[SK_QUOTE_MAX];
	size_t len = 1;

	while (((unsigned char)at[len] & 0xc0) == 0x80)
		len++;		/* the rest of a UTF-8 character */
	sk_escape(quoted, sizeof(quoted), at, len);
	while (hint && hint->name && (hint->name[1] || *hint->name != *at))
		hint++;
	if (hint && hint->name)
		return sk_usage(p->err, "-%s: unknown option: did you mean %s?",
				quoted, hint->meant);
	for (size_t i = 0; i < p->rows.n; i++)
		if (!strcmp(p->rows.v[i].opt->long_name, cluster))
			return sk_usage(p->err, "-%s: unknown option: did you "
					"mean --%s?", quoted, cluster);
	return fail_hint(p, "-%s: unknown option", quoted);
}

/* -kv, -p80, -kp80, -p 80: the first letter that takes a value ends it. */
static int parse_short(struct parser *p, const char *cluster)
{
	for (const char *s = cluster; *s; s++) {
		struct sk_row *row = find_short(p, *s);
		const char name[] = { '-', *s, '\0' };
		bool last;
		int r;

		if (!row)
			return unknown_short(p, cluster, s);
		last = sk_opt_takes_value(row->opt);
		r = take(p, row, name, last && s[1] ? s + 1 : NULL);
		if (r || last)
			return r;
	}
	return 0;
}

static int parse_args(struct parser *p)
{
	bool options = true;
	int r = 0;

	while (p->at < p->argc && !r) {
		char *arg = p->argv[p->at++];

		if (!options || arg[0] != '-' || !arg[1]) {
			p->argv[p->operands++] = arg;
			options = options && !p->cmd->stop_at_operand;
		} else if (!strcmp(arg, "--")) {
			options = false;
		} else if (arg[1] == '-') {
			r = parse_long(p, arg + 2);
		} else {
			r = parse_short(p, arg + 1);
		}
	}
	p->argv[p->operands] = NULL;
	return r;
}

static int check_excludes(struct parser *p, const struct sk_opt *opt)
{
	for (size_t i = 0; i < p->rows.n; i++) {
		const struct sk_row *other = &p->rows.v[i];

		if (other->given &&
		    sk_in_list(opt->excludes, other->opt->long_name))
			return sk_usage(p->err, "--%s cannot be used with --%s",
					opt->long_name, other->opt->long_name);
	}
	return 0;
}

static int check_needs(struct parser *p, const struct sk_opt *opt)
{
	char names[NAMES_MAX] = "";

	if (!opt->needs)
		return 0;
	for (size_t i = 0; i < p->rows.n; i++)
		if (p->rows.v[i].given &&
		    sk_in_list(opt->needs, p->rows.v[i].opt->long_name))
			return 0;
	for (const char *s = opt->needs; *s;) {
		size_t n = strcspn(s, ",");

		add_name(names, " or ", s, n);
		s += n + (s[n] == ',');
	}
	return sk_usage(p->err, "--%s needs %s", opt->long_name, names);
}

static int check_operands(struct parser *p)
{
	const struct sk_cmd *cmd = p->cmd;
	char title[SK_CMD_TITLE_MAX], quoted[SK_QUOTE_MAX];

	sk_cmd_title(title, cmd);
	if (p->operands < cmd->min_operands)
		return sk_usage(p->err, "too few operands: usage: %s [OPTIONS]"
				" %s", title, cmd->operands);
	if (cmd->max_operands < 0 || p->operands <= cmd->max_operands)
		return 0;
	sk_quote(quoted, p->argv[cmd->max_operands]);
	return sk_usage(p->err,
			"one operand too many, '%s': usage: %s [OPTIONS]%s%s",
			quoted, title, cmd->operands ? " " : "",
			cmd->operands ? cmd->operands : "");
}

static int check_all(struct parser *p)
{
	for (size_t i = 0; i < p->rows.n; i++) {
		const struct sk_row *row = &p->rows.v[i];

		if (row->given && (check_excludes(p, row->opt) < 0 ||
				   check_needs(p, row->opt) < 0))
			return -EINVAL;
	}
	return check_operands(p);
}

int sk_cli_parse(const struct sk_cmd *cmd, void *opts, int argc, char **argv,
		 int *n, struct sk_err *err)
{
	struct parser p = { .cmd = cmd, .opts = opts, .argc = argc,
			    .argv = argv, .at = 1, .err = err };
	int r;

	sk_rows_init(&p.rows, cmd);
	if (cmd->preset)
		memcpy(opts, cmd->preset, cmd->opts_size);
	else
		memset(opts, 0, cmd->opts_size);
	r = argc > 0 ? parse_args(&p) : 0;
	*n = p.operands;
	return r ? r : check_all(&p);
}

void sk_cli_free(const struct sk_cmd *cmd, void *opts)
{
	struct sk_rows rows;

	sk_rows_init(&rows, cmd);
	for (size_t i = 0; i < rows.n; i++) {
		const struct sk_row *row = &rows.v[i];
		struct sk_strings *list;

		if (row->opt->kind != SK_LIST)
			continue;
		list = (void *)((char *)opts + row->base + row->opt->off);
		for (size_t k = 0; k < list->n_made; k++)
			free(list->made[k]);
		free(list->made);
		free(list->v);
		*list = (struct sk_strings){ 0 };
	}
}
