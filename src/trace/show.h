/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where decoders write. One decoder serves two readers: people, who get
 * strace's syntax ("{sa_family=AF_INET, sin_port=htons(80)}"), and programs,
 * who get the same tree as JSON ({"sa_family":"AF_INET","sin_port":80}).
 *
 * Values come in order, each after its key inside of '{'; commas are set by
 * the writer. What cannot be named is shown as a number, never left out.
 */
#ifndef SK_TRACE_SHOW_H
#define SK_TRACE_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/out.h"
#include "sock/names.h"

/* -x, -xx */
enum sk_show_hex {
	SK_HEX_NEVER,		/* octal escapes */
	SK_HEX_FOREIGN,		/* strings that are not ASCII, in hex */
	SK_HEX_ALWAYS,
};

/* -X */
enum sk_show_names {
	SK_NAMES_ABBREV,	/* AF_INET */
	SK_NAMES_RAW,		/* 0x2 */
	SK_NAMES_VERBOSE,	/* 0x2 (with the name behind it) */
};

struct sk_show_style {
	size_t strings;		/* -s: longest string, in bytes */
	enum sk_show_hex hex;
	enum sk_show_names names;
	bool verbose;		/* -v: nothing is abbreviated */
	bool raw;		/* -e raw=: numbers, and nothing but */
	bool shallow;		/* -e verbose=: pointers are not followed */
};

#define SK_SHOW_STRINGS 32	/* strace's default of -s */
#define SK_SHOW_DEPTH 24	/* deepest nesting; deeper is dropped */

struct sk_show {
	struct sk_out *out;	/* not owned */
	struct sk_json *json;	/* not NULL: write JSON instead of text */
	const struct sk_show_style *style;
	unsigned depth;
	bool comma;		/* the next value needs one before it */
};

void sk_show_text(struct sk_show *s, struct sk_out *out,
		  const struct sk_show_style *style);
void sk_show_json(struct sk_show *s, struct sk_json *json,
		  const struct sk_show_style *style);

/* '{' or '[' and its end. */
void sk_show_open(struct sk_show *s, char bracket);
void sk_show_close(struct sk_show *s, char bracket);
void sk_show_key(struct sk_show *s, const char *key);

void sk_show_i64(struct sk_show *s, int64_t v);
void sk_show_u64(struct sk_show *s, uint64_t v);
void sk_show_fixed(struct sk_show *s, int place); /* [fixed 3] */
void sk_show_hex(struct sk_show *s, uint64_t v);	/* 0x1f, 0 */
void sk_show_ptr(struct sk_show *s, uint64_t v);	/* 0x1f, NULL */
/* A bare word of ours: no quotes in text, a string in JSON. */
void sk_show_word(struct sk_show *s, const char *word);

/*
 * "NAME", or the number with `unknown` behind it as a comment: AF_???. "": in
 * hexadecimal without comment; NULL: decimal.
 */
void sk_show_name(struct sk_show *s, const struct sk_names *t, uint64_t v,
		  const char *unknown);
/* The same with the name already found; NULL: there is none. */
void sk_show_named(struct sk_show *s, const char *name, uint64_t v,
		   const char *unknown);
/* "A|B|0x80"; the comment where none has a name; 0 where none is set. */
void sk_show_flags(struct sk_show *s, const struct sk_names *t, uint64_t v,
		   const char *unknown);

/*
 * A string of the tracee's: "text", with "..." behind it when more is true.
 * data[0..len) is taken whole: the caller has cut it to style->strings.
 */
void sk_show_string(struct sk_show *s, const void *data, size_t len,
		    bool more);
/* Bytes that are no text: "\x00\xff". */
void sk_show_bytes(struct sk_show *s, const void *data, size_t len, bool more);

/*
 * What C code would write for len bytes at p: htons(80), inet_addr("1.2.3.4"),
 * if_nametoindex("lo"). JSON has the value without the call. With -X raw and
 * verbose the bytes stand there as well: "\x00\x50"; or, where p is NULL, the
 * number v.
 */
struct sk_coded {
	const void *p;
	size_t len;
	uint64_t v;
};
void sk_show_call_u64(struct sk_show *s, const char *fn, uint64_t v,
		      const struct sk_coded *c);
void sk_show_call_str(struct sk_show *s, const char *fn, const char *text,
		      const struct sk_coded *c);
/* Text alone: a call that is written already; NULL: there is none. */
void sk_show_coded(struct sk_show *s, const char *text,
		   const struct sk_coded *c);
/* Text of ours inside of quotes, in hexadecimal when all strings are. */
#define SK_QUOTED_MAX (46 * 4 + 3)	/* INET6_ADDRSTRLEN in hexadecimal */
void sk_show_quoted(const struct sk_show *s, char *buf, size_t size,
		    const char *text);

/* The same for a name in the abstract namespace: @"name". */
void sk_show_abstract(struct sk_show *s, const void *data, size_t len);

/* In an array: what follows was left out. */
void sk_show_more(struct sk_show *s);

/*
 * Text only: " => " between the value before and the one after a call; JSON
 * makes it {"before": …, "after": …}. begin, first value, then, second, end.
 */
void sk_show_change_begin(struct sk_show *s);
void sk_show_change_then(struct sk_show *s);
void sk_show_change_end(struct sk_show *s);

#endif
