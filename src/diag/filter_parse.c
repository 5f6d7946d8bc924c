/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text to tree: a scanner of words and operators, and a recursive descent
 * with one function for each level of precedence. Hosts are in filter_host.c.
 */
#include "diag/filter_host.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "diag/source.h"
#include "sock/addr.h"
#include "sock/tcp_info.h"

#define DEPTH_MAX 100		/* of parentheses and nots */

enum token {
	T_END, T_OPEN, T_CLOSE, T_AND, T_OR, T_NOT, T_CMP, T_WORD,
};

struct parser {
	const char *text;	/* as given, for the caret */
	const char *at;		/* next to be read */
	const char *start;	/* of the current token */
	char *words;		/* where the next word is unescaped to */
	enum token token;
	enum sk_cmp cmp;	/* of T_CMP */
	const char *word;	/* of T_WORD */
	unsigned depth;
	int family;		/* of hosts that do not say so */
	struct sk_filter *f;
	struct sk_err *err;
};

/* --- errors --------------------------------------------------------------- */

int sk_filter_fail(struct sk_err *err, const char *expression, const char *at,
		   const char *what)
{
	char text[400], around[400];
	size_t before = (size_t)(at - expression), from = 0, col;

	/* A long expression is cut to what is near the place. */
	if (before > 60)
		from = before - 60;
	sk_escape(around, 120, expression + from, strlen(expression + from));
	sk_escape(text, sizeof(text), expression + from, before - from);
	col = strlen(text);
	return sk_usage(err, "filter: %s\n  %s\n  %*s^", what, around,
			(int)col, "");
}

static int fail_at(struct parser *p, const char *at, const char *what)
{
	return sk_filter_fail(p->err, p->text, at, what);
}

static int fail_word(struct parser *p, const char *what)
{
	return fail_at(p, p->start, what);
}

/* --- scanner -------------------------------------------------------------- */

static const struct {
	const char *text;
	enum token token;
	enum sk_cmp cmp;
} words[] = {
	{ "not", T_NOT, 0 },	{ "and", T_AND, 0 },	{ "or", T_OR, 0 },
	{ "eq", T_CMP, SK_EQ }, { "ne", T_CMP, SK_NE }, { "neq", T_CMP, SK_NE },
	{ "lt", T_CMP, SK_LT }, { "le", T_CMP, SK_LE }, { "leq", T_CMP, SK_LE },
	{ "gt", T_CMP, SK_GT }, { "ge", T_CMP, SK_GE }, { "geq", T_CMP, SK_GE },
}, symbols[] = {
	/* longer ones first */
	{ "&&", T_AND, 0 },	{ "||", T_OR, 0 },	{ "==", T_CMP, SK_EQ },
	{ "!=", T_CMP, SK_NE }, { "<=", T_CMP, SK_LE }, { ">=", T_CMP, SK_GE },
	{ "&", T_AND, 0 },	{ "|", T_OR, 0 },	{ "=", T_CMP, SK_EQ },
	{ "<", T_CMP, SK_LT },	{ ">", T_CMP, SK_GT },	{ "!", T_NOT, 0 },
	{ "(", T_OPEN, 0 },	{ ")", T_CLOSE, 0 },
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Ends a word that is not quoted. '!' does so only as part of "!=". */
static bool ends_word(const char *s)
{
	return !*s || is_blank(*s) || strchr("()&|=<>", *s) ||
	       (s[0] == '!' && s[1] == '=');
}

/* Quotes and backslashes keep what would end a word. */
static int scan_word(struct parser *p)
{
	char *to = p->words, quote = 0;

	while (quote ? *p->at != '\0' : !ends_word(p->at)) {
		if (*p->at == quote) {
			quote = 0;
		} else if (!quote && (*p->at == '"' || *p->at == '\'')) {
			quote = *p->at;
		} else {
			if (*p->at == '\\' && p->at[1])
				p->at++;
			*to++ = *p->at;
		}
		p->at++;
	}
	if (quote)
		return fail_word(p, "a quotation mark is missing");
	*to++ = '\0';
	p->word = p->words;
	p->words = to;
	p->token = T_WORD;
	return 0;
}

static int next(struct parser *p)
{
	while (is_blank(*p->at))
		p->at++;
	p->start = p->at;
	p->token = T_END;
	if (!*p->at)
		return 0;
	for (size_t i = 0; i < COUNT(symbols); i++) {
		if (!sk_starts_with(p->at, symbols[i].text))
			continue;
		p->at += strlen(symbols[i].text);
		p->token = symbols[i].token;
		p->cmp = symbols[i].cmp;
		return 0;
	}
	if (scan_word(p) < 0)
		return -EINVAL;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(p->word, words[i].text))
			continue;
		p->token = words[i].token;
		p->cmp = words[i].cmp;
	}
	return 0;
}

/* --- nodes ---------------------------------------------------------------- */

static struct sk_node *node(struct parser *p, enum sk_node_kind kind)
{
	struct sk_node *n = calloc(1, sizeof(*n));

	if (!n) {
		sk_fail(p->err, -ENOMEM, "%s", sk_strerror(ENOMEM));
		return NULL;
	}
	n->kind = kind;
	n->next = p->f->all;
	p->f->all = n;
	return n;
}

static struct sk_node *pair(struct parser *p, enum sk_node_kind kind,
			    struct sk_node *a, struct sk_node *b)
{
	struct sk_node *n = a && (b || kind == SK_NODE_NOT) ? node(p, kind) :
							      NULL;

	if (n) {
		n->a = a;
		n->b = b;
	}
	return n;
}

static struct sk_node *not_if(struct parser *p, bool really, struct sk_node *n)
{
	return really ? pair(p, SK_NODE_NOT, n, NULL) : n;
}

/* --- predicates ----------------------------------------------------------- */

/* An operator, "=" if there is none; then the value as p->word. */
static int value_of(struct parser *p, enum sk_cmp *cmp, bool ordered)
{
	const char *op = p->start;

	*cmp = SK_EQ;
	if (p->token == T_CMP) {
		*cmp = p->cmp;
		if (!ordered && *cmp != SK_EQ && *cmp != SK_NE)
			return fail_at(p, op, "only = and != make sense here");
		if (next(p) < 0)
			return -EINVAL;
	}
	if (p->token != T_WORD)
		return fail_word(p, "a value is missing here");
	return 0;
}

static int set_host(struct parser *p, struct sk_node *n)
{
	const char *why = sk_host_parse(&n->host, p->word, p->family);

	return why ? fail_word(p, why) : 0;
}

/* "22", ":22", "ssh", and a host with a port, of which only that counts. */
static int set_port(struct parser *p, struct sk_node *n)
{
	int64_t port;

	n->family = p->family;
	port = sk_host_port(p->word, &n->family);
	if (port == -1)
		return fail_word(p, "not a port: a number or a name of "
				    "services(5)");
	n->number = (uint64_t)port;
	n->mask = port == SK_PORT_ANY;
	return 0;
}

static int set_dev(struct parser *p, struct sk_node *n)
{
	n->number = if_nametoindex(p->word);
	if (!n->number && (sk_parse_uint(p->word, &n->number) < 0 ||
			   n->number > UINT32_MAX))
		return fail_word(p, "no such device");
	return 0;
}

static int set_mark(struct parser *p, struct sk_node *n)
{
	char mark[32];
	size_t len = strcspn(p->word, "/");

	n->mask = UINT32_MAX;
	if (sk_copyn(mark, sizeof(mark), p->word, len) < 0 ||
	    sk_parse_uint(mark, &n->number) < 0 ||
	    (p->word[len] && sk_parse_uint(p->word + len + 1, &n->mask) < 0) ||
	    n->number > UINT32_MAX || n->mask > UINT32_MAX)
		return fail_word(p, "not a mark: MARK or MARK/MASK");
	return 0;
}

/* The id of a cgroup is the file handle of its folder (cgroups(7)). */
static int set_cgroup(struct parser *p, struct sk_node *n)
{
	struct {
		struct file_handle h;
		uint64_t id;
	} handle = { .h.handle_bytes = sizeof(uint64_t) };
	static const char *const below[] = { "", "/sys/fs/cgroup/",
					     "/sys/fs/cgroup/unified/" };
	char path[4096];
	int mount;

	for (size_t i = 0; i < COUNT(below); i++) {
		snprintf(path, sizeof(path), "%s%s", below[i], p->word);
		if (name_to_handle_at(AT_FDCWD, path, &handle.h, &mount, 0) ||
		    handle.h.handle_bytes != sizeof(uint64_t))
			continue;
		memcpy(&n->number, handle.h.f_handle, sizeof(n->number));
		return 0;
	}
	return fail_word(p, "no such cgroup");
}

static int set_state(struct parser *p, struct sk_node *n)
{
	p->f->states = true;
	n->number = sk_states_parse(p->word, strlen(p->word));
	return n->number ? 0 : fail_word(p, "no such state");
}

static int set_field(struct parser *p, struct sk_node *n)
{
	n->text = p->word;
	p->f->want |= n->field->want;
	p->f->owners |= n->field->owners;
	if (n->field->tcp)
		n->tcp = sk_tcp_info_field(n->field->tcp);
	if (sk_field_parse(n->field, p->word, &n->number) < 0)
		return fail_word(p, "not a value of this field");
	return 0;
}

static const struct predicate {
	const char *word;
	enum sk_node_kind kind;
	unsigned side;
	bool ordered;		/* <, > … make sense */
	bool except;		/* the opposite is meant */
	int (*set)(struct parser *p, struct sk_node *n); /* NULL: no value */
} predicates[] = {
	{ "src", SK_NODE_HOST, 0, false, false, set_host },
	{ "dst", SK_NODE_HOST, 1, false, false, set_host },
	{ "sport", SK_NODE_PORT, 0, true, false, set_port },
	{ "dport", SK_NODE_PORT, 1, true, false, set_port },
	{ "dev", SK_NODE_DEV, 0, false, false, set_dev },
	{ "fwmark", SK_NODE_MARK, 0, false, false, set_mark },
	{ "cgroup", SK_NODE_CGROUP, 0, false, false, set_cgroup },
	{ "state", SK_NODE_STATE, 0, false, false, set_state },
	{ "exclude", SK_NODE_STATE, 0, false, true, set_state },
	{ "excl", SK_NODE_STATE, 0, false, true, set_state },
	{ "autobound", SK_NODE_AUTOBOUND, 0, false, false, NULL },
};

static struct sk_node *parse_value(struct parser *p, struct sk_node *n,
				   const struct predicate *how)
{
	bool ordered = how ? how->ordered : n->field->type != SK_FIELD_TEXT;
	bool negative;

	if (value_of(p, &n->cmp, ordered) < 0 ||
	    (how ? how->set(p, n) : set_field(p, n)) < 0)
		return NULL;
	negative = (n->cmp == SK_NE) != (how && how->except);
	return next(p) < 0 ? NULL : not_if(p, negative, n);
}

static struct sk_node *parse_predicate(struct parser *p)
{
	const struct sk_field *field;
	struct sk_node *n;

	for (size_t i = 0; i < COUNT(predicates); i++) {
		const struct predicate *how = &predicates[i];

		if (strcmp(p->word, how->word))
			continue;
		n = node(p, how->kind);
		if (!n || next(p) < 0)
			return NULL;
		n->side = how->side;
		return how->set ? parse_value(p, n, how) : n;
	}
	field = sk_field_find(p->word, strlen(p->word));
	if (!field) {
		fail_word(p, "no such predicate (src, dst, sport, dport, "
			     "state, dev, pid, comm, rtt …)");
		return NULL;
	}
	n = node(p, SK_NODE_FIELD);
	if (!n || next(p) < 0)
		return NULL;
	n->field = field;
	return parse_value(p, n, NULL);
}

/* --- expressions ---------------------------------------------------------- */

static struct sk_node *parse_or(struct parser *p);

static struct sk_node *parse_group(struct parser *p)
{
	const char *open = p->start;
	struct sk_node *n;

	if (next(p) < 0)
		return NULL;
	n = parse_or(p);
	if (!n)
		return NULL;
	if (p->token != T_CLOSE) {
		fail_at(p, p->token == T_END ? open : p->start,
			p->token == T_END ? "this parenthesis is not closed" :
					    "a ) is missing here");
		return NULL;
	}
	return next(p) < 0 ? NULL : n;
}

static struct sk_node *parse_one(struct parser *p)
{
	struct sk_node *n = NULL;

	if (++p->depth > DEPTH_MAX) {
		fail_word(p, "nested too deeply");
		return NULL;
	}
	switch (p->token) {
	case T_NOT:
		if (next(p) == 0)
			n = pair(p, SK_NODE_NOT, parse_one(p), NULL);
		break;
	case T_OPEN:
		n = parse_group(p);
		break;
	case T_WORD:
		n = parse_predicate(p);
		break;
	default:
		fail_word(p, "a predicate is missing here");
	}
	p->depth--;
	return n;
}

static struct sk_node *parse_and(struct parser *p)
{
	struct sk_node *n = parse_one(p);

	while (n && (p->token == T_AND || p->token == T_WORD ||
		     p->token == T_NOT || p->token == T_OPEN)) {
		if (p->token == T_AND && next(p) < 0)
			return NULL;
		n = pair(p, SK_NODE_AND, n, parse_one(p));
	}
	return n;
}

static struct sk_node *parse_or(struct parser *p)
{
	struct sk_node *n = parse_and(p);

	while (n && p->token == T_OR) {
		if (next(p) < 0)
			return NULL;
		n = pair(p, SK_NODE_OR, n, parse_and(p));
	}
	return n;
}

static int parse_all(struct parser *p)
{
	if (next(p) < 0)
		return -EINVAL;
	if (p->token == T_END) {
		p->f->root = node(p, SK_NODE_TRUE);
		return p->f->root ? 0 : -ENOMEM;
	}
	p->f->root = parse_or(p);
	if (!p->f->root)
		return -EINVAL;
	if (p->token != T_END)
		return fail_word(p, p->token == T_CLOSE ?
					    "no parenthesis is open here" :
					    "and, or, or the end is expected");
	return 0;
}

int sk_filter_parse(struct sk_filter **out, const char *text, int family,
		    struct sk_err *err)
{
	struct sk_filter *f = calloc(1, sizeof(*f));
	struct parser p = { .text = text, .at = text, .family = family, .f = f,
			    .err = err };
	int r = -ENOMEM;

	*out = NULL;
	/* A word is followed by something: each NUL has room in its place. */
	if (f)
		f->copy = p.words = malloc(2 * strlen(text) + 1);
	if (!f || !f->copy)
		sk_fail(err, r, "%s", sk_strerror(ENOMEM));
	else
		r = parse_all(&p);
	if (r < 0)
		sk_filter_free(f);
	else
		*out = f;
	return r;
}

void sk_filter_free(struct sk_filter *f)
{
	struct sk_node *n, *next_one;

	for (n = f ? f->all : NULL; n; n = next_one) {
		next_one = n->next;
		free(n->host);
		free(n);
	}
	free(f ? f->copy : NULL);
	free(f);
}
