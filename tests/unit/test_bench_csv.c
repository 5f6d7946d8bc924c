/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of --csv (RFC 4180), which rounds count, which floor is meant. */
#include <math.h>
#include <stdlib.h>

#include "bench/report.h"
#include "bench/summary.h"

#include "tap.h"

static struct bench_result *result(enum bench_metric primary)
{
	struct bench_result *r = bench_result_new();

	r->workload = strdup("rr");
	r->primary = primary;
	return r;
}

/* The n-th line, CRLF and all; "" where there is none. */
static const char *line(struct bench_result *r, int n)
{
	static char text[4000];
	struct sk_out out;
	char *at, *end;

	sk_out_init(&out, -1);
	bench_report_csv(&out, &r, 1);
	sk_out_char(&out, '\0');
	for (at = out.buf; n && at; n--) {
		at = strstr(at, "\r\n");
		at = at ? at + 2 : NULL;
	}
	end = at ? strstr(at, "\r\n") : NULL;
	snprintf(text, sizeof(text), "%.*s", end ? (int)(end + 2 - at) : 0,
		 at ? at : "");
	sk_out_fini(&out);
	return text;
}

static void begins(const char *text, const char *want, const char *name)
{
	ok(!strncmp(text, want, strlen(want)), "%s: %.40s", name, text);
}

static void is_in(const char *text, const char *want, const char *name)
{
	ok(strstr(text, want), "%s", name);
}

static void test_csv(void)
{
	struct bench_result *r = result(BENCH_P50_NS);
	struct bench_variant *v = bench_result_variant(r);
	struct bench_round *round;

	bench_variant_set(v, "socket", "a,b");
	bench_variant_set(v, "set", "say \"x\"");
	round = bench_variant_round(v);
	round->value[BENCH_SECONDS] = 0.5;
	round->why = strdup("one\ntwo");
	bench_variant_round(v)->disturbed = true;
	v = bench_result_variant(r);
	bench_variant_set(v, "engine", "cr\rhere");
	v->refused = strdup("not here");
	begins(line(r, 0), "workload,socket,set,engine,round,disturbed,seconds,"
	       "bytes,", "csv: a line of heads");
	begins(line(r, 1), "rr,\"a,b\",\"say \"\"x\"\"\",,1,0,0.5,,",
	       "csv: commas and quotes are quoted, what is absent is empty");
	is_in(line(r, 1), ",\"one\ntwo\",,\r\n", "csv: and so are ends of lines");
	begins(line(r, 2), "rr,\"a,b\",\"say \"\"x\"\"\",,2,1,,",
	       "csv: a round is a line, the second was disturbed");
	begins(line(r, 3), "rr,,,\"cr\rhere\",,,,", "csv: one that did not run");
	is_in(line(r, 3), ",not here\r\n", "csv: has its reason");
	is_str(line(r, 4), "", "csv: and that is all");
	bench_result_free(r);
}

/* Rounds of 1, 2 and 9, of which these were disturbed. */
static double median_of(bool first, bool second, bool third, size_t *counted)
{
	static const double value[] = { 1, 2, 9 };
	const bool disturbed[] = { first, second, third };
	struct bench_result *r = result(BENCH_P50_NS);
	struct bench_variant *v = bench_result_variant(r);
	struct bench_summary s;
	double median;

	for (int i = 0; i < 3; i++) {
		struct bench_round *round = bench_variant_round(v);

		round->value[BENCH_P50_NS] = value[i];
		round->disturbed = disturbed[i];
		bench_hist_add(bench_round_hist(round, BENCH_HIST_SERVICE),
			       (uint64_t)value[i]);
	}
	bench_summary_init(&s, r);
	median = s.rows[0].primary.median;
	*counted = s.rows[0].hist[BENCH_HIST_SERVICE]->total;
	bench_summary_fini(&s);
	bench_result_free(r);
	return median;
}

static void test_disturbed(void)
{
	size_t n;

	ok(median_of(false, false, false, &n) == 2 && n == 3, "all count");
	ok(median_of(true, true, false, &n) == 9 && n == 1,
	   "disturbed rounds do not, nor do their samples");
	ok(median_of(true, true, true, &n) == 2 && n == 3,
	   "unless all were disturbed");
}

static const char *floor_of(enum bench_metric primary, const char *socket)
{
	static const char *const names[] = { "pipe", "unix", "spin",
					     "memcpy" };
	struct bench_result *r = result(primary);
	struct bench_variant *v = bench_result_variant(r);
	const struct bench_floor *f;
	struct bench_summary s;
	const char *name = "none";

	bench_variant_set(v, "socket", socket);
	for (size_t i = 0; i < 4; i++)
		bench_result_floor(r, names[i], primary, 100);
	bench_summary_init(&s, r);
	f = bench_row_floor(&s, &s.rows[0]);
	for (size_t i = 0; f && i < 4; i++)
		if (!strcmp(f->name, names[i]))
			name = names[i];
	bench_summary_fini(&s);
	bench_result_free(r);
	return name;
}

static void test_floors(void)
{
	is_str(floor_of(BENCH_P50_NS, "tcp"), "spin", "times: spinning");
	is_str(floor_of(BENCH_REQUESTS_PER_S, "tcp"), "spin",
	       "requests: spinning");
	is_str(floor_of(BENCH_BYTES_PER_S, "tcp"), "unix",
	       "bytes over the network: a unix socket");
	is_str(floor_of(BENCH_BYTES_PER_S, "pipe"), "memcpy",
	       "bytes within the machine: memory");
	is_str(floor_of(BENCH_CONNECTS_PER_S, "tcp"), "unix",
	       "connections: those of unix sockets");
	is_str(floor_of(BENCH_DATAGRAMS_PER_S, "udp"), "unix",
	       "datagrams: those of unix sockets");
}

int main(void)
{
	test_csv();
	test_disturbed();
	test_floors();
	return tap_done();
}
