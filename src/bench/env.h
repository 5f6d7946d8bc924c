/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine that a result was measured on. */
#ifndef SK_BENCH_ENV_H
#define SK_BENCH_ENV_H

#include "bench/result.h"

/* Kernel, CPU, governor, sysctls… as facts of res. 0 or -ENOMEM. */
int bench_env(struct bench_result *res);

#endif
