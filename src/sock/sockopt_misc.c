/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of options that are times, strings, bytes and small structs. */
#include "sock/sockopt_types.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <sys/time.h>

#include "base/text.h"
#include "base/units.h"
#include "sock/tcp_info.h"

/* A time without unit is in seconds here: that is what the structs hold. */
static int parse_time(struct sk_sockopt_value *out, const char *text,
		      uint64_t *us, struct sk_err *err)
{
	int r = sk_parse_duration(text, us);
	char shown[64];

	if (r == -ERANGE)
		return sk_usage(err, "sockopt %s=%s: out of range",
				out->opt->name,
				sk_escape(shown, sizeof(shown), text,
					  strlen(text)));
	if (r < 0)
		return sk_sockopt_bad(err, out->opt, text,
				      "a time (200ms, 5s, 2m)");
	return 0;
}

static int parse_linger(struct sk_sockopt_value *out, const char *text,
			struct sk_err *err)
{
	struct linger l = { 0, 0 };
	uint64_t us = 0;
	int end = 0, r;

	/* As it is printed: the kernel keeps the time while it is off. */
	if (sscanf(text, "{onoff=%9d, linger=%9d}%n", &l.l_onoff, &l.l_linger,
		   &end) == 2 && end && !text[end])
		return sk_sockopt_put(out, &l, sizeof(l));
	l = (struct linger){ 0, 0 };
	if (strcmp(text, "off")) {
		r = parse_time(out, text, &us, err);
		if (r < 0)
			return r;
		if (us % 1000000)
			return sk_sockopt_bad(err, out->opt, text,
					      "a whole number of s");
		if (us / 1000000 > INT32_MAX)
			return sk_usage(err, "sockopt %s: out of range (0-%d)",
					out->opt->name, INT32_MAX);
		l.l_onoff = 1;
		l.l_linger = (int)(us / 1000000);
	}
	return sk_sockopt_put(out, &l, sizeof(l));
}

static bool format_linger(char *buf, size_t size, const struct sk_sockopt *opt,
			  const unsigned char *val, size_t len)
{
	struct linger l;

	(void)opt;
	if (len < sizeof(l))
		return false;
	memcpy(&l, val, sizeof(l));
	snprintf(buf, size, "{onoff=%d, linger=%d}", l.l_onoff, l.l_linger);
	return true;
}

static int parse_timeval(struct sk_sockopt_value *out, const char *text,
			 struct sk_err *err)
{
	uint64_t us = 0;
	struct timeval tv;
	int r = parse_time(out, text, &us, err);

	if (r < 0)
		return r;
	tv.tv_sec = (time_t)(us / 1000000);
	tv.tv_usec = (suseconds_t)(us % 1000000);
	return sk_sockopt_put(out, &tv, sizeof(tv));
}

static int parse_timeval64(struct sk_sockopt_value *out, const char *text,
			   struct sk_err *err)
{
	uint64_t us = 0;
	int64_t tv[2];
	int r = parse_time(out, text, &us, err);

	if (r < 0)
		return r;
	tv[0] = (int64_t)(us / 1000000);
	tv[1] = (int64_t)(us % 1000000);
	return sk_sockopt_put(out, tv, sizeof(tv));
}

static bool format_seconds(char *buf, size_t size, int64_t sec, int64_t usec)
{
	char fraction[32] = "";
	size_t n;

	if (sec < 0 || usec < 0 || usec >= 1000000) {
		snprintf(buf, size, "{sec=%" PRId64 ", usec=%" PRId64 "}", sec,
			 usec);
		return true;
	}
	if (usec)
		snprintf(fraction, sizeof(fraction), ".%06" PRId64, usec);
	for (n = strlen(fraction); n && fraction[n - 1] == '0'; n--)
		fraction[n - 1] = '\0';
	snprintf(buf, size, "%" PRId64 "%ss", sec, fraction);
	return true;
}

static bool format_timeval(char *buf, size_t size,
			   const struct sk_sockopt *opt,
			   const unsigned char *val, size_t len)
{
	struct timeval tv;

	(void)opt;
	if (len < sizeof(tv))
		return false;
	memcpy(&tv, val, sizeof(tv));
	return format_seconds(buf, size, tv.tv_sec, tv.tv_usec);
}

static bool format_timeval64(char *buf, size_t size,
			     const struct sk_sockopt *opt,
			     const unsigned char *val, size_t len)
{
	int64_t tv[2];

	(void)opt;
	if (len < sizeof(tv))
		return false;
	memcpy(tv, val, sizeof(tv));
	return format_seconds(buf, size, tv[0], tv[1]);
}

/* The kernel ends the string where the length does: no NUL is needed. */
static int parse_string(struct sk_sockopt_value *out, const char *text,
			struct sk_err *err)
{
	const struct sk_sockopt *opt = out->opt;
	size_t len = strlen(text);

	if (len < (size_t)opt->min || len > (size_t)opt->max)
		return sk_usage(err, "sockopt %s: %zu characters, out of range "
				     "(%d-%d)", opt->name, len, (int)opt->min,
				(int)opt->max);
	return sk_sockopt_put(out, text, len);
}

static bool format_string(char *buf, size_t size, const struct sk_sockopt *opt,
			  const unsigned char *val, size_t len)
{
	const unsigned char *nul = len ? memchr(val, '\0', len) : NULL;

	(void)opt;
	sk_escape(buf, size, val, nul ? (size_t)(nul - val) : len);
	return true;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* "hex:" and whole bytes, multiples of unit. */
static int parse_hex(struct sk_sockopt_value *out, const char *text,
		     size_t unit, struct sk_err *err)
{
	const char *p = text;
	size_t len;

	if (!sk_starts_with(text, "hex:"))
		return sk_sockopt_bad(err, out->opt, text,
				      "bytes (hex:0011...)");
	p += 4;
	len = strlen(p) / 2;
	if (len > SK_SOCKOPT_VALUE_MAX)
		return sk_usage(err, "sockopt %s: %zu bytes, at most %d",
				out->opt->name, len, SK_SOCKOPT_VALUE_MAX);
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(p[2 * i]), low = hex_digit(p[2 * i + 1]);

		if (high < 0 || low < 0)
			return sk_sockopt_bad(err, out->opt, text,
					      "hexadecimal");
		out->bytes[i] = (unsigned char)(high << 4 | low);
	}
	if (!len || p[2 * len] || len % unit)
		return sk_sockopt_bad(err, out->opt, text, unit > 1 ?
				      "whole instructions of 8 bytes" :
				      "whole bytes");
	out->len = (socklen_t)len;
	return 0;
}

static int parse_struct(struct sk_sockopt_value *out, const char *text,
			struct sk_err *err)
{
	return parse_hex(out, text, 1, err);
}

static int parse_filter(struct sk_sockopt_value *out, const char *text,
			struct sk_err *err)
{
	return parse_hex(out, text, sizeof(struct sock_filter), err);
}

static int parse_none(struct sk_sockopt_value *out, const char *text,
		      struct sk_err *err)
{
	static const int zero;

	if (*text)
		return sk_usage(err, "sockopt %s: takes no value",
				out->opt->name);
	return sk_sockopt_put(out, &zero, out->opt->type == &sk_type_NONE_INT ?
				      sizeof(zero) : 0);
}

static bool format_none(char *buf, size_t size, const struct sk_sockopt *opt,
			const unsigned char *val, size_t len)
{
	(void)opt, (void)val, (void)len;
	if (size)
		*buf = '\0';
	return true;
}

/* What is not zero, in the kernel's order: "{state=LISTEN, rto=1000000us}". */
static bool format_tcp_info(char *buf, size_t size,
			    const struct sk_sockopt *opt,
			    const unsigned char *val, size_t len)
{
	const struct sk_tcp_field *f = NULL;
	char value[80], one[160];
	size_t at = 0, n;
	uint64_t v;

	(void)opt;
	if (!len || size < 8)
		return false;
	while ((f = sk_tcp_info_next(f)) != NULL) {
		if (!sk_tcp_info_get(f, val, len, &v) || !v)
			continue;
		sk_tcp_info_format(value, sizeof(value), f, v);
		n = (size_t)snprintf(one, sizeof(one), "%s%s=%s%s",
				     at ? ", " : "{", f->name, value,
				     f->unit == SK_TCP_US ? "us" :
				     f->unit == SK_TCP_MS ? "ms" : "");
		/* Room for the rest "...}" as well. */
		if (at + n + 5 > size) {
			at += (size_t)snprintf(buf + at, size - at, "...");
			break;
		}
		memcpy(buf + at, one, n);
		at += n;
	}
	snprintf(buf + at, size - at, at ? "}" : "{}");
	return true;
}

static bool format_ucred(char *buf, size_t size, const struct sk_sockopt *opt,
			 const unsigned char *val, size_t len)
{
	struct ucred c;

	(void)opt;
	if (len < sizeof(c))
		return false;
	memcpy(&c, val, sizeof(c));
	snprintf(buf, size, "{pid=%d, uid=%u, gid=%u}", c.pid, c.uid, c.gid);
	return true;
}

const struct sk_sockopt_type
	sk_type_LINGER = { .name = "linger", .parse = parse_linger,
			   .format = format_linger },
	sk_type_TIMEVAL = { .name = "time", .parse = parse_timeval,
			    .format = format_timeval },
	sk_type_TIMEVAL64 = { .name = "time", .parse = parse_timeval64,
			      .format = format_timeval64 },
	sk_type_STRING = { .name = "string", .parse = parse_string,
			   .format = format_string },
	sk_type_STRUCT = { .name = "struct", .parse = parse_struct },
	sk_type_FILTER = { .name = "filter", .parse = parse_filter },
	sk_type_NONE = { .name = "none", .parse = parse_none,
			 .format = format_none, .bare = "" },
	sk_type_NONE_INT = { .name = "none", .parse = parse_none,
			     .format = format_none, .bare = "" },
	sk_type_TCP_INFO = { .name = "tcp_info", .format = format_tcp_info },
	sk_type_UCRED = { .name = "ucred", .format = format_ucred };
