/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_OPENSSL

#include "net/openssl.h"

#ifdef SK_OPENSSL_SONAMES

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "net/openssl.def"
};

SK_LIBRARY_LOADED(sk_openssl, "OpenSSL", SK_OPENSSL_SONAMES, names)

#else

SK_LIBRARY_LINKED(sk_openssl)

#endif
#endif
