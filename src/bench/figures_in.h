/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all figures have. */
#ifndef SK_BENCH_FIGURES_IN_H
#define SK_BENCH_FIGURES_IN_H

#include "bench/figures.h"
#include "bench/report_in.h"
#include "bench/svg.h"

#define W	    BENCH_FIGURE_WIDTH
#define PLOT_LEFT   76.0
#define PLOT_HEIGHT 240.0
#define LABEL_CHARS 44 /* of a row's name */

/* Round numbers look it: "50 k/s", not "50.0 k/s". */
void bench_tick_label(struct sk_out *out, double x, double y,
		      enum bench_anchor anchor, enum bench_metric metric,
		      double v);
/* Round in the unit that is shown: bytes per second are shown as bits. */
size_t bench_metric_ticks(double tick[BENCH_TICKS_MAX],
			  const struct bench_scale *s,
			  enum bench_metric metric);
/* Lines across at round values of y, named at the left. */
void bench_y_axis(struct sk_out *out, const struct bench_scale *s,
		  enum bench_metric metric);
/* Pixels that the names of rows take beside a plot. */
double bench_label_width(const struct bench_summary *s);

/* Has the row something for this figure? */
typedef bool draws_fn(const struct bench_summary *s,
		      const struct bench_row *row);
bool bench_any_row(const struct bench_summary *s, draws_fn *draws);

#endif
