/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one function of a fuzz target, called by libFuzzer or replay.c. */
#ifndef SK_TESTS_FUZZ_H
#define SK_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Call check with the input as a string: a copy, so that ASan sees its end. */
static inline void fuzz_as_text(const uint8_t *data, size_t size,
				void (*check)(const char *text))
{
	char *text = malloc(size + 1);

	if (!text)
		return;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check(text);
	free(text);
}

#endif
