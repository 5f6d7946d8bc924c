/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What bench moves: how receivers of streams take their bytes, each engine with
 * a server and a client, a datagram that is lost, the window that counts.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/cpu.h"
#include "bench/engine.h"
#include "bench/part.h"
#include "bench/plan.h"
#include "bench/role.h"
#include "bench/run.h"
#include "bench/workload.h"

#include "tap.h"

/* --- receivers of streams ------------------------------------------------ */

static void test_rest(void)
{
	struct bench_job job;

	bench_plan_preset(&job, BENCH_W_DGRAM);
	ok(bench_dgram_rest(&job) > 0, "rest: a receiver of datagrams");
	job.socket = BENCH_S_UNIX_DGRAM;
	is_int(bench_dgram_rest(&job), 0, "rest: a full queue stops none");
	job.socket = BENCH_S_UDP_CONNECTED;
	for (int e = 0; e < BENCH_NENGINES; e++) {
		bool none = e == BENCH_E_SPIN || e == BENCH_E_URING ||
			    e == BENCH_E_URING_MULTISHOT;

		job.engine = e;
		ok(!bench_dgram_rest(&job) == none, "rest: with %s %s",
		   bench_engines.choices[e].name, none ? "none" : "too");
	}
	job.engine = BENCH_E_EPOLL;
	job.rate = 1000;
	is_int(bench_dgram_rest(&job), 0, "rest: none at a pace");
	job.rate = 0;
	job.one_clock = false;
	is_int(bench_dgram_rest(&job), 0, "rest: none from afar");
	job.one_clock = true;
	memcpy(job.set, "so_rcvlowat=1", 14);
	is_int(bench_dgram_rest(&job), 0, "rest: none for who is awake");
	*job.set = '\0';
	job.stack = BENCH_K_PAIR;
	is_int(bench_dgram_rest(&job), 0, "rest: none in our stack");
	job.stack = BENCH_K_KERNEL;
	job.workload = BENCH_W_STREAM;
	is_int(bench_dgram_rest(&job), 0, "rest: dgram only");
}

static void test_lowat(void)
{
	struct bench_job job;

	bench_plan_preset(&job, BENCH_W_STREAM);
	is_int(bench_stream_lowat(&job), 512 << 10, "lowat: four writes");
	job.request = 32 << 10;
	is_int(bench_stream_lowat(&job), 128 << 10, "lowat: four small ones");
	job.request = 1 << 20;
	is_int(bench_stream_lowat(&job), 512 << 10, "lowat: half the buffer");
	memcpy(job.set, "so_rcvlowat=1", 14);
	is_int(bench_stream_lowat(&job), 0, "lowat: none over one asked for");
	memcpy(job.set, "so_max_pacing_rate=1", 21);
	is_int(bench_stream_lowat(&job), 0, "lowat: none of paced streams");
	*job.set = '\0';
	job.one_clock = false;
	is_int(bench_stream_lowat(&job), 0, "lowat: none from afar");
	job.one_clock = true;
	job.tls = true;
	is_int(bench_stream_lowat(&job), 0, "lowat: none below TLS");
	job.tls = false;
	job.socket = BENCH_S_UNIX_STREAM;
	is_int(bench_stream_lowat(&job), 0, "lowat: none but of TCP");
	bench_plan_preset(&job, BENCH_W_LATENCY);
	is_int(bench_stream_lowat(&job), 0, "lowat: none beside requests");
}

/* A receiver of so many: its buffer, and when it is woken. */
static void is_receiver(uint64_t connections, size_t room, int low)
{
	struct bench_job job;
	struct bench_shared shared = { .job = &job };
	struct bench_worker w = { .shared = &shared };
	struct sk_err err = { 0 };
	struct bench_flow *f;
	socklen_t len = sizeof(int);
	int got = 0;

	bench_plan_preset(&job, BENCH_W_STREAM);
	job.connections = connections;
	f = bench_flow_new(&w);
	if (!f)
		return;
	f->in = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok(bench_stream_recv(f, &err) == 0, "receiver: 1 of %llu",
	   (unsigned long long)connections);
	is_int(f->room, room, "receiver: its buffer");
	getsockopt(f->in, SOL_SOCKET, SO_RCVLOWAT, &got, &len);
	is_int(got, low, "receiver: when it is woken");
	close(f->in);
	bench_flow_free(f);
}

/* Two ends of a TCP connection over loopback. */
static bool tcp_pair(int fd[2])
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(to);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool done;

	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	done = !bind(l, (struct sockaddr *)&to, len) && !listen(l, 1) &&
	       !getsockname(l, (struct sockaddr *)&to, &len) &&
	       !connect(fd[0], (struct sockaddr *)&to, len);
	fd[1] = done ? accept(l, NULL, NULL) : -1;
	close(l);
	return fd[1] >= 0;
}

/* Bytes are taken out of the socket; do they reach the buffer? */
static void test_drain(int receive, bool copies)
{
	const char *name = bench_receives.choices[receive].name;
	struct bench_job job;
	struct bench_shared shared = { .job = &job };
	struct bench_worker w = { .shared = &shared };
	struct bench_flow *f = bench_flow_new(&w);
	struct sk_err err = { 0 };
	int fd[2] = { -1, -1 };
	char left;

	bench_plan_preset(&job, BENCH_W_STREAM);
	job.receive = receive;
	memcpy(job.set, "so_rcvlowat=1", 14);
	ok(f && tcp_pair(fd), "%s: a connection", name);
	f->in = fd[1];
	f->socket = true;
	ok(!bench_stream_recv(f, &err), "%s: made", name);
	bench_recv(f, f->buf, f->room);
	is_int(send(fd[0], "hello", 5, 0), 5, "sent");
	is_int(bench_attempt(f), 5, "all of it is received");
	ok(!memcmp(f->buf, "hello", 5) == copies, "%s: %s the buffer", name,
	   copies ? "into" : "past");
	is_int(recv(fd[1], &left, 1, MSG_DONTWAIT), -1, "nothing is left");
	close(fd[0]);
	is_int(bench_attempt(f), 0, "and then the end");
	close(fd[1]);
	bench_flow_free(f);
}

/* --- engines ------------------------------------------------------------- */

/* One short round; false: not a byte has come, as others had the CPUs. */
static bool round_moves(const struct bench_job *job, char **refused,
			struct sk_err *err)
{
	struct bench_variant *v = calloc(1, sizeof(*v));
	struct bench_round *round = v ? bench_variant_round(v) : NULL;
	char *note = NULL;
	bool moved = false;

	if (round && bench_run_here(job, round, refused, &note, NULL,
				    err) >= 0)
		moved = *refused || (round->value[BENCH_BYTES] > 0 &&
				     round->value[BENCH_ERRORS] == 0);
	if (v)
		bench_variant_fini(v);
	free(v);
	free(note);
	return moved;
}

static void run_engine(int engine, int workload)
{
	struct sk_err err = { 0 };
	char *refused = NULL;
	struct bench_job job;
	bool moved = false;

	bench_plan_preset(&job, workload);
	job.socket = BENCH_S_SOCKETPAIR;
	job.engine = engine;
	job.warmup_us = 1000;
	job.time_us = 10000;
	job.interval_us = 5000;
	for (int i = 0; i < 20 && !moved; i++, job.time_us *= 2)
		moved = round_moves(&job, &refused, &err);
	ok(moved, "%s: %s over a socketpair%s%s",
	   bench_engines.choices[engine].name,
	   bench_workloads.choices[workload].name, refused ? ": " : "",
	   refused ? refused : err.text);
	free(refused);
}

/* --- a datagram that is lost --------------------------------------------- */

/* Answers all but every third until nobody asks for a while. */
static void lossy_server(int fd)
{
	struct timeval patience = { 2, 0 };
	struct sk_addr from;
	char buf[256];
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (unsigned i = 1;; i++) {
		from.len = sizeof(from.in);
		n = recvfrom(fd, buf, sizeof(buf), 0, &from.sa, &from.len);
		if (n < 0)
			return;
		if (n > 1 && i % 3 == 0)
			continue;
		if (sendto(fd, buf, (size_t)n, 0, &from.sa, from.len) < 0)
			return;
	}
}

static bool hear(int ctl, struct bench_inbox *in, enum bench_msg_kind kind,
		 struct bench_msg *m)
{
	struct sk_err err = { 0 };

	return bench_msg_recv(ctl, in, sk_now_us() + 30 * SK_SEC, m,
			      &err) >= 0 && m->kind == kind;
}

static void test_lost_requests(void)
{
	struct bench_local local = { .fds = NULL };
	struct bench_inbox in = { NULL, 0, 0 };
	struct bench_job job = bench_job_preset;
	struct sk_addr addr = { .len = sizeof(addr.in) };
	struct sk_err err = { 0 };
	struct bench_msg m;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), ctl = -1;
	pid_t server, client;

	addr.in.sin_family = AF_INET;
	addr.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.in.sin_port = 0;
	if (bind(fd, &addr.sa, addr.len) || sk_addr_local(&addr, fd) < 0)
		return;
	server = fork();
	if (!server) {
		lossy_server(fd);
		_exit(0);
	}
	close(fd);
	job.socket = BENCH_S_UDP;
	job.warmup_us = 0;
	job.time_us = 1000000;
	job.interval_us = 50000;
	client = bench_run_part(&job, &addr, &local, false, &ctl, &err);
	ok(client > 0 && hear(ctl, &in, BENCH_MSG_READY, &m),
	   "lost: the client has been greeted");
	bench_msg_say(ctl, BENCH_MSG_START, &err);
	ok(hear(ctl, &in, BENCH_MSG_RESULT, &m) && m.side.lost > 0 &&
	   m.side.requests > 1 && !m.side.errors,
	   "lost: requests are sent again");
	bench_msg_fini(&m);
	bench_inbox_fini(&in);
	close(ctl);
	waitpid(client, NULL, 0);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* What was counted, and the CPU that was used, before a window is not its. */
static void test_window(void)
{
	struct bench_job job = bench_job_preset;
	struct bench_local local = { .fds = NULL };
	struct sk_err err = { 0 };
	struct bench_part p;
	struct bench_cpu before;
	int ctl[2];

	job.warmup_us = 0;
	job.time_us = 2000;
	job.interval_us = 1000;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ctl) < 0)
		return;
	ok(bench_part_init(&p, &job, &local, ctl[0], true, &err) >= 0,
	   "window: a part");
	p.shared.tallies->requests = 1000;
	p.shared.tallies->bytes_in = p.shared.tallies->lost = 77;
	do {
		bench_cpu_self(&before);
	} while (before.user_ns + before.sys_ns < 300000000);
	bench_part_window(&p);
	is_int(p.side.requests, 0, "window: no request came in it");
	is_int(p.side.bytes_in, 0, "nor a byte");
	is_int(p.side.lost, 0, "nor was one lost");
	ok(p.side.window_ns >= 2000000, "it is as long as it is to be");
	ok(p.side.user_ns + p.side.sys_ns < 150000000,
	   "and its CPU time is its own (%llu ns)",
	   (unsigned long long)(p.side.user_ns + p.side.sys_ns));
	bench_part_fini(&p);
	close(ctl[0]);
	close(ctl[1]);
}

int main(void)
{
	test_window();
	test_lowat();
	test_rest();
	is_receiver(1, 1 << 20, 512 << 10);
	is_receiver(64, 256 << 10, 128 << 10);
	is_receiver(10000, 128 << 10, 64 << 10);
	test_drain(BENCH_R_COPY, true);
	test_drain(BENCH_R_TRUNC, false);
	test_drain(BENCH_R_SPLICE, false);
	test_lost_requests();
	for (int i = 0; i < BENCH_NENGINES; i++) {
		run_engine(i, BENCH_W_RR);
		run_engine(i, BENCH_W_STREAM);
	}
	return tap_done();
}
