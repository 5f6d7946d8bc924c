/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit udp: send and receive datagrams. */
#include "base/log.h"
#include "cmds/access.h"
#include "cmds/dgram.h"
#include "cmds/portfile.h"
#include "cmds/proxy.h"
#include "cmds/ssl.h"
#include "net/dgram_open.h"
#include "net/dtls.h"
#include "net/socks.h"

struct udp_opts {
	struct sk_shared shared;
	struct sk_dgram_args args;
	struct sk_dgram_opts dgram;
	struct sk_udp_opts udp;
	struct sk_access_args access;
	struct sk_ssl ssl;
	struct sk_proxy_args proxy;
	const char *port_file;
	struct sk_strings join_args;
	struct sk_mcast *joins;
};

#define OFF(field) offsetof(struct udp_opts, field)

static const struct sk_opt udp_options[] = {
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_verbose_options },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_address_options },
	{ 0, "stack", SK_STRING, "SPEC", OFF(shared.stack), SK_GRP_ADDRESS,
	  .excludes = "udplite",
	  .help = "use a TCP/IP of our own, e.g. tap or wire,path=SOCKET" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_sockopt_options },
	{ 0, "unconnected", SK_FLAG, NULL, OFF(udp.unconnected),
	  SK_GRP_ADDRESS, .excludes = "listen",
	  .help = "take answers from anybody" },
	{ 0, "broadcast", SK_FLAG, NULL, OFF(udp.broadcast), SK_GRP_ADDRESS,
	  .help = "allow a broadcast address" },
	{ 0, "join", SK_LIST, "GROUP[@IF][,SOURCE]", OFF(join_args),
	  SK_GRP_ADDRESS, .help = "receive what is sent to this group" },
	{ 0, "ttl", SK_INT, "N", OFF(udp.ttl), SK_GRP_ADDRESS, .min = 1,
	  .max = 255, .seen = OFF(udp.has_ttl),
	  .help = "let datagrams pass at most N-1 routers" },
	{ 0, "loop", SK_CHOICE, "WHETHER", OFF(udp.loop), SK_GRP_ADDRESS,
	  .choices = "off,on", .seen = OFF(udp.has_loop),
	  .help = "receive here what is sent to a group from here" },
	{ 0, "udplite", SK_FLAG, NULL, OFF(udp.lite), SK_GRP_ADDRESS,
	  .help = "use UDP-Lite" },
	{ .kind = SK_INCLUDE, .off = OFF(args),
	  .table = sk_dgram_server_options },
	{ 0, "port-file", SK_STRING, "FILE", OFF(port_file), SK_GRP_SERVER,
	  .needs = "listen", .help = "write each address and port there" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_program_options },
	{ .kind = SK_INCLUDE, .off = OFF(access), .table = sk_access_options },
	{ .kind = SK_INCLUDE, .off = OFF(ssl), .table = sk_ssl_dgram_options },
	{ .kind = SK_INCLUDE, .off = OFF(proxy),
	  .table = sk_proxy_udp_options },
	{ 'w', "wait", SK_DURATION, "TIME", OFF(shared.wait), SK_GRP_TIME,
	  .min = 1, .help = "fail when no datagram comes within TIME" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_ending_options },
	{ 0, "limit-rate", SK_RATE, "RATE", OFF(shared.relay.rate),
	  SK_GRP_TIME, .min = 1,
	  .help = "send at most RATE bytes a second" },
	{ .kind = SK_INCLUDE, .off = OFF(args),
	  .table = sk_dgram_framing_options },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_one_way_options },
	{ 0, "no-gso", SK_FLAG, NULL, OFF(udp.no_gso), SK_GRP_DATA,
	  .help = "pass each datagram to the kernel on its own" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_file_options },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_show_options },
	SK_OPT_END
};

/* --- operands --------------------------------------------------------------- */

/* -p and -s are another way to write the operands, as for listen. */
static int listen_target(struct sk_target *t, struct sk_shared *s, int argc,
			 char **argv, struct sk_err *err)
{
	const char *host = s->source, *port = s->source_port;

	if (argc && port)
		return sk_usage(err, "--source-port and an operand both name "
				     "the port");
	if (!argc && !port)
		return sk_usage(err, "a port is needed ([HOST] PORT)");
	if (host && (argc > 1 || (argc && strchr(argv[0], ':'))))
		return sk_usage(err, "--source and an operand both name the "
				     "address");
	s->source = s->source_port = NULL;
	if (port || host)
		return sk_target_parse_pair(t, host, port ? port : argv[0],
					    err);
	return sk_shared_target(t, argc, argv, true, err);
}

static int dial_target(struct sk_target *t, int argc, char **argv,
		       struct sk_err *err)
{
	int r;

	if (!argc)
		return sk_usage(err, "whom to send to? (HOST PORT)");
	r = sk_shared_target(t, argc, argv, false, err);
	if (r >= 0 && t->kind == SK_TARGET_INET && !strcmp(t->service, "0"))
		return sk_usage(err, "port 0: nothing can be reached there");
	return r;
}

static int udp_target(struct sk_target *t, struct udp_opts *o, int argc,
		      char **argv, struct sk_err *err)
{
	int r = o->args.listen ? listen_target(t, &o->shared, argc, argv, err) :
				 dial_target(t, argc, argv, err);

	if (r >= 0 && t->kind == SK_TARGET_UNIX)
		return sk_usage(err, "not an address of UDP (HOST PORT); for "
				     "unix sockets there is sockkit unix");
	if (r >= 0 && o->shared.stack && t->kind != SK_TARGET_INET)
		return sk_usage(err, "--stack talks to a host and port");
	return r;
}

static int parse_joins(struct udp_opts *o, struct sk_err *err)
{
	size_t n = o->join_args.n;
	int r = 0;

	if (!n)
		return 0;
	o->joins = calloc(n, sizeof(*o->joins));
	if (!o->joins)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	for (size_t i = 0; i < n && r >= 0; i++)
		r = sk_mcast_parse(&o->joins[i], o->join_args.v[i], err);
	o->udp.joins = o->joins;
	o->udp.n_joins = n;
	return r;
}

/* --- running ---------------------------------------------------------------- */

/* The array of sockets, ended by NULL. */
static const struct sk_addr *sock_addr(const void *of, size_t i)
{
	struct sk_dgram *const *socks = of;

	return socks[i] ? &socks[i]->addr : NULL;
}

static int announce(const struct udp_opts *o, struct sk_dgram *const socks[],
		    struct sk_err *err)
{
	char text[SK_ADDR_TEXT_MAX];

	for (size_t i = 0; socks[i]; i++)
		sk_info("listening on %s",
			sk_addr_format(text, &socks[i]->addr));
	return o->port_file ? sk_portfile_write_all(o->port_file, sock_addr,
						    socks, err) : 0;
}

/* Sockets into v; their number. to: where a client sends to. */
static int open_socks(struct udp_opts *o, const struct sk_target *t,
		      struct sk_dgram *v[], struct sk_addr *to,
		      struct sk_err *err)
{
	struct sk_shared *s = &o->shared;
	char text[SK_ADDR_TEXT_MAX];
	int n;

	if (t->kind == SK_TARGET_FD) {
		n = sk_udp_inherit(&v[0], &s->loop, t->fd, o->args.listen,
				   &o->udp, err);
		v[1] = NULL;
		return n < 0 ? n : 1;
	}
	if (o->args.listen) {
		n = sk_udp_bind(v, &s->loop, t, &s->net, &o->udp, err);
		if (n < 0)
			return n;
		v[n] = NULL;
		return n;
	}
	if (s->net.proxies)
		n = sk_socks_udp_dial(&v[0], &s->loop, t, &s->net, &o->udp,
				      err);
	else
		n = sk_udp_dial(&v[0], to, &s->loop, t, &s->net, &o->udp, err);
	if (n < 0)
		return n;
	sk_info("sending to %s",
		sk_addr_format(text, v[0]->connected ? &v[0]->peer : to));
	return 1;
}

/* The layer over the sockets; a client's stands when this returns 0. */
static int encrypt(struct udp_opts *o, const struct sk_target *t,
		   struct sk_dgram *v[], int n, struct sk_err *err)
{
	uint64_t wait = o->shared.wait;
	int r = 0;

	if (!o->ssl.tls)
		return 0;
	if (!o->args.listen && !v[0]->connected)
		return sk_usage(err, "--ssl: this is no address of one peer");
	if (!o->args.listen)
		return sk_dtls_connect(v[0], o->ssl.tls,
				       *t->host ? t->host : "localhost", wait,
				       err);
	for (int i = 0; i < n && r >= 0; i++)
		r = sk_dtls_serve(v[i], o->ssl.tls, wait, err);
	return r;
}

static void close_socks(struct sk_dgram *v[], int n)
{
	while (n > 0)
		sk_dgram_free(v[--n]);
}

static int udp_relay(struct udp_opts *o, const struct sk_target *t,
		     struct sk_err *err)
{
	struct sk_dgram *socks[SK_ADDRS_MAX + 1];
	struct sk_addr to = { .len = 0 };
	struct endpoint *local = NULL;
	char name[SK_ADDR_TEXT_MAX];
	int n, r = sk_shared_stack(&o->shared, !o->args.listen, err);

	if (r < 0)
		return r;
	n = open_socks(o, t, socks, &to, err);
	if (n < 0)
		return n;
	r = encrypt(o, t, socks, n, err);
	if (r >= 0 && o->args.listen)
		r = announce(o, socks, err);
	if (socks[0]->family == AF_UNIX)
		o->dgram.room = SK_UNIX_MAX;
	if (r >= 0 && o->dgram.service == SK_SERVE_STDIO)
		r = sk_shared_stdio(&o->shared, &local, o->args.listen,
				    sk_target_format(name, t), err);
	if (r < 0) {
		close_socks(socks, n);
		return r;
	}
	return sk_dgram_relay(&o->shared.shared_relay, local, socks, n, &to,
			      &o->dgram, err);
}

static int check_options(const struct udp_opts *o, struct sk_err *err)
{
	if (o->args.size > SK_UDP6_MAX)
		return sk_usage(err, "--size: a datagram holds at most %d "
				     "bytes", SK_UDP6_MAX);
	if (o->access.rules && !o->args.listen)
		return sk_usage(err, "--allow and --deny choose clients, and "
				     "need --listen");
	return 0;
}

static int begin_ssl(struct udp_opts *o, const struct sk_target *t,
		     struct sk_err *err)
{
	int r;

	o->ssl.opts.dgram = true;
	r = o->args.listen ? sk_ssl_begin_server(&o->ssl, err) :
			     sk_ssl_begin_client(&o->ssl, t, err);
	if (r < 0 || !o->ssl.tls)
		return r;
	if (o->udp.unconnected || o->udp.broadcast || o->join_args.n)
		return sk_usage(err, "--ssl: DTLS is spoken with one peer, not "
				     "with --unconnected, --broadcast or "
				     "--join");
	if (o->args.size > SK_DTLS_MAX)
		return sk_usage(err, "--size: a datagram of DTLS has at most "
				     "%d bytes", SK_DTLS_MAX);
	return 0;
}

/* What a datagram may hold, when nothing else is asked for. */
static size_t largest(const struct udp_opts *o)
{
	if (o->ssl.tls)
		return SK_DTLS_MAX;
	return o->shared.net.proxies ? SK_UDP4_MAX - SK_SOCKS_HEAD_MAX :
				       SK_UDP4_MAX;
}

/* All that has memory or a socket to be given back, whatever becomes of it. */
static int begin(struct udp_opts *o, const struct sk_target *t,
		 struct sk_err *err)
{
	int r = parse_joins(o, err);

	if (r >= 0)
		r = sk_access_begin(&o->access, err);
	if (r >= 0)
		r = sk_shared_begin(&o->shared, err);
	if (r >= 0)
		r = check_options(o, err);
	if (r >= 0)
		r = sk_proxy_begin_udp(&o->proxy, &o->shared.net, err);
	if (r >= 0)
		r = begin_ssl(o, t, err);
	sk_dgram_settle(&o->dgram, &o->args, &o->shared, largest(o));
	o->dgram.room = 64 << 10;
	o->dgram.access = o->access.rules;
	o->dgram.keep_peers = o->ssl.tls ? SK_DTLS_PEERS : 0;
	o->udp.no_gro = o->args.lines || o->shared.relay.hex_dump ||
			o->shared.hex || o->ssl.tls;
	return r;
}

static int udp_run(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct udp_opts *o = opts;
	struct sk_target target = { 0 };
	int r;

	if ((r = udp_target(&target, o, argc, argv, err)) < 0)
		return r;
	r = begin(o, &target, err);
	if (r >= 0)
		r = udp_relay(o, &target, err);
	free(o->joins);
	sk_access_end(&o->access);
	r = sk_shared_end(&o->shared, r, err);
	sk_ssl_end(&o->ssl);
	return r;
}

const struct sk_cmd sk_cmd_udp = {
	.name = "udp",
	.summary = "send and receive datagrams",
	.operands = "[HOST] PORT | ADDRESS",
	.options = udp_options,
	.opts_size = sizeof(struct udp_opts),
	.min_operands = 0,
	.max_operands = 2,
	.run = udp_run,
};
