/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * -c and -C: how often each call was made, how often it failed, how long it
 * took. The time is that between call and return (strace's -w), as a debugger
 * sees it; strace's default, time on the CPU, says nothing about waiting.
 */
#include "trace/reports.h"

struct tally {
	enum sk_sys sys;
	uint64_t calls, errors, ns;
};

struct counts {
	struct sk_report report;
	enum sk_counts_sort sort;
	const struct sk_sys_set *calls;
	struct tally v[SK_SYS_COUNT_];
};

static void counts_event(struct sk_report *r, const struct sk_event *ev)
{
	struct counts *c = (struct counts *)r;
	struct tally *t;

	if (ev->kind != SK_EV_EXIT || !sk_sys_set_has(c->calls, ev->sys))
		return;
	t = &c->v[ev->sys];
	t->calls++;
	t->errors += ev->error != 0;
	t->ns += ev->took_ns;
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
	case SK_COUNTS_NAME:
		return strcmp(sk_sys_name(a->sys), sk_sys_name(b->sys));
	case SK_COUNTS_NONE:
		break;
	}
	return x != y ? (x < y) - (x > y) : (int)a->sys - (int)b->sys;
}

static void put_row(struct sk_out *o, const struct tally *t, uint64_t total,
		    const char *name)
{
	char errors[24] = "";

	if (t->errors)
		snprintf(errors, sizeof(errors), "%llu",
			 (unsigned long long)t->errors);
	sk_out_printf(o, "%6.2f %11.6f %11llu %9llu %9s %s\n",
		      total ? 100.0 * (double)t->ns / (double)total : 0.0,
		      (double)t->ns / 1e9,
		      (unsigned long long)(t->calls ? t->ns / 1000 / t->calls :
						      0),
		      (unsigned long long)t->calls, errors, name);
}

static void counts_show(struct sk_report *r)
{
	static const char line[] = "------ ----------- ----------- --------- "
				   "--------- ----------------\n";
	struct counts *c = (struct counts *)r;
	struct tally sum = { 0 }, v[SK_SYS_COUNT_];
	size_t n = 0;

	for (int i = 0; i < SK_SYS_COUNT_; i++) {
		if (!c->v[i].calls)
			continue;
		v[n] = c->v[i];
		v[n++].sys = (enum sk_sys)i;
		sum.calls += c->v[i].calls;
		sum.errors += c->v[i].errors;
		sum.ns += c->v[i].ns;
	}
	qsort_r(v, n, sizeof(*v), compare, c);
	sk_out_str(r->out, "% time     seconds  usecs/call     calls    "
			   "errors syscall\n");
	sk_out_str(r->out, line);
	for (size_t i = 0; i < n; i++)
		put_row(r->out, &v[i], sum.ns, sk_sys_name(v[i].sys));
	sk_out_str(r->out, line);
	put_row(r->out, &sum, sum.ns, "total");
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
				   const struct sk_sys_set *calls)
{
	struct counts *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->report = (struct sk_report){ &counts_ops, m, out, { NULL } };
	c->sort = sort;
	c->calls = calls;
	return &c->report;
}
