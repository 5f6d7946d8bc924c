/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of counters as a table or as JSON. */
#include "diag/counters_show.h"

#include <stdio.h>

#include "base/grid.h"
#include "base/json.h"

struct view {
	const struct sk_counters *now, *before;	/* before: NULL without rate */
	const char *glob;
	double secs;
};

static double seconds_between(const struct sk_counters *now,
			      const struct sk_counters *before)
{
	uint64_t us = before ? now->when_us - before->when_us : 0;

	return us ? (double)us / 1e6 : 1;
}

static int64_t delta_of(const struct view *v, const struct sk_counter *c)
{
	return sk_counter_delta(c, sk_counters_like(v->before, c));
}

/* Without a pattern only what has happened, or happens, is of interest. */
static bool shown(const struct view *v, const struct sk_counter *c)
{
	if (v->glob)
		return sk_counter_matches(c, v->glob);
	return v->before ? delta_of(v, c) != 0 : c->value != 0;
}

static void put_value(struct sk_grid *g, const struct sk_counter *c)
{
	if (c->negative)
		sk_grid_printf(g, "%lld", (long long)c->value);
	else
		sk_grid_u64(g, c->value);
}

static void put_rate(struct sk_grid *g, const struct view *v,
		     const struct sk_counter *c)
{
	int64_t delta = delta_of(v, c);

	sk_grid_printf(g, "%+lld", (long long)delta);
	if (c->kind == SK_COUNTER_GAUGE)
		sk_grid_cell(g, "");
	else
		sk_grid_printf(g, "%.1f/s", (double)delta / v->secs);
}

static void show_table(const struct view *v, struct sk_out *out)
{
	char name[SK_COUNTER_NAME_MAX];
	struct sk_grid g;

	sk_grid_init(&g, v->before ? "lrrrl" : "lrl");
	sk_grid_cell(&g, "Counter");
	sk_grid_cell(&g, "Value");
	if (v->before) {
		sk_grid_cell(&g, "Added");
		sk_grid_cell(&g, "Rate");
	}
	sk_grid_cell(&g, "Meaning");
	for (size_t i = 0; i < v->now->n; i++) {
		const struct sk_counter *c = &v->now->v[i];

		if (!shown(v, c))
			continue;
		sk_grid_cell(&g, sk_counter_format(name, c));
		put_value(&g, c);
		if (v->before)
			put_rate(&g, v, c);
		sk_grid_cell(&g, c->meaning);
	}
	sk_grid_print(&g, out);
}

static void json_counter(struct sk_json *j, const struct view *v,
			 const struct sk_counter *c)
{
	sk_json_begin(j, '{');
	sk_json_put_str(j, "group", c->group);
	sk_json_put_str(j, "name", c->name);
	if (c->of)
		sk_json_put_str(j, c->label, c->of);
	sk_json_put_str(j, "kind",
			c->kind == SK_COUNTER_GAUGE ? "gauge" : "total");
	sk_json_key(j, "value");
	if (c->negative)
		sk_json_i64(j, (int64_t)c->value);
	else
		sk_json_u64(j, c->value);
	if (v->before) {
		sk_json_put_i64(j, "added", delta_of(v, c));
		sk_json_key(j, "per_second");
		sk_json_double(j, (double)delta_of(v, c) / v->secs);
	}
	sk_json_put_str(j, "meaning", c->meaning);
	sk_json_end(j, '}');
}

static void show_json(const struct view *v, struct sk_out *out)
{
	struct sk_json j;

	sk_json_init(&j, out);
	sk_json_begin(&j, '{');
	if (v->before) {
		sk_json_key(&j, "seconds");
		sk_json_double(&j, v->secs);
	}
	sk_json_key(&j, "counters");
	sk_json_begin(&j, '[');
	for (size_t i = 0; i < v->now->n; i++)
		if (!v->glob || sk_counter_matches(&v->now->v[i], v->glob))
			json_counter(&j, v, &v->now->v[i]);
	sk_json_end(&j, ']');
	sk_json_end(&j, '}');
	sk_json_line(&j);
}

int sk_counters_show(const struct sk_counters *now,
		     const struct sk_counters *before, const char *glob,
		     bool json, struct sk_out *out, struct sk_err *err)
{
	struct view v = {
		.now = now, .before = before, .glob = glob,
		.secs = seconds_between(now, before),
	};
	size_t n = 0;

	for (size_t i = 0; glob && i < now->n; i++)
		n += sk_counter_matches(&now->v[i], glob);
	if (glob && !n)
		return sk_fail(err, -ENOENT, "no counter is called %s", glob);
	if (json)
		show_json(&v, out);
	else
		show_table(&v, out);
	return 0;
}
