/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small helpers over strings, and the one way to show foreign bytes. */
#ifndef SK_BASE_TEXT_H
#define SK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Write bytes of foreign origin so that no terminal obeys them: printable
 * ASCII and valid UTF-8 of printable characters as they are, a backslash
 * doubled, all else \n, \t, \r or \xHH. Always NUL-terminated; what does not
 * fit ends in "...". Returns dst.
 */
const char *sk_escape(char *dst, size_t size, const void *src, size_t len);

/*
 * Length of the UTF-8 sequence (RFC 3629) that begins at p, 1 for ASCII; 0
 * when it is none or is cut short. len is at least 1.
 */
size_t sk_utf8_len(const void *p, size_t len);

/* Longest row of sk_hex_row(). */
#define SK_HEX_ROW 90

/*
 * A row as of hexdump(1) -C of data[0..n), n <= 16, with its newline:
 * "00000010  68 65 6c 6c 6f 0a …  |hello.|". Returns its end; no NUL.
 */
char *sk_hex_row(char *p, uint64_t offset, const void *data, size_t n);

bool sk_starts_with(const char *s, const char *prefix);

/*
 * Copy a string into a fixed buffer. Returns 0, or -ENAMETOOLONG with dst
 * empty: never a cut name.
 */
int sk_copy(char *dst, size_t size, const char *src);

/* The same for src[0..len). -EINVAL when a NUL is among them. */
int sk_copyn(char *dst, size_t size, const char *src, size_t len);

/* Is word one of the comma-separated items of list? */
bool sk_in_list(const char *list, const char *word);

#endif
