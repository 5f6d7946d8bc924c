/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_URING

#include "bench/uring.h"

#ifdef SK_URING_SONAMES

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "bench/uring.def"
};

SK_LIBRARY_LOADED(sk_uring, "liburing", SK_URING_SONAMES, names)

#else

SK_LIBRARY_LINKED(sk_uring)

#endif
#endif
