/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit unix: connect or listen on a unix socket of any type. */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cmds/dgram.h"
#include "net/dial.h"
#include "net/unix.h"
#include "relay/server.h"

enum { TYPE_STREAM, TYPE_DGRAM, TYPE_SEQPACKET };

struct unix_opts {
	struct sk_shared shared;
	struct sk_dgram_args args;
	struct sk_server_opts server;
	struct sk_dgram_opts dgram;
	bool recv_fd;
	int type;
	const char *mode;
	struct sk_strings send_args;
	int send_fds[SK_DGRAM_FDS];
	struct sk_pass pass;
};

#define OFF(field) offsetof(struct unix_opts, field)

static const struct sk_opt unix_options[] = {
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_verbose_options },
	{ 0, "type", SK_CHOICE, "TYPE", OFF(type), SK_GRP_ADDRESS,
	  .choices = "stream,dgram,seqpacket",
	  .help = "kind of socket: a stream, or with boundaries" },
	{ 's', "source", SK_STRING, "PATH", OFF(shared.source), SK_GRP_ADDRESS,
	  .excludes = "listen", .help = "name of our own socket" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_sockopt_options },
	{ .kind = SK_INCLUDE, .off = OFF(args),
	  .table = sk_dgram_server_options },
	{ 0, "mode", SK_STRING, "MODE", OFF(mode), SK_GRP_SERVER,
	  .needs = "listen", .help = "permissions of the socket, in octal" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_program_options },
	{ 'w', "wait", SK_DURATION, "TIME", OFF(shared.wait), SK_GRP_TIME,
	  .min = 1, .help = "fail when nobody has come within TIME" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_ending_options },
	{ .kind = SK_INCLUDE, .off = OFF(args),
	  .table = sk_dgram_framing_options },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_one_way_options },
	{ 0, "send-fd", SK_LIST, "PATH|N", OFF(send_args), SK_GRP_DATA,
	  .help = "send this descriptor of ours, or file" },
	{ 0, "recv-fd", SK_FLAG, NULL, OFF(recv_fd), SK_GRP_DATA,
	  .help = "take descriptors, for the program or to be told of" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_file_options },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_show_options },
	SK_OPT_END
};

/* --- options ---------------------------------------------------------------- */

static int parse_mode(struct unix_opts *o, struct sk_err *err)
{
	struct sk_net_opts *net = &o->shared.net;
	char shown[80];

	if (!o->mode)
		return 0;
	for (const char *p = o->mode; *p; p++) {
		if (*p < '0' || *p > '7' || net->mode > 0777)
			goto wrong;
		net->mode = net->mode * 8 + (unsigned)(*p - '0');
	}
	net->has_mode = true;
	if (*o->mode && net->mode <= 0777)
		return 0;
wrong:
	return sk_usage(err, "--mode %s: not permissions in octal, 0 to 777",
			sk_escape(shown, sizeof(shown), o->mode,
				  strlen(o->mode)));
}

/* All are opened anew, or duplicates: they are closed at the end. */
static int open_fd(const char *arg, struct sk_err *err)
{
	char shown[256];
	uint64_t n;
	int fd, r;

	if (arg[strspn(arg, "0123456789")] || !*arg)
		fd = open(arg, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	else if (sk_parse_uint(arg, &n) < 0 || n > INT32_MAX)
		return sk_usage(err, "--send-fd %s: not a descriptor", arg);
	else
		fd = fcntl((int)n, F_DUPFD_CLOEXEC, 3);
	if (fd >= 0)
		return fd;
	r = -errno;
	return sk_fail(err, r, "--send-fd %s: %s",
		       sk_escape(shown, sizeof(shown), arg, strlen(arg)),
		       sk_strerror(r));
}

static int open_fds(struct unix_opts *o, struct sk_err *err)
{
	if (o->send_args.n > SK_DGRAM_FDS)
		return sk_usage(err, "--send-fd: at most %d can be sent",
				SK_DGRAM_FDS);
	for (size_t i = 0; i < o->send_args.n; i++) {
		int fd = open_fd(o->send_args.v[i], err);

		if (fd < 0)
			return fd;
		o->send_fds[o->pass.n_fds++] = fd;
	}
	o->pass.fds = o->send_fds;
	/* A program is handed them. */
	o->pass.take = o->recv_fd && !o->shared.exec_argv;
	o->dgram.fds = o->send_fds;
	o->dgram.n_fds = o->pass.n_fds;
	o->dgram.recv_fds = o->recv_fd;
	if (o->pass.n_fds || o->pass.take)
		o->shared.net.pass = &o->pass;
	return 0;
}

static void close_fds(struct unix_opts *o)
{
	while (o->pass.n_fds)
		sk_close(&o->send_fds[--o->pass.n_fds]);
}

static int check_options(struct unix_opts *o, struct sk_err *err)
{
	int r = parse_mode(o, err);

	if (r < 0)
		return r;
	if (o->type == TYPE_STREAM && (o->args.size || o->args.lines))
		return sk_usage(err, "--%s needs --type dgram or seqpacket",
				o->args.lines ? "lines" : "size");
	if (o->recv_fd && !o->args.listen &&
	    (o->shared.exec || o->shared.sh_exec))
		return sk_usage(err, "--recv-fd for a program needs --listen");
	return 0;
}

/* After sk_shared_begin(), which splits the command line of -e. */
static void settle_options(struct unix_opts *o)
{
	struct sk_dgram_opts *d = &o->dgram;

	/* As much as a send buffer of the preset size surely holds. */
	sk_dgram_settle(d, &o->args, &o->shared, 64 << 10);
	d->room = SK_UNIX_MAX;
	d->records = o->type == TYPE_SEQPACKET;
	o->server = (struct sk_server_opts){
		.service = d->service,
		.keep_open = d->keep_open,
		.max_conns = d->max_peers,
		.max_children = o->args.max_children,
		.wait = d->wait,
		.program = d->program,
		.hand_fds = o->recv_fd && d->program.argv,
	};
	if (d->keep_open)
		sk_raise_fd_limit();
}

/* --- streams ---------------------------------------------------------------- */

/* stdin and stdout, unless a service of our own takes their place. */
static int local_end(struct unix_opts *o, const struct sk_target *t,
		     struct endpoint **local, struct sk_err *err)
{
	char name[SK_ADDR_TEXT_MAX];

	*local = NULL;
	if (o->dgram.service != SK_SERVE_STDIO)
		return 0;
	return sk_shared_stdio(&o->shared, local, o->args.listen,
			       sk_target_format(name, t), err);
}

static int stream_serve(struct unix_opts *o, const struct sk_target *t,
			struct sk_err *err)
{
	struct sk_shared *s = &o->shared;
	char text[SK_ADDR_TEXT_MAX];
	struct sk_listener *l = NULL;
	struct endpoint *local;
	int r = sk_listener_open(&l, &s->loop, t, &s->net, err);

	if (r < 0)
		return r;
	sk_info("listening on %s", sk_addr_format(text, &t->addr));
	r = local_end(o, t, &local, err);
	if (r >= 0)
		r = sk_server_run(&s->shared_relay, l, local, &o->server, err);
	sk_listener_free(l);
	return r;
}

static int program_end(struct unix_opts *o, struct endpoint **local,
		       const struct endpoint *peer, struct sk_err *err)
{
	struct sk_child_for who;

	sk_child_for_stream(&who, peer, NULL, 0);
	return endpoint_child(local, &o->shared.loop, &o->server.program, &who,
			      err);
}

static int stream_dial(struct unix_opts *o, const struct sk_target *t,
		       struct sk_err *err)
{
	struct sk_shared *s = &o->shared;
	struct endpoint *local, *peer;
	int r = endpoint_connect(&peer, &s->loop, t, &s->net, err);

	if (r < 0)
		return r;
	sk_info("connected to %s", peer->name_in);
	s->shared_relay.we_called = true;
	sk_unix_tell_peer(endpoint_socket_fd(peer));
	r = o->server.service == SK_SERVE_PROGRAM ?
		    program_end(o, &local, peer, err) :
		    local_end(o, t, &local, err);
	if (r < 0) {
		endpoint_free(peer);
		return r;
	}
	return sk_relay_pair(&s->shared_relay, local, peer, err);
}

/* --- datagrams and records -------------------------------------------------- */

static int dgram_run(struct unix_opts *o, const struct sk_target *t,
		     struct sk_err *err)
{
	int type = o->type == TYPE_DGRAM ? SOCK_DGRAM : SOCK_SEQPACKET, r;
	static const struct sk_addr connected;
	struct sk_shared *s = &o->shared;
	char text[SK_ADDR_TEXT_MAX];
	struct endpoint *local;
	struct sk_unix_dgram u = { 0 };

	r = (o->args.listen ? sk_unix_serve : sk_unix_dial)(
		&u, &s->loop, type, &t->addr, &s->net, err);
	if (r < 0)
		return r;
	sk_info("%s %s", o->args.listen ? "listening on" : "connected to",
		sk_addr_format(text, &t->addr));
	if (!o->args.listen)
		sk_unix_tell_peer(u.d->fd);
	r = local_end(o, t, &local, err);
	if (r < 0)
		sk_dgram_free(u.d);
	else
		r = sk_dgram_relay(&s->shared_relay, local, &u.d, 1,
				   &connected, &o->dgram, err);
	sk_unix_fini(&u);
	return r;
}

/* --- running ---------------------------------------------------------------- */

/* -s names our own socket; to the shared part it would be a host. */
static int parse_source(struct unix_opts *o, struct sk_err *err)
{
	const char *source = o->shared.source;

	o->shared.source = NULL;
	if (!source)
		return 0;
	if (o->type == TYPE_STREAM)
		return sk_usage(err, "--source needs --type dgram or "
				     "seqpacket");
	return sk_addr_unix(&o->shared.net.source, source, err);
}

static int unix_run(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct unix_opts *o = opts;
	struct sk_target t = { .kind = SK_TARGET_UNIX, .fd = -1 };
	const char *path = argv[0];
	int r;

	(void)argc;
	if (sk_starts_with(path, "unix:"))
		path += 5;
	if ((r = sk_addr_unix(&t.addr, path, err)) < 0 ||
	    (r = check_options(o, err)) < 0 ||
	    (r = parse_source(o, err)) < 0)
		return r;
	r = sk_shared_begin(&o->shared, err);
	settle_options(o);
	if (r >= 0)
		r = open_fds(o, err);
	if (r >= 0)
		r = o->type != TYPE_STREAM ? dgram_run(o, &t, err) :
		    o->args.listen		   ? stream_serve(o, &t, err) :
					     stream_dial(o, &t, err);
	close_fds(o);
	return sk_shared_end(&o->shared, r, err);
}

const struct sk_cmd sk_cmd_unix = {
	.name = "unix",
	.summary = "connect or listen on a unix socket",
	.operands = "PATH | @NAME",
	.options = unix_options,
	.opts_size = sizeof(struct unix_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = unix_run,
};
