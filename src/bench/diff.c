/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/diff.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int summarize(struct bench_diff *d)
{
	size_t n_old = d->old_run->n, n = n_old + d->new_run->n;

	d->sums = calloc(n ? n : 1, sizeof(*d->sums));
	if (!d->sums)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct bench_result *r =
			i < n_old ? d->old_run->v[i] :
				    d->new_run->v[i - n_old];

		d->n_sums++;
		if (bench_summary_init(&d->sums[i], r) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The row of `in` that is the same variant; NULL: there is none. */
static const struct bench_row *find(const struct bench_summary *in,
				    const struct bench_result *of,
				    const struct bench_row *row)
{
	if (strcmp(in->result->workload, of->workload))
		return NULL;
	for (size_t i = 0; i < in->n_rows; i++)
		if (bench_variant_same(in->rows[i].v, row->v))
			return &in->rows[i];
	return NULL;
}

/* Looks for the row among the new results, or among the old ones. */
static const struct bench_row *find_other(const struct bench_diff *d,
					  const struct bench_result *of,
					  const struct bench_row *row,
					  bool among_new,
					  const struct bench_result **result)
{
	size_t from = among_new ? d->old_run->n : 0;
	size_t to = among_new ? d->n_sums : d->old_run->n;

	for (size_t i = from; i < to; i++) {
		const struct bench_row *other = find(&d->sums[i], of, row);

		*result = d->sums[i].result;
		if (other)
			return other;
	}
	return NULL;
}

static int compare(struct bench_change *c, uint64_t seed)
{
	const struct bench_variant *a = c->new_row->v, *b = c->old_row->v;
	double *room = calloc(a->n_rounds + b->n_rounds + 1, sizeof(*room));
	size_t na, nb;
	int r;

	if (!room)
		return -ENOMEM;
	na = bench_variant_values(a, c->metric, room);
	nb = bench_variant_values(b, c->metric, room + na);
	r = bench_pair_measure(&c->pair, room, na, room + na, nb, seed);
	free(room);
	return r;
}

/* Every row finds its partner, or is lone. */
static int match(struct bench_diff *d)
{
	size_t rows = 0;

	for (size_t i = 0; i < d->n_sums; i++)
		rows += d->sums[i].n_rows;
	d->v = calloc(rows + 1, sizeof(*d->v));
	d->lone = calloc(rows + 1, sizeof(*d->lone));
	if (!d->v || !d->lone)
		return -ENOMEM;
	for (size_t i = 0; i < d->n_sums; i++)
		for (size_t k = 0; k < d->sums[i].n_rows; k++) {
			const struct bench_result *of = d->sums[i].result;
			const struct bench_row *row = &d->sums[i].rows[k];
			bool is_new = i >= d->old_run->n;
			const struct bench_result *with = NULL;
			const struct bench_row *other =
				find_other(d, of, row, !is_new, &with);

			if (!other)
				d->lone[d->n_lone++] = (struct bench_lone){
					of, row, is_new };
			else if (!is_new)
				d->v[d->n++] = (struct bench_change){
					of, with, row, other, of->primary,
					{ 0 }, 0 };
		}
	return 0;
}

static void weigh(struct bench_change *c)
{
	double percent = c->pair.percent;

	if (c->pair.verdict != BENCH_BETTER && c->pair.verdict != BENCH_WORSE)
		return;
	if (bench_metrics[c->metric].better)
		c->worse = -percent * bench_metrics[c->metric].better;
	/* What was nought before has no per cent, but became worse. */
	if (isnan(c->worse))
		c->worse = c->pair.verdict == BENCH_WORSE ? INFINITY :
							    -INFINITY;
}

/* One correction over all questions that were asked. */
static int judge(struct bench_diff *d)
{
	struct bench_pair *pairs = calloc(d->n + 1, sizeof(*pairs));
	int r = pairs ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < d->n; i++) {
		r = compare(&d->v[i], i + 1);
		pairs[i] = d->v[i].pair;
	}
	/* The direction depends on each one's metric; the correction not. */
	if (r >= 0)
		r = bench_pairs_judge(pairs, d->n, d->n, BENCH_REQUESTS_PER_S);
	for (size_t i = 0; r >= 0 && i < d->n; i++) {
		struct bench_change *c = &d->v[i];

		c->pair = pairs[i];
		if (bench_metrics[c->metric].better < 0) {
			if (c->pair.verdict == BENCH_BETTER)
				c->pair.verdict = BENCH_WORSE;
			else if (c->pair.verdict == BENCH_WORSE)
				c->pair.verdict = BENCH_BETTER;
		}
		weigh(c);
	}
	free(pairs);
	return r;
}

static int worst_first(const void *a, const void *b)
{
	const struct bench_change *x = a, *y = b;

	return (x->worse < y->worse) - (x->worse > y->worse);
}

int bench_diff_init(struct bench_diff *d, const struct bench_results *old_run,
		    const struct bench_results *new_run)
{
	int r;

	*d = (struct bench_diff){ .old_run = old_run, .new_run = new_run };
	r = summarize(d);
	if (r >= 0)
		r = match(d);
	if (r >= 0)
		r = judge(d);
	if (r >= 0)
		qsort(d->v, d->n, sizeof(*d->v), worst_first);
	return r;
}

void bench_diff_fini(struct bench_diff *d)
{
	for (size_t i = 0; i < d->n_sums; i++)
		bench_summary_fini(&d->sums[i]);
	free(d->sums);
	free(d->v);
	free(d->lone);
	*d = (struct bench_diff){ 0 };
}

size_t bench_diff_regressions(const struct bench_diff *d, double percent)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->v[i].worse > 0 && d->v[i].worse >= percent;
	return n;
}
