/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drawing in SVG: a few shapes, text that no reader obeys, scales with round
 * numbers on them. Colours are classes, so that light and dark are a matter of
 * the style sheet alone.
 */
#ifndef SK_BENCH_SVG_H
#define SK_BENCH_SVG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/out.h"

/* Text of any origin as XML 1.0 character data or attribute value. */
void bench_xml(struct sk_out *out, const char *text);

/* The rules for all classes used below: content of a <style>. */
void bench_svg_style(struct sk_out *out);

enum bench_anchor { BENCH_START, BENCH_MIDDLE, BENCH_END };

/* At most `most` characters of it, the last an ellipsis when cut. */
void bench_svg_text(struct sk_out *out, double x, double y,
		    enum bench_anchor anchor, const char *class,
		    const char *text, size_t most);
void bench_svg_line(struct sk_out *out, double x1, double y1, double x2,
		    double y2, const char *class);
/* The class is "f" and the number of a colour: series i has i % 8. */
void bench_svg_rect(struct sk_out *out, double x, double y, double w, double h,
		    size_t series);
/* A line through points; those are put between begin and end. */
void bench_svg_path_begin(struct sk_out *out, size_t series);
/* gap: the line does not lead here. Not finite: left out. */
void bench_svg_path_to(struct sk_out *out, double x, double y, bool gap);
void bench_svg_path_end(struct sk_out *out);

/* Values from…to at places at_from…at_to. */
struct bench_scale {
	double from, to;
	double at_from, at_to;
	bool log;
};
double bench_scale_at(const struct bench_scale *s, double v);

#define BENCH_TICKS_MAX 24
/* Round values within the scale: 1, 2, 5 times powers of ten. Their number. */
size_t bench_ticks(double tick[BENCH_TICKS_MAX], const struct bench_scale *s);

#endif
