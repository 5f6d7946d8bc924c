/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a filled struct back to the words that fill it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/value.h"

struct words {
	char ***v;
	size_t *n;
	int error;
};

/* "--name=value", or "--name" alone. */
static void add(struct words *w, const char *name, const char *value)
{
	char **grown = reallocarray(*w->v, *w->n + 2, sizeof(*grown));
	char *word = NULL;

	if (grown)
		*w->v = grown;
	if (!grown || asprintf(&word, "--%s%s%s", name, value ? "=" : "",
			       value ? value : "") < 0) {
		w->error = -ENOMEM;
		return;
	}
	grown[(*w->n)++] = word;
	grown[*w->n] = NULL;
}

static bool same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* A number, or a choice: told by .seen, or by not being the preset. */
static void add_value(struct words *w, const struct sk_opt *opt,
		      const void *opts, const void *preset)
{
	size_t size = opt->kind == SK_CHOICE ? sizeof(int) : sizeof(uint64_t);
	const char *field = (const char *)opts + opt->off;
	const char *usual = (const char *)preset + opt->off;
	char text[SK_VALUE_TEXT_MAX];

	if (opt->seen ? *(const bool *)((const char *)opts + opt->seen) :
			memcmp(field, usual, size) != 0)
		add(w, opt->long_name, sk_value_text(text, field, opt));
}

static void add_option(struct words *w, const struct sk_opt *opt,
		       const void *opts, const void *preset)
{
	const void *field = (const char *)opts + opt->off;
	const void *usual = (const char *)preset + opt->off;
	const struct sk_strings *list;
	const char *string;

	switch (opt->kind) {
	case SK_FLAG:
		if (*(const bool *)field)
			add(w, opt->long_name, NULL);
		break;
	case SK_COUNT:
		for (int i = 0; i < *(const int *)field; i++)
			add(w, opt->long_name, NULL);
		break;
	case SK_STRING:
		string = *(const char *const *)field;
		if (string && !same_string(string,
					   *(const char *const *)usual))
			add(w, opt->long_name, string);
		break;
	case SK_LIST:
		list = field;
		for (size_t i = 0; i < list->n; i++)
			if (opt->arg)
				add(w, opt->long_name, list->v[i]);
			else if (same_string(list->v[i], opt->bare))
				add(w, opt->long_name, NULL);
		break;
	default:
		add_value(w, opt, opts, preset);
	}
}

static void add_table(struct words *w, const struct sk_opt *table,
		      const void *opts, const void *preset)
{
	for (; table->kind != SK_OPT_LAST; table++)
		if (table->kind == SK_INCLUDE)
			add_table(w, table->table,
				  (const char *)opts + table->off,
				  (const char *)preset + table->off);
		else
			add_option(w, table, opts, preset);
}

int sk_cli_words(char ***words, size_t *n, const struct sk_opt *table,
		 const void *opts, const void *preset)
{
	struct words w = { words, n, 0 };

	add_table(&w, table, opts, preset);
	return w.error;
}
