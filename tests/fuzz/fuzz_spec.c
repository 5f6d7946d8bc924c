/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fuzz target: the SPEC of --stack, of which nothing is opened. */
#include "fuzz.h"
#include "stack/addr.h"
#include "stack/link/spec.h"

static void check_prefixes(const struct stk_prefix *v, size_t n)
{
	if (n > STK_MAX_ADDRS)
		abort();
	for (size_t i = 0; i < n; i++)
		if (!v[i].len || v[i].len > (stk_ip_is4(&v[i].ip) ? 32 : 128) ||
		    !stk_ip_is_unicast(&v[i].ip))
			abort();
}

static void check_impair(const struct stk_impair *d)
{
	/* Neither a chance beyond 1 nor one that is no number. */
	if (!(d->loss >= 0 && d->loss <= 1) || !(d->dup >= 0 && d->dup <= 1) ||
	    !(d->reorder >= 0 && d->reorder <= 1) ||
	    !(d->corrupt >= 0 && d->corrupt <= 1) ||
	    d->delay > 3600 * SK_SEC || d->jitter > 3600 * SK_SEC)
		abort();
}

/* A SPEC holds no end of string, whichever way it came. */
static void check(const char *text)
{
	struct stk_config c = { 0 };
	struct stk_spec sp = { .c = &c };
	struct sk_err err = { 0 };
	char *copy = strdup(text);

	if (copy && stk_spec_parse(&sp, copy, &err) >= 0) {
		check_prefixes(c.addrs, c.n_addrs);
		check_prefixes(sp.host, sp.n_host);
		check_impair(&sp.dirs[0]);
		check_impair(&sp.dirs[1]);
		if (sp.kind == STK_KIND_WIRE && !sp.path)
			abort();
		if (c.mac[0] & 1)
			abort();
	} else if (copy && !*err.text) {
		abort(); /* refused without a word */
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_as_text(data, size, check);
	return 0;
}
