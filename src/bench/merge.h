/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What several machines measured at the same time, as if one had: amounts and
 * rates add up, histograms are merged and percentiles read from them anew,
 * costs are weighted by what they were spent on. Percentiles are never
 * averaged.
 */
#ifndef SK_BENCH_MERGE_H
#define SK_BENCH_MERGE_H

#include "bench/result.h"

/*
 * Take the rounds of `from` into `to`: round i of a variant with round i of
 * the same variant. A round that only one of them has is no whole round and
 * is dropped; a variant that only `from` has is copied; where one refused,
 * the other's rounds stand and a note says so. Facts and floors stay those of
 * `to`. 0 or -ENOMEM, and then `to` is only good to be freed.
 */
int bench_result_merge(struct bench_result *to,
		       const struct bench_result *from);

#endif
