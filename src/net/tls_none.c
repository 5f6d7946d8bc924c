/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS where it was not built in. */
#include "net/tls.h"

int sk_tls_new(struct sk_tls **tls, const struct sk_tls_opts *opts,
	       struct sk_err *err)
{
	(void)opts;
	*tls = NULL;
	return sk_usage(err, "--ssl: this sockkit was built without OpenSSL "
			     "(libssl 3); build it again with that installed");
}

void sk_tls_free(struct sk_tls *tls)
{
	(void)tls;
}

const char *sk_tls_fingerprint(const struct sk_tls *tls)
{
	(void)tls;
	return NULL;
}

struct endpoint *sk_tls_start(struct sk_tls *tls, struct endpoint *below,
			      const char *host, sk_tls_done_fn *done,
			      void *arg)
{
	(void)tls;
	(void)host;
	(void)done;
	(void)arg;
	endpoint_free(below);
	return NULL;
}
