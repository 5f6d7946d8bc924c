/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit connect: open one connection and relay it to stdin and stdout. */
#include "base/log.h"
#include "cmds/scan.h"
#include "cmds/proxy.h"
#include "cmds/ssl.h"
#include "net/dial.h"
#include "net/ep_filter.h"

struct connect_opts {
	struct sk_shared shared;
	struct sk_scan_opts scan;
	struct sk_ssl ssl;
	struct sk_proxy_args proxy;
	int64_t retry;
};

#define OFF(field) offsetof(struct connect_opts, field)

static const struct sk_opt connect_options[] = {
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_net_options },
	{ 'k', "keep-open", SK_FLAG, NULL, OFF(shared.relay.keep_open),
	  SK_GRP_DATA,
	  .help = "go on sending after the peer has closed its half" },
	{ 0, "retry", SK_INT, "N", OFF(retry), SK_GRP_TIME, .max = INT32_MAX,
	  .help = "try N times more when the connection fails" },
	{ .kind = SK_INCLUDE, .off = OFF(ssl), .table = sk_ssl_client_options },
	{ .kind = SK_INCLUDE, .off = OFF(proxy),
	  .table = sk_proxy_client_options },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_program_options },
	{ 'z', "scan", SK_FLAG, NULL, OFF(scan.scan), SK_GRP_SCAN,
	  .excludes = "exec,sh-exec,stack",
	  .help = "report which of PORT[-PORT][,...] are open, send nothing" },
	{ 0, "udp", SK_FLAG, NULL, OFF(scan.udp), SK_GRP_SCAN, .needs = "scan",
	  .help = "scan UDP ports, by an empty datagram each" },
	{ 0, "parallel", SK_INT, "N", OFF(scan.parallel), SK_GRP_SCAN,
	  .min = 1, .max = 65535, .needs = "scan",
	  .help = "try N ports at once (256)" },
	{ 0, "json", SK_FLAG, NULL, OFF(scan.json), SK_GRP_SCAN,
	  .needs = "scan", .help = "print the result as JSON" },
	{ .kind = SK_INCLUDE, .off = OFF(shared), .table = sk_relay_options },
	SK_OPT_END
};

static int connect_target(struct sk_target *t, int argc, char **argv,
			  struct sk_err *err)
{
	int r = sk_shared_target(t, argc, argv, false, err);

	if (r < 0 || t->kind != SK_TARGET_INET)
		return r;
	if (!strcmp(t->service, "0"))
		return sk_usage(err, "port 0: nothing can be reached there");
	return 0;
}

/* The program of -e or -c, else stdin and stdout. */
static int local_end(struct sk_shared *o, struct endpoint **local,
		     const struct endpoint *peer, const char *target,
		     struct sk_err *err)
{
	struct sk_child_opts child;
	struct sk_child_for who;

	if (sk_shared_program(o, &child)) {
		sk_child_for_stream(&who, peer, NULL, 0);
		return endpoint_child(local, &o->loop, &child, &who, err);
	}
	return sk_shared_stdio(o, local, false, target, err);
}

static int connect_relay(struct sk_shared *o, const struct sk_target *t,
			 struct sk_err *err)
{
	struct endpoint *local, *peer;
	char name[SK_ADDR_TEXT_MAX];
	int r;

	r = sk_shared_stack(o, true, err);
	if (r < 0)
		return r;
	r = endpoint_connect(&peer, &o->loop, t, &o->net, err);
	if (r < 0)
		return r;
	sk_info("connected to %s", peer->name_in);
	o->shared_relay.we_called = true;
	if (o->telnet &&
	    (r = endpoint_filter(&peer, peer, &sk_filter_telnet)) < 0)
		return sk_fail(err, r, "%s", sk_strerror(r));
	r = local_end(o, &local, peer, sk_target_format(name, t), err);
	if (r < 0) {
		endpoint_free(peer);
		return r;
	}
	return sk_relay_pair(&o->shared_relay, local, peer, err);
}

static int connect_scan(struct connect_opts *o, int argc, char **argv,
			struct sk_err *err)
{
	int r;

	if (argc != 2)
		return sk_usage(err, "a scan needs HOST and PORT[-PORT][,...]");
	r = sk_shared_begin(&o->shared, err);
	if (r >= 0)
		r = sk_scan_cmd(&o->shared, &o->scan, argv[0], argv[1], err);
	return sk_shared_end(&o->shared, r, err);
}

static int connect_run(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct connect_opts *o = opts;
	struct sk_target target;
	int r;

	if (o->scan.scan)
		return connect_scan(o, argc, argv, err);
	r = connect_target(&target, argc, argv, err);
	if (r < 0)
		return r;
	if (o->shared.stack && target.kind != SK_TARGET_INET)
		return sk_usage(err, "--stack connects to a host and port");
	o->shared.net.retry = o->retry;
	r = sk_shared_begin(&o->shared, err);
	if (r >= 0)
		r = sk_proxy_begin_client(&o->proxy, &o->shared.net, &target,
					  err);
	if (r >= 0)
		r = sk_ssl_begin_client(&o->ssl, &target, err);
	o->shared.net.tls = o->ssl.tls;
	if (r >= 0)
		r = connect_relay(&o->shared, &target, err);
	r = sk_shared_end(&o->shared, r, err);
	sk_ssl_end(&o->ssl);
	sk_proxy_end(&o->proxy);
	return r;
}

const struct sk_cmd sk_cmd_connect = {
	.name = "connect",
	.summary = "connect to a listening socket and relay bytes",
	.operands = "HOST PORT | ADDRESS",
	.options = connect_options,
	.opts_size = sizeof(struct connect_opts),
	.min_operands = 1,
	.max_operands = 2,
	.run = connect_run,
};
