/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/ssl.h"

#include "base/log.h"

#define OFF(field) offsetof(struct sk_ssl, field)
#define OPT(field) offsetof(struct sk_ssl, opts.field)

static const struct sk_opt material[] = {
	{ 0, "ssl-cert", SK_STRING, "FILE", OPT(cert), SK_GRP_TLS,
	  .help = "show this certificate (PEM, with its chain)" },
	{ 0, "ssl-key", SK_STRING, "FILE", OPT(key), SK_GRP_TLS,
	  .needs = "ssl-cert",
	  .help = "the private key, if not in the file of the certificate" },
	{ 0, "ssl-trustfile", SK_STRING, "FILE", OPT(trustfile), SK_GRP_TLS,
	  .help = "trust the certificates in FILE, not the system's" },
	{ 0, "ssl-alpn", SK_STRING, "LIST", OPT(alpn), SK_GRP_TLS,
	  .help = "agree on one of these protocols, e.g. h2,http/1.1" },
	{ 0, "ssl-ciphers", SK_STRING, "LIST", OPT(ciphers), SK_GRP_TLS,
	  .help = "allow these ciphers only, with ':' between them" },
	SK_OPT_END
};

static const struct sk_opt common[] = {
	{ 0, "ssl", SK_FLAG, NULL, OFF(on), SK_GRP_TLS,
	  .help = "encrypt with TLS" },
	{ .kind = SK_INCLUDE, .off = 0, .table = material },
	{ 0, "ssl-min-version", SK_CHOICE, "VERSION", OPT(min_version),
	  SK_GRP_TLS, .choices = "1.2,1.3", .seen = OFF(has_min),
	  .help = "take no version of TLS below this" },
	SK_OPT_END
};

const struct sk_opt sk_ssl_client_options[] = {
	{ .kind = SK_INCLUDE, .off = 0, .table = common },
	{ 0, "ssl-servername", SK_STRING, "NAME", OPT(servername), SK_GRP_TLS,
	  .help = "ask for this host and expect its certificate" },
	{ 0, "ssl-verify", SK_FLAG, NULL, OFF(verify), SK_GRP_TLS,
	  .excludes = "ssl-no-verify",
	  .help = "check the server's certificate (as is done anyway)" },
	{ 0, "ssl-no-verify", SK_FLAG, NULL, OFF(no_verify), SK_GRP_TLS,
	  .excludes = "ssl-verify,ssl-trustfile",
	  .help = "take any certificate, whoever shows it" },
	SK_OPT_END
};

const struct sk_opt sk_ssl_server_options[] = {
	{ .kind = SK_INCLUDE, .off = 0, .table = common },
	{ 0, "ssl-verify", SK_FLAG, NULL, OFF(verify), SK_GRP_TLS,
	  .help = "let in only clients whose certificate is trusted" },
	SK_OPT_END
};

/* One command for both roles. */
const struct sk_opt sk_ssl_dgram_options[] = {
	{ 0, "ssl", SK_FLAG, NULL, OFF(on), SK_GRP_TLS,
	  .help = "encrypt with DTLS 1.2" },
	{ .kind = SK_INCLUDE, .off = 0, .table = material },
	{ 0, "ssl-servername", SK_STRING, "NAME", OPT(servername), SK_GRP_TLS,
	  .excludes = "listen",
	  .help = "ask for this host and expect its certificate" },
	{ 0, "ssl-verify", SK_FLAG, NULL, OFF(verify), SK_GRP_TLS,
	  .excludes = "ssl-no-verify",
	  .help = "with -l: take only peers whose certificate is trusted" },
	{ 0, "ssl-no-verify", SK_FLAG, NULL, OFF(no_verify), SK_GRP_TLS,
	  .excludes = "ssl-verify,ssl-trustfile,listen",
	  .help = "take any certificate, whoever shows it" },
	SK_OPT_END
};

/* Of whoever is connected to besides; PRE is the beginning of the names. */
#define OTHER_ROWS(PRE, NEEDS, WHO)                                           \
	{ 0, PRE "-ssl-trustfile", SK_STRING, "FILE", OPT(trustfile),         \
	  SK_GRP_TLS, .needs = NEEDS,                                         \
	  .help = "trust these certificates of " WHO ", not the system's" },  \
	{ 0, PRE "-ssl-servername", SK_STRING, "NAME", OPT(servername),       \
	  SK_GRP_TLS, .needs = NEEDS,                                         \
	  .help = "expect this name in the certificate of " WHO },            \
	{ 0, PRE "-ssl-no-verify", SK_FLAG, NULL, OFF(no_verify), SK_GRP_TLS, \
	  .needs = NEEDS, .excludes = PRE "-ssl-trustfile",                   \
	  .help = "take any certificate of " WHO },                           \
	{ 0, PRE "-ssl-cert", SK_STRING, "FILE", OPT(cert), SK_GRP_TLS,       \
	  .needs = NEEDS, .help = "show " WHO " this certificate" },          \
	{ 0, PRE "-ssl-key", SK_STRING, "FILE", OPT(key), SK_GRP_TLS,         \
	  .needs = PRE "-ssl-cert",                                           \
	  .help = "the private key, if not in the file of the certificate" }

const struct sk_opt sk_ssl_to_options[] = {
	OTHER_ROWS("to", "to", "--to tls:ADDRESS"),
	SK_OPT_END
};

const struct sk_opt sk_ssl_proxy_options[] = {
	OTHER_ROWS("proxy", "proxy", "https proxies"),
	SK_OPT_END
};

static bool is_wanted(const struct sk_ssl *s)
{
	const struct sk_tls_opts *o = &s->opts;

	return s->on || s->verify || s->no_verify || s->has_min || o->cert ||
	       o->trustfile || o->alpn || o->ciphers || o->servername;
}

static int begin_client(struct sk_ssl *ssl, const char *prefix,
			const struct sk_target *t, struct sk_err *err)
{
	int r;

	ssl->opts.prefix = prefix;
	ssl->opts.verify = !ssl->no_verify;
	if (ssl->opts.verify && !ssl->opts.servername &&
	    t->kind != SK_TARGET_INET)
		return sk_usage(err, "TLS: whose certificate is to be "
				     "expected at this address? Say "
				     "--%sssl-servername or --%sssl-no-verify",
				prefix, prefix);
	r = sk_tls_new(&ssl->tls, &ssl->opts, err);
	if (r >= 0 && ssl->no_verify)
		sk_warn("--%sssl-no-verify: nobody knows who the server is",
			prefix);
	return r;
}

int sk_ssl_begin_client(struct sk_ssl *ssl, const struct sk_target *t,
			struct sk_err *err)
{
	return is_wanted(ssl) ? begin_client(ssl, "", t, err) : 0;
}

int sk_ssl_begin_other(struct sk_ssl *ssl, bool wanted, const char *prefix,
		       const struct sk_target *t, struct sk_err *err)
{
	if (wanted)
		return begin_client(ssl, prefix, t, err);
	return is_wanted(ssl) ? sk_usage(err, "--%sssl-...: nothing there "
					      "speaks TLS", prefix) : 0;
}

int sk_ssl_begin_server(struct sk_ssl *ssl, struct sk_err *err)
{
	int r;

	if (!is_wanted(ssl))
		return 0;
	if (ssl->opts.trustfile && !ssl->verify)
		return sk_usage(err, "--ssl-trustfile says whose clients to "
				     "let in, and needs --ssl-verify");
	ssl->opts.server = true;
	ssl->opts.verify = ssl->verify;
	r = sk_tls_new(&ssl->tls, &ssl->opts, err);
	if (r >= 0 && sk_tls_fingerprint(ssl->tls))
		sk_info("fresh certificate, SHA-256 %s",
			sk_tls_fingerprint(ssl->tls));
	return r;
}

void sk_ssl_end(struct sk_ssl *ssl)
{
	sk_tls_free(ssl->tls);
	ssl->tls = NULL;
}
