/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the machine can do at best, measured in the same minute. */
#ifndef SK_BENCH_FLOOR_H
#define SK_BENCH_FLOOR_H

#include "bench/result.h"

/*
 * Floors for what res->primary is about, some ten ms each: memcpy and a pipe
 * for bytes, a spinning and a sleeping exchange between two threads for
 * requests. 0 or -ENOMEM; what cannot be measured is left out.
 */
int bench_floors(struct bench_result *res);

#endif
