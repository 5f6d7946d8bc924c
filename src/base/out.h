/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Buffered output to a descriptor. The first error is kept and everything
 * after it is dropped, so callers check once, at the end.
 */
#ifndef SK_BASE_OUT_H
#define SK_BASE_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SK_OUT_SIZE (64 << 10)

struct sk_out {
	int fd;			/* not owned; -1: keep all in memory */
	int error;		/* 0, or the first negative errno */
	size_t len, cap;
	char *buf;
};

/* A writer to fd, or with fd -1 to memory that grows (buf[0..len)). */
void sk_out_init(struct sk_out *o, int fd);
/* Write what is left and free; returns 0 or the first error. */
int sk_out_fini(struct sk_out *o);
int sk_out_flush(struct sk_out *o);

void sk_out_put(struct sk_out *o, const void *data, size_t len);
void sk_out_str(struct sk_out *o, const char *s);
void sk_out_char(struct sk_out *o, char c);
void sk_out_fill(struct sk_out *o, char c, size_t n);
/* Decimal, without printf(3): tables of 100 000 rows are made of this. */
void sk_out_u64(struct sk_out *o, uint64_t v);
void sk_out_printf(struct sk_out *o, const char *fmt, ...) SK_PRINTF(2, 3);

/* The digits of v into buf; returns their number (1..20). No NUL. */
size_t sk_digits(char buf[20], uint64_t v);

#endif
