/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rounds as a plan has them, with a fake in place of sockets: in turn, again
 * where others disturbed them, until the interval is tight, until a signal.
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/run.h"

#include "tap.h"

/* What each round is to find, in the order they are run. */
struct script {
	const double *foreign, *steal;	/* of the machine; NULL: none */
	const double *rate;
	unsigned n, done;	/* rounds of the script; that were run */
	unsigned stop_after;	/* 0: never */
	volatile sig_atomic_t stopped;
	int failure;
	unsigned fail_after;	/* rounds */
	const char *refused;
	char order[100];	/* 'a' the first variant, 'b' the second */
};

static double at(const double *v, const struct script *s, double otherwise)
{
	return v ? v[s->done % s->n] : otherwise;
}

static int fake(void *arg, const struct bench_job *job,
		struct bench_round *round, char **refused, char **note,
		struct sk_err *err)
{
	struct script *s = arg;
	double cpus = (double)sysconf(_SC_NPROCESSORS_ONLN);

	(void)note;
	if (s->failure && s->done >= s->fail_after)
		return sk_fail(err, s->failure, "as the script says");
	if (s->refused && job->engine == BENCH_E_EPOLL) {
		*refused = strdup(s->refused);
		return 0;
	}
	if (s->done < sizeof(s->order) - 1)
		s->order[s->done] = job->engine == BENCH_E_EPOLL ? 'b' : 'a';
	round->value[BENCH_SECONDS] = 2;
	round->value[BENCH_CPU_FOREIGN] = 2 * cpus * at(s->foreign, s, 0);
	round->value[BENCH_CPU_STEAL] = 2 * cpus * at(s->steal, s, 0);
	round->value[BENCH_REQUESTS_PER_S] = at(s->rate, s, 1000);
	s->done++;
	if (s->done == s->stop_after)
		s->stopped = 1;
	return 0;
}

static struct bench_result *res;
static struct sk_err err;

static int play(struct script *s, struct bench_method *m, const char *engines)
{
	const struct bench_axes axes = { .engine = engines };
	struct bench_plan plan;
	struct bench_job job;
	int r;

	bench_plan_preset(&job, BENCH_W_RR);
	bench_plan_make(&plan, &job, &axes, &err);
	bench_result_free(res);
	res = bench_result_new();
	res->workload = strdup("rr");
	res->primary = BENCH_REQUESTS_PER_S;
	m->one = fake;
	m->one_arg = s;
	m->stop = &s->stopped;
	r = bench_run(res, &plan, m, &err);
	bench_plan_fini(&plan);
	return r;
}

static void test_turns(void)
{
	struct script s = { .n = 1 };
	struct bench_method m = { .rounds = 3 };

	is_int(play(&s, &m, "poll,epoll"), 0, "two variants");
	is_str(s.order, "ababab", "are measured in turn, three times each");
	is_int(res->variants[1].n_rounds, 3, "and have three rounds each");
	s = (struct script){ .n = 1, .refused = "not here" };
	play(&s, &m, "poll,epoll");
	is_str(s.order, "aaa", "what was refused is not asked for again");
	is_str(res->variants[1].refused, "not here", "and has its reason");
	is_int(res->variants[1].n_rounds, 0, "and no round");
	s = (struct script){ .failure = -EPIPE };
	is_int(play(&s, &m, "poll"), -EPIPE, "a failure ends it");
	is_int(res->variants[0].n_rounds, 0, "without a round of nothing");
	ok(!res->interrupted, "nor anything to be told");
	s = (struct script){ .n = 1, .failure = -EPIPE, .fail_after = 3 };
	is_int(play(&s, &m, "poll,epoll"), -EPIPE, "a failure in the middle");
	is_int(bench_result_rounds(res), 3, "leaves the rounds before it");
	ok(res->interrupted, "and these are told");
}

static void test_disturbed(void)
{
	static const double busy[] = { 0.16, 0, 0, 0, 0, 0 };
	static const double quiet[] = { 0.14, 0, 0, 0, 0, 0 };
	static const double always[] = { 0.5 };
	struct bench_method m = { .rounds = 3, .repeats = 2 };
	struct script s = { .n = 6, .foreign = busy };
	const struct bench_variant *v;

	play(&s, &m, "poll");
	v = &res->variants[0];
	is_int(v->n_rounds, 4, "a disturbed round is run again");
	ok(v->rounds[0].disturbed && !v->rounds[1].disturbed,
	   "and marked, as the second is not");
	is_int(v->repeated, 1, "and counted");
	s = (struct script){ .n = 6, .foreign = quiet };
	play(&s, &m, "poll");
	is_int(res->variants[0].n_rounds, 3, "14 %% of the machine are usual");
	s = (struct script){ .n = 6, .steal = busy };
	play(&s, &m, "poll");
	is_int(res->variants[0].repeated, 1, "steal disturbs as well");
	s = (struct script){ .n = 1, .foreign = always };
	play(&s, &m, "poll,epoll");
	v = &res->variants[1];
	is_int(v->n_rounds, 5, "again and again, but twice at most");
	is_int(v->repeated, 2, "which is counted");
	ok(v->rounds[0].disturbed && v->rounds[1].disturbed &&
	   !v->rounds[2].disturbed, "those that were run again are left out");
	m.repeats = 0;
	play(&s, &m, "poll");
	ok(res->variants[0].n_rounds == 3 &&
	   !res->variants[0].rounds[0].disturbed,
	   "--repeats 0: taken as they are");
}

static void test_until(void)
{
	static const double same[] = { 1000 }, nothing[] = { 0 };
	static const double wild[] = { 1000, 2000, 500, 3000 };
	static const double calm[] = { 1000, 1010, 990, 1005, 995, 1000 };
	struct bench_method m = { .rounds = 2, .rounds_max = 20,
				  .until = 0.02 };
	struct script s = { .n = 1, .rate = same };

	play(&s, &m, "poll");
	is_int(s.done, 6, "until: six rounds at least, as fewer have no "
			  "interval");
	s = (struct script){ .n = 4, .rate = wild };
	play(&s, &m, "poll");
	is_int(s.done, 20, "until: no more than that");
	s = (struct script){ .n = 6, .rate = calm };
	play(&s, &m, "poll");
	ok(s.done >= 6 && s.done < 20, "until: as tight as asked (%u)",
	   s.done);
	s = (struct script){ .n = 1, .rate = nothing };
	play(&s, &m, "poll");
	is_int(s.done, 20, "until: rounds of nothing agree on nothing");
	m.rounds = 9;
	s = (struct script){ .n = 1, .rate = same };
	play(&s, &m, "poll");
	is_int(s.done, 9, "until: --rounds of them in any case");
	s = (struct script){ .n = 8, .rate = (const double[]){
			     1000, 1000, 1000, 4000, 1000, 500, 1000, 2000 } };
	m.rounds = 2;
	play(&s, &m, "poll,epoll");
	is_int(s.done, 40, "until: all variants are to be tight");
}

static void test_signal(void)
{
	struct script s = { .n = 1, .stop_after = 3 };
	struct bench_method m = { .rounds = 5 };

	is_int(play(&s, &m, "poll,epoll"), 0, "a signal is no failure");
	ok(res->interrupted, "but told");
	is_str(s.order, "aba", "no round is begun after it");
	ok(res->variants[0].n_rounds == 2 && res->variants[1].n_rounds == 1,
	   "and what was measured is there");
}

int main(void)
{
	test_turns();
	test_disturbed();
	test_until();
	test_signal();
	bench_result_free(res);
	return tap_done();
}
