/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a job to what iperf3 can be asked for. */
#include "bench/iperf3.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define OPTIONS_MAX 16

struct setting {
	struct sk_sockopt_value values[OPTIONS_MAX];
	size_t n;
};

/* Socket options that the server is told of, and in which unit. */
static const struct {
	const char *name;
	size_t off;
	uint64_t factor;
} told[] = {
#define P(field) offsetof(struct iperf3_params, field)
	{ "tcp_maxseg", P(mss), 1 },
	{ "so_sndbuf", P(window), 1 },
	{ "so_rcvbuf", P(window), 1 },
	{ "ip_tos", P(tos), 1 },
	{ "ipv6_tclass", P(tos), 1 },
	{ "so_max_pacing_rate", P(fqrate), 8 },
#undef P
};

static uint64_t number_of(const struct sk_sockopt_value *v)
{
	uint32_t narrow;
	uint64_t wide;

	if (v->len == sizeof(wide)) {
		memcpy(&wide, v->bytes, sizeof(wide));
		return wide;
	}
	if (v->len < sizeof(narrow))
		return v->len ? v->bytes[0] : 0;
	memcpy(&narrow, v->bytes, sizeof(narrow));
	return narrow;
}

static void tell(struct iperf3_params *p, const struct sk_sockopt_value *v)
{
	const char *name = sk_sockopt_name(v->opt);

	if (!strcmp(name, "tcp_nodelay"))
		p->nodelay = number_of(v) != 0;
	if (!strcmp(name, "tcp_congestion"))
		sk_copyn(p->congestion, sizeof(p->congestion),
			 (const char *)v->bytes,
			 strnlen((const char *)v->bytes, v->len));
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		if (!strcmp(name, told[i].name)) {
			uint64_t n = number_of(v) * told[i].factor;

			memcpy((char *)p + told[i].off, &n, sizeof(n));
		}
}

/* "tcp_nodelay=1 so_sndbuf=4M" */
static int take_options(struct setting *s, struct iperf3_params *p,
			const char *set, struct sk_err *err)
{
	char one[512];
	int r = 0;

	while (r >= 0 && *(set += strspn(set, " "))) {
		size_t len = strcspn(set, " ");

		if (s->n == OPTIONS_MAX)
			return sk_usage(err, "more than %d socket options",
					OPTIONS_MAX);
		r = sk_copyn(one, sizeof(one), set, len);
		if (r >= 0)
			r = sk_sockopt_parse(&s->values[s->n], one, err);
		if (r >= 0)
			tell(p, &s->values[s->n++]);
		set += len;
	}
	return r;
}

/* What iperf3 has no word for. NULL: all is well. */
static const char *unknown_to_iperf3(const struct bench_job *job,
				     const struct iperf3_extra *x)
{
	bool udp = job->socket == BENCH_S_UDP ||
		   job->socket == BENCH_S_UDP_CONNECTED;

	if (job->workload != BENCH_W_STREAM &&
	    !(job->workload == BENCH_W_DGRAM && udp))
		return "iperf3 knows stream only";
	if (!udp && job->socket != BENCH_S_TCP && job->socket != BENCH_S_TCP6)
		return "iperf3 knows tcp, tcp6 and udp";
	if (job->engine != BENCH_E_BLOCKING && job->engine != BENCH_E_THREADS)
		return "only threads with iperf3";
	if (job->copy != BENCH_C_WRITE || job->receive != BENCH_R_COPY)
		return "only plain write and read with iperf3";
	if (job->stack != BENCH_K_KERNEL || job->tls)
		return "iperf3 uses the kernel's sockets, in plain text";
	if (job->connections > IPERF3_STREAMS_MAX)
		return "iperf3 has at most 128 streams";
	if (udp && (job->request < IPERF3_UDP_LEN_MIN ||
		    job->request > IPERF3_UDP_LEN_MAX))
		return "datagrams of iperf3 have 16 to 65507 bytes";
	if (job->request > IPERF3_LEN_MAX)
		return "blocks of iperf3 have at most 1 MiB";
	if (job->pattern != BENCH_P_SINGLE)
		return "iperf3 has a thread for each stream, and no patterns";
	if (job->rate && x->bandwidth)
		return "either --rate or --bandwidth says how fast it is sent";
	if (x->bytes && x->blocks)
		return "either bytes or blocks end a test";
	return NULL;
}

static uint64_t whole_seconds(uint64_t us)
{
	return (us + SK_SEC - 1) / SK_SEC;
}

/* Of each stream, in bit/s. --rate is of all of them. */
static uint64_t bandwidth_of(const struct bench_job *job,
			     const struct iperf3_extra *x)
{
	if (!job->rate)
		return x->bandwidth * 8;
	return job->rate * job->request * 8 / job->connections;
}

static void fill(struct iperf3_client *c, const struct bench_job *job,
		 const struct iperf3_extra *x)
{
	bool sized = x->bytes || x->blocks;

	c->omit_us = job->warmup_us / SK_SEC * SK_SEC;
	c->stop = x->stop;
	c->time_us = sized ? 0 : job->time_us;
	c->interval_us = job->interval_us;
	c->again = x->again;
	c->params = (struct iperf3_params){
		.udp = job->socket == BENCH_S_UDP ||
		       job->socket == BENCH_S_UDP_CONNECTED,
		.reverse = job->reverse,
		.bidir = job->bidir,
		.counters64 = true,
		.omit = job->warmup_us / SK_SEC,
		.time = sized ? 0 : whole_seconds(job->time_us),
		.bytes = x->bytes,
		.blocks = x->blocks,
		.parallel = job->connections,
		.len = job->request,
		.bandwidth = bandwidth_of(job, x),
	};
}

int iperf3_job_run(struct sk_loop *loop, const struct sk_target *target,
		   const struct bench_job *job,
		   const struct iperf3_extra *extra,
		   struct bench_round *round, struct sk_err *err)
{
	const char *no = unknown_to_iperf3(job, extra);
	struct iperf3_client c = { .loop = loop, .target = *target };
	struct sk_net_opts net = { .wait = IPERF3_WAIT };
	struct setting *s;
	int r = iperf3_supported(err);

	if (r < 0)
		return r;
	if (no)
		return sk_fail(err, -ENOTSUP, "%s", no);
	s = calloc(1, sizeof(*s));
	if (!s)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	fill(&c, job, extra);
	r = take_options(s, &c.params, job->set, err);
	net.family = job->socket == BENCH_S_TCP6 ? AF_INET6 : AF_UNSPEC;
	net.sockopts = s->values;
	net.n_sockopts = s->n;
	c.net = &net;
	if (r >= 0)
		r = iperf3_client_run(&c, round, err);
	free(s);
	return r;
}
