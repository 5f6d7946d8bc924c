/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much memory there is in use, by this process and by the kernel. */
#ifndef SK_BENCH_MEMORY_H
#define SK_BENCH_MEMORY_H

#include <stdint.h>

/* Resident bytes of this process; 0: unknown. */
uint64_t bench_memory_rss(void);
/* Bytes in the kernel's slabs (all of the machine); 0: unknown. */
uint64_t bench_memory_slab(void);
/* The "NAME: n kB" of a text like /proc/meminfo's, in bytes; 0: none. */
uint64_t bench_memory_find(const char *text, const char *name);

#endif
