/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What sockkit bench does with results: the options that say where they go,
 * and the subcommand that only reads them, diff.
 */
#ifndef SK_CMDS_BENCH_REPORT_H
#define SK_CMDS_BENCH_REPORT_H

#include "bench/load.h"
#include "bench/result.h"
#include "cli/cli.h"

struct sk_bench_report {
	bool json, csv;
	const char *output, *svg, *html;
	const char *by;		/* a metric to judge by */
	const char *fail_on;	/* "5%": of diff */
	int progress;		/* enum sk_when */
};

/* To be included at the offset of a struct sk_bench_report. */
extern const struct sk_opt sk_bench_report_options[];

/*
 * Check the options before anything is measured; diff: nothing will be.
 * Usage errors.
 */
int sk_bench_report_prepare(const struct sk_bench_report *o, bool diff,
			    struct sk_err *err);
/* Is progress to be shown? Unless it is asked for, on a terminal only. */
bool sk_bench_report_progress(const struct sk_bench_report *o);

/*
 * Print the results and write the files that were asked for. Files are
 * written even when stdout is gone. 0 or a negative errno with err.
 */
int sk_bench_report_show(const struct sk_bench_report *o,
			 struct bench_result *const *results, size_t n,
			 struct sk_err *err);
/*
 * The same at the end of a run that came to r. After a failure, which is
 * returned, that is what was measured before it, if anything was.
 */
int sk_bench_report_end(const struct sk_bench_report *o,
			struct bench_result *const *results, size_t n, int r,
			struct sk_err *err);

/*
 * bench diff OLD NEW: prints how they differ. With --fail-on, exit status 3
 * is asked for when something became that much worse.
 */
int sk_bench_diff(const struct sk_bench_report *o, int argc, char **argv,
		  struct sk_err *err);

#endif
