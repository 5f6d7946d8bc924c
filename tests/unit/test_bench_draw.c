/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawings: text that cannot break out, scales, and values that make trouble. */
#include "bench_fake.h"

#include "bench/report.h"
#include "bench/svg.h"
#include "tap.h"

static char *taken(struct sk_out *out)
{
	char *copy;

	sk_out_char(out, '\0');
	copy = strdup(out->buf);
	sk_out_fini(out);
	return copy;
}

static void xml_is(const char *text, const char *want)
{
	struct sk_out out;
	char *got;

	sk_out_init(&out, -1);
	bench_xml(&out, text);
	got = taken(&out);
	is_str(got, want, "as XML");
	free(got);
}

static void text(void)
{
	struct sk_out out;
	char *got;

	xml_is("a<b> & \"c\" 'd'",
	       "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
	xml_is("\033[1m", "\\x1b[1m");
	xml_is("two\nlines", "two\nlines");
	xml_is("\xff\xef\xbf\xbf\xef\xbf\xbe.", "\\xff.");
	xml_is("0123456789012345678901234567890µs and so on and so on",
	       "0123456789012345678901234567890µs and so on and so on");
	sk_out_init(&out, -1);
	bench_svg_text(&out, 1, 2, BENCH_START, "t", "µµµµµ", 3);
	got = taken(&out);
	ok(strstr(got, ">µµ…<") != NULL, "cut to what fits");
	free(got);
}

static bool ticks_are(const struct bench_scale *s, const double *want, size_t n)
{
	double tick[BENCH_TICKS_MAX];
	bool same = bench_ticks(tick, s) == n;

	for (size_t i = 0; same && i < n; i++)
		same = fabs(tick[i] - want[i]) <= fabs(want[i]) * 1e-9;
	return same;
}

static void scales(void)
{
	struct bench_scale s = { 0, 173, 100, 200, false };
	const double tens[] = { 0, 50, 100, 150 };
	const double short_log[] = { 500, 1000, 2000 };
	const double long_log[] = { 1, 10, 100, 1000 };
	double tick[BENCH_TICKS_MAX];

	ok(ticks_are(&s, tens, 4), "round numbers");
	ok(bench_scale_at(&s, 86.5) == 150 && bench_scale_at(&s, -5) == 100 &&
	   bench_scale_at(&s, 1e9) == 200, "in the middle, never outside");
	s = (struct bench_scale){ 300, 2500, 0, 1, true };
	ok(ticks_are(&s, short_log, 3), "a short logarithmic scale");
	s = (struct bench_scale){ 1, 2000, 0, 1, true };
	ok(ticks_are(&s, long_log, 4), "a long one");
	s = (struct bench_scale){ 0, 1e308, 0, 1, false };
	ok(bench_ticks(tick, &s) <= BENCH_TICKS_MAX, "a huge one ends");
	s = (struct bench_scale){ 0, INFINITY, 0, 1, false };
	is_int(bench_ticks(tick, &s), 0, "an endless one has none");
	s = (struct bench_scale){ 5, 5, 0, 1, true };
	is_int(bench_ticks(tick, &s), 0, "nor one of no length");
}

typedef int writer(struct sk_out *out, struct bench_result *const *results,
		   size_t n);

static char *drawn(writer *w, struct bench_result *r)
{
	struct sk_out out;

	sk_out_init(&out, -1);
	w(&out, &r, 1);
	return taken(&out);
}

static size_t times(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

/* The y of the first point of each path with these words in its class. */
static size_t starts(const char *svg, const char *class, double *y, size_t most)
{
	size_t n = 0;

	for (; n < most && (svg = strstr(svg, class)); svg++) {
		const char *at = strstr(svg, "M0 0M");

		if (at && sscanf(at, "M0 0M%*f %lf", &y[n]) == 1)
			n++;
	}
	return n;
}

/* Each row's rates in a lane of its own, below its neighbour's. */
static void lanes(void)
{
	struct bench_result *r = fake_result(1, 6, 1);
	char *svg = drawn(bench_report_svg, r), *over;
	double y[3];

	ok(strstr(svg, "(median and 95 % interval)") != NULL,
	   "six rounds have an interval");
	over = strstr(svg, ">requests per second over time");
	ok(over && starts(over, "<path class=\"l l", y, 3) == 3 &&
	   y[1] > y[0] + 36 && y[2] > y[1] + 36, "a lane for each");
	ok(over && strstr(over, ">poll<") && strstr(over, ">epoll<"),
	   "with their names");
	free(svg);
	bench_variant_cut(&r->variants[1], 3);
	svg = drawn(bench_report_svg, r);
	ok(strstr(svg, "or range where rounds are few)") != NULL,
	   "some have, some have not");
	free(svg);
	bench_result_free(r);
}

/* As many lines as are told apart: eight colours, three strokes. */
static void strokes(void)
{
	static const char *const want[] = { "\"l l7\"", "\"l l0 dash\"",
					    "\"l l0 dot\"", "\"l l7 dot\"" };
	static const size_t series[] = { 7, 8, 16, 23 };

	for (size_t i = 0; i < sizeof(series) / sizeof(*series); i++) {
		struct sk_out out;
		char *got;

		sk_out_init(&out, -1);
		bench_svg_path_begin(&out, series[i]);
		got = taken(&out);
		ok(strstr(got, want[i]) != NULL, "line %zu", series[i]);
		free(got);
	}
}

static void drawings(void)
{
	struct bench_result *r = fake_result(1, 5, 1);
	char *svg = drawn(bench_report_svg, r), *html;

	is_int(times(svg, "<rect "), 1 + 3, "a bar for each that ran");
	is_int(times(svg, "class=\"whisk\""), 9, "and its interval");
	is_int(times(svg, "<path "), 2 * 3 + 3,
	       "curves and their names, and series");
	ok(strstr(svg, "(median and range of all rounds)") != NULL,
	   "five rounds have no more than a range");
	ok(strstr(svg, ">not run<") != NULL, "what did not run");
	ok(strstr(svg, ">173 k/s<") != NULL, "figures with units");
	ok(strstr(svg, ">99.9 %<") != NULL, "percentiles");
	ok(strstr(svg, "prefers-color-scheme:dark") != NULL, "light and dark");
	free(svg);

	html = drawn(bench_report_html, r);
	ok(strstr(html, "<th class=\"r\">p99</th>") &&
	   strstr(html, "<td class=\"r\">152 k/s ± 0.3 %</td>"), "a table");
	ok(strstr(html, "13.6 % ± 0.8 % faster than epoll") != NULL,
	   "verdicts");
	ok(strstr(html, "<td>net.core.somaxconn</td><td>4096</td>") != NULL,
	   "the machine");
	ok(!strstr(html, "<script") && !strstr(html, "src=") &&
	   !strstr(html, "href="), "nothing from elsewhere");
	free(html);
	bench_result_free(r);
}

/* Files may say anything; what is drawn has numbers for places. */
static void troublesome(void)
{
	static const double values[] = { 0, -1, 1e308, 5e-324, -1e308 };
	writer *const writers[] = { bench_report_svg, bench_report_html };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct bench_result *r = fake_result(1, 2, 1);
		bool fine = true;

		for (size_t k = 0; k < 6; k++)
			r->variants[k / 2].rounds[k % 2]
				.value[BENCH_REQUESTS_PER_S] = values[i];
		r->variants[0].rounds[0].points[3].at_ns = UINT64_MAX;
		r->variants[0].rounds[0].points[3].requests = UINT64_MAX;
		free(r->facts[0].value);
		r->facts[0].value = strdup("</td><script>");
		for (size_t k = 0; k < 2; k++) {
			char *text = drawn(writers[k], r);

			fine &= !strstr(text, "\"nan") &&
				!strstr(text, "\"-nan") &&
				!strstr(text, "\"inf") &&
				!strstr(text, "<script");
			free(text);
		}
		ok(fine, "with a value of %g", values[i]);
		bench_result_free(r);
	}
}

int main(void)
{
	text();
	scales();
	drawings();
	lanes();
	strokes();
	troublesome();
	return tap_done();
}
