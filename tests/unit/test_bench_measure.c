/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What bench measures with, without a network: jobs and results as they travel,
 * datagrams by their numbers, schedules, what /proc says.
 */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/arrivals.h"
#include "bench/cpu.h"
#include "bench/engine.h"
#include "bench/memory.h"
#include "bench/role.h"
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

int main(void)
{
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
	return tap_done();
}
