/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate for a listener that was given none: new at every start. */
#include <unistd.h>

#include "net/tls_int.h"

#define LIFETIME (365L * 24 * 3600)
#define CLOCK_SKEW (24L * 3600)	/* the peer's clock may be behind */

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool done = ext && X509_add_ext(cert, ext, -1);

	X509_EXTENSION_free(ext);
	return done;
}

/* A host name that is no DNS name would make the whole list invalid. */
static bool is_dns_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789.-")];
}

static bool add_names(X509 *cert)
{
	char host[256] = "", list[400];
	X509_NAME *name = X509_get_subject_name(cert);
	const unsigned char *cn = (const unsigned char *)"sockkit";

	if (gethostname(host, sizeof(host) - 1) < 0 || !is_dns_name(host))
		host[0] = '\0';
	snprintf(list, sizeof(list), "DNS:localhost%s%s,IP:127.0.0.1,IP:::1",
		 *host ? ",DNS:" : "", host);
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1,
					  -1, 0) &&
	       X509_set_issuer_name(cert, name) &&
	       add_extension(cert, NID_subject_alt_name, list);
}

/* RFC 5280 4.1.2.2: positive and unique; 127 bits from the generator. */
static bool set_serial(X509 *cert)
{
	unsigned char bytes[16];
	BIGNUM *n = NULL;
	bool done = false;

	if (RAND_bytes(bytes, sizeof(bytes)) > 0) {
		bytes[0] &= 0x7f;
		n = BN_bin2bn(bytes, sizeof(bytes), NULL);
		done = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	}
	BN_free(n);
	return done;
}

static bool fill(X509 *cert, EVP_PKEY *key)
{
	return X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -CLOCK_SKEW) &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), LIFETIME) &&
	       X509_set_pubkey(cert, key) && add_names(cert) &&
	       add_extension(cert, NID_basic_constraints,
			     "critical,CA:FALSE") &&
	       add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	       X509_sign(cert, key, EVP_sha256());
}

static bool set_fingerprint(struct sk_tls *tls, const X509 *cert)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!X509_digest(cert, EVP_sha256(), digest, &n) || n != 32)
		return false;
	for (unsigned i = 0; i < n; i++)
		snprintf(tls->fingerprint + 3 * i,
			 sizeof(tls->fingerprint) - 3 * i,
			 i + 1 < n ? "%02X:" : "%02X", digest[i]);
	return true;
}

int sk_tls_make_cert(struct sk_tls *tls, struct sk_err *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	char why[256];
	int r = 0;

	if (!key || !cert || !fill(cert, key) || !set_fingerprint(tls, cert) ||
	    !SSL_CTX_use_certificate(tls->ctx, cert) ||
	    !SSL_CTX_use_PrivateKey(tls->ctx, key))
		r = sk_fail(err, -EIO, "a certificate could not be made: %s",
			    sk_tls_reason(why, sizeof(why)));
	X509_free(cert);
	EVP_PKEY_free(key);
	return r;
}
