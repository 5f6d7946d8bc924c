/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was measured, before anything is said about it.
 *
 * A result is a plan (what was asked), the machine it ran on, and variants:
 * one for each crossing of the axes. A variant is a list of rounds; a round
 * holds one value per metric, histograms and a series over time. Workloads
 * fill rounds, statistics read them, renderers print them, files keep them.
 *
 *	workload -> round -> (merge) -> statistics -> report
 *
 * Nothing here knows a socket, a clock or a terminal.
 */
#ifndef SK_BENCH_RESULT_H
#define SK_BENCH_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/hist.h"

/* What a round is measured by; rows of bench/metric.def. */
enum bench_metric {
#define BENCH_METRIC(id, name, unit, better, help) BENCH_##id,
#include "bench/metric.def"
#undef BENCH_METRIC
	BENCH_NMETRICS
};

struct bench_metric_info {
	const char *name;	/* "bytes_per_s": the key in JSON and CSV */
	const char *unit;	/* "B/s" */
	int better;		/* 1: more is better, -1: less, 0: neither */
	const char *help;	/* one line */
};
extern const struct bench_metric_info bench_metrics[BENCH_NMETRICS];
/* The row of that name, or -1. */
int bench_metric_find(const char *name);

/* Distributions, all in nanoseconds; an empty one was not measured. */
enum bench_hist_id {
	BENCH_HIST_SERVICE,	/* request sent to response received */
	BENCH_HIST_RESPONSE,	/* request due (open loop) to response */
	BENCH_HIST_CONNECT,	/* connect(2) to connected */
	BENCH_HIST_ACCEPT,	/* connect(2) to accepted by the server */
	BENCH_HIST_FIRST_BYTE,	/* request sent to first byte of answer */
	BENCH_HIST_ONE_WAY,	/* sent there to received here, one clock */
	BENCH_NHISTS
};
extern const char *const bench_hist_names[BENCH_NHISTS];

/* One point of the series over time. */
struct bench_point {
	uint64_t at_ns;		/* end of the interval, from the round's start */
	uint64_t bytes, requests;
};

struct bench_round {
	double value[BENCH_NMETRICS];	/* NAN: absent */
	struct bench_hist *hist[BENCH_NHISTS];	/* NULL: none; owned */
	struct bench_point *points;	/* owned */
	size_t n_points;
	bool disturbed;		/* by others on the machine; counted, and
				 * left out of statistics */
	char *why;		/* "sender CPU-bound"; NULL: nothing to say */
};

/* One setting of a variant: {"engine", "epoll"}. Owned. */
struct bench_setting {
	char *axis, *value;
};

struct bench_variant {
	struct bench_setting *settings;
	size_t n_settings;
	char *refused;		/* why it could not run here; NULL: it ran */
	char *note;		/* what was used after all: "recv multishot,
				 * buffer ring"; NULL: nothing to say */
	struct bench_round *rounds;
	size_t n_rounds, repeated; /* rounds run again for disturbance */
};

/* A floor measured in the same minute: "memcpy", "pipe", "unix", "spin". */
struct bench_floor {
	char *name;
	enum bench_metric metric;
	double value;
};

/* {"kernel", "6.1.0"}, {"net.core.somaxconn", "4096"} … Owned. */
struct bench_fact {
	char *name, *value;
};

struct bench_result {
	char *workload;		/* "rr" */
	enum bench_metric primary; /* what verdicts are about */
	char **argv;		/* the plan as it was asked for: replay runs
				 * it again; NULL-terminated; owned */
	uint64_t started_us;	/* since the epoch */
	struct bench_fact *facts;
	size_t n_facts;
	struct bench_floor *floors;
	size_t n_floors;
	struct bench_variant *variants;
	size_t n_variants;
	bool interrupted;	/* by a signal or a failure: it ends early */
};

/* All zero; NULL when out of memory. Freed by bench_result_free(). */
struct bench_result *bench_result_new(void);
void bench_result_free(struct bench_result *r);

/*
 * Add an element, all zero and with every value NAN, and return it; NULL
 * when out of memory. Pointers to earlier elements become stale.
 */
struct bench_variant *bench_result_variant(struct bench_result *r);
struct bench_round *bench_variant_round(struct bench_variant *v);
/* Of all its variants. */
size_t bench_result_rounds(const struct bench_result *r);
/* Drop all rounds from the n-th on, counted from 0. */
void bench_variant_cut(struct bench_variant *v, size_t n);
/* These copy their strings. 0 or -ENOMEM. */
int bench_variant_set(struct bench_variant *v, const char *axis,
		      const char *value);
/* Of one that belongs to no result. */
void bench_variant_fini(struct bench_variant *v);
int bench_result_fact(struct bench_result *r, const char *name,
		      const char *value);
int bench_result_floor(struct bench_result *r, const char *name,
		       enum bench_metric metric, double value);
int bench_round_point(struct bench_round *round, uint64_t at_ns,
		      uint64_t bytes, uint64_t requests);
/* The histogram of that kind, made at the first call. NULL: no memory. */
struct bench_hist *bench_round_hist(struct bench_round *round,
				    enum bench_hist_id id);
/*
 * "tcp epoll 4 KiB": the settings in which the variants of `r` differ; all of
 * them when there is one variant. Owned by the caller.
 */
char *bench_variant_label(const struct bench_result *r,
			  const struct bench_variant *v);

#endif
