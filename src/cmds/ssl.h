/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The --ssl options, of clients and of servers. */
#ifndef SK_CMDS_SSL_H
#define SK_CMDS_SSL_H

#include "cli/cli.h"
#include "net/tls.h"
#include "sock/addr.h"

struct sk_ssl {
	bool on, verify, no_verify, has_min;
	struct sk_tls_opts opts;
	struct sk_tls *tls;	/* NULL: no TLS */
};

extern const struct sk_opt sk_ssl_client_options[];
extern const struct sk_opt sk_ssl_server_options[];

/*
 * Options into ssl->tls; any of them means --ssl. t is what a client connects
 * to. 0 or a negative errno with err.
 */
int sk_ssl_begin_client(struct sk_ssl *ssl, const struct sk_target *t,
			struct sk_err *err);
int sk_ssl_begin_server(struct sk_ssl *ssl, struct sk_err *err);
/* When all connections are gone. */
void sk_ssl_end(struct sk_ssl *ssl);

#endif
