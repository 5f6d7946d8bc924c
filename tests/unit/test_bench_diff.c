/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two runs held against each other, whose difference is known. */
#include "bench_fake.h"

#include "bench/diff.h"
#include "tap.h"

static const struct bench_style plain;

static char *text_of(const struct bench_diff *d)
{
	struct sk_out out;
	char *copy;

	sk_out_init(&out, -1);
	bench_diff_text(d, &out, &plain);
	sk_out_char(&out, '\0');
	copy = strdup(out.buf);
	sk_out_fini(&out);
	return copy;
}

static void slower(void)
{
	struct bench_result *old_one = fake_result(1, 6, 1);
	struct bench_result *new_one = fake_result(2, 6, 0.8);
	struct bench_results a = { &old_one, 1 }, b = { &new_one, 1 };
	struct bench_diff d;
	char *text;

	ok(!bench_diff_init(&d, &a, &b), "two runs");
	is_int(d.n, 4, "every variant has found its own");
	is_int(d.n_lone, 0, "none is alone");
	is_str(d.v[0].old_row->label, "io_uring", "the worst comes first");
	ok(fabs(d.v[0].worse - 20) < 2, "20 %% worse (%.1f)", d.v[0].worse);
	is_int(bench_diff_regressions(&d, 5), 1, "one of 5 % and up");
	is_int(bench_diff_regressions(&d, 25), 0, "none of 25 % and up");
	text = text_of(&d);
	if (!ok(strstr(text, "rr        io_uring  requests  173 k/s  138 k/s  "
			     "20.0 % +- 0.3 % slower") != NULL, "told so"))
		printf("# %s\n", text);
	ok(strstr(text, "1 worse, 0 better, 2 the same\n") != NULL,
	   "and counted");
	ok(strstr(text, "not measured in the new run") && !strchr(text, '\033'),
	   "what did not run is no difference");
	free(text);
	bench_diff_fini(&d);

	bench_diff_init(&d, &b, &a);
	ok(fabs(d.v[d.n - 1].worse + 25) < 3 &&
	   !bench_diff_regressions(&d, 0), "the other way round it is better");
	bench_diff_fini(&d);

	old_one->primary = new_one->primary = BENCH_P50_NS;
	bench_diff_init(&d, &a, &b);
	ok(fabs(d.v[0].worse - 25) < 3 && d.v[0].pair.verdict == BENCH_WORSE,
	   "more time is worse, too");
	bench_diff_fini(&d);
	bench_result_free(old_one);
	bench_result_free(new_one);
}

static void same_and_few(void)
{
	struct bench_result *r[] = { fake_result(1, 3, 1),
				     fake_result(2, 3, 0.5) };
	struct bench_results a = { &r[0], 1 }, b = { &r[1], 1 };
	struct bench_diff d;
	char *text;

	bench_diff_init(&d, &a, &b);
	text = text_of(&d);
	ok(strstr(text, "too few rounds to tell (5 each could)") &&
	   strstr(text, "3 with too few rounds to tell"),
	   "three rounds prove nothing, however far apart");
	is_int(bench_diff_regressions(&d, 0), 0, "so nothing fails");
	free(text);
	bench_diff_fini(&d);

	bench_diff_init(&d, &a, &a);
	is_int(bench_diff_regressions(&d, 0), 0, "a run is as fast as itself");
	bench_diff_fini(&d);
	bench_result_free(r[0]);
	bench_result_free(r[1]);
}

static void other_plan_and_machine(void)
{
	struct bench_result *r[] = { fake_result(1, 5, 1),
				     fake_result(2, 5, 1) };
	struct bench_results a = { &r[0], 1 }, b = { &r[1], 1 };
	struct bench_diff d;
	char *text;

	free(r[1]->variants[0].settings[1].value);
	r[1]->variants[0].settings[1].value = strdup("select\n");
	free(r[1]->facts[0].value);
	r[1]->facts[0].value = strdup("Linux 6.2.0");
	bench_result_fact(r[1], "governor", "powersave");
	bench_diff_init(&d, &a, &b);
	is_int(d.n, 3, "three in common");
	is_int(d.n_lone, 2, "two alone");
	text = text_of(&d);
	ok(strstr(text, "only in the old run: rr poll\n") &&
	   strstr(text, "only in the new run: rr select\\n\n"),
	   "which are told");
	ok(strstr(text, "  kernel: Linux 6.1.0, now Linux 6.2.0\n") &&
	   strstr(text, "  governor: not known, now powersave\n") &&
	   !strstr(text, "cpu"), "and how the machines differ");
	free(text);
	bench_diff_fini(&d);

	free(r[1]->workload);
	r[1]->workload = strdup("crr");
	bench_diff_init(&d, &a, &b);
	is_int(d.n, 0, "another workload has nothing in common");
	text = text_of(&d);
	ok(strstr(text, "0 worse, 0 better, 0 the same"), "and no table");
	free(text);
	bench_diff_fini(&d);
	bench_result_free(r[0]);
	bench_result_free(r[1]);
}

/* What was never lost and now is became worse, though not by any per cent. */
static void from_nought(void)
{
	struct bench_result *r[] = { fake_result(1, 5, 1),
				     fake_result(2, 5, 1) };
	struct bench_results a = { &r[0], 1 }, b = { &r[1], 1 };
	struct bench_diff d;

	for (int i = 0; i < 2; i++) {
		r[i]->primary = BENCH_LOST;
		for (size_t k = 0; k < 5; k++)
			r[i]->variants[0].rounds[k].value[BENCH_LOST] =
				i ? 10.0 + (double)k : 0;
	}
	bench_diff_init(&d, &a, &b);
	is_int(bench_diff_regressions(&d, 1000), 1, "from nought to ten");
	bench_diff_fini(&d);
	bench_result_free(r[0]);
	bench_result_free(r[1]);
}

int main(void)
{
	slower();
	same_and_few();
	other_plan_and_machine();
	from_nought();
	return tap_done();
}
