/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text of one row being put together: a fixed buffer and inline appends, as a
 * table of 100 000 rows is made of millions of them. What does not fit is
 * left out.
 */
#ifndef SK_DIAG_LINE_H
#define SK_DIAG_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SK_LINE_MAX (128 << 10)

struct sk_line {
	size_t n;
	char buf[SK_LINE_MAX];
};

static inline void line_put(struct sk_line *l, const char *s, size_t n)
{
	if (n > SK_LINE_MAX - l->n)
		return;
	memcpy(l->buf + l->n, s, n);
	l->n += n;
}

/*
 * The first n of 48 bytes: copying them all is faster than counting. For keys,
 * which are most of a JSON document.
 */
#define SK_LINE_KEY 48
static inline void line_key(struct sk_line *l, const char key[SK_LINE_KEY],
			    size_t n)
{
	if (SK_LINE_MAX - l->n < SK_LINE_KEY)
		return;
	memcpy(l->buf + l->n, key, SK_LINE_KEY);
	l->n += n;
}

/* A literal: its length is known to the compiler. */
#define line_lit(l, s) line_put(l, s, sizeof(s) - 1)

static inline void line_str(struct sk_line *l, const char *s)
{
	line_put(l, s, strlen(s));
}

static inline void line_char(struct sk_line *l, char c)
{
	if (l->n < SK_LINE_MAX)
		l->buf[l->n++] = c;
}

static inline void line_fill(struct sk_line *l, char c, size_t n)
{
	if (n > SK_LINE_MAX - l->n)
		return;
	memset(l->buf + l->n, c, n);
	l->n += n;
}

static inline void line_u64(struct sk_line *l, uint64_t v)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324"
		"25262728293031323334353637383940414243444546474849"
		"50515253545556575859606162636465666768697071727374"
		"75767778798081828384858687888990919293949596979899";
	char rev[20];
	size_t n = sizeof(rev);

	if (v < 10) {
		line_char(l, (char)('0' + v));
		return;
	}
	for (; v >= 100; v /= 100)
		memcpy(rev + (n -= 2), pairs + v % 100 * 2, 2);
	if (v >= 10)
		memcpy(rev + (n -= 2), pairs + v * 2, 2);
	else
		rev[--n] = (char)('0' + v);
	line_put(l, rev + n, sizeof(rev) - n);
}

static inline void line_hex(struct sk_line *l, uint64_t v)
{
	char rev[16];
	size_t n = sizeof(rev);

	do
		rev[--n] = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	line_put(l, rev + n, sizeof(rev) - n);
}

/* "2a00ff" */
void line_hex_bytes(struct sk_line *l, const void *p, size_t n);
/* Bytes of foreign origin, escaped for a terminal. */
void line_escape(struct sk_line *l, const void *s, size_t n);
/* As printf's "%g" of us/1000: ss writes times like this. */
void line_us_as_ms(struct sk_line *l, uint64_t us);
/* Bits per second in ss's way: "1.5Mbps", or all digits. */
void line_bps(struct sk_line *l, double bits, int numeric);
/* IPv4 or IPv6 as inet_ntop(3) writes it, without brackets. */
void line_ip(struct sk_line *l, int family, const uint8_t ip[16]);

#endif
