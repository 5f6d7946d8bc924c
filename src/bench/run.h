/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a plan: rounds of all variants in turn (A B C A B C), so that what
 * changes on the machine meanwhile meets all of them alike.
 */
#ifndef SK_BENCH_RUN_H
#define SK_BENCH_RUN_H

#include <signal.h>

#include "bench/plan.h"
#include "bench/role.h"

struct bench_run;

struct bench_method {
	unsigned rounds;	/* of each variant */
	unsigned repeats;	/* disturbed rounds of each that are run again,
				 * at most */
	double until;		/* not 0: more rounds until the 95 % interval
				 * of the primary metric is within this share
				 * of it, `rounds_max` at most */
	unsigned rounds_max;
	const volatile sig_atomic_t *stop; /* a signal came: end early */
	/*
	 * How to run one round of a job. NULL: both parts here. Fills *round,
	 * or *refused (owned by the caller then) when the job cannot run;
	 * *note likewise.
	 */
	int (*one)(void *arg, const struct bench_job *job,
		   struct bench_round *round, char **refused, char **note,
		   struct sk_err *err);
	void *one_arg;
	/* Before each round: `done` of `total` are over (total grows when
	 * rounds are added). May be NULL. */
	void (*progress)(void *arg, const struct bench_result *res,
			 size_t variant, size_t done, size_t total,
			 uint64_t left_us);
	void *progress_arg;
};

/*
 * Run the plan and add its variants to res, whose workload and primary are
 * set. When *method->stop is set, what was measured so far is in res and
 * res->interrupted tells; that is no error. 0, or a negative errno when a
 * part failed, with res likewise if there were rounds before.
 */
int bench_run(struct bench_result *res, const struct bench_plan *plan,
	      const struct bench_method *method, struct sk_err *err);

/* One round with both parts here, two processes; as method->one. */
int bench_run_here(const struct bench_job *job, struct bench_round *round,
		   char **refused, char **note,
		   const volatile sig_atomic_t *stop, struct sk_err *err);

/*
 * The same with the server's part on another machine: a connection to its
 * `bench serve`, greeted (far.h). An error ends it.
 */
struct bench_far {
	int ctl;			/* owned; -1: none */
	struct sk_addr peer;		/* where the server is reached */
	struct bench_inbox inbox;
	/* Both sides are ready: when may they begin? NULL: at once. 0 or a
	 * negative errno. */
	int (*begin)(void *arg, struct sk_err *err);
	void *begin_arg;
};
int bench_run_far(struct bench_far *far, const struct bench_job *job,
		  struct bench_round *round, char **refused, char **note,
		  const volatile sig_atomic_t *stop, struct sk_err *err);

/*
 * A part in a process of its own that dies with this one. Its end of ctl is
 * the child's; the other is returned in *ctl. The child's pid or a negative
 * errno.
 */
pid_t bench_run_part(const struct bench_job *job, const struct sk_addr *addr,
		     const struct bench_local *local, bool server, int *ctl,
		     struct sk_err *err);
/* The same with both parts in it; ctl: of the server, of the client. */
pid_t bench_run_pair(const struct bench_job *job, int ctl[2],
		     struct sk_err *err);
/* Wait for its end, or see to it. *pid is 0 then, and may be before. */
void bench_run_reap(pid_t *pid, bool kill_it);

#endif
