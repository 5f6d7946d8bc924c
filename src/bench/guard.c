/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <string.h>

/* Where the source address begins, RFC 791 and RFC 8200. */
#define SOURCE4 (SKF_NET_OFF + 12)
#define SOURCE6 (SKF_NET_OFF + 8)
#define ALL UINT32_MAX
#define LOOPBACK_NET 0xff000000u

static struct sock_filter load(int at)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    (uint32_t)at);
}

/* Equal: on; else to the last instruction, which is `over` from the next. */
static struct sock_filter same(uint32_t value, int over)
{
	return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value,
					    0, (uint8_t)over);
}

static int attach(int fd, struct sock_filter *code, size_t n)
{
	struct sock_fprog prog = { .len = (unsigned short)n, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			  sizeof(prog)) < 0 ? -errno : 0;
}

static int guard4(int fd, uint32_t source)
{
	uint32_t mask = source >> 24 == IN_LOOPBACKNET ? LOOPBACK_NET : ALL;
	struct sock_filter code[] = {
		load(SOURCE4),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		same(source & mask, 1),
		BPF_STMT(BPF_RET | BPF_K, ALL),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return attach(fd, code, sizeof(code) / sizeof(*code));
}

static int guard6(int fd, const struct in6_addr *source)
{
	struct sock_filter code[2 * 4 + 2];
	uint32_t word;

	for (int i = 0; i < 4; i++) {
		memcpy(&word, source->s6_addr + 4 * i, sizeof(word));
		code[2 * i] = load(SOURCE6 + 4 * i);
		code[2 * i + 1] = same(ntohl(word), 2 * (3 - i) + 1);
	}
	code[8] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ALL);
	code[9] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	return attach(fd, code, 10);
}

int bench_guard(int fd, const struct sk_addr *peer)
{
	switch (peer->sa.sa_family) {
	case AF_INET:
		return guard4(fd, ntohl(peer->in.sin_addr.s_addr));
	case AF_INET6:
		return guard6(fd, &peer->in6.sin6_addr);
	default:
		return 0; /* of this machine: nobody else gets here */
	}
}
