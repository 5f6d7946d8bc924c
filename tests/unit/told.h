/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that are made up, told to a model and a report. The sockets are this
 * process's own and real, so that the model knows what they are; what was
 * done with them is only told.
 */
#ifndef SK_TESTS_TOLD_H
#define SK_TESTS_TOLD_H

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

#include "trace/outputs.h"

#define MS UINT64_C(1000000)

static struct sk_model model;
static struct sk_report *report;
static struct sk_out out;
static uint64_t clock_ns, took_ns, keep[SK_EVENT_KEEP];
static pid_t tid, who;	/* who calls; 0: this very process */

static ssize_t own_memory(const struct sk_mem *mem, uint64_t addr, void *buf,
			  size_t len)
{
	(void)mem;
	if (addr < 4096)
		return -EFAULT;
	memcpy(buf, (const void *)(uintptr_t)addr, len);
	return (ssize_t)len;
}

static const struct sk_mem mem = { .read = own_memory };

/* --- telling ------------------------------------------------------------- */

static inline void on_end(struct sk_model *m, const struct sk_life *l,
			  void *arg)
{
	(void)m;
	(void)arg;
	if (report->ops->life_end)
		report->ops->life_end(report, l);
}

static inline void tell(struct sk_event *ev)
{
	ev->mono_ns = ev->wall_ns = clock_ns += 1000;
	sk_model_event(&model, ev);
	if (!ev->quiet)
		report->ops->event(report, ev);
}

static inline struct sk_event event(enum sk_event_kind kind, enum sk_sys sys)
{
	struct sk_event ev = {
		.kind = kind, .pid = who ? who : getpid(),
		.tid = tid ? tid : who ? who : getpid(),
		.abi = SK_ABI_NATIVE, .sys = sys, .mem = &mem, .keep = keep,
	};

	return ev;
}

#define call(sys, ret, ...) \
	do_call(SK_SYS_##sys, ret, (uint64_t[6]){ __VA_ARGS__ })

static inline void do_call(enum sk_sys sys, int64_t ret,
			   const uint64_t args[6])
{
	struct sk_event ev = event(SK_EV_ENTER, sys);

	memset(keep, 0, sizeof(keep));
	memcpy(ev.args, args, sizeof(ev.args));
	tell(&ev);
	ev.kind = SK_EV_EXIT;
	ev.ret = ret;
	ev.error = ret < 0 ? (int)-ret : 0;
	ev.took_ns = took_ns;
	tell(&ev);
}

/* --- sockets ------------------------------------------------------------- */

/* One that was made: its number, as an argument. */
static inline uint64_t made(int family, int type)
{
	int fd = socket(family, type, 0);

	call(socket, fd, (uint64_t)family, (uint64_t)type, 0);
	return (uint64_t)fd;
}

static inline uint64_t tcp(void)
{
	return made(AF_INET, SOCK_STREAM);
}

static inline uint64_t udp(void)
{
	return made(AF_INET, SOCK_DGRAM);
}

static inline void closed(uint64_t fd)
{
	close((int)fd);
	call(close, 0, fd);
}

#endif
