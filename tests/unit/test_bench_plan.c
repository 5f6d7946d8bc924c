/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans: what is crossed, what makes no sense, what is a usage error. */
#include <stdlib.h>

#include "bench/plan.h"
#include "bench/workload.h"

#include "tap.h"

static int plan_of(struct bench_plan *plan, int workload,
		   const struct bench_axes *axes, struct sk_err *err)
{
	struct bench_job job;

	bench_plan_preset(&job, workload);
	return bench_plan_make(plan, &job, axes, err);
}

static void test_crossing(void)
{
	static const char *const set[] = { "tcp_nodelay=0,1" };
	const struct bench_axes axes = {
		.socket = "tcp,unix-stream", .engine = "poll,epoll",
		.size = "64,1K:2K", .set = set, .n_set = 1,
	};
	struct sk_err err = { 0 };
	struct bench_plan plan;

	is_int(plan_of(&plan, BENCH_W_RR, &axes, &err), 0, "plan: made");
	is_int(plan.n, 16, "plan: 2 x 2 x 2 x 2");
	is_int(plan.v[0].job.engine, BENCH_E_POLL, "plan: the first engine");
	is_int(plan.v[3].job.request, 1024, "plan: the second size");
	is_int(plan.v[3].job.response, 2048, "plan: of the response");
	is_str(plan.v[3].job.set, "tcp_nodelay=1", "plan: the second option");
	is_str(plan.v[15].settings[0].value, "unix-stream",
	       "plan: settings as they were written");
	is_int(plan.v[15].n_settings, 4, "plan: one for each axis");
	bench_plan_fini(&plan);
}

static void test_nonsense(void)
{
	const struct bench_axes axes = { .copy = "write,sendfile,uring-zc",
					 .socket = "tcp,udp" };
	struct sk_err err = { 0 };
	struct bench_plan plan;

	is_int(plan_of(&plan, BENCH_W_STREAM, &axes, &err), 0, "plan: made");
	ok(!plan.v[0].refused, "tcp, write: measured");
	ok(!plan.v[1].refused, "tcp, sendfile: measured");
	is_str(plan.v[2].refused,
	       "an operation of io_uring: --engine io_uring",
	       "tcp, uring-zc, blocking: not");
	ok(!plan.v[3].refused, "udp, write: measured");
	is_int(plan.v[3].job.request, 1400, "udp: what fits into a packet");
	is_str(plan.v[4].refused, "this way of copying is for byte streams",
	       "udp, sendfile: not");
	bench_plan_fini(&plan);
}

/* Nobody chose an engine: beside a stack, whose engine is another, the kernel's
 * queue has its own. */
static void test_rests(void)
{
	struct bench_axes axes = { .engine = "blocking,epoll" };
	struct sk_err err = { 0 };
	struct bench_plan plan;
	struct bench_job job;

	bench_plan_preset(&job, BENCH_W_DGRAM);
	job.socket = BENCH_S_UDP;
	is_int(bench_plan_make(&plan, &job, &axes, &err), 0, "rests: made");
	ok(bench_dgram_rest(&plan.v[0].job) && bench_dgram_rest(&plan.v[1].job),
	   "rests: both do");
	bench_plan_fini(&plan);
	axes.engine = "blocking,io_uring";
	is_int(bench_plan_make(&plan, &job, &axes, &err), 0, "rests: made");
	ok(!bench_dgram_rest(&plan.v[0].job),
	   "rests: not beside one that cannot");
	bench_plan_fini(&plan);
	job.socket = BENCH_S_UNIX_DGRAM;
	axes.socket = "udp,unix-dgram";
	axes.engine = "blocking";
	is_int(bench_plan_make(&plan, &job, &axes, &err), 0, "rests: made");
	ok(bench_dgram_rest(&plan.v[0].job) > 0,
	   "rests: beside one whose queue stops the sender");
	bench_plan_fini(&plan);
}

static void test_queues(void)
{
	const struct bench_axes axes = { .stack = "kernel,pair" };
	struct sk_err err = { 0 };
	struct bench_plan plan;
	struct bench_job job;

	bench_plan_preset(&job, BENCH_W_BACKLOG);
	is_int(job.engine, BENCH_E_POLL, "backlog: poll");
	job.engine = BENCH_E_EPOLL;
	is_int(bench_plan_make(&plan, &job, &axes, &err), 0, "plan: made");
	is_int(plan.v[0].job.engine, BENCH_E_POLL, "backlog: so it is here");
	is_int(plan.v[1].job.engine, BENCH_E_EPOLL, "backlog: not in pair");
	ok(!plan.v[0].refused && !plan.v[1].refused, "backlog: both measured");
	bench_plan_fini(&plan);
}

static void bad_plan(int workload, const struct bench_axes *axes,
		     const char *want)
{
	struct sk_err err = { 0 };
	struct bench_plan plan;

	is_int(plan_of(&plan, workload, axes, &err), -EINVAL, want);
	is_str(err.text, want, "said");
	is_int(err.status, 2, "a usage error");
	bench_plan_fini(&plan);
}

#define BAD_OF(workload, want, ...) \
	bad_plan(workload, &(struct bench_axes){ __VA_ARGS__ }, want)
#define BAD(want, ...) BAD_OF(BENCH_W_RR, want, __VA_ARGS__)

static void test_bad_plans(void)
{
	static const char *const set[] = { "tcp_nodelai=1", "tcp_nodelay" };

	BAD("unknown engine epol: did you mean epoll?", .engine = "epol");
	BAD("unknown pattern zzz (single, pool, reuseport)", .pattern = "zzz");
	BAD("--engine: an empty value", .engine = "poll,,epoll");
	BAD("--connections 0: at least 1", .connections = "0");
	BAD("--connections -1: not a number", .connections = "-1");
	BAD("--connections 1000001: 1000000 at most",
	    .connections = "1000001");
	BAD("--size 0: at least one byte", .size = "0");
	BAD("--size 1G: 64 MiB at most", .size = "1G");
	BAD("--size x: not a size", .size = "64:x");
	BAD_OF(BENCH_W_STREAM, "--size 1K:2K: nothing is answered here: one "
	       "size", .size = "1K:2K");
	BAD_OF(BENCH_W_DGRAM, "--size 1K:2K: nothing is answered here: one "
	       "size", .size = "1K:2K");
	BAD("--workers 257: 256 at most", .workers = "257");
	BAD("sockopt tcp_nodelai: no such option, did you mean tcp_nodelay?",
	    .set = set, .n_set = 1);
	BAD("--set takes NAME=VALUE,VALUE…", .set = set + 1, .n_set = 1);
}

/* --- what makes no sense, rule by rule ----------------------------------- */

/* The job of a workload, with what makes it senseless. */
#define CASE(text, id, ...) { text, BENCH_W_##id, { __VA_ARGS__ } }
#define FIELDS 5

enum field { END, SOCKET, ENGINE, PATTERN, WORKERS, COPY, RECEIVE, STACK, TLS,
	     REVERSE, BIDIR, RATE, SET, FAR, SIZE, RESPONSE, CONNECTIONS,
	     SILENT };

struct one {
	enum field field;
	uint64_t value;
};

static const struct {
	const char *want;	/* how the reason begins; NULL: none */
	int workload;
	struct one with[FIELDS];
} cases[] = {
	CASE(NULL, RR, { END, 0 }),
	CASE("requests go both ways", RR, { REVERSE, 1 }),
	CASE("requests go both ways", CRR, { BIDIR, 1 }),
	CASE("requests go both ways", IDLE, { BIDIR, 1 }),
	CASE("requests go both ways", BACKLOG, { REVERSE, 1 }),
	CASE(NULL, LATENCY, { REVERSE, 1 }, { ENGINE, BENCH_E_EPOLL }),
	CASE(NULL, MIX, { BIDIR, 1 }, { ENGINE, BENCH_E_EPOLL }),
	CASE(NULL, STREAM, { BIDIR, 1 }),
	CASE(NULL, DGRAM, { REVERSE, 1 }),
	CASE("this goes as fast as it can", STREAM, { RATE, 10 }),
	CASE("this goes as fast as it can", CRR, { RATE, 10 }),
	CASE("this goes as fast as it can", BACKLOG, { RATE, 10 }),
	CASE(NULL, IDLE, { RATE, 10 }),
	CASE(NULL, DGRAM, { RATE, 10 }),
	CASE("one worker is what single means", RR, { WORKERS, 2 }),
	CASE(NULL, RR, { WORKERS, 2 }, { PATTERN, BENCH_P_POOL }),
	CASE("a pipe has no socket options", RR, { SET, 1 },
	     { SOCKET, BENCH_S_PIPE }),
	CASE(NULL, RR, { SET, 1 }, { SOCKET, BENCH_S_SOCKETPAIR }),
	CASE("TLS is measured over tcp and tcp6", RR, { TLS, 1 },
	     { ENGINE, BENCH_E_EPOLL }, { SOCKET, BENCH_S_UDP }),
	CASE("TLS is measured over tcp and tcp6", RR, { TLS, 1 },
	     { ENGINE, BENCH_E_EPOLL }, { SOCKET, BENCH_S_MPTCP }),
	CASE("TLS is measured over tcp and tcp6", RR, { TLS, 1 },
	     { ENGINE, BENCH_E_EPOLL }, { SOCKET, BENCH_S_TCP6 },
	     { STACK, BENCH_K_PAIR }),
	CASE(NULL, RR, { TLS, 1 }, { ENGINE, BENCH_E_EPOLL },
	     { SOCKET, BENCH_S_TCP6 }),
	CASE("our stack is measured over tcp and udp", RR,
	     { STACK, BENCH_K_PAIR }, { ENGINE, BENCH_E_EPOLL },
	     { SOCKET, BENCH_S_TCP6 }),
	CASE("our stack is measured over tcp and udp", STREAM,
	     { STACK, BENCH_K_TAP }, { ENGINE, BENCH_E_EPOLL },
	     { SOCKET, BENCH_S_UNIX_STREAM }),
	CASE(NULL, RR, { STACK, BENCH_K_WIRE }, { ENGINE, BENCH_E_EPOLL },
	     { SOCKET, BENCH_S_UDP }),
	CASE("TLS begins after the handshakes", BACKLOG, { TLS, 1 },
	     { ENGINE, BENCH_E_EPOLL }),
	CASE("our stack and TLS run in an epoll loop", RR, { TLS, 1 },
	     { ENGINE, BENCH_E_POLL }),
	CASE("our stack and TLS run in an epoll loop", RR,
	     { STACK, BENCH_K_PAIR }, { ENGINE, BENCH_E_URING }),
	CASE(NULL, BACKLOG, { END, 0 }),
	CASE("a queue is filled and left alone", BACKLOG,
	     { ENGINE, BENCH_E_BLOCKING }),
	CASE("a queue is filled and left alone", BACKLOG,
	     { ENGINE, BENCH_E_EPOLL }),
	CASE(NULL, BACKLOG, { ENGINE, BENCH_E_EPOLL },
	     { STACK, BENCH_K_PAIR }),
	CASE("no way into the kernel", STREAM, { TLS, 1 },
	     { ENGINE, BENCH_E_EPOLL }, { COPY, BENCH_C_SPLICE }),
	CASE("no way into the kernel", STREAM, { TLS, 1 },
	     { ENGINE, BENCH_E_EPOLL }, { RECEIVE, BENCH_R_TRUNC }),
	CASE("no way into the kernel", RR, { TLS, 1 },
	     { ENGINE, BENCH_E_EPOLL }, { PATTERN, BENCH_P_POOL }),
	CASE("our stack is measured within one machine", RR, { FAR, 1 },
	     { STACK, BENCH_K_PAIR }, { ENGINE, BENCH_E_EPOLL }),
	CASE("not over a network", RR, { FAR, 1 },
	     { SOCKET, BENCH_S_UNIX_STREAM }),
	CASE("not over a network", RR, { FAR, 1 }, { SOCKET, BENCH_S_PIPE }),
	CASE("not over a network", RR, { FAR, 1 }, { SOCKET, BENCH_S_ICMP }),
	CASE(NULL, RR, { FAR, 1 }, { SOCKET, BENCH_S_MPTCP }),
	CASE(NULL, RR, { FAR, 1 }, { SOCKET, BENCH_S_UDP_CONNECTED }),
	CASE("this socket has no connections to be made", CRR,
	     { SOCKET, BENCH_S_UNIX_DGRAM }),
	CASE("this socket has no connections to be made", BACKLOG,
	     { SOCKET, BENCH_S_SOCKETPAIR }),
	CASE("datagram sockets have no connections to keep", IDLE,
	     { SOCKET, BENCH_S_UDP }),
	CASE("datagram sockets have no connections to keep", LATENCY,
	     { SOCKET, BENCH_S_UNIX_DGRAM }, { ENGINE, BENCH_E_EPOLL }),
	CASE("datagram sockets have no connections to keep", MIX,
	     { SOCKET, BENCH_S_UDP }, { ENGINE, BENCH_E_EPOLL }),
	CASE("numbered datagrams need", DGRAM, { SOCKET, BENCH_S_TCP }),
	CASE("numbered datagrams need", DGRAM, { SOCKET, BENCH_S_ICMP }),
	CASE("a numbered datagram has 24 bytes", DGRAM, { SIZE, 23 }),
	CASE(NULL, DGRAM, { SIZE, 24 }),
	CASE("the kernel answers echo requests: rr only", STREAM,
	     { SOCKET, BENCH_S_ICMP }),
	CASE("an echo request has 8 bytes", RR, { SOCKET, BENCH_S_ICMP },
	     { SIZE, 7 }),
	CASE(NULL, RR, { SOCKET, BENCH_S_ICMP }, { SIZE, 8 }),
	CASE("a datagram has 65507 bytes at most", RR,
	     { SOCKET, BENCH_S_UDP }, { SIZE, 65508 }),
	CASE("a datagram has 65507 bytes at most", RR,
	     { SOCKET, BENCH_S_UDP }, { RESPONSE, 65508 }),
	CASE(NULL, RR, { SOCKET, BENCH_S_UDP }, { SIZE, 65507 }),
	CASE("blocking calls serve one connection", RR, { CONNECTIONS, 2 }),
	CASE("blocking calls make one connection", CRR, { CONNECTIONS, 2 }),
	CASE(NULL, RR, { CONNECTIONS, 2 }, { WORKERS, 2 },
	     { PATTERN, BENCH_P_POOL }),
	CASE("a thread for each connection that is idle", IDLE,
	     { ENGINE, BENCH_E_THREADS }),
	CASE("a thread for each connection that is idle", IDLE,
	     { ENGINE, BENCH_E_BLOCKING }),
	CASE("select takes 1024 descriptors", IDLE,
	     { ENGINE, BENCH_E_SELECT }, { SILENT, 1000 }),
	CASE(NULL, IDLE, { ENGINE, BENCH_E_SELECT }, { SILENT, 999 }),
	CASE("SO_REUSEPORT is of ports", RR, { PATTERN, BENCH_P_REUSEPORT },
	     { SOCKET, BENCH_S_UNIX_STREAM }),
	CASE("workers would share one socket", RR, { PATTERN, BENCH_P_POOL },
	     { SOCKET, BENCH_S_UDP }),
	CASE("ways of copying are for stream", RR,
	     { COPY, BENCH_C_WRITEV }),
	CASE("this way of copying is for byte streams", STREAM,
	     { COPY, BENCH_C_SENDFILE }, { SOCKET, BENCH_S_UDP },
	     { SIZE, 1400 }),
	CASE("an operation of io_uring", STREAM,
	     { COPY, BENCH_C_URING_ZC }),
	CASE("io_uring has no such operation", STREAM,
	     { COPY, BENCH_C_SPLICE }, { ENGINE, BENCH_E_URING }),
	CASE("io_uring has no such operation", STREAM,
	     { COPY, BENCH_C_ZEROCOPY }, { ENGINE, BENCH_E_URING_MULTISHOT }),
	CASE("zero copy is of TCP here", STREAM, { COPY, BENCH_C_ZEROCOPY },
	     { SOCKET, BENCH_S_UNIX_STREAM }),
	CASE("zero copy is of TCP here", STREAM, { COPY, BENCH_C_URING_ZC },
	     { SOCKET, BENCH_S_UNIX_STREAM }, { ENGINE, BENCH_E_URING }),
	CASE("sendfile(2) is measured into sockets", STREAM,
	     { COPY, BENCH_C_SENDFILE }, { SOCKET, BENCH_S_PIPE }),
	CASE("MSG_TRUNC drops streams of TCP", STREAM,
	     { RECEIVE, BENCH_R_TRUNC }, { SOCKET, BENCH_S_PIPE }),
	CASE("MSG_TRUNC drops streams of TCP", STREAM,
	     { RECEIVE, BENCH_R_TRUNC }, { SOCKET, BENCH_S_MPTCP }),
	CASE("MSG_TRUNC drops streams of TCP", RR,
	     { RECEIVE, BENCH_R_TRUNC }),
	CASE("splice(2) receives byte streams", STREAM,
	     { RECEIVE, BENCH_R_SPLICE }, { SOCKET, BENCH_S_UDP },
	     { SIZE, 1400 }),
	CASE("splice(2) receives byte streams", RR,
	     { RECEIVE, BENCH_R_SPLICE }),
	CASE("ways of receiving are measured without io_uring", STREAM,
	     { RECEIVE, BENCH_R_SPLICE }, { ENGINE, BENCH_E_URING }),
};

static void put(struct bench_job *job, const struct one *one)
{
	int value = (int)one->value;

	switch (one->field) {
	case END: break;
	case SOCKET: job->socket = value; break;
	case ENGINE: job->engine = value; break;
	case PATTERN: job->pattern = value; break;
	case WORKERS: job->workers = one->value; break;
	case COPY: job->copy = value; break;
	case RECEIVE: job->receive = value; break;
	case STACK: job->stack = value; break;
	case TLS: job->tls = true; break;
	case REVERSE: job->reverse = true; break;
	case BIDIR: job->bidir = true; break;
	case RATE: job->rate = one->value; break;
	case SET: memcpy(job->set, "so_sndbuf=4096", 15); break;
	case FAR: job->one_clock = false; break;
	case SIZE: job->request = one->value; break;
	case RESPONSE: job->response = one->value; break;
	case CONNECTIONS: job->connections = one->value; break;
	case SILENT: job->idle = one->value; break;
	}
}

static void test_rules(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *want = cases[i].want, *got;
		struct bench_job job;

		bench_plan_preset(&job, cases[i].workload);
		if (job.workload == BENCH_W_BACKLOG)
			job.connections = 1;
		for (size_t k = 0; k < FIELDS; k++)
			put(&job, &cases[i].with[k]);
		got = bench_job_nonsense(&job);
		ok(want ? got && !strncmp(got, want, strlen(want)) : !got,
		   "%s, case %zu: %s", bench_workloads.choices
		   [job.workload].name, i, got ? got : "makes sense");
	}
}

/* --- what is known before anything is measured ---------------------------- */

static const char *elsewhere(const char *socket, const char *stack)
{
	const struct bench_axes axes = { .socket = socket, .stack = stack };
	struct sk_err err = { 0 };
	struct bench_plan plan;
	struct bench_job job;
	const char *why;

	bench_plan_preset(&job, BENCH_W_RR);
	job.engine = BENCH_E_EPOLL;
	job.one_clock = false;
	is_int(bench_plan_make(&plan, &job, &axes, &err), 0, "far plan: made");
	why = bench_plan_elsewhere(&plan);
	bench_plan_fini(&plan);
	return why ? why : "some of it";
}

static void test_elsewhere(void)
{
	is_str(elsewhere("tcp", NULL), "some of it", "elsewhere: tcp");
	is_str(elsewhere("tcp,pipe", NULL), "some of it",
	       "elsewhere: tcp, not pipes");
	ok(strstr(elsewhere("unix-stream,pipe", NULL), "not over a network"),
	   "elsewhere: neither unix sockets nor pipes");
	ok(strstr(elsewhere(NULL, "pair,tap"), "within one machine"),
	   "elsewhere: no stack of ours");
	is_str(elsewhere(NULL, "pair,kernel"), "some of it",
	       "elsewhere: the kernel's");
}

static void test_workers(void)
{
	const struct bench_axes axes = { .pattern = "pool,single",
					 .engine = "epoll" };
	const struct bench_axes given = { .pattern = "pool", .workers = "3" };
	struct sk_err err = { 0 };
	struct bench_plan plan;
	struct bench_job job;

	bench_plan_preset(&job, BENCH_W_RR);
	job.workers = 7;
	is_int(bench_plan_make(&plan, &job, &axes, &err), 0, "workers: made");
	is_int(plan.v[0].job.workers, 7, "workers: as many as the base has");
	is_str(plan.v[0].settings[2].axis, "workers", "workers: is a setting");
	is_str(plan.v[0].settings[2].value, "7", "workers: and its value");
	is_int(plan.v[1].job.workers, 1, "workers: single has one");
	bench_plan_fini(&plan);
	is_int(bench_plan_make(&plan, &job, &given, &err), 0, "workers: made");
	is_int(plan.v[0].job.workers, 3, "workers: as many as were asked for");
	is_int(plan.v[0].n_settings, 2, "workers: told once");
	bench_plan_fini(&plan);
}

static void test_measures(void)
{
	static const struct {
		int workload;
		bool rate;
		enum bench_metric metric;
		bool has;
	} rows[] = {
		{ BENCH_W_RR, false, BENCH_P50_NS, true },
		{ BENCH_W_RR, false, BENCH_CPU_STEAL, true },
		{ BENCH_W_RR, false, BENCH_CONNECTS_PER_S, false },
		{ BENCH_W_RR, false, BENCH_RESPONSE_P99_NS, false },
		{ BENCH_W_RR, true, BENCH_RESPONSE_P99_NS, true },
		{ BENCH_W_CRR, true, BENCH_RESPONSE_P99_NS, false },
		{ BENCH_W_CRR, false, BENCH_CONNECTS_PER_S, true },
		{ BENCH_W_STREAM, false, BENCH_P99_NS, false },
		{ BENCH_W_STREAM, false, BENCH_DATAGRAMS_PER_S, true },
		{ BENCH_W_DGRAM, false, BENCH_JITTER_NS, true },
		{ BENCH_W_IDLE, false, BENCH_USER_PER_CONNECTION, true },
		{ BENCH_W_BACKLOG, false, BENCH_USER_PER_CONNECTION, false },
		{ BENCH_W_BACKLOG, false, BENCH_REFUSED, true },
		{ BENCH_W_BACKLOG, false, BENCH_BYTES_PER_S, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(bench_plan_measures(rows[i].workload, rows[i].rate,
				       rows[i].metric) == rows[i].has,
		   "%s %s %s%s", bench_workloads.choices
		   [rows[i].workload].name, rows[i].has ? "has" : "has no",
		   bench_metrics[rows[i].metric].name,
		   rows[i].rate ? ", with --rate" : "");
	/* What verdicts are about is measured. */
	for (int w = 0; w < BENCH_NWORKLOADS; w++)
		ok(bench_plan_measures(w, false, bench_plan_primary(w)),
		   "%s has its own figure", bench_workloads.choices[w].name);
}

int main(void)
{
	test_crossing();
	test_nonsense();
	test_rests();
	test_queues();
	test_bad_plans();
	test_rules();
	test_elsewhere();
	test_workers();
	test_measures();
	return tap_done();
}
