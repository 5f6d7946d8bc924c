/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

uint64_t bench_memory_find(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, name, len) && p[len] == ':')
			return strtoull(p + len + 1, NULL, 10) * 1024;
	}
	return 0;
}

static uint64_t ask(const char *path, const char *name)
{
	char text[8192];
	SK_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return bench_memory_find(text, name);
}

uint64_t bench_memory_rss(void)
{
	return ask("/proc/self/status", "VmRSS");
}

uint64_t bench_memory_slab(void)
{
	return ask("/proc/meminfo", "Slab");
}
