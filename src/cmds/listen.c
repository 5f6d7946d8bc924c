/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit listen: wait for connections and relay them. */
#include <inttypes.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cmds/access.h"
#include "cmds/portfile.h"
#include "cmds/shared.h"
#include "cmds/proxy.h"
#include "cmds/ssl.h"
#include "net/listener.h"
#include "relay/lobby.h"
#include "relay/server.h"
#include "relay/workers.h"

enum pattern { PATTERN_SINGLE, PATTERN_POOL, PATTERN_REUSEPORT };

struct listen_opts {
	struct sk_shared shared;
	struct sk_ssl ssl, to_ssl;
	struct sk_proxy_args proxy;
	struct sk_server_opts server;
	bool echo, discard, broker, chat, reuseport, recv_fd;
	struct sk_pass pass;
	int64_t backlog, workers, min_ttl;
	int pattern;
	const char *port_file, *to;
	struct sk_access_args access;

	struct sk_target to_target;
	struct sk_net_opts to_net;
	struct sk_listener *listeners[SK_WORKERS_MAX];
	int n_listeners;
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
	  .excludes = "discard,broker,chat,exec,sh-exec,to",
	  .help = "send back what clients send" },
	{ 0, "discard", SK_FLAG, NULL, OFF(discard), SK_GRP_SERVER,
	  .excludes = "echo,broker,chat,exec,sh-exec,to",
	  .help = "take what clients send and drop it" },
	{ 0, "broker", SK_FLAG, NULL, OFF(broker), SK_GRP_SERVER,
	  .excludes = "echo,discard,exec,sh-exec,to",
	  .help = "send what one client sends to all others" },
	{ 0, "chat", SK_FLAG, NULL, OFF(chat), SK_GRP_SERVER,
	  .excludes = "echo,discard,exec,sh-exec,to",
	  .help = "the same in whole lines, with the clients' names" },
	{ 0, "workers", SK_INT, "N", OFF(workers), SK_GRP_SERVER, .min = 1,
	  .max = SK_WORKERS_MAX, .needs = "echo,discard,exec,sh-exec,to",
	  .excludes = "stack",
	  .help = "serve with N processes" },
	{ 0, "pattern", SK_CHOICE, "HOW", OFF(pattern), SK_GRP_SERVER,
	  .choices = "single,pool,reuseport", .needs = "workers",
	  .help = "what workers share: nothing, one socket, one port" },
	{ .kind = SK_INCLUDE, .off = OFF(access), .table = sk_access_options },
	{ 0, "min-ttl", SK_INT, "N", OFF(min_ttl), SK_GRP_ACCESS, .min = 1,
	  .max = 255, .help = "drop segments that have a lower TTL left" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_program_options },
	{ 0, "max-children", SK_INT, "N", OFF(server.max_children),
	  SK_GRP_PROGRAM, .min = 1, .max = INT32_MAX, .needs = "exec,sh-exec",
	  .help = "run at most N programs, others wait their turn" },
	{ 0, "recv-fd", SK_FLAG, NULL, OFF(recv_fd), SK_GRP_PROGRAM,
	  .excludes = "ssl,telnet,proxy-type,broker,chat,to",
	  .help = "of unix clients: take descriptors, for the program or to "
		  "be told of" },
	{ 0, "to", SK_STRING, "ADDRESS", OFF(to), SK_GRP_PROGRAM,
	  .excludes = "echo,discard,broker,chat,exec,sh-exec",
	  .help = "relay each client to a new connection to [tls:]ADDRESS" },
	{ .kind = SK_INCLUDE, .off = OFF(to_ssl), .table = sk_ssl_to_options },
	{ .kind = SK_INCLUDE, .off = OFF(ssl), .table = sk_ssl_server_options },
	{ .kind = SK_INCLUDE, .off = OFF(proxy),
	  .table = sk_proxy_server_options },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_relay_options },
	SK_OPT_END
};

/* --- operands --------------------------------------------------------------- */

/* Sockets that a service manager hands to this process, sd_listen_fds(3). */
static int inherited_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t p, n;

	if (!pid || !fds || sk_parse_uint(pid, &p) < 0 ||
	    p != (uint64_t)getpid() || sk_parse_uint(fds, &n) < 0 ||
	    n > SK_WORKERS_MAX)
		return 0;
	return (int)n;
}

/* -p and -s are another way to write the operands, as in ncat. */
static int listen_target(struct sk_target *t, const struct listen_opts *o,
			 int argc, char **argv, struct sk_err *err)
{
	const struct sk_shared *s = &o->shared;

	if (!argc && !s->source_port)
		return inherited_sockets() ?
			       0 :
			       sk_usage(err, "a port is needed ([HOST] PORT)");
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

/* --- what to serve ---------------------------------------------------------- */

/* An address has its kind before it, and so TLS over it stands there too. */
static int parse_forward(struct listen_opts *o, struct sk_err *err)
{
	bool tls = o->to && sk_starts_with(o->to, "tls:");
	int r;

	/* From a stack of our own, --to and proxies lead back into the
	 * kernel's. */
	o->to_net = o->shared.net;
	o->to_net.host = NULL;
	o->server.to_opts = &o->to_net;
	if (!o->to)
		return 0;
	o->server.to = &o->to_target;
	r = sk_target_parse(&o->to_target, tls ? o->to + 4 : o->to, err);
	if (r >= 0)
		r = sk_ssl_begin_other(&o->to_ssl, tls, "to-", &o->to_target,
				       err);
	o->to_net.tls = o->to_ssl.tls;
	/* The kernel gives up connecting; nobody else gives up a handshake. */
	if (o->to_net.tls && !o->to_net.wait)
		o->to_net.wait = SK_LOBBY_LIMIT;
	return r;
}

static void take_fds(struct listen_opts *o)
{
	if (!o->recv_fd)
		return;
	if (o->server.service == SK_SERVE_PROGRAM) {
		o->server.hand_fds = true;
		return;
	}
	o->pass.take = true;
	o->shared.net.pass = &o->pass;
}

static int choose_service(struct listen_opts *o, struct sk_err *err)
{
	struct sk_server_opts *v = &o->server;
	int r;

	v->wait = o->shared.wait;
	v->chat = o->chat;
	v->telnet = o->shared.telnet;
	v->service = o->echo		 ? SK_SERVE_ECHO :
		     o->discard		 ? SK_SERVE_DISCARD :
		     o->broker || o->chat ? SK_SERVE_BROKER :
		     o->to		 ? SK_SERVE_FORWARD :
		     o->proxy.has_type	 ? SK_SERVE_PROXY :
		     sk_shared_program(&o->shared, &v->program) ?
					   SK_SERVE_PROGRAM :
					   SK_SERVE_STDIO;
	/* A broker with one client, or workers for one, make no sense. */
	if (v->service == SK_SERVE_BROKER || o->workers > 1)
		v->keep_open = true;
	take_fds(o);
	r = parse_forward(o, err);
	if (r >= 0)
		r = sk_access_begin(&o->access, err);
	v->access = o->access.rules;
	return r;
}

/* --- opening ---------------------------------------------------------------- */

static int announce(const struct sk_listener *l, const struct listen_opts *o,
		    struct sk_err *err)
{
	const struct sk_addr *a;
	char text[SK_ADDR_TEXT_MAX];

	for (size_t i = 0; (a = sk_listener_addr(l, i)); i++)
		sk_info("listening on %s", sk_addr_format(text, a));
	return o->port_file ? sk_portfile_write(o->port_file, l, err) : 0;
}

/* The others share the port that the first one got. */
static int open_shared_port(struct listen_opts *o, struct sk_target *t,
			    struct sk_err *err)
{
	int n = (int)o->workers, r = 0;

	for (; o->n_listeners < n && r >= 0; o->n_listeners += r >= 0) {
		snprintf(t->service, sizeof(t->service), "%" PRId64,
			 sk_addr_port(sk_listener_addr(o->listeners[0], 0)));
		r = sk_listener_open(&o->listeners[o->n_listeners],
				     &o->shared.loop, t, &o->shared.net, err);
	}
	return r;
}

static int open_listeners(struct listen_opts *o, struct sk_target *t,
			  bool inherited, struct sk_err *err)
{
	struct sk_shared *s = &o->shared;
	int r;

	o->shared.net.reuseport |= o->workers > 1 &&
				   o->pattern == PATTERN_REUSEPORT;
	r = inherited ? sk_listener_inherit(&o->listeners[0], &s->loop,
					    inherited_sockets(), err) :
			sk_listener_open(&o->listeners[0], &s->loop, t,
					 &s->net, err);
	if (r < 0)
		return r;
	o->n_listeners = 1;
	if (o->pattern == PATTERN_REUSEPORT && t->kind == SK_TARGET_INET)
		r = open_shared_port(o, t, err);
	return r < 0 ? r : announce(o->listeners[0], o, err);
}

/* --- serving ---------------------------------------------------------------- */

static int serve(struct listen_opts *o, int index, struct sk_err *err)
{
	struct sk_listener *l = o->listeners[index % o->n_listeners];
	struct endpoint *local = NULL;
	int r = 0;

	/* Unless something else takes their place. */
	if (o->server.service == SK_SERVE_STDIO)
		r = sk_shared_stdio(&o->shared, &local, true, "listen", err);
	if (r < 0)
		return r;
	return sk_server_run(&o->shared.shared_relay, l, local, &o->server,
			     err);
}

/* A worker keeps the one socket that is its own. */
static void close_others(struct listen_opts *o, int index)
{
	for (int i = 0; i < o->n_listeners; i++)
		if (o->n_listeners > 1 && i != index)
			sk_listener_stop(o->listeners[i]);
}

static int listen_serve(struct listen_opts *o, struct sk_err *err)
{
	int index = 0, r = 1;

	if (o->workers > 1 && o->pattern != PATTERN_SINGLE) {
		r = sk_workers_run(&o->shared.loop, (int)o->workers, &index,
				   err);
		if (r == 1)
			close_others(o, index);
	}
	return r == 1 ? serve(o, index, err) : r;
}

static int listen_prepare(struct listen_opts *o, struct sk_err *err)
{
	struct sk_shared *s = &o->shared;
	int r;

	s->source = s->source_port = NULL;
	s->net.backlog = o->backlog;
	s->net.reuseport = o->reuseport;
	s->net.min_ttl = (int)o->min_ttl;
	r = sk_shared_begin(s, err);
	if (r < 0)
		return r;
	r = sk_ssl_begin_server(&o->ssl, err);
	o->server.tls = o->ssl.tls;
	if (r >= 0)
		r = sk_proxy_begin_server(&o->proxy, err);
	o->server.proxy_type = (enum sk_proxy_type)o->proxy.type;
	o->server.proxy_auth = *o->proxy.secret ? o->proxy.secret : NULL;
	if (r >= 0)
		r = sk_shared_stack(s, false, err);
	if (r >= 0)
		r = choose_service(o, err);
	if (o->server.keep_open)
		sk_raise_fd_limit();
	return r;
}

static int listen_run(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct listen_opts *o = opts;
	struct sk_target target = { 0 };
	bool inherited = !argc && !o->shared.source_port;
	int r;

	r = listen_target(&target, o, argc, argv, err);
	if (r < 0)
		return r;
	if (o->recv_fd && target.kind != SK_TARGET_UNIX)
		return sk_usage(err, "--recv-fd needs unix:PATH: descriptors "
				     "travel over no other socket");
	if ((r = listen_prepare(o, err)) >= 0 &&
	    (r = open_listeners(o, &target, inherited, err)) >= 0)
		r = listen_serve(o, err);
	for (int i = 0; i < o->n_listeners; i++)
		sk_listener_free(o->listeners[i]);
	sk_access_end(&o->access);
	r = sk_shared_end(&o->shared, r, err);
	sk_ssl_end(&o->to_ssl);
	sk_ssl_end(&o->ssl);
	return r;
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
