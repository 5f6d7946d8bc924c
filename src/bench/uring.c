/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_URING

#include "bench/uring.h"

#ifdef SK_URING_SONAMES

struct sk_uring sk_uring;

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "bench/uring.def"
};

static struct sk_library library = {
	.what = "liburing", .sonames = SK_URING_SONAMES, .names = names,
	.n = sizeof(names) / sizeof(*names), .table = &sk_uring,
	.size = sizeof(sk_uring),
};

int sk_uring_load(struct sk_err *err)
{
	return sk_library_load(&library, err);
}

#else

int sk_uring_load(struct sk_err *err)
{
	(void)err;
	return 0;
}

#endif
#endif
