/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the connections of one command share: options into an SSL_CTX. */
#include "net/tls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "net/dtls_int.h"
#include "net/tls_int.h"

static struct sk_tls *of_ctx(const SSL_CTX *ctx)
{
	return SSL_CTX_get_app_data(ctx);
}

static int no_memory(struct sk_err *err)
{
	ERR_clear_error();
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

/* --- certificate and key ---------------------------------------------------- */

static int passphrase(char *buf, int size, int writing, void *arg)
{
	const char *secret = getenv("SOCKKIT_SSL_PASSPHRASE");
	bool *asked = arg;

	(void)writing;
	*asked = true;
	if (!secret || sk_copy(buf, (size_t)size, secret) < 0)
		return -1;
	return (int)strlen(buf);
}

/* what: that was looked for in the file; NULL: OpenSSL's word says enough. */
static int file_error(const struct sk_tls *tls, const char *option,
		      const char *path, const char *what, struct sk_err *err)
{
	bool pem = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_PEM_LIB;
	char why[256];
	int r = access(path, R_OK) < 0 ? -errno : -EINVAL;

	sk_tls_reason(why, sizeof(why));
	if (r == -EINVAL && pem && what)
		return sk_fail(err, r, "--%sssl-%s %s: %s", tls->prefix,
			       option, path, what);
	return sk_fail(err, r, "--%sssl-%s %s: %s", tls->prefix, option, path,
		       r == -EINVAL ? why : sk_strerror(r));
}

static int load_key(struct sk_tls *tls, bool *asked, struct sk_err *err)
{
	const struct sk_tls_opts *o = tls->opts;
	const char *path = o->key ? o->key : o->cert;

	if (SSL_CTX_use_PrivateKey_file(tls->ctx, path, SSL_FILETYPE_PEM))
		return 0;
	if (!*asked)
		return file_error(tls, o->key ? "key" : "cert", path,
				  o->key ? "no private key is in there (PEM)" :
					   "no private key is in there (PEM); "
					   "--ssl-key FILE says where it is",
				  err);
	ERR_clear_error();
	return sk_fail(err, -EACCES, "%s: the key is encrypted and "
			"SOCKKIT_SSL_PASSPHRASE in the environment does not "
			"open it", path);
}

static int load_cert(struct sk_tls *tls, struct sk_err *err)
{
	const struct sk_tls_opts *o = tls->opts;
	bool asked = false;
	int r;

	if (!o->cert)
		return o->server ? sk_tls_make_cert(tls, err) : 0;
	if (!SSL_CTX_use_certificate_chain_file(tls->ctx, o->cert))
		return file_error(tls, "cert", o->cert,
				  "no certificate is in there (PEM)", err);
	SSL_CTX_set_default_passwd_cb(tls->ctx, passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(tls->ctx, &asked);
	r = load_key(tls, &asked, err);
	SSL_CTX_set_default_passwd_cb(tls->ctx, NULL);
	SSL_CTX_set_default_passwd_cb_userdata(tls->ctx, NULL);
	if (r < 0)
		return r;
	if (!SSL_CTX_check_private_key(tls->ctx)) {
		ERR_clear_error();
		return sk_fail(err, -EINVAL, "--%sssl-key %s: this is not the "
			       "key of the certificate %s", tls->prefix,
			       o->key ? o->key : o->cert, o->cert);
	}
	return 0;
}

/* --- whom to trust ---------------------------------------------------------- */

/* OpenSSL forgets a certificate that it refuses; the sentence needs it. */
static int on_verify(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct sk_tls_state *s = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (!good && cert && !s->refused && X509_up_ref(cert))
		s->refused = cert;
	return good;
}

static int set_trust(struct sk_tls *tls, struct sk_err *err)
{
	const struct sk_tls_opts *o = tls->opts;
	int mode = SSL_VERIFY_PEER;

	if (!o->verify) {
		SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_NONE, NULL);
		return 0;
	}
	if (o->trustfile &&
	    !SSL_CTX_load_verify_file(tls->ctx, o->trustfile))
		return file_error(tls, "trustfile", o->trustfile, NULL, err);
	if (!o->trustfile && !SSL_CTX_set_default_verify_paths(tls->ctx))
		return no_memory(err);
	if (o->server)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	if (o->server && o->trustfile)
		SSL_CTX_set_client_CA_list(
			tls->ctx, SSL_load_client_CA_file(o->trustfile));
	SSL_CTX_set_verify(tls->ctx, mode, on_verify);
	/* A certificate that is trusted itself needs no root above it. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls->ctx),
				    X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

static bool is_number(const char *host)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, host, &addr) == 1 ||
	       inet_pton(AF_INET6, host, &addr) == 1;
}

/*
 * SNI, RFC 6066 section 3: names only, without a dot at the end.
 */
bool sk_tls_expect(const struct sk_tls *tls, struct sk_tls_state *s,
		   const char *host)
{
	SSL *ssl = s->ssl;
	size_t len;

	if (tls->opts->servername)
		host = tls->opts->servername;
	len = strcspn(host, "%");
	if (len && host[len - 1] == '.')
		len--;
	if (sk_copyn(s->host, sizeof(s->host), host, len) < 0 || !len)
		return !len;
	if (is_number(s->host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
						     s->host);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, s->host) &&
	       SSL_set_tlsext_host_name(ssl, s->host);
}

/* --- ciphers and versions --------------------------------------------------- */

/* Names of TLS 1.3 begin with TLS_ and have a list of their own. */
static bool is_tls13_name(const char *name)
{
	return sk_starts_with(name, "TLS_");
}

static void append(char *list, size_t size, const char *name, size_t len)
{
	size_t at = strlen(list);

	snprintf(list + at, size - at, "%s%.*s", at ? ":" : "", (int)len,
		 name);
}

static int set_ciphers(struct sk_tls *tls, struct sk_err *err)
{
	char list[1024] = "", suites[1024] = "", why[256];
	const char *p = tls->opts->ciphers;
	size_t n;

	if (!p)
		return 0;
	if (strlen(p) >= sizeof(list))
		return sk_usage(err, "--ssl-ciphers: too long");
	for (; *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, ":, ");
		if (n && is_tls13_name(p))
			append(suites, sizeof(suites), p, n);
		else if (n)
			append(list, sizeof(list), p, n);
	}
	if ((*suites && !SSL_CTX_set_ciphersuites(tls->ctx, suites)) ||
	    (*list && !SSL_CTX_set_cipher_list(tls->ctx, list)) ||
	    (!*list && !*suites)) {
		sk_tls_reason(why, sizeof(why));
		return sk_usage(err, "--ssl-ciphers %s: %s",
				tls->opts->ciphers, why);
	}
	if (!*list && tls->opts->dgram)
		return sk_usage(err, "--ssl-ciphers %s: none of them is one "
				     "of DTLS 1.2", tls->opts->ciphers);
	/* Suites of TLS 1.3 alone leave nothing for an older version. */
	if (!*list)
		SSL_CTX_set_min_proto_version(tls->ctx, TLS1_3_VERSION);
	return 0;
}

/* RFC 7301: each name with its length before it. */
static int set_alpn(struct sk_tls *tls, struct sk_err *err)
{
	const char *p = tls->opts->alpn;
	size_t n;

	if (!p)
		return 0;
	for (;; p += n + 1) {
		n = strcspn(p, ",");
		if (!n || n > 255 ||
		    tls->alpn_len + n + 1 > sizeof(tls->alpn))
			return sk_usage(err, "--ssl-alpn %s: not a list of "
					     "protocol names", tls->opts->alpn);
		tls->alpn[tls->alpn_len++] = (unsigned char)n;
		memcpy(tls->alpn + tls->alpn_len, p, n);
		tls->alpn_len += (unsigned)n;
		if (!p[n])
			break;
	}
	/* This one alone returns 0 for success. */
	if (SSL_CTX_set_alpn_protos(tls->ctx, tls->alpn, tls->alpn_len))
		return no_memory(err);
	return 0;
}

/* Ours by our preference; none in common is fatal (RFC 7301 section 3.2). */
static int select_alpn(SSL *ssl, const unsigned char **out,
		       unsigned char *len, const unsigned char *in,
		       unsigned in_len, void *arg)
{
	const struct sk_tls *tls = arg;
	unsigned char *found;

	(void)ssl;
	if (SSL_select_next_proto(&found, len, tls->alpn, tls->alpn_len, in,
				  in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = found;
	return SSL_TLSEXT_ERR_OK;
}

/* --- SSLKEYLOGFILE ---------------------------------------------------------- */

static void keylog(const SSL *ssl, const char *line)
{
	const struct sk_tls *tls = of_ctx(SSL_get_SSL_CTX(ssl));
	char text[512];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	if (n > 0 && n < (int)sizeof(text) && write(tls->keylog, text,
						    (size_t)n) < 0)
		return; /* a help for looking, not worth the connection */
}

static int open_keylog(struct sk_tls *tls, struct sk_err *err)
{
	const char *path = secure_getenv("SSLKEYLOGFILE");

	if (!path || !*path)
		return 0;
	tls->keylog = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
					 O_NOCTTY, 0600);
	if (tls->keylog < 0)
		return sk_fail(err, -errno, "SSLKEYLOGFILE %s: %s", path,
			       sk_strerror(errno));
	SSL_CTX_set_keylog_callback(tls->ctx, keylog);
	return 0;
}

/* --- life ------------------------------------------------------------------- */

/* Of streams TLS 1.2 and later, of datagrams DTLS 1.2. */
static bool make_context(struct sk_tls *tls)
{
	const struct sk_tls_opts *o = tls->opts;

	tls->bio = o->dgram ? sk_dtls_bio() : sk_tls_bio();
	tls->ctx = SSL_CTX_new(o->dgram && o->server ? DTLS_server_method() :
			       o->dgram		     ? DTLS_client_method() :
			       o->server	     ? TLS_server_method() :
						       TLS_client_method());
	if (!tls->bio || !tls->ctx)
		return false;
	SSL_CTX_set_app_data(tls->ctx, tls);
	if (o->dgram)
		sk_dtls_set_cookies(tls->ctx);
	return SSL_CTX_set_min_proto_version(
		tls->ctx, o->dgram			    ? DTLS1_2_VERSION :
			  o->min_version == SK_TLS_1_3 ? TLS1_3_VERSION :
							  TLS1_2_VERSION);
}

static int set_up(struct sk_tls *tls, struct sk_err *err)
{
	const struct sk_tls_opts *o = tls->opts;
	int r;

	if (!make_context(tls))
		return no_memory(err);
	SSL_CTX_set_mode(tls->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					   SSL_MODE_RELEASE_BUFFERS);
	/*
	 * No session is ever resumed, so no tickets: a client that has left
	 * meanwhile would answer them with a reset.
	 */
	SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION |
					      SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(tls->ctx, 0);
	SSL_CTX_set_read_ahead(tls->ctx, 1);
	if (!o->dgram)
		SSL_CTX_set_default_read_buffer_len(tls->ctx,
						    16 * SK_TLS_RECORD);
	if ((r = set_ciphers(tls, err)) < 0 || (r = set_alpn(tls, err)) < 0 ||
	    (r = set_trust(tls, err)) < 0 || (r = load_cert(tls, err)) < 0)
		return r;
	if (o->server && tls->alpn_len)
		SSL_CTX_set_alpn_select_cb(tls->ctx, select_alpn, tls);
	return open_keylog(tls, err);
}

int sk_tls_new(struct sk_tls **tls, const struct sk_tls_opts *opts,
	       struct sk_err *err)
{
	struct sk_tls *t;
	int r = sk_openssl_load(err);

	*tls = NULL;
	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	if (!t)
		return no_memory(err);
	t->opts = opts;
	t->prefix = opts->prefix ? opts->prefix : "";
	t->keylog = -1;
	r = set_up(t, err);
	if (r < 0)
		sk_tls_free(t);
	else
		*tls = t;
	return r;
}

void sk_tls_free(struct sk_tls *tls)
{
	struct sk_tls_out *out;

	if (!tls)
		return;
	while ((out = tls->spare)) {
		tls->spare = out->next;
		free(out);
	}
	SSL_CTX_free(tls->ctx);
	BIO_meth_free(tls->bio);
	sk_close(&tls->keylog);
	free(tls);
}

const char *sk_tls_fingerprint(const struct sk_tls *tls)
{
	return *tls->fingerprint ? tls->fingerprint : NULL;
}
