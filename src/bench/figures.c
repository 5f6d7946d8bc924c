/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/figures_in.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/format.h"
#include "bench/report_in.h"
#include "bench/svg.h"

#define CHAR_WIDTH 7.2		/* of 13 px text, about */

/* --- what all figures have ----------------------------------------------------- */

void bench_tick_label(struct sk_out *out, double x, double y,
		      enum bench_anchor anchor, enum bench_metric metric,
		      double v)
{
	char text[BENCH_TEXT_MAX], *unit, *end;

	bench_format(text, metric, v, true);
	unit = strchr(text, ' ');
	if (unit && memchr(text, '.', (size_t)(unit - text))) {
		for (end = unit; end[-1] == '0'; end--)
			;
		if (end[-1] == '.')
			end--;
		memmove(end, unit, strlen(unit) + 1);
	}
	bench_svg_text(out, x, y, anchor, "s dim", v ? text : "0", 24);
}

size_t bench_metric_ticks(double tick[BENCH_TICKS_MAX],
			  const struct bench_scale *s, enum bench_metric metric)
{
	double factor = strcmp(bench_metrics[metric].unit, "B/s") ? 1 : 8;
	struct bench_scale shown = *s;
	size_t n;

	shown.from *= factor;
	shown.to *= factor;
	n = bench_ticks(tick, &shown);
	for (size_t i = 0; i < n; i++)
		tick[i] /= factor;
	return n;
}

void bench_y_axis(struct sk_out *out, const struct bench_scale *s,
		  enum bench_metric metric)
{
	double tick[BENCH_TICKS_MAX];
	size_t n = bench_metric_ticks(tick, s, metric);

	for (size_t i = 0; i < n; i++) {
		double y = bench_scale_at(s, tick[i]);

		bench_svg_line(out, PLOT_LEFT, y, W - 12, y, "grid");
		bench_tick_label(out, PLOT_LEFT - 6, y + 4, BENCH_END, metric,
				 tick[i]);
	}
	bench_svg_line(out, PLOT_LEFT, s->at_from, W - 12, s->at_from, "axis");
}

static bool draws_hist(const struct bench_summary *s,
		       const struct bench_row *row)
{
	return bench_row_hist(s, row) != NULL;
}

bool bench_any_row(const struct bench_summary *s, draws_fn *draws)
{
	for (size_t i = 0; i < s->n_rows; i++)
		if (draws(s, &s->rows[i]))
			return true;
	return false;
}

/* Names by their colours, from left to right in as many lines as it takes. */
static double put_legend(struct sk_out *out, const struct bench_summary *s,
			 draws_fn *draws, double y)
{
	double x = PLOT_LEFT;

	if (s->n_rows < 2)
		return y;
	for (size_t i = 0; i < s->n_rows; i++) {
		const char *label = s->rows[i].label;
		size_t chars = strlen(label);
		double width;

		if (!draws(s, &s->rows[i]))
			continue;
		width = 32 + CHAR_WIDTH * (double)(chars < LABEL_CHARS ?
						   chars : LABEL_CHARS);
		if (x + width > W && x > PLOT_LEFT) {
			x = PLOT_LEFT;
			y += 18;
		}
		bench_svg_path_begin(out, i);
		bench_svg_path_to(out, x, y - 4, true);
		bench_svg_path_to(out, x + 18, y - 4, false);
		bench_svg_path_end(out);
		bench_svg_text(out, x + 23, y, BENCH_START, "t ink", label,
			       LABEL_CHARS);
		x += width;
	}
	return y + 12;
}

/* --- bars ---------------------------------------------------------------------- */

static double largest(const struct bench_summary *s)
{
	double most = 0;

	for (size_t i = 0; i < s->n_rows; i++) {
		most = fmax(most, s->rows[i].primary.median);
		if (isfinite(s->rows[i].primary.high))
			most = fmax(most, s->rows[i].primary.high);
	}
	return most;
}

/* Few rounds have no more than a range; see bench_median_interval(). */
static const char *interval_words(const struct bench_summary *s)
{
	bool range = false, interval = false;

	for (size_t i = 0; i < s->n_rows; i++) {
		range = range || (s->rows[i].n > 1 &&
				  s->rows[i].n < BENCH_ROUNDS_TO_TELL);
		interval = interval || s->rows[i].n >= BENCH_ROUNDS_TO_TELL;
	}
	if (!range)
		return "95 % interval";
	return interval ? "95 % interval, or range where rounds are few" :
			  "range of all rounds";
}

static void put_bar(struct sk_out *out, const struct bench_summary *s,
		    size_t i, const struct bench_scale *x, double y)
{
	const struct bench_interval *v = &s->rows[i].primary;
	double end = bench_scale_at(x, v->median);
	double low = bench_scale_at(x, v->low), high = bench_scale_at(x, v->high);
	char text[BENCH_TEXT_MAX];

	bench_svg_rect(out, x->at_from, y, end - x->at_from, 16, i);
	if (isfinite(v->low) && isfinite(v->high)) {
		bench_svg_line(out, low, y + 8, high, y + 8, "whisk");
		bench_svg_line(out, low, y + 4, low, y + 12, "whisk");
		bench_svg_line(out, high, y + 4, high, y + 12, "whisk");
		end = fmax(end, high);
	}
	bench_svg_text(out, end + 7, y + 13, BENCH_START, "t ink",
		       bench_format(text, s->result->primary, v->median, true),
		       24);
}

double bench_label_width(const struct bench_summary *s)
{
	size_t most = 0;

	for (size_t i = 0; i < s->n_rows && s->n_rows > 1; i++) {
		size_t n = strlen(s->rows[i].label);

		most = n > most ? n : most;
	}
	return 12 + CHAR_WIDTH * (double)(most < LABEL_CHARS ? most :
							       LABEL_CHARS);
}

static void put_x_axis(struct sk_out *out, const struct bench_scale *x,
		       enum bench_metric metric, double top, double bottom)
{
	double tick[BENCH_TICKS_MAX];
	size_t n = bench_metric_ticks(tick, x, metric);

	for (size_t i = 0; i < n; i++) {
		double at = bench_scale_at(x, tick[i]);

		bench_svg_line(out, at, top, at, bottom, "grid");
		bench_tick_label(out, at, bottom + 14, BENCH_MIDDLE, metric,
				 tick[i]);
	}
	bench_svg_line(out, x->at_from, top, x->at_from, bottom, "axis");
}

double bench_figure_bars(struct sk_out *out, const struct bench_summary *s,
			 double y)
{
	const struct bench_metric_info *m = &bench_metrics[s->result->primary];
	double top = y + 26, bottom = top + 26 * (double)s->n_rows;
	struct bench_scale x = { 0, largest(s), bench_label_width(s), W - 110,
				 false };
	char caption[200];

	if (!(x.to > 0) || !isfinite(x.to))
		return y;
	snprintf(caption, sizeof(caption), "%s%s (median and %s)", m->help,
		 m->better > 0 ? ", more is better" :
		 m->better < 0 ? ", less is better" : "",
		 interval_words(s));
	bench_svg_text(out, 0, y + 13, BENCH_START, "t dim", caption, 120);
	put_x_axis(out, &x, s->result->primary, top, bottom);
	for (size_t i = 0; i < s->n_rows; i++) {
		double at = top + 26 * (double)i + 5;

		if (s->n_rows > 1)
			bench_svg_text(out, x.at_from - 8, at + 13, BENCH_END,
				       "t ink", s->rows[i].label, LABEL_CHARS);
		if (isfinite(s->rows[i].primary.median))
			put_bar(out, s, i, &x, at);
		else
			bench_svg_text(out, x.at_from + 6, at + 13, BENCH_START,
				       "t dim", s->rows[i].v->refused ?
				       "not run" : "not measured", 20);
	}
	return bottom + 34;
}

/* --- percentile curves --------------------------------------------------------- */

/*
 * From the share of samples below to the place on the x axis: -log10(1 - p),
 * so that 90, 99 and 99.9 % lie equally far apart.
 */
static double nines(double share)
{
	return -log10(1 - share);
}

static void hist_bounds(const struct bench_summary *s, struct bench_scale *x,
			struct bench_scale *y)
{
	double low = INFINITY, high = 0, total = 10;

	for (size_t i = 0; i < s->n_rows; i++) {
		const struct bench_hist *h = bench_row_hist(s, &s->rows[i]);

		if (!h)
			continue;
		low = fmin(low, (double)h->min);
		high = fmax(high, (double)h->max);
		total = fmax(total, (double)h->total);
	}
	x->to = fmin(ceil(log10(total)), 7);
	y->from = fmax(low, 1) * 0.95;
	y->to = fmax(high, 2) * 1.05;
}

static void put_curve(struct sk_out *out, const struct bench_hist *h,
		      size_t series, const struct bench_scale *x,
		      const struct bench_scale *y)
{
	uint64_t below = 0;
	bool begun = false;

	bench_svg_path_begin(out, series);
	for (unsigned i = 0; i < BENCH_HIST_SLOTS; i++) {
		double from = nines((double)below / (double)h->total), v;

		if (!h->slot[i])
			continue;
		below += h->slot[i];
		v = (double)bench_hist_low(i);
		v = fmin(fmax(v, (double)h->min), (double)h->max);
		bench_svg_path_to(out, bench_scale_at(x, from),
				  bench_scale_at(y, fmax(v, 1)), !begun);
		begun = true;
	}
	/* The last sample has all others below it, and nothing above. */
	bench_svg_path_to(out, bench_scale_at(x, nines(1 - 0.5 /
					      (double)h->total)),
			  bench_scale_at(y, fmax((double)h->max, 1)), !begun);
	bench_svg_path_end(out);
}

static void put_nines(struct sk_out *out, const struct bench_scale *x,
		      double top, double bottom)
{
	static const struct {
		double share;
		const char *name;
	} at[] = {
		{ 0, "0" },	      { 0.5, "50 %" },	   { 0.9, "90 %" },
		{ 0.99, "99 %" },     { 0.999, "99.9 %" }, { 0.9999, "99.99 %" },
		{ 0.99999, "99.999 %" }, { 0.999999, "99.9999 %" },
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		double px = bench_scale_at(x, nines(at[i].share));

		if (nines(at[i].share) > x->to)
			break;
		bench_svg_line(out, px, top, px, bottom, "grid");
		bench_svg_text(out, px, bottom + 14, BENCH_MIDDLE, "s dim",
			       at[i].name, 12);
	}
}

double bench_figure_percentiles(struct sk_out *out,
				const struct bench_summary *s, double y)
{
	struct bench_scale x = { 0, 1, PLOT_LEFT, W - 24, false };
	struct bench_scale v = { .log = true };
	char caption[160], name[BENCH_TEXT_MAX];
	double top;

	if (!bench_any_row(s, draws_hist))
		return y;
	snprintf(caption, sizeof(caption), "%s time: how many took at most "
		 "this long (percentiles; both axes logarithmic)",
		 bench_hist_title(name, s->hist));
	bench_svg_text(out, 0, y + 13, BENCH_START, "t dim", caption, 120);
	top = put_legend(out, s, draws_hist, y + 36);
	hist_bounds(s, &x, &v);
	v.at_from = top + PLOT_HEIGHT;
	v.at_to = top;
	bench_y_axis(out, &v, BENCH_P50_NS);
	put_nines(out, &x, top, v.at_from);
	for (size_t i = 0; i < s->n_rows; i++)
		if (bench_row_hist(s, &s->rows[i]))
			put_curve(out, bench_row_hist(s, &s->rows[i]), i, &x, &v);
	return v.at_from + 34;
}

/* --- together ------------------------------------------------------------------ */

double bench_figures_draw(struct sk_out *out, const struct bench_summary *s,
			  const char *title)
{
	double y = 0;

	if (*title) {
		bench_svg_text(out, 0, 18, BENCH_START, "h ink", title, 100);
		y = 34;
	}
	y = bench_figure_bars(out, s, y);
	y = bench_figure_percentiles(out, s, y);
	return bench_figure_series(out, s, y);
}

void bench_figures(struct sk_out *out, const struct bench_summary *s)
{
	struct sk_out body;
	double y;

	sk_out_init(&body, -1);
	y = bench_figures_draw(&body, s, "");
	sk_out_printf(out,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
		      "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
		      "font-family=\"system-ui,sans-serif\">\n", W, y, W, y);
	if (body.error && !out->error)
		out->error = body.error;
	else
		sk_out_put(out, body.buf, body.len);
	sk_out_str(out, "</svg>\n");
	sk_out_fini(&body);
}
