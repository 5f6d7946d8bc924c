/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window of a part: what is counted between its begin and its end. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "bench/part.h"
#include "bench/sockets.h"
#include "sock/tcp_info.h"

/* A request that has no answer for so long is lost. */
#define RESEND_NS 200000000u

/* Counters of all threads, summed; jitter is the largest. */
void bench_part_count(struct bench_part *p, struct bench_tally *sum)
{
	struct bench_tally *t;

	memset(sum, 0, sizeof(*sum));
	pthread_mutex_lock(&p->shared.lock);
	for (t = p->shared.tallies; t; t = t->link) {
#define ADD(field) \
	sum->field += __atomic_load_n(&t->field, __ATOMIC_RELAXED)
		ADD(bytes_in);
		ADD(bytes_out);
		ADD(requests);
		ADD(connects);
		ADD(datagrams_in);
		ADD(datagrams_out);
		ADD(expected);
		ADD(duplicates);
		ADD(reordered);
		ADD(lost);
		ADD(errors);
		ADD(refused);
		ADD(zc_sent);
		ADD(zc_copied);
#undef ADD
		if (t->jitter_ns > sum->jitter_ns)
			sum->jitter_ns = t->jitter_ns;
		if (t->first_error)
			sum->first_error = t->first_error;
	}
	pthread_mutex_unlock(&p->shared.lock);
}

static uint64_t tcp_value(const char *name, const void *info, size_t len)
{
	uint64_t v;

	sk_tcp_info_get(sk_tcp_info_field(name), info, len, &v);
	return v;
}

static void ask_tcp(const struct bench_part *p, struct bench_tcp_sum *s)
{
	unsigned char info[SK_TCP_INFO_MAX];

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < p->n_tcp_fds; i++) {
		socklen_t len = sizeof(info);

		if (getsockopt(p->tcp_fds[i], IPPROTO_TCP, 11 /* TCP_INFO */,
			       info, &len) < 0)
			continue;
		s->retransmits += tcp_value("total_retrans", info, len);
		s->busy_us += tcp_value("busy_time", info, len);
		s->rwnd_us += tcp_value("rwnd_limited", info, len);
		s->sndbuf_us += tcp_value("sndbuf_limited", info, len);
		s->rtt_us = tcp_value("rtt", info, len);
		s->cwnd = tcp_value("snd_cwnd", info, len);
		s->mss = tcp_value("snd_mss", info, len);
	}
}

static void add_point(struct bench_part *p, uint64_t bytes, uint64_t requests)
{
	struct bench_side *s = &p->side;

	if (!s->points)
		s->points = calloc(BENCH_POINTS_MAX, sizeof(*s->points));
	if (s->points && s->n_points < BENCH_POINTS_MAX)
		s->points[s->n_points++] = (struct bench_point){
			bench_now() - p->begin_ns, bytes, requests };
}

/*
 * A datagram that was lost would end a closed loop: who waits for an answer
 * for too long has the request sent again, from this thread, as engines do not
 * look at the time. An answer that was only late is then taken for the next.
 */
static void resend_lost(struct bench_part *p)
{
	const struct bench_worker *w;
	struct bench_flow *f;
	uint64_t now = bench_now(), begun;

	for (size_t i = 0; i < p->n_workers; i++) {
		w = &p->workers[i];
		for (size_t k = 0; k < w->n_flows; k++) {
			f = w->flows[k];
			begun = __atomic_load_n(&f->begun_ns,
						__ATOMIC_RELAXED);
			if (now < begun + RESEND_NS ||
			    __atomic_load_n(&f->state, __ATOMIC_RELAXED) != 2)
				continue;
			p->side.lost++;
			/* A failure is the engine's to find. */
			if (sendto(f->out, f->buf, f->size,
				   MSG_NOSIGNAL | MSG_DONTWAIT,
				   f->to_peer ? &f->peer.sa : NULL,
				   f->to_peer ? f->peer.len : 0) < 0)
				continue;
		}
	}
}

static bool may_lose(const struct bench_part *p)
{
	const struct bench_kind *k = bench_kind_of(p->job);

	return p->shared.client && p->job->workload == BENCH_W_RR &&
	       k->records && !k->listens && k->family != AF_UNIX;
}

static void count_step(struct bench_part *p)
{
	struct bench_tally now;

	if (may_lose(p))
		resend_lost(p);
	bench_part_count(p, &now);
	add_point(p, now.bytes_in - p->last.bytes_in,
		  now.requests - p->last.requests);
	p->last = now;
}

/* The window in intervals; `last` is where the counters are at its end. */
static void watch_windows(struct bench_part *const *v, size_t n)
{
	const struct bench_job *job = v[0]->job;
	uint64_t end = v[0]->begin_ns + job->time_us * 1000;
	uint64_t step = job->interval_us * 1000, next = v[0]->begin_ns;

	if (step < job->time_us * 1000 / BENCH_POINTS_MAX)
		step = job->time_us * 1000 / BENCH_POINTS_MAX + 1;
	do {
		next = next + step < end ? next + step : end;
		bench_part_sleep(v[0], next);
		for (size_t i = 0; i < n; i++)
			count_step(v[i]);
	} while (next < end && !v[0]->told_to_stop);
}

/* A late arrival takes a loss back, even one of before the window. */
static uint64_t above_zero(uint64_t now, uint64_t before)
{
	return (int64_t)(now - before) > 0 ? now - before : 0;
}

static void note_counts(struct bench_part *p)
{
	const struct bench_tally *begin = &p->at_begin, *end = &p->last;
	struct bench_side *s = &p->side;

#define DELTA(field) s->field = above_zero(end->field, begin->field)
	DELTA(bytes_in);
	DELTA(bytes_out);
	DELTA(requests);
	DELTA(connects);
	DELTA(datagrams_in);
	DELTA(datagrams_out);
	DELTA(expected);
	DELTA(duplicates);
	DELTA(reordered);
	s->lost += above_zero(end->lost, begin->lost);
	DELTA(errors);
#undef DELTA
	s->jitter_ns = end->jitter_ns;
}

static void note_tcp(struct bench_part *p)
{
	const struct bench_tcp_sum *begin = &p->tcp_begin;
	struct bench_tcp_sum end;
	struct bench_side *s = &p->side;

	ask_tcp(p, &end);
	s->retransmits = above_zero(end.retransmits, begin->retransmits);
	s->busy_us = above_zero(end.busy_us, begin->busy_us);
	s->rwnd_limited_us = above_zero(end.rwnd_us, begin->rwnd_us);
	s->sndbuf_limited_us = above_zero(end.sndbuf_us, begin->sndbuf_us);
	s->rtt_us = end.rtt_us;
	s->cwnd = end.cwnd;
	s->mss = end.mss;
}

static void begin_window(struct bench_part *p)
{
	ask_tcp(p, &p->tcp_begin);
	bench_cpu_self(&p->cpu_begin);
	bench_part_count(p, &p->at_begin);
	p->last = p->at_begin;
	p->begin_ns = bench_now();
	__atomic_store_n(&p->shared.phase, BENCH_MEASURING, __ATOMIC_RELAXED);
}

static void end_window(struct bench_part *p)
{
	struct bench_side *s = &p->side;
	struct bench_cpu cpu;

	__atomic_store_n(&p->shared.phase, BENCH_OVER, __ATOMIC_RELAXED);
	s->window_ns = bench_now() - p->begin_ns;
	bench_cpu_self(&cpu);
	note_counts(p);
	s->user_ns = cpu.user_ns - p->cpu_begin.user_ns;
	s->sys_ns = cpu.sys_ns - p->cpu_begin.sys_ns;
	s->run_delay_ns = above_zero(cpu.run_delay_ns,
				     p->cpu_begin.run_delay_ns);
	note_tcp(p);
}

void bench_part_windows(struct bench_part *const *v, size_t n)
{
	bench_part_sleep(v[0], bench_now() + v[0]->job->warmup_us * 1000);
	for (size_t i = 0; i < n; i++)
		begin_window(v[i]);
	watch_windows(v, n);
	for (size_t i = 0; i < n; i++)
		end_window(v[i]);
}

void bench_part_window(struct bench_part *p)
{
	bench_part_windows(&p, 1);
}
