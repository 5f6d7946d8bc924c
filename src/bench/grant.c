/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/limits.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

/* Buffers that a job may make the server keep, in all. */
#define MEMORY_MAX (UINT64_C(2) << 30)
/* Without limits from the command line. */
#define TIME_MOST (UINT64_C(3600) * 1000000)
#define CONNECTIONS_MOST 100000

/* Sockets that reach another machine and need a server there. */
static bool is_remote(int socket)
{
	return socket == BENCH_S_TCP || socket == BENCH_S_TCP6 ||
	       socket == BENCH_S_MPTCP || socket == BENCH_S_UDP ||
	       socket == BENCH_S_UDP_CONNECTED;
}

/*
 * Options that change how bytes travel, and nothing that a server would have
 * to be root for: no marks, no devices, no filters, no keys.
 */
static const char *const options[] = {
	"tcp_nodelay", "tcp_cork", "tcp_quickack", "tcp_congestion",
	"tcp_maxseg", "tcp_notsent_lowat", "tcp_window_clamp",
	"tcp_defer_accept", "tcp_fastopen", "tcp_thin_linear_timeouts",
	"so_sndbuf", "so_rcvbuf", "so_rcvlowat", "so_keepalive",
	"so_max_pacing_rate", "so_incoming_cpu", "so_txtime", "so_timestamp",
	"ip_tos", "ipv6_tclass", "udp_segment", "udp_gro", "ip_mtu_discover",
	"ipv6_mtu_discover",
};

/* One of job->set, up to its '=': is it in the list? */
static bool is_option(const char *one, size_t len)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (strlen(options[i]) == len &&
		    !strncmp(options[i], one, len))
			return true;
	return false;
}

static int check_options(const char *set, struct sk_err *err)
{
	char shown[64];

	while (*(set += strspn(set, " "))) {
		size_t all = strcspn(set, " "), len = strcspn(set, " =");

		if (!is_option(set, len))
			return sk_fail(err, -EPERM,
				       "%s: not an option that a server sets "
				       "for others",
				       sk_escape(shown, sizeof(shown), set,
						 len));
		set += all;
	}
	return 0;
}

static int check_time(const struct bench_job *job, const struct bench_limits *l,
		      struct sk_err *err)
{
	uint64_t most = l->time_us ? l->time_us : TIME_MOST;
	char asked[SK_UNITS_MAX], limit[SK_UNITS_MAX];

	if (job->warmup_us + job->time_us <= most)
		return 0;
	return sk_fail(err, -EDQUOT,
		       "a test of %s: the server's limit is %s (--max-time)",
		       sk_format_duration(asked,
					  job->warmup_us + job->time_us),
		       sk_format_duration(limit, most));
}

static int check_connections(const struct bench_job *job,
			     const struct bench_limits *l, struct sk_err *err)
{
	uint64_t most = l->connections ? l->connections : CONNECTIONS_MOST;
	uint64_t n = job->connections + job->idle;
	uint64_t each = job->request > job->response ? job->request :
						       job->response;

	if (n > most || job->workers > most)
		return sk_fail(err, -EDQUOT,
			       "%" PRIu64 " connections: the server's limit is "
			       "%" PRIu64 " (--max-connections)", n, most);
	if (job->connections > MEMORY_MAX / each)
		return sk_fail(err, -EDQUOT, "the buffers of such a test are "
					     "more than a server keeps");
	return 0;
}

/* Streams have no rate, whatever runs beside them. */
static bool has_rate(const struct bench_job *job)
{
	return job->rate && (job->workload == BENCH_W_RR ||
			     job->workload == BENCH_W_IDLE ||
			     job->workload == BENCH_W_DGRAM);
}

/* Bytes per request, both ways. */
static int check_rate(const struct bench_job *job, const struct bench_limits *l,
		      struct sk_err *err)
{
	char limit[SK_UNITS_MAX];
	uint64_t each = job->request + job->response;

	if (!l->rate || (has_rate(job) && job->rate <= l->rate / each))
		return 0;
	return sk_fail(err, -EDQUOT,
		       "%s: the server's limit is %s/s (--max-rate)",
		       has_rate(job) ? "this rate is too high" :
				   "a test without --rate",
		       sk_format_size(limit, l->rate));
}

int bench_grant(const struct bench_job *job, const struct bench_limits *l,
		struct sk_err *err)
{
	int r;

	if (!is_remote(job->socket))
		return sk_fail(err, -EPERM, "%s: not over a network",
			       bench_sockets.choices[job->socket].name);
	if (job->stack != BENCH_K_KERNEL)
		return sk_fail(err, -EPERM, "--stack %s: not for others",
			       bench_stacks.choices[job->stack].name);
	r = check_options(job->set, err);
	if (r >= 0)
		r = check_time(job, l, err);
	if (r >= 0)
		r = check_connections(job, l, err);
	return r < 0 ? r : check_rate(job, l, err);
}
