/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawings of one result; SVG files and HTML pages are made of them. */
#ifndef SK_BENCH_FIGURES_H
#define SK_BENCH_FIGURES_H

#include "base/out.h"
#include "bench/summary.h"

/* All figures are so wide, in pixels. */
#define BENCH_FIGURE_WIDTH 860.0

/*
 * Bars of the primary metric with their intervals; percentile curves of the
 * histograms; rates over time. Each draws from `y` down and returns where it
 * ended; where there is nothing to draw, that is `y`.
 */
double bench_figure_bars(struct sk_out *out, const struct bench_summary *s,
			 double y);
double bench_figure_percentiles(struct sk_out *out,
				const struct bench_summary *s, double y);
double bench_figure_series(struct sk_out *out, const struct bench_summary *s,
			   double y);

/* All of them below `title`, from 0 down; returns where they end. */
double bench_figures_draw(struct sk_out *out, const struct bench_summary *s,
			  const char *title);
/* All of them in an <svg> of the size it takes, to stand in a page. */
void bench_figures(struct sk_out *out, const struct bench_summary *s);

#endif
