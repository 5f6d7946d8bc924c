/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/sysctls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grid.h"
#include "base/json.h"
#include "diag/procfile.h"

static const struct {
	const char *name;	/* "net/core/somaxconn" */
	const char *bites;	/* the system call or place that feels it */
	const char *meaning;
} rows[] = {
#define SYSCTL(name, bites, meaning) { name, bites, meaning },
#include "diag/sysctls.def"
#undef SYSCTL
};

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define NAME_SIZE 128

/* The value as one line, to be freed; NULL when there is none. */
static char *value_of(const char *proc, const char *name)
{
	char path[NAME_SIZE], *text;
	long len;

	snprintf(path, sizeof(path), "sys/%s", name);
	len = sk_procfile_read(proc, path, &text);
	if (len < 0)
		return NULL;
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	for (long i = 0; i < len; i++)
		if (text[i] == '\t' || text[i] == '\n')
			text[i] = ' ';
	return text;
}

/* "net.core.somaxconn", as sysctl(8) takes it. */
static const char *dotted(char buf[NAME_SIZE], const char *name)
{
	snprintf(buf, NAME_SIZE, "%s", name);
	for (char *p = buf; *p; p++)
		if (*p == '/')
			*p = '.';
	return buf;
}

static void show_row(size_t i, const char *value, struct sk_grid *g)
{
	char name[NAME_SIZE];

	sk_grid_cell(g, dotted(name, rows[i].name));
	sk_grid_cell(g, value);
	sk_grid_cell(g, rows[i].bites);
	sk_grid_cell(g, rows[i].meaning);
}

static void json_row(size_t i, const char *value, struct sk_json *j)
{
	char name[NAME_SIZE];

	sk_json_begin(j, '{');
	sk_json_put_str(j, "name", dotted(name, rows[i].name));
	sk_json_put_str(j, "value", value);
	sk_json_put_str(j, "bites", rows[i].bites);
	sk_json_put_str(j, "meaning", rows[i].meaning);
	sk_json_end(j, '}');
}

int sk_sysctls_show(const char *proc, bool json, struct sk_out *out,
		    struct sk_err *err)
{
	struct sk_grid g;
	struct sk_json j;
	size_t found = 0;

	sk_json_init(&j, out);
	sk_grid_init(&g, "llll");
	sk_grid_cell(&g, "Setting");
	sk_grid_cell(&g, "Value");
	sk_grid_cell(&g, "Bites");
	sk_grid_cell(&g, "Meaning");
	if (json)
		sk_json_begin(&j, '[');
	for (size_t i = 0; i < N(rows); i++) {
		char *value = value_of(proc, rows[i].name);

		found += value != NULL;
		if (json)
			json_row(i, value, &j);
		else if (value)
			show_row(i, value, &g);
		free(value);
	}
	if (json) {
		sk_json_end(&j, ']');
		sk_json_line(&j);
		sk_out_fini(&g.text);
	} else {
		sk_grid_print(&g, out);
	}
	return found ? 0 :
	       sk_fail(err, -ENOENT, "%s/sys/net: %s", proc,
		       sk_strerror(ENOENT));
}
