/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small pictures made of characters. */
#include <math.h>
#include <string.h>

#include "bench/report_in.h"

static char *put(char *p, const char *glyph)
{
	size_t n = strlen(glyph);

	memcpy(p, glyph, n + 1);
	return p + n;
}

const char *bench_bar(char *buf, double share, unsigned cells, bool utf8)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌",
					       "▋", "▊", "▉" };
	unsigned n;
	char *p = buf;

	*p = '\0';
	if (!(share > 0))
		return buf;
	n = (unsigned)lrint((share > 1 ? 1 : share) * cells * 8);
	for (; n >= 8; n -= 8)
		p = put(p, utf8 ? "█" : "#");
	if (utf8)
		put(p, eighths[n]);
	else if (n >= 4)
		put(p, "#");
	return buf;
}

/* The mean of those of v[0..n) that fall into cell i. */
static double cell_mean(const double *v, size_t n, unsigned i, unsigned cells)
{
	size_t from = n * i / cells, to = n * (i + 1) / cells;
	double sum = 0;

	for (size_t k = from; k < to; k++)
		sum += v[k];
	return sum / (double)(to - from);
}

const char *bench_spark(char *buf, const double *v, size_t n, unsigned cells)
{
	static const char *const levels[] = { "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	double most = 0;
	char *p = buf;

	*p = '\0';
	if (n < cells)
		cells = (unsigned)n;
	for (unsigned i = 0; i < cells; i++)
		most = fmax(most, cell_mean(v, n, i, cells));
	for (unsigned i = 0; most > 0 && i < cells; i++) {
		double share = cell_mean(v, n, i, cells) / most;

		p = put(p, levels[share > 0 ? (int)(share * 7.999) : 0]);
	}
	return buf;
}
