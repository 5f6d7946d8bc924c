/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "did you mean …" */
#ifndef SK_BASE_SUGGEST_H
#define SK_BASE_SUGGEST_H

#include <stddef.h>

/*
 * The candidate nearest to word, at most a third of its length away (optimal
 * string alignment distance: insert, delete, replace, swap neighbours), or
 * NULL. next(arg, i) gives candidate i and NULL after the last.
 */
const char *sk_suggest(const char *word, const char *(*next)(void *, size_t),
		       void *arg);

#endif
