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

/* Tables to be included at the offset of a struct sk_ssl. */
extern const struct sk_opt sk_ssl_client_options[];
extern const struct sk_opt sk_ssl_server_options[];
extern const struct sk_opt sk_ssl_dgram_options[];
/* The same for a connection besides: --to-ssl-…, --proxy-ssl-…. */
extern const struct sk_opt sk_ssl_to_options[];
extern const struct sk_opt sk_ssl_proxy_options[];

/*
 * Options into ssl->tls; any of them means --ssl. t is what a client connects
 * to. 0 or a negative errno with err.
 */
int sk_ssl_begin_client(struct sk_ssl *ssl, const struct sk_target *t,
			struct sk_err *err);
/*
 * The same for --to tls:… and proxies over TLS: wanted when an address says
 * so, and only then may there be options, whose names begin with prefix.
 */
int sk_ssl_begin_other(struct sk_ssl *ssl, bool wanted, const char *prefix,
		       const struct sk_target *t, struct sk_err *err);
int sk_ssl_begin_server(struct sk_ssl *ssl, struct sk_err *err);
/* When all connections are gone. */
void sk_ssl_end(struct sk_ssl *ssl);

#endif
