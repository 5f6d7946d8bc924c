/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Monotonic time in microseconds, and spans of it. */
#ifndef SK_BASE_CLOCK_H
#define SK_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define SK_MSEC UINT64_C(1000)
#define SK_SEC UINT64_C(1000000)
#define SK_NEVER UINT64_MAX

/* clock_gettime(2) CLOCK_MONOTONIC; 0 is never returned. */
static inline uint64_t sk_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SK_SEC + (uint64_t)ts.tv_nsec / 1000 + 1;
}

#endif
