/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/wire/csum.h"

#include <endian.h>
#include <string.h>

/*
 * One's complement addition does not mind the byte order (RFC 1071 2 (B)), so
 * the words are added as the machine has them, and the sum is turned once.
 * Four 64-bit lanes with 32-bit addends never overflow and pipeline well.
 */
uint32_t csum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t a = 0, b = 0;
	uint16_t tail = 0;

	for (; len >= 16; len -= 16, p += 16) {
		uint64_t w[2];

		memcpy(w, p, 16);
		a += (w[0] & UINT32_MAX) + (w[0] >> 32);
		b += (w[1] & UINT32_MAX) + (w[1] >> 32);
	}
	for (; len >= 2; len -= 2, p += 2) {
		uint16_t w;

		memcpy(&w, p, 2);
		a += w;
	}
	if (len) {
		memcpy(&tail, p, 1);
		a += tail;
	}
	a += b;
	a = (a & UINT32_MAX) + (a >> 32);
	a = (a & UINT32_MAX) + (a >> 32);
	a = (a & 0xffff) + (a >> 16);
	a = (a & 0xffff) + (a >> 16);
	return csum_fold(sum) + be16toh((uint16_t)csum_fold((uint32_t)a));
}
