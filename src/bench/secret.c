/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/secret.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

#ifdef HAVE_OPENSSL
#include "net/openssl.h"

int bench_secret_prove(const struct bench_secret *s, const char *text,
		       char proof[BENCH_PROOF], struct sk_err *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int r = sk_openssl_load(err);

	if (r < 0)
		return r;
	if (!HMAC(EVP_sha256(), s->bytes, (int)s->len,
		  (const unsigned char *)text, strlen(text), mac, &n) ||
	    n != (BENCH_PROOF - 1) / 2)
		return sk_fail(err, -EIO, "HMAC-SHA256 failed");
	for (unsigned i = 0; i < n; i++) {
		proof[2 * i] = digits[mac[i] >> 4];
		proof[2 * i + 1] = digits[mac[i] & 15];
	}
	proof[BENCH_PROOF - 1] = '\0';
	return 0;
}

#else

int bench_secret_prove(const struct bench_secret *s, const char *text,
		       char proof[BENCH_PROOF], struct sk_err *err)
{
	(void)s;
	(void)text;
	*proof = '\0';
	return sk_fail(err, -ENOTSUP,
		       "--secret: HMAC is not compiled in (OpenSSL)");
}

#endif

static void warn_if_open(int fd, const char *shown)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (st.st_mode & 077))
		sk_warn("%s: others may read this secret", shown);
}

int bench_secret_read(struct bench_secret *s, const char *path,
		      struct sk_err *err)
{
	SK_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char proof[BENCH_PROOF], shown[200];
	unsigned char buf[BENCH_SECRET_MAX + 2];
	size_t len = 0;
	ssize_t n = 0;

	sk_escape(shown, sizeof(shown), path, strlen(path));
	if (fd < 0)
		return sk_fail(err, -errno, "%s: %s", shown,
			       sk_strerror(errno));
	while (len < sizeof(buf) &&
	       (n = read(fd, buf + len, sizeof(buf) - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return sk_fail(err, -errno, "%s: %s", shown,
			       sk_strerror(errno));
	if (len && buf[len - 1] == '\n')
		len--;
	if (!len || len > BENCH_SECRET_MAX)
		return sk_fail(err, -EINVAL, "%s: a secret has 1 to %d bytes",
			       shown, BENCH_SECRET_MAX);
	warn_if_open(fd, shown);
	memcpy(s->bytes, buf, len);
	s->len = len;
	/* What is missing is better said now than to the first client. */
	return bench_secret_prove(s, "", proof, err);
}

bool bench_proof_same(const char a[BENCH_PROOF], const char *b)
{
	unsigned char differ = strlen(b) != BENCH_PROOF - 1;

	for (size_t i = 0; i < BENCH_PROOF - 1 && b[i]; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return !differ;
}
