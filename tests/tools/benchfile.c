/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * benchfile SEED ROUNDS FASTER [hist|svg|html]: a document of sockkit bench
 * that nobody measured, at stdout. io_uring is FASTER times its usual speed in
 * it. Without a fourth word, histograms and series are left out.
 */
#include "../unit/bench_fake.h"

#include <stdio.h>
#include <string.h>

#include "bench/report.h"

static void strip(struct bench_round *round)
{
	for (size_t i = 0; i < BENCH_NHISTS; i++) {
		free(round->hist[i]);
		round->hist[i] = NULL;
	}
	round->n_points = 0;
}

int main(int argc, char **argv)
{
	struct bench_result *r;
	struct sk_out out;

	if (argc < 4)
		return 2;
	r = fake_result(strtoull(argv[1], NULL, 10),
			strtoull(argv[2], NULL, 10), strtod(argv[3], NULL));
	for (size_t i = 0; argc == 4 && i < r->n_variants; i++)
		for (size_t k = 0; k < r->variants[i].n_rounds; k++)
			strip(&r->variants[i].rounds[k]);
	sk_out_init(&out, 1);
	if (argc > 4 && !strcmp(argv[4], "svg"))
		bench_report_svg(&out, &r, 1);
	else if (argc > 4 && !strcmp(argv[4], "html"))
		bench_report_html(&out, &r, 1);
	else
		bench_report_json(&out, &r, 1);
	bench_result_free(r);
	return sk_out_fini(&out) < 0;
}
