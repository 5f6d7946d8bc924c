/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: what is repeated becomes a loop. */
#include "tap.h"

#include "trace/fold.h"

static struct sk_fold f;

/* Each letter is a step; a capital one carries three bytes. */
static void add(const char *steps)
{
	sk_fold_fini(&f);
	for (; *steps; steps++) {
		struct sk_step s = { .what = { *steps } };

		s.bytes = *steps < 'a' ? 3 : 0;
		sk_fold_add(&f, &s);
	}
}

/* "a 2(bc)" */
static const char *folded(void)
{
	static char text[200];
	size_t at = 0;

	*text = '\0';
	for (size_t i = 0; i < f.n; i++) {
		const struct sk_fold_item *v = &f.items[i];

		if (v->times > 1)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       "%d(", (int)v->times);
		for (unsigned k = 0; k < v->n; k++)
			text[at++] = v->steps[k].what[0];
		if (v->times > 1)
			text[at++] = ')';
		text[at] = '\0';
	}
	return text;
}

static void is_folded(const char *steps, const char *want)
{
	add(steps);
	is_str(folded(), want, steps);
}

int main(void)
{
	struct sk_step s;

	is_folded("abc", "abc");
	is_folded("aaaa", "4(a)");
	is_folded("xababababy", "x4(ab)y");
	is_folded("abcabcabc", "3(abc)");
	is_folded("abcdabcdx", "2(abcd)x");
	is_folded("abcdeabcde", "abcdeabcde");
	is_folded("aabaab", "2(a)b2(a)b");
	is_folded("abab" "a", "2(ab)a");
	add("DDD");
	is_int(f.items[0].steps[0].bytes, 9, "bytes add up");
	add("");
	s = (struct sk_step){ .what = "x" };
	sk_fold_add(&f, &s);
	s.bytes = 3;
	sk_fold_add(&f, &s);
	is_int((int)f.n, 2, "with bytes and without are two");
	add("");
	for (int i = 0; i < SK_FOLD_ITEMS * 3; i++) {
		s = (struct sk_step){ 0 };
		snprintf(s.what, sizeof(s.what), "%d", i);
		sk_fold_add(&f, &s);
	}
	ok(f.n == SK_FOLD_ITEMS && f.dropped == SK_FOLD_ITEMS * 2,
	   "no more than there is room for");
	sk_fold_fini(&f);
	return tap_done();
}
