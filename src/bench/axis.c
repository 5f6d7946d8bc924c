/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/axis.h"

#include <string.h>

#include "base/suggest.h"
#include "base/text.h"

#define AXIS(id, title, table) \
	const struct bench_choices id = { \
		title, table, sizeof(table) / sizeof(*(table)) }

static const struct bench_choice workloads[BENCH_NWORKLOADS] = {
	[BENCH_W_STREAM] = { "stream", "bytes as fast as they go" },
	[BENCH_W_RR] = { "rr", "requests and responses" },
	[BENCH_W_CRR] = { "crr", "connect, request, response, close" },
	[BENCH_W_DGRAM] = { "dgram", "datagrams, and what becomes of them" },
	[BENCH_W_IDLE] = { "idle", "many idle connections, and one busy" },
	[BENCH_W_BACKLOG] = { "backlog", "connects that nobody accepts" },
	[BENCH_W_LATENCY] = { "latency-under-load", "rr while stream runs" },
	[BENCH_W_MIX] = { "bulk-mix", "bulk and small requests side by side" },
};
AXIS(bench_workloads, "workload", workloads);

static const struct bench_choice sockets[BENCH_NSOCKETS] = {
	[BENCH_S_TCP] = { "tcp", "TCP over IPv4" },
	[BENCH_S_TCP6] = { "tcp6", "TCP over IPv6" },
	[BENCH_S_MPTCP] = { "mptcp", "Multipath TCP" },
	[BENCH_S_UDP] = { "udp", "UDP, an address with each datagram" },
	[BENCH_S_UDP_CONNECTED] = { "udp-connected", "UDP, connected" },
	[BENCH_S_UNIX_STREAM] = { "unix-stream", "unix, stream" },
	[BENCH_S_UNIX_DGRAM] = { "unix-dgram", "unix, datagram" },
	[BENCH_S_UNIX_SEQPACKET] = { "unix-seqpacket", "unix, seqpacket" },
	[BENCH_S_SOCKETPAIR] = { "socketpair", "socketpair(2), stream" },
	[BENCH_S_PIPE] = { "pipe", "two pipes" },
	[BENCH_S_ICMP] = { "icmp", "echo requests to the kernel" },
};
AXIS(bench_sockets, "socket", sockets);

static const struct bench_choice engines[BENCH_NENGINES] = {
	[BENCH_E_BLOCKING] = { "blocking", "blocking calls, one connection" },
	[BENCH_E_THREADS] = { "threads", "blocking, a thread per connection" },
	[BENCH_E_SELECT] = { "select", "select(2)" },
	[BENCH_E_POLL] = { "poll", "poll(2)" },
	[BENCH_E_EPOLL] = { "epoll", "epoll(7), level-triggered" },
	[BENCH_E_EPOLL_ET] = { "epoll-et", "epoll(7), edge-triggered" },
	[BENCH_E_URING] = { "io_uring", "io_uring, an operation at a time" },
	[BENCH_E_URING_MULTISHOT] = { "io_uring-multishot",
				      "multishot accept and receive" },
	[BENCH_E_SPIN] = { "spin", "never sleeps: asks again and again" },
};
AXIS(bench_engines, "engine", engines);

static const struct bench_choice patterns[BENCH_NPATTERNS] = {
	[BENCH_P_SINGLE] = { "single", "one worker" },
	[BENCH_P_POOL] = { "pool", "workers share a listener" },
	[BENCH_P_REUSEPORT] = { "reuseport", "a listener per worker" },
};
AXIS(bench_patterns, "pattern", patterns);

static const struct bench_choice copies[BENCH_NCOPIES] = {
	[BENCH_C_WRITE] = { "write", "write(2) or send(2)" },
	[BENCH_C_WRITEV] = { "writev", "writev(2), eight pieces" },
	[BENCH_C_SENDFILE] = { "sendfile", "sendfile(2) from memory" },
	[BENCH_C_SPLICE] = { "splice", "vmsplice(2) and splice(2)" },
	[BENCH_C_ZEROCOPY] = { "zerocopy", "MSG_ZEROCOPY" },
	[BENCH_C_URING_ZC] = { "uring-zc", "IORING_OP_SEND_ZC" },
};
AXIS(bench_copies, "copy", copies);

static const struct bench_choice receives[BENCH_NRECEIVES] = {
	[BENCH_R_COPY] = { "copy", "into a buffer" },
	[BENCH_R_TRUNC] = { "trunc", "dropped in the kernel (MSG_TRUNC)" },
	[BENCH_R_SPLICE] = { "splice", "splice(2) to /dev/null" },
};
AXIS(bench_receives, "receive", receives);

static const struct bench_choice stacks[BENCH_NSTACKS] = {
	[BENCH_K_KERNEL] = { "kernel", "the kernel's" },
	[BENCH_K_PAIR] = { "pair", "both have ours, in one process" },
	[BENCH_K_TAP] = { "tap", "the server has ours, over a TAP device" },
	[BENCH_K_WIRE] = { "wire", "both have ours, over a unix socket" },
};
AXIS(bench_stacks, "stack", stacks);

static const char *name_at(void *arg, size_t i)
{
	const struct bench_choices *axis = arg;

	return i < axis->n ? axis->choices[i].name : NULL;
}

/* More than the longest list of names takes. */
#define NAMES_MAX 200

static const char *all_names(char names[static NAMES_MAX],
			     const struct bench_choices *axis)
{
	size_t len = 0;

	names[0] = '\0';
	for (size_t i = 0; i < axis->n && len < NAMES_MAX; i++)
		len += (size_t)snprintf(names + len, NAMES_MAX - len, "%s%s",
					i ? ", " : "", axis->choices[i].name);
	return names;
}

int bench_axis_find(const struct bench_choices *axis, const char *name,
		    struct sk_err *err)
{
	struct bench_choices any = *axis;
	const char *near;
	char shown[64], names[NAMES_MAX];

	for (size_t i = 0; i < axis->n; i++)
		if (!strcmp(axis->choices[i].name, name))
			return (int)i;
	near = sk_suggest(name, name_at, &any);
	sk_escape(shown, sizeof(shown), name, strlen(name));
	if (near)
		return sk_usage(err, "unknown %s %s: did you mean %s?",
				axis->name, shown, near);
	return sk_usage(err, "unknown %s %s (%s)", axis->name, shown,
			all_names(names, axis));
}
