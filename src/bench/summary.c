/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- variants ------------------------------------------------------------------ */

const char *bench_variant_get(const struct bench_variant *v, const char *axis)
{
	for (size_t i = 0; i < v->n_settings; i++)
		if (!strcmp(v->settings[i].axis, axis))
			return v->settings[i].value;
	return NULL;
}

bool bench_variant_same(const struct bench_variant *a,
			const struct bench_variant *b)
{
	if (a->n_settings != b->n_settings)
		return false;
	for (size_t i = 0; i < a->n_settings; i++) {
		const char *v = bench_variant_get(b, a->settings[i].axis);

		if (!v || strcmp(v, a->settings[i].value))
			return false;
	}
	return true;
}

static size_t count_disturbed(const struct bench_variant *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_rounds; i++)
		n += v->rounds[i].disturbed;
	return n;
}

size_t bench_variant_values(const struct bench_variant *v,
			    enum bench_metric metric, double *out)
{
	bool all = count_disturbed(v) == v->n_rounds;
	size_t n = 0;

	for (size_t i = 0; i < v->n_rounds; i++)
		if ((all || !v->rounds[i].disturbed) &&
		    isfinite(v->rounds[i].value[metric]))
			out[n++] = v->rounds[i].value[metric];
	return n;
}

/* --- axes ---------------------------------------------------------------------- */

static struct bench_axis *find_axis(struct bench_summary *s, const char *name)
{
	for (size_t i = 0; i < s->n_axes; i++)
		if (!strcmp(s->axes[i].name, name))
			return &s->axes[i];
	return NULL;
}

static int gather_axes(struct bench_summary *s)
{
	const struct bench_result *r = s->result;
	size_t room = 0;

	for (size_t i = 0; i < r->n_variants; i++)
		room += r->variants[i].n_settings;
	s->axes = calloc(room ? room : 1, sizeof(*s->axes));
	if (!s->axes)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_variants; i++)
		for (size_t k = 0; k < r->variants[i].n_settings; k++) {
			const char *axis = r->variants[i].settings[k].axis;

			if (!find_axis(s, axis))
				s->axes[s->n_axes++].name = axis;
		}
	return 0;
}

/* Variants differ in an axis that one of them lacks, too. */
static bool axis_varies(const struct bench_result *r, const char *axis)
{
	const char *first = bench_variant_get(&r->variants[0], axis);

	for (size_t i = 1; i < r->n_variants; i++) {
		const char *v = bench_variant_get(&r->variants[i], axis);

		if (!v != !first || (v && strcmp(v, first)))
			return true;
	}
	return false;
}

/* --- rows ---------------------------------------------------------------------- */

/* The settings in which variants differ, or all of a single one. */
static int make_label(struct bench_row *row, const struct bench_summary *s)
{
	size_t len = 0;
	FILE *f = open_memstream(&row->label, &len);
	const char *gap = "";

	if (!f)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_axes; i++) {
		const char *v = bench_variant_get(row->v, s->axes[i].name);

		if (!v || (!s->axes[i].varies && s->n_rows > 1))
			continue;
		fprintf(f, "%s%s", gap, v);
		gap = " ";
	}
	return fclose(f) ? -ENOMEM : 0;
}

static int merge_hists(struct bench_row *row)
{
	for (size_t i = 0; i < row->v->n_rounds; i++) {
		const struct bench_round *round = &row->v->rounds[i];

		if (round->disturbed && !row->all_disturbed)
			continue;
		for (size_t k = 0; k < BENCH_NHISTS; k++) {
			if (!round->hist[k] || !round->hist[k]->total)
				continue;
			if (!row->hist[k]) {
				row->hist[k] = malloc(sizeof(*row->hist[k]));
				if (!row->hist[k])
					return -ENOMEM;
				bench_hist_init(row->hist[k]);
			}
			bench_hist_merge(row->hist[k], round->hist[k]);
		}
	}
	return 0;
}

static int make_row(struct bench_row *row, const struct bench_summary *s,
		    uint64_t seed)
{
	const struct bench_variant *v = row->v;
	double *room = calloc(v->n_rounds ? v->n_rounds : 1, sizeof(*room));
	size_t n;
	int r = room ? make_label(row, s) : -ENOMEM;

	row->disturbed = count_disturbed(v);
	row->all_disturbed = v->n_rounds && row->disturbed == v->n_rounds;
	row->n = row->all_disturbed ? v->n_rounds :
				      v->n_rounds - row->disturbed;
	for (int m = 0; r >= 0 && m < BENCH_NMETRICS; m++) {
		n = bench_variant_values(v, (enum bench_metric)m, room);
		row->value[m] = bench_median(room, n);
	}
	if (r >= 0) {
		n = bench_variant_values(v, s->result->primary, room);
		r = bench_median_interval(&row->primary, room, n, seed);
	}
	free(room);
	return r < 0 ? r : merge_hists(row);
}

/* --- pairs --------------------------------------------------------------------- */

/* Is row a at least as good as b? More counts where neither is better. */
static bool leads(const struct bench_summary *s, size_t a, size_t b)
{
	double x = s->rows[a].primary.median, y = s->rows[b].primary.median;

	return bench_metrics[s->result->primary].better < 0 ? x <= y : x >= y;
}

static int compare_rows(struct bench_summary *s, size_t a, size_t b)
{
	const struct bench_variant *v[2];
	struct bench_pair *pair = &s->pairs[s->n_pairs];
	double *sample[2] = { NULL, NULL };
	size_t n[2];
	int r = 0;

	pair->a = leads(s, a, b) ? a : b;
	pair->b = a + b - pair->a;
	v[0] = s->rows[pair->a].v;
	v[1] = s->rows[pair->b].v;
	for (int i = 0; i < 2; i++) {
		sample[i] = calloc(v[i]->n_rounds, sizeof(double));
		if (!sample[i])
			r = -ENOMEM;
		else
			n[i] = bench_variant_values(v[i], s->result->primary,
						    sample[i]);
	}
	if (r >= 0)
		r = bench_pair_measure(pair, sample[0], n[0], sample[1], n[1],
				       ++s->n_pairs);
	free(sample[0]);
	free(sample[1]);
	return r;
}

static bool measured(const struct bench_summary *s, size_t i)
{
	return isfinite(s->rows[i].primary.median);
}

/*
 * All pairs of few rows, or each with the best. The latter are as many questions
 * as there are pairs, too: which is the best is not known before.
 */
static int make_pairs(struct bench_summary *s)
{
	size_t n = 0, best = 0;
	int r = 0;

	for (size_t i = 0; i < s->n_rows; i++) {
		if (!measured(s, i))
			continue;
		if (!n++ || !leads(s, best, i))
			best = i;
	}
	if (n < 2)
		return 0;
	s->pairs = calloc(n <= BENCH_ALL_PAIRS ? n * (n - 1) / 2 : n - 1,
			  sizeof(*s->pairs));
	if (!s->pairs)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < s->n_rows; i++) {
		if (!measured(s, i))
			continue;
		if (n > BENCH_ALL_PAIRS) {
			r = i == best ? 0 : compare_rows(s, best, i);
			continue;
		}
		for (size_t k = i + 1; r >= 0 && k < s->n_rows; k++)
			r = measured(s, k) ? compare_rows(s, i, k) : 0;
	}
	return r < 0 ? r : bench_pairs_judge(s->pairs, s->n_pairs,
					     n * (n - 1) / 2,
					     s->result->primary);
}

static bool any_has(const struct bench_summary *s, int hist)
{
	for (size_t i = 0; i < s->n_rows; i++)
		if (s->rows[i].hist[hist])
			return true;
	return false;
}

static int choose_hist(const struct bench_summary *s)
{
	if (any_has(s, BENCH_HIST_RESPONSE))
		return BENCH_HIST_RESPONSE;
	for (int i = 0; i < BENCH_NHISTS; i++)
		if (any_has(s, i))
			return i;
	return -1;
}

/* --- the whole ----------------------------------------------------------------- */

int bench_summary_init(struct bench_summary *s, const struct bench_result *r)
{
	int e;

	*s = (struct bench_summary){ .result = r, .n_rows = r->n_variants };
	s->rows = calloc(s->n_rows ? s->n_rows : 1, sizeof(*s->rows));
	e = s->rows ? gather_axes(s) : -ENOMEM;
	if (e < 0) {
		s->n_rows = 0;
		return e;
	}
	for (size_t i = 0; i < s->n_axes; i++)
		s->axes[i].varies = axis_varies(r, s->axes[i].name);
	for (size_t i = 0; e >= 0 && i < s->n_rows; i++) {
		s->rows[i].v = &r->variants[i];
		e = make_row(&s->rows[i], s, i + 1);
	}
	s->hist = choose_hist(s);
	return e < 0 ? e : make_pairs(s);
}

void bench_summary_fini(struct bench_summary *s)
{
	for (size_t i = 0; i < s->n_rows; i++) {
		free(s->rows[i].label);
		for (size_t k = 0; k < BENCH_NHISTS; k++)
			free(s->rows[i].hist[k]);
	}
	free(s->rows);
	free(s->axes);
	free(s->pairs);
	*s = (struct bench_summary){ 0 };
}

static bool has_value(const struct bench_variant *v, const char *axis,
		      const char *const *values)
{
	const char *value = bench_variant_get(v, axis);

	for (; value && *values; values++)
		if (!strcmp(value, *values))
			return true;
	return false;
}

/*
 * What is as near as possible, and without what is measured: bytes that pass
 * through a socket of the network against those through a unix socket, and
 * the latter against memory, as those between stacks that have only that.
 */
static const char *floor_name(const struct bench_result *r,
			      const struct bench_variant *v)
{
	static const char *const local[] = { "unix-stream", "unix-dgram",
					     "unix-seqpacket", "socketpair",
					     "pipe", NULL };
	static const char *const pair[] = { "pair", NULL };

	switch (r->primary) {
	case BENCH_BYTES_PER_S:
		return has_value(v, "socket", local) ||
		       has_value(v, "stack", pair) ? "memcpy" : "unix";
	case BENCH_REQUESTS_PER_S:
	case BENCH_P50_NS:
		return "spin";
	default:
		return "unix";
	}
}

const struct bench_floor *bench_row_floor(const struct bench_summary *s,
					  const struct bench_row *row)
{
	const struct bench_result *r = s->result;
	const struct bench_floor *first = NULL;
	const char *name = floor_name(r, row->v);

	for (size_t i = 0; i < r->n_floors; i++) {
		const struct bench_floor *f = &r->floors[i];

		if (f->metric != r->primary || !(f->value > 0))
			continue;
		if (!strcmp(f->name, name))
			return f;
		if (!first)
			first = f;
	}
	return first;
}

const struct bench_floor *bench_summary_floor(const struct bench_summary *s)
{
	const struct bench_floor *one = NULL, *f;

	for (size_t i = 0; i < s->n_rows; i++) {
		f = bench_row_floor(s, &s->rows[i]);
		if (!f || (one && f != one))
			return NULL;
		one = f;
	}
	return one;
}

double bench_floor_share(const struct bench_floor *f, double value)
{
	return value / f->value;
}

bool bench_walk_next(struct bench_walk *w)
{
	const struct bench_round *r = w->round;
	uint64_t least = r->n_points ? r->points[r->n_points - 1].at_ns /
				       r->n_points / 2 : 0;
	double amount = 0;

	while (w->i < r->n_points) {
		const struct bench_point *p = &r->points[w->i++];
		uint64_t before = w->before;

		amount += (double)(w->requests ? p->requests : p->bytes);
		if (p->at_ns <= before || p->at_ns - before < least)
			continue;
		w->before = p->at_ns;
		w->seconds = (double)p->at_ns / 1e9;
		w->rate = amount / ((double)(p->at_ns - before) / 1e9);
		return true;
	}
	return false;
}
