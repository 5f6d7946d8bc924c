/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
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

/* What an open connection consists of. Bytes under way are not of these. */
static bool is_socket_slab(const char *name)
{
	static const char *const names[] = {
		"TCP", "TCPv6", "MPTCP", "UNIX", "UNIX-STREAM",
		"sock_inode_cache", "filp", "dentry", "request_sock_TCP", "tcp_bind_bucket",
		"tcp_bind2_bucket", "eventpoll_epi", "eventpoll_pwq", "ep_head",
		"lsm_file_cache", "lsm_inode_cache", "selinux_inode_security",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

uint64_t bench_memory_slabs(char *text)
{
	unsigned long long active, all, size;
	uint64_t sum = 0;
	char *line, name[64];

	while ((line = strsep(&text, "\n")) != NULL)
		if (sscanf(line, "%63s %llu %llu %llu", name, &active, &all,
			   &size) == 4 && is_socket_slab(name))
			sum += active * size;
	return sum;
}

static uint64_t ask_slabinfo(void)
{
	const size_t room = 256 << 10;
	SK_AUTO_FD fd = open("/proc/slabinfo", O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(room);
	size_t len = 0;
	ssize_t n;
	uint64_t sum;

	if (!text)
		return 0;
	while (len < room - 1 &&
	       (n = read(fd, text + len, room - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	sum = bench_memory_slabs(text);
	free(text);
	return sum;
}

uint64_t bench_memory_kernel(void)
{
	uint64_t sum = ask_slabinfo();

	return sum ? sum : ask("/proc/meminfo", "Slab");
}
