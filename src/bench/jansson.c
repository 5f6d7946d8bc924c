/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_JANSSON

#include "bench/jansson.h"

#ifdef SK_JANSSON_SONAMES

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "bench/jansson.def"
};

SK_LIBRARY_LOADED(sk_jansson, "jansson", SK_JANSSON_SONAMES, names)

#else

SK_LIBRARY_LINKED(sk_jansson)

#endif
#endif
