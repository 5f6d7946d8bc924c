/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of why a round went as it did: each sentence, and its bounds. */
#include <math.h>

#include "bench/why.h"

#include "tap.h"

static const char *why(struct bench_job *job, struct bench_side *client,
		       struct bench_side *server, double foreign)
{
	static char text[200];
	struct bench_round round = { .points = NULL };

	client->window_ns = server->window_ns = 1000000000;
	for (int i = 0; i < BENCH_NMETRICS; i++)
		round.value[i] = NAN;
	round.value[BENCH_CPU_FOREIGN] = foreign;
	return bench_why(text, sizeof(text), job, client, server, &round) ?
		       text : "nothing";
}


#define SECOND UINT64_C(1000000000)

/* One side or both, nearly always on a CPU; who that is, is told. */
static void test_cpu(void)
{
	struct bench_job job = bench_job_preset;
	struct bench_side quiet = { 0 }, full = { .sys_ns = 950000000 };
	struct bench_side nearly = { .user_ns = 400000000,
				     .sys_ns = 490000000 };
	struct bench_side just = { .user_ns = 410000000,
				   .sys_ns = 490000000 };

	job.workload = BENCH_W_STREAM;
	is_str(why(&job, &quiet, &quiet, 0), "nothing", "nothing to say");
	is_str(why(&job, &full, &quiet, 0), "sender CPU-bound", "sender");
	is_str(why(&job, &quiet, &full, 0), "receiver CPU-bound", "receiver");
	is_str(why(&job, &full, &full, 0),
	       "sender CPU-bound, receiver CPU-bound", "both");
	is_str(why(&job, &nearly, &quiet, 0), "nothing", "89 % are not bound");
	is_str(why(&job, &just, &quiet, 0), "sender CPU-bound",
	       "90 % are, user and system together");
	job.reverse = true;
	is_str(why(&job, &quiet, &full, 0), "sender CPU-bound",
	       "the server sends");
	is_str(why(&job, &full, &quiet, 0), "receiver CPU-bound",
	       "and the client receives");
	job.reverse = false;
	job.workers = 2;
	is_str(why(&job, &full, &quiet, 0), "nothing",
	       "two workers have two CPUs");
	job.workers = 1;
	job.engine = BENCH_E_SPIN;
	is_str(why(&job, &full, &full, 0), "nothing",
	       "who spins is always on one");
	job = bench_job_preset;
	is_str(why(&job, &full, &quiet, 0), "client CPU-bound",
	       "requests: the client");
	is_str(why(&job, &quiet, &full, 0), "server CPU-bound",
	       "requests: the server");
	job.workload = BENCH_W_CRR;
	is_str(why(&job, &quiet, &full, 0), "server CPU-bound",
	       "connections: the server");
	job.workload = BENCH_W_DGRAM;
	is_str(why(&job, &quiet, &full, 0), "receiver CPU-bound",
	       "datagrams: the receiver");
}

static void test_windows(void)
{
	struct bench_job job = bench_job_preset;
	struct bench_side none = { 0 };
	struct bench_side window = { .busy_us = 1000,
				     .rwnd_limited_us = 800 };
	struct bench_side buffer = { .busy_us = 1000,
				     .sndbuf_limited_us = 201 };
	struct bench_side little = { .busy_us = 1000, .rwnd_limited_us = 200,
				     .sndbuf_limited_us = 200 };
	struct bench_side both = { .busy_us = 1000, .rwnd_limited_us = 300,
				   .sndbuf_limited_us = 600 };

	job.workload = BENCH_W_STREAM;
	is_str(why(&job, &window, &none, 0), "window-limited 80 %", "window");
	is_str(why(&job, &buffer, &none, 0), "send-buffer-limited 20 %",
	       "send buffer");
	is_str(why(&job, &little, &none, 0), "nothing", "a fifth is usual");
	is_str(why(&job, &both, &none, 0),
	       "window-limited 30 %, send-buffer-limited 60 %", "either");
	is_str(why(&job, &none, &window, 0), "nothing",
	       "who receives has no such limit");
	job.reverse = true;
	is_str(why(&job, &none, &window, 0), "window-limited 80 %",
	       "of the server that sends");
	job.reverse = false;
	job.workload = BENCH_W_RR;
	is_str(why(&job, &window, &none, 0), "nothing",
	       "requests wait for answers, not for windows");
}

static void test_waking(void)
{
	struct bench_job job = bench_job_preset;
	struct bench_side some = { .requests = 1 }, none = { 0 };
	struct bench_side busy = { .requests = 1, .sys_ns = 700000000 };

	is_str(why(&job, &some, &none, 0), "wake-up bound", "waking");
	is_str(why(&job, &busy, &none, 0), "nothing", "a busy client");
	is_str(why(&job, &some, &busy, 0), "nothing", "a busy server");
	is_str(why(&job, &none, &none, 0), "nothing", "no requests at all");
	job.rate = 1000;
	is_str(why(&job, &some, &none, 0), "nothing", "a rate waits anyway");
	job.rate = 0;
	job.connections = 2;
	is_str(why(&job, &some, &none, 0), "nothing", "two keep it awake");
	job.connections = 1;
	job.engine = BENCH_E_SPIN;
	is_str(why(&job, &some, &none, 0), "nothing", "spinning never sleeps");
	job.engine = BENCH_E_BLOCKING;
	job.workload = BENCH_W_BACKLOG;
	is_str(why(&job, &some, &none, 0), "nothing", "a queue sleeps");
}

static void test_counted(void)
{
	struct bench_job job = bench_job_preset;
	struct bench_side none = { 0 }, again = { .retransmits = 2 };
	struct bench_side dropped = { .rcvbuf_errors = 7 };
	struct bench_side copied = { .zc_sent = 4, .zc_copied = 3 };
	struct bench_side all = { .sys_ns = SECOND, .busy_us = 10,
				  .rwnd_limited_us = 10, .retransmits = 1,
				  .zc_sent = 1, .zc_copied = 1 };

	job.workload = BENCH_W_STREAM;
	is_str(why(&job, &again, &again, 0), "retransmits +4",
	       "segments of both sides");
	is_str(why(&job, &copied, &none, 0), "zerocopy copied 75 %",
	       "copied all the same");
	is_str(why(&job, &none, &copied, 0), "nothing",
	       "who receives copies nothing");
	is_str(why(&job, &dropped, &none, 0), "nothing",
	       "datagrams of others, over tcp");
	job.socket = BENCH_S_UDP;
	is_str(why(&job, &dropped, &none, 0), "UdpRcvbufErrors +7", "udp");
	job.socket = BENCH_S_UDP_CONNECTED;
	is_str(why(&job, &dropped, &none, 0), "UdpRcvbufErrors +7",
	       "udp-connected");
	job.socket = BENCH_S_TCP;
	is_str(why(&job, &all, &none, 1.5),
	       "sender CPU-bound, window-limited 100 %, retransmits +1, "
	       "zerocopy copied 100 %, others used 1.50 CPUs", "all of it");
}

static void test_others(void)
{
	struct bench_job job = bench_job_preset;
	struct bench_side none = { 0 }, some = { 0 };

	job.workload = BENCH_W_STREAM;
	is_str(why(&job, &some, &none, 0.5), "others used 0.50 CPUs",
	       "others");
	is_str(why(&job, &some, &none, 0.19), "nothing", "hardly any");
	is_str(why(&job, &some, &none, NAN), "nothing", "nobody knows");
}

int main(void)
{
	test_cpu();
	test_windows();
	test_waking();
	test_counted();
	test_others();
	return tap_done();
}
