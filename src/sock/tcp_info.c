/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sock/tcp_info.h"

#include <endian.h>
#include <inttypes.h>

#include "base/load.h"
#include "base/text.h"
#include "sock/names.h"

#define FIELD(name, offset, size, unit, help) \
	{ #name, help, offset, size, 0, 0, SK_TCP_##unit },
#define BITS(name, offset, shift, bits, unit, help) \
	{ #name, help, offset, 1, shift, bits, SK_TCP_##unit },

static const struct sk_tcp_field fields[] = {
#include "sock/tcp_info.def"
};

#define FIELDS (sizeof(fields) / sizeof(*fields))

const struct sk_tcp_field *sk_tcp_info_next(const struct sk_tcp_field *f)
{
	size_t i = f ? (size_t)(f - fields) + 1 : 0;

	return i < FIELDS ? &fields[i] : NULL;
}

const struct sk_tcp_field *sk_tcp_info_field(const char *name)
{
	if (sk_starts_with(name, "tcpi_"))
		name += 5;
	for (size_t i = 0; i < FIELDS; i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

bool sk_tcp_info_get(const struct sk_tcp_field *f, const void *info,
		     size_t len, uint64_t *value)
{
	unsigned shift = f->shift;

	*value = 0;
	if ((size_t)f->offset + f->size > len)
		return false;
	*value = sk_load((const unsigned char *)info + f->offset, f->size);
	if (!f->bits)
		return true;
	/* Compilers give out bit fields from the other end on big endian. */
	if (__BYTE_ORDER == __BIG_ENDIAN)
		shift = 8u - f->bits - shift;
	*value = *value >> shift & ((1u << f->bits) - 1);
	return true;
}

const char *sk_tcp_unit_name(enum sk_tcp_unit unit)
{
	static const char *const names[] = {
		[SK_TCP_COUNT] = "",
		[SK_TCP_BOOL] = "",
		[SK_TCP_STATE] = "",
		[SK_TCP_CA_STATE] = "",
		[SK_TCP_OPTIONS] = "",
		[SK_TCP_US] = "us",
		[SK_TCP_MS] = "ms",
		[SK_TCP_BYTES] = "bytes",
		[SK_TCP_BYTES_S] = "bytes/s",
		[SK_TCP_PACKETS] = "packets",
	};

	return names[unit];
}

/* Flags without their prefix: the field's name says what they are. */
static void format_options(char *buf, size_t size, uint64_t value)
{
	const struct sk_names *t = &sk_names_tcpi_options;
	size_t at = 0;

	snprintf(buf, size, "%s", value ? "" : "0");
	for (unsigned bit = 0; bit < 8 && at < size; bit++) {
		const char *name = sk_short_name_of(t, 1u << bit);

		if (value & 1u << bit)
			at += (size_t)snprintf(buf + at, size - at, "%s%s",
					       at ? "|" : "", name);
	}
}

const char *sk_tcp_info_format(char *buf, size_t size,
			       const struct sk_tcp_field *f, uint64_t value)
{
	const char *name = NULL;

	if (f->unit == SK_TCP_STATE)
		name = sk_short_name_of(&sk_names_tcp_state, value);
	else if (f->unit == SK_TCP_CA_STATE)
		name = sk_short_name_of(&sk_names_tcp_ca_state, value);
	else if (f->unit == SK_TCP_BYTES_S && value == UINT64_MAX)
		name = "unlimited";
	if (f->unit == SK_TCP_OPTIONS)
		format_options(buf, size, value);
	else if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%" PRIu64, value);
	return buf;
}
