/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of -e: where we are in an argument, and the sets of calls, which most
 * of its keys take. Nobody but expr.c and expr_set.c includes this.
 */
#ifndef SK_TRACE_EXPR_IN_H
#define SK_TRACE_EXPR_IN_H

#include "base/err.h"
#include "trace/sysno.h"

#define SK_WORD_MAX 128

struct sk_in {
	const char *whole;	/* the argument, for the caret */
	const char *at;
	struct sk_err *err;
};

/*
 * "-e trace=conect: no such call", the expression, and a caret below `where`.
 * Returns -EINVAL.
 */
int sk_in_fail(const struct sk_in *in, const char *where, const char *fmt, ...)
	SK_PRINTF(3, 4);

/* The next word up to one of stops, into buf. 0 or -EINVAL. */
int sk_in_word(struct sk_in *in, const char *stops, char buf[SK_WORD_MAX]);

/* All calls. */
void sk_in_all(struct sk_sys_set *s);

/* SET, up to its end or a colon; or to its end alone. 0 or -EINVAL. */
int sk_in_set(struct sk_in *in, struct sk_sys_set *s);
int sk_in_whole_set(struct sk_in *in, struct sk_sys_set *s);

#endif
