/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Results as bench_report_json() wrote them. The file may be anybody's: its
 * size, depth and counts are bounded, and each value is checked before it is
 * believed. Needs jansson; without it nothing can be read.
 */
#ifndef SK_BENCH_LOAD_H
#define SK_BENCH_LOAD_H

#include "base/err.h"
#include "bench/result.h"

/* A larger file is not read. */
#define BENCH_FILE_MAX (64u << 20)

struct bench_results {
	struct bench_result **v; /* owned, as all in it */
	size_t n;
};

/* Results of a document in memory. 0, or a negative errno with a sentence. */
int bench_load(struct bench_results *to, const char *data, size_t len,
	       struct sk_err *err);
/* The same of a file, "-" for stdin; its name begins the sentence. */
int bench_load_file(struct bench_results *to, const char *path,
		    struct sk_err *err);
void bench_results_fini(struct bench_results *r);

#endif
