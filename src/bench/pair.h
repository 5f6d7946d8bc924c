/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two samples of a metric held against each other, and what that says. */
#ifndef SK_BENCH_PAIR_H
#define SK_BENCH_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/result.h"

enum bench_verdict {
	BENCH_SAME,		/* no significant difference */
	BENCH_BETTER,		/* a is better than b, or more where neither */
	BENCH_WORSE,
	BENCH_FEW,		/* so few rounds can show nothing */
};
extern const char *const bench_verdict_names[]; /* "same", "better"… */

/* Two samples held against each other. */
struct bench_pair {
	size_t a, b;		/* rows; a is the better one */
	size_t na, nb;		/* values of each */
	int sign;		/* of the difference of their medians */
	double percent, low, high; /* a against b: +13 is 13 % more; NAN
				    * where b's median is 0 */
	double p;		/* corrected for the number of questions */
	size_t enough;		/* rounds of each that could tell */
	enum bench_verdict verdict;
};

/*
 * Compare two samples of a metric: percent, interval and p, which is not
 * corrected yet. 0 or -ENOMEM.
 */
int bench_pair_measure(struct bench_pair *pair, const double *a, size_t na,
		       const double *b, size_t nb, uint64_t seed);
/*
 * Correct p of all n pairs for so many questions, n or more (bench_holm()),
 * and give the verdicts. 0 or -ENOMEM.
 */
int bench_pairs_judge(struct bench_pair *pairs, size_t n, size_t questions,
		      enum bench_metric metric);
/* "13 % ± 4 %", or "13 % (9 to 22 %)" where the interval is lopsided. */
void bench_percent_text(char *buf, size_t size, const struct bench_pair *p,
			bool utf8);

/*
 * "io_uring 13 % ± 4 % faster than epoll (p 0.008)", "io_uring and epoll: no
 * significant difference (p 0.42)". Not escaped. Returns the length, which
 * may be more than fits.
 */
int bench_pair_text(char *buf, size_t size, const struct bench_pair *pair,
		    enum bench_metric metric, const char *a, const char *b,
		    bool utf8);

#endif
