/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System calls by name, whatever the number: see sysno.def. */
#ifndef SK_TRACE_SYSNO_H
#define SK_TRACE_SYSNO_H

#include <stdbool.h>
#include <stdint.h>

/* How a tracee calls the kernel. One process may use several of them. */
enum sk_abi {
	SK_ABI_X86_64,
	SK_ABI_I386,
	SK_ABI_X32,
	SK_ABI_AARCH64,
	SK_ABI_COUNT_
};

/* The ABI that this binary itself speaks. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define SK_ABI_NATIVE SK_ABI_X86_64
#elif defined(__aarch64__)
#define SK_ABI_NATIVE SK_ABI_AARCH64
#else
#error "sockkit trace knows x86_64 and aarch64"
#endif

enum sk_sys {
#define SYS(name, x86_64, i386, x32, aarch64, fd, role) SK_SYS_##name,
#include "trace/sysno.def"
#undef SYS
	SK_SYS_COUNT_,
	SK_SYS_NONE = -1
};

enum sk_sys_role {
	SK_ROLE_NONE,
	SK_ROLE_SOCKET,		/* gives one socket */
	SK_ROLE_PAIR,		/* gives two */
	SK_ROLE_ACCEPT,		/* gives one made by a peer */
	SK_ROLE_GETFD,		/* gives a copy of another process's */
	SK_ROLE_BIND,
	SK_ROLE_LISTEN,
	SK_ROLE_CONNECT,
	SK_ROLE_SHUTDOWN,
	SK_ROLE_SETOPT,
	SK_ROLE_ASK,		/* changes nothing */
	SK_ROLE_IN,		/* receives; returns bytes */
	SK_ROLE_IN_MANY,	/* recvmmsg: returns messages */
	SK_ROLE_OUT,		/* sends; returns bytes */
	SK_ROLE_OUT_MANY,
	SK_ROLE_OUT2,		/* moves bytes between two descriptors */
	SK_ROLE_CLOSE,
	SK_ROLE_CLOSE_RANGE,
	SK_ROLE_DUP,
	SK_ROLE_FCNTL,
	SK_ROLE_WAIT,		/* poll and select: descriptors in memory */
	SK_ROLE_EPOLL,		/* gives an epoll descriptor */
	SK_ROLE_EPOLL_CTL,
	SK_ROLE_EPOLL_WAIT,
	SK_ROLE_URING,
	SK_ROLE_FILTER,		/* the engine's own: makes no events */
};

struct sk_sys_row {
	const char *name;	/* as strace prints it */
	int16_t nr[SK_ABI_COUNT_]; /* -1: not there */
	int8_t fd;		/* argument 0..5, or -1 */
	uint8_t role;		/* enum sk_sys_role */
};

extern const struct sk_sys_row sk_sys_rows[SK_SYS_COUNT_];

/* "connect"; sys must not be SK_SYS_NONE. */
static inline const char *sk_sys_name(enum sk_sys sys)
{
	return sk_sys_rows[sys].name;
}

static inline enum sk_sys_role sk_sys_role(enum sk_sys sys)
{
	return (enum sk_sys_role)sk_sys_rows[sys].role;
}

/* The call of a number (x32: without its bit), or SK_SYS_NONE. */
enum sk_sys sk_sys_of(enum sk_abi abi, uint64_t nr);

/* The call of a name, or SK_SYS_NONE; the engine's own have none. */
enum sk_sys sk_sys_by_name(const char *name);

/* What is behind number `call` of socketcall(2): 1 is socket, 3 connect…. */
enum sk_sys sk_sys_socketcall(uint64_t call);

/* Bytes of a pointer, and of a long, in a tracee: 4 or 8. */
static inline unsigned sk_abi_word(enum sk_abi abi)
{
	return abi == SK_ABI_I386 || abi == SK_ABI_X32 ? 4 : 8;
}

/*
 * Does the ABI use the 32-bit layouts of structs (msghdr, iovec, mmsghdr)?
 * x32 does; but its timespec and timeval are 64-bit ones, i386's are not.
 */
static inline bool sk_abi_compat(enum sk_abi abi)
{
	return sk_abi_word(abi) == 4;
}

/* A set of calls, for -e trace= and for what an engine is to report. */
struct sk_sys_set {
	uint64_t bits[(SK_SYS_COUNT_ + 63) / 64];
};

static inline void sk_sys_set_add(struct sk_sys_set *s, enum sk_sys sys)
{
	s->bits[sys / 64] |= UINT64_C(1) << (sys % 64);
}

static inline bool sk_sys_set_has(const struct sk_sys_set *s, enum sk_sys sys)
{
	return sys >= 0 && s->bits[sys / 64] >> (sys % 64) & 1;
}

#endif
