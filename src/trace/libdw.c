/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_DW

#include "trace/libdw.h"

#ifdef SK_DW_SONAMES

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "trace/libdw.def"
};

SK_LIBRARY_LOADED(sk_libdw, "elfutils (libdw)", SK_DW_SONAMES, names)

#else

SK_LIBRARY_LINKED(sk_libdw)

#endif
#endif
