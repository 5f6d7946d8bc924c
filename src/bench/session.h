/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client of `bench serve` that has been greeted: one test after the other,
 * in a process of its own.
 */
#ifndef SK_BENCH_SESSION_H
#define SK_BENCH_SESSION_H

#include "bench/limits.h"
#include "sock/addr.h"

/*
 * Serve over ctl until it is closed. What becomes of each test is logged
 * under the name `who`; with `quiet`, what went well with -v only. Returns an
 * exit status.
 */
int bench_session(int ctl, const char *who, const struct bench_limits *limits,
		  bool quiet);

#endif
