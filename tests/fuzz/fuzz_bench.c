/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: a file that bench diff or replay is given. What can be read is
 * shown in every form; the document of it must be readable again, and the
 * same from then on.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "bench/diff.h"
#include "bench/load.h"
#include "bench/report.h"

static void show(const struct bench_results *r)
{
	static const struct bench_style styles[] = { { 0 }, { true, true, 90 } };

	for (size_t i = 0; i < 2; i++) {
		struct sk_out out;

		sk_out_init(&out, -1);
		bench_report_text(&out, r->v, r->n, &styles[i]);
		for (size_t k = 0; k < out.len; k++)
			if ((unsigned char)out.buf[k] < ' ' &&
			    out.buf[k] != '\n')
				abort();
		sk_out_fini(&out);
	}
}

static void draw(const struct bench_results *r)
{
	struct sk_out out;

	sk_out_init(&out, -1);
	bench_report_svg(&out, r->v, r->n);
	bench_report_html(&out, r->v, r->n);
	bench_report_csv(&out, r->v, r->n);
	sk_out_fini(&out);
}

/* Held against itself nothing is better or worse. */
static void compare(const struct bench_results *r)
{
	struct bench_diff d;
	struct sk_out out;

	sk_out_init(&out, -1);
	if (!bench_diff_init(&d, r, r)) {
		bench_diff_text(&d, &out, &(struct bench_style){ 0 });
		bench_diff_json(&d, &out);
	}
	bench_diff_fini(&d);
	sk_out_fini(&out);
}

static void rewrite(const struct bench_results *r)
{
	struct bench_results again;
	struct sk_err err = { 0 };
	struct sk_out first, second;

	sk_out_init(&first, -1);
	sk_out_init(&second, -1);
	bench_report_json(&first, r->v, r->n);
	if (bench_load(&again, first.buf, first.len, &err) < 0)
		abort();
	bench_report_json(&second, again.v, again.n);
	if (first.len != second.len ||
	    memcmp(first.buf, second.buf, first.len))
		abort();
	bench_results_fini(&again);
	sk_out_fini(&first);
	sk_out_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench_results r;
	struct sk_err err = { 0 };

	if (bench_load(&r, (const char *)data, size, &err) < 0)
		return 0;
	show(&r);
	draw(&r);
	compare(&r);
	rewrite(&r);
	bench_results_fini(&r);
	return 0;
}
