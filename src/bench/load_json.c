/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a document to results, every value checked on the way. */
#include "bench/load.h"

#ifdef HAVE_JANSSON

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bench/jansson.h"

/* More than anybody measures; a small file must not ask for much memory. */
#define RESULTS_MAX 64
#define VARIANTS_MAX 4096
#define SETTINGS_MAX 64
#define ROUNDS_MAX 10000
#define FACTS_MAX 1024
#define FLOORS_MAX 64
#define ARGS_MAX 4096
#define HISTS_MAX 8192		/* in the file: each takes 35 KiB */

struct loader {
	struct sk_err *err;
	size_t hists;
	size_t result, variant, round; /* where we are, for the sentence */
};

static int bad(struct loader *l, const char *what, const char *why)
{
	return sk_fail(l->err, -EINVAL,
		       "result %zu, variant %zu, round %zu: %s: %s", l->result,
		       l->variant, l->round, what, why);
}

static int no_memory(struct loader *l)
{
	return sk_fail(l->err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

/* --- values -------------------------------------------------------------------- */

/* An array or object of at most `most` members; absent is wrong. */
static int get_many(struct loader *l, const json_t *from, const char *key,
		    json_type type, size_t most, json_t **out)
{
	size_t n;

	*out = json_object_get(from, key);
	if (!*out || json_typeof(*out) != type)
		return bad(l, key, type == JSON_ARRAY ? "no array" :
							"no object");
	n = type == JSON_ARRAY ? json_array_size(*out) :
				 json_object_size(*out);
	return n > most ? bad(l, key, "too many members") : 0;
}

/* A string, or NULL for null and what is not there. */
static int get_str(struct loader *l, const json_t *from, const char *key,
		   char **out)
{
	const json_t *v = json_object_get(from, key);

	*out = NULL;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return bad(l, key, "no string");
	*out = strdup(json_string_value(v));
	return *out ? 0 : no_memory(l);
}

static int as_u64(struct loader *l, const json_t *v, const char *what,
		  uint64_t *out)
{
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return bad(l, what, "no number of 0 and up");
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

static int get_u64(struct loader *l, const json_t *from, const char *key,
		   uint64_t *out)
{
	return as_u64(l, json_object_get(from, key), key, out);
}

/* jansson itself refuses numbers that no double holds. */
static int get_num(struct loader *l, const json_t *from, const char *key,
		   double *out)
{
	const json_t *v = json_object_get(from, key);

	if (!json_is_number(v))
		return bad(l, key, "no number");
	*out = json_number_value(v);
	return 0;
}

static int get_bool(struct loader *l, const json_t *from, const char *key,
		    bool *out)
{
	const json_t *v = json_object_get(from, key);

	if (!json_is_boolean(v))
		return bad(l, key, "neither true nor false");
	*out = json_is_true(v);
	return 0;
}

static int get_metric(struct loader *l, const json_t *from, const char *key,
		      enum bench_metric *out)
{
	const char *name = json_string_value(json_object_get(from, key));
	int metric = name ? bench_metric_find(name) : -1;

	if (metric < 0)
		return bad(l, key, "no metric that is known here");
	*out = (enum bench_metric)metric;
	return 0;
}

/* --- a round ------------------------------------------------------------------- */

/* Counts must add up to the total, which then cannot overflow. */
static int load_buckets(struct loader *l, const json_t *buckets,
			struct bench_hist *h)
{
	uint64_t left = h->total, low = 0, count = 0;
	const json_t *pair;
	size_t i;
	int r = 0;

	json_array_foreach(buckets, i, pair) {
		if (json_array_size(pair) != 2)
			return bad(l, "buckets", "no pair");
		r = as_u64(l, json_array_get(pair, 0), "buckets", &low);
		if (r >= 0)
			r = as_u64(l, json_array_get(pair, 1), "buckets",
				   &count);
		if (r < 0)
			return r;
		if (count > left)
			return bad(l, "buckets", "more than in total");
		left -= count;
		h->slot[bench_hist_slot(low)] += count;
	}
	return left ? bad(l, "buckets", "less than in total") : 0;
}

static int load_hist(struct loader *l, const json_t *from,
		     struct bench_hist *h)
{
	json_t *buckets;
	int r;

	r = get_u64(l, from, "total", &h->total);
	if (r >= 0)
		r = get_u64(l, from, "min_ns", &h->min);
	if (r >= 0)
		r = get_u64(l, from, "max_ns", &h->max);
	if (r >= 0)
		r = get_num(l, from, "sum_ns", &h->sum);
	if (r >= 0)
		r = get_num(l, from, "sum_sq", &h->sum_sq);
	if (r >= 0)
		r = get_many(l, from, "buckets", JSON_ARRAY, BENCH_HIST_SLOTS,
			     &buckets);
	if (r < 0)
		return r;
	if (!h->total)
		h->min = UINT64_MAX;
	else if (h->min > h->max)
		return bad(l, "min_ns", "more than max_ns");
	return load_buckets(l, buckets, h);
}

static int load_hists(struct loader *l, const json_t *from,
		      struct bench_round *round)
{
	json_t *all;
	int r = get_many(l, from, "histograms", JSON_OBJECT, 64, &all);

	for (unsigned i = 0; r >= 0 && i < BENCH_NHISTS; i++) {
		const json_t *one = json_object_get(all, bench_hist_names[i]);

		if (!one)
			continue;
		if (++l->hists > HISTS_MAX)
			return bad(l, "histograms", "too many in one file");
		if (!bench_round_hist(round, (enum bench_hist_id)i))
			return no_memory(l);
		r = load_hist(l, one, round->hist[i]);
	}
	return r;
}

static int load_series(struct loader *l, const json_t *from,
		       struct bench_round *round)
{
	json_t *series;
	const json_t *point;
	size_t i;
	int r = get_many(l, from, "series", JSON_ARRAY, SIZE_MAX, &series);

	if (r < 0 || !json_array_size(series))
		return r;
	round->points = calloc(json_array_size(series),
			       sizeof(*round->points));
	if (!round->points)
		return no_memory(l);
	json_array_foreach(series, i, point) {
		struct bench_point *p = &round->points[i];

		if (json_array_size(point) != 3)
			return bad(l, "series", "no triple");
		r = as_u64(l, json_array_get(point, 0), "series", &p->at_ns);
		if (r >= 0)
			r = as_u64(l, json_array_get(point, 1), "series",
				   &p->bytes);
		if (r >= 0)
			r = as_u64(l, json_array_get(point, 2), "series",
				   &p->requests);
		if (r < 0)
			return r;
		round->n_points = i + 1;
	}
	return 0;
}

/* Metrics that are newer than we are left out. */
static int load_metrics(struct loader *l, const json_t *from,
			struct bench_round *round)
{
	json_t *metrics;
	int r = get_many(l, from, "metrics", JSON_OBJECT, 1024, &metrics);

	for (size_t i = 0; r >= 0 && i < BENCH_NMETRICS; i++)
		if (json_object_get(metrics, bench_metrics[i].name))
			r = get_num(l, metrics, bench_metrics[i].name,
				    &round->value[i]);
	return r;
}

static int load_round(struct loader *l, const json_t *from,
		      struct bench_variant *v)
{
	struct bench_round *round = bench_variant_round(v);
	int r;

	if (!round)
		return no_memory(l);
	r = get_bool(l, from, "disturbed", &round->disturbed);
	if (r >= 0)
		r = get_str(l, from, "why", &round->why);
	if (r >= 0)
		r = load_metrics(l, from, round);
	if (r >= 0)
		r = load_hists(l, from, round);
	return r < 0 ? r : load_series(l, from, round);
}

/* --- a result ------------------------------------------------------------------ */

static int load_settings(struct loader *l, const json_t *from,
			 struct bench_variant *v)
{
	json_t *settings, *value;
	const char *axis;
	int r = get_many(l, from, "settings", JSON_OBJECT, SETTINGS_MAX,
			 &settings);

	if (r < 0)
		return r;
	json_object_foreach(settings, axis, value) {
		if (!json_is_string(value))
			return bad(l, "settings", "no string");
		if (bench_variant_set(v, axis, json_string_value(value)) < 0)
			return no_memory(l);
	}
	return 0;
}

static int load_variant(struct loader *l, const json_t *from,
			struct bench_result *result)
{
	struct bench_variant *v = bench_result_variant(result);
	uint64_t repeated = 0;
	json_t *rounds;
	int r;

	if (!v)
		return no_memory(l);
	r = load_settings(l, from, v);
	if (r >= 0)
		r = get_str(l, from, "refused", &v->refused);
	if (r >= 0)
		r = get_str(l, from, "note", &v->note);
	if (r >= 0)
		r = get_u64(l, from, "repeated", &repeated);
	v->repeated = repeated;
	if (r >= 0)
		r = get_many(l, from, "rounds", JSON_ARRAY, ROUNDS_MAX,
			     &rounds);
	for (size_t i = 0; r >= 0 && i < json_array_size(rounds); i++) {
		l->round = i + 1;
		r = load_round(l, json_array_get(rounds, i), v);
	}
	l->round = 0;
	return r;
}

static int load_argv(struct loader *l, const json_t *from,
		     struct bench_result *result)
{
	json_t *argv;
	int r = get_many(l, from, "argv", JSON_ARRAY, ARGS_MAX, &argv);

	if (r < 0)
		return r;
	result->argv = calloc(json_array_size(argv) + 1,
			      sizeof(*result->argv));
	if (!result->argv)
		return no_memory(l);
	for (size_t i = 0; i < json_array_size(argv); i++) {
		const char *word = json_string_value(json_array_get(argv, i));

		if (!word)
			return bad(l, "argv", "no string");
		result->argv[i] = strdup(word);
		if (!result->argv[i])
			return no_memory(l);
	}
	return 0;
}

static int load_facts(struct loader *l, const json_t *from,
		      struct bench_result *result)
{
	json_t *facts, *value;
	const char *name;
	int r = get_many(l, from, "environment", JSON_OBJECT, FACTS_MAX,
			 &facts);

	if (r < 0)
		return r;
	json_object_foreach(facts, name, value) {
		if (!json_is_string(value))
			return bad(l, "environment", "no string");
		if (bench_result_fact(result, name,
				      json_string_value(value)) < 0)
			return no_memory(l);
	}
	return 0;
}

static int load_floors(struct loader *l, const json_t *from,
		       struct bench_result *result)
{
	json_t *floors;
	int r = get_many(l, from, "floors", JSON_ARRAY, FLOORS_MAX, &floors);

	for (size_t i = 0; r >= 0 && i < json_array_size(floors); i++) {
		const json_t *one = json_array_get(floors, i);
		const char *name = json_string_value(
			json_object_get(one, "name"));
		enum bench_metric metric = BENCH_SECONDS;
		double value = 0;

		if (!name)
			return bad(l, "floors", "no name");
		r = get_metric(l, one, "metric", &metric);
		if (r >= 0)
			r = get_num(l, one, "value", &value);
		if (r >= 0 &&
		    bench_result_floor(result, name, metric, value) < 0)
			r = no_memory(l);
	}
	return r;
}

static int load_head(struct loader *l, const json_t *from,
		     struct bench_result *result)
{
	int r = get_str(l, from, "workload", &result->workload);

	if (r >= 0 && !result->workload)
		r = bad(l, "workload", "missing");
	if (r >= 0)
		r = get_metric(l, from, "primary", &result->primary);
	if (r >= 0)
		r = get_u64(l, from, "started_us", &result->started_us);
	if (r >= 0)
		r = get_bool(l, from, "interrupted", &result->interrupted);
	if (r >= 0)
		r = load_argv(l, from, result);
	if (r >= 0)
		r = load_facts(l, from, result);
	return r < 0 ? r : load_floors(l, from, result);
}

static int load_result(struct loader *l, const json_t *from,
		       struct bench_result *result)
{
	json_t *variants;
	int r = load_head(l, from, result);

	if (r >= 0)
		r = get_many(l, from, "variants", JSON_ARRAY, VARIANTS_MAX,
			     &variants);
	for (size_t i = 0; r >= 0 && i < json_array_size(variants); i++) {
		l->variant = i + 1;
		r = load_variant(l, json_array_get(variants, i), result);
	}
	l->variant = 0;
	return r;
}

/* --- the document -------------------------------------------------------------- */

static int load_document(struct loader *l, const json_t *doc,
			 struct bench_results *to)
{
	const char *format = json_string_value(json_object_get(doc, "format"));
	json_t *results;
	int r;

	if (!format || strcmp(format, "sockkit-bench"))
		return sk_fail(l->err, -EINVAL, "no result of sockkit bench");
	if (json_integer_value(json_object_get(doc, "version")) != 1)
		return sk_fail(l->err, -EINVAL,
			       "written by a version that is not known here");
	r = get_many(l, doc, "results", JSON_ARRAY, RESULTS_MAX, &results);
	if (r < 0)
		return r;
	to->v = calloc(json_array_size(results) + 1, sizeof(*to->v));
	if (!to->v)
		return no_memory(l);
	for (size_t i = 0; r >= 0 && i < json_array_size(results); i++) {
		to->v[i] = bench_result_new();
		if (!to->v[i])
			return no_memory(l);
		l->result = to->n = i + 1;
		r = load_result(l, json_array_get(results, i), to->v[i]);
	}
	return r;
}

int bench_load(struct bench_results *to, const char *data, size_t len,
	       struct sk_err *err)
{
	struct loader l = { .err = err };
	json_error_t e;
	json_t *doc;
	char text[200];
	int r;

	*to = (struct bench_results){ 0 };
	r = sk_jansson_load(err);
	if (r < 0)
		return r;
	doc = json_loadb(data, len, JSON_REJECT_DUPLICATES, &e);
	if (!doc)
		return sk_fail(err, -EINVAL, "line %d: no JSON: %s", e.line,
			       sk_escape(text, sizeof(text), e.text,
					 strlen(e.text)));
	r = load_document(&l, doc, to);
	json_decref(doc);
	if (r < 0)
		bench_results_fini(to);
	return r;
}

#endif
