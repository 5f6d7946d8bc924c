/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS for people: what a session is, and why there is none. */

#include "base/log.h"
#include "base/text.h"
#include "net/tls_int.h"

const char *sk_tls_reason(char *buf, size_t size)
{
	unsigned long e = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(e);

	snprintf(buf, size, "%s", text ? text : "unknown error");
	ERR_clear_error();
	return buf;
}

/* Text that OpenSSL prints into a memory BIO, escaped, in one line. */
static const char *bio_text(char *buf, size_t size, BIO *bio)
{
	char *data = NULL;
	long n = bio ? BIO_get_mem_data(bio, &data) : 0;

	sk_escape(buf, size, data ? data : "", n > 0 ? (size_t)n : 0);
	BIO_free(bio);
	return buf;
}

static const char *subject(char *buf, size_t size, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio)
		X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
				   XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	return bio_text(buf, size, bio);
}

static const char *date(char *buf, size_t size, const ASN1_TIME *t)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio)
		ASN1_TIME_print(bio, t);
	return bio_text(buf, size, bio);
}

/* --- certificates that do not do -------------------------------------------- */

static void print_name(BIO *bio, const GENERAL_NAME *name)
{
	const ASN1_STRING *s;

	if (name->type != GEN_DNS && name->type != GEN_IPADD)
		return;
	if (BIO_pending(bio))
		BIO_puts(bio, ", ");
	s = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
	if (name->type == GEN_DNS) {
		BIO_write(bio, ASN1_STRING_get0_data(s),
			  ASN1_STRING_length(s));
		return;
	}
	if (ASN1_STRING_length(s) == 4) {
		const unsigned char *ip = ASN1_STRING_get0_data(s);

		BIO_printf(bio, "%d.%d.%d.%d", ip[0], ip[1], ip[2], ip[3]);
	} else {
		BIO_puts(bio, "an IPv6 address");
	}
}

/* Whom a certificate is for: its alternative names, else its subject. */
static const char *names(char *buf, size_t size, X509 *cert)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(cert, NID_subject_alt_name,
					       NULL, NULL);
	BIO *bio = BIO_new(BIO_s_mem());

	for (int i = 0; bio && i < sk_GENERAL_NAME_num(list); i++)
		print_name(bio, sk_GENERAL_NAME_value(list, i));
	GENERAL_NAMES_free(list);
	if (bio && BIO_pending(bio))
		return bio_text(buf, size, bio);
	BIO_free(bio);
	return subject(buf, size, cert);
}

static int bad_dates(const struct sk_tls_state *s, X509 *cert, long why,
		     struct sk_err *err)
{
	char when[64];

	if (why == X509_V_ERR_CERT_NOT_YET_VALID)
		return sk_fail(err, -EPROTO,
			       "%s: the certificate is not valid before %s",
			       s->name,
			       date(when, sizeof(when),
				    X509_get0_notBefore(cert)));
	return sk_fail(err, -EPROTO, "%s: the certificate expired on %s",
		       s->name,
		       date(when, sizeof(when), X509_get0_notAfter(cert)));
}

static int bad_name(const struct sk_tls_state *s, X509 *cert, long why,
		    struct sk_err *err)
{
	char for_whom[200];

	(void)why;
	return sk_fail(err, -EPROTO, "%s: the certificate is for %s, not for "
		       "%s (--%sssl-servername NAME expects another name)",
		       s->name, names(for_whom, sizeof(for_whom), cert),
		       s->host, s->prefix);
}

static int bad_issuer(const struct sk_tls_state *s, X509 *cert, long why,
		      struct sk_err *err)
{
	const char *text = X509_verify_cert_error_string(why);

	(void)cert;
	if (s->server)
		return sk_fail(err, -EPROTO, "%s: the certificate cannot be "
			       "verified: %s (--ssl-trustfile FILE says whom "
			       "to trust)", s->name, text);
	return sk_fail(err, -EPROTO, "%s: the certificate cannot be verified: "
		       "%s (--%sssl-trustfile FILE trusts it, "
		       "--%sssl-no-verify does not look)", s->name, text,
		       s->prefix, s->prefix);
}

static const struct {
	long why;
	int (*say)(const struct sk_tls_state *s, X509 *cert, long why,
		   struct sk_err *err);
} verify_errors[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, bad_dates },
	{ X509_V_ERR_CERT_NOT_YET_VALID, bad_dates },
	{ X509_V_ERR_HOSTNAME_MISMATCH, bad_name },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH, bad_name },
	{ X509_V_OK, bad_issuer },	/* all others */
};

static int explain_verify(const struct sk_tls_state *s, struct sk_err *err)
{
	long why = SSL_get_verify_result(s->ssl);
	size_t i = 0;

	while (verify_errors[i].why != X509_V_OK && verify_errors[i].why != why)
		i++;
	return (s->refused ? verify_errors[i].say :
			     bad_issuer)(s, s->refused, why, err);
}

/* --- handshakes that fail --------------------------------------------------- */

/* The other side of a connection, as it is called. */
static const char *who(const struct sk_tls_state *s)
{
	return s->server ? "the client" : "the server";
}

static bool sent_http(const struct sk_tls_state *s)
{
	return s->n_first >= 5 && !memcmp(s->first, "HTTP/", 5);
}

/* Lower-case words for a reason that OpenSSL knows by number. */
static const struct {
	int reason;
	const char *text;
} reasons[] = {
	{ SSL_R_HTTP_REQUEST, "speaks plain HTTP, not TLS" },
	{ SSL_R_HTTPS_PROXY_REQUEST, "takes us for an HTTP proxy" },
	{ SSL_R_WRONG_VERSION_NUMBER, "does not speak TLS" },
	{ SSL_R_PACKET_LENGTH_TOO_LONG, "does not speak TLS" },
	{ SSL_R_BAD_RECORD_TYPE, "does not speak TLS" },
	{ SSL_R_UNEXPECTED_MESSAGE, "does not speak TLS as it should" },
	{ SSL_R_UNSUPPORTED_PROTOCOL,
	  "speaks no version of TLS that is allowed here" },
	{ SSL_R_NO_SHARED_CIPHER, "has no cipher in common with us" },
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "gave no certificate" },
	{ SSL_R_NO_APPLICATION_PROTOCOL,
	  "knows no protocol that --ssl-alpn names" },
};

/* An alert of the peer's, RFC 8446 section 6.2: "tlsv1 alert unknown ca". */
static int explain_alert(const struct sk_tls_state *s, const char *text,
			 bool in_handshake, struct sk_err *err)
{
	const char *alert = text ? strstr(text, "alert ") : NULL;

	text = alert ? alert + 6 : "alert";
	if (in_handshake)
		return sk_fail(err, -EPROTO, "%s: %s ended the TLS handshake: "
			       "%s", s->name, who(s), text);
	return sk_fail(err, -EPROTO, "%s ended TLS: %s", who(s), text);
}

static int explain_reason(const struct sk_tls_state *s, int reason,
			  const char *text, struct sk_err *err)
{
	if (sent_http(s) && !s->server)
		return sk_fail(err, -EPROTO, "%s: the server speaks plain "
			       "HTTP, not TLS", s->name);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].reason == reason)
			return sk_fail(err, -EPROTO, "%s: %s %s", s->name,
				       who(s), reasons[i].text);
	return sk_fail(err, -EPROTO, "%s: TLS handshake: %s", s->name,
		       text ? text : "failed");
}

static int explain_handshake(const struct sk_tls_state *s, int reason,
			     const char *text, struct sk_err *err)
{
	if (s->error)
		return sk_fail(err, s->error, "%s: TLS handshake: %s", s->name,
			       sk_strerror(s->error));
	if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return explain_verify(s, err);
	if (reason >= SSL_AD_REASON_OFFSET)
		return explain_alert(s, text, true, err);
	if (s->eof)
		return sk_fail(err, -ECONNRESET, "%s: %s closed the "
			       "connection during the TLS handshake", s->name,
			       who(s));
	return explain_reason(s, reason, text, err);
}

static int explain_stream(const struct sk_tls_state *s, int reason,
			  const char *text, struct sk_err *err)
{
	if (s->error)
		return sk_fail(err, s->error, "%s", sk_strerror(s->error));
	if (reason >= SSL_AD_REASON_OFFSET)
		return explain_alert(s, text, false, err);
	if (s->eof)
		return sk_fail(err, -EPROTO, "cut off without a TLS "
			       "close_notify: what was received may be "
			       "incomplete");
	return sk_fail(err, -EPROTO, "TLS: %s", text ? text : "failed");
}

int sk_tls_explain(const struct sk_tls_state *s, bool in_handshake,
		   struct sk_err *err)
{
	unsigned long e = ERR_peek_error();
	int reason = ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0;
	const char *text = ERR_reason_error_string(e);
	int r = (in_handshake ? explain_handshake : explain_stream)(
		s, reason, text, err);

	ERR_clear_error();
	return r;
}

/* --- a session -------------------------------------------------------------- */

void sk_tls_log_session(const struct sk_tls_state *s, bool verify)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	const unsigned char *alpn = NULL;
	char protocol[64] = "none", peer[256] = "no certificate";
	unsigned n = 0;

	if (sk_log_verbosity() < SK_LOG_INFO)
		return;
	SSL_get0_alpn_selected(s->ssl, &alpn, &n);
	if (n)
		sk_escape(protocol, sizeof(protocol), alpn, n);
	if (cert)
		subject(peer, sizeof(peer), cert);
	sk_info("%s: %s, %s, ALPN %s, peer %s%s", s->name,
		SSL_get_version(s->ssl), SSL_get_cipher_name(s->ssl),
		protocol, peer,
		!cert ? "" : verify ? " (verified)" : " (not verified)");
}
