/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands for the header of jansson: see base/library.h. */
#ifndef SK_BENCH_JANSSON_H
#define SK_BENCH_JANSSON_H

#include <jansson.h>

#include "base/library.h"

#ifdef SK_JANSSON_SONAMES

struct sk_jansson {
#define SK_NAME(name) __typeof__(name) *name##_;
#include "bench/jansson.def"
#undef SK_NAME
} SK_LIBRARY_TABLE;

extern struct sk_jansson sk_jansson;

#include "bench/jansson_names.h"

/* jansson's own is inline, and would call what is not linked. */
static inline void sk_json_drop(json_t *j)
{
	if (j && j->refcount != (size_t)-1 && JSON_INTERNAL_DECREF(j) == 0)
		json_delete(j);
}
#define json_decref sk_json_drop

#endif

/* Before the first call; 0 or a negative errno with err. */
int sk_jansson_load(struct sk_err *err);

#endif
