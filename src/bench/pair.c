/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/pair.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/format.h"
#include "bench/stats.h"

const char *const bench_verdict_names[] = {
	[BENCH_SAME] = "same",
	[BENCH_BETTER] = "better",
	[BENCH_WORSE] = "worse",
	[BENCH_FEW] = "too-few-rounds",
};

static int sign_of(const double *a, size_t na, const double *b, size_t nb,
		   int *sign)
{
	double *room = calloc(na + nb, sizeof(*room));
	double x, y;

	*sign = 0;
	if (!na || !nb) {
		free(room);
		return 0;
	}
	if (!room)
		return -ENOMEM;
	memcpy(room, a, na * sizeof(*a));
	memcpy(room + na, b, nb * sizeof(*b));
	x = bench_median(room, na);
	y = bench_median(room + na, nb);
	*sign = (x > y) - (x < y);
	free(room);
	return 0;
}

static double to_percent(double ratio)
{
	return (ratio - 1) * 100;
}

int bench_pair_measure(struct bench_pair *pair, const double *a, size_t na,
		       const double *b, size_t nb, uint64_t seed)
{
	struct bench_interval ratio;
	int r = bench_ratio_interval(&ratio, a, na, b, nb, seed);

	pair->na = na;
	pair->nb = nb;
	pair->percent = to_percent(ratio.median);
	pair->low = to_percent(ratio.low);
	pair->high = to_percent(ratio.high);
	pair->p = bench_mann_whitney(a, na, b, nb);
	return r < 0 ? r : sign_of(a, na, b, nb, &pair->sign);
}

/* The test and the interval must both say that there is a difference. */
static bool significant(const struct bench_pair *pair)
{
	if (!(pair->p < BENCH_ALPHA) || !pair->sign)
		return false;
	return isnan(pair->low) || pair->low > 0 || pair->high < 0;
}

/* With fewer rounds than this of each, no p would be small enough. */
static size_t enough_for(size_t questions)
{
	size_t n = 1;

	while (bench_smallest_p(n, n) * (double)questions > BENCH_ALPHA)
		n++;
	return n;
}

int bench_pairs_judge(struct bench_pair *pairs, size_t n, size_t questions,
		      enum bench_metric metric)
{
	double *p = calloc(n ? n : 1, sizeof(*p));
	int better = bench_metrics[metric].better < 0 ? -1 : 1;
	size_t enough = enough_for(questions);
	int r = -ENOMEM;

	if (!p)
		goto out;
	for (size_t i = 0; i < n; i++)
		p[i] = pairs[i].p;
	r = bench_holm(p, n, questions);
	if (r < 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct bench_pair *q = &pairs[i];
		double least = bench_smallest_p(q->na, q->nb) *
			       (double)questions;

		q->p = p[i];
		q->enough = enough;
		q->verdict = significant(q) ? BENCH_BETTER :
			     least > BENCH_ALPHA ? BENCH_FEW : BENCH_SAME;
		if (q->verdict == BENCH_BETTER && q->sign != better)
			q->verdict = BENCH_WORSE;
	}
out:
	free(p);
	return r;
}

/* --- in words ------------------------------------------------------------------ */

void bench_percent_text(char *buf, size_t size, const struct bench_pair *p,
			bool utf8)
{
	double mid = fabs(p->percent), low = fabs(p->low), high = fabs(p->high);
	double least = low < high ? low : high, most = low < high ? high : low;
	double up = most - mid, down = mid - least;
	int after = mid < 9.95 || most - least < 1.9;

	if (isnan(p->low))
		snprintf(buf, size, "%.*f %%", after, mid);
	else if (up < 2 * down + 0.5 && down < 2 * up + 0.5)
		snprintf(buf, size, "%.*f %% %s %.*f %%", after, mid,
			 utf8 ? "±" : "+-", after, (most - least) / 2);
	else
		snprintf(buf, size, "%.*f %% (%.*f to %.*f %%)", after, mid,
			 after, least, after, most);
}

int bench_pair_text(char *buf, size_t size, const struct bench_pair *pair,
		    enum bench_metric metric, const char *a, const char *b,
		    bool utf8)
{
	const struct bench_words *words = bench_words(metric);
	char percent[96];

	if (pair->verdict == BENCH_FEW)
		return snprintf(buf, size,
				"%s and %s: too few rounds to tell (%zu + %zu; "
				"%zu each could)",
				a, b, pair->na, pair->nb, pair->enough);
	if (pair->verdict == BENCH_SAME)
		return snprintf(buf, size,
				"%s and %s: no significant difference (p %.2g)",
				a, b, pair->p);
	bench_percent_text(percent, sizeof(percent), pair, utf8);
	return snprintf(buf, size, "%s%s%s %s than %s (p %.2g)", a,
			isfinite(pair->percent) ? " " : "",
			isfinite(pair->percent) ? percent : "",
			pair->verdict == BENCH_BETTER ? words->better :
							words->worse,
			b, pair->p);
}
