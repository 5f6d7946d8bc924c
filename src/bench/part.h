/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A part of a round at work: what role_client.c and role_server.c share. */
#ifndef SK_BENCH_PART_H
#define SK_BENCH_PART_H

#include "bench/cpu.h"
#include "bench/flow.h"
#include "bench/role.h"

/*
 * Descriptors besides those of connections: standard streams, ctl, listeners,
 * what engines have of their own, files of /proc.
 */
#define BENCH_SPARE_FDS 32

/* What tcp_info says of the connections that are asked for it. */
struct bench_tcp_sum {
	uint64_t retransmits, busy_us, rwnd_us, sndbuf_us, rtt_us, cwnd, mss;
};

struct bench_part {
	const struct bench_job *job;
	const struct bench_local *local;
	int ctl;
	struct bench_inbox inbox;
	struct bench_layer *layer;	/* NULL: plain descriptors */
	struct bench_shared shared;
	struct bench_worker *workers;
	size_t n_workers, n_running;
	int *fds;		/* of connections and listeners, to be closed */
	size_t n_fds;
	struct bench_side side;
	bool told_to_stop;	/* by STOP, or by the end of ctl */
	/* Of the window's begin, and of its last look. */
	struct bench_tally at_begin, last;
	struct bench_cpu cpu_begin;
	struct bench_tcp_sum tcp_begin;
	uint64_t begin_ns;
	int tcp_fds[16];	/* connections to be asked for TCP_INFO */
	size_t n_tcp_fds;
	size_t accepted;	/* backlog: before the queue is left alone */
};

int bench_part_init(struct bench_part *p, const struct bench_job *job,
		    const struct bench_local *local, int ctl, bool client,
		    struct sk_err *err);
void bench_part_fini(struct bench_part *p);
/* Remember a descriptor to be closed. 0 or -ENOMEM, closed already. */
int bench_part_keep(struct bench_part *p, int fd);
/*
 * A new flow of worker i % workers, on these descriptors, listed there.
 * NULL: no memory, with err.
 */
struct bench_flow *bench_part_flow(struct bench_part *p, size_t i, int in,
				   int out, struct sk_err *err);
/* Hand all flows to their engines. */
int bench_part_engage(struct bench_part *p, struct sk_err *err);
/* Start their threads. */
int bench_part_launch(struct bench_part *p, struct sk_err *err);
/* Both. */
int bench_part_run(struct bench_part *p, struct sk_err *err);
/* Wait for START. -ECANCELED: told to stop instead. */
int bench_part_await_start(struct bench_part *p, struct sk_err *err);
/* Until bench_now() is there, or it is told to stop. */
void bench_part_sleep(struct bench_part *p, uint64_t when_ns);
/* Has it been told to stop? Without waiting. */
bool bench_part_is_told(struct bench_part *p);
/* The counters of all threads, summed; jitter is the largest. */
void bench_part_count(struct bench_part *p, struct bench_tally *sum);
/* Warm up, measure, and note what was counted in between. */
void bench_part_window(struct bench_part *p);
/* One window for all parts of a process; the first hears its caller. */
void bench_part_windows(struct bench_part *const *v, size_t n);
void bench_part_await_stop(struct bench_part *p);
/* Go on a little: a receiver whose window began later is not to starve. */
void bench_part_linger(struct bench_part *p);
/* End the threads, collect histograms, send RESULT. */
int bench_part_result(struct bench_part *p, struct sk_err *err);
/* Tell of a failure, or of a refusal; returns r. */
int bench_part_failed(struct bench_part *p, int r, struct sk_err *err);
/* Make room for the descriptors of a part. -EMFILE with the sentence. */
int bench_part_need_fds(const struct bench_job *job, struct sk_err *err);

#endif
