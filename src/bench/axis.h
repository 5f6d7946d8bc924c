/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may be varied: the values of each axis, by number inside, by name for
 * people and on the wire. A new value is a row in axis.c.
 */
#ifndef SK_BENCH_AXIS_H
#define SK_BENCH_AXIS_H

#include <stddef.h>

#include "base/err.h"

enum bench_workload {
	BENCH_W_STREAM, BENCH_W_RR, BENCH_W_CRR, BENCH_W_DGRAM, BENCH_W_IDLE,
	BENCH_W_BACKLOG, BENCH_W_LATENCY, BENCH_W_MIX,
	BENCH_NWORKLOADS
};

enum bench_socket {
	BENCH_S_TCP, BENCH_S_TCP6, BENCH_S_MPTCP, BENCH_S_UDP,
	BENCH_S_UDP_CONNECTED, BENCH_S_UNIX_STREAM, BENCH_S_UNIX_DGRAM,
	BENCH_S_UNIX_SEQPACKET, BENCH_S_SOCKETPAIR, BENCH_S_PIPE, BENCH_S_ICMP,
	BENCH_NSOCKETS
};

enum bench_engine {
	BENCH_E_BLOCKING, BENCH_E_THREADS, BENCH_E_SELECT, BENCH_E_POLL,
	BENCH_E_EPOLL, BENCH_E_EPOLL_ET, BENCH_E_URING,
	BENCH_E_URING_MULTISHOT, BENCH_E_SPIN,
	BENCH_NENGINES
};

enum bench_pattern {
	BENCH_P_SINGLE, BENCH_P_POOL, BENCH_P_REUSEPORT,
	BENCH_NPATTERNS
};

/* How a sender hands its bytes to the kernel. */
enum bench_copy {
	BENCH_C_WRITE, BENCH_C_WRITEV, BENCH_C_SENDFILE, BENCH_C_SPLICE,
	BENCH_C_ZEROCOPY, BENCH_C_URING_ZC,
	BENCH_NCOPIES
};

/* How a receiver takes them. */
enum bench_receive {
	BENCH_R_COPY, BENCH_R_TRUNC, BENCH_R_SPLICE,
	BENCH_NRECEIVES
};

enum bench_stack {
	BENCH_K_KERNEL, BENCH_K_PAIR, BENCH_K_TAP, BENCH_K_WIRE,
	BENCH_NSTACKS
};

/* A value of an axis: its name and one line about it. */
struct bench_choice {
	const char *name, *help;
};

/* The values in the order of their enum. */
struct bench_choices {
	const char *name;	/* "engine"; messages say it so */
	const struct bench_choice *choices;
	size_t n;
};

extern const struct bench_choices bench_workloads, bench_sockets, bench_engines,
	bench_patterns, bench_copies, bench_receives, bench_stacks;

/* The index of a value, or a usage error with "did you mean". */
int bench_axis_find(const struct bench_choices *axis, const char *name,
		    struct sk_err *err);

#endif
