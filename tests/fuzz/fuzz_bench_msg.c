/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: what the parts of a bench round say to each other. What is
 * understood is written in a form that means the same again.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "bench/role.h"

static void check_clean(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			abort();
}

static void check_again(const struct bench_msg *m)
{
	struct sk_err err = { 0 };
	struct bench_msg back;
	struct sk_out out;

	sk_out_init(&out, -1);
	bench_msg_write(&out, m);
	if (bench_msg_parse(&back, out.buf, out.len, &err) < 0 ||
	    back.kind != m->kind ||
	    (m->kind == BENCH_MSG_JOB &&
	     memcmp(&back.job, &m->job, sizeof(m->job))) ||
	    back.side.requests != m->side.requests ||
	    back.side.n_points != m->side.n_points)
		abort();
	bench_msg_fini(&back);
	sk_out_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_err err = { 0 };
	struct bench_msg m;

	if (size > BENCH_MSG_MAX)
		return 0;
	if (bench_msg_parse(&m, (const char *)data, size, &err) < 0) {
		if (!*err.text)
			abort();
		check_clean(err.text);
	} else {
		check_clean(m.text);
		check_clean(m.side.note);
		if (m.kind != BENCH_MSG_READY)
			check_again(&m);
	}
	bench_msg_fini(&m);
	return 0;
}
