/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be said of a result: per variant medians, intervals and merged
 * histograms over the rounds that count, and verdicts between variants. Every
 * report is made of this; the same result gives the same summary.
 */
#ifndef SK_BENCH_SUMMARY_H
#define SK_BENCH_SUMMARY_H

#include "bench/pair.h"
#include "bench/result.h"
#include "bench/stats.h"

/* Of up to so many variants all pairs are judged, else each with the best. */
#define BENCH_ALL_PAIRS 4

struct bench_row {
	const struct bench_variant *v;
	char *label;		/* owned */
	size_t n;		/* rounds that count */
	size_t disturbed;	/* that were left out, or if n is 0 all */
	bool all_disturbed;	/* so they count after all */
	double value[BENCH_NMETRICS]; /* medians; NAN: absent */
	struct bench_interval primary;
	struct bench_hist *hist[BENCH_NHISTS]; /* NULL: none; owned */
};

/* An axis that occurs in the result, and whether its variants differ in it. */
struct bench_axis {
	const char *name;
	bool varies;
};

struct bench_summary {
	const struct bench_result *result;
	struct bench_axis *axes; /* in order of appearance */
	size_t n_axes;
	struct bench_row *rows;	/* one for each variant, in order */
	size_t n_rows;
	int hist;		/* the kind that percentiles are shown of: of
				 * response times where there are any, as they
				 * hide no stall; -1: there is none */
	struct bench_pair *pairs;
	size_t n_pairs;
};

/* Does round i count? Not when disturbed, unless all of them are. */
static inline bool bench_row_counts(const struct bench_row *row, size_t i)
{
	return !row->v->rounds[i].disturbed || row->all_disturbed;
}

/*
 * The values of a metric in the rounds that count, in order; out has room for
 * v->n_rounds. Returns how many.
 */
size_t bench_variant_values(const struct bench_variant *v,
			    enum bench_metric metric, double *out);

/* 0 or -ENOMEM; bench_summary_fini() is due in any case. */
int bench_summary_init(struct bench_summary *s, const struct bench_result *r);
void bench_summary_fini(struct bench_summary *s);

/*
 * The row's floor, one of the primary metric: that of its kind, else any; NULL:
 * none. The one that all rows have; NULL: there is none, or they differ. And
 * a share of it.
 */
const struct bench_floor *bench_row_floor(const struct bench_summary *s,
					  const struct bench_row *row);
const struct bench_floor *bench_summary_floor(const struct bench_summary *s);
double bench_floor_share(const struct bench_floor *f, double value);

/* "4 KiB" of {"size", "4 KiB"}; NULL: the variant has no such axis. */
const char *bench_variant_get(const struct bench_variant *v,
			      const char *axis);
/* Have both the same settings, in any order? */
bool bench_variant_same(const struct bench_variant *a,
			const struct bench_variant *b);

/*
 * A walk along the series of a round, as rates. Intervals that are shorter
 * than half the usual are joined with the next: a rate over next to no time
 * says nothing. Begin with the round alone set.
 */
struct bench_walk {
	const struct bench_round *round;
	bool requests;		/* else bytes */
	size_t i;
	uint64_t before;
	double seconds;		/* end of the interval, from the start */
	double rate;		/* per second */
};
/* The next interval; false after the last. */
bool bench_walk_next(struct bench_walk *w);

#endif
