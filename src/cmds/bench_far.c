/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of bench about other machines, and measuring with a server. */
#include "cmds/bench_far.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "bench/far.h"
#include "bench/greet.h"
#include "bench/iperf3.h"

#define OFF(field) offsetof(struct sk_bench_far, field)
/* Signals are noticed within this time. */
#define TURN_MS 200
#define TIME_MOST (INT64_C(86400) * 1000000)

const struct sk_opt sk_bench_way_options[] = {
	{ 0, "iperf3", SK_FLAG, NULL, OFF(iperf3), SK_GRP_SERVER,
	  .help = "speak iperf3's protocol: to a server, or as one" },
	{ 0, "hosts", SK_STRING, "FILE", OFF(hosts), SK_GRP_SERVER,
	  .excludes = "iperf3",
	  .help = "measure between the machines that FILE names" },
	{ 0, "secret", SK_STRING, "FILE", OFF(secret), SK_GRP_ACCESS,
	  .help = "client and server show that both know what is in FILE" },
	{ 0, "bandwidth", SK_RATE, "RATE", OFF(bandwidth), SK_GRP_TIME,
	  .needs = "iperf3", .min = 1,
	  .help = "send RATE bytes a second on each of iperf3's streams" },
	{ 0, "bytes", SK_SIZE, "SIZE", OFF(bytes), SK_GRP_TIME,
	  .needs = "iperf3", .excludes = "blocks", .min = 1,
	  .help = "end a test with iperf3 after SIZE bytes" },
	{ 0, "blocks", SK_INT, "N", OFF(blocks), SK_GRP_TIME,
	  .needs = "iperf3", .min = 1,
	  .help = "end a test with iperf3 after N writes or datagrams" },
	SK_OPT_END
};

const struct sk_opt sk_bench_far_options[] = {
	{ .kind = SK_INCLUDE, .table = sk_bench_way_options },
	{ 0, "port-file", SK_STRING, "FILE", OFF(port_file), SK_GRP_SERVER,
	  .help = "serve: write each address and port there once listening" },
	{ 0, "until-eof", SK_FLAG, NULL, OFF(until_eof), SK_GRP_SERVER,
	  .help = "serve: end when standard input ends" },
	{ 0, "print-commands", SK_FLAG, NULL, OFF(print_commands),
	  SK_GRP_SERVER, .needs = "hosts",
	  .help = "print what would be run on them, and run nothing" },
	{ 0, "in-step", SK_FLAG, NULL, OFF(in_step), SK_GRP_SERVER,
	  .excludes = "iperf3,hosts,print-commands",
	  .help = "before each round print \"ready\" and await a line" },
	{ 0, "max-time", SK_DURATION, "TIME", OFF(max_time), SK_GRP_ACCESS,
	  .min = 1, .max = TIME_MOST,
	  .help = "serve: refuse tests that take longer" },
	{ 0, "max-rate", SK_RATE, "RATE", OFF(max_rate), SK_GRP_ACCESS,
	  .min = 1, .help = "serve: refuse tests of more bytes a second" },
	{ 0, "max-connections", SK_INT, "N", OFF(max_connections),
	  SK_GRP_ACCESS, .min = 1,
	  .help = "serve: refuse tests of more connections" },
	{ 0, "max-clients", SK_INT, "N", OFF(max_clients), SK_GRP_ACCESS,
	  .min = 1, .help = "serve: serve N at once (default 64)" },
	{ .kind = SK_INCLUDE, .off = OFF(access),
	  .table = sk_access_options },
	SK_OPT_END
};

int sk_bench_target(struct sk_target *t, const char *text, const char *port,
		    struct sk_err *err)
{
	const char *first = strchr(text, ':'), *last = strrchr(text, ':');
	char host[256];
	size_t len = strlen(text);

	if (len > 2 && *text == '[' && text[len - 1] == ']') {
		if (sk_copyn(host, sizeof(host), text + 1, len - 2) >= 0)
			return sk_target_parse_pair(t, host, port, err);
	}
	/* "::1" is an address; "[::1]:80", ":80" and "host:80" name a port. */
	if (first && (first == last || *text == '['))
		return sk_target_parse(t, text, err);
	return sk_target_parse_pair(t, text, port, err);
}

int sk_bench_far_alone(const struct sk_bench_far *o, struct sk_err *err)
{
	const struct {
		const char *name;
		bool given;
	} rows[] = {
		{ "iperf3", o->iperf3 },
		{ "hosts", o->hosts },
		{ "secret", o->secret },
		{ "in-step", o->in_step },
		{ "port-file", o->port_file },
		{ "until-eof", o->until_eof },
		{ "max-time", o->max_time },
		{ "max-rate", o->max_rate },
		{ "max-connections", o->max_connections },
		{ "max-clients", o->max_clients },
		{ "allow", o->access.allow.n || o->access.allow_files.n },
		{ "deny", o->access.deny.n || o->access.deny_files.n },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].given)
			return sk_usage(err, "--%s: there is no server here; "
					"name its HOST, or bench serve",
					rows[i].name);
	return 0;
}

/* --- measuring ------------------------------------------------------------ */

struct sk_bench_remote {
	const struct sk_bench_far *o;
	struct sk_target target;
	struct bench_secret secret;
	const volatile sig_atomic_t *stop;
	struct bench_far far[2];	/* ours, over IPv4 and IPv6 */
	struct sk_loop loop;		/* for iperf3 */
	bool has_loop, again;
};

/*
 * Who started us, on several machines, says when all of them begin. A round
 * is ready then on both its sides, whose server waits for half a minute.
 */
static int in_step(void *arg, struct sk_err *err)
{
	const struct sk_bench_remote *m = arg;
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	ssize_t n = 0;
	char c = 0;

	if (puts("ready") < 0 || fflush(stdout) < 0)
		return sk_fail(err, -errno, "stdout: %s", sk_strerror(errno));
	while (c != '\n' && !*m->stop) {
		if (poll(&p, 1, TURN_MS) <= 0)
			continue;
		n = read(STDIN_FILENO, &c, 1);
		if (n <= 0 && errno != EINTR)
			return sk_fail(err, -EPIPE, "--in-step: nobody says "
				       "when to begin");
	}
	return *m->stop ? -EINTR : 0;
}

/* What cannot be had of this host is a row with its reason. */
static int refuse(char **refused, const struct sk_err *why)
{
	*refused = strdup(why->text);
	return *refused ? 0 : -ENOMEM;
}

static int one_of_ours(void *arg, const struct bench_job *job,
		       struct bench_round *round, char **refused, char **note,
		       struct sk_err *err)
{
	struct sk_bench_remote *m = arg;
	bool six = job->socket == BENCH_S_TCP6;
	struct bench_far *far = &m->far[six];
	char where[SK_ADDR_TEXT_MAX];
	struct sk_err why = { 0 };
	int r = 0;

	/* The workload goes where its control connection goes. */
	if (far->ctl < 0)
		r = bench_far_open(far, &m->target, six ? AF_INET6 : AF_INET,
				   m->o->secret ? &m->secret : NULL, m->stop,
				   err);
	if (r < 0)
		return r == -ENOENT ? refuse(refused, err) : r;
	r = bench_run_far(far, job, round, refused, note, m->stop, &why);
	if (r < 0)
		sk_fail(err, r, "%s: %s", sk_target_format(where, &m->target),
			*why.text ? why.text : sk_strerror(r));
	return r;
}

static int one_of_iperf3(void *arg, const struct bench_job *job,
			 struct bench_round *round, char **refused,
			 char **note, struct sk_err *err)
{
	struct sk_bench_remote *m = arg;
	const struct iperf3_extra extra = {
		.bandwidth = m->o->bandwidth,
		.bytes = m->o->bytes,
		.blocks = (uint64_t)m->o->blocks,
		.again = m->again,
		.stop = m->stop,
	};
	int r = m->has_loop ? 0 : sk_loop_init(&m->loop);

	(void)note;
	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	m->has_loop = true;
	r = iperf3_job_run(&m->loop, &m->target, job, &extra, round, err);
	if (r == -ENOTSUP)
		return refuse(refused, err);
	m->again = true;
	/* Cut short by a signal: what came until then counts. */
	return r == -EINTR && !isnan(round->value[BENCH_SECONDS]) ? 0 : r;
}

int sk_bench_remote_new(struct sk_bench_remote **remote,
			struct bench_method *by, const struct sk_bench_far *o,
			const char *where, struct sk_err *err)
{
	struct sk_bench_remote *m = calloc(1, sizeof(*m));
	int r;

	*remote = m;
	if (!m)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	m->o = o;
	m->stop = by->stop;
	for (int i = 0; i < 2; i++) {
		m->far[i].ctl = -1;
		m->far[i].begin = o->in_step ? in_step : NULL;
		m->far[i].begin_arg = m;
	}
	by->one = o->iperf3 ? one_of_iperf3 : one_of_ours;
	by->one_arg = m;
	if (o->iperf3 && o->secret)
		return sk_usage(err, "--iperf3 knows no --secret");
	if (o->hosts)
		return sk_usage(err, "either HOST or --hosts");
	if (o->port_file || o->until_eof || o->max_time || o->max_rate ||
	    o->max_connections || o->max_clients)
		return sk_usage(err, "--port-file, --until-eof and --max-… are "
				     "for bench serve");
	r = sk_bench_target(&m->target, where,
			    o->iperf3 ? IPERF3_PORT : BENCH_PORT, err);
	if (r >= 0 && o->iperf3)
		r = iperf3_supported(err);
	if (r >= 0 && o->secret)
		r = bench_secret_read(&m->secret, o->secret, err);
	return r;
}

void sk_bench_remote_free(struct sk_bench_remote *m)
{
	if (!m)
		return;
	bench_far_close(&m->far[0]);
	bench_far_close(&m->far[1]);
	if (m->has_loop)
		sk_loop_fini(&m->loop);
	free(m);
}
