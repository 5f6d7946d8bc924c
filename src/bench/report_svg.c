/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drawing of all results, one below the other; a page with tables besides. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grid.h"
#include "bench/figures.h"
#include "bench/report_in.h"
#include "bench/svg.h"

#define MARGIN 20.0
/* Longer facts about the machine stand in the page and the documents. */
#define FACT_MAX 48

/* "rr: socket tcp, connections 64"; owned by the caller, NULL: no memory. */
static char *title_of(const struct bench_summary *s)
{
	struct sk_out out;
	char *title = NULL;

	sk_out_init(&out, -1);
	bench_title_put(&out, s);
	sk_out_char(&out, '\0');
	if (!out.error)
		title = strdup(out.buf);
	sk_out_fini(&out);
	return title;
}

/* --- SVG ----------------------------------------------------------------------- */

/* Draws one result as a drawing within the drawing, and returns its end. */
static int draw_result(struct sk_out *out, const struct bench_result *r,
		       double *y)
{
	struct bench_summary s;
	char *title = NULL;
	int e = bench_summary_init(&s, r);

	if (e >= 0)
		title = title_of(&s);
	if (title) {
		sk_out_printf(out, "<g transform=\"translate(%.0f %.0f)\">\n",
			      MARGIN, *y);
		*y += bench_figures_draw(out, &s, title);
		sk_out_str(out, "</g>\n");
	}
	free(title);
	bench_summary_fini(&s);
	return title ? e : -ENOMEM;
}

/* The machine, as the small print. */
static void draw_machine(struct sk_out *out, const struct bench_result *r,
			 double y)
{
	char text[400] = "";
	size_t len = 0;

	for (size_t i = 0; i < r->n_facts && len < sizeof(text); i++)
		if (!strchr(r->facts[i].name, '.') &&
		    strlen(r->facts[i].value) <= FACT_MAX)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%s %s", len ? ", " : "",
						r->facts[i].name,
						r->facts[i].value);
	bench_svg_text(out, MARGIN, y, BENCH_START, "s dim", text, 130);
}

int bench_report_svg(struct sk_out *out, struct bench_result *const *results,
		     size_t n)
{
	double y = MARGIN, width = BENCH_FIGURE_WIDTH + 2 * MARGIN;
	struct sk_out body;
	int r = 0;

	sk_out_init(&body, -1);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = draw_result(&body, results[i], &y);
	if (n)
		draw_machine(&body, results[0], y + 8);
	y += MARGIN + 8;
	sk_out_printf(out,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
		      "width=\"%.0f\" height=\"%.0f\" "
		      "viewBox=\"0 0 %.0f %.0f\" "
		      "font-family=\"system-ui,sans-serif\">\n"
		      "<title>sockkit bench</title>\n<style>", width, y, width,
		      y);
	bench_svg_style(out);
	sk_out_str(out, "</style>\n<rect class=\"bg\" width=\"100%\" "
			"height=\"100%\"/>\n");
	if (body.error)
		r = body.error;
	else
		sk_out_put(out, body.buf, body.len);
	sk_out_str(out, "</svg>\n");
	sk_out_fini(&body);
	return r;
}

/* --- HTML ---------------------------------------------------------------------- */

static const char page_style[] =
	"body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2em "
	"auto;"
	"padding:0 1em;color:#1a1a1a;background:#fff}"
	"table{border-collapse:collapse;margin:1em 0;display:block;"
	"overflow-x:auto;font-size:13px}"
	"th,td{padding:.25em .6em;border-bottom:1px solid #dcdcdc;"
	"white-space:nowrap;text-align:left}"
	".r{text-align:right;font-variant-numeric:tabular-nums}"
	"pre{white-space:pre-wrap;font:inherit}"
	"svg{max-width:100%;height:auto}"
	"@media (prefers-color-scheme:dark){"
	"body{color:#ececec;background:#161616}th,td{border-color:#333}}";

static void put_cells(struct sk_out *out, const char *tag, const char *align,
		      const char **cell)
{
	sk_out_str(out, "<tr>");
	for (size_t i = 0; align[i]; i++) {
		sk_out_printf(out, "<%s%s>", tag,
			      align[i] == 'r' ? " class=\"r\"" : "");
		bench_xml(out, *cell);
		sk_out_printf(out, "</%s>", tag);
		*cell += strlen(*cell) + 1;
	}
	sk_out_str(out, "</tr>\n");
}

static void put_table(struct sk_out *out, const struct bench_page *page)
{
	char align[BENCH_COLUMNS_MAX + 1];
	struct sk_grid g;
	const char *cell;

	bench_table_fill(page, BENCH_PLAIN, &g, align);
	if (g.text.error) {
		out->error = out->error ? out->error : g.text.error;
	} else {
		sk_out_str(out, "<table>\n<thead>");
		cell = g.text.buf;
		put_cells(out, "th", align, &cell);
		sk_out_str(out, "</thead>\n<tbody>\n");
		for (size_t i = 0; i < page->s->n_rows; i++)
			put_cells(out, "td", align, &cell);
		sk_out_str(out, "</tbody></table>\n");
	}
	sk_out_fini(&g.text);
}

static int put_result(struct sk_out *out, const struct bench_result *r,
		      const struct bench_style *style)
{
	struct bench_summary s;
	struct sk_out text;
	struct bench_page page = { &text, style, &s };
	char *title = NULL;
	int e = bench_summary_init(&s, r);

	if (e >= 0)
		title = title_of(&s);
	sk_out_init(&text, -1);
	if (title) {
		sk_out_str(out, "<section>\n<h2>");
		bench_xml(out, title);
		sk_out_str(out, "</h2>\n");
		put_table(out, &page);
		bench_figures(out, &s);
		e = bench_page_text(&page);
		sk_out_char(&text, '\0');
		sk_out_str(out, "<pre>");
		bench_xml(out, text.error ? "" : text.buf);
		sk_out_str(out, "</pre>\n</section>\n");
	}
	sk_out_fini(&text);
	free(title);
	bench_summary_fini(&s);
	return title ? e : -ENOMEM;
}

static void put_environment(struct sk_out *out, const struct bench_result *r)
{
	sk_out_str(out, "<details><summary>the machine</summary>\n<table>\n");
	for (size_t i = 0; i < r->n_facts; i++) {
		sk_out_str(out, "<tr><td>");
		bench_xml(out, r->facts[i].name);
		sk_out_str(out, "</td><td>");
		bench_xml(out, r->facts[i].value);
		sk_out_str(out, "</td></tr>\n");
	}
	sk_out_str(out, "</table></details>\n");
}

/* Well-formed XML as well, so that it can be checked. */
int bench_report_html(struct sk_out *out, struct bench_result *const *results,
		      size_t n)
{
	static const struct bench_style style = { .utf8 = true };
	int r = 0;

	sk_out_str(out, "<!DOCTYPE html>\n"
			"<html xmlns=\"http://www.w3.org/1999/xhtml\" "
			"lang=\"en\">\n<head><meta charset=\"utf-8\"/>\n"
			"<meta name=\"viewport\" "
			"content=\"width=device-width\"/>\n"
			"<title>sockkit bench</title>\n<style>");
	sk_out_str(out, page_style);
	bench_svg_style(out);
	sk_out_str(out, "</style></head>\n<body>\n<h1>sockkit bench</h1>\n");
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = put_result(out, results[i], &style);
	if (n)
		put_environment(out, results[0]);
	sk_out_str(out, "</body></html>\n");
	return r;
}
