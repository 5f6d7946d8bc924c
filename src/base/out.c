/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/out.h"

#include "base/fd.h"

void sk_out_init(struct sk_out *o, int fd)
{
	*o = (struct sk_out){ .fd = fd };
}

int sk_out_flush(struct sk_out *o)
{
	if (o->fd >= 0 && o->len && !o->error) {
		o->error = sk_write_all(o->fd, o->buf, o->len);
		o->len = 0;
	}
	return o->error;
}

int sk_out_fini(struct sk_out *o)
{
	int r = sk_out_flush(o);

	free(o->buf);
	*o = (struct sk_out){ .fd = -1, .error = r };
	return r;
}

/* Make room for n more bytes (n <= SK_OUT_SIZE unless in memory). */
static char *reserve(struct sk_out *o, size_t n)
{
	size_t cap = o->cap ? o->cap : SK_OUT_SIZE;
	char *buf;

	if (o->fd >= 0 && o->len + n > cap)
		sk_out_flush(o);
	if (o->error)
		return NULL;
	while (o->len + n > cap)
		cap *= 2;
	if (cap > o->cap) {
		buf = realloc(o->buf, cap);
		if (!buf) {
			o->error = -ENOMEM;
			return NULL;
		}
		o->buf = buf;
		o->cap = cap;
	}
	return o->buf + o->len;
}

void sk_out_put(struct sk_out *o, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		size_t n = len > SK_OUT_SIZE / 2 ? SK_OUT_SIZE / 2 : len;
		char *to = reserve(o, n);

		if (!to)
			return;
		memcpy(to, p, n);
		o->len += n;
		p += n;
		len -= n;
	}
}

void sk_out_str(struct sk_out *o, const char *s)
{
	sk_out_put(o, s, strlen(s));
}

void sk_out_char(struct sk_out *o, char c)
{
	char *to = reserve(o, 1);

	if (!to)
		return;
	*to = c;
	o->len++;
}

void sk_out_fill(struct sk_out *o, char c, size_t n)
{
	while (n--)
		sk_out_char(o, c);
}

size_t sk_digits(char buf[20], uint64_t v)
{
	char rev[20];
	size_t n = 0;

	do
		rev[n++] = (char)('0' + v % 10);
	while (v /= 10);
	for (size_t i = 0; i < n; i++)
		buf[i] = rev[n - 1 - i];
	return n;
}

void sk_out_u64(struct sk_out *o, uint64_t v)
{
	char buf[20];

	sk_out_put(o, buf, sk_digits(buf, v));
}

void sk_out_printf(struct sk_out *o, const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		sk_out_put(o, text, (size_t)n < sizeof(text) ?
					    (size_t)n : sizeof(text) - 1);
}
