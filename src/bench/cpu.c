/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/cpu.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"

/* Of more threads than these nobody asks the delay. */
#define THREADS_ASKED 64

/* The head of a small file of /proc; its length or -1. */
static ssize_t slurp(const char *path, char *buf, size_t size)
{
	SK_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n >= 0)
		buf[n] = '\0';
	return n;
}

static uint64_t delay_of(const char *tid)
{
	char path[64], text[128];
	unsigned long long on_cpu, delay;

	snprintf(path, sizeof(path), "/proc/self/task/%.16s/schedstat", tid);
	if (slurp(path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%llu %llu", &on_cpu, &delay) != 2)
		return 0;
	return delay;
}

static uint64_t run_delay(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *e;
	uint64_t sum = 0;
	int n = 0;

	while (dir && n < THREADS_ASKED && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		sum += delay_of(e->d_name);
		n++;
	}
	if (dir)
		closedir(dir);
	return sum;
}

static uint64_t ns_of(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000000u +
	       (uint64_t)tv->tv_usec * 1000u;
}

void bench_cpu_self(struct bench_cpu *c)
{
	struct rusage ru;

	memset(c, 0, sizeof(*c));
	if (!getrusage(RUSAGE_SELF, &ru)) {
		c->user_ns = ns_of(&ru.ru_utime);
		c->sys_ns = ns_of(&ru.ru_stime);
	}
	c->run_delay_ns = run_delay();
}

bool bench_cpu_pin(unsigned k)
{
	cpu_set_t may, one;
	int n;

	if (sched_getaffinity(0, sizeof(may), &may) < 0)
		return false;
	n = CPU_COUNT(&may);
	if (n < 2)
		return false;
	k %= (unsigned)n;
	CPU_ZERO(&one);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &may) && !k--)
			CPU_SET(cpu, &one);
	return !sched_setaffinity(0, sizeof(one), &one);
}

unsigned bench_cpu_allowed(void)
{
	cpu_set_t may;
	int n = sched_getaffinity(0, sizeof(may), &may) < 0 ? 0 :
							      CPU_COUNT(&may);

	return n > 0 ? (unsigned)n : 1;
}

/*
 * Requests that would wait may be carried out by a thread of the kernel's in
 * our process, which ends when it has been idle for 5 s (io_uring's
 * "iou-wrk-…"; "iou-sqp-…" reads the queue).
 */
static bool is_ours(const char *tid)
{
	char path[64], name[32];

	snprintf(path, sizeof(path), "/proc/self/task/%.16s/comm", tid);
	return slurp(path, name, sizeof(name)) < 0 ||
	       strncmp(name, "iou-", 4) != 0;
}

size_t bench_cpu_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.' && is_ours(e->d_name);
	if (dir)
		closedir(dir);
	return n;
}

/* user nice system idle iowait irq softirq steal …, proc(5) */
int bench_cpu_parse(struct bench_machine *m, const char *text, uint64_t hz)
{
	unsigned long long v[8];
	uint64_t tick = 1000000000u / (hz ? hz : 100);

	memset(m, 0, sizeof(*m));
	if (sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0],
		   &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) != 8)
		return -EINVAL;
	m->busy_ns = (v[0] + v[1] + v[2] + v[5] + v[6]) * tick;
	m->softirq_ns = v[6] * tick;
	m->steal_ns = v[7] * tick;
	m->total_ns = m->busy_ns + (v[3] + v[4] + v[7]) * tick;
	return 0;
}

uint64_t bench_cpu_tick_ns(void)
{
	long hz = sysconf(_SC_CLK_TCK);

	return 1000000000u / (uint64_t)(hz > 0 ? hz : 100);
}

void bench_cpu_machine(struct bench_machine *m)
{
	char text[512];

	memset(m, 0, sizeof(*m));
	if (slurp("/proc/stat", text, sizeof(text)) > 0)
		bench_cpu_parse(m, text, (uint64_t)sysconf(_SC_CLK_TCK));
}
