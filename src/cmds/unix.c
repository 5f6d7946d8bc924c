/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit unix: connect or listen on a unix socket of any type. */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cmds/shared.h"
#include "net/dial.h"
#include "net/unix.h"
#include "relay/dgram.h"
#include "relay/server.h"

enum { TYPE_STREAM, TYPE_DGRAM, TYPE_SEQPACKET };

struct unix_opts {
	struct sk_shared shared;
	struct sk_server_opts server;
	struct sk_dgram_opts dgram;
	bool listen, echo, discard, lines, recv_fd;
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
	{ 'l', "listen", SK_FLAG, NULL, OFF(listen), SK_GRP_SERVER,
	  .help = "make the socket and wait for a client" },
	{ 'k', "keep-open", SK_FLAG, NULL, OFF(server.keep_open),
	  SK_GRP_SERVER, .needs = "listen",
	  .help = "serve many clients, at once and for ever" },
	{ 'm', "max-conns", SK_INT, "N", OFF(server.max_conns), SK_GRP_SERVER,
	  .min = 1, .max = INT32_MAX, .needs = "keep-open",
	  .help = "serve at most N clients at once" },
	{ 0, "mode", SK_STRING, "MODE", OFF(mode), SK_GRP_SERVER,
	  .needs = "listen", .help = "permissions of the socket, in octal" },
	{ 0, "echo", SK_FLAG, NULL, OFF(echo), SK_GRP_SERVER,
	  .excludes = "discard", .needs = "listen",
	  .help = "send back what clients send" },
	{ 0, "discard", SK_FLAG, NULL, OFF(discard), SK_GRP_SERVER,
	  .excludes = "echo", .needs = "listen",
	  .help = "take what clients send and drop it" },
	{ 'w', "wait", SK_DURATION, "TIME", OFF(shared.wait), SK_GRP_TIME,
	  .min = 1, .help = "fail when nobody has come within TIME" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_ending_options },
	{ 0, "size", SK_SIZE, "N", OFF(dgram.size), SK_GRP_DATA, .min = 1,
	  .max = SK_UNIX_MAX, .excludes = "lines",
	  .help = "send datagrams, or records, of N bytes" },
	{ 0, "lines", SK_FLAG, NULL, OFF(lines), SK_GRP_DATA,
	  .excludes = "size", .help = "send a datagram, or record, a line" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_one_way_options },
	{ 0, "send-fd", SK_LIST, "PATH|N", OFF(send_args), SK_GRP_DATA,
	  .help = "send this descriptor of ours, or file" },
	{ 0, "recv-fd", SK_FLAG, NULL, OFF(recv_fd), SK_GRP_DATA,
	  .help = "take descriptors, and tell what they are" },
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
	o->pass.take = o->recv_fd;
	o->dgram.fds = o->send_fds;
	o->dgram.n_fds = o->pass.n_fds;
	o->dgram.recv_fds = o->recv_fd;
	if (o->pass.n_fds || o->recv_fd)
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
	if (o->type == TYPE_STREAM && (o->dgram.size || o->lines))
		return sk_usage(err, "--%s needs --type dgram or seqpacket",
				o->lines ? "lines" : "size");
	return 0;
}

static void settle_options(struct unix_opts *o)
{
	struct sk_dgram_opts *d = &o->dgram;

	o->server.service = o->echo    ? SK_SERVE_ECHO :
			    o->discard ? SK_SERVE_DISCARD :
					 SK_SERVE_STDIO;
	o->server.wait = d->wait = o->shared.wait;
	d->service = o->server.service;
	d->server = o->listen;
	d->keep_open = o->server.keep_open;
	d->max_peers = o->server.max_conns;
	d->records = o->type == TYPE_SEQPACKET;
	d->framing = o->lines ? SK_FRAME_LINES :
		     d->size  ? SK_FRAME_SIZE :
				SK_FRAME_READS;
	/* As much as a send buffer of the preset size surely holds. */
	if (!d->size)
		d->size = 64 << 10;
	d->room = SK_UNIX_MAX;
}

/* --- streams ---------------------------------------------------------------- */

/* stdin and stdout, unless a service of our own takes their place. */
static int local_end(struct unix_opts *o, const struct sk_target *t,
		     struct endpoint **local, struct sk_err *err)
{
	char name[SK_ADDR_TEXT_MAX];

	*local = NULL;
	if (o->server.service != SK_SERVE_STDIO)
		return 0;
	return sk_shared_stdio(&o->shared, local, o->listen,
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
	r = local_end(o, t, &local, err);
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

	r = (o->listen ? sk_unix_serve : sk_unix_dial)(
		&u, &s->loop, type, &t->addr, &s->net, err);
	if (r < 0)
		return r;
	sk_info("%s %s", o->listen ? "listening on" : "connected to",
		sk_addr_format(text, &t->addr));
	if (!o->listen)
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
	settle_options(o);
	if (o->server.keep_open)
		sk_raise_fd_limit();
	r = open_fds(o, err);
	if (r >= 0)
		r = sk_shared_begin(&o->shared, err);
	if (r >= 0)
		r = o->type != TYPE_STREAM ? dgram_run(o, &t, err) :
		    o->listen		   ? stream_serve(o, &t, err) :
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
