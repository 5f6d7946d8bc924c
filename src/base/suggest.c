/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/suggest.h"

#define WORD_MAX_LEN 64

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment distance, three rows of the matrix at a time. */
static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
	size_t rows[3][WORD_MAX_LEN + 1];
	size_t *before = rows[0], *prev = rows[1], *cur = rows[2], *tmp;

	for (size_t j = 0; j <= lb; j++)
		prev[j] = j;
	for (size_t i = 1; i <= la; i++) {
		cur[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			cur[j] = min3(prev[j] + 1, cur[j - 1] + 1,
				      prev[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < cur[j])
				cur[j] = before[j - 2] + 1;
		}
		tmp = before;
		before = prev;
		prev = cur;
		cur = tmp;
	}
	return prev[lb];
}

const char *sk_suggest(const char *word, const char *(*next)(void *, size_t),
		       void *arg)
{
	size_t len = strlen(word), best = len / 3 + 2, d;
	const char *found = NULL, *c;

	if (!len || len > WORD_MAX_LEN)
		return NULL;
	for (size_t i = 0; (c = next(arg, i)) != NULL; i++) {
		size_t n = strlen(c);

		if (n > WORD_MAX_LEN)
			continue;
		d = distance(word, len, c, n);
		if (d < best && d < n) {
			best = d;
			found = c;
		}
	}
	return found;
}
