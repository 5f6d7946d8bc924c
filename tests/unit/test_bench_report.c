/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures, summaries and the page for people, of a result that is known. */
#include "bench_fake.h"

#include "bench/format.h"
#include "bench/progress.h"
#include "bench/report.h"
#include "bench/report_in.h"
#include "tap.h"

static const struct bench_style plain;
static const struct bench_style wide = { true, true, 200 };

static bool near_to(double a, double b)
{
	return fabs(a - b) <= fabs(b) * 1e-9;
}

static void figures(void)
{
	static const struct {
		enum bench_metric metric;
		double v;
		const char *want;
	} rows[] = {
		{ BENCH_BYTES_PER_S, 20.9e9 / 8, "20.9 Gbit/s" },
		{ BENCH_BYTES_PER_S, 999.6e6 / 8, "1.00 Gbit/s" },
		{ BENCH_BYTES_PER_S, 100, "800 bit/s" },
		{ BENCH_REQUESTS_PER_S, 151987, "152 k/s" },
		{ BENCH_REQUESTS_PER_S, 17, "17 /s" },
		{ BENCH_P50_NS, 8520, "8.52 us" },
		{ BENCH_P50_NS, 99.97, "100 ns" },
		{ BENCH_NS_PER_KIB, 525.3, "525 ns/KiB" },
		{ BENCH_LOSS, 0.123, "0.12 %" },
		{ BENCH_SECONDS, 1.5, "1.50 s" },
		{ BENCH_KERNEL_PER_CONNECTION, 1536, "1.5 KiB" },
		{ BENCH_OVERFLOWS, 1234567, "1234567" },
		{ BENCH_LOST, 0, "0" },
		{ BENCH_P50_NS, NAN, "-" },
		{ BENCH_REQUESTS_PER_S, 1e308, "1e+299 G/s" },
		{ BENCH_BYTES_PER_S, 1e308, "-" },
		{ BENCH_KERNEL_PER_CONNECTION, INFINITY, "-" },
	};
	char buf[BENCH_TEXT_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_str(bench_format(buf, rows[i].metric, rows[i].v, false),
		       rows[i].want, rows[i].want);
	is_str(bench_format(buf, BENCH_P50_NS, 8520, true), "8.52 µs", "µs");
	for (int m = 0; m < BENCH_NMETRICS; m++)
		if (!*bench_title((enum bench_metric)m))
			ok(false, "a metric without a title");
}

static void pictures(void)
{
	const double v[] = { 0, 1, 2, 4 };
	double many[100];
	char buf[128];

	is_str(bench_bar(buf, 0.5, 4, false), "##", "half a bar");
	is_str(bench_bar(buf, 0.53, 4, true), "██▏", "and an eighth");
	is_str(bench_bar(buf, 7, 4, false), "####", "never too long");
	is_str(bench_bar(buf, NAN, 4, true), "", "of nothing, nothing");
	is_str(bench_spark(buf, v, 4, 16), "▁▂▄█", "a sparkline");
	for (int i = 0; i < 100; i++)
		many[i] = 3;
	is_str(bench_spark(buf, many, 100, 5), "█████", "of many, a few");
	is_str(bench_spark(buf, v, 1, 5), "", "of zeros, nothing");
}

/* --- verdicts ------------------------------------------------------------------ */

static const char *judged(double *a, size_t na, double *b, size_t nb,
			  enum bench_metric metric, size_t questions)
{
	static char text[256];
	struct bench_pair pairs[8] = { 0 };

	for (size_t i = 0; i < questions; i++)
		bench_pair_measure(&pairs[i], a, na, b, nb, i);
	bench_pairs_judge(pairs, questions, questions, metric);
	bench_pair_text(text, sizeof(text), &pairs[0], metric, "A", "B",
			false);
	return text;
}

static void verdicts(void)
{
	double a[] = { 113, 114, 112, 113, 113.5 };
	double b[] = { 100, 101, 99, 100, 100.5 };
	double far[] = { 110, 112, 113, 140, 190 }, zero[5] = { 0 };
	struct bench_pair unsure = { .na = 10, .nb = 10, .sign = 1,
				     .percent = 1, .low = -1, .high = 3,
				     .p = 0.04 };

	is_str(judged(a, 5, b, 5, BENCH_REQUESTS_PER_S, 1),
	       "A 13 % +- 1 % faster than B (p 0.0079)", "more requests");
	is_str(judged(a, 5, b, 5, BENCH_P50_NS, 1),
	       "A 13 % +- 1 % slower than B (p 0.0079)", "more time");
	is_str(judged(b, 5, a, 5, BENCH_NS_PER_KIB, 1),
	       "A 11.5 % +- 0.9 % less CPU than B (p 0.0079)", "less CPU");
	is_str(judged(a, 5, b, 5, BENCH_LOST, 1),
	       "A 13 % +- 1 % more than B (p 0.0079)", "more lost");
	is_str(judged(far, 5, b, 5, BENCH_REQUESTS_PER_S, 1),
	       "A 13 % (10 to 90 %) faster than B (p 0.0079)",
	       "a lopsided interval is told by its ends");
	is_str(judged(b, 5, b, 5, BENCH_REQUESTS_PER_S, 1),
	       "A and B: no significant difference (p 1)", "the same");
	is_str(judged(a, 3, b, 3, BENCH_REQUESTS_PER_S, 1),
	       "A and B: too few rounds to tell (3 + 3; 4 each could)",
	       "three rounds can show nothing");
	is_str(judged(a, 4, b, 4, BENCH_REQUESTS_PER_S, 1),
	       "A 13 % +- 1 % faster than B (p 0.029)", "four can");
	is_str(judged(a, 4, b, 4, BENCH_REQUESTS_PER_S, 2),
	       "A and B: too few rounds to tell (4 + 4; 5 each could)",
	       "but not where two questions are asked");
	ok(!bench_pairs_judge(&unsure, 1, 1, BENCH_REQUESTS_PER_S) &&
	   unsure.verdict == BENCH_SAME,
	   "both the test and the interval must say so");
	is_str(judged(a, 5, zero, 5, BENCH_LOST, 1),
	       "A more than B (p 0.0079)", "nought has no percents");
}

/* Six variants of one distribution: a verdict in at most 5 % of results. */
static void family_of_verdicts(void)
{
	struct bench_rng rng = { 3 };
	int found = 0, trials = 400;

	for (int t = 0; t < trials; t++) {
		struct bench_result *r = bench_result_new();
		struct bench_summary s;
		bool any = false;

		r->primary = BENCH_REQUESTS_PER_S;
		for (int v = 0; v < 6; v++) {
			struct bench_variant *at = bench_result_variant(r);

			for (int i = 0; i < 8; i++)
				bench_variant_round(at)
					->value[BENCH_REQUESTS_PER_S] =
					fake_noise(&rng);
		}
		bench_summary_init(&s, r);
		for (size_t i = 0; i < s.n_pairs; i++)
			any |= s.pairs[i].verdict == BENCH_BETTER ||
			       s.pairs[i].verdict == BENCH_WORSE;
		if (!t)
			is_int(s.n_pairs, 5, "six variants: each and the best");
		found += any;
		bench_summary_fini(&s);
		bench_result_free(r);
	}
	/* Of each with the best alone it would be 7 %, of 20 variants 16. */
	ok(found <= trials * 5 / 100, "few false alarms among many (%d of %d)",
	   found, trials);
}

/* --- summaries ----------------------------------------------------------------- */

static void summary(void)
{
	struct bench_result *r = fake_result(1, 5, 1);
	const struct bench_floor *floor;
	struct bench_summary s;

	ok(!bench_summary_init(&s, r), "a summary");
	is_int(s.n_rows, 4, "a row for each variant");
	is_str(s.rows[2].label, "io_uring", "called by what differs");
	is_int(s.rows[2].n, 5, "the disturbed round does not count");
	is_int(s.rows[2].disturbed, 1, "but is counted");
	ok(s.rows[2].primary.low > 170000, "nor is it in the interval");
	is_int(s.rows[2].hist[BENCH_HIST_SERVICE]->total, 10000,
	       "nor in the histogram");
	ok(isnan(s.rows[3].primary.median), "what did not run has no value");
	is_int(s.n_pairs, 3, "all pairs of what ran");
	ok(s.pairs[0].a == 1 && s.pairs[0].b == 0, "the better one first");
	floor = bench_summary_floor(&s);
	is_str(floor->name, "unix", "the floor of the same metric");
	ok(fabs(bench_floor_share(floor, 200000) - 0.5) < 1e-9, "half of it");
	bench_summary_fini(&s);

	for (size_t i = 0; i < r->variants[0].n_rounds; i++)
		r->variants[0].rounds[i].disturbed = true;
	bench_summary_init(&s, r);
	ok(s.rows[0].all_disturbed && s.rows[0].n == 5,
	   "where all are disturbed, all count");
	bench_summary_fini(&s);
	bench_result_free(r);
}

/* What the floor of a row is called; of streams of these. */
static void row_floor(struct bench_result *r, const char *socket,
		      const char *stack, const char *want)
{
	struct bench_variant *v = bench_result_variant(r);
	struct bench_summary s;
	const struct bench_floor *f;

	bench_variant_set(v, "socket", socket);
	bench_variant_set(v, "stack", stack);
	bench_summary_init(&s, r);
	f = bench_row_floor(&s, &s.rows[s.n_rows - 1]);
	is_str(f ? f->name : NULL, want, socket);
	bench_summary_fini(&s);
}

static void floors(void)
{
	struct bench_result *r = bench_result_new();
	struct bench_summary s;

	r->primary = BENCH_BYTES_PER_S;
	row_floor(r, "tcp", "kernel", NULL);
	bench_result_floor(r, "memcpy", BENCH_BYTES_PER_S, 8e9);
	row_floor(r, "tcp", "kernel", "memcpy");
	bench_result_floor(r, "unix", BENCH_BYTES_PER_S, 4e9);
	bench_result_floor(r, "spin", BENCH_REQUESTS_PER_S, 1e7);
	row_floor(r, "tcp", "kernel", "unix");
	row_floor(r, "udp", "tap", "unix");
	row_floor(r, "tcp", "pair", "memcpy");
	row_floor(r, "unix-stream", "kernel", "memcpy");
	row_floor(r, "pipe", "kernel", "memcpy");
	bench_summary_init(&s, r);
	ok(!bench_summary_floor(&s), "they differ: no floor of all");
	bench_summary_fini(&s);
	r->primary = BENCH_REQUESTS_PER_S;
	row_floor(r, "unix-stream", "kernel", "spin");
	bench_summary_init(&s, r);
	is_str(bench_summary_floor(&s)->name, "spin", "all requests: spin");
	bench_summary_fini(&s);
	r->primary = BENCH_CONNECTS_PER_S;
	row_floor(r, "tcp", "kernel", NULL);
	bench_result_free(r);
}

static void nothing_at_all(void)
{
	struct bench_result *r = bench_result_new();
	struct bench_summary s;

	ok(!bench_summary_init(&s, r) && !s.n_rows && !s.n_pairs,
	   "a result of nothing");
	bench_summary_fini(&s);
	bench_result_free(r);
}

/* A last interval of next to no time does not make a peak. */
static void walk(void)
{
	struct bench_result *r = bench_result_new();
	struct bench_round *round =
		bench_variant_round(bench_result_variant(r));
	struct bench_walk w = { .round = round };
	double most = 0, sum = 0;
	int n = 0;

	for (uint64_t i = 1; i <= 10; i++)
		bench_round_point(round, i * 100, 100, 0);
	bench_round_point(round, 1001, 50, 0);
	bench_round_point(round, 1001, 7, 0);
	while (bench_walk_next(&w)) {
		most = fmax(most, w.rate);
		sum += w.rate;
		n++;
	}
	ok(n == 10 && near_to(most, 1e9) && near_to(sum, 1e10),
	   "ten intervals of one rate (%d, %g)", n, most);
	bench_result_free(r);
}

/* --- the page ------------------------------------------------------------------ */

static char *page_of(struct bench_result *const *r, size_t n,
		     const struct bench_style *style)
{
	struct sk_out out;
	char *copy;

	sk_out_init(&out, -1);
	bench_report_text(&out, r, n, style);
	sk_out_char(&out, '\0');
	copy = strdup(out.buf);
	sk_out_fini(&out);
	return copy;
}

static const char plain_page[] =
"rr: socket tcp, connections 64\n"
"engine            requests     p50     p99   p99.9      max  CPU/request  of unix  rounds\n"
"poll      146 k/s +- 0.3 %  439 us  674 us  780 us   952 us      6.58 us     36 %       5\n"
"epoll     152 k/s +- 0.3 %  421 us  657 us  829 us   949 us      6.32 us     38 %       5\n"
"io_uring  173 k/s +- 0.4 %  370 us  567 us  682 us  1.00 ms      5.56 us     43 %       5\n"
"icmp               not run       -       -       -        -            -        -       0\n"
"\n"
"not run:\n"
"  icmp: no \\x1b[1mraw sockets\\x1b[0m for you\n"
"\n"
"verdict:\n"
"  epoll 4.0 % +- 0.4 % faster than poll (p 0.024)\n"
"  io_uring 18.2 % +- 0.8 % faster than poll (p 0.024)\n"
"  io_uring 13.6 % +- 0.8 % faster than epoll (p 0.024)\n"
"\n"
"why:\n"
"  poll: wake-up bound (4 of 5 rounds)\n"
"  epoll: wake-up bound (4 of 5 rounds)\n"
"  io_uring: wake-up bound (4 of 5 rounds)\n"
"\n"
"notes:\n"
"  io_uring: recv multishot, buffer ring\n"
"  io_uring: disturbed rounds: 1 run again, 1 left out\n"
"\n"
"floors: unix 400 k/s, memcpy 440 Gbit/s\n"
"\n"
"machine: kernel Linux 6.1.0, cpu 2 x Testatron 9000\n";

static void said_once(void)
{
	struct bench_result *r = fake_result(1, 3, 1);
	char *text;

	for (size_t i = 0; i < 3; i++)
		r->variants[i].repeated = 2;
	bench_variant_cut(&r->variants[2], 3);
	text = page_of(&r, 1, &plain);
	ok(strstr(text, "\nverdict:\n  too few rounds to tell in 3 of 3 "
			"comparisons (3 + 3; 5 each could)\n\n") &&
	   !strstr(text, "epoll and"), "what is so of all pairs is said once");
	ok(strstr(text, "\n  all: disturbed rounds: 2 run again\n") != NULL,
	   "so is what is so of all variants");
	free(text);
	r->primary = BENCH_P50_NS;
	bench_result_floor(r, "spin", BENCH_P50_NS, 8000);
	text = page_of(&r, 1, &plain);
	ok(strstr(text, "  of spin  rounds\n") && strstr(text, "  55 x  "),
	   "times are so many times the floor");
	free(text);
	bench_result_free(r);
}

/* Figures in reasons change from round to round. */
static void reasons(void)
{
	static const char *const said[] = {
		"wake-up bound, others used 0.70 CPUs",
		"wake-up bound", "others used 1.2 CPUs, 3 retransmits",
		"others used 0.9 CPUs, wake-up bound",
	};
	struct bench_result *r = bench_result_new();
	char *text;

	r->workload = strdup("rr");
	r->primary = BENCH_P50_NS;
	bench_result_variant(r);
	for (size_t i = 0; i < 4; i++) {
		struct bench_round *round = bench_variant_round(r->variants);

		round->value[BENCH_P50_NS] = 1000;
		round->why = strdup(said[i]);
	}
	text = page_of(&r, 1, &plain);
	if (!ok(strstr(text, "why:\n  wake-up bound (3 of 4 rounds), others "
			     "used 0.9 CPUs (3 of 4 rounds)\n") != NULL,
		"reasons are told apart, whatever their figures"))
		printf("# %s\n", text);
	free(text);
	bench_result_free(r);
}

/* Where response times were measured, they are what is shown. */
static void two_times(void)
{
	struct bench_result *r = fake_result(1, 3, 1);
	struct bench_rng rng = { 9 };
	char *text;

	for (size_t v = 0; v < 3; v++)
		for (size_t i = 0; i < 3; i++)
			fake_hist(&r->variants[v].rounds[i], &rng,
				  BENCH_HIST_RESPONSE, 5e6);
	text = page_of(&r, 1, &plain);
	ok(strstr(text, "poll      146 k/s +- 0.2 %  5.00 ms") != NULL,
	   "percentiles are those of the response time");
	ok(strstr(text, "  time          p50      p90") &&
	   strstr(text, "\npoll      service   ") &&
	   strstr(text, "\npoll      response  5.00 ms"),
	   "and both stand below");
	free(text);
	bench_result_free(r);
}

static void pages(void)
{
	struct bench_result *r = fake_result(1, 5, 1), *one;
	struct bench_result *two[] = { r, r };
	struct bench_style narrow = wide;
	char *text = page_of(&r, 1, &plain);

	is_str(text, plain_page, "the page, as into a pipe");
	free(text);
	text = page_of(&r, 1, &wide);
	ok(strstr(text, "█") && strstr(text, "over time") &&
	   strstr(text, "173 k/s ± 0.4 %") && strstr(text, "439 µs"),
	   "on a terminal with bars and sparklines");
	/* Its disturbed round, of a third as much, is not in the latter. */
	ok(strstr(text, "%  █████████████▌    439") &&
	   strstr(text, "%  ████████████████  370") &&
	   strstr(text, "43 %  ████████████████       5\n"),
	   "a bar for each share of the most, and rounds that count");
	free(text);
	narrow.columns = 110;
	text = page_of(&r, 1, &narrow);
	ok(strstr(text, "█") && strstr(text, "p99.9") &&
	   !strstr(text, "over time"), "on a narrow one without the latter");
	free(text);
	narrow.columns = 90;
	text = page_of(&r, 1, &narrow);
	ok(strstr(text, "█") && !strstr(text, "p99.9") &&
	   !strstr(text, "  rounds\n"), "nor what is of less weight");
	free(text);
	narrow.columns = 70;
	text = page_of(&r, 1, &narrow);
	ok(!strstr(text, "█") && strstr(text, "p99"), "nor bars");
	free(text);
	narrow.columns = 40;
	text = page_of(&r, 1, &narrow);
	ok(strstr(text, "\nepoll\n  requests     152 k/s ± 0.3 %\n"
			"  p50                   421 µs\n") != NULL,
	   "where no table has room, each row is a list");
	free(text);
	text = page_of(two, 2, &plain);
	ok(strstr(text, "\n\nrr: ") && strstr(text, "machine") &&
	   !strstr(strstr(text, "machine") + 1, "machine"),
	   "of two results, one page, and the machine once");
	free(text);

	one = bench_result_new();
	one->workload = strdup("stream");
	one->primary = BENCH_BYTES_PER_S;
	bench_variant_set(bench_result_variant(one), "socket", "tcp");
	bench_variant_round(one->variants)->value[BENCH_BYTES_PER_S] = 125e6;
	one->interrupted = true;
	text = page_of(&one, 1, &plain);
	is_str(text, "stream: socket tcp\n"
		     " throughput  rounds\n"
		     "1.00 Gbit/s       1\n"
		     "\ninterrupted: this is what was measured so far\n",
	       "one variant, one round");
	free(text);
	one->variants->n_rounds = 0;
	text = page_of(&one, 1, &plain);
	ok(strstr(text, "\ninterrupted: nothing was measured before that\n"),
	   "none at all");
	free(text);
	one->variants->n_rounds = 1;
	bench_result_free(one);
	bench_result_free(r);
}

static void progress(void)
{
	struct bench_progress p = { .total = 40, .what = "epoll" };
	char line[160];

	is_str(bench_progress_line(line, sizeof(line), &p), "0/40  0%  epoll",
	       "before the first round nobody knows when it ends");
	p.done = 10;
	p.now_us = 25000000;
	is_str(bench_progress_line(line, sizeof(line), &p),
	       "10/40  25%  ETA 1:15  epoll", "a quarter of it");
	p.done = 41;
	*p.what = '\0';
	is_str(bench_progress_line(line, sizeof(line), &p), "41/41  100%",
	       "more than was planned is all");
}

int main(void)
{
	figures();
	pictures();
	verdicts();
	family_of_verdicts();
	summary();
	floors();
	nothing_at_all();
	walk();
	pages();
	said_once();
	reasons();
	two_times();
	progress();
	return tap_done();
}
