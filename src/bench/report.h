/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is shown of results: pages for people, documents for programs. */
#ifndef SK_BENCH_REPORT_H
#define SK_BENCH_REPORT_H

#include "base/out.h"
#include "bench/result.h"

/* How a page is written. All zero: plain ASCII, as into a pipe. */
struct bench_style {
	bool terminal;		/* bars and sparklines */
	bool utf8;		/* "µs", "±" */
	unsigned columns;	/* of the terminal; 0: not known */
};

/*
 * One page for n results: a table each, verdicts, floors, what was slow and
 * why, and the machine, once. All foreign text is escaped. 0 or -ENOMEM;
 * errors of writing stay in `out`.
 */
int bench_report_text(struct sk_out *out, struct bench_result *const *results,
		      size_t n, const struct bench_style *style);

/*
 * The document of bench.schema.json: everything that was measured, so that
 * bench_load() gives the results back, and what was concluded from it. One
 * line, ended by a newline. 0 or -ENOMEM.
 */
int bench_report_json(struct sk_out *out, struct bench_result *const *results,
		      size_t n);

/*
 * RFC 4180: a row for each round, a column for each axis and metric; what is
 * absent is empty. 0 or -ENOMEM.
 */
int bench_report_csv(struct sk_out *out, struct bench_result *const *results,
		     size_t n);

/*
 * Drawings: bars with intervals, percentile curves, rates over time; as an
 * SVG 1.1 file, or as a page of HTML with tables and verdicts, which needs
 * nothing from elsewhere. Readable on light and dark ground. 0 or -ENOMEM.
 */
int bench_report_svg(struct sk_out *out, struct bench_result *const *results,
		     size_t n);
int bench_report_html(struct sk_out *out, struct bench_result *const *results,
		      size_t n);

#endif
