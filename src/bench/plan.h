/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan: the crossing of axis values, each a job or the reason why there is
 * none. Pure: nothing is opened to make one.
 */
#ifndef SK_BENCH_PLAN_H
#define SK_BENCH_PLAN_H

#include "bench/job.h"
#include "bench/result.h"

#define BENCH_VARIANTS_MAX 4096

/* Comma lists as a person wrote them; NULL: the one value of `base`. */
struct bench_axes {
	const char *socket, *engine, *pattern, *copy, *receive, *stack;
	const char *size;	/* "64", "64:1K" (request and response) */
	const char *connections, *workers;
	const char *const *set;	/* "so_sndbuf=64K,1M", each an axis */
	size_t n_set;
};

struct bench_planned {
	struct bench_job job;
	struct bench_setting *settings;	/* axis and value, owned */
	size_t n_settings;
	const char *refused;	/* why it makes no sense; NULL: it does */
};

struct bench_plan {
	struct bench_planned *v;
	size_t n;
};

/* What a workload does when nothing else is said. */
void bench_plan_preset(struct bench_job *job, int workload);
/* 0, or a usage error. bench_plan_fini() is due in any case. */
int bench_plan_make(struct bench_plan *plan, const struct bench_job *base,
		    const struct bench_axes *axes, struct sk_err *err);
void bench_plan_fini(struct bench_plan *plan);
/* Why nothing of it can be measured with another machine; NULL: something. */
const char *bench_plan_elsewhere(const struct bench_plan *plan);
/* What verdicts about a workload are about. */
enum bench_metric bench_plan_primary(int workload);
/* Has a workload, as an open loop (--rate) or not, values of that metric? */
bool bench_plan_measures(int workload, bool rate, enum bench_metric metric);

#endif
