/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands for the headers of OpenSSL: see base/library.h. */
#ifndef SK_NET_OPENSSL_H
#define SK_NET_OPENSSL_H

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/library.h"

#ifdef SK_OPENSSL_SONAMES

struct sk_openssl {
#define SK_NAME(name) __typeof__(name) *name##_;
#include "net/openssl.def"
#undef SK_NAME
} SK_LIBRARY_TABLE;

extern struct sk_openssl sk_openssl;

#include "net/openssl_names.h"

#endif

/* Before the first call; 0 or a negative errno with err. */
int sk_openssl_load(struct sk_err *err);

#endif
