/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the machine can do at best, measured in the same minute. */
#ifndef SK_BENCH_FLOOR_H
#define SK_BENCH_FLOOR_H

#include <signal.h>

#include "bench/result.h"

/*
 * The four floors, `time_us` each: memcpy, two threads that spin on memory, a
 * pipe and a unix socket, which do what res->primary is about, where they can
 * (a pipe has no connects). None for what is no speed. 0 or -ENOMEM; what
 * cannot be measured is left out, as is the rest once *stop is set.
 */
int bench_floors(struct bench_result *res, uint64_t time_us,
		 const volatile sig_atomic_t *stop);

#endif
