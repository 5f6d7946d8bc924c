/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: the model, fed events of this very process: its sockets are real, and
 * the calls are told as an engine would. No ptrace is needed for that.
 */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "trace/model.h"

static struct sk_model model;
static uint64_t clock_ns = 1000000;

static ssize_t own_memory(const struct sk_mem *mem, uint64_t addr, void *buf,
			  size_t len)
{
	(void)mem;
	memcpy(buf, (const void *)(uintptr_t)addr, len);
	return (ssize_t)len;
}

static const struct sk_mem mem = { .read = own_memory };
static uint64_t keep[SK_EVENT_KEEP];

static struct sk_event event(enum sk_event_kind kind)
{
	struct sk_event ev = {
		.kind = kind, .pid = getpid(), .tid = getpid(),
		.mono_ns = clock_ns += 1000, .abi = SK_ABI_NATIVE,
		.sys = SK_SYS_NONE, .mem = &mem, .keep = keep,
	};

	return ev;
}

/* Tell the model of a call. Returns whether a socket was involved. */
static bool told(enum sk_sys sys, int64_t ret, uint64_t a, uint64_t b,
		 uint64_t c)
{
	struct sk_event ev = event(SK_EV_ENTER);

	memset(keep, 0, sizeof(keep));
	ev.sys = sys;
	ev.args[0] = a;
	ev.args[1] = b;
	ev.args[2] = c;
	sk_model_event(&model, &ev);
	if (ev.quiet)
		return false;
	ev.kind = SK_EV_EXIT;
	ev.ret = ret;
	ev.error = ret < 0 ? (int)-ret : 0;
	ev.took_ns = 50000;
	sk_model_event(&model, &ev);
	return !ev.quiet;
}

static struct sk_life *life(int fd)
{
	return sk_model_life(&model, sk_model_proc(&model, getpid()), fd);
}

/* An epoll's time is that of the sockets it waits for, while it does. */
static void test_epoll(void)
{
	int ep = epoll_create1(0), a = socket(AF_INET, SOCK_DGRAM, 0);
	int b = socket(AF_INET, SOCK_DGRAM, 0);
	struct epoll_event e = { EPOLLIN, { 0 } };
	struct sk_life *la, *lb;

	told(SK_SYS_socket, a, AF_INET, SOCK_DGRAM, 0);
	told(SK_SYS_socket, b, AF_INET, SOCK_DGRAM, 0);
	told(SK_SYS_epoll_create1, ep, 0, 0, 0);
	la = life(a);
	lb = life(b);
	told(SK_SYS_epoll_ctl, 0, (uint64_t)ep, EPOLL_CTL_ADD, (uint64_t)a);
	told(SK_SYS_epoll_wait, 0, (uint64_t)ep, 0, 0);
	told(SK_SYS_epoll_ctl, 0, (uint64_t)ep, EPOLL_CTL_ADD, (uint64_t)b);
	told(SK_SYS_epoll_wait, 0, (uint64_t)ep, 0, 0);
	told(SK_SYS_epoll_ctl, 0, (uint64_t)ep, EPOLL_CTL_DEL, (uint64_t)b);
	told(SK_SYS_epoll_wait, 0, (uint64_t)ep, 0, 0);
	sk_model_refresh(&model);
	is_int((int)la->blocked_ns[SK_WAIT_POLL], 150000, "three waits");
	is_int((int)lb->blocked_ns[SK_WAIT_POLL], 50000, "one of them");
	told(SK_SYS_epoll_wait, 0, (uint64_t)ep, 0, 0);
	close(ep);
	told(SK_SYS_close, 0, (uint64_t)ep, 0, 0);
	is_int((int)la->blocked_ns[SK_WAIT_POLL], 200000, "until it is closed");

	/* One that was there before us knows what it was told of. */
	ep = epoll_create1(0);
	epoll_ctl(ep, EPOLL_CTL_ADD, b, &e);
	told(SK_SYS_epoll_wait, 0, (uint64_t)ep, 0, 0);
	sk_model_refresh(&model);
	is_int((int)lb->blocked_ns[SK_WAIT_POLL], 100000, "found out");
	close(a);
	told(SK_SYS_close, 0, (uint64_t)a, 0, 0);
	close(b);
	told(SK_SYS_close, 0, (uint64_t)b, 0, 0);
	close(ep);
	told(SK_SYS_close, 0, (uint64_t)ep, 0, 0);
}

static void test_one_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), copy;
	struct sk_life *l;

	ok(told(SK_SYS_socket, fd, AF_INET, SOCK_DGRAM, 0), "socket is told");
	l = life(fd);
	ok(l && l->origin == SK_LIFE_MADE && l->cookie, "it has a life");
	is_int(l->family, AF_INET, "its family");
	ok(sk_model_has_sockets(&model, getpid()), "the process has sockets");

	copy = dup(fd);
	told(SK_SYS_dup, copy, (uint64_t)fd, 0, 0);
	ok(life(copy) == l && l->holders == 2, "a copy is the same life");

	told(SK_SYS_write, 10, (uint64_t)fd, 0, 10);
	told(SK_SYS_write, -EAGAIN, (uint64_t)copy, 0, 10);
	told(SK_SYS_write, -EPIPE, (uint64_t)copy, 0, 10);
	is_int((int)l->out.bytes, 10, "bytes");
	is_int((int)l->out.calls, 1, "calls");
	is_int((int)l->out.again, 1, "EAGAIN");
	is_int((int)l->out.errors, 1, "errors");
	is_int((int)l->blocked_ns[SK_WAIT_OUT], 150000, "time");

	close(fd);
	told(SK_SYS_close, 0, (uint64_t)fd, 0, 0);
	is_int((int)l->holders, 1, "one descriptor is left");
	close(copy);
	told(SK_SYS_close, 0, (uint64_t)copy, 0, 0);
	is_int((int)model.n_live, 0, "none: it has ended");
	is_int(l->end, SK_LIFE_RESET, "by EPIPE");
}

static void test_files(void)
{
	int fd = open("/dev/null", O_RDWR), sock;

	ok(!told(SK_SYS_read, 0, (uint64_t)fd, 0, 10), "a file is no socket");
	ok(!told(SK_SYS_close, 0, (uint64_t)fd, 0, 0), "nor is its close");
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	told(SK_SYS_socket, sock, AF_INET, SOCK_DGRAM, 0);
	dup2(sock, fd);
	ok(told(SK_SYS_dup2, fd, (uint64_t)sock, (uint64_t)fd, 0),
	   "a socket takes the file's number");
	ok(told(SK_SYS_read, -EAGAIN, (uint64_t)fd, 0, 10), "now it is one");
	close(sock);
	told(SK_SYS_close, 0, (uint64_t)sock, 0, 0);
	sock = open("/dev/null", O_RDWR);
	dup2(sock, fd);
	ok(told(SK_SYS_dup2, fd, (uint64_t)sock, (uint64_t)fd, 0),
	   "a file takes the socket's number");
	is_int((int)model.n_live, 0, "and has ended it");
	close(fd);
	close(sock);
}

static void test_reuse(void)
{
	struct sk_event ev = event(SK_EV_ENTER);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t own[SK_EVENT_KEEP] = { 0 };

	told(SK_SYS_socket, fd, AF_INET, SOCK_DGRAM, 0);
	/* One thread closes; before its call is over, another gets the number. */
	ev.sys = SK_SYS_close;
	ev.args[0] = (uint64_t)fd;
	ev.keep = own;
	sk_model_event(&model, &ev);
	close(fd);
	is_int(socket(AF_INET, SOCK_DGRAM, 0), fd, "the number is used again");
	told(SK_SYS_socket, fd, AF_INET, SOCK_DGRAM, 0);
	ev.kind = SK_EV_EXIT;
	sk_model_event(&model, &ev);
	is_int((int)model.n_live, 1, "the new one lives");
	close(fd);
	told(SK_SYS_close, 0, (uint64_t)fd, 0, 0);
	is_int((int)model.n_live, 0, "and ends");
}

static void test_leak(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sk_event ev = event(SK_EV_ENDED);

	told(SK_SYS_socket, fd, AF_INET, SOCK_DGRAM, 0);
	sk_model_event(&model, &ev);
	is_int((int)model.leaked, 0, "the process is just ending");
	sk_model_refresh(&model);
	is_int((int)model.leaked, 1, "ended, with a socket open");
	is_int(TAILQ_LAST(&model.ended, sk_lives)->end, SK_LIFE_LEAKED,
	       "which leaked");
	close(fd);
}

static void test_bound(void)
{
	uint64_t made = model.made, ended = model.n_ended + model.gone.lives;
	const int n = SK_LIVES_KEPT + 50;

	for (int i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		told(SK_SYS_socket, fd, AF_INET, SOCK_DGRAM, 0);
		close(fd);
		told(SK_SYS_close, 0, (uint64_t)fd, 0, 0);
	}
	is_int((int)(model.made - made), n, "all were seen");
	is_int((int)model.n_ended, SK_LIVES_KEPT, "the last ones are kept");
	is_int((int)(model.gone.lives + model.n_ended - ended), n,
	       "the others counted");
}

/* Nobody wants to hear of close(2): that it begins is enough, if we may. */
static void test_unseen(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sk_proc *p = sk_model_proc(&model, getpid());

	model.opts.closes_unseen = true;
	told(SK_SYS_socket, fd, AF_INET, SOCK_DGRAM, 0);
	p->threads++;
	ok(told(SK_SYS_close, -EINTR, (uint64_t)fd, 0, 0),
	   "with two threads, the end of close counts");
	told(SK_SYS_socket, fd, AF_INET, SOCK_DGRAM, 0);
	p->threads--;
	p->files->refs++;
	ok(told(SK_SYS_close, 0, (uint64_t)fd, 0, 0),
	   "with somebody else's table of descriptors, too");
	told(SK_SYS_socket, fd, AF_INET, SOCK_DGRAM, 0);
	p->files->refs--;
	is_int((int)model.n_live, 1, "one lives");
	ok(!told(SK_SYS_close, 0, (uint64_t)fd, 0, 0),
	   "alone, the beginning is enough");
	is_int((int)model.n_live, 0, "it has ended");
	is_int(TAILQ_LAST(&model.ended, sk_lives)->end, SK_LIFE_CLOSED,
	       "and was closed");
	close(fd);
	model.opts.closes_unseen = false;
}

int main(void)
{
	const struct sk_model_opts opts = { .tcp_info = true };

	is_int(sk_model_init(&model, &opts), 0, "a model");
	test_one_socket();
	test_epoll();
	test_files();
	test_reuse();
	test_unseen();
	test_leak();
	test_bound();
	sk_model_fini(&model);
	return tap_done();
}
