/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: greetings of bench. The first byte chooses the side, and
 * whether there is a secret; the rest is what the other side says.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "bench/greet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bench_secret secret = { "open sesame", 11 };
	struct bench_greet g;
	struct sk_err err = { 0 };
	int r;

	if (!size)
		return 0;
	r = bench_greet_begin(&g, data[0] & 1, data[0] & 4,
			      data[0] & 2 ? &secret : NULL, &err);
	for (size_t i = 1; i < size && !r; i++) {
		r = bench_greet_feed(&g, (char)data[i], &err);
		if (g.out_len >= sizeof(g.out) || g.have >= sizeof(g.line))
			abort();
		g.out_len = 0;
	}
	if (!r)
		r = bench_greet_end(&g, &err);
	/* Nobody who does not know the secret is greeted by guessing. */
	if (r > 0 && (data[0] & 2))
		abort();
	if (r < 0 && !*err.text)
		abort();
	for (const char *p = err.text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
	return 0;
}
