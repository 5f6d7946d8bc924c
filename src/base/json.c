/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <math.h>

#include "base/text.h"

void sk_json_init(struct sk_json *j, struct sk_out *out)
{
	*j = (struct sk_json){ .out = out };
}

static void value(struct sk_json *j)
{
	if (j->comma)
		sk_out_char(j->out, ',');
	j->comma = true;
}

void sk_json_begin(struct sk_json *j, char open)
{
	value(j);
	sk_out_char(j->out, open);
	j->comma = false;
	j->depth++;
}

void sk_json_end(struct sk_json *j, char close)
{
	sk_out_char(j->out, close);
	j->comma = true;
	j->depth--;
}

static void put_byte(struct sk_json *j, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	const char *named = c ? strchr(plain, c) : NULL;

	if (named) {
		sk_out_char(j->out, '\\');
		sk_out_char(j->out, letter[named - plain]);
	} else if (c >= 0x80) {
		sk_out_printf(j->out, "\\\\x%02x", c);
	} else {
		sk_out_printf(j->out, "\\u%04x", c);
	}
}

static void put_string(struct sk_json *j, const char *s, size_t len)
{
	size_t run;

	sk_out_char(j->out, '"');
	while (len) {
		for (run = 0; run < len; run++)
			if ((unsigned char)s[run] < 0x20 || s[run] == '"' ||
			    s[run] == '\\' || (unsigned char)s[run] >= 0x7f)
				break;
		sk_out_put(j->out, s, run);
		s += run;
		len -= run;
		if (!len)
			break;
		run = sk_utf8_len(s, len);
		if (run > 1)
			sk_out_put(j->out, s, run);
		else
			put_byte(j, (unsigned char)*s);
		run = run > 1 ? run : 1;
		s += run;
		len -= run;
	}
	sk_out_char(j->out, '"');
}

void sk_json_key(struct sk_json *j, const char *key)
{
	value(j);
	put_string(j, key, strlen(key));
	sk_out_char(j->out, ':');
	j->comma = false;
}

void sk_json_null(struct sk_json *j)
{
	value(j);
	sk_out_str(j->out, "null");
}

void sk_json_bool(struct sk_json *j, bool v)
{
	value(j);
	sk_out_str(j->out, v ? "true" : "false");
}

void sk_json_u64(struct sk_json *j, uint64_t v)
{
	value(j);
	sk_out_u64(j->out, v);
}

void sk_json_i64(struct sk_json *j, int64_t v)
{
	value(j);
	if (v < 0)
		sk_out_char(j->out, '-');
	sk_out_u64(j->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void sk_json_double(struct sk_json *j, double v)
{
	if (!isfinite(v)) {
		sk_json_null(j);
		return;
	}
	value(j);
	sk_out_printf(j->out, "%.9g", v);
}

void sk_json_exact(struct sk_json *j, double v)
{
	char text[32];

	if (!isfinite(v)) {
		sk_json_null(j);
		return;
	}
	value(j);
	v += 0.0; /* readers take "-0" for the integer 0: never write it */
	snprintf(text, sizeof(text), "%.15g", v);
	if (memcmp(&(double){ strtod(text, NULL) }, &v, sizeof(v)))
		snprintf(text, sizeof(text), "%.17g", v);
	sk_out_str(j->out, text);
}

void sk_json_strn(struct sk_json *j, const void *s, size_t len)
{
	value(j);
	put_string(j, s, len);
}

void sk_json_str(struct sk_json *j, const char *s)
{
	if (s)
		sk_json_strn(j, s, strlen(s));
	else
		sk_json_null(j);
}

void sk_json_line(struct sk_json *j)
{
	sk_out_char(j->out, '\n');
	j->comma = false;
}

void sk_json_put_bool(struct sk_json *j, const char *key, bool v)
{
	sk_json_key(j, key);
	sk_json_bool(j, v);
}

void sk_json_put_u64(struct sk_json *j, const char *key, uint64_t v)
{
	sk_json_key(j, key);
	sk_json_u64(j, v);
}

void sk_json_put_i64(struct sk_json *j, const char *key, int64_t v)
{
	sk_json_key(j, key);
	sk_json_i64(j, v);
}

void sk_json_put_exact(struct sk_json *j, const char *key, double v)
{
	sk_json_key(j, key);
	sk_json_exact(j, v);
}

void sk_json_put_str(struct sk_json *j, const char *key, const char *s)
{
	sk_json_key(j, key);
	sk_json_str(j, s);
}
