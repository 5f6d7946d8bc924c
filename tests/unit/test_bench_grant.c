/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server grants, and what sockets that hear one host only hear. */
#include <arpa/inet.h>
#include <poll.h>
#include <unistd.h>

#include "bench/guard.h"
#include "bench/limits.h"
#include "tap.h"

static struct bench_job job;
static struct bench_limits limits;

static void begin(void)
{
	job = bench_job_preset;
	limits = (struct bench_limits){ .time_us = 0 };
}

static bool is_refused(const char *why)
{
	struct sk_err err = { 0 };

	return bench_grant(&job, &limits, &err) < 0 &&
	       strstr(err.text, why) && err.text[0];
}

static bool is_granted(void)
{
	return !bench_grant(&job, &limits, NULL);
}

static void test_limits(void)
{
	begin();
	ok(is_granted(), "the smallest job");
	job.time_us = UINT64_C(3600) * 1000000;
	ok(is_refused("--max-time"), "an hour and its warm-up");
	limits.time_us = UINT64_C(7200) * 1000000;
	ok(is_granted(), "two are allowed");
	begin();
	limits.time_us = job.time_us + job.warmup_us;
	ok(is_granted(), "just as long as allowed");
	limits.time_us--;
	ok(is_refused("1.1 s"), "a moment longer");
	begin();
	limits.connections = 10;
	job.connections = 8;
	job.idle = 2;
	ok(is_granted(), "idle connections count, too");
	job.idle = 3;
	ok(is_refused("11 connections"), "one too many");
	begin();
	job.connections = 100001;
	ok(is_refused("100000"), "there is a limit without options");
	begin();
	job.connections = 1000;
	job.request = BENCH_SIZE_MAX;
	ok(is_refused("buffers"), "1000 times 64 MiB");
}

static void test_rate(void)
{
	begin();
	limits.rate = 12800;
	ok(is_refused("without --rate"), "as fast as it goes");
	job.rate = 100;
	ok(is_granted(), "100 times 128 bytes a second");
	job.rate = 101;
	ok(is_refused("too high"), "101 times");
	job.rate = 1000000000;
	job.request = BENCH_SIZE_MAX;
	ok(is_refused("too high"), "no overflow");
	begin();
	limits.rate = UINT64_C(1) << 40;
	job.rate = 1;
	job.workload = BENCH_W_IDLE;
	ok(is_granted(), "requests beside idle connections have a rate");
	for (int w = 0; w < BENCH_NWORKLOADS; w++) {
		job.workload = w;
		if (w != BENCH_W_RR && w != BENCH_W_IDLE && w != BENCH_W_DGRAM)
			ok(is_refused("without --rate"), "%s has none",
			   bench_workloads.choices[w].name);
	}
}

static void test_never(void)
{
	static const int local[] = { BENCH_S_UNIX_STREAM, BENCH_S_UNIX_DGRAM,
				     BENCH_S_UNIX_SEQPACKET,
				     BENCH_S_SOCKETPAIR, BENCH_S_PIPE,
				     BENCH_S_ICMP };

	begin();
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++) {
		job.socket = local[i];
		ok(is_refused("not over a network"), "%s",
		   bench_sockets.choices[local[i]].name);
	}
	begin();
	job.stack = BENCH_K_TAP;
	ok(is_refused("--stack tap"), "TAP devices");
	begin();
	snprintf(job.set, sizeof(job.set), "%s",
		 "tcp_nodelay=1 so_sndbuf=4M  tcp_cork");
	ok(is_granted(), "options of speed");
	snprintf(job.set, sizeof(job.set), "tcp_nodelay=1 so_mark=1");
	ok(is_refused("so_mark:"), "options of privilege");
	snprintf(job.set, sizeof(job.set), "so_bindtodevice=lo");
	ok(is_refused("so_bindtodevice:"), "devices");
	snprintf(job.set, sizeof(job.set), "tcp_nodela=1");
	ok(is_refused("tcp_nodela:"), "a part of a name");
	snprintf(job.set, sizeof(job.set), "tcp_nodelayx");
	ok(is_refused("tcp_nodelayx:"), "more than a name");
}

/* --- the guard ------------------------------------------------------------ */

static struct sk_addr loopback(int family, const char *text)
{
	struct sk_addr a = { 0 };

	a.sa.sa_family = (sa_family_t)family;
	a.len = family == AF_INET ? sizeof(a.in) : sizeof(a.in6);
	inet_pton(family, text, family == AF_INET ? (void *)&a.in.sin_addr :
						    (void *)&a.in6.sin6_addr);
	return a;
}

/* Does a datagram from `from` reach a socket that hears `peer` only? */
static bool hears(int family, const char *peer, const char *from)
{
	struct sk_addr only = loopback(family, peer);
	struct sk_addr here = loopback(family, family == AF_INET ?
						       "127.0.0.1" : "::1");
	struct sk_addr there = loopback(family, from);
	int to = socket(family, SOCK_DGRAM, 0);
	int by = socket(family, SOCK_DGRAM, 0);
	struct pollfd p = { .fd = to, .events = POLLIN };
	bool heard;

	/* A datagram over loopback is there when sendto(2) is through. */
	heard = !bench_guard(to, &only) && !bind(to, &here.sa, here.len) &&
		sk_addr_local(&here, to) >= 0 &&
		!bind(by, &there.sa, there.len) &&
		sendto(by, "x", 1, 0, &here.sa, here.len) == 1 &&
		poll(&p, 1, 0) == 1;
	close(to);
	close(by);
	return heard;
}

static void test_guard(void)
{
	ok(hears(AF_INET, "127.0.0.1", "127.0.0.1"), "the host it is for");
	ok(hears(AF_INET, "127.0.0.9", "127.0.0.1"), "loopback is one host");
	ok(!hears(AF_INET, "192.0.2.1", "127.0.0.1"), "another host");
	ok(!hears(AF_INET, "128.0.0.1", "127.0.0.1"), "another first bit");
	ok(hears(AF_INET6, "::1", "::1"), "IPv6: the host it is for");
	ok(!hears(AF_INET6, "::2", "::1"), "IPv6: another last word");
	ok(!hears(AF_INET6, "2001:db8::1", "::1"), "IPv6: another first word");
	ok(!hears(AF_INET6, "::1:0:0:1", "::1"), "IPv6: another middle word");
}

int main(void)
{
	test_limits();
	test_rate();
	test_never();
	test_guard();
	return tap_done();
}
