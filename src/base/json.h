/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A JSON writer (RFC 8259): values in the order they come, commas by itself,
 * no tree. Reading JSON is a library's work.
 *
 *	sk_json_begin(&j, '{');
 *	sk_json_put_u64(&j, "port", 80);
 *	sk_json_end(&j, '}');
 */
#ifndef SK_BASE_JSON_H
#define SK_BASE_JSON_H

#include <stdbool.h>

#include "base/out.h"

struct sk_json {
	struct sk_out *out;	/* not owned */
	int depth;
	bool comma;		/* the next value needs one before it */
};

void sk_json_init(struct sk_json *j, struct sk_out *out);
/* '{' or '['; closed by '}' or ']'. */
void sk_json_begin(struct sk_json *j, char open);
void sk_json_end(struct sk_json *j, char close);
void sk_json_key(struct sk_json *j, const char *key);

void sk_json_null(struct sk_json *j);
void sk_json_bool(struct sk_json *j, bool v);
/* 64-bit exact. */
void sk_json_u64(struct sk_json *j, uint64_t v);
void sk_json_i64(struct sk_json *j, int64_t v);
/* Not finite: null. */
void sk_json_double(struct sk_json *j, double v);
/* The same with as many digits as it takes to read v back. */
void sk_json_exact(struct sk_json *j, double v);
/*
 * Text of any origin. Bytes that are not UTF-8 become the four characters
 * \xHH (in JSON "\\xff"), so the document is always valid.
 */
void sk_json_strn(struct sk_json *j, const void *s, size_t len);
void sk_json_str(struct sk_json *j, const char *s); /* NULL: null */

/* Members of an object: the key, and the value as above. */
void sk_json_put_bool(struct sk_json *j, const char *key, bool v);
void sk_json_put_u64(struct sk_json *j, const char *key, uint64_t v);
void sk_json_put_i64(struct sk_json *j, const char *key, int64_t v);
void sk_json_put_exact(struct sk_json *j, const char *key, double v);
void sk_json_put_str(struct sk_json *j, const char *key, const char *s);

/* A newline between documents of JSON lines. Depth must be 0. */
void sk_json_line(struct sk_json *j);

#endif
