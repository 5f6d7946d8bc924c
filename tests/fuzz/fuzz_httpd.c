/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: what clients send to the exporter. The first byte says in how
 * large pieces it arrives; what is understood must not depend on that.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "diag/httpd.h"

#define REQUESTS_MAX 64

struct heard {
	struct sk_httpd_request v[REQUESTS_MAX];
	size_t n;
};

static void check(const struct sk_httpd_request *r)
{
	if (!memchr(r->path, '\0', sizeof(r->path)))
		abort();
	if (r->status && (!*sk_httpd_reason(r->status) || !r->close))
		abort();
	for (const char *p = r->path; *p && !r->status; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			abort();
}

/* As cmds/stat_exporter.c does: nothing is read behind a last request. */
static void hear(struct heard *heard, const uint8_t *data, size_t size,
		 size_t piece)
{
	struct sk_httpd *h = calloc(1, sizeof(*h));
	struct sk_httpd_request r;
	bool last = !h;

	heard->n = 0;
	while (size && !last) {
		size_t room = sizeof(h->in) - h->len;
		size_t n = size < piece ? size : piece;

		n = n < room ? n : room;
		memcpy(h->in + h->len, data, n);
		h->len += n;
		data += n;
		size -= n;
		while (!last && sk_httpd_next(h, &r)) {
			check(&r);
			last = r.close || heard->n == REQUESTS_MAX;
			if (heard->n < REQUESTS_MAX)
				heard->v[heard->n++] = r;
		}
		if (h->len > sizeof(h->in))
			abort();
	}
	free(h);
}

static int same(const struct sk_httpd_request *a,
		const struct sk_httpd_request *b)
{
	return a->status == b->status && a->head == b->head &&
	       a->close == b->close && a->openmetrics == b->openmetrics &&
	       !strcmp(a->path, b->path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct heard whole, pieces;

	if (!size)
		return 0;
	hear(&whole, data + 1, size - 1, SK_HTTPD_HEAD_MAX);
	hear(&pieces, data + 1, size - 1, (size_t)data[0] % 61 + 1);
	if (whole.n != pieces.n)
		abort();
	for (size_t i = 0; i < whole.n; i++)
		if (!same(&whole.v[i], &pieces.v[i]))
			abort();
	return 0;
}
