/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of options that are numbers, however they are written. */
#include "sock/sockopt_types.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>

#include "base/text.h"
#include "base/units.h"

static int out_of_range(struct sk_err *err, const struct sk_sockopt *opt,
			const char *text, int64_t min, int64_t max)
{
	char shown[64], want[96];

	snprintf(want, sizeof(want), "%" PRId64 "-%" PRId64, min, max);
	return sk_usage(err, "sockopt %s=%s: out of range (%s)", opt->name,
			sk_escape(shown, sizeof(shown), text, strlen(text)),
			want);
}

/* The row's bounds, or else the type's. */
static void bounds(const struct sk_sockopt *opt, int64_t *min, int64_t *max)
{
	bool own = opt->min || opt->max;

	*min = own ? opt->min : opt->type->min;
	*max = own ? opt->max : opt->type->max;
}

/* Checks and stores the low 32 bits: signed and unsigned are one to setting. */
static int put_int(struct sk_sockopt_value *out, int64_t n, const char *text,
		   struct sk_err *err)
{
	int64_t min, max;
	uint32_t u32 = (uint32_t)n;

	bounds(out->opt, &min, &max);
	if (n < min || n > max)
		return out_of_range(err, out->opt, text, min, max);
	return sk_sockopt_put(out, &u32, sizeof(u32));
}

/* What does not even fit 64 bits is out of range, not malformed. */
static int parse_failed(struct sk_sockopt_value *out, int r, const char *text,
			const char *want, struct sk_err *err)
{
	int64_t min, max;

	bounds(out->opt, &min, &max);
	if (r == -ERANGE)
		return out_of_range(err, out->opt, text, min, max);
	return sk_sockopt_bad(err, out->opt, text, want);
}

/*
 * The kernel gives and takes a single byte for some int options (ip(7)), and
 * looks only at the first four of more.
 */
static bool get_int(const unsigned char *val, size_t len, int32_t *n)
{
	if (len == 1)
		*n = *val;
	else if (len >= sizeof(*n))
		memcpy(n, val, sizeof(*n));
	return len == 1 || len >= sizeof(*n);
}

static int parse_bool(struct sk_sockopt_value *out, const char *text,
		      struct sk_err *err)
{
	static const char yes[] = "1,on,yes,true", no[] = "0,off,no,false";
	uint32_t n = sk_in_list(yes, text);

	if (!*text || (!n && !sk_in_list(no, text)))
		return sk_sockopt_bad(err, out->opt, text,
				      "0, 1, on, off, yes, no, true or false");
	return sk_sockopt_put(out, &n, sizeof(n));
}

static int parse_int(struct sk_sockopt_value *out, const char *text,
		     struct sk_err *err)
{
	int64_t n;
	int r = sk_parse_int(text, &n);

	if (r < 0)
		return parse_failed(out, r, text, "a number", err);
	return put_int(out, n, text, err);
}

static bool format_int(char *buf, size_t size, const struct sk_sockopt *opt,
		       const unsigned char *val, size_t len)
{
	int32_t n;

	(void)opt;
	if (!get_int(val, len, &n))
		return false;
	snprintf(buf, size, "%" PRId32, n);
	return true;
}

static bool format_uint(char *buf, size_t size, const struct sk_sockopt *opt,
			const unsigned char *val, size_t len)
{
	int32_t n;

	(void)opt;
	if (!get_int(val, len, &n))
		return false;
	snprintf(buf, size, "%" PRIu32, (uint32_t)n);
	return true;
}

static bool format_u64(char *buf, size_t size, const struct sk_sockopt *opt,
		       const unsigned char *val, size_t len)
{
	uint64_t n;

	(void)opt;
	if (len < sizeof(n))
		return false;
	memcpy(&n, val, sizeof(n));
	snprintf(buf, size, "%" PRIu64, n);
	return true;
}

/* "4M", "0x1000", "unlimited" (all bits set, as the kernel means it). */
static int parse_bytes(const char *text, uint64_t *n)
{
	int r = sk_parse_size(text, n);

	if (r == -EINVAL)
		r = sk_parse_uint(text, n);
	return r;
}

static int parse_size(struct sk_sockopt_value *out, const char *text,
		      struct sk_err *err)
{
	bool unlimited = out->opt->type == &sk_type_SIZE_U32 &&
			 !strcmp(text, "unlimited");
	uint64_t n = UINT32_MAX;
	int r = unlimited ? 0 : parse_bytes(text, &n);

	if (r == 0 && n > INT64_MAX)
		r = -ERANGE;
	if (r < 0)
		return parse_failed(out, r, text, "a size (64K, 4M)", err);
	return put_int(out, (int64_t)n, text, err);
}

static bool format_size_u32(char *buf, size_t size,
			    const struct sk_sockopt *opt,
			    const unsigned char *val, size_t len)
{
	int32_t n;

	if (!get_int(val, len, &n) || n != -1)
		return format_uint(buf, size, opt, val, len);
	snprintf(buf, size, "unlimited");
	return true;
}

static int parse_size64(struct sk_sockopt_value *out, const char *text,
			struct sk_err *err)
{
	uint64_t n = 0;
	int r = parse_bytes(text, &n);

	if (r < 0)
		return parse_failed(out, r, text, "a size (64K, 4M)", err);
	return sk_sockopt_put(out, &n, sizeof(n));
}

static int parse_rate(struct sk_sockopt_value *out, const char *text,
		      struct sk_err *err)
{
	unsigned long n = ULONG_MAX;
	uint64_t rate = 0;
	int r = 0;

	if (strcmp(text, "unlimited")) {
		r = sk_parse_rate(text, &rate);
		if (r == 0 && rate > ULONG_MAX)
			r = -ERANGE;
		n = (unsigned long)rate;
	}
	if (r < 0)
		return parse_failed(out, r, text,
				    "a rate (10M, 10M/s, unlimited)", err);
	return sk_sockopt_put(out, &n, sizeof(n));
}

static bool format_rate(char *buf, size_t size, const struct sk_sockopt *opt,
			const unsigned char *val, size_t len)
{
	uint64_t n;

	if (len < sizeof(n))
		return format_size_u32(buf, size, opt, val, len);
	memcpy(&n, val, sizeof(n));
	if (n != UINT64_MAX)
		return format_u64(buf, size, opt, val, len);
	snprintf(buf, size, "unlimited");
	return true;
}

/*
 * A number alone is in the option's unit, as the man pages have it; "1.5"
 * alone would leave open which unit is halved.
 */
static int parse_duration(struct sk_sockopt_value *out, const char *text,
			  struct sk_err *err)
{
	const struct sk_sockopt_type *type = out->opt->type;
	size_t len = strlen(text);
	uint64_t us = 0;
	char want[64];
	int64_t n;
	int r = sk_parse_int(text, &n);

	if (r == -EINVAL && len && !isdigit((unsigned char)text[len - 1])) {
		r = sk_parse_duration(text, &us);
		if (r == 0 && us % type->unit_us) {
			snprintf(want, sizeof(want), "a whole number of %s",
				 type->unit);
			return sk_sockopt_bad(err, out->opt, text, want);
		}
		us /= type->unit_us;
		n = us > INT64_MAX ? INT64_MAX : (int64_t)us;
	}
	if (r < 0)
		return parse_failed(out, r, text, "a time (200ms, 5s, 2m)",
				    err);
	return put_int(out, n, text, err);
}

static bool format_duration(char *buf, size_t size,
			    const struct sk_sockopt *opt,
			    const unsigned char *val, size_t len)
{
	int32_t n;

	if (!get_int(val, len, &n))
		return false;
	/* Less than zero is a word to the kernel, not a time. */
	snprintf(buf, size, "%" PRId32 "%s", n, n < 0 ? "" : opt->type->unit);
	return true;
}

static int parse_enum(struct sk_sockopt_value *out, const char *text,
		      struct sk_err *err)
{
	uint64_t value;
	int64_t n;
	int r;

	if (sk_value_of(out->opt->names, text, &value) == 0)
		return put_int(out, (int32_t)value, text, err);
	r = sk_parse_int(text, &n);
	if (r < 0)
		return parse_failed(out, r, text, "a number or a known name",
				    err);
	return put_int(out, n, text, err);
}

static bool format_enum(char *buf, size_t size, const struct sk_sockopt *opt,
			const unsigned char *val, size_t len)
{
	const char *name;
	int32_t n;

	if (!get_int(val, len, &n))
		return false;
	name = sk_name_of(opt->names, (uint32_t)n);
	if (name)
		snprintf(buf, size, "%s", name);
	else if (opt->type == &sk_type_TOS && n >= 0)
		snprintf(buf, size, "%#" PRIx32, (uint32_t)n);
	else
		snprintf(buf, size, "%" PRId32, n);
	return true;
}

static int parse_flags(struct sk_sockopt_value *out, const char *text,
		       struct sk_err *err)
{
	uint64_t value;

	if (sk_flags_parse(out->opt->names, text, &value) < 0)
		return sk_sockopt_bad(err, out->opt, text,
				      "known names or numbers joined by |");
	if (value > UINT32_MAX)
		return out_of_range(err, out->opt, text, 0, UINT32_MAX);
	return put_int(out, (int64_t)value, text, err);
}

static bool format_flags(char *buf, size_t size, const struct sk_sockopt *opt,
			 const unsigned char *val, size_t len)
{
	int32_t n;

	if (!get_int(val, len, &n))
		return false;
	sk_flags_format(buf, size, opt->names, (uint32_t)n);
	return true;
}

static int parse_port_range(struct sk_sockopt_value *out, const char *text,
			    struct sk_err *err)
{
	const char *dash = strchr(text, '-');
	uint64_t low = 0, high = 0;
	uint32_t both;
	char word[16];

	if (!dash || sk_copyn(word, sizeof(word), text,
			      (size_t)(dash - text)) < 0 ||
	    sk_parse_uint(word, &low) < 0 || sk_parse_uint(dash + 1, &high) < 0)
		return sk_sockopt_bad(err, out->opt, text,
				      "a range of ports (LOW-HIGH)");
	if (low > UINT16_MAX || high > UINT16_MAX)
		return out_of_range(err, out->opt, text, 0, UINT16_MAX);
	/* 0 leaves that end to the system's range. */
	if (low && high && low > high)
		return sk_sockopt_bad(err, out->opt, text, "in order");
	both = (uint32_t)(high << 16 | low);
	return sk_sockopt_put(out, &both, sizeof(both));
}

static bool format_port_range(char *buf, size_t size,
			      const struct sk_sockopt *opt,
			      const unsigned char *val, size_t len)
{
	uint32_t both;

	(void)opt;
	if (len < sizeof(both))
		return false;
	memcpy(&both, val, sizeof(both));
	snprintf(buf, size, "%u-%u", both & 0xffff, both >> 16);
	return true;
}

static bool format_errno(char *buf, size_t size, const struct sk_sockopt *opt,
			 const unsigned char *val, size_t len)
{
	int32_t n;

	if (!get_int(val, len, &n))
		return false;
	if (n <= 0)
		return format_int(buf, size, opt, val, len);
	snprintf(buf, size, "%" PRId32 " (%s)", n, sk_strerror(n));
	return true;
}

static bool format_socktype(char *buf, size_t size,
			    const struct sk_sockopt *opt,
			    const unsigned char *val, size_t len)
{
	int32_t n;

	(void)opt;
	if (!get_int(val, len, &n))
		return false;
	sk_socktype_format(buf, size, (uint32_t)n);
	return true;
}

static bool format_u32s(char *buf, size_t size, const struct sk_sockopt *opt,
			const unsigned char *val, size_t len)
{
	size_t at = 0;
	uint32_t n;

	(void)opt;
	snprintf(buf, size, "[]");
	for (size_t i = 0; i + sizeof(n) <= len; i += sizeof(n)) {
		memcpy(&n, val + i, sizeof(n));
		/* Room for ", 4294967295...]". */
		if (at + 17 > size) {
			snprintf(buf + at, size - at, "...]");
			break;
		}
		at += (size_t)snprintf(buf + at, size - at, "%s%" PRIu32 "]",
				       i ? ", " : "[", n) - 1;
	}
	return true;
}

#define NUMBER(text, parser, formatter, lo, hi)			\
	{ .name = text, .parse = parser, .format = formatter,	\
	  .min = lo, .max = hi }
#define DURATION(text, us, suffix, hi)				\
	{ .name = text, .parse = parse_duration,		\
	  .format = format_duration, .min = 0, .max = hi,	\
	  .unit_us = us, .unit = suffix }

const struct sk_sockopt_type
	sk_type_BOOL = { .name = "bool", .parse = parse_bool,
			 .format = format_int, .bare = "1" },
	sk_type_INT = NUMBER("int", parse_int, format_int, INT32_MIN,
			     INT32_MAX),
	sk_type_UINT = NUMBER("uint", parse_int, format_uint, 0, UINT32_MAX),
	sk_type_U64 = { .name = "u64", .format = format_u64 },
	sk_type_SIZE = NUMBER("size", parse_size, format_int, 0, INT32_MAX),
	sk_type_SIZE_U32 = NUMBER("size", parse_size, format_size_u32, 0,
				  UINT32_MAX),
	sk_type_SIZE64 = NUMBER("size", parse_size64, format_u64, 0,
				INT64_MAX),
	sk_type_RATE = NUMBER("rate", parse_rate, format_rate, 0, INT64_MAX),
	sk_type_USEC = DURATION("usec", 1, "us", INT32_MAX),
	sk_type_MSEC = DURATION("msec", 1000, "ms", INT32_MAX),
	sk_type_SEC = DURATION("sec", 1000000, "s", INT32_MAX),
	sk_type_ENUM = NUMBER("choice", parse_enum, format_enum, INT32_MIN,
			      INT32_MAX),
	sk_type_FLAGS = NUMBER("flags", parse_flags, format_flags, 0,
			       UINT32_MAX),
	sk_type_TOS = NUMBER("tos", parse_enum, format_enum, 0, 255),
	sk_type_PORT_RANGE = { .name = "ports", .parse = parse_port_range,
			       .format = format_port_range },
	sk_type_ERRNO = { .name = "errno", .format = format_errno },
	sk_type_SOCKTYPE = { .name = "type", .format = format_socktype },
	sk_type_U32S = { .name = "list", .format = format_u32s };
