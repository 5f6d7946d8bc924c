/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much memory there is in use, by this process and by the kernel. */
#ifndef SK_BENCH_MEMORY_H
#define SK_BENCH_MEMORY_H

#include <stdint.h>

/* Resident bytes of this process; 0: unknown. */
uint64_t bench_memory_rss(void);
/*
 * Bytes in the kernel's slabs that sockets are made of, of all the machine;
 * in all slabs where we may not see which is which. 0: unknown.
 */
uint64_t bench_memory_kernel(void);
/* The bytes of such slabs in the text of /proc/slabinfo (slabinfo(5)). */
uint64_t bench_memory_slabs(char *text);
/* The "NAME: n kB" of a text like /proc/meminfo's, in bytes; 0: none. */
uint64_t bench_memory_find(const char *text, const char *name);

#endif
