/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --secret FILE: what both sides know, and how each shows that it does
 * without saying it: HMAC-SHA256 (RFC 2104) over both nonces.
 */
#ifndef SK_BENCH_SECRET_H
#define SK_BENCH_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define BENCH_SECRET_MAX 1024
/* 32 bytes as hexadecimal digits, and a NUL. */
#define BENCH_PROOF 65

struct bench_secret {
	unsigned char bytes[BENCH_SECRET_MAX];
	size_t len;
};

/*
 * The file without the newline at its end: 1 to 1024 bytes, which others
 * should not be allowed to read (a warning). 0, or a negative errno with the
 * sentence; -ENOTSUP when built without OpenSSL.
 */
int bench_secret_read(struct bench_secret *s, const char *path,
		      struct sk_err *err);
/* The proof over text, as digits. 0 or a negative errno. */
int bench_secret_prove(const struct bench_secret *s, const char *text,
		       char proof[BENCH_PROOF], struct sk_err *err);
/* Equal? In a time that says nothing about where they differ. */
bool bench_proof_same(const char a[BENCH_PROOF], const char *b);

#endif
