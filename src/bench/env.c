/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"

/* What changes results most; those that are not there are left out. */
static const struct {
	const char *name, *path;
} files[] = {
	{ "governor",
	  "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor" },
	{ "smt", "/sys/devices/system/cpu/smt/control" },
	{ "clocksource",
	  "/sys/devices/system/clocksource/clocksource0/current_clocksource" },
	{ "net.core.somaxconn", "/proc/sys/net/core/somaxconn" },
	{ "net.core.rmem_max", "/proc/sys/net/core/rmem_max" },
	{ "net.core.wmem_max", "/proc/sys/net/core/wmem_max" },
	{ "net.core.busy_poll", "/proc/sys/net/core/busy_poll" },
	{ "net.ipv4.tcp_rmem", "/proc/sys/net/ipv4/tcp_rmem" },
	{ "net.ipv4.tcp_wmem", "/proc/sys/net/ipv4/tcp_wmem" },
	{ "net.ipv4.tcp_congestion_control",
	  "/proc/sys/net/ipv4/tcp_congestion_control" },
	{ "net.ipv4.ip_local_port_range",
	  "/proc/sys/net/ipv4/ip_local_port_range" },
	{ "net.ipv4.tcp_tw_reuse", "/proc/sys/net/ipv4/tcp_tw_reuse" },
	{ "kernel.io_uring_disabled", "/proc/sys/kernel/io_uring_disabled" },
	{ "mitigations", "/sys/devices/system/cpu/vulnerabilities/spectre_v2" },
};

/* The first line of a small file, tabs made spaces; false: there is none. */
static bool first_line(char *buf, size_t size, const char *path)
{
	SK_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n <= 0)
		return false;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	for (char *p = buf; *p; p++)
		if (*p == '\t')
			*p = ' ';
	return *buf;
}

/* "model name	: …" out of /proc/cpuinfo, which not all machines have. */
static bool cpu_model(char *buf, size_t size)
{
	char text[4096], *p, *end;
	SK_AUTO_FD fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	p = strstr(text, "model name");
	p = p ? strchr(p, ':') : NULL;
	if (!p)
		return false;
	p += strspn(p, ": ");
	end = strchr(p, '\n');
	snprintf(buf, size, "%.*s", end ? (int)(end - p) : (int)strlen(p), p);
	return true;
}

int bench_env(struct bench_result *res)
{
	struct utsname u;
	char text[200];
	int r = 0;

	if (!uname(&u)) {
		snprintf(text, sizeof(text), "%.90s %.90s", u.release,
			 u.machine);
		r = bench_result_fact(res, "kernel", text);
	}
	if (r >= 0 && cpu_model(text, sizeof(text)))
		r = bench_result_fact(res, "cpu", text);
	snprintf(text, sizeof(text), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	if (r >= 0)
		r = bench_result_fact(res, "cpus", text);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files) && r >= 0; i++)
		if (first_line(text, sizeof(text), files[i].path))
			r = bench_result_fact(res, files[i].name, text);
	return r;
}
