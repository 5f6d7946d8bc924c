/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/collect.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

/* Rows are made one at a time, by one thread. */
static struct sk_line line;

static int unknown(const char *option, const char *key, size_t len,
		   struct sk_err *err)
{
	char quoted[64];

	sk_escape(quoted, sizeof(quoted), key, len);
	return sk_usage(err, "%s %s: no such column (--columns help lists "
			"them)", option, quoted);
}

/* --- sorting -------------------------------------------------------------- */

struct sk_entry {
	struct sk_sock *sock;
	bool has;
	uint64_t number;
	char *text;		/* of text columns */
};

int sk_sorter_parse(struct sk_sorter *s, const char *key, struct sk_err *err)
{
	size_t n = strcspn(key, ":");

	s->key = sk_column_find(key, n);
	if (!s->key)
		return unknown("--sort", key, n, err);
	s->descending = !strcmp(key + n, ":desc");
	if (key[n] && !s->descending && strcmp(key + n, ":asc"))
		return sk_usage(err, "--sort: KEY, KEY:asc or KEY:desc");
	return 0;
}

int sk_sorter_add(struct sk_sock *sock, void *arg)
{
	struct sk_sorter *s = arg;
	struct sk_entry *e;

	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 256;

		e = realloc(s->v, room * sizeof(*e));
		if (!e)
			return -ENOMEM;
		s->v = e;
		s->room = room;
	}
	e = &s->v[s->n];
	*e = (struct sk_entry){ .sock = sk_sock_dup(sock) };
	if (!e->sock)
		return -ENOMEM;
	s->n++;
	e->has = sk_column_number(s->key, sock, &e->number);
	if (e->has)
		return 0;
	line.n = 0;
	e->has = sk_column_text(s->key, &line, s->view, sock);
	if (e->has)
		e->text = strndup(line.buf, line.n);
	return e->has && !e->text ? -ENOMEM : 0;
}

static int compare(const void *pa, const void *pb, void *arg)
{
	const struct sk_entry *a = pa, *b = pb;
	const struct sk_sorter *s = arg;
	int r;

	if (a->has != b->has)
		return a->has ? -1 : 1;
	if (a->text && b->text)
		r = strcmp(a->text, b->text);
	else
		r = (a->number > b->number) - (a->number < b->number);
	if (!r)			/* any order, but always the same */
		return (a->sock->cookie > b->sock->cookie) -
		       (a->sock->cookie < b->sock->cookie);
	return s->descending ? -r : r;
}

int sk_sorter_end(struct sk_sorter *s, sk_diag_fn *fn, void *arg)
{
	int r = 0;

	if (s->n)
		qsort_r(s->v, s->n, sizeof(*s->v), compare, s);
	for (size_t i = 0; i < s->n; i++) {
		if (!r && fn)
			r = fn(s->v[i].sock, arg);
		free(s->v[i].sock);
		free(s->v[i].text);
	}
	free(s->v);
	s->v = NULL;
	s->n = s->room = 0;
	return r;
}

/* --- counting ------------------------------------------------------------- */

struct sk_count {
	char *text;		/* NULL: a free slot */
	uint64_t n;
};

int sk_census_parse(struct sk_census *c, const char *key, struct sk_err *err)
{
	/* Ports of clients would make every peer another. */
	if (!strcmp(key, "peer"))
		key = "paddr";
	else if (!strcmp(key, "local"))
		key = "laddr";
	c->key = sk_column_find(key, strlen(key));
	return c->key ? 0 : unknown("--count-by", key, strlen(key), err);
}

static struct sk_count *find(struct sk_count *v, size_t room, const char *text,
			     size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037);
	size_t i;

	for (i = 0; i < len; i++)	/* FNV-1a */
		h = (h ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
	for (i = h & (room - 1); v[i].text; i = (i + 1) & (room - 1))
		if (!strncmp(v[i].text, text, len) && !v[i].text[len])
			break;
	return &v[i];
}

static int grow(struct sk_census *c)
{
	size_t room = c->room ? c->room * 2 : 256;
	struct sk_count *v = calloc(room, sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < c->room; i++)
		if (c->v[i].text)
			*find(v, room, c->v[i].text, strlen(c->v[i].text)) =
				c->v[i];
	free(c->v);
	c->v = v;
	c->room = room;
	return 0;
}

int sk_census_add(struct sk_sock *s, void *arg)
{
	struct sk_census *c = arg;
	struct sk_count *slot;

	if (c->n * 2 >= c->room && grow(c) < 0)
		return -ENOMEM;
	line.n = 0;
	if (!sk_column_text(c->key, &line, c->view, s))
		line_char(&line, '-');
	slot = find(c->v, c->room, line.buf, line.n);
	if (!slot->text) {
		slot->text = strndup(line.buf, line.n);
		if (!slot->text)
			return -ENOMEM;
		c->n++;
	}
	slot->n++;
	return 0;
}

static int most_first(const void *pa, const void *pb)
{
	const struct sk_count *a = pa, *b = pb;

	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	return a->text && b->text ? strcmp(a->text, b->text) : 0;
}

static void write_json(const struct sk_census *c, struct sk_out *out)
{
	struct sk_json j;

	sk_json_init(&j, out);
	sk_json_begin(&j, '{');
	sk_json_put_str(&j, "by", sk_column_name(c->key));
	sk_json_key(&j, "counts");
	sk_json_begin(&j, '[');
	for (size_t i = 0; i < c->n; i++) {
		sk_json_begin(&j, '{');
		sk_json_put_str(&j, "value", c->v[i].text);
		sk_json_put_u64(&j, "count", c->v[i].n);
		sk_json_end(&j, '}');
	}
	sk_json_end(&j, ']');
	sk_json_end(&j, '}');
	sk_json_line(&j);
}

static void write_table(const struct sk_census *c, struct sk_out *out)
{
	bool header = c->view->header;

	if (header)
		sk_out_printf(out, "%8s %s\n", "Count",
			      sk_column_name(c->key));
	for (size_t i = 0; i < c->n; i++)
		sk_out_printf(out, "%8llu %s\n",
			      (unsigned long long)c->v[i].n, c->v[i].text);
}

static void write_csv(const struct sk_census *c, struct sk_out *out)
{
	if (c->view->header)
		sk_out_printf(out, "count,%s\r\n", sk_column_name(c->key));
	for (size_t i = 0; i < c->n; i++) {
		sk_out_printf(out, "%llu,\"", (unsigned long long)c->v[i].n);
		for (const char *s = c->v[i].text; *s; s++) {
			if (*s == '"')
				sk_out_char(out, '"');
			sk_out_char(out, *s);
		}
		sk_out_str(out, "\"\r\n");
	}
}

int sk_census_end(struct sk_census *c, struct sk_out *out,
		   enum sk_count_form form)
{
	if (c->room)
		qsort(c->v, c->room, sizeof(*c->v), most_first);
	if (form == SK_COUNT_JSON)
		write_json(c, out);
	else if (form == SK_COUNT_CSV)
		write_csv(c, out);
	else
		write_table(c, out);
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].text);
	free(c->v);
	c->v = NULL;
	return out->error;
}
