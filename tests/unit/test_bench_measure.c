/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What bench measures with, without a network: jobs and results as they travel,
 * datagrams by their numbers, schedules, what /proc says; and
 * each engine with a server and a client over a socketpair.
 */
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/arrivals.h"
#include "bench/cpu.h"
#include "bench/engine.h"
#include "bench/memory.h"
#include "bench/part.h"
#include "bench/plan.h"
#include "bench/role.h"
#include "bench/run.h"
#include "bench/workload.h"

#include "tap.h"

/* --- datagrams by their numbers ------------------------------------------ */

/* "0 1 2!": numbers in the order they come. */
static struct bench_arrivals play(const uint64_t *seq, size_t n)
{
	struct bench_arrivals a = { .begun = false };

	for (size_t i = 0; i < n; i++)
		bench_arrived(&a, seq[i], i * 1000, i * 1000 + 500);
	return a;
}

#define PLAY(...) \
	play((const uint64_t[]){ __VA_ARGS__ }, \
	     sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static void is_arrivals(struct bench_arrivals a, uint64_t expected,
			uint64_t received, uint64_t dup, uint64_t late,
			const char *name)
{
	ok(bench_expected(&a) == expected && a.received == received &&
	   a.duplicates == dup && a.reordered == late,
	   "%s: %llu of %llu, %llu twice, %llu late", name,
	   (unsigned long long)a.received,
	   (unsigned long long)bench_expected(&a),
	   (unsigned long long)a.duplicates, (unsigned long long)a.reordered);
}

static void test_arrivals(void)
{
	struct bench_arrivals a = { .begun = false };

	ok(bench_expected(&a) == 0, "arrivals: none, none expected");
	is_arrivals(PLAY(0, 1, 2, 3), 4, 4, 0, 0, "in order");
	is_arrivals(PLAY(7, 8, 9), 3, 3, 0, 0, "from the middle");
	is_arrivals(PLAY(0, 1, 4), 5, 3, 0, 0, "two are lost");
	is_arrivals(PLAY(0, 2, 1, 3), 4, 4, 0, 1, "one is late");
	is_arrivals(PLAY(0, 1, 1, 2, 0), 3, 3, 2, 0, "two come twice");
	is_arrivals(PLAY(5, 3, 4, 3), 3, 3, 1, 2, "late ones of before");
	is_arrivals(PLAY(0, 10000, 1), 10001, 3, 0, 1,
		    "late by more than is remembered");
	is_arrivals(PLAY(0, 4096, 8192, 4096), 8193, 4, 0, 1,
		    "the same place in the window");
	is_arrivals(PLAY(0, 4095, 4095), 4096, 2, 1, 0,
		    "at the edge of the window");
	is_arrivals(PLAY(0, 1, 4000, 4097, 4096), 4098, 5, 0, 1,
		    "a place is free again when its number has passed");
	is_arrivals(PLAY(0, UINT64_MAX, 1), 2, 2, 0, 0,
		    "a number of nonsense is passed over");
}

/* RFC 3550 6.4.1, by hand: transits 10, 26, 10 -> J = 1, then 1.9375. */
static void test_jitter(void)
{
	struct bench_arrivals a = { .begun = false };

	bench_arrived(&a, 0, 0, 10);
	ok(a.jitter_ns == 0, "jitter: none with one");
	bench_arrived(&a, 1, 100, 126);
	ok(a.jitter_ns == 1, "jitter: a sixteenth of the difference");
	bench_arrived(&a, 2, 200, 210);
	ok(a.jitter_ns == 1.9375, "jitter: and on");
	bench_arrived(&a, 3, 1000, 1010);
	ok(fabs(a.jitter_ns - 1.81640625) < 1e-9, "jitter: fades");
}

/* --- open loop ----------------------------------------------------------- */

static void test_due(void)
{
	is_int(bench_due(0, 0, 1, 1000), 0, "due: the first at once");
	is_int(bench_due(5, 0, 1, 1000), 5000000, "due: one a millisecond");
	is_int(bench_due(0, 3, 4, 1000), 3000000, "due: connections in turn");
	is_int(bench_due(1, 0, 4, 1000), 4000000, "due: each by its share");
	is_int(bench_due(3, 0, 1, 3), 1000000000, "due: thirds do not drift");
	is_int(bench_due(UINT64_C(4000000000), 0, 1, 1000000000),
	       4000000000ll, "due: far away, without overflow");
}

/* --- travelling ---------------------------------------------------------- */

static struct bench_job strange_job(void)
{
	struct bench_job job = bench_job_preset;

	job.workload = BENCH_W_DGRAM;
	job.socket = BENCH_S_UDP_CONNECTED;
	job.engine = BENCH_E_URING_MULTISHOT;
	job.request = 1399;
	job.connections = 77;
	job.idle = 5;
	job.rate = 123456;
	job.reverse = true;
	job.one_clock = true;
	memcpy(job.set, "so_rcvbuf=1M ip_tos=3", 22);
	return job;
}

static void test_job(void)
{
	struct bench_msg m = { .kind = BENCH_MSG_JOB }, back;
	struct sk_err err = { 0 };
	struct sk_out out;

	m.job = strange_job();
	sk_out_init(&out, -1);
	bench_msg_write(&out, &m);
	is_int(bench_msg_parse(&back, out.buf, out.len, &err), 0,
	       "job: read back");
	is_int(back.kind, BENCH_MSG_JOB, "job: as one");
	is_int(memcmp(&back.job, &m.job, sizeof(m.job)), 0, "job: the same");
	bench_msg_fini(&back);
	sk_out_fini(&out);
}

static void no_job(const char *text, const char *why)
{
	struct sk_err err = { 0 };
	struct bench_msg m;

	is_int(bench_msg_parse(&m, text, strlen(text), &err), -EPROTO, why);
	is_str(err.text, why, "said");
	bench_msg_fini(&m);
}

static void test_bad_messages(void)
{
	no_job("JOB\nengine nope\n\n",
	       "unknown engine nope (blocking, threads, select, poll, epoll, "
	       "epoll-et, io_uring, io_uring-multishot, spin)");
	no_job("JOB\nconnections 0\n\n", "connections is to be 1 to 1000000");
	no_job("JOB\nrequest 67108865\n\n", "request is to be 1 to 67108864");
	no_job("JOB\nreverse 2\n\n", "reverse is to be 0 to 1");
	no_job("JOB\nsecret x\n\n",
	       "a job with 'secret', which is not known here");
	no_job("JOB\nset \x1b[2J\n\n", "set: a control character");
	no_job("GET / HTTP/1.1\n\n", "not a message of sockkit bench");
	no_job("START\nx\n\n", "a line without value");
	no_job("START\n", "a broken message");
	no_job("READY\naddr example.com:80\n\n", "a broken address");
	no_job("RESULT\nhist service 1 5 5 5 25 3:2\n\n",
	       "a result with a broken histogram");
	no_job("RESULT\nhist service 1 5 5 5 25 99999:1\n\n",
	       "a result with a broken histogram");
	no_job("RESULT\nhist nosuch 0 5 5 5 25\n\n",
	       "a result with a broken histogram");
	no_job("RESULT\npoint 1 2\n\n", "a result with a broken series");
	no_job("RESULT\nrequests x\n\n", "a result with a broken requests");
}

static void test_address(void)
{
	static const char *const addrs[] = { "127.0.0.1:80", "[::1]:9",
					     "unix:@sockkit-x" };
	char text[200], again[SK_ADDR_TEXT_MAX];
	struct sk_err err = { 0 };
	struct bench_msg m;

	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "READY\naddr %s\n\n", addrs[i]);
		is_int(bench_msg_parse(&m, text, strlen(text), &err), 0,
		       "address: read");
		is_str(sk_addr_format(again, &m.addr), addrs[i],
		       "address: the same");
		bench_msg_fini(&m);
	}
}

static void test_side(void)
{
	struct bench_msg m = { .kind = BENCH_MSG_RESULT }, back;
	struct bench_side *s = &m.side;
	struct bench_hist h;
	struct sk_err err = { 0 };
	struct sk_out out;

	bench_hist_init(&h);
	for (uint64_t v = 1; v < 1000000; v = v * 5 / 4 + 1)
		bench_hist_add(&h, v);
	s->hist[BENCH_HIST_RESPONSE] = &h;
	s->requests = UINT64_MAX;
	s->points = &(struct bench_point){ 1, 2, 3 };
	s->n_points = 1;
	memcpy(s->note, "a note", 7);
	sk_out_init(&out, -1);
	bench_msg_write(&out, &m);
	is_int(bench_msg_parse(&back, out.buf, out.len, &err), 0,
	       "result: read back");
	ok(back.side.requests == UINT64_MAX, "result: a large number");
	is_str(back.side.note, "a note", "result: its note");
	ok(back.side.hist[BENCH_HIST_RESPONSE] &&
	   !memcmp(back.side.hist[BENCH_HIST_RESPONSE], &h, sizeof(h)),
	   "result: the histogram, bit for bit");
	ok(back.side.n_points == 1 && back.side.points[0].requests == 3,
	   "result: the series");
	bench_msg_fini(&back);
	sk_out_fini(&out);
}

/* Pieces of any size; two messages at once; the end. */
static void test_inbox(void)
{
	static const char text[] = "START\n\nREADY\naddr [::1]:7\n\nSTO";
	struct bench_inbox in = { NULL, 0, 0 };
	struct sk_err err = { 0 };
	struct bench_msg m;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		return;
	ok(write(sv[0], text, sizeof(text) - 1) > 0, "inbox: sent");
	is_int(bench_msg_recv(sv[1], &in, SK_NEVER, &m, &err), 0, "one");
	is_int(m.kind, BENCH_MSG_START, "is START");
	is_int(bench_msg_recv(sv[1], &in, SK_NEVER, &m, &err), 0, "another");
	is_int(sk_addr_port(&m.addr), 7, "is READY");
	is_int(bench_msg_recv(sv[1], &in, sk_now_us(), &m, &err), -ETIMEDOUT,
	       "the third is not whole");
	close(sv[0]);
	is_int(bench_msg_recv(sv[1], &in, SK_NEVER, &m, &err), -ECONNRESET,
	       "and will never be");
	bench_inbox_fini(&in);
	close(sv[1]);
}

/* --- /proc --------------------------------------------------------------- */

static void test_proc(void)
{
	char slabs[] = "slabinfo - version: 2.1\n# name\n"
		       "TCP 10 13 2368 13 8 : tunables\n"
		       "filp 100 120 192 21 1 :\nnot_ours 5 5 5\n";
	struct bench_machine m;

	is_int(bench_cpu_parse(&m, "cpu  10 2 30 400 5 6 7 8 0 0\n", 100), 0,
	       "stat: read");
	is_int(m.busy_ns, 550000000, "stat: user nice system irq softirq");
	is_int(m.softirq_ns, 70000000, "stat: softirq");
	is_int(m.steal_ns, 80000000, "stat: steal");
	is_int(bench_cpu_parse(&m, "cpu 1 2\n", 100), -EINVAL,
	       "stat: too short");
	is_int(bench_memory_find("MemFree: 1 kB\nSlab:   20 kB\n", "Slab"),
	       20480, "meminfo: a row");
	is_int(bench_memory_find("SlabX: 3 kB\n", "Slab"), 0,
	       "meminfo: a row of another name");
	is_int(bench_memory_slabs(slabs), 10 * 2368 + 100 * 192,
	       "slabinfo: those of sockets");
}

static void *wait_for_end(void *fd)
{
	char c;

	while (read(*(int *)fd, &c, 1) > 0)
		;
	return NULL;
}

static void test_threads(void)
{
	pthread_t t;
	int fd[2];

	if (pipe(fd) || pthread_create(&t, NULL, wait_for_end, &fd[0]))
		abort();
	is_int(bench_cpu_threads(), 2, "threads: this one and another");
	pthread_setname_np(t, "iou-wrk-7");
	is_int(bench_cpu_threads(), 1, "threads: not those of the kernel");
	close(fd[1]);
	pthread_join(t, NULL);
	close(fd[0]);
}

/* --- sleepers ------------------------------------------------------------ */

static void test_sleepers(void)
{
	static const uint64_t when[] = { 50, 10, 40, 30, 10, 20 };
	struct bench_sleepers s = { NULL, 0, 0 };
	struct bench_flow *flows = calloc(6, sizeof(*flows));
	uint64_t last = 0;
	bool sorted = true;

	for (size_t i = 0; flows && i < 6; i++) {
		flows[i].op.until_ns = when[i];
		bench_sleepers_add(&s, &flows[i]);
	}
	ok(!bench_sleepers_due(&s, 9), "sleepers: none is due yet");
	for (size_t i = 0; i < 6; i++) {
		struct bench_flow *f = bench_sleepers_due(&s, 50);

		sorted = sorted && f && f->op.until_ns >= last;
		last = f ? f->op.until_ns : last;
	}
	ok(sorted && last == 50, "sleepers: in the order of their times");
	ok(bench_sleepers_left(&s) == UINT64_MAX, "sleepers: nobody is left");
	free(s.heap);
	free(flows);
}

/* --- turns --------------------------------------------------------------- */

static void test_turns(void)
{
	struct bench_turns t = { .first = NULL };
	struct bench_flow *f = calloc(3, sizeof(*f));

	if (!f)
		return;
	ok(!bench_turns_next(&t), "turns: nobody's");
	bench_turns_add(&t, &f[0]);
	bench_turns_add(&t, &f[1]);
	bench_turns_add(&t, &f[0]);
	bench_turns_add(&t, &f[2]);
	ok(bench_turns_next(&t) == &f[0], "turns: who came first");
	bench_turns_add(&t, &f[0]);
	ok(bench_turns_next(&t) == &f[1], "turns: then the second");
	ok(bench_turns_next(&t) == &f[2], "turns: then the third");
	ok(bench_turns_next(&t) == &f[0], "turns: and the first once more");
	ok(!bench_turns_next(&t), "turns: once only");
	free(f);
}

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
	test_arrivals();
	test_jitter();
	test_due();
	test_job();
	test_bad_messages();
	test_address();
	test_side();
	test_inbox();
	test_proc();
	test_threads();
	test_sleepers();
	test_turns();
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
