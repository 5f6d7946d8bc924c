/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/why.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "diag/counters.h"

static uint64_t rcvbuf_errors;

static uint64_t ask(void)
{
	struct sk_counters c = { NULL };
	uint64_t n = 0;

	if (sk_counters_read(&c, "/proc", NULL) >= 0)
		n = sk_counters_sum(&c, "Udp", "RcvbufErrors");
	sk_counters_fini(&c);
	return n;
}

void bench_why_begin(void)
{
	rcvbuf_errors = ask();
}

void bench_why_end(struct bench_side *client)
{
	client->rcvbuf_errors = ask() - rcvbuf_errors;
}

/* --- the sentence -------------------------------------------------------- */

static double share(uint64_t ns, const struct bench_side *s)
{
	return s->window_ns ? (double)ns / (double)s->window_ns : 0;
}

static double cpu(const struct bench_side *s)
{
	return share(s->user_ns + s->sys_ns, s);
}

static void add(char *buf, size_t size, const char *fmt, ...)
	SK_PRINTF(3, 4);
static void add(char *buf, size_t size, const char *fmt, ...)
{
	size_t at = strlen(buf);
	va_list ap;

	if (at && at + 2 < size) {
		memcpy(buf + at, ", ", 3);
		at += 2;
	}
	va_start(ap, fmt);
	vsnprintf(buf + at, size - at, fmt, ap);
	va_end(ap);
}

static bool is_bulk(const struct bench_job *job)
{
	return job->workload == BENCH_W_STREAM ||
	       job->workload == BENCH_W_DGRAM;
}

/* A side that is on a CPU nearly all the time is what the rest waits for. */
static void say_cpu(char *buf, size_t size, const struct bench_job *job,
		    const struct bench_side *client,
		    const struct bench_side *server)
{
	const struct bench_side *sender = job->reverse ? server : client;
	const struct bench_side *receiver = job->reverse ? client : server;
	double bound = 0.9 * (double)job->workers;

	if (job->engine == BENCH_E_SPIN)
		return;
	if (is_bulk(job)) {
		if (cpu(sender) >= bound)
			add(buf, size, "sender CPU-bound");
		if (cpu(receiver) >= bound)
			add(buf, size, "receiver CPU-bound");
	} else {
		if (cpu(client) >= bound)
			add(buf, size, "client CPU-bound");
		if (cpu(server) >= bound)
			add(buf, size, "server CPU-bound");
	}
}

static void say_windows(char *buf, size_t size, const struct bench_side *s)
{
	if (!s->busy_us)
		return;
	if (s->rwnd_limited_us * 5 > s->busy_us)
		add(buf, size, "window-limited %.0f %%",
		    100 * (double)s->rwnd_limited_us / (double)s->busy_us);
	if (s->sndbuf_limited_us * 5 > s->busy_us)
		add(buf, size, "send-buffer-limited %.0f %%",
		    100 * (double)s->sndbuf_limited_us / (double)s->busy_us);
}

/* Neither side works much: the time goes into waking up. */
static bool wakes(const struct bench_job *job, const struct bench_side *client,
		  const struct bench_side *server)
{
	return !is_bulk(job) && !job->rate && job->connections == 1 &&
	       job->workload != BENCH_W_BACKLOG &&
	       job->engine != BENCH_E_SPIN && cpu(client) < 0.7 &&
	       cpu(server) < 0.7 && client->requests;
}

bool bench_why(char *buf, size_t size, const struct bench_job *job,
	       const struct bench_side *client, const struct bench_side *server,
	       const struct bench_round *round)
{
	double foreign = round->value[BENCH_CPU_FOREIGN];
	const struct bench_side *sender = job->reverse ? server : client;
	uint64_t resent = client->retransmits + server->retransmits;

	*buf = '\0';
	say_cpu(buf, size, job, client, server);
	if (is_bulk(job))
		say_windows(buf, size, sender);
	if (wakes(job, client, server))
		add(buf, size, "wake-up bound");
	if (resent)
		add(buf, size, "retransmits +%llu",
		    (unsigned long long)resent);
	if (client->rcvbuf_errors && (job->socket == BENCH_S_UDP ||
				      job->socket == BENCH_S_UDP_CONNECTED))
		add(buf, size, "UdpRcvbufErrors +%llu",
		    (unsigned long long)client->rcvbuf_errors);
	if (sender->zc_sent)
		add(buf, size, "zerocopy copied %.0f %%",
		    100 * (double)sender->zc_copied / (double)sender->zc_sent);
	if (!isnan(foreign) && foreign > 0.2 * share(client->window_ns, client)
	    * (double)client->window_ns / 1e9)
		add(buf, size, "others used %.2f CPUs",
		    foreign * 1e9 / (double)client->window_ns);
	return *buf;
}
