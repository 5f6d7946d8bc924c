/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Crossings of axes that make no sense, each with its reason. */
#include "bench/sockets.h"
#include "bench/workload.h"

static bool is_uring(const struct bench_job *job)
{
	return job->engine == BENCH_E_URING ||
	       job->engine == BENCH_E_URING_MULTISHOT;
}

static bool over_ip(const struct bench_job *job)
{
	int family = bench_kind_of(job)->family;

	return family == AF_INET || family == AF_INET6;
}

static bool is_tcp(const struct bench_job *job)
{
	return over_ip(job) && bench_kind_of(job)->listens;
}

static bool idle_dgram(const struct bench_job *job)
{
	return (job->workload == BENCH_W_IDLE ||
		job->workload == BENCH_W_LATENCY ||
		job->workload == BENCH_W_MIX) &&
	       !bench_kind_of(job)->listens &&
	       !bench_kind_of(job)->inherited;
}

static bool no_connections(const struct bench_job *job)
{
	return (job->workload == BENCH_W_CRR ||
		job->workload == BENCH_W_BACKLOG) &&
	       !bench_kind_of(job)->listens;
}

static bool dgram_stream(const struct bench_job *job)
{
	return job->workload == BENCH_W_DGRAM &&
	       (!bench_kind_of(job)->records ||
		job->socket == BENCH_S_ICMP);
}

static bool small_dgram(const struct bench_job *job)
{
	return job->workload == BENCH_W_DGRAM &&
	       bench_dgram_piece(job) < BENCH_DGRAM_MIN;
}

static bool big_record(const struct bench_job *job)
{
	return bench_kind_of(job)->records && over_ip(job) &&
	       (job->request > 65507 || job->response > 65507);
}

static bool icmp_only_rr(const struct bench_job *job)
{
	return job->socket == BENCH_S_ICMP && job->workload != BENCH_W_RR;
}

static bool small_echo(const struct bench_job *job)
{
	return job->socket == BENCH_S_ICMP && job->request < 8;
}

static bool many_blocking(const struct bench_job *job)
{
	return job->engine == BENCH_E_BLOCKING &&
	       job->workload != BENCH_W_CRR &&
	       job->workload != BENCH_W_BACKLOG &&
	       job->connections > job->workers;
}

static bool crr_blocking(const struct bench_job *job)
{
	return job->engine == BENCH_E_BLOCKING &&
	       job->workload == BENCH_W_CRR && job->connections > job->workers;
}

static bool idle_blocking(const struct bench_job *job)
{
	return (job->engine == BENCH_E_BLOCKING ||
		job->engine == BENCH_E_THREADS) &&
	       job->workload == BENCH_W_IDLE;
}

static bool select_many(const struct bench_job *job)
{
	return job->engine == BENCH_E_SELECT &&
	       bench_total(job) / job->workers > 1000;
}

static bool workers_alone(const struct bench_job *job)
{
	return job->pattern == BENCH_P_REUSEPORT && !over_ip(job);
}

static bool pool_dgram(const struct bench_job *job)
{
	return job->pattern == BENCH_P_POOL && bench_kind_of(job)->records &&
	       !bench_kind_of(job)->listens;
}

static bool copy_not_bulk(const struct bench_job *job)
{
	return job->copy != BENCH_C_WRITE && job->workload != BENCH_W_STREAM;
}

static bool copy_records(const struct bench_job *job)
{
	return job->copy != BENCH_C_WRITE && job->copy != BENCH_C_WRITEV &&
	       bench_kind_of(job)->records;
}

static bool copy_uring(const struct bench_job *job)
{
	return is_uring(job) && job->copy != BENCH_C_WRITE &&
	       job->copy != BENCH_C_URING_ZC;
}

static bool zc_without_ring(const struct bench_job *job)
{
	return job->copy == BENCH_C_URING_ZC && !is_uring(job);
}

static bool zc_not_ip(const struct bench_job *job)
{
	return (job->copy == BENCH_C_ZEROCOPY ||
		job->copy == BENCH_C_URING_ZC) && !is_tcp(job);
}

static bool sendfile_pipe(const struct bench_job *job)
{
	return job->copy == BENCH_C_SENDFILE && job->socket == BENCH_S_PIPE;
}

static bool trunc_not_tcp(const struct bench_job *job)
{
	return job->receive == BENCH_R_TRUNC &&
	       (!is_tcp(job) || job->socket == BENCH_S_MPTCP ||
		job->workload != BENCH_W_STREAM);
}

static bool splice_not_bulk(const struct bench_job *job)
{
	return job->receive == BENCH_R_SPLICE &&
	       (bench_kind_of(job)->records ||
		job->workload != BENCH_W_STREAM);
}

static bool drain_uring(const struct bench_job *job)
{
	return job->receive != BENCH_R_COPY && is_uring(job);
}

static bool is_layered(const struct bench_job *job)
{
	return job->stack != BENCH_K_KERNEL || job->tls;
}

static bool layered_engine(const struct bench_job *job)
{
	return is_layered(job) && job->engine != BENCH_E_EPOLL;
}

static bool tls_socket(const struct bench_job *job)
{
	return job->tls && job->socket != BENCH_S_TCP &&
	       (job->stack != BENCH_K_KERNEL || job->socket != BENCH_S_TCP6);
}

static bool stack_socket(const struct bench_job *job)
{
	return job->stack != BENCH_K_KERNEL && job->socket != BENCH_S_TCP &&
	       job->socket != BENCH_S_UDP;
}

static bool tls_backlog(const struct bench_job *job)
{
	return job->tls && job->workload == BENCH_W_BACKLOG;
}

/* Connections come one by one, and the last ones are not taken: no engine has
 * anything to do. */
static bool backlog_engine(const struct bench_job *job)
{
	return job->workload == BENCH_W_BACKLOG && !is_layered(job) &&
	       job->engine != BENCH_E_POLL;
}

static bool layered_ways(const struct bench_job *job)
{
	return is_layered(job) && (job->copy != BENCH_C_WRITE ||
				   job->receive != BENCH_R_COPY ||
				   job->pattern != BENCH_P_SINGLE);
}

static bool stack_elsewhere(const struct bench_job *job)
{
	return job->stack != BENCH_K_KERNEL && !job->one_clock;
}

static bool socket_elsewhere(const struct bench_job *job)
{
	return !job->one_clock &&
	       (!over_ip(job) || job->socket == BENCH_S_ICMP);
}

/* --- options that would change nothing ----------------------------------- */

static bool no_direction(const struct bench_job *job)
{
	return (job->reverse || job->bidir) &&
	       (job->workload == BENCH_W_RR || job->workload == BENCH_W_CRR ||
		job->workload == BENCH_W_IDLE ||
		job->workload == BENCH_W_BACKLOG);
}

static bool no_rate(const struct bench_job *job)
{
	return job->rate && (job->workload == BENCH_W_STREAM ||
			     job->workload == BENCH_W_CRR ||
			     job->workload == BENCH_W_BACKLOG);
}

static bool single_workers(const struct bench_job *job)
{
	return job->pattern == BENCH_P_SINGLE && job->workers > 1;
}

static bool pipe_options(const struct bench_job *job)
{
	return job->socket == BENCH_S_PIPE && *job->set;
}

struct rule {
	bool (*test)(const struct bench_job *job);
	const char *why;
};

/* What there is within one machine only. */
static const struct rule elsewhere[] = {
	{ stack_elsewhere, "our stack is measured within one machine" },
	{ socket_elsewhere, "not over a network, where there are tcp, tcp6, "
			    "mptcp, udp and udp-connected" },
};

static const struct rule rules[] = {
	{ no_direction, "requests go both ways: --reverse and --bidir are for "
			"stream and dgram" },
	{ no_rate, "this goes as fast as it can: --rate is for requests and "
		   "numbered datagrams" },
	{ single_workers, "one worker is what single means: --pattern pool or "
			  "reuseport has more" },
	{ pipe_options, "a pipe has no socket options" },
	{ tls_socket, "TLS is measured over tcp and tcp6; over datagrams "
		      "(DTLS) it is not" },
	{ stack_socket, "our stack is measured over tcp and udp" },
	{ tls_backlog, "TLS begins after the handshakes that backlog is "
		       "about" },
	{ layered_engine, "our stack and TLS run in an epoll loop: "
			  "--engine epoll" },
	{ backlog_engine, "a queue is filled and left alone, by one engine: "
			  "--engine poll" },
	{ layered_ways, "no way into the kernel to choose from: bytes pass "
			"through us" },
	{ no_connections, "this socket has no connections to be made" },
	{ idle_dgram, "datagram sockets have no connections to keep" },
	{ dgram_stream, "numbered datagrams need a socket with boundaries" },
	{ small_dgram, "a numbered datagram has 24 bytes at least" },
	{ icmp_only_rr, "the kernel answers echo requests: rr only" },
	{ small_echo, "an echo request has 8 bytes at least" },
	{ big_record, "a datagram has 65507 bytes at most" },
	{ many_blocking, "blocking calls serve one connection a worker: "
			 "threads serve more" },
	{ crr_blocking, "blocking calls make one connection at a time: "
			"threads make more" },
	{ idle_blocking, "a thread for each connection that is idle" },
	{ select_many, "select takes 1024 descriptors at most" },
	{ workers_alone, "SO_REUSEPORT is of ports: TCP and UDP" },
	{ pool_dgram, "workers would share one socket without connections" },
	{ copy_not_bulk, "ways of copying are for stream" },
	{ copy_records, "this way of copying is for byte streams" },
	{ zc_without_ring, "an operation of io_uring: --engine io_uring" },
	{ copy_uring, "io_uring has no such operation" },
	{ zc_not_ip, "zero copy is of TCP here" },
	{ sendfile_pipe, "sendfile(2) is measured into sockets" },
	{ trunc_not_tcp, "MSG_TRUNC drops streams of TCP only" },
	{ splice_not_bulk, "splice(2) receives byte streams, in stream" },
	{ drain_uring, "ways of receiving are measured without io_uring" },
};

static const char *first_of(const struct rule *v, size_t n,
			    const struct bench_job *job)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].test(job))
			return v[i].why;
	return NULL;
}

const char *bench_job_elsewhere(const struct bench_job *job)
{
	return first_of(elsewhere, sizeof(elsewhere) / sizeof(*elsewhere),
			job);
}

const char *bench_job_nonsense(const struct bench_job *job)
{
	const char *why = bench_job_elsewhere(job);

	return why ? why : first_of(rules, sizeof(rules) / sizeof(*rules),
				    job);
}
