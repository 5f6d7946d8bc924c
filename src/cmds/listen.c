/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit listen: wait for connections and relay them. */
#include "base/fd.h"
#include "base/log.h"
#include "cmds/portfile.h"
#include "cmds/shared.h"
#include "net/listener.h"
#include "relay/server.h"

struct listen_opts {
	struct sk_shared shared;
	struct sk_server_opts server;
	bool echo, discard, reuseport;
	int64_t backlog;
	const char *port_file;
};

#define OFF(field) offsetof(struct listen_opts, field)

static const struct sk_opt listen_options[] = {
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_net_options },
	{ 'k', "keep-open", SK_FLAG, NULL, OFF(server.keep_open),
	  SK_GRP_SERVER, .help = "serve many clients, at once and for ever" },
	{ 'm', "max-conns", SK_INT, "N", OFF(server.max_conns), SK_GRP_SERVER,
	  .min = 1, .max = INT32_MAX,
	  .help = "serve at most N clients at once, turn others away" },
	{ 0, "backlog", SK_INT, "N", OFF(backlog), SK_GRP_SERVER, .min = 1,
	  .max = INT32_MAX,
	  .help = "let N connections wait to be accepted" },
	{ 0, "reuseport", SK_FLAG, NULL, OFF(reuseport), SK_GRP_SERVER,
	  .help = "share the port with other listeners (SO_REUSEPORT)" },
	{ 0, "port-file", SK_STRING, "FILE", OFF(port_file), SK_GRP_SERVER,
	  .help = "write each address and port there once listening" },
	{ 0, "echo", SK_FLAG, NULL, OFF(echo), SK_GRP_SERVER,
	  .excludes = "discard", .help = "send back what clients send" },
	{ 0, "discard", SK_FLAG, NULL, OFF(discard), SK_GRP_SERVER,
	  .excludes = "echo", .help = "take what clients send and drop it" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_relay_options },
	SK_OPT_END
};

/* -p and -s are another way to write the operands, as in ncat. */
static int listen_target(struct sk_target *t, const struct listen_opts *o,
			 int argc, char **argv, struct sk_err *err)
{
	const struct sk_shared *s = &o->shared;

	if (!argc && !s->source_port)
		return sk_usage(err, "a port is needed ([HOST] PORT)");
	if (s->source_port && argc)
		return sk_usage(err, "--source-port and an operand both name "
				     "the port");
	if (!argc)
		return sk_target_parse_pair(t, s->source, s->source_port, err);
	if (s->source && (argc > 1 || strchr(argv[0], ':')))
		return sk_usage(err, "--source and an operand both name the "
				     "address");
	if (s->source)
		return sk_target_parse_pair(t, s->source, argv[0], err);
	return sk_shared_target(t, argc, argv, true, err);
}

static int announce(const struct sk_listener *l, const struct listen_opts *o,
		    struct sk_err *err)
{
	const struct sk_addr *a;
	char text[SK_ADDR_TEXT_MAX];

	for (size_t i = 0; (a = sk_listener_addr(l, i)); i++)
		sk_info("listening on %s", sk_addr_format(text, a));
	return o->port_file ? sk_portfile_write(o->port_file, l, err) : 0;
}

/* stdin and stdout, unless a service of our own takes their place. */
static int local_end(struct listen_opts *o, struct endpoint **local,
		     struct sk_err *err)
{
	struct sk_shared *s = &o->shared;
	int r;

	*local = NULL;
	o->server.service = o->echo    ? SK_SERVE_ECHO :
			    o->discard ? SK_SERVE_DISCARD :
					 SK_SERVE_STDIO;
	if (o->server.service != SK_SERVE_STDIO)
		return 0;
	r = endpoint_stdio(local, &s->loop, true);
	if (r < 0)
		return sk_fail(err, r, "standard input: %s", sk_strerror(r));
	sk_relay_show_progress(&s->shared_relay,
			       endpoint_stdio_is_file(*local),
			       endpoint_stdio_size(*local));
	return 0;
}

static int listen_serve(struct listen_opts *o, const struct sk_target *t,
			struct sk_err *err)
{
	struct sk_shared *s = &o->shared;
	struct sk_listener *l = NULL;
	struct endpoint *local;
	int r;

	r = sk_listener_open(&l, &s->loop, t, &s->net, err);
	if (r < 0)
		return r;
	r = announce(l, o, err);
	if (r >= 0)
		r = local_end(o, &local, err);
	if (r >= 0)
		r = sk_server_run(&s->shared_relay, l, local, &o->server, err);
	sk_listener_free(l);
	return r;
}

static int listen_run(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct listen_opts *o = opts;
	struct sk_target target;
	int r;

	r = listen_target(&target, o, argc, argv, err);
	if (r < 0)
		return r;
	o->shared.source = o->shared.source_port = NULL;
	o->shared.net.backlog = o->backlog;
	o->shared.net.reuseport = o->reuseport;
	o->server.wait = o->shared.wait;
	if (o->server.keep_open)
		sk_raise_fd_limit();
	r = sk_shared_begin(&o->shared, err);
	if (r >= 0)
		r = listen_serve(o, &target, err);
	return sk_shared_end(&o->shared, r, err);
}

const struct sk_cmd sk_cmd_listen = {
	.name = "listen",
	.summary = "wait for connections and relay bytes",
	.operands = "[HOST] PORT | ADDRESS",
	.options = listen_options,
	.opts_size = sizeof(struct listen_opts),
	.min_operands = 0,
	.max_operands = 2,
	.run = listen_run,
};
