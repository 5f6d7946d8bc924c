/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_JANSSON

#include "bench/jansson.h"

#ifdef SK_JANSSON_SONAMES

struct sk_jansson sk_jansson;

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "bench/jansson.def"
};

static struct sk_library library = {
	.what = "jansson", .sonames = SK_JANSSON_SONAMES, .names = names,
	.n = sizeof(names) / sizeof(*names), .table = &sk_jansson,
	.size = sizeof(sk_jansson),
};

int sk_jansson_load(struct sk_err *err)
{
	return sk_library_load(&library, err);
}

#else

int sk_jansson_load(struct sk_err *err)
{
	(void)err;
	return 0;
}

#endif
#endif
