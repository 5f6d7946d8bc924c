/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /proc/net/protocols: a heading, then a row for each protocol. Columns are
 * found by their names in the heading, as kernels add and remove some; those
 * of two letters say by y or n whether the protocol has a function.
 */
#include <stdlib.h>
#include <string.h>

#include "base/grid.h"
#include "base/json.h"
#include "diag/procfile.h"
#include "diag/summary.h"

#define COLUMNS_MAX 48

static const struct {
	const char *column, *function;
} functions[] = {
	{ "cl", "close" },	{ "co", "connect" },
	{ "di", "disconnect" }, { "ac", "accept" },
	{ "io", "ioctl" },	{ "in", "init" },
	{ "de", "destroy" },	{ "sh", "shutdown" },
	{ "ss", "setsockopt" }, { "gs", "getsockopt" },
	{ "se", "sendmsg" },	{ "re", "recvmsg" },
	{ "sp", "sendpage" },	{ "bi", "bind" },
	{ "br", "backlog_rcv" }, { "ha", "hash" },
	{ "uh", "unhash" },	{ "gp", "get_port" },
	{ "em", "memory_pressure" },
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct protocols {
	char *heading[COLUMNS_MAX];
	size_t columns;
	char *row[COLUMNS_MAX];
};

static size_t words_of(char *line, char *words[COLUMNS_MAX])
{
	size_t n = 0;

	while (n < COLUMNS_MAX && (words[n] = sk_word_next(&line)) != NULL)
		n++;
	return n;
}

/* NULL where this kernel has no such column. */
static const char *value_of(const struct protocols *p, const char *column)
{
	for (size_t i = 0; i < p->columns; i++)
		if (!strcmp(p->heading[i], column))
			return p->row[i];
	return NULL;
}

static bool has_function(const struct protocols *p, size_t i)
{
	const char *v = value_of(p, functions[i].column);

	return v && *v == 'y';
}

/* -1 and NI: the protocol does not count it. */
static const char *counted(const char *v)
{
	return !v || !strcmp(v, "-1") || !strcmp(v, "NI") ? "-" : v;
}

static void grid_row(struct sk_grid *g, const struct protocols *p)
{
	struct sk_out names;

	sk_grid_cell(g, value_of(p, "protocol"));
	sk_grid_cell(g, value_of(p, "sockets"));
	sk_grid_cell(g, value_of(p, "size"));
	sk_grid_cell(g, counted(value_of(p, "memory")));
	sk_grid_cell(g, counted(value_of(p, "press")));
	sk_grid_cell(g, value_of(p, "module"));
	sk_out_init(&names, -1);
	for (size_t i = 0; i < N(functions); i++)
		if (has_function(p, i))
			sk_out_printf(&names, "%s%s", names.len ? " " : "",
				      functions[i].function);
	sk_out_char(&names, '\0');
	sk_grid_cell(g, names.buf);
	sk_out_fini(&names);
}

static void json_number(struct sk_json *j, const char *key, const char *text)
{
	char *end = NULL;
	long long v = text ? strtoll(text, &end, 10) : -1;

	sk_json_key(j, key);
	if (v < 0 || *end)
		sk_json_null(j);
	else
		sk_json_i64(j, v);
}

static void json_row(struct sk_json *j, const struct protocols *p)
{
	const char *press = value_of(p, "press");

	sk_json_begin(j, '{');
	sk_json_put_str(j, "protocol", value_of(p, "protocol"));
	json_number(j, "sockets", value_of(p, "sockets"));
	json_number(j, "size_bytes", value_of(p, "size"));
	json_number(j, "memory_pages", value_of(p, "memory"));
	sk_json_key(j, "pressure");
	if (!press || !strcmp(press, "NI"))
		sk_json_null(j);
	else
		sk_json_bool(j, *press == 'y');
	sk_json_put_str(j, "module", value_of(p, "module"));
	sk_json_key(j, "functions");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < N(functions); i++)
		if (has_function(p, i))
			sk_json_str(j, functions[i].function);
	sk_json_end(j, ']');
	sk_json_end(j, '}');
}

static const char *const titles[] = {
	"Protocol", "Sockets", "Size", "Pages", "Pressure", "Module",
	"Functions",
};

void sk_protocols_text(char *text, bool json, struct sk_out *out)
{
	struct protocols p;
	struct sk_grid g;
	struct sk_json j;
	char *line = sk_line_next(&text);

	p.columns = line ? words_of(line, p.heading) : 0;
	sk_json_init(&j, out);
	sk_grid_init(&g, "lrrrlll");
	for (size_t i = 0; i < N(titles); i++)
		sk_grid_cell(&g, titles[i]);
	if (json)
		sk_json_begin(&j, '[');
	while ((line = sk_line_next(&text)) != NULL) {
		if (words_of(line, p.row) < p.columns)
			continue;
		if (json)
			json_row(&j, &p);
		else
			grid_row(&g, &p);
	}
	if (json) {
		sk_json_end(&j, ']');
		sk_json_line(&j);
		sk_out_fini(&g.text);
	} else {
		sk_grid_print(&g, out);
	}
}

int sk_protocols_show(const char *proc, bool json, struct sk_out *out,
		      struct sk_err *err)
{
	char *text;
	long len = sk_procfile_read(proc, "net/protocols", &text);

	if (len < 0)
		return sk_fail(err, (int)len, "%s/net/protocols: %s", proc,
			       sk_strerror((int)len));
	sk_protocols_text(text, json, out);
	free(text);
	return 0;
}
