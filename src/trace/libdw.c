/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_DW

#include "trace/libdw.h"

#ifdef SK_DW_SONAMES

struct sk_libdw sk_libdw;

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "trace/libdw.def"
};

static struct sk_library library = {
	.what = "elfutils (libdw)", .sonames = SK_DW_SONAMES, .names = names,
	.n = sizeof(names) / sizeof(*names), .table = &sk_libdw,
	.size = sizeof(sk_libdw),
};

int sk_libdw_load(struct sk_err *err)
{
	return sk_library_load(&library, err);
}

#else

int sk_libdw_load(struct sk_err *err)
{
	(void)err;
	return 0;
}

#endif
#endif
