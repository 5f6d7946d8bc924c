/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates over time. */
#include <math.h>

#include "bench/figures_in.h"
#include "bench/svg.h"

#define LANE_HEIGHT 36.0
#define LANE_GAP    8.0

static bool draws_series(const struct bench_summary *s,
			 const struct bench_row *row)
{
	(void)s;
	for (size_t i = 0; i < row->v->n_rounds; i++)
		if (row->v->rounds[i].n_points > 1)
			return true;
	return false;
}

/* The series of the rounds that count, laid end to end. */
struct series {
	struct sk_out *out; /* NULL: only look how far they go */
	const struct bench_scale *x, *y;
	double seconds, most; /* the ends of both axes */
	bool requests;
};

static void put_series(struct series *s, const struct bench_row *row)
{
	s->seconds = 0;
	for (size_t i = 0; i < row->v->n_rounds; i++) {
		struct bench_walk w = { .round = &row->v->rounds[i],
					.requests = s->requests };
		double start = s->seconds;
		bool gap = true;

		while (bench_row_counts(row, i) && bench_walk_next(&w)) {
			s->seconds = start + w.seconds;
			s->most = fmax(s->most, w.rate);
			if (s->out)
				bench_svg_path_to(
					s->out,
					bench_scale_at(s->x, s->seconds),
					bench_scale_at(s->y, w.rate), gap);
			gap = false;
		}
	}
}

static bool counts_requests(const struct bench_summary *s)
{
	for (size_t i = 0; i < s->n_rows; i++)
		for (size_t k = 0; k < s->rows[i].v->n_rounds; k++) {
			const struct bench_round *r = &s->rows[i].v->rounds[k];

			for (size_t p = 0; p < r->n_points; p++)
				if (r->points[p].requests)
					return true;
		}
	return false;
}

static void put_seconds(struct sk_out *out, const struct bench_scale *x,
			double bottom)
{
	double tick[BENCH_TICKS_MAX];
	size_t n = bench_ticks(tick, x);

	for (size_t i = 0; i < n; i++)
		bench_tick_label(out, bench_scale_at(x, tick[i]), bottom + 14,
				 BENCH_MIDDLE, BENCH_SECONDS, tick[i]);
}

/* The ends of both axes; false: there is nothing to draw. */
static bool series_bounds(struct series *w, const struct bench_summary *s,
			  struct bench_scale *x, struct bench_scale *y)
{
	w->requests = counts_requests(s);
	for (size_t i = 0; i < s->n_rows; i++) {
		put_series(w, &s->rows[i]);
		x->to = fmax(x->to, w->seconds);
	}
	y->to = w->most * 1.05;
	return y->to > 0 && isfinite(y->to) && x->to > 0;
}

/*
 * Where there are several rows each has a lane of its own, all on the same
 * scales: lines that cross hide one another. The largest round value is all
 * the axis that a lane has room for.
 */
static void put_lane_axis(const struct series *w, const char *label,
			  enum bench_metric metric)
{
	const struct bench_scale *x = w->x, *y = w->y;
	double tick[BENCH_TICKS_MAX], at;
	size_t n = bench_metric_ticks(tick, y, metric);

	if (n) {
		at = bench_scale_at(y, tick[n - 1]);
		bench_svg_line(w->out, x->at_from, at, x->at_to, at, "grid");
		bench_tick_label(w->out, x->at_to + 6, at + 4, BENCH_START,
				 metric, tick[n - 1]);
	}
	bench_svg_line(w->out, x->at_from, y->at_from, x->at_to, y->at_from,
		       "axis");
	bench_svg_text(w->out, x->at_from - 8, y->at_from - 4, BENCH_END,
		       "t ink", label, LABEL_CHARS);
}

/* All rows from y->at_from down, which is then the end of the last. */
static void put_lanes(struct series *w, const struct bench_summary *s,
		      struct bench_scale *y, enum bench_metric metric)
{
	double end = y->at_from;

	for (size_t i = 0; i < s->n_rows; i++) {
		if (!draws_series(s, &s->rows[i]))
			continue;
		y->at_to = end;
		y->at_from =
			end + (s->n_rows > 1 ? LANE_HEIGHT : PLOT_HEIGHT * 0.7);
		if (s->n_rows > 1)
			put_lane_axis(w, s->rows[i].label, metric);
		else
			bench_y_axis(w->out, y, metric);
		bench_svg_path_begin(w->out, i % 8); /* nothing to tell apart */
		put_series(w, &s->rows[i]);
		bench_svg_path_end(w->out);
		end = y->at_from + LANE_GAP;
	}
}

double bench_figure_series(struct sk_out *out, const struct bench_summary *s,
			   double y)
{
	struct bench_scale x = { 0, 0, PLOT_LEFT, W - 24, false };
	struct bench_scale v = { .at_from = y + 28 };
	struct series w = { .x = &x, .y = &v };

	if (!bench_any_row(s, draws_series) || !series_bounds(&w, s, &x, &v))
		return y;
	bench_svg_text(out, 0, y + 13, BENCH_START, "t dim",
		       w.requests ? "requests per second over time, one round "
				    "after the other"
				  : "throughput over time, one round after the "
				    "other",
		       120);
	if (s->n_rows > 1) {
		x.at_from = bench_label_width(s);
		x.at_to = W - 70;
	}
	w.out = out;
	put_lanes(&w, s, &v,
		  w.requests ? BENCH_REQUESTS_PER_S : BENCH_BYTES_PER_S);
	put_seconds(out, &x, v.at_from);
	return v.at_from + 34;
}
