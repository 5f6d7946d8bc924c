/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two runs of the same plan held against each other: which variants became
 * slower or faster, beyond what chance does.
 */
#ifndef SK_BENCH_DIFF_H
#define SK_BENCH_DIFF_H

#include "bench/load.h"
#include "bench/report.h"
#include "bench/summary.h"

/* One variant that both have. */
struct bench_change {
	const struct bench_result *old_result, *new_result;
	const struct bench_row *old_row, *new_row;
	enum bench_metric metric;
	struct bench_pair pair;	/* a is new, b is old */
	/* By how many per cent it became worse, beyond chance; below 0:
	 * better; 0: no significant difference, or nothing is better. */
	double worse;
};

/* One variant that only one of them has. */
struct bench_lone {
	const struct bench_result *result;
	const struct bench_row *row;
	bool is_new;
};

struct bench_diff {
	const struct bench_results *old_run, *new_run;
	struct bench_summary *sums; /* of all results, the old ones first */
	size_t n_sums;
	struct bench_change *v;	/* the worst first */
	size_t n;
	struct bench_lone *lone;
	size_t n_lone;
};

/*
 * Variants are the same when workload and settings are. Both runs must live
 * as long. 0 or -ENOMEM; bench_diff_fini() is due in any case.
 */
int bench_diff_init(struct bench_diff *d, const struct bench_results *old_run,
		    const struct bench_results *new_run);
void bench_diff_fini(struct bench_diff *d);

/* How many became worse by at least so many per cent, beyond chance. */
size_t bench_diff_regressions(const struct bench_diff *d, double percent);

/* The table, what is missing or new, and how the machines differ. */
void bench_diff_text(const struct bench_diff *d, struct sk_out *out,
		     const struct bench_style *style);
/* The same as one JSON object and a newline. */
void bench_diff_json(const struct bench_diff *d, struct sk_out *out);

#endif
