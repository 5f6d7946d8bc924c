/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: addresses. The first byte chooses between text as a person
 * may write it and the raw bytes of a sockaddr as a kernel or a traced
 * program may give it.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "sock/addr.h"

/* Whatever the input, what is printed is fit for a terminal. */
static void check_clean(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			abort();
}

/* What is understood is printed in a form that means the same again. */
static void check_text(const char *text)
{
	char first[SK_ADDR_TEXT_MAX], again[SK_ADDR_TEXT_MAX];
	struct sk_target t, u;
	struct sk_err err = {};

	if (sk_target_parse(&t, text, &err) < 0) {
		if (!*err.text || err.status != SK_EXIT_USAGE)
			abort();
		check_clean(err.text);
		return;
	}
	sk_target_format(first, &t);
	check_clean(first);
	/* Escapes of foreign bytes in names are for reading only. */
	if (strchr(first, '\\') || strchr(first, '.'))
		return;
	if (sk_target_parse(&u, first, &err) < 0 ||
	    strcmp(sk_target_format(again, &u), first))
		abort();
}

static void check_raw(const uint8_t *data, size_t size)
{
	const size_t room = sizeof(struct sk_addr) -
			    offsetof(struct sk_addr, sa);
	char text[SK_ADDR_TEXT_MAX];
	struct sk_addr a = {};

	a.len = (socklen_t)(size < room ? size : room);
	memcpy(&a.sa, data, a.len);
	check_clean(sk_addr_format(text, &a));
	check_clean(sk_addr_format_host(text, &a));
	sk_addr_set_port(&a, 80);
	if (sk_addr_port(&a) != -1 && sk_addr_port(&a) != 80)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == 0)
		check_raw(data + 1, size - 1);
	else
		fuzz_as_text(data, size, check_text);
	return 0;
}
