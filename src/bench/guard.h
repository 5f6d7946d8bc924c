/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A socket that hears one host only. */
#ifndef SK_BENCH_GUARD_H
#define SK_BENCH_GUARD_H

#include "sock/addr.h"

/*
 * Let the kernel drop, by a filter (socket(7), SO_ATTACH_FILTER), whatever
 * does not come from peer's host: SYNs to a listener as well as datagrams. So
 * whoever measures from there is served, and nobody else, without a look at
 * addresses in the loops that measure. Loopback is one host with all of its
 * addresses. 0 or a negative errno.
 */
int bench_guard(int fd, const struct sk_addr *peer);

#endif
