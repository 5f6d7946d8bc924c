/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands for the headers of elfutils (libdw): see base/library.h. */
#ifndef SK_TRACE_LIBDW_H
#define SK_TRACE_LIBDW_H

#include <elfutils/libdwfl.h>

#include "base/library.h"

#ifdef SK_DW_SONAMES

struct sk_libdw {
#define SK_NAME(name) __typeof__(name) *name##_;
#include "trace/libdw.def"
#undef SK_NAME
} SK_LIBRARY_TABLE;

extern struct sk_libdw sk_libdw;

#include "trace/libdw_names.h"

#endif

/* Before the first call; 0 or a negative errno with err. */
int sk_libdw_load(struct sk_err *err);

#endif
