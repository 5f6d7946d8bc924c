/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

void bench_results_fini(struct bench_results *r)
{
	for (size_t i = 0; i < r->n; i++)
		bench_result_free(r->v[i]);
	free(r->v);
	*r = (struct bench_results){ 0 };
}

int bench_load_file(struct bench_results *to, const char *path,
		    struct sk_err *err)
{
	struct sk_err inner = { 0 };
	char *data;
	size_t len;
	int r = sk_file_read(path, BENCH_FILE_MAX, &data, &len, err);

	*to = (struct bench_results){ 0 };
	if (r < 0)
		return r;
	r = bench_load(to, data, len, &inner);
	free(data);
	return r < 0 ? sk_fail(err, r, "%s: %s", path, inner.text) : 0;
}

#ifndef HAVE_JANSSON

int bench_load(struct bench_results *to, const char *data, size_t len,
	       struct sk_err *err)
{
	(void)data;
	(void)len;
	*to = (struct bench_results){ 0 };
	return sk_fail(err, -ENOSYS, "reading JSON is not compiled in "
				     "(jansson)");
}

#endif
