/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS where it was not built in. */
#include "net/dtls.h"

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

int sk_dtls_serve(struct sk_dgram *d, struct sk_tls *tls, uint64_t limit,
		  struct sk_err *err)
{
	(void)d;
	(void)tls;
	(void)limit;
	return sk_fail(err, -EPROTONOSUPPORT, "%s",
		       sk_strerror(EPROTONOSUPPORT));
}

int sk_dtls_connect(struct sk_dgram *d, struct sk_tls *tls, const char *host,
		    uint64_t limit, struct sk_err *err)
{
	(void)host;
	return sk_dtls_serve(d, tls, limit, err);
}
