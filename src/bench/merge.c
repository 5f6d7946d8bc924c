/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/merge.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/summary.h"

enum how {
	SUM = 0,		/* also of metrics without a row below */
	MOST,
	LEAST,
	WEIGHTED,		/* mean by another metric */
	PERCENTILE,		/* of the merged histograms */
	RATIO,			/* per cent of two others, which were added */
};

static const struct rule {
	enum how how;
	enum bench_metric by, of;
	double share;
	enum bench_hist_id hist;
} rules[BENCH_NMETRICS] = {
	[BENCH_SECONDS] = { .how = MOST },
	[BENCH_P50_NS] = { .how = PERCENTILE, .share = 0.5 },
	[BENCH_P99_NS] = { .how = PERCENTILE, .share = 0.99 },
	[BENCH_P999_NS] = { .how = PERCENTILE, .share = 0.999 },
	[BENCH_RESPONSE_P50_NS] = { .how = PERCENTILE, .share = 0.5,
				    .hist = BENCH_HIST_RESPONSE },
	[BENCH_RESPONSE_P99_NS] = { .how = PERCENTILE, .share = 0.99,
				    .hist = BENCH_HIST_RESPONSE },
	[BENCH_LOSS] = { .how = RATIO, .of = BENCH_LOST, .by = BENCH_SENT },
	[BENCH_JITTER_NS] = { .how = WEIGHTED, .by = BENCH_DATAGRAMS_PER_S },
	[BENCH_NS_PER_KIB] = { .how = WEIGHTED, .by = BENCH_BYTES },
	[BENCH_NS_PER_REQUEST] = { .how = WEIGHTED, .by = BENCH_REQUESTS },
	[BENCH_SERVER_NS_PER_REQUEST] = { .how = WEIGHTED,
					  .by = BENCH_REQUESTS },
	[BENCH_KERNEL_PER_CONNECTION] = { .how = WEIGHTED,
					  .by = BENCH_CONNECTIONS },
	[BENCH_USER_PER_CONNECTION] = { .how = WEIGHTED,
					.by = BENCH_CONNECTIONS },
	[BENCH_FIRST_OVERFLOW] = { .how = LEAST },
};

/* --- values -------------------------------------------------------------------- */

static double weighted(double a, double wa, double b, double wb)
{
	if (!(wa > 0) || !(wb > 0))
		return (a + b) / 2;
	return (a * wa + b * wb) / (wa + wb);
}

/* After histograms and all that is added have been merged. */
static double derived(const struct bench_round *merged, const struct rule *rule,
		      double otherwise)
{
	const struct bench_hist *h = merged->hist[rule->hist];
	double whole = merged->value[rule->by];

	if (rule->how == PERCENTILE)
		return h && h->total ? (double)bench_hist_at(h, rule->share) :
				       NAN;
	if (rule->how == RATIO && whole > 0)
		return merged->value[rule->of] / whole * 100;
	return otherwise;
}

static double joined(const struct rule *rule, const double *a, const double *b,
		     size_t m)
{
	if (isnan(a[m]) || isnan(b[m]))
		return isnan(a[m]) ? b[m] : a[m];
	switch (rule->how) {
	case MOST:
		return fmax(a[m], b[m]);
	case LEAST:
		return fmin(a[m], b[m]);
	case WEIGHTED:
		return weighted(a[m], a[rule->by], b[m], b[rule->by]);
	default:
		return a[m] + b[m];
	}
}

static void merge_values(struct bench_round *to, const struct bench_round *from)
{
	double a[BENCH_NMETRICS];

	memcpy(a, to->value, sizeof(a));
	for (size_t m = 0; m < BENCH_NMETRICS; m++)
		to->value[m] = joined(&rules[m], a, from->value, m);
	for (size_t m = 0; m < BENCH_NMETRICS; m++)
		if (isfinite(to->value[m]))
			to->value[m] = derived(to, &rules[m], to->value[m]);
}

/* --- rounds -------------------------------------------------------------------- */

static int merge_hists(struct bench_round *to, const struct bench_round *from)
{
	for (size_t i = 0; i < BENCH_NHISTS; i++) {
		struct bench_hist *h;

		if (!from->hist[i])
			continue;
		h = bench_round_hist(to, (enum bench_hist_id)i);
		if (!h)
			return -ENOMEM;
		bench_hist_merge(h, from->hist[i]);
	}
	return 0;
}

/* The clocks of the rounds began together, near enough for a picture. */
static int merge_points(struct bench_round *to, const struct bench_round *from)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < from->n_points; i++) {
		const struct bench_point *p = &from->points[i];

		if (i >= to->n_points) {
			r = bench_round_point(to, p->at_ns, p->bytes,
					      p->requests);
			continue;
		}
		to->points[i].bytes += p->bytes;
		to->points[i].requests += p->requests;
		if (p->at_ns > to->points[i].at_ns)
			to->points[i].at_ns = p->at_ns;
	}
	return r;
}

/* "a; b", or one of them when the other says nothing new. */
static int join_text(char **to, const char *from)
{
	char *both;

	if (!from || (*to && strstr(*to, from)))
		return 0;
	if (!*to)
		both = strdup(from);
	else if (asprintf(&both, "%s; %s", *to, from) < 0)
		both = NULL;
	if (!both)
		return -ENOMEM;
	free(*to);
	*to = both;
	return 0;
}

static int merge_round(struct bench_round *to, const struct bench_round *from)
{
	int r = merge_hists(to, from);

	if (r >= 0)
		r = merge_points(to, from);
	if (r < 0)
		return r;
	merge_values(to, from);
	to->disturbed |= from->disturbed;
	return join_text(&to->why, from->why);
}

/* Into a round in which nothing is yet. */
static int copy_round(struct bench_round *to, const struct bench_round *from)
{
	int r = merge_hists(to, from);

	if (r >= 0)
		r = merge_points(to, from);
	memcpy(to->value, from->value, sizeof(to->value));
	to->disturbed = from->disturbed;
	return r < 0 ? r : join_text(&to->why, from->why);
}

/* --- variants ------------------------------------------------------------------ */

static int copy_rounds(struct bench_variant *to,
		       const struct bench_variant *from)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < from->n_rounds; i++) {
		struct bench_round *round = bench_variant_round(to);

		r = round ? copy_round(round, &from->rounds[i]) : -ENOMEM;
	}
	return r;
}

static int copy_variant(struct bench_result *result,
			const struct bench_variant *from)
{
	struct bench_variant *to = bench_result_variant(result);
	int r = to ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < from->n_settings; i++)
		r = bench_variant_set(to, from->settings[i].axis,
				      from->settings[i].value);
	if (r >= 0)
		r = join_text(&to->refused, from->refused);
	if (r >= 0)
		r = join_text(&to->note, from->note);
	if (r < 0)
		return r;
	to->repeated = from->repeated;
	return copy_rounds(to, from);
}

static int note_refusal(struct bench_variant *v, const char *reason)
{
	char *text;
	int r;

	if (asprintf(&text, "not by all: %s", reason) < 0)
		return -ENOMEM;
	r = join_text(&v->note, text);
	free(text);
	return r;
}

static int merge_variant(struct bench_variant *to,
			 const struct bench_variant *from)
{
	int r = join_text(&to->note, from->note);

	if (r < 0)
		return r;
	if (from->refused)
		return to->refused ? join_text(&to->refused, from->refused) :
				     note_refusal(to, from->refused);
	if (to->refused) {
		r = note_refusal(to, to->refused);
		free(to->refused);
		to->refused = NULL;
		return r < 0 ? r : copy_rounds(to, from);
	}
	to->repeated += from->repeated;
	bench_variant_cut(to, from->n_rounds);
	for (size_t i = 0; r >= 0 && i < to->n_rounds; i++)
		r = merge_round(&to->rounds[i], &from->rounds[i]);
	return r;
}

int bench_result_merge(struct bench_result *to,
		       const struct bench_result *from)
{
	size_t known = to->n_variants;
	int r = 0;

	to->interrupted |= from->interrupted;
	for (size_t i = 0; r >= 0 && i < from->n_variants; i++) {
		struct bench_variant *same = NULL;

		for (size_t k = 0; k < known && !same; k++)
			if (bench_variant_same(&to->variants[k],
					       &from->variants[i]))
				same = &to->variants[k];
		r = same ? merge_variant(same, &from->variants[i]) :
			   copy_variant(to, &from->variants[i]);
	}
	return r;
}
