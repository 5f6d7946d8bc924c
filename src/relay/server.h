/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of the clients of a listener: one session each. */
#ifndef SK_RELAY_SERVER_H
#define SK_RELAY_SERVER_H

#include "net/listener.h"
#include "relay/relay.h"

enum sk_service {
	SK_SERVE_STDIO,		/* stdin and stdout */
	SK_SERVE_ECHO,		/* RFC 862 */
	SK_SERVE_DISCARD,	/* RFC 863 */
};

struct sk_server_opts {
	enum sk_service service;
	bool keep_open;		/* serve for ever, many at once */
	int64_t max_conns;	/* at once, with keep_open; 0: no limit */
	uint64_t wait;		/* µs for the (first) client; 0: for ever */
};

/*
 * Serve until the one client's session is over, or for ever, or until the
 * loop is stopped. Takes `local` (stdin and stdout, or NULL for a built-in
 * service), not the listener. 0 or a negative errno with err.
 */
int sk_server_run(struct sk_relay *relay, struct sk_listener *listener,
		  struct endpoint *local, const struct sk_server_opts *opts,
		  struct sk_err *err);

#endif
