/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bench diff says. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/grid.h"
#include "base/json.h"
#include "bench/diff.h"
#include "bench/format.h"
#include "bench/report_in.h"

/* --- the table ----------------------------------------------------------------- */

static void put_verdict(struct sk_grid *g, const struct bench_change *c,
			bool utf8)
{
	const struct bench_words *words = bench_words(c->metric);
	char percent[96] = "";

	if (!c->pair.na || !c->pair.nb) {
		sk_grid_printf(g, "not measured in the %s run",
			       c->pair.na ? "old" : "new");
		return;
	}
	switch (c->pair.verdict) {
	case BENCH_BETTER:
	case BENCH_WORSE:
		if (isfinite(c->pair.percent))
			bench_percent_text(percent, sizeof(percent), &c->pair,
					   utf8);
		sk_grid_printf(g, "%s%s%s", percent, *percent ? " " : "",
			       c->pair.verdict == BENCH_BETTER ?
				       words->better : words->worse);
		break;
	case BENCH_SAME:
		sk_grid_cell(g, "no significant difference");
		break;
	case BENCH_FEW:
		sk_grid_printf(g, "too few rounds to tell (%zu each could)",
			       c->pair.enough);
		break;
	}
}

static void put_change(struct sk_grid *g, const struct bench_change *c,
		       bool utf8)
{
	char value[BENCH_TEXT_MAX];

	sk_grid_cell(g, c->old_result->workload);
	sk_grid_cell(g, c->old_row->label);
	sk_grid_cell(g, bench_title(c->metric));
	sk_grid_cell(g, bench_format(value, c->metric,
				     c->old_row->value[c->metric], utf8));
	sk_grid_cell(g, bench_format(value, c->metric,
				     c->new_row->value[c->metric], utf8));
	put_verdict(g, c, utf8);
	if (isnan(c->pair.p))
		sk_grid_cell(g, "-");
	else
		sk_grid_printf(g, "%.2g", c->pair.p);
}

static void put_table(const struct bench_diff *d, struct sk_out *out,
		      bool utf8)
{
	static const char *const heads[] = { "workload", "variant", "what",
					     "old", "new", "change", "p" };
	struct sk_grid g;

	if (!d->n)
		return;
	sk_grid_init(&g, "lllrrlr");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		sk_grid_cell(&g, heads[i]);
	for (size_t i = 0; i < d->n; i++)
		put_change(&g, &d->v[i], utf8);
	sk_grid_print(&g, out);
}

static void put_totals(const struct bench_diff *d, struct sk_out *out)
{
	size_t n[BENCH_FEW + 1] = { 0 };

	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].pair.na && d->v[i].pair.nb)
			n[d->v[i].pair.verdict]++;
	sk_out_printf(out, "\n%zu worse, %zu better, %zu the same",
		      n[BENCH_WORSE], n[BENCH_BETTER], n[BENCH_SAME]);
	if (n[BENCH_FEW])
		sk_out_printf(out, ", %zu with too few rounds to tell",
			      n[BENCH_FEW]);
	sk_out_char(out, '\n');
}

static void put_lone(const struct bench_page *page, const struct bench_diff *d)
{
	for (size_t i = 0; i < d->n_lone; i++) {
		const struct bench_lone *l = &d->lone[i];

		sk_out_printf(page->out, "only in the %s run: ",
			      l->is_new ? "new" : "old");
		bench_page_put(page, l->result->workload);
		if (*l->row->label)
			sk_out_char(page->out, ' ');
		bench_page_put(page, l->row->label);
		sk_out_char(page->out, '\n');
	}
}

/* --- machines ------------------------------------------------------------------ */

static const char *fact_of(const struct bench_result *r, const char *name)
{
	for (size_t i = 0; i < r->n_facts; i++)
		if (!strcmp(r->facts[i].name, name))
			return r->facts[i].value;
	return NULL;
}

/*
 * Fact i of those in which the machines differ; false after the last. An
 * absent value is "".
 */
static bool next_difference(const struct bench_diff *d, size_t *i,
			    const char **name, const char *value[2])
{
	const struct bench_result *r[2];

	if (!d->old_run->n || !d->new_run->n)
		return false;
	r[0] = d->old_run->v[0];
	r[1] = d->new_run->v[0];
	for (; *i < r[0]->n_facts + r[1]->n_facts; (*i)++) {
		bool extra = *i >= r[0]->n_facts;

		*name = extra ? r[1]->facts[*i - r[0]->n_facts].name :
				r[0]->facts[*i].name;
		value[0] = fact_of(r[0], *name);
		value[1] = fact_of(r[1], *name);
		if (extra ? !value[0] :
			    !value[1] || strcmp(value[0], value[1])) {
			(*i)++;
			return true;
		}
	}
	return false;
}

static void put_machines(const struct bench_page *page,
			 const struct bench_diff *d)
{
	const char *name, *value[2];
	size_t i = 0;
	bool begun = false;

	while (next_difference(d, &i, &name, value)) {
		if (!begun)
			sk_out_str(page->out, "\nthe machines differ, and so "
					      "may what they did:\n");
		begun = true;
		sk_out_str(page->out, "  ");
		bench_page_put(page, name);
		sk_out_str(page->out, ": ");
		bench_page_put(page, value[0] ? value[0] : "not known");
		sk_out_str(page->out, ", now ");
		bench_page_put(page, value[1] ? value[1] : "not known");
		sk_out_char(page->out, '\n');
	}
}

void bench_diff_text(const struct bench_diff *d, struct sk_out *out,
		     const struct bench_style *style)
{
	struct bench_page page = { out, style, NULL };

	put_table(d, out, style->utf8);
	put_totals(d, out);
	put_lone(&page, d);
	put_machines(&page, d);
}

/* --- JSON ---------------------------------------------------------------------- */

static void json_settings(struct sk_json *j, const struct bench_variant *v)
{
	sk_json_key(j, "settings");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < v->n_settings; i++)
		sk_json_put_str(j, v->settings[i].axis, v->settings[i].value);
	sk_json_end(j, '}');
}

static void json_change(struct sk_json *j, const struct bench_change *c)
{
	sk_json_begin(j, '{');
	sk_json_put_str(j, "workload", c->old_result->workload);
	json_settings(j, c->old_row->v);
	sk_json_put_str(j, "metric", bench_metrics[c->metric].name);
	sk_json_put_exact(j, "old", c->old_row->value[c->metric]);
	sk_json_put_exact(j, "new", c->new_row->value[c->metric]);
	sk_json_put_exact(j, "percent", c->pair.percent);
	sk_json_put_exact(j, "low", c->pair.low);
	sk_json_put_exact(j, "high", c->pair.high);
	sk_json_put_exact(j, "p", c->pair.p);
	sk_json_put_str(j, "verdict", bench_verdict_names[c->pair.verdict]);
	sk_json_end(j, '}');
}

static void json_lone(struct sk_json *j, const struct bench_diff *d,
		      const char *key, bool is_new)
{
	sk_json_key(j, key);
	sk_json_begin(j, '[');
	for (size_t i = 0; i < d->n_lone; i++) {
		if (d->lone[i].is_new != is_new)
			continue;
		sk_json_begin(j, '{');
		sk_json_put_str(j, "workload", d->lone[i].result->workload);
		json_settings(j, d->lone[i].row->v);
		sk_json_end(j, '}');
	}
	sk_json_end(j, ']');
}

void bench_diff_json(const struct bench_diff *d, struct sk_out *out)
{
	const char *name, *value[2];
	struct sk_json j;
	size_t i = 0;

	sk_json_init(&j, out);
	sk_json_begin(&j, '{');
	sk_json_put_str(&j, "format", "sockkit-bench-diff");
	sk_json_put_u64(&j, "version", 1);
	sk_json_key(&j, "changes");
	sk_json_begin(&j, '[');
	for (size_t k = 0; k < d->n; k++)
		json_change(&j, &d->v[k]);
	sk_json_end(&j, ']');
	json_lone(&j, d, "only_old", false);
	json_lone(&j, d, "only_new", true);
	sk_json_key(&j, "environment");
	sk_json_begin(&j, '[');
	while (next_difference(d, &i, &name, value)) {
		sk_json_begin(&j, '{');
		sk_json_put_str(&j, "name", name);
		sk_json_put_str(&j, "old", value[0]);
		sk_json_put_str(&j, "new", value[1]);
		sk_json_end(&j, '}');
	}
	sk_json_end(&j, ']');
	sk_json_end(&j, '}');
	sk_json_line(&j);
}
