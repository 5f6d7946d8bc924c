/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers with units, as people write and read them.
 *
 * Parsers take the whole string or fail; they return 0, -EINVAL (not of this
 * form) or -ERANGE (of this form, but too large). Formatters write into the
 * caller's buffer and return it.
 */
#ifndef SK_BASE_UNITS_H
#define SK_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* An integer: decimal, 0x hexadecimal or 0 octal, with a sign if wanted. */
int sk_parse_int(const char *s, int64_t *out);
int sk_parse_uint(const char *s, uint64_t *out);

/*
 * A size in bytes: a number, a fraction if wanted, and K M G T (powers of
 * 1024, also KiB…) or kB MB GB TB (powers of 1000).
 */
int sk_parse_size(const char *s, uint64_t *out);

/* Bytes per second: a size, "/s" behind it if wanted. */
int sk_parse_rate(const char *s, uint64_t *out);

/* A time in microseconds: a number, then us, ms, s, m or h; seconds if none. */
int sk_parse_duration(const char *s, uint64_t *out_us);

#define SK_UNITS_MAX 32

/* "512 B", "1.5 KiB", "20.0 MiB" */
const char *sk_format_size(char buf[SK_UNITS_MAX], uint64_t bytes);
/* "250 us", "1.250 ms", "3.2 s", "1:02:03" */
const char *sk_format_duration(char buf[SK_UNITS_MAX], uint64_t us);

#endif
