/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/show.h"

#include <inttypes.h>

/* Names of an option's flags may be many; one word is never longer. */
#define WORD_MAX 512

void sk_show_text(struct sk_show *s, struct sk_out *out,
		  const struct sk_show_style *style)
{
	*s = (struct sk_show){ .out = out, .style = style };
}

void sk_show_json(struct sk_show *s, struct sk_json *json,
		  const struct sk_show_style *style)
{
	*s = (struct sk_show){ .out = json->out, .json = json,
			       .style = style };
}

/* Before a value of text. */
static void separate(struct sk_show *s)
{
	if (s->comma)
		sk_out_str(s->out, ", ");
	s->comma = true;
}

/* A value of text that is ready. JSON: the same as a string. */
static void put(struct sk_show *s, const char *text)
{
	if (s->json) {
		sk_json_str(s->json, text);
		return;
	}
	separate(s);
	sk_out_str(s->out, text);
}

void sk_show_open(struct sk_show *s, char bracket)
{
	s->depth++;
	if (s->json) {
		sk_json_begin(s->json, bracket);
		return;
	}
	separate(s);
	sk_out_char(s->out, bracket);
	s->comma = false;
}

void sk_show_close(struct sk_show *s, char bracket)
{
	s->depth--;
	if (s->json) {
		sk_json_end(s->json, bracket);
		return;
	}
	sk_out_char(s->out, bracket);
	s->comma = true;
}

void sk_show_key(struct sk_show *s, const char *key)
{
	if (s->json) {
		sk_json_key(s->json, key);
		return;
	}
	separate(s);
	sk_out_str(s->out, key);
	sk_out_char(s->out, '=');
	s->comma = false;
}

void sk_show_i64(struct sk_show *s, int64_t v)
{
	if (s->json) {
		sk_json_i64(s->json, v);
		return;
	}
	separate(s);
	if (v < 0)
		sk_out_char(s->out, '-');
	sk_out_u64(s->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void sk_show_fixed(struct sk_show *s, int place)
{
	char text[24];

	if (s->json) {
		sk_json_begin(s->json, '{');
		sk_json_key(s->json, "fixed");
		sk_json_i64(s->json, place);
		sk_json_end(s->json, '}');
		return;
	}
	snprintf(text, sizeof(text), "[fixed %d]", place);
	put(s, text);
}

void sk_show_u64(struct sk_show *s, uint64_t v)
{
	if (s->json) {
		sk_json_u64(s->json, v);
		return;
	}
	separate(s);
	sk_out_u64(s->out, v);
}

void sk_show_hex(struct sk_show *s, uint64_t v)
{
	if (s->json) {
		sk_json_u64(s->json, v);
		return;
	}
	separate(s);
	sk_out_printf(s->out, v ? "%#" PRIx64 : "%" PRIx64, v);
}

void sk_show_ptr(struct sk_show *s, uint64_t v)
{
	char text[24];

	if (s->json && !v) {
		sk_json_null(s->json);
		return;
	}
	snprintf(text, sizeof(text), v ? "%#" PRIx64 : "NULL", v);
	put(s, text);
}

void sk_show_word(struct sk_show *s, const char *word)
{
	put(s, word);
}

/* "0x63" and "0": how strace writes a value that has or had a name. */
static int raw(char *buf, size_t size, uint64_t v)
{
	return snprintf(buf, size, v ? "%#" PRIx64 : "%" PRIx64, v);
}

/* The number, and the name or what it should have been behind it. */
static void put_numbered(struct sk_show *s, uint64_t v, const char *what)
{
	char text[WORD_MAX + 40];
	int n = raw(text, sizeof(text), v);

	if (what)
		snprintf(text + n, sizeof(text) - (size_t)n, " /* %s */", what);
	put(s, text);
}

void sk_show_named(struct sk_show *s, const char *name, uint64_t v,
		   const char *unknown)
{
	enum sk_show_names how = s->style->names;

	if (s->json && !name)
		sk_json_u64(s->json, v);
	else if (s->json || (name && how == SK_NAMES_ABBREV))
		put(s, name);
	else if (!name && !unknown)
		sk_show_u64(s, v);
	else if (how == SK_NAMES_RAW || (!name && unknown && !*unknown))
		put_numbered(s, v, NULL);
	else
		put_numbered(s, v, name ? name : unknown);
}

void sk_show_name(struct sk_show *s, const struct sk_names *t, uint64_t v,
		  const char *unknown)
{
	sk_show_named(s, t ? sk_name_of(t, v) : NULL, v, unknown);
}

/* "A|B|0x80" into buf; returns whether any of the bits has a name. */
static bool join_flags(char *buf, size_t size, const struct sk_names *t,
		       uint64_t v)
{
	size_t at = 0;

	for (const struct sk_name *n = t->rows; n->name && at < size; n++) {
		if (!n->value || (v & n->value) != n->value)
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s%s",
				       at ? "|" : "", n->name);
		v &= ~n->value;
	}
	if (v && at && at < size)
		snprintf(buf + at, size - at, "|%#" PRIx64, v);
	return at;
}

/* JSON has flags as an array of names, numbers for what has none. */
static void json_flags(struct sk_show *s, const struct sk_names *t, uint64_t v)
{
	sk_json_begin(s->json, '[');
	for (const struct sk_name *n = t->rows; n->name; n++) {
		if (!n->value || (v & n->value) != n->value)
			continue;
		sk_json_str(s->json, n->name);
		v &= ~n->value;
	}
	if (v)
		sk_json_u64(s->json, v);
	sk_json_end(s->json, ']');
}

void sk_show_flags(struct sk_show *s, const struct sk_names *t, uint64_t v,
		   const char *unknown)
{
	enum sk_show_names how = s->style->names;
	char text[WORD_MAX];
	bool named;

	if (s->json) {
		json_flags(s, t, v);
		return;
	}
	named = join_flags(text, sizeof(text), t, v);
	if (!v || how == SK_NAMES_RAW)
		put_numbered(s, v, NULL);
	else if (!named)
		put_numbered(s, v, unknown);
	else if (how == SK_NAMES_VERBOSE)
		put_numbered(s, v, text);
	else
		put(s, text);
}

/* One byte inside of quotes; next: the one behind it, or -1. */
static void put_byte(struct sk_out *out, unsigned char c, int next)
{
	static const char plain[] = "\"\\\f\n\r\t\v", letter[] = "\"\\fnrtv";
	const char *named = c ? strchr(plain, c) : NULL;

	if (named) {
		sk_out_char(out, '\\');
		sk_out_char(out, letter[named - plain]);
	} else if (c >= 0x20 && c < 0x7f) {
		sk_out_char(out, (char)c);
	} else {
		/* A digit behind it would be read as part of the number. */
		bool all = next >= '0' && next <= '7';

		sk_out_char(out, '\\');
		if (all || c >= 64)
			sk_out_char(out, (char)('0' + (c >> 6)));
		if (all || c >= 8)
			sk_out_char(out, (char)('0' + (c >> 3 & 7)));
		sk_out_char(out, (char)('0' + (c & 7)));
	}
}

static void put_hex(struct sk_out *out, const unsigned char *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		char one[4] = { '\\', 'x', digits[p[i] >> 4],
				digits[p[i] & 15] };

		sk_out_put(out, one, sizeof(one));
	}
}

/* strace -x: anything but printable ASCII and white space. */
static bool is_foreign(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] >= 0x7f || (p[i] < 0x20 && (p[i] < 9 || p[i] > 13)))
			return true;
	return false;
}

static bool wants_hex(const struct sk_show *s, const void *p, size_t len)
{
	return s->style->hex == SK_HEX_ALWAYS ||
	       (s->style->hex == SK_HEX_FOREIGN && is_foreign(p, len));
}

static void quote(struct sk_show *s, const unsigned char *p, size_t len,
		  bool hex, bool more)
{
	size_t run;

	sk_out_char(s->out, '"');
	if (hex) {
		put_hex(s->out, p, len);
		len = 0;
	}
	for (size_t i = 0; i < len; i += run) {
		for (run = 0; i + run < len; run++)
			if (p[i + run] < 0x20 || p[i + run] >= 0x7f ||
			    p[i + run] == '"' || p[i + run] == '\\')
				break;
		sk_out_put(s->out, p + i, run);
		if (i + run == len)
			break;
		put_byte(s->out, p[i + run],
			 i + run + 1 < len ? p[i + run + 1] : -1);
		run++;
	}
	sk_out_str(s->out, more ? "\"..." : "\"");
}

void sk_show_string(struct sk_show *s, const void *data, size_t len, bool more)
{
	if (s->json) {
		sk_json_strn(s->json, data, len);
		return;
	}
	separate(s);
	quote(s, data, len, wants_hex(s, data, len), more);
}

void sk_show_abstract(struct sk_show *s, const void *data, size_t len)
{
	struct sk_out name;

	if (!s->json) {
		separate(s);
		sk_out_char(s->out, '@');
		quote(s, data, len, wants_hex(s, data, len), false);
		return;
	}
	sk_out_init(&name, -1);
	sk_out_char(&name, '@');
	sk_out_put(&name, data, len);
	sk_json_strn(s->json, name.buf, name.len);
	sk_out_fini(&name);
}

void sk_show_bytes(struct sk_show *s, const void *data, size_t len, bool more)
{
	if (s->json) {
		sk_json_strn(s->json, data, len);
		return;
	}
	separate(s);
	quote(s, data, len, true, more);
}

void sk_show_coded(struct sk_show *s, const char *text,
		   const struct sk_coded *c)
{
	enum sk_show_names how = s->style->names;

	if (text && how == SK_NAMES_ABBREV) {
		put(s, text);
		return;
	}
	if (c->p)
		sk_show_bytes(s, c->p, c->len, false);
	else
		sk_show_u64(s, c->v);
	if (text && how == SK_NAMES_VERBOSE)
		sk_out_printf(s->out, " /* %s */", text);
}

void sk_show_call_u64(struct sk_show *s, const char *fn, uint64_t v,
		      const struct sk_coded *c)
{
	char text[64];

	if (s->json) {
		sk_json_u64(s->json, v);
		return;
	}
	snprintf(text, sizeof(text), "%s(%" PRIu64 ")", fn, v);
	sk_show_coded(s, text, c);
}

void sk_show_quoted(const struct sk_show *s, char *buf, size_t size,
		    const char *text)
{
	struct sk_out out;

	sk_out_init(&out, -1);
	if (s->style->hex == SK_HEX_ALWAYS)
		put_hex(&out, (const unsigned char *)text, strlen(text));
	else
		for (const char *p = text; *p; p++)
			put_byte(&out, (unsigned char)*p,
				 p[1] ? (unsigned char)p[1] : -1);
	snprintf(buf, size, "\"%.*s\"", (int)out.len, out.len ? out.buf : "");
	sk_out_fini(&out);
}

void sk_show_call_str(struct sk_show *s, const char *fn, const char *text,
		      const struct sk_coded *c)
{
	char quoted[SK_QUOTED_MAX], whole[SK_QUOTED_MAX + 32];

	if (s->json) {
		sk_json_str(s->json, text);
		return;
	}
	sk_show_quoted(s, quoted, sizeof(quoted), text);
	snprintf(whole, sizeof(whole), "%s(%s)", fn, quoted);
	sk_show_coded(s, whole, c);
}

void sk_show_more(struct sk_show *s)
{
	put(s, "...");
}

void sk_show_change_begin(struct sk_show *s)
{
	if (!s->json)
		return;
	sk_json_begin(s->json, '{');
	sk_json_key(s->json, "before");
}

void sk_show_change_then(struct sk_show *s)
{
	if (s->json) {
		sk_json_key(s->json, "after");
		return;
	}
	sk_out_str(s->out, " => ");
	s->comma = false;
}

void sk_show_change_end(struct sk_show *s)
{
	if (s->json)
		sk_json_end(s->json, '}');
}
