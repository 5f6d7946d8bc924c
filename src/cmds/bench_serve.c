/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit bench serve: the far side, for our own clients or iperf3's. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "bench/greet.h"
#include "bench/iperf3.h"
#include "bench/serve.h"
#include "cmds/bench_far.h"
#include "cmds/portfile.h"

struct serving {
	struct sk_loop loop;
	const struct sk_bench_far *o;
	struct bench_secret secret;
	struct sk_access_args access;
	int signal;
	struct sk_watch input;
};

static void on_signal(struct sk_loop *loop, int signo, void *arg)
{
	((struct serving *)arg)->signal = signo;
	sk_loop_stop(loop);
}

static int on_listening(const struct sk_listener *l, void *arg,
			struct sk_err *err)
{
	const struct serving *s = arg;
	char text[SK_ADDR_TEXT_MAX];
	const struct sk_addr *a;

	for (size_t i = 0; (a = sk_listener_addr(l, i)); i++)
		sk_info("listening on %s", sk_addr_format(text, a));
	return s->o->port_file ? sk_portfile_write(s->o->port_file, l, err) :
				 0;
}

/* --until-eof: whoever started us over ssh has gone, or wants us to end. */
static void on_input(struct sk_watch *w)
{
	char rest[512];
	ssize_t n = read(w->fd, rest, sizeof(rest));

	if (n < 0 && errno == EAGAIN)
		sk_watch_blocked(w, SK_IN);
	else if (n <= 0 && errno != EINTR)
		sk_loop_stop(w->loop);
}

static int watch_input(struct serving *s, struct sk_err *err)
{
	int r = sk_watch_init(&s->input, &s->loop, STDIN_FILENO, on_input);

	if (r < 0)
		return sk_fail(err, r, "stdin: %s", sk_strerror(r));
	sk_watch_want(&s->input, SK_IN);
	return 0;
}

static bool allows(void *arg, const struct sk_addr *peer)
{
	const struct serving *s = arg;

	return !s->access.rules || sk_access_allows(s->access.rules, peer);
}

static int serve(struct serving *s, const struct sk_target *target,
		 struct sk_err *err)
{
	const struct sk_bench_far *o = s->o;
	struct sk_net_opts net = { .family = AF_UNSPEC };
	struct bench_serve how = {
		.secret = o->secret ? &s->secret : NULL,
		.limits = {
			.time_us = o->max_time,
			.rate = o->max_rate,
			.connections = (uint64_t)o->max_connections,
			.clients = (uint64_t)o->max_clients,
		},
		.quiet = o->until_eof,
		.allows = allows,
		.ready = on_listening,
		.arg = s,
	};

	return o->iperf3 ? iperf3_serve(&how, &s->loop, target, &net, err) :
			   bench_serve_run(&how, &s->loop, target, &net, err);
}

static int prepare(struct serving *s, struct sk_err *err)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	int r = sk_access_begin(&s->access, err);

	if (r >= 0 && s->o->secret)
		r = bench_secret_read(&s->secret, s->o->secret, err);
	if (r < 0)
		return r;
	sk_raise_fd_limit();
	r = sk_loop_init(&s->loop);
	for (size_t i = 0; i < 3 && r >= 0; i++)
		r = sk_loop_signal(&s->loop, ending[i], on_signal, s);
	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	return s->o->until_eof ? watch_input(s, err) : 0;
}

/* What is for clients only. */
static int check(const struct sk_bench_far *o, int argc, struct sk_err *err)
{
	if (argc > 1)
		return sk_usage(err, "serve takes one address");
	if (o->hosts)
		return sk_usage(err, "--hosts starts servers by itself");
	if (o->bandwidth || o->bytes || o->blocks)
		return sk_usage(err, "--bandwidth, --bytes and --blocks are "
				     "the client's to say");
	if (o->iperf3 && (o->secret || o->max_clients))
		return sk_usage(err, "--iperf3 knows neither --secret nor "
				     "--max-clients");
	return 0;
}

int sk_bench_serve(const struct sk_bench_far *o, int argc, char **argv,
		   struct sk_err *err)
{
	struct serving *s;
	struct sk_target target;
	int r = check(o, argc, err);

	if (r >= 0)
		r = sk_bench_target(&target, argc ? argv[0] : "",
				    o->iperf3 ? IPERF3_PORT : BENCH_PORT, err);
	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (!s)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	s->o = o;
	s->access = o->access;
	r = prepare(s, err);
	if (r >= 0) {
		r = serve(s, &target, err);
		sk_watch_fini(&s->input);
		sk_loop_fini(&s->loop);
	}
	sk_access_end(&s->access);
	if (s->signal)
		r = sk_signalled(err, s->signal);
	free(s);
	return r;
}
