/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures as people read them: three digits and the unit that fits. */
#ifndef SK_BENCH_FORMAT_H
#define SK_BENCH_FORMAT_H

#include <stdbool.h>

#include "bench/result.h"

#define BENCH_TEXT_MAX 64

/*
 * v in the metric's unit: "20.9 Gbit/s", "152 k/s", "8.52 us", "525 ns/KiB",
 * "1.5 KiB", "0.12 %", "17". "-" when v is not finite. utf8: "µs", not "us".
 * Returns buf.
 */
const char *bench_format(char buf[BENCH_TEXT_MAX], enum bench_metric metric,
			 double v, bool utf8);
/* Nanoseconds alone: "8.52 us". */
const char *bench_format_ns(char buf[BENCH_TEXT_MAX], double ns, bool utf8);
/* A heading: "throughput", "requests", "p99", "CPU/KiB". Static storage. */
const char *bench_title(enum bench_metric metric);

/* "first byte", of enum bench_hist_id. Returns buf. */
const char *bench_hist_title(char buf[BENCH_TEXT_MAX], int hist);

/* How a difference is told: "faster" and "slower", "less" and "more". */
struct bench_words {
	const char *better, *worse;
};
const struct bench_words *bench_words(enum bench_metric metric);

#endif
