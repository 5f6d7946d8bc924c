/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The --proxy options, of clients and of the proxy that listens. */
#ifndef SK_CMDS_PROXY_H
#define SK_CMDS_PROXY_H

#include "cli/cli.h"
#include "cmds/ssl.h"
#include "net/options.h"
#include "net/proxy.h"

struct sk_proxy_args {
	struct sk_strings list;
	int type, dns;
	bool has_type, has_dns;
	const char *auth;

	struct sk_ssl ssl;	/* to proxies that want it */
	char secret[SK_PROXY_AUTH_MAX + 1]; /* "" for none */
	struct sk_proxies proxies;
};

extern const struct sk_opt sk_proxy_client_options[];
extern const struct sk_opt sk_proxy_udp_options[];
extern const struct sk_opt sk_proxy_server_options[];

/* Options into net->proxies, for the way to t. 0 or negative errno. */
int sk_proxy_begin_client(struct sk_proxy_args *a, struct sk_net_opts *net,
			  const struct sk_target *t, struct sk_err *err);
/* The same for datagrams: proxies of SOCKS 5. */
int sk_proxy_begin_udp(struct sk_proxy_args *a, struct sk_net_opts *net,
		       struct sk_err *err);
/* When all connections are gone. */
void sk_proxy_end(struct sk_proxy_args *a);
/* 0 or negative errno; then a->type and a->secret say what to be. */
int sk_proxy_begin_server(struct sk_proxy_args *a, struct sk_err *err);

#endif
