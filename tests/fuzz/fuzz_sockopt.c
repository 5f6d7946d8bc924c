/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: socket options. Text is parsed as --sockopt takes it; input
 * that begins with a NUL names a row and holds a value to print.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "sock/sockopt.h"

static void check_clean(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			abort();
}

static void check_text(const char *arg)
{
	char again[1400], text[1200];
	struct sk_sockopt_value a, b;
	struct sk_err err = {};

	if (sk_sockopt_parse(&a, arg, &err) < 0) {
		if (!*err.text || err.status != SK_EXIT_USAGE)
			abort();
		check_clean(err.text);
		return;
	}
	sk_sockopt_format(text, sizeof(text), a.opt, a.bytes, a.len);
	check_clean(text);
	/* Escapes of foreign bytes in strings are for reading only. */
	if (strchr(text, '\\'))
		return;
	snprintf(again, sizeof(again), "%s=%s", sk_sockopt_name(a.opt), text);
	if (sk_sockopt_parse(&b, again, &err) < 0 || a.opt != b.opt ||
	    a.len != b.len || memcmp(a.bytes, b.bytes, a.len))
		abort();
}

static void check_value(const uint8_t *data, size_t size)
{
	const struct sk_sockopt *opt = NULL;
	size_t row = size > 1 ? data[0] << 8 | data[1] : 0;
	char wide[1200], narrow[24];

	if (size < 2)
		return;
	for (size_t i = 0; i <= row; i++) {
		opt = sk_sockopt_next(opt);
		if (!opt)
			break;
	}
	check_clean(sk_sockopt_format(wide, sizeof(wide), opt, data + 2,
				      size - 2));
	check_clean(sk_sockopt_format(narrow, sizeof(narrow), opt, data + 2,
				      size - 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == 0)
		check_value(data + 1, size - 1);
	else
		fuzz_as_text(data, size, check_text);
	return 0;
}
