/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The filters of ep_filter.h: telnet, escaping, hexadecimal rows. */
#include "base/text.h"
#include "net/ep_filter.h"

/* --- telnet (RFC 854, 855) ------------------------------------------------- */

enum { SE = 240, SB = 250, WILL = 251, WONT, DO, DONT, IAC };

enum telnet_at { IN_DATA, AFTER_IAC, AFTER_VERB, IN_SUB, IN_SUB_IAC };

struct telnet {
	enum telnet_at at;
	unsigned char verb;
};

static size_t telnet_out(void *state, char *dst, const char *src, size_t n)
{
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		dst[at++] = src[i];
		if ((unsigned char)src[i] == IAC)
			dst[at++] = src[i];
	}
	return at;
}

/*
 * One byte: true when it is data. An offer is refused once; refusals need no
 * answer, so two refusing ends cannot keep each other busy.
 */
static bool telnet_byte(struct telnet *t, unsigned char c,
			unsigned char *answer)
{
	*answer = 0;
	switch (t->at) {
	case IN_DATA:
		if (c != IAC)
			return true;
		t->at = AFTER_IAC;
		return false;
	case AFTER_IAC:
		t->verb = c;
		t->at = c == SB			  ? IN_SUB :
			c >= WILL && c <= DONT ? AFTER_VERB :
						 IN_DATA;
		return c == IAC;
	case AFTER_VERB:
		t->at = IN_DATA;
		if (t->verb == WILL)
			*answer = DONT;
		else if (t->verb == DO)
			*answer = WONT;
		return false;
	case IN_SUB:
		if (c == IAC)
			t->at = IN_SUB_IAC;
		return false;
	case IN_SUB_IAC:
		t->at = c == SE ? IN_DATA : IN_SUB;
		return false;
	}
	return false;
}

/* An answer that finds no room is left out: the peer does not read anyway. */
static size_t telnet_in(void *state, char *buf, size_t n, char *reply,
			size_t size, size_t *reply_len)
{
	struct telnet *t = state;
	unsigned char answer;
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)buf[i];

		if (telnet_byte(t, c, &answer))
			buf[left++] = (char)c;
		if (!answer || *reply_len + 3 > size)
			continue;
		reply[(*reply_len)++] = (char)IAC;
		reply[(*reply_len)++] = (char)answer;
		reply[(*reply_len)++] = (char)c;
	}
	return left;
}

const struct sk_filter sk_filter_telnet = {
	.kind = "telnet",
	.state_size = sizeof(struct telnet),
	.out = telnet_out,
	.in = telnet_in,
};

/* --- escaping before a terminal ---------------------------------------------- */

/* A UTF-8 character may come in two pieces; its beginning waits here. */
struct escape {
	size_t n;
	char part[4];
};

static size_t put_escaped(char *dst, const char *src, size_t n)
{
	char one[32];

	if (n == 1 && (*src == '\n' || *src == '\t' || *src == '\\' ||
		       *src == '\r')) {
		*dst = *src;
		return 1;
	}
	sk_escape(one, sizeof(one), src, n);
	memcpy(dst, one, strlen(one));
	return strlen(one);
}

static size_t expected(unsigned char first)
{
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
}

static size_t escape_out(void *state, char *dst, const char *src, size_t n)
{
	struct escape *e = state;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)src[i];

		/* Not the continuation that was expected: it never comes. */
		if (e->n && (c & 0xc0) != 0x80) {
			at += put_escaped(dst + at, e->part, e->n);
			e->n = 0;
		}
		e->part[e->n++] = src[i];
		if (e->n == expected((unsigned char)e->part[0])) {
			at += put_escaped(dst + at, e->part, e->n);
			e->n = 0;
		}
	}
	return at;
}

const struct sk_filter sk_filter_escape = {
	.kind = "escape",
	.state_size = sizeof(struct escape),
	.out = escape_out,
};

/* --- hexadecimal -------------------------------------------------------------- */

struct hex {
	uint64_t offset;
};

static size_t hex_out(void *state, char *dst, const char *src, size_t n)
{
	struct hex *h = state;
	char *p = dst;

	for (size_t i = 0; i < n; i += 16) {
		size_t row = n - i < 16 ? n - i : 16;

		p = sk_hex_row(p, h->offset, src + i, row);
		h->offset += row;
	}
	return (size_t)(p - dst);
}

const struct sk_filter sk_filter_hex = {
	.kind = "hex",
	.state_size = sizeof(struct hex),
	.out = hex_out,
};
