/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>

struct unit {
	const char *name;
	double factor;
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "K", 0x1p10 }, { "KiB", 0x1p10 }, { "k", 0x1p10 },
	{ "M", 0x1p20 }, { "MiB", 0x1p20 }, { "m", 0x1p20 },
	{ "G", 0x1p30 }, { "GiB", 0x1p30 }, { "g", 0x1p30 },
	{ "T", 0x1p40 }, { "TiB", 0x1p40 }, { "t", 0x1p40 },
	{ "kB", 1e3 }, { "KB", 1e3 },
	{ "MB", 1e6 },
	{ "GB", 1e9 },
	{ "TB", 1e12 },
	{ NULL, 0 }
};

static const struct unit durations[] = {
	{ "", 1e6 },
	{ "us", 1 },
	{ "ms", 1e3 },
	{ "s", 1e6 },
	{ "m", 60e6 }, { "min", 60e6 },
	{ "h", 3600e6 },
	{ "d", 86400e6 },
	{ NULL, 0 }
};

int sk_parse_int(const char *s, int64_t *out)
{
	char *end;

	if (!*s || isspace((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	*out = strtoll(s, &end, 0);
	if (end == s || *end)
		return -EINVAL;
	return -errno;
}

int sk_parse_uint(const char *s, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	*out = strtoull(s, &end, 0);
	if (end == s || *end)
		return -EINVAL;
	return -errno;
}

/*
 * Whole numbers stay exact up to 2^64; only a fraction goes through a double.
 * Decimal digits only: "0x1p3" and "inf", which strtod takes, are no sizes.
 */
static int parse_scaled(const char *s, const struct unit *units, uint64_t *out)
{
	const struct unit *u;
	const char *p = s;
	double fraction = 0, place = 0.1;
	uint64_t whole = 0;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(whole, 10u, &whole) ||
		    __builtin_add_overflow(whole, (unsigned)(*p - '0'), &whole))
			return -ERANGE;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, place /= 10)
			fraction += (*p - '0') * place;
	for (u = units; u->name; u++)
		if (!strcmp(p, u->name))
			break;
	if (!u->name)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, (uint64_t)u->factor, &whole) ||
	    __builtin_add_overflow(whole, (uint64_t)llround(fraction *
							    u->factor), &whole))
		return -ERANGE;
	*out = whole;
	return 0;
}

int sk_parse_size(const char *s, uint64_t *out)
{
	return parse_scaled(s, sizes, out);
}

int sk_parse_rate(const char *s, uint64_t *out)
{
	size_t len = strlen(s);
	char num[64];

	if (len >= sizeof(num))
		return -EINVAL;
	memcpy(num, s, len + 1);
	if (len > 2 && !strcmp(num + len - 2, "/s"))
		num[len - 2] = '\0';
	return parse_scaled(num, sizes, out);
}

int sk_parse_duration(const char *s, uint64_t *out_us)
{
	return parse_scaled(s, durations, out_us);
}

const char *sk_format_size(char buf[SK_UNITS_MAX], uint64_t bytes)
{
	static const char *const names[] = { "B",   "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 1023.95 && i < 6; i++)
		value /= 1024;
	snprintf(buf, SK_UNITS_MAX, i ? "%.1f %s" : "%.0f %s", value, names[i]);
	return buf;
}

const char *sk_format_duration(char buf[SK_UNITS_MAX], uint64_t us)
{
	uint64_t s = us / 1000000;

	if (us < 1000)
		snprintf(buf, SK_UNITS_MAX, "%" PRIu64 " us", us);
	else if (us < 999500) /* three digits of more are 1e+03 */
		snprintf(buf, SK_UNITS_MAX, "%.3g ms", (double)us / 1e3);
	else if (s < 60)
		snprintf(buf, SK_UNITS_MAX, "%.3g s", (double)us / 1e6);
	else if (s < 3600)
		snprintf(buf, SK_UNITS_MAX, "%d:%02d", (int)(s / 60),
			 (int)(s % 60));
	else
		snprintf(buf, SK_UNITS_MAX, "%" PRIu64 ":%02d:%02d", s / 3600,
			 (int)(s / 60 % 60), (int)(s % 60));
	return buf;
}
