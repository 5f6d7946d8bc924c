/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields of kernel structures, as they lie in memory. */
#ifndef SK_BASE_LOAD_H
#define SK_BASE_LOAD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The unsigned integer of 1, 2, 4 or 8 bytes at p, in host order, unaligned. */
static inline uint64_t sk_load(const void *p, size_t size)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case 1:
		return *(const unsigned char *)p;
	case 2:
		memcpy(&u16, p, 2);
		return u16;
	case 4:
		memcpy(&u32, p, 4);
		return u32;
	default:
		memcpy(&u64, p, 8);
		return u64;
	}
}

#endif
