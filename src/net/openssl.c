/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_OPENSSL

#include "net/openssl.h"

#ifdef SK_OPENSSL_SONAMES

struct sk_openssl sk_openssl;

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "net/openssl.def"
};

static struct sk_library library = {
	.what = "OpenSSL", .sonames = SK_OPENSSL_SONAMES, .names = names,
	.n = sizeof(names) / sizeof(*names), .table = &sk_openssl,
	.size = sizeof(sk_openssl),
};

int sk_openssl_load(struct sk_err *err)
{
	return sk_library_load(&library, err);
}

#else

int sk_openssl_load(struct sk_err *err)
{
	(void)err;
	return 0;
}

#endif
#endif
