/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands for the header of liburing: see base/library.h. */
#ifndef SK_BENCH_URING_H
#define SK_BENCH_URING_H

#include <liburing.h>

#include "base/library.h"

#ifdef SK_URING_SONAMES

struct sk_uring {
#define SK_NAME(name) __typeof__(name) *name##_;
#include "bench/uring.def"
#undef SK_NAME
} SK_LIBRARY_TABLE;

extern struct sk_uring sk_uring;

#include "bench/uring_names.h"

#endif

/* Before the first call; 0 or a negative errno with err. */
int sk_uring_load(struct sk_err *err);

#endif
