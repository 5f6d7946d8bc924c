/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/bench_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The options of `table` by which opts is not the preset. */
static int none_of(const struct sk_opt *table, const void *opts,
		   const void *preset, const char *what, const char *why,
		   struct sk_err *err)
{
	char **words = NULL;
	size_t n = 0;
	int r = sk_cli_words(&words, &n, table, opts, preset);

	if (r < 0)
		sk_fail(err, r, "%s", sk_strerror(-r));
	else if (n)
		r = sk_usage(err, "%s: %.*s: %s", what,
			     (int)strcspn(words[0], "="), words[0], why);
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	free(words);
	return r;
}

int sk_bench_no_measuring(const struct bench_opts *o, const char *what,
			  const char *why, struct sk_err *err)
{
	const struct bench_opts *preset = sk_cmd_bench.preset;
	struct bench_measure_opts silent = o->measure;

	silent.verbose = 0;
	return none_of(bench_measure_options, &silent, &preset->measure, what,
		       why, err);
}

int sk_bench_no_reporting(const struct bench_opts *o, const char *what,
			  const char *why, struct sk_err *err)
{
	const struct bench_opts *preset = sk_cmd_bench.preset;

	return none_of(sk_bench_report_options, &o->report, &preset->report,
		       what, why, err);
}

int sk_bench_no_far(const struct bench_opts *o, const char *what,
		    const char *why, struct sk_err *err)
{
	const struct bench_opts *preset = sk_cmd_bench.preset;

	return none_of(sk_bench_far_options, &o->far, &preset->far, what, why,
		       err);
}

int sk_bench_check_by(const struct bench_opts *o, int workload,
		      struct sk_err *err)
{
	int metric = o->report.by ? bench_metric_find(o->report.by) : -1;
	bool rate = o->measure.rate != 0;
	enum bench_metric m;

	/* What iperf3's streams are measured by is told by their socket. */
	if (metric < 0 || o->far.iperf3)
		return 0;
	m = (enum bench_metric)metric;
	if (bench_plan_measures(workload, rate, m))
		return 0;
	return sk_usage(err, "--by=%s: %s does not measure that%s",
			o->report.by, bench_workloads.choices[workload].name,
			bench_plan_measures(workload, true, m) ?
			" without --rate" : "");
}
