/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sendway.h"

int bench_sendway_open(struct bench_flow *f, int copy, struct sk_err *err)
{
	(void)f;
	return sk_fail(err, -ENOTSUP, "%s: not yet",
		       bench_copies.choices[copy].name);
}
