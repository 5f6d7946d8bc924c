/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void put_entity(struct sk_out *out, char c)
{
	switch (c) {
	case '&':
		sk_out_str(out, "&amp;");
		break;
	case '<':
		sk_out_str(out, "&lt;");
		break;
	case '>':
		sk_out_str(out, "&gt;");
		break;
	case '"':
		sk_out_str(out, "&quot;");
		break;
	case '\'':
		sk_out_str(out, "&#39;");
		break;
	default:
		sk_out_char(out, c);
	}
}

/*
 * Escaped as for a terminal first: control characters have no place in XML
 * (2.2), and directions of writing none in a table. Line ends stay.
 */
void bench_xml(struct sk_out *out, const char *text)
{
	char shown[256];

	while (*text) {
		size_t len = strcspn(text, "\n"), n = len < 32 ? len : 32;

		/* Never in the middle of a character. */
		while (n < len && n && (text[n] & 0xc0) == 0x80)
			n--;
		if (!n && len)
			n = len < 32 ? len : 32;
		sk_escape(shown, sizeof(shown), text, n);
		for (const char *p = shown; *p; p++)
			/* U+FFFE and U+FFFF are characters, but not XML's. */
			if (!memcmp(p, "\xef\xbf\xbe", strnlen(p, 3)) ||
			    !memcmp(p, "\xef\xbf\xbf", strnlen(p, 3)))
				p += 2;
			else
				put_entity(out, *p);
		text += n;
		if (*text == '\n') {
			sk_out_char(out, '\n');
			text++;
		}
	}
}

void bench_svg_style(struct sk_out *out)
{
	static const char *const light[] = { "#0072b2", "#d55e00", "#009e73",
					     "#b0528a", "#b07d00", "#3d94c9",
					     "#7a5195", "#6b6b6b" };
	static const char *const dark[] = { "#4aa8e0", "#ff8a3d", "#2fcf9f",
					    "#e08fc0", "#f0b429", "#8fd0f5",
					    "#b99ad6", "#b5b5b5" };

	sk_out_str(out,
		   ".bg{fill:#fff}.ink{fill:#1a1a1a}.dim{fill:#5c5c5c}"
		   ".grid{stroke:#dcdcdc}.axis{stroke:#8a8a8a}"
		   ".whisk{stroke:#1a1a1a;stroke-width:1.5}"
		   ".t{font-size:13px}.s{font-size:11px}"
		   ".h{font-size:16px;font-weight:600}"
		   ".l{fill:none;stroke-width:1.6}");
	for (size_t i = 0; i < 8; i++)
		sk_out_printf(out, ".f%zu{fill:%s}.l%zu{stroke:%s}", i,
			      light[i], i, light[i]);
	sk_out_str(out, ".dash{stroke-dasharray:6 3}"
			".dot{stroke-dasharray:1.5 2.5}"
			"@media (prefers-color-scheme:dark){"
			".bg{fill:#161616}.ink{fill:#ececec}.dim{fill:#a8a8a8}"
			".grid{stroke:#333}.axis{stroke:#777}"
			".whisk{stroke:#ececec}");
	for (size_t i = 0; i < 8; i++)
		sk_out_printf(out, ".f%zu{fill:%s}.l%zu{stroke:%s}", i, dark[i],
			      i, dark[i]);
	sk_out_str(out, "}");
}

/* --- shapes -------------------------------------------------------------------- */

/* The end of the first `most` characters. */
static size_t cut_at(const char *text, size_t most)
{
	size_t i = 0;

	for (; text[i]; i++)
		if ((text[i] & 0xc0) != 0x80 && !most--)
			break;
	return i;
}

void bench_svg_text(struct sk_out *out, double x, double y,
		    enum bench_anchor anchor, const char *class,
		    const char *text, size_t most)
{
	static const char *const anchors[] = { "start", "middle", "end" };
	bool cut = text[cut_at(text, most)];
	char *head = strndup(text, cut_at(text, cut ? most - 1 : most));

	sk_out_printf(out,
		      "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" "
		      "class=\"%s\">", x, y, anchors[anchor], class);
	bench_xml(out, head ? head : "");
	sk_out_str(out, cut ? "…</text>\n" : "</text>\n");
	free(head);
}

void bench_svg_line(struct sk_out *out, double x1, double y1, double x2,
		    double y2, const char *class)
{
	sk_out_printf(out,
		      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
		      "class=\"%s\"/>\n", x1, y1, x2, y2, class);
}

void bench_svg_rect(struct sk_out *out, double x, double y, double w, double h,
		    size_t series)
{
	sk_out_printf(out,
		      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		      "height=\"%.1f\" rx=\"2\" class=\"f%zu\"/>\n", x, y,
		      w > 0 ? w : 0, h, series % 8);
}

void bench_svg_path_begin(struct sk_out *out, size_t series)
{
	static const char *const dash[] = { "", " dash", " dot" };

	sk_out_printf(out, "<path class=\"l l%zu%s\" d=\"", series % 8,
		      dash[series / 8 % 3]);
	sk_out_str(out, "M0 0"); /* a path must begin somewhere */
}

void bench_svg_path_to(struct sk_out *out, double x, double y, bool gap)
{
	if (isfinite(x) && isfinite(y))
		sk_out_printf(out, "%c%.1f %.1f", gap ? 'M' : 'L', x, y);
}

void bench_svg_path_end(struct sk_out *out)
{
	sk_out_str(out, "\"/>\n");
}

/* --- scales -------------------------------------------------------------------- */

double bench_scale_at(const struct bench_scale *s, double v)
{
	double share;

	if (s->log)
		share = (log10(v) - log10(s->from)) /
			(log10(s->to) - log10(s->from));
	else
		share = (v - s->from) / (s->to - s->from);
	if (share < 0)
		share = 0;
	if (share > 1)
		share = 1;
	return s->at_from + share * (s->at_to - s->at_from);
}

/* One, two or five times a power of ten, not below v. */
static double round_up(double v)
{
	double power = pow(10, floor(log10(v)));

	if (v <= power * 1.0001)
		return power;
	return v <= power * 2.0001 ? power * 2 :
	       v <= power * 5.0001 ? power * 5 : power * 10;
}

static size_t linear_ticks(double *tick, const struct bench_scale *s)
{
	double step = round_up((s->to - s->from) / 6);
	size_t n = 0;

	if (!isfinite(step) || step <= 0)
		return 0;
	for (double v = ceil(s->from / step) * step;
	     v <= s->to * 1.0001 && n < BENCH_TICKS_MAX; v += step)
		tick[n++] = v;
	return n;
}

/* All of 1, 2, 5 on a short scale, powers of ten on a long one. */
static size_t log_ticks(double *tick, const struct bench_scale *s)
{
	double decades = log10(s->to / s->from);
	size_t n = 0;

	if (!(decades > 0) || decades > 300)
		return 0;
	for (double p = floor(log10(s->from)); n < BENCH_TICKS_MAX; p++) {
		for (int k = 0; k < (decades > 2.5 ? 1 : 3); k++) {
			double v = pow(10, p) * (k == 0 ? 1 : k == 1 ? 2 : 5);

			if (v > s->to * 1.0001)
				return n;
			if (v >= s->from * 0.9999 && n < BENCH_TICKS_MAX)
				tick[n++] = v;
		}
	}
	return n;
}

size_t bench_ticks(double tick[BENCH_TICKS_MAX], const struct bench_scale *s)
{
	return s->log ? log_ticks(tick, s) : linear_ticks(tick, s);
}
