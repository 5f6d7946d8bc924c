/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two sides become one round: what each metric is made of. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/side.h"
#include "bench/workload.h"

static double seconds(const struct bench_side *s)
{
	return s->window_ns ? (double)s->window_ns / 1e9 : NAN;
}

/* A rate over the window of the side that counted. */
static double rate(uint64_t n, const struct bench_side *s)
{
	return n ? (double)n / seconds(s) : 0;
}

static void set_cpu(struct bench_round *r, const struct bench_side *client,
		    const struct bench_side *server)
{
	r->value[BENCH_CPU_LOCAL_USER] = (double)client->user_ns / 1e9;
	r->value[BENCH_CPU_LOCAL_SYS] = (double)client->sys_ns / 1e9;
	r->value[BENCH_CPU_REMOTE_USER] = (double)server->user_ns / 1e9;
	r->value[BENCH_CPU_REMOTE_SYS] = (double)server->sys_ns / 1e9;
	r->value[BENCH_RUN_DELAY] = (double)(client->run_delay_ns +
					     server->run_delay_ns) / 1e9;
}

static double cpu_ns(const struct bench_side *s)
{
	return (double)(s->user_ns + s->sys_ns);
}

static bool moves_bulk(const struct bench_job *job)
{
	return job->workload == BENCH_W_STREAM ||
	       job->workload == BENCH_W_DGRAM ||
	       job->workload == BENCH_W_MIX ||
	       job->workload == BENCH_W_LATENCY;
}

static void set_bytes(struct bench_round *r, const struct bench_side *client,
		      const struct bench_side *server)
{
	uint64_t bytes = client->bytes_in + server->bytes_in;

	r->value[BENCH_BYTES] = (double)bytes;
	r->value[BENCH_BYTES_PER_S] = rate(client->bytes_in, client) +
				      rate(server->bytes_in, server);
	if (bytes)
		r->value[BENCH_NS_PER_KIB] = (cpu_ns(client) + cpu_ns(server)) *
					     1024 / (double)bytes;
}

static void set_requests(struct bench_round *r, const struct bench_side *client,
			 const struct bench_side *server)
{
	r->value[BENCH_REQUESTS] = (double)client->requests;
	r->value[BENCH_REQUESTS_PER_S] = rate(client->requests, client);
	if (client->requests)
		r->value[BENCH_NS_PER_REQUEST] =
			(cpu_ns(client) + cpu_ns(server)) /
			(double)client->requests;
	/* Two in one process (--stack pair) are told by one of them. */
	if (server->requests && cpu_ns(server) > 0)
		r->value[BENCH_SERVER_NS_PER_REQUEST] =
			cpu_ns(server) / (double)server->requests;
}

static void set_dgrams(struct bench_round *r, const struct bench_job *job,
		       const struct bench_side *client,
		       const struct bench_side *server)
{
	uint64_t expected = client->expected + server->expected;
	uint64_t lost = client->lost + server->lost;

	if (job->workload == BENCH_W_RR) {
		r->value[BENCH_LOST] = (double)lost;
		return;
	}
	r->value[BENCH_DATAGRAMS_PER_S] = rate(client->datagrams_in, client) +
					  rate(server->datagrams_in, server);
	if (!expected && job->workload != BENCH_W_DGRAM)
		return;		/* not numbered */
	r->value[BENCH_SENT] = (double)(client->datagrams_out +
					server->datagrams_out);
	r->value[BENCH_LOST] = (double)lost;
	if (expected)
		r->value[BENCH_LOSS] = 100 * (double)lost / (double)expected;
	r->value[BENCH_DUPLICATES] = (double)(client->duplicates +
					      server->duplicates);
	r->value[BENCH_REORDERED] = (double)(client->reordered +
					     server->reordered);
	r->value[BENCH_JITTER_NS] = (double)(client->jitter_ns >
						     server->jitter_ns ?
					     client->jitter_ns :
					     server->jitter_ns);
}

static void set_idle(struct bench_round *r, const struct bench_job *job,
		     const struct bench_side *client,
		     const struct bench_side *server)
{
	double n = (double)bench_total(job);

	if (client->kernel_bytes)
		r->value[BENCH_KERNEL_PER_CONNECTION] =
			(double)client->kernel_bytes / n;
	r->value[BENCH_USER_PER_CONNECTION] =
		(double)(client->rss_bytes + server->rss_bytes) / n;
}

/* Our stack counts at the server, the kernel for both. */
static void set_backlog(struct bench_round *r, const struct bench_side *client,
			const struct bench_side *server)
{
	r->value[BENCH_CONNECTED] = (double)client->connected;
	r->value[BENCH_REFUSED] = (double)client->refused;
	r->value[BENCH_OVERFLOWS] = (double)(client->overflows +
					     server->overflows);
	if (client->first_overflow)
		r->value[BENCH_FIRST_OVERFLOW] =
			(double)client->first_overflow - 1;
}

/* Both sides' samples of a kind into the round, which owns them then. */
static void take_hists(struct bench_round *r, struct bench_side *s)
{
	for (size_t i = 0; i < BENCH_NHISTS; i++) {
		if (!s->hist[i])
			continue;
		if (r->hist[i]) {
			bench_hist_merge(r->hist[i], s->hist[i]);
			free(s->hist[i]);
		} else {
			r->hist[i] = s->hist[i];
		}
		s->hist[i] = NULL;
	}
}

static void set_percentiles(struct bench_round *r)
{
	const struct bench_hist *h = r->hist[BENCH_HIST_RESPONSE];

	if (h && h->total) {
		r->value[BENCH_RESPONSE_P50_NS] = (double)bench_hist_at(h, 0.5);
		r->value[BENCH_RESPONSE_P99_NS] =
			(double)bench_hist_at(h, 0.99);
	}
	h = r->hist[BENCH_HIST_SERVICE];
	if (!h || !h->total)
		return;
	r->value[BENCH_P50_NS] = (double)bench_hist_at(h, 0.5);
	r->value[BENCH_P99_NS] = (double)bench_hist_at(h, 0.99);
	r->value[BENCH_P999_NS] = (double)bench_hist_at(h, 0.999);
}

/* The series of the side that saw what counts. */
static void take_points(struct bench_round *r, const struct bench_job *job,
			struct bench_side *client, struct bench_side *server)
{
	struct bench_side *s = moves_bulk(job) && !job->reverse ? server :
								  client;

	r->points = s->points;
	r->n_points = s->n_points;
	s->points = NULL;
	s->n_points = 0;
}

int bench_side_round(struct bench_round *r, const struct bench_job *job,
		     struct bench_side *client, struct bench_side *server)
{
	r->value[BENCH_SECONDS] = seconds(client);
	r->value[BENCH_ERRORS] = (double)(client->errors + server->errors);
	set_cpu(r, client, server);
	if (job->workload == BENCH_W_BACKLOG) {
		set_backlog(r, client, server);
	} else {
		r->value[BENCH_CONNECTIONS] =
			(double)(job->workload == BENCH_W_CRR ?
				 job->connections : bench_total(job));
		set_bytes(r, client, server);
	}
	if (client->requests || job->workload == BENCH_W_RR)
		set_requests(r, client, server);
	if (job->workload == BENCH_W_CRR)
		r->value[BENCH_CONNECTS_PER_S] = rate(client->connects, client);
	if (client->datagrams_in + server->datagrams_in || client->lost ||
	    job->workload == BENCH_W_DGRAM)
		set_dgrams(r, job, client, server);
	if (job->workload == BENCH_W_IDLE)
		set_idle(r, job, client, server);
	if (client->mss)
		r->value[BENCH_RETRANSMITS] = (double)(client->retransmits +
						       server->retransmits);
	take_hists(r, client);
	take_hists(r, server);
	set_percentiles(r);
	take_points(r, job, client, server);
	return 0;
}

/* --- the machine --------------------------------------------------------- */

/* What a side used in its window, as a share of time. */
static double own_share(const struct bench_side *s)
{
	return s && s->window_ns ? (double)(s->user_ns + s->sys_ns) /
					   (double)s->window_ns : 0;
}

void bench_side_machine(struct bench_round *round,
			const struct bench_machine at[2], uint64_t looked_ns,
			const struct bench_side *client,
			const struct bench_side *server)
{
	const struct bench_machine *a = &at[0], *b = &at[1];
	double looked = looked_ns ? (double)looked_ns : 1;
	double window = (double)client->window_ns / 1e9;
	double busy = (double)(b->busy_ns - a->busy_ns) / looked;
	double soft = (double)(b->softirq_ns - a->softirq_ns) / looked;
	double steal = (double)(b->steal_ns - a->steal_ns) / looked;
	double others = busy - soft - own_share(client) - own_share(server);

	round->value[BENCH_CPU_SOFTIRQ] = soft * window;
	round->value[BENCH_CPU_STEAL] = steal * window;
	/* /proc/stat counts in ticks: less than one of each CPU is none. */
	round->value[BENCH_CPU_FOREIGN] =
		others * looked > (double)bench_cpu_tick_ns() *
				  (double)sysconf(_SC_NPROCESSORS_ONLN) ?
		others * window : 0;
}
