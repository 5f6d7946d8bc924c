/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents: what is written is read back, what is wrong is refused. */
#include "bench_fake.h"

#include "bench/load.h"
#include "bench/report.h"
#include "tap.h"

static char *document(struct bench_result *const *r, size_t n,
		      int (*writer)(struct sk_out *,
				    struct bench_result *const *, size_t))
{
	struct sk_out out;
	char *copy;

	sk_out_init(&out, -1);
	writer(&out, r, n);
	sk_out_char(&out, '\0');
	copy = strdup(out.buf);
	sk_out_fini(&out);
	return copy;
}

/* Awkward values that have to survive. */
static void spoil(struct bench_result *r)
{
	struct bench_round *round = &r->variants[0].rounds[0];

	round->value[BENCH_LOSS] = 1.0 / 3;
	round->value[BENCH_LOST] = 0;
	round->value[BENCH_BYTES] = 0x1p53 + 2;
	bench_hist_add(round->hist[BENCH_HIST_SERVICE], UINT64_C(1) << 62);
	bench_round_hist(round, BENCH_HIST_CONNECT); /* an empty one */
	bench_result_fact(r, "kernel", "a second time");
	bench_variant_set(&r->variants[1], "engine", "a second time");
	r->interrupted = true;
}

static void round_trip(void)
{
	struct bench_result *r[] = { fake_result(1, 4, 1),
				     fake_result(2, 3, 1.1) };
	struct bench_results back;
	struct sk_err err = { 0 };
	char *first, *second;

	spoil(r[0]);
	first = document(r, 2, bench_report_json);
	if (!ok(!bench_load(&back, first, strlen(first), &err),
		"what was written can be read%s", err.text))
		return;
	second = document(back.v, back.n, bench_report_json);
	ok(!strcmp(first, second), "and is the same when written again");
	is_int(back.n, 2, "two results");
	is_int(back.v[1]->n_variants, 4, "all variants");
	ok(back.v[0]->variants[0].rounds[0].value[BENCH_LOSS] == 1.0 / 3 &&
	   isnan(back.v[0]->variants[0].rounds[0].value[BENCH_JITTER_NS]),
	   "values with all their digits, and none where there was none");
	is_str(back.v[0]->argv[2], "poll,epoll,io_uring,icmp", "the plan");
	free(first);
	free(second);
	bench_results_fini(&back);
	bench_result_free(r[0]);
	bench_result_free(r[1]);
}

/* The document with `from` replaced by `to` is refused with `sentence`. */
static void refused(const char *good, const char *from, const char *to,
		    const char *sentence)
{
	const char *at = strstr(good, from);
	struct bench_results back;
	struct sk_err err = { 0 };
	char *text;
	int r, len;

	if (!ok(at != NULL, "the document has %s", from))
		return;
	len = asprintf(&text, "%.*s%s%s", (int)(at - good), good, to,
		       at + strlen(from));
	r = bench_load(&back, text, (size_t)len, &err);
	if (!ok(r == -EINVAL && strstr(err.text, sentence) && !back.n,
		"refused: %s", sentence))
		printf("#   got %d: %s\n", r, err.text);
	bench_results_fini(&back);
	free(text);
}

static void what_is_wrong(void)
{
	static const struct {
		const char *from, *to, *sentence;
	} rows[] = {
		{ "{\"format\"", "{{", "no JSON" },
		{ "sockkit-bench", "iperf3", "no result of sockkit bench" },
		{ "\"version\":1", "\"version\":2", "by a version that" },
		{ "\"results\":[", "\"results\":7,\"x\":[", "no array" },
		{ "\"workload\":\"rr\"", "\"workload\":null",
		  "workload: missing" },
		{ "\"workload\":\"rr\"", "\"workload\":[]", "no string" },
		{ "\"primary\":\"requests_per_s\"", "\"primary\":\"speed\"",
		  "primary: no metric" },
		{ "\"started_us\":1", "\"started_us\":-1", "0 and up" },
		{ "\"interrupted\":false", "\"interrupted\":0",
		  "neither true nor false" },
		{ "\"argv\":[", "\"argv\":[1,", "argv: no string" },
		{ "\"environment\":{", "\"environment\":{\"x\":1,",
		  "environment: no string" },
		{ "\"floors\":[{\"name\":\"unix\"", "\"floors\":[{\"x\":\"y\"",
		  "floors: no name" },
		{ "\"settings\":{", "\"settings\":{\"x\":null,",
		  "variant 1, round 0: settings: no string" },
		{ "\"repeated\":0", "\"repeated\":1.5", "repeated: no" },
		{ "\"rounds\":[{", "\"rounds\":[7,{", "round 1: disturbed" },
		{ "CPU-bound\",\"metrics\":{\"seconds\":1",
		  "CPU-bound\",\"metrics\":{\"seconds\":\"1\"",
		  "seconds: no number" },
		{ "\"disturbed\":false", "\"disturbed\":null", "neither" },
		{ "\"total\":2000", "\"total\":1999", "more than in total" },
		{ "\"total\":2000", "\"total\":2001", "less than in total" },
		{ "\"total\":2000", "\"total\":-1", "0 and up" },
		{ "\"min_ns\":", "\"min_ns\":9", "more than max_ns" },
		{ "\"buckets\":[[", "\"buckets\":[[1,2,3],[", "no pair" },
		{ "\"buckets\":[[", "\"buckets\":[[-1,2],[", "0 and up" },
		{ "\"series\":[[", "\"series\":[[1],[", "no triple" },
		{ "\"series\":[[", "\"series\":[[1,2,\"\"],[", "series: no" },
		{ "\"why\":", "\"why\":null,\"why\":", "no JSON" },
	};
	struct bench_result *r = fake_result(1, 2, 1);
	char *good = document(&r, 1, bench_report_json);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(good, rows[i].from, rows[i].to, rows[i].sentence);
	free(good);
	bench_result_free(r);
}

/* Deeper, longer, more than anybody writes. */
static void too_much(void)
{
	static const char head[] = "{\"format\":\"sockkit-bench\",\"version\":1,"
				   "\"results\":";
	struct sk_err err = { 0 };
	struct bench_results back;
	char *deep = malloc(100001);

	memset(deep, '[', 100000);
	deep[100000] = '\0';
	ok(bench_load(&back, deep, 100000, &err) == -EINVAL, "%s", err.text);
	free(deep);
	deep = malloc(200 * 8 + sizeof(head));
	memcpy(deep, head, sizeof(head) - 1);
	deep[sizeof(head) - 1] = '[';
	for (int i = 0; i < 100; i++)
		memcpy(deep + sizeof(head) + 3 * i, "{},", 3);
	memcpy(deep + sizeof(head) + 299, "]}", 2);
	ok(bench_load(&back, deep, sizeof(head) + 301, &err) == -EINVAL &&
	   strstr(err.text, "too many"), "%s", err.text);
	free(deep);
	ok(bench_load_file(&back, "/nonexistent/x", &err) == -ENOENT, "%s",
	   err.text);
	ok(bench_load_file(&back, "/dev/zero", &err) == -EFBIG, "%s",
	   err.text);
}

/* Each histogram of a few bytes takes 35 KiB: there is an end to it. */
static void many_histograms(void)
{
	static const char one[] = "{\"disturbed\":false,\"metrics\":{},"
		"\"series\":[],\"histograms\":{\"service\":{\"total\":0,"
		"\"min_ns\":0,\"max_ns\":0,\"sum_ns\":0,\"sum_sq\":0,"
		"\"buckets\":[]}}}";
	struct sk_err err = { 0 };
	struct bench_results back;
	struct sk_out out;

	sk_out_init(&out, -1);
	sk_out_printf(&out, "{\"format\":\"sockkit-bench\",\"version\":1,"
		      "\"results\":[{\"workload\":\"rr\",\"primary\":"
		      "\"p50_ns\",\"started_us\":0,\"interrupted\":false,"
		      "\"argv\":[],\"environment\":{},\"floors\":[],"
		      "\"variants\":[{\"settings\":{},\"repeated\":0,"
		      "\"rounds\":[");
	for (int i = 0; i < 8193; i++)
		sk_out_printf(&out, "%s%s", i ? "," : "", one);
	sk_out_printf(&out, "]}]}]}");
	ok(bench_load(&back, out.buf, out.len, &err) == -EINVAL &&
	   strstr(err.text, "too many in one file"), "%s", err.text);
	sk_out_fini(&out);
}

static void as_csv(void)
{
	struct bench_result *r = fake_result(1, 2, 1);
	size_t lines = 0, fields = 1;
	char *text;

	free(r->variants[0].rounds[1].why);
	r->variants[0].rounds[1].why = strdup("\"slow\", really");
	text = document(&r, 1, bench_report_csv);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	is_int(lines, 1 + 2 + 2 + 3 + 1, "csv: a line a round, one of none");
	ok(!strncmp(text, "workload,socket,engine,connections,round,", 41),
	   "csv: axes have columns");
	for (const char *p = text; *p != '\r'; p++)
		fields += *p == ',';
	is_int(fields, 1 + 3 + 2 + BENCH_NMETRICS + 3, "csv: and metrics");
	ok(strstr(text, ",\"\"\"slow\"\", really\","), "csv: quotes");
	ok(strstr(text, "\r\nrr,tcp,icmp,64,,,"), "csv: what did not run");
	free(text);
	bench_result_free(r);
}

int main(void)
{
	as_csv();
#ifdef HAVE_JANSSON
	round_trip();
	what_is_wrong();
	too_much();
	many_histograms();
#else
	(void)round_trip;
	(void)what_is_wrong;
	(void)too_much;
	(void)many_histograms;
#endif
	return tap_done();
}
