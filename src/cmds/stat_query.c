/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit stat: which sockets, from the options and the filter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmds/stat.h"

static int select_sockets(const struct stat_opts *o, struct sk_select *s,
			  struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < o->queries.n && !r; i++)
		r = sk_select_query(s, o->queries.v[i], err);
	for (size_t i = 0; i < o->families.n && !r; i++)
		r = sk_select_family(s, o->families.v[i], err);
	return r;
}

/* Of -a, -l and -B the last, as in ss; 0: none was given. */
static uint32_t select_states(const struct stat_opts *o)
{
	if (!o->states.n)
		return 0;
	switch (*o->states.v[o->states.n - 1]) {
	case 'l':
		return SK_STATE_BIT(LISTEN) | SK_STATE_BIT(CLOSE);
	case 'b':
		return SK_STATE_BIT(BOUND_INACTIVE);
	default:
		return SK_STATES_ALL;
	}
}

/* A filter of several arguments is one text with blanks between. */
static char *join(int argc, char **argv)
{
	char *text;
	size_t n = 1, at = 0;

	for (int i = 0; i < argc; i++)
		n += strlen(argv[i]) + 1;
	text = calloc(1, n);
	for (int i = 0; text && i < argc; i++) {
		size_t len = strlen(argv[i]);

		memcpy(text + at, argv[i], len);
		at += len;
		if (i + 1 < argc)
			text[at++] = ' ';
	}
	return text;
}

/*
 * The lines of f, but for those that begin with '#'. 0, a negative errno, or
 * the number of a line with a NUL: the rest of it would be lost.
 */
static long copy_lines(FILE *f, FILE *to)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	long n = 1;

	for (; (len = getline(&line, &room, f)) >= 0; n++) {
		if (memchr(line, '\0', (size_t)len))
			break;
		if (*line != '#')
			fputs(line, to);
	}
	free(line);
	return len >= 0 ? n : feof(f) ? 0 : -errno;
}

/*
 * Line ends count as blanks. What cannot be read is no empty filter: that would
 * match everything, and -K close it.
 */
static char *read_filter(const char *name, struct sk_err *err)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "re") : stdin, *to;
	char *text = NULL;
	size_t size;
	long r;

	if (!f) {
		sk_fail(err, -errno, "%s: %s", name, sk_strerror(errno));
		return NULL;
	}
	to = open_memstream(&text, &size);
	r = to ? copy_lines(f, to) : -ENOMEM;
	if (f != stdin)
		fclose(f);
	if (to && fclose(to))
		r = -ENOMEM;
	if (!r)
		return text;
	if (r > 0)
		sk_usage(err, "%s:%ld: a NUL is no part of a filter", name, r);
	else
		sk_fail(err, (int)r, "%s: %s", name, sk_strerror((int)r));
	free(text);
	return NULL;
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

int stat_query_init(struct stat_query *q, const struct stat_opts *o, int argc,
		    char **argv, struct sk_err *err)
{
	const char *rest;
	uint32_t states = 0;
	int r;

	*q = (struct stat_query){};
	if (o->filter_file && argc)
		return sk_usage(err, "--filter and an operand both give a "
				     "filter");
	q->text = o->filter_file ? read_filter(o->filter_file, err) :
				   join(argc, argv);
	if (!q->text)
		return o->filter_file ? -ENOENT : -ENOMEM;
	if (o->kill && is_blank(q->text)) {
		/* Its writer has failed, more likely than not. */
		if (o->filter_file)
			return sk_usage(err, "--kill: there is no filter in "
					"%s, and every socket would be closed",
					o->filter_file);
		/* On a terminal we ask. */
		if (!o->yes && !isatty(STDIN_FILENO))
			return sk_usage(err, "--kill without a filter would "
					"close every socket: --yes, if that "
					"is meant");
	}
	rest = q->text;
	r = select_sockets(o, &q->select, err);
	q->host_family = sk_select_host_family(&q->select);
	if (!r)
		r = sk_select_states(&rest, &states, err);
	if (!r)
		r = sk_filter_parse(&q->filter, rest, q->host_family, err);
	if (r < 0)
		return r;
	if (!states)
		states = select_states(o);
	if (!states && sk_filter_has_states(q->filter))
		states = SK_STATES_ALL;
	sk_select_finish(&q->select, states);
	if (!q->select.kinds)
		return sk_usage(err, "--query leaves no table of sockets");
	return 0;
}

void stat_query_fini(struct stat_query *q)
{
	sk_filter_free(q->filter);
	free(q->text);
}
