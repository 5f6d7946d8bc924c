/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/summary.h"

/* Others that take more than this share of the machine disturb a round. */
#define DISTURBING 0.15
#define SEED 1

struct bench_run {
	struct bench_result *res;
	const struct bench_plan *plan;
	const struct bench_method *method;
	size_t first;		/* the plan's first variant in res */
	size_t done, total;
	uint64_t begun_us;
};

static bool stopped(const struct bench_run *run)
{
	return run->method->stop && *run->method->stop;
}

static int no_memory(struct sk_err *err)
{
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

static int add_variant(struct bench_run *run, const struct bench_planned *p,
		       struct sk_err *err)
{
	struct bench_variant *v = bench_result_variant(run->res);

	if (!v)
		return no_memory(err);
	for (size_t i = 0; i < p->n_settings; i++)
		if (bench_variant_set(v, p->settings[i].axis,
				      p->settings[i].value) < 0)
			return no_memory(err);
	if (p->refused && !(v->refused = strdup(p->refused)))
		return no_memory(err);
	return 0;
}

static void show_progress(const struct bench_run *run, size_t i)
{
	const struct bench_method *m = run->method;
	uint64_t spent = sk_now_us() - run->begun_us, left;

	if (!m->progress)
		return;
	left = run->done ? spent / run->done * (run->total - run->done) : 0;
	m->progress(m->progress_arg, run->res, run->first + i, run->done,
		    run->total, left);
}

static bool is_disturbed(const struct bench_round *round)
{
	double foreign = round->value[BENCH_CPU_FOREIGN] +
			 round->value[BENCH_CPU_STEAL];
	double room = round->value[BENCH_SECONDS] *
		      (double)sysconf(_SC_NPROCESSORS_ONLN);

	return foreign > DISTURBING * room;
}

/* A round that could not be: it is taken back out. */
static void drop_round(struct bench_variant *v)
{
	v->n_rounds--;
	free(v->rounds[v->n_rounds].why);
}

static int one_round(struct bench_run *run, size_t i, struct sk_err *err)
{
	const struct bench_method *m = run->method;
	const struct bench_job *job = &run->plan->v[i].job;
	struct bench_variant *v = &run->res->variants[run->first + i];
	struct bench_round *round = bench_variant_round(v);
	char *refused = NULL, *note = NULL;
	int r;

	if (!round)
		return no_memory(err);
	r = m->one ? m->one(m->one_arg, job, round, &refused, &note, err) :
		     bench_run_here(job, round, &refused, &note, m->stop, err);
	if (note) {
		free(v->note);
		v->note = note;
	}
	if (r < 0 || refused)
		drop_round(v);
	if (refused) {
		free(v->refused);
		v->refused = refused;
	}
	return r;
}

/* A round, and again when others disturbed it, as often as that is allowed. */
static int steady_round(struct bench_run *run, size_t i, struct sk_err *err)
{
	struct bench_variant *v = &run->res->variants[run->first + i];
	int r;

	for (;;) {
		struct bench_round *round;

		show_progress(run, i);
		r = one_round(run, i, err);
		if (r < 0 || v->refused || stopped(run))
			return r;
		round = &v->rounds[v->n_rounds - 1];
		if (v->repeated >= run->method->repeats ||
		    !is_disturbed(round))
			return 0;
		round->disturbed = true;
		v->repeated++;
		run->total++;
		run->done++;
	}
}

static bool is_tight(const struct bench_run *run, const struct bench_variant *v)
{
	struct bench_interval interval;
	double *values = calloc(v->n_rounds + 1, sizeof(*values));
	bool tight = false;
	size_t n;

	if (!values)
		return false;
	n = bench_variant_values(v, run->res->primary, values);
	if (n >= BENCH_ROUNDS_TO_TELL &&
	    bench_median_interval(&interval, values, n, SEED) >= 0)
		/* Rounds of nothing agree, but tell nothing. */
		tight = interval.median > 0 &&
			bench_interval_width(&interval) <= run->method->until;
	free(values);
	return tight;
}

static bool all_tight(const struct bench_run *run)
{
	for (size_t i = 0; i < run->plan->n; i++) {
		const struct bench_variant *v =
			&run->res->variants[run->first + i];

		if (!v->refused && !is_tight(run, v))
			return false;
	}
	return true;
}

/* Round k of all; true: there is another to come. */
static bool goes_on(const struct bench_run *run, unsigned k)
{
	if (stopped(run))
		return false;
	if (run->method->until <= 0)
		return k < run->method->rounds;
	return k < run->method->rounds ||
	       (k < run->method->rounds_max && !all_tight(run));
}

static int rounds(struct bench_run *run, struct sk_err *err)
{
	int r = 0;

	for (unsigned k = 0; goes_on(run, k) && r >= 0; k++) {
		if (k >= run->method->rounds)
			run->total += run->plan->n;
		for (size_t i = 0; i < run->plan->n && r >= 0; i++) {
			if (stopped(run))
				break;
			if (!run->res->variants[run->first + i].refused)
				r = steady_round(run, i, err);
			run->done++;
		}
	}
	return r;
}

int bench_run(struct bench_result *res, const struct bench_plan *plan,
	      const struct bench_method *method, struct sk_err *err)
{
	struct bench_run run = {
		.res = res, .plan = plan, .method = method,
		.first = res->n_variants,
		.total = plan->n * method->rounds,
		.begun_us = sk_now_us(),
	};
	int r = 0;

	for (size_t i = 0; i < plan->n && r >= 0; i++)
		r = add_variant(&run, &plan->v[i], err);
	if (r >= 0)
		r = rounds(&run, err);
	if (stopped(&run) || (r < 0 && bench_result_rounds(res)))
		res->interrupted = true;
	return stopped(&run) ? 0 : r;
}
