/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a test with an iperf3 server came to, as a round. */
#include <math.h>

#include "bench/iperf3_side.h"

uint64_t iperf3_all_bytes(struct iperf3_side *s)
{
	return iperf3_bytes(s, true) + iperf3_bytes(s, false);
}

static void add(double *to, double v)
{
	*to = isnan(*to) ? v : *to + v;
}

static double seconds_of(const struct timeval *from, const struct timeval *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	       (double)(to->tv_usec - from->tv_usec) / 1e6;
}

/* The receiver's figures count: ours, or those that the server gave. */
static void add_stream(struct iperf3_side *s, struct bench_round *round,
		       size_t i, const struct iperf3_stream *theirs)
{
	struct iperf3_flow *f = &s->flows[i];
	double *v = round->value;
	struct iperf3_count c;
	double lost, sent;

	iperf3_counted(f, &c);
	add(&v[BENCH_BYTES], f->sender ? (double)theirs->bytes :
					 (double)c.bytes);
	if (!s->params.udp) {
		if (f->sender)
			add(&v[BENCH_RETRANSMITS], (double)c.retransmits);
		else if (theirs->retransmits >= 0)
			add(&v[BENCH_RETRANSMITS], (double)theirs->retransmits);
		return;
	}
	lost = f->sender ? (double)(theirs->errors - theirs->omitted_errors) :
			   (double)(c.arrivals.lost - f->base.arrivals.lost);
	sent = f->sender ? (double)c.blocks :
			   (double)(theirs->packets - theirs->omitted_packets);
	add(&v[BENCH_SENT], sent);
	add(&v[BENCH_LOST], lost < 0 ? 0 : lost);
	if (!f->sender)
		add(&v[BENCH_REORDERED], (double)c.arrivals.reordered);
	add(&v[BENCH_JITTER_NS], 1e9 * (f->sender ? theirs->jitter :
						    c.arrivals.jitter));
}

static void finish_udp(const struct iperf3_side *s, struct bench_round *round,
		       double seconds)
{
	double *v = round->value;

	v[BENCH_JITTER_NS] /= (double)s->n_flows;
	v[BENCH_LOSS] = v[BENCH_SENT] > 0 ?
				100 * v[BENCH_LOST] / v[BENCH_SENT] : 0;
	v[BENCH_DATAGRAMS_PER_S] = (v[BENCH_SENT] - v[BENCH_LOST]) / seconds;
}

static void fill_cpu(const struct iperf3_side *s, struct bench_round *round,
		     const struct iperf3_results *r)
{
	const struct rusage *from = &s->cpu_begun, *to = &s->cpu_ended;
	double *v = round->value, seconds = v[BENCH_SECONDS], cpu;

	v[BENCH_CPU_LOCAL_USER] = seconds_of(&from->ru_utime, &to->ru_utime);
	v[BENCH_CPU_LOCAL_SYS] = seconds_of(&from->ru_stime, &to->ru_stime);
	if (!r)
		return;
	v[BENCH_CPU_REMOTE_USER] = r->cpu_user / 100 * seconds;
	v[BENCH_CPU_REMOTE_SYS] = r->cpu_system / 100 * seconds;
	cpu = v[BENCH_CPU_LOCAL_USER] + v[BENCH_CPU_LOCAL_SYS] +
	      v[BENCH_CPU_REMOTE_USER] + v[BENCH_CPU_REMOTE_SYS];
	if (v[BENCH_BYTES] > 0)
		v[BENCH_NS_PER_KIB] = cpu * 1e9 / (v[BENCH_BYTES] / 1024);
}

static const struct iperf3_stream *find(const struct iperf3_results *r,
					int id)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->streams[i].id == id)
			return &r->streams[i];
	return NULL;
}

int iperf3_fill_round(struct iperf3_side *s, struct bench_round *round,
		      const struct iperf3_results *r, struct sk_err *err)
{
	double *v = round->value;

	v[BENCH_SECONDS] = iperf3_seconds(s);
	v[BENCH_CONNECTIONS] = (double)s->n_flows;
	for (size_t i = 0; i < s->n_flows; i++) {
		int id = iperf3_stream_id(i);
		const struct iperf3_stream *theirs = find(r, id);

		if (!theirs)
			return sk_fail(err, -EPROTO,
				       "the server has no results of stream "
				       "%d", id);
		add_stream(s, round, i, theirs);
	}
	if (v[BENCH_SECONDS] > 0) {
		v[BENCH_BYTES_PER_S] = v[BENCH_BYTES] / v[BENCH_SECONDS];
		if (s->params.udp)
			finish_udp(s, round, v[BENCH_SECONDS]);
	}
	fill_cpu(s, round, r);
	return 0;
}

void iperf3_fill_interrupted(struct iperf3_side *s, struct bench_round *round)
{
	double *v = round->value;

	if (!s->ended_us)
		iperf3_close(s);
	v[BENCH_SECONDS] = iperf3_seconds(s);
	v[BENCH_BYTES] = (double)iperf3_all_bytes(s);
	if (v[BENCH_SECONDS] > 0)
		v[BENCH_BYTES_PER_S] = v[BENCH_BYTES] / v[BENCH_SECONDS];
	fill_cpu(s, round, NULL);
}
