/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A 64-bit program that calls the kernel as others do: abis i386|x32. 77: not
 * on this machine.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __x86_64__

/* Where pointers have 32 bits. */
static unsigned char *low;

/* What stands above the 32 bits is not looked at. */
#define JUNK UINT64_C(0x5a5a5a5a00000000)

static int i386(int nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
		uint32_t e)
{
	int r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(JUNK | a), "c"(JUNK | b),
			   "d"(JUNK | c), "S"(JUNK | d), "D"(JUNK | e)
			 : "memory", "r8", "r9", "r10", "r11");
	return r;
}

static uint32_t at(unsigned off)
{
	return (uint32_t)(uintptr_t)low + off;
}

/* socketcall(2) and the select(2) that has its arguments in memory. */
static int as_i386(void)
{
	uint32_t pair[] = { AF_UNIX, SOCK_STREAM, 0, at(64) };
	uint32_t send[] = { 0, at(128), 5, 0 };
	uint32_t args[5] = { 0, at(256), 0, 0, at(512) };
	uint32_t udp[] = { AF_INET, SOCK_DGRAM, 0 };
	uint32_t time[2] = { 5, 0 };
	int32_t fd[2];

	memcpy(low, pair, sizeof(pair));
	if (i386(102, 8, at(0), 0, 0, 0) < 0)
		return 77;
	memcpy(fd, low + 64, sizeof(fd));
	send[0] = (uint32_t)fd[1];
	memcpy(low, send, sizeof(send));
	memcpy(low + 128, "hello", 5);
	i386(102, 9, at(0), 0, 0, 0);
	args[0] = (uint32_t)fd[0] + 1;
	low[256 + fd[0] / 8] = (unsigned char)(1 << fd[0] % 8);
	memcpy(low, args, sizeof(args));
	memcpy(low + 512, time, sizeof(time));
	i386(82, at(0), 0, 0, 0, 0);
	i386(82, 8, 0, 0, 0, 0);
	i386(3, (uint32_t)fd[0], at(600), 20, 0, 0);
	i386(6, (uint32_t)fd[0], 0, 0, 0, 0);
	/* Behind the three there is nothing. */
	memcpy(low + 4096 - sizeof(udp), udp, sizeof(udp));
	i386(102, 1, at(4096 - sizeof(udp)), 0, 0, 0);
	return 0;
}

static int as_x32(void)
{
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(0x40000000L | 41), "D"(AF_INET),
			   "S"(SOCK_DGRAM), "d"(0)
			 : "memory", "rcx", "r11");
	return r < 0;
}

int main(int argc, char **argv)
{
	low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED || mprotect(low + 4096, 4096, PROT_NONE) < 0 ||
	    argc < 2)
		return 77;
	return strcmp(argv[1], "x32") ? as_i386() : as_x32();
}

#else

int main(void)
{
	return 77;
}

#endif
