/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of the clients of a listener: one session each. */
#ifndef SK_RELAY_SERVER_H
#define SK_RELAY_SERVER_H

#include "net/child.h"
#include "net/dial.h"
#include "net/listener.h"
#include "net/proxy.h"
#include "net/tls.h"
#include "relay/access.h"
#include "relay/hub.h"
#include "relay/relay.h"

enum sk_service {
	SK_SERVE_STDIO,		/* stdin and stdout */
	SK_SERVE_ECHO,		/* RFC 862 */
	SK_SERVE_DISCARD,	/* RFC 863 */
	SK_SERVE_PROGRAM,	/* a program for each client */
	SK_SERVE_FORWARD,	/* a connection for each client */
	SK_SERVE_PROXY,		/* to wherever the client asks */
	SK_SERVE_BROKER,	/* what one sends goes to all others */
};

struct sk_server_opts {
	enum sk_service service;
	bool keep_open;		/* serve for ever, many at once */
	int64_t max_conns;	/* at once, with keep_open; 0: no limit */
	int64_t max_children;	/* likewise; more wait in the backlog */
	uint64_t wait;		/* µs for the (first) client; 0: for ever */
	bool telnet;		/* peers speak it */
	bool chat;		/* BROKER: names, whole lines, no control bytes */
	const struct sk_access *access; /* NULL: everybody is welcome */
	struct sk_child_opts program;
	bool hand_fds;		/* the program gets descriptors of the client */
	const struct sk_target *to;	/* FORWARD */
	const struct sk_net_opts *to_opts;
	struct sk_tls *tls;	/* NULL: plain */
	enum sk_proxy_type proxy_type;	/* PROXY: HTTP or SOCKS 5 … */
	const char *proxy_auth;		/* … for this USER:PASS; NULL: all */
};

/*
 * Serve until the one client's session is over, or for ever, or until the
 * loop is stopped. Takes `local` (stdin and stdout, or NULL for the other
 * services), not the listener. 0 or a negative errno with err.
 */
int sk_server_run(struct sk_relay *relay, struct sk_listener *listener,
		  struct endpoint *local, const struct sk_server_opts *opts,
		  struct sk_err *err);

#endif
