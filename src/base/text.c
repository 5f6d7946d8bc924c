/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <errno.h>
#include <stdint.h>

/* The sequence at p and its code point; 0 when it is none or overlong. */
static size_t utf8_decode(const unsigned char *p, size_t len, uint32_t *code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	size_t n;

	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
	if (!n || n > len || p[0] > 0xf4)
		return 0;
	c = p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	*code = c;
	return c < lowest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ?
		       0 :
		       n;
}

size_t sk_utf8_len(const void *p, size_t len)
{
	uint32_t code;

	return utf8_decode(p, len, &code);
}

/*
 * The same, but 0 too for what a terminal may obey or hide: C1 controls,
 * bidirectional overrides, zero-width characters and line separators.
 */
static size_t utf8_printable(const unsigned char *p, size_t len)
{
	uint32_t c;
	size_t n = utf8_decode(p, len, &c);

	if (!n || c < 0xa0 || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff)
		return 0;
	return n;
}

/* One character of the escaped form into out; returns bytes of src taken. */
static size_t escape_one(char out[8], size_t *out_len,
			 const unsigned char *p, size_t len)
{
	static const char plain[] = "\n\r\t\\", letter[] = "nrt\\";
	const char *named = *p ? strchr(plain, *p) : NULL;
	size_t n;

	if (named) {
		out[0] = '\\';
		out[1] = letter[named - plain];
		*out_len = 2;
		return 1;
	}
	n = *p >= 0x20 && *p < 0x7f ? 1 : *p >= 0x80 ? utf8_printable(p, len) :
						       0;
	if (n) {
		memcpy(out, p, n);
		*out_len = n;
		return n;
	}
	*out_len = (size_t)snprintf(out, 8, "\\x%02x", *p);
	return 1;
}

const char *sk_escape(char *dst, size_t size, const void *src, size_t len)
{
	const unsigned char *p = src, *end = p + len;
	size_t at = 0, n;
	char one[8];

	while (p < end) {
		p += escape_one(one, &n, p, (size_t)(end - p));
		if (at + n + (p < end ? 4 : 1) > size) {
			if (at + 4 <= size) {
				memcpy(dst + at, "...", 3);
				at += 3;
			}
			break;
		}
		memcpy(dst + at, one, n);
		at += n;
	}
	dst[at] = '\0';
	return dst;
}

bool sk_starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

int sk_copyn(char *dst, size_t size, const char *src, size_t len)
{
	dst[0] = '\0';
	if (memchr(src, '\0', len))
		return -EINVAL;
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(dst, src, len);
	dst[len] = '\0';
	return 0;
}

int sk_copy(char *dst, size_t size, const char *src)
{
	return sk_copyn(dst, size, src, strlen(src));
}

bool sk_in_list(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n == len && !memcmp(list, word, len))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

static char *put_hex(char *p, uint64_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--)
		*p++ = "0123456789abcdef"[value >> (4 * i) & 15];
	return p;
}

char *sk_hex_row(char *p, uint64_t offset, const void *bytes, size_t n)
{
	const unsigned char *data = bytes;

	p = put_hex(p, offset, offset >> 32 ? 16 : 8);
	for (size_t i = 0; i < 16; i++) {
		*p++ = ' ';
		if (i % 8 == 0)
			*p++ = ' ';
		if (i < n) {
			p = put_hex(p, data[i], 2);
		} else {
			*p++ = ' ';
			*p++ = ' ';
		}
	}
	*p++ = ' ';
	*p++ = ' ';
	*p++ = '|';
	for (size_t i = 0; i < n; i++)
		*p++ = data[i] >= 0x20 && data[i] < 0x7f ? (char)data[i] : '.';
	*p++ = '|';
	*p++ = '\n';
	return p;
}
