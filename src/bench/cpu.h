/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose time went where: this process, and the machine it runs on. */
#ifndef SK_BENCH_CPU_H
#define SK_BENCH_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All threads of this process, in ns. */
struct bench_cpu {
	uint64_t user_ns, sys_ns;
	uint64_t run_delay_ns;	/* ready to run, and waiting for a CPU */
};
void bench_cpu_self(struct bench_cpu *c);

/* /proc/stat, all CPUs, in ns since the machine started. */
struct bench_machine {
	uint64_t busy_ns;	/* user, nice, system, irq, softirq */
	uint64_t softirq_ns, steal_ns, total_ns;
};
void bench_cpu_machine(struct bench_machine *m);
/* In steps of which it counts. */
uint64_t bench_cpu_tick_ns(void);
/* The same out of the text of /proc/stat; `hz` its ticks a second. */
int bench_cpu_parse(struct bench_machine *m, const char *text, uint64_t hz);
/*
 * Bind this thread to the k-th of the CPUs that it may use (counted round), so
 * that two that spin do not share one. False: there is one only, or it is not
 * allowed.
 */
bool bench_cpu_pin(unsigned k);
/* CPUs that the calling thread may run on; at least 1. */
unsigned bench_cpu_allowed(void);
/* Number of threads that this process has, without those of the kernel. */
size_t bench_cpu_threads(void);

#endif
