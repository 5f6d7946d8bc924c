/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report.h"
#include "bench/summary.h"

struct csv {
	struct sk_out *out;
	const char **axes;	/* of all results */
	size_t n_axes;
	bool begun;		/* this line has a field */
};

/* RFC 4180, 2: fields with commas, quotes or ends of lines are quoted. */
static void field(struct csv *c, const char *text)
{
	if (c->begun)
		sk_out_char(c->out, ',');
	c->begun = true;
	if (!text[strcspn(text, ",\"\r\n")]) {
		sk_out_str(c->out, text);
		return;
	}
	sk_out_char(c->out, '"');
	for (; *text; text++) {
		if (*text == '"')
			sk_out_char(c->out, '"');
		sk_out_char(c->out, *text);
	}
	sk_out_char(c->out, '"');
}

static void number(struct csv *c, double v)
{
	char text[32] = "";

	if (isfinite(v))
		snprintf(text, sizeof(text), "%.15g", v);
	field(c, text);
}

static void end_line(struct csv *c)
{
	sk_out_str(c->out, "\r\n");
	c->begun = false;
}

static bool know_axis(const struct csv *c, const char *axis)
{
	for (size_t i = 0; i < c->n_axes; i++)
		if (!strcmp(c->axes[i], axis))
			return true;
	return false;
}

static int gather_axes(struct csv *c, struct bench_result *const *results,
		       size_t n)
{
	size_t room = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < results[i]->n_variants; k++)
			room += results[i]->variants[k].n_settings;
	c->axes = calloc(room ? room : 1, sizeof(*c->axes));
	if (!c->axes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < results[i]->n_variants; k++) {
			const struct bench_variant *v =
				&results[i]->variants[k];

			for (size_t s = 0; s < v->n_settings; s++)
				if (!know_axis(c, v->settings[s].axis))
					c->axes[c->n_axes++] =
						v->settings[s].axis;
		}
	return 0;
}

static void put_heads(struct csv *c)
{
	field(c, "workload");
	for (size_t i = 0; i < c->n_axes; i++)
		field(c, c->axes[i]);
	field(c, "round");
	field(c, "disturbed");
	for (size_t i = 0; i < BENCH_NMETRICS; i++)
		field(c, bench_metrics[i].name);
	field(c, "why");
	field(c, "note");
	field(c, "refused");
	end_line(c);
}

/* round: NULL for a variant that did not run. */
static void put_line(struct csv *c, const struct bench_result *r,
		     const struct bench_variant *v,
		     const struct bench_round *round, size_t number_of_round)
{
	const char *value;

	field(c, r->workload ? r->workload : "");
	for (size_t i = 0; i < c->n_axes; i++) {
		value = bench_variant_get(v, c->axes[i]);
		field(c, value ? value : "");
	}
	number(c, round ? (double)number_of_round : NAN);
	field(c, round ? round->disturbed ? "1" : "0" : "");
	for (size_t i = 0; i < BENCH_NMETRICS; i++)
		number(c, round ? round->value[i] : NAN);
	field(c, round && round->why ? round->why : "");
	field(c, v->note ? v->note : "");
	field(c, v->refused ? v->refused : "");
	end_line(c);
}

int bench_report_csv(struct sk_out *out, struct bench_result *const *results,
		     size_t n)
{
	struct csv c = { .out = out };
	int r = gather_axes(&c, results, n);

	if (r < 0)
		return r;
	put_heads(&c);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < results[i]->n_variants; k++) {
			const struct bench_variant *v =
				&results[i]->variants[k];

			if (!v->n_rounds)
				put_line(&c, results[i], v, NULL, 0);
			for (size_t m = 0; m < v->n_rounds; m++)
				put_line(&c, results[i], v, &v->rounds[m],
					 m + 1);
		}
	free(c.axes);
	return 0;
}
