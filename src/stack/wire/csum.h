/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Internet checksum (RFC 1071), and its update (RFC 1624). */
#ifndef SK_STACK_WIRE_CSUM_H
#define SK_STACK_WIRE_CSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Sum of data as big-endian 16-bit words on top of sum, folded to 16 bits; an
 * odd byte at the end is padded with zero. Only the last piece of a sum may
 * have an odd length, or csum_swap() is used (see pkt_sum()).
 */
uint32_t csum_add(uint32_t sum, const void *data, size_t len);

static inline uint16_t csum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The field's value, host order. */
static inline uint16_t csum_done(uint32_t sum)
{
	return (uint16_t)~csum_fold(sum);
}

/* A piece that begins at an odd offset counts with its bytes swapped. */
static inline uint32_t csum_swap(uint32_t sum)
{
	uint16_t f = csum_fold(sum);

	return (uint32_t)(uint16_t)(f >> 8 | f << 8);
}

/* The checksum after a 16-bit word changed from old to new (RFC 1624 eqn 3). */
static inline uint16_t csum_update(uint16_t csum, uint16_t old, uint16_t new)
{
	return csum_done((uint32_t)(uint16_t)~csum + (uint16_t)~old + new);
}

#endif
