/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From two sides to a round: what each metric is made of, by hand. */
#include <math.h>
#include <stdlib.h>

#include "bench/plan.h"
#include "bench/side.h"

#include "tap.h"

static struct bench_variant v;
static struct bench_round *r;
static struct bench_side client, server;
static struct bench_job job;

static void begin(int workload)
{
	bench_variant_fini(&v);
	v = (struct bench_variant){ .settings = NULL };
	r = bench_variant_round(&v);
	bench_plan_preset(&job, workload);
	/* The windows are not of one length. */
	client = (struct bench_side){ .window_ns = 2000000000 };
	server = (struct bench_side){ .window_ns = 4000000000 };
}

static void is_value(enum bench_metric m, double want)
{
	double got = r->value[m];

	ok(isnan(want) ? isnan(got) : fabs(got - want) <= 1e-9 * fabs(want),
	   "%s is %g (%g)", bench_metrics[m].name, got, want);
}

static void end(void)
{
	bench_side_round(r, &job, &client, &server);
}

static void test_stream(void)
{
	begin(BENCH_W_STREAM);
	client.bytes_in = 2048;
	server.bytes_in = 8192;
	client.user_ns = 1000;
	client.sys_ns = 2000;
	server.user_ns = 3000;
	server.sys_ns = 4000;
	client.run_delay_ns = 5000000;
	server.run_delay_ns = 7000000;
	client.retransmits = 1;
	server.retransmits = 2;
	client.mss = 1448;
	client.errors = 1;
	server.errors = 1;
	end();
	is_value(BENCH_SECONDS, 2);
	is_value(BENCH_BYTES, 10240);
	is_value(BENCH_BYTES_PER_S, 1024 + 2048);
	is_value(BENCH_NS_PER_KIB, 1000);
	is_value(BENCH_CPU_LOCAL_USER, 1e-6);
	is_value(BENCH_CPU_LOCAL_SYS, 2e-6);
	is_value(BENCH_CPU_REMOTE_USER, 3e-6);
	is_value(BENCH_CPU_REMOTE_SYS, 4e-6);
	is_value(BENCH_RUN_DELAY, 0.012);
	is_value(BENCH_RETRANSMITS, 3);
	is_value(BENCH_ERRORS, 2);
	is_value(BENCH_CONNECTIONS, 1);
	is_value(BENCH_REQUESTS_PER_S, NAN);
	is_value(BENCH_P50_NS, NAN);
	is_value(BENCH_LOSS, NAN);
}

static struct bench_hist *hist_of(uint64_t first, uint64_t n)
{
	struct bench_hist *h = malloc(sizeof(*h));

	bench_hist_init(h);
	for (uint64_t i = 0; i < n; i++)
		bench_hist_add(h, first + i);
	return h;
}

static void test_requests(void)
{
	begin(BENCH_W_RR);
	client.requests = 1000;
	server.requests = 500;
	client.user_ns = 30000;
	server.sys_ns = 20000;
	/* 1…1000 with the client, 1001…2000 with the server. */
	client.hist[BENCH_HIST_SERVICE] = hist_of(1, 1000);
	server.hist[BENCH_HIST_SERVICE] = hist_of(1001, 1000);
	client.hist[BENCH_HIST_RESPONSE] = hist_of(5, 1);
	end();
	is_value(BENCH_REQUESTS, 1000);
	is_value(BENCH_REQUESTS_PER_S, 500);
	is_value(BENCH_NS_PER_REQUEST, 50);
	is_value(BENCH_SERVER_NS_PER_REQUEST, 40);
	ok(fabs(r->value[BENCH_P50_NS] - 1000) < 9, "p50 of both sides");
	ok(fabs(r->value[BENCH_P99_NS] - 1980) < 16, "p99");
	ok(r->value[BENCH_P999_NS] > 1988, "p99.9");
	is_value(BENCH_RESPONSE_P50_NS, 5);
	is_value(BENCH_RESPONSE_P99_NS, 5);
	ok(!client.hist[BENCH_HIST_SERVICE] && !server.hist[BENCH_HIST_SERVICE],
	   "the round owns the samples");
	begin(BENCH_W_RR);
	server.requests = 5;
	end();
	is_value(BENCH_REQUESTS_PER_S, 0);
	is_value(BENCH_NS_PER_REQUEST, NAN);
	is_value(BENCH_SERVER_NS_PER_REQUEST, NAN);
	begin(BENCH_W_RR);
	job.socket = BENCH_S_UDP;
	client.requests = 7;
	client.lost = 3;
	end();
	is_value(BENCH_LOST, 3);
	is_value(BENCH_LOSS, NAN);
	is_value(BENCH_DATAGRAMS_PER_S, NAN);
}

static void test_dgrams(void)
{
	begin(BENCH_W_DGRAM);
	client.datagrams_out = 100;
	server.datagrams_out = 60;
	client.datagrams_in = 50;
	server.datagrams_in = 80;
	client.expected = 60;
	server.expected = 100;
	client.lost = 10;
	server.lost = 22;
	client.duplicates = 1;
	server.duplicates = 1;
	client.reordered = 2;
	server.reordered = 3;
	client.jitter_ns = 7;
	server.jitter_ns = 5;
	end();
	is_value(BENCH_DATAGRAMS_PER_S, 25 + 20);
	is_value(BENCH_SENT, 160);
	is_value(BENCH_LOST, 32);
	is_value(BENCH_LOSS, 20);
	is_value(BENCH_DUPLICATES, 2);
	is_value(BENCH_REORDERED, 5);
	is_value(BENCH_JITTER_NS, 7);
	begin(BENCH_W_DGRAM);
	end();
	is_value(BENCH_LOST, 0);
	is_value(BENCH_LOSS, NAN);
	begin(BENCH_W_STREAM);
	server.datagrams_in = 8;
	end();
	is_value(BENCH_DATAGRAMS_PER_S, 2);
	is_value(BENCH_SENT, NAN);
}

static void test_others(void)
{
	begin(BENCH_W_CRR);
	client.connects = 10;
	client.requests = 10;
	job.connections = 4;
	end();
	is_value(BENCH_CONNECTS_PER_S, 5);
	is_value(BENCH_CONNECTIONS, 4);
	begin(BENCH_W_IDLE);
	client.requests = 1;
	job.idle = 9;
	client.kernel_bytes = 1000;
	client.rss_bytes = 300;
	server.rss_bytes = 200;
	end();
	is_value(BENCH_CONNECTIONS, 10);
	is_value(BENCH_KERNEL_PER_CONNECTION, 100);
	is_value(BENCH_USER_PER_CONNECTION, 50);
	begin(BENCH_W_BACKLOG);
	client.connected = 6;
	client.refused = 2;
	client.overflows = 3;
	server.overflows = 4;
	client.first_overflow = 7;
	end();
	is_value(BENCH_CONNECTED, 6);
	is_value(BENCH_REFUSED, 2);
	is_value(BENCH_OVERFLOWS, 7);
	is_value(BENCH_FIRST_OVERFLOW, 6);
	is_value(BENCH_BYTES, NAN);
	is_value(BENCH_CONNECTIONS, NAN);
	begin(BENCH_W_BACKLOG);
	end();
	is_value(BENCH_FIRST_OVERFLOW, NAN);
}

static struct bench_point *one_point(uint64_t bytes)
{
	struct bench_point *p = calloc(1, sizeof(*p));

	p->bytes = bytes;
	return p;
}

/* Whose series it is: of who receives bytes, or of who asks. */
static void is_series(int workload, bool reverse, uint64_t want)
{
	begin(workload);
	job.reverse = reverse;
	client.points = one_point(1);
	server.points = one_point(2);
	client.n_points = server.n_points = 1;
	end();
	is_int(r->points->bytes, want, "the series is of the right side");
	free(client.points);
	free(server.points);
}

/* In the 20 s that were looked at, by shares, put as of our window of 2 s. */
static void test_machine(void)
{
	static const uint64_t s = 1000000000;
	const struct bench_machine at[2] = {
		{ 7 * s, 7 * s, 7 * s, 0 }, { 47 * s, 8 * s, 9 * s, 0 }
	};

	begin(BENCH_W_RR);
	client.user_ns = s / 2;
	client.sys_ns = 3 * s / 10;
	server.user_ns = server.sys_ns = s;
	bench_side_machine(r, at, 20 * s, &client, &server);
	is_value(BENCH_CPU_SOFTIRQ, 0.1);
	is_value(BENCH_CPU_STEAL, 0.2);
	/* 2 CPUs, without 0.05 of interrupts, 0.4 of ours, 0.5 of theirs */
	is_value(BENCH_CPU_FOREIGN, 2.1);
	bench_side_machine(r, at, 20 * s, &client, NULL);
	is_value(BENCH_CPU_FOREIGN, 3.1);
	server.user_ns = 10 * s;
	bench_side_machine(r, at, 20 * s, &client, &server);
	is_value(BENCH_CPU_FOREIGN, 0);
}

int main(void)
{
	test_machine();
	test_stream();
	test_requests();
	test_dgrams();
	test_others();
	is_series(BENCH_W_STREAM, false, 2);
	is_series(BENCH_W_STREAM, true, 1);
	is_series(BENCH_W_DGRAM, false, 2);
	is_series(BENCH_W_RR, false, 1);
	is_series(BENCH_W_CRR, false, 1);
	bench_variant_fini(&v);
	return tap_done();
}
