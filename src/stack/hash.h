/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"), for
 * all that an outsider must not foresee: ISNs, ports, hash tables, cookies;
 * and the random numbers of a stack, which are SipHash over a counter.
 */
#ifndef SK_STACK_HASH_H
#define SK_STACK_HASH_H

#include <stddef.h>
#include <stdint.h>

struct stk_key128 {
	uint64_t k0, k1;
};

uint64_t stk_siphash(const struct stk_key128 *key, const void *data,
		     size_t len);

#endif
