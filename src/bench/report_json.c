/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The document: what was measured goes out with all its digits, as load.c
 * reads it back; "summary", "label" and "comparisons" are for other readers
 * and made anew each time.
 */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "bench/format.h"
#include "bench/report.h"
#include "bench/summary.h"

/* --- what was measured --------------------------------------------------------- */

/* A key twice would make the document unreadable: the first one counts. */
static void put_settings(struct sk_json *j, const struct bench_variant *v)
{
	sk_json_key(j, "settings");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < v->n_settings; i++)
		if (bench_variant_get(v, v->settings[i].axis) ==
		    v->settings[i].value)
			sk_json_put_str(j, v->settings[i].axis,
					v->settings[i].value);
	sk_json_end(j, '}');
}

static bool is_first_fact(const struct bench_result *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(r->facts[i].name, r->facts[at].name))
			return false;
	return true;
}

static void put_facts(struct sk_json *j, const struct bench_result *r)
{
	sk_json_key(j, "environment");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < r->n_facts; i++)
		if (is_first_fact(r, i))
			sk_json_put_str(j, r->facts[i].name, r->facts[i].value);
	sk_json_end(j, '}');
}

static void put_floors(struct sk_json *j, const struct bench_result *r)
{
	sk_json_key(j, "floors");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < r->n_floors; i++) {
		sk_json_begin(j, '{');
		sk_json_put_str(j, "name", r->floors[i].name);
		sk_json_put_str(j, "metric",
				bench_metrics[r->floors[i].metric].name);
		sk_json_put_exact(j, "value", r->floors[i].value);
		sk_json_end(j, '}');
	}
	sk_json_end(j, ']');
}

static void put_hist(struct sk_json *j, const struct bench_hist *h)
{
	sk_json_begin(j, '{');
	sk_json_put_u64(j, "total", h->total);
	sk_json_put_u64(j, "min_ns", h->total ? h->min : 0);
	sk_json_put_u64(j, "max_ns", h->max);
	sk_json_put_exact(j, "sum_ns", h->sum);
	sk_json_put_exact(j, "sum_sq", h->sum_sq);
	sk_json_key(j, "buckets");
	sk_json_begin(j, '[');
	for (unsigned i = 0; i < BENCH_HIST_SLOTS; i++) {
		if (!h->slot[i])
			continue;
		sk_json_begin(j, '[');
		sk_json_u64(j, bench_hist_low(i));
		sk_json_u64(j, h->slot[i]);
		sk_json_end(j, ']');
	}
	sk_json_end(j, ']');
	sk_json_end(j, '}');
}

static void put_series(struct sk_json *j, const struct bench_round *round)
{
	sk_json_key(j, "series");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < round->n_points; i++) {
		sk_json_begin(j, '[');
		sk_json_u64(j, round->points[i].at_ns);
		sk_json_u64(j, round->points[i].bytes);
		sk_json_u64(j, round->points[i].requests);
		sk_json_end(j, ']');
	}
	sk_json_end(j, ']');
}

static void put_round(struct sk_json *j, const struct bench_round *round)
{
	sk_json_begin(j, '{');
	sk_json_put_bool(j, "disturbed", round->disturbed);
	sk_json_put_str(j, "why", round->why);
	sk_json_key(j, "metrics");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < BENCH_NMETRICS; i++)
		if (isfinite(round->value[i]))
			sk_json_put_exact(j, bench_metrics[i].name,
					  round->value[i]);
	sk_json_end(j, '}');
	sk_json_key(j, "histograms");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < BENCH_NHISTS; i++) {
		if (!round->hist[i])
			continue;
		sk_json_key(j, bench_hist_names[i]);
		put_hist(j, round->hist[i]);
	}
	sk_json_end(j, '}');
	put_series(j, round);
	sk_json_end(j, '}');
}

/* --- what was concluded -------------------------------------------------------- */

static void put_percentiles(struct sk_json *j, const struct bench_hist *h)
{
	static const struct {
		const char *key;
		double share;
	} points[] = {
		{ "p50_ns", 0.5 },   { "p90_ns", 0.9 },	    { "p99_ns", 0.99 },
		{ "p999_ns", 0.999 }, { "p9999_ns", 0.9999 }, { "max_ns", 1 },
	};

	sk_json_begin(j, '{');
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		sk_json_put_u64(j, points[i].key,
				bench_hist_at(h, points[i].share));
	sk_json_put_exact(j, "mean_ns", bench_hist_mean(h));
	sk_json_put_exact(j, "stddev_ns", bench_hist_stddev(h));
	sk_json_end(j, '}');
}

static void put_row_summary(struct sk_json *j, const struct bench_summary *s,
			    const struct bench_row *row)
{
	const struct bench_floor *floor = bench_row_floor(s, row);

	sk_json_begin(j, '{');
	sk_json_put_u64(j, "rounds", row->n);
	sk_json_put_u64(j, "disturbed", row->disturbed);
	sk_json_put_exact(j, "median", row->primary.median);
	sk_json_put_exact(j, "low", row->primary.low);
	sk_json_put_exact(j, "high", row->primary.high);
	sk_json_put_str(j, "floor", floor ? floor->name : NULL);
	sk_json_put_exact(j, "share_of_floor",
			  floor ? bench_floor_share(floor, row->primary.median)
				: NAN);
	sk_json_key(j, "metrics");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < BENCH_NMETRICS; i++)
		if (isfinite(row->value[i]))
			sk_json_put_exact(j, bench_metrics[i].name,
					  row->value[i]);
	sk_json_end(j, '}');
	sk_json_key(j, "percentiles");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < BENCH_NHISTS; i++) {
		if (!row->hist[i])
			continue;
		sk_json_key(j, bench_hist_names[i]);
		put_percentiles(j, row->hist[i]);
	}
	sk_json_end(j, '}');
	sk_json_end(j, '}');
}

static void put_pair(struct sk_json *j, const struct bench_summary *s,
		     const struct bench_pair *p)
{
	char text[1024];

	bench_pair_text(text, sizeof(text), p, s->result->primary,
			s->rows[p->a].label, s->rows[p->b].label, true);
	sk_json_begin(j, '{');
	sk_json_put_u64(j, "a", p->a);
	sk_json_put_u64(j, "b", p->b);
	sk_json_put_exact(j, "percent", p->percent);
	sk_json_put_exact(j, "low", p->low);
	sk_json_put_exact(j, "high", p->high);
	sk_json_put_exact(j, "p", p->p);
	sk_json_put_str(j, "verdict", bench_verdict_names[p->verdict]);
	sk_json_put_str(j, "text", text);
	sk_json_end(j, '}');
}

/* --- the document -------------------------------------------------------------- */

static void put_variant(struct sk_json *j, const struct bench_summary *s,
			const struct bench_row *row)
{
	const struct bench_variant *v = row->v;

	sk_json_begin(j, '{');
	sk_json_put_str(j, "label", row->label);
	put_settings(j, v);
	sk_json_put_str(j, "refused", v->refused);
	sk_json_put_str(j, "note", v->note);
	sk_json_put_u64(j, "repeated", v->repeated);
	sk_json_key(j, "summary");
	put_row_summary(j, s, row);
	sk_json_key(j, "rounds");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < v->n_rounds; i++)
		put_round(j, &v->rounds[i]);
	sk_json_end(j, ']');
	sk_json_end(j, '}');
}

static void put_head(struct sk_json *j, const struct bench_result *r)
{
	sk_json_put_str(j, "workload", r->workload);
	sk_json_put_str(j, "primary", bench_metrics[r->primary].name);
	sk_json_key(j, "argv");
	sk_json_begin(j, '[');
	for (size_t i = 0; r->argv && r->argv[i]; i++)
		sk_json_str(j, r->argv[i]);
	sk_json_end(j, ']');
	sk_json_put_u64(j, "started_us", r->started_us);
	sk_json_put_bool(j, "interrupted", r->interrupted);
	put_facts(j, r);
	put_floors(j, r);
}

static int put_result(struct sk_json *j, const struct bench_result *r)
{
	struct bench_summary s;
	int e = bench_summary_init(&s, r);

	if (e < 0)
		goto out;
	sk_json_begin(j, '{');
	put_head(j, r);
	sk_json_key(j, "variants");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < s.n_rows; i++)
		put_variant(j, &s, &s.rows[i]);
	sk_json_end(j, ']');
	sk_json_key(j, "comparisons");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < s.n_pairs; i++)
		put_pair(j, &s, &s.pairs[i]);
	sk_json_end(j, ']');
	sk_json_end(j, '}');
out:
	bench_summary_fini(&s);
	return e;
}

int bench_report_json(struct sk_out *out, struct bench_result *const *results,
		      size_t n)
{
	struct sk_json j;
	int r = 0;

	sk_json_init(&j, out);
	sk_json_begin(&j, '{');
	sk_json_put_str(&j, "format", "sockkit-bench");
	sk_json_put_u64(&j, "version", 1);
	sk_json_key(&j, "results");
	sk_json_begin(&j, '[');
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = put_result(&j, results[i]);
	sk_json_end(&j, ']');
	sk_json_end(&j, '}');
	sk_json_line(&j);
	return r;
}
