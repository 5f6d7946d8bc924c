/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * -c and -C: how often each call was made, how often it failed, how long it
 * took. The time is that between call and return (strace's -w), as a debugger
 * sees it; strace's default, time on the CPU, says nothing about waiting.
 */
#include "trace/outputs.h"

#include <stdlib.h>
#include <string.h>

struct tally {
	enum sk_sys sys;
	uint64_t calls, errors, ns, min, max;
};

struct counts {
	struct sk_report report;
	enum sk_counts_sort sort;
	struct sk_counts_columns columns;
	const struct sk_text_opts *o;
	struct tally v[SK_SYS_COUNT_];
};

static void counts_event(struct sk_report *r, const struct sk_event *ev)
{
	struct counts *c = (struct counts *)r;
	struct tally *t;

	if (ev->kind != SK_EV_EXIT || !sk_text_wants(c->o, ev))
		return;
	t = &c->v[ev->sys];
	if (!t->calls++ || ev->took_ns < t->min)
		t->min = ev->took_ns;
	if (ev->took_ns > t->max)
		t->max = ev->took_ns;
	t->errors += ev->error != 0;
	t->ns += ev->took_ns;
}

static uint64_t average(const struct tally *t)
{
	return t->calls ? t->ns / t->calls : 0;
}

static int compare(const void *pa, const void *pb, void *arg)
{
	const struct counts *c = arg;
	const struct tally *a = pa, *b = pb;
	uint64_t x = 0, y = 0;

	switch (c->sort) {
	case SK_COUNTS_TIME:
		x = a->ns, y = b->ns;
		break;
	case SK_COUNTS_CALLS:
		x = a->calls, y = b->calls;
		break;
	case SK_COUNTS_ERRORS:
		x = a->errors, y = b->errors;
		break;
	case SK_COUNTS_MIN:
		x = a->min, y = b->min;
		break;
	case SK_COUNTS_MAX:
		x = a->max, y = b->max;
		break;
	case SK_COUNTS_AVG:
		x = average(a), y = average(b);
		break;
	case SK_COUNTS_NAME:
		return strcmp(sk_sys_name(a->sys), sk_sys_name(b->sys));
	case SK_COUNTS_NONE:
		break;
	}
	return x != y ? (x < y) - (x > y) : (int)a->sys - (int)b->sys;
}

/* --- columns ---------------------------------------------------------- */

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static void cell_percent(char *buf, size_t size, const struct tally *t,
			 uint64_t total)
{
	snprintf(buf, size, "%.2f", total ? 100.0 * (double)t->ns /
						    (double)total : 0.0);
}

static void cell_total(char *buf, size_t size, const struct tally *t,
		       uint64_t total)
{
	(void)total;
	snprintf(buf, size, "%.6f", seconds(t->ns));
}

static void cell_min(char *buf, size_t size, const struct tally *t,
		     uint64_t total)
{
	(void)total;
	snprintf(buf, size, "%.6f", seconds(t->min));
}

static void cell_max(char *buf, size_t size, const struct tally *t,
		     uint64_t total)
{
	(void)total;
	snprintf(buf, size, "%.6f", seconds(t->max));
}

static void cell_avg(char *buf, size_t size, const struct tally *t,
		     uint64_t total)
{
	(void)total;
	snprintf(buf, size, "%llu", (unsigned long long)average(t) / 1000);
}

static void cell_calls(char *buf, size_t size, const struct tally *t,
		       uint64_t total)
{
	(void)total;
	snprintf(buf, size, "%llu", (unsigned long long)t->calls);
}

static void cell_errors(char *buf, size_t size, const struct tally *t,
			uint64_t total)
{
	(void)total;
	buf[0] = '\0';
	if (t->errors)
		snprintf(buf, size, "%llu", (unsigned long long)t->errors);
}

static void cell_name(char *buf, size_t size, const struct tally *t,
		      uint64_t total)
{
	(void)total;
	snprintf(buf, size, "%s",
		 t->sys == SK_SYS_NONE ? "total" : sk_sys_name(t->sys));
}

/* strace's names, of which it has many for each. */
static const struct column {
	const char *names;
	const char *head;
	int width;		/* negative: at the left */
	void (*cell)(char *buf, size_t size, const struct tally *t,
		     uint64_t total);
} columns[] = {
	{ " time time-percent ", "% time", 6, cell_percent },
	{ " total-time time-total ", "seconds", 11, cell_total },
	{ " min-time time-min shortest ", "shortest", 8, cell_min },
	{ " max-time time-max longest ", "longest", 8, cell_max },
	{ " avg-time time-avg ", "usecs/call", 11, cell_avg },
	{ " calls count ", "calls", 9, cell_calls },
	{ " errors error ", "errors", 9, cell_errors },
	{ " name syscall syscall-name ", "syscall", -16, cell_name },
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

static size_t column_of(const char *word, size_t len)
{
	char name[24], *p;
	size_t i = 0;

	if (len + 3 > sizeof(name) || !len)
		return COLUMNS;
	snprintf(name, sizeof(name), " %.*s ", (int)len, word);
	for (p = name; *p; p++)
		*p = *p == '_' ? '-' : *p;
	while (i < COLUMNS && !strstr(columns[i].names, name))
		i++;
	return i;
}

int sk_counts_columns(struct sk_counts_columns *c, const char *list,
		      struct sk_err *err)
{
	size_t len, i;

	c->n = 0;
	for (;; list += len + 1) {
		len = strcspn(list, ",");
		i = column_of(list, len);
		if (i == COLUMNS)
			return sk_usage(err, "--summary-columns: '%.*s' is not "
					"time-percent, total-time, min-time, "
					"max-time, avg-time, calls, errors or "
					"name", (int)len, list);
		if (memchr(c->of, (int)i, c->n))
			return sk_usage(err, "--summary-columns: %.*s is there "
					"twice", (int)len, list);
		c->of[c->n++] = (uint8_t)i;
		if (!list[len])
			break;
	}
	/* A table that does not say what it counts is none. */
	if (!memchr(c->of, (int)COLUMNS - 1, c->n))
		c->of[c->n++] = COLUMNS - 1;
	return 0;
}

/* The last cell is not padded at its right. */
static void put_cell(struct sk_out *o, const struct column *c, bool last,
		     const char *text)
{
	sk_out_printf(o, "%*s%s", last && c->width < 0 ? 0 : c->width, text,
		      last ? "\n" : " ");
}

static void put_row(struct sk_out *o, const struct sk_counts_columns *c,
		    const struct tally *t, uint64_t total)
{
	const struct column *col;
	char text[48];

	for (size_t i = 0; i < c->n; i++) {
		col = &columns[c->of[i]];
		col->cell(text, sizeof(text), t, total);
		put_cell(o, col, i + 1 == c->n, text);
	}
}

static void put_heads(struct sk_out *o, const struct sk_counts_columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		put_cell(o, &columns[c->of[i]], i + 1 == c->n,
			 columns[c->of[i]].head);
}

static void put_rule(struct sk_out *o, const struct sk_counts_columns *c)
{
	for (size_t i = 0; i < c->n; i++) {
		sk_out_fill(o, '-', (size_t)abs(columns[c->of[i]].width));
		sk_out_char(o, i + 1 == c->n ? '\n' : ' ');
	}
}

static void counts_show(struct sk_report *r)
{
	struct counts *c = (struct counts *)r;
	struct tally sum = { .sys = SK_SYS_NONE }, v[SK_SYS_COUNT_];
	size_t n = 0;

	for (int i = 0; i < SK_SYS_COUNT_; i++) {
		if (!c->v[i].calls)
			continue;
		v[n] = c->v[i];
		v[n++].sys = (enum sk_sys)i;
		sum.min = sum.calls && sum.min < c->v[i].min ? sum.min :
							       c->v[i].min;
		sum.max = sum.max > c->v[i].max ? sum.max : c->v[i].max;
		sum.calls += c->v[i].calls;
		sum.errors += c->v[i].errors;
		sum.ns += c->v[i].ns;
	}
	qsort_r(v, n, sizeof(*v), compare, c);
	put_heads(r->out, &c->columns);
	put_rule(r->out, &c->columns);
	for (size_t i = 0; i < n; i++)
		put_row(r->out, &c->columns, &v[i], sum.ns);
	put_rule(r->out, &c->columns);
	put_row(r->out, &c->columns, &sum, sum.ns);
}

static int counts_finish(struct sk_report *r)
{
	counts_show(r);
	free(r);
	return 0;
}

static const struct sk_report_ops counts_ops = {
	.name = "counts",
	.event = counts_event,
	.show = counts_show,
	.finish = counts_finish,
};

struct sk_report *sk_report_counts(struct sk_model *m, struct sk_out *out,
				   enum sk_counts_sort sort,
				   const struct sk_counts_columns *cols,
				   const struct sk_text_opts *opts)
{
	/* Those of strace: the shortest and the longest are not among them. */
	static const struct sk_counts_columns usual = { { 0, 1, 4, 5, 6, 7 },
							6 };
	struct counts *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->report = (struct sk_report){ &counts_ops, m, out, { NULL } };
	c->sort = sort;
	c->columns = cols->n ? *cols : usual;
	c->o = opts;
	return &c->report;
}
