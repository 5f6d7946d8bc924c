/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: which calls stop a program when only some are asked for. */
#include "tap.h"

#include "trace/needs.h"

static struct sk_engine_opts needs(bool labels, enum sk_sys a, enum sk_sys b)
{
	struct sk_engine_opts o = { 0 };
	struct sk_sys_set wanted = { { 0 } };

	sk_sys_set_add(&wanted, a);
	sk_sys_set_add(&wanted, b);
	sk_needs_of(&o, &wanted, labels);
	return o;
}

static bool is_empty(const struct sk_sys_set *s)
{
	static const struct sk_sys_set none;

	return !memcmp(s, &none, sizeof(none));
}

int main(void)
{
	struct sk_engine_opts o = { 0 };

	sk_needs_all(&o);
	ok(sk_sys_set_has(&o.always, SK_SYS_connect) &&
	   sk_sys_set_has(&o.always, SK_SYS_seccomp), "all: of sockets");
	ok(sk_sys_set_has(&o.with_sockets, SK_SYS_read) &&
	   !sk_sys_set_has(&o.always, SK_SYS_read) &&
	   !sk_sys_set_has(&o.with_sockets, SK_SYS_seccomp), "all: others");

	o = needs(false, SK_SYS_connect, SK_SYS_sendto);
	ok(sk_sys_set_has(&o.always, SK_SYS_connect) &&
	   !sk_sys_set_has(&o.always, SK_SYS_bind), "what is asked for");
	ok(sk_sys_set_has(&o.always, SK_SYS_socket) &&
	   sk_sys_set_has(&o.always, SK_SYS_accept4), "what makes sockets");
	ok(sk_sys_set_has(&o.always, SK_SYS_io_uring_enter) &&
	   sk_sys_set_has(&o.always, SK_SYS_prctl), "rings and filters");
	ok(sk_sys_set_has(&o.always, SK_SYS_socketcall), "socketcall(2)");
	ok(is_empty(&o.with_sockets), "no call on any descriptor");

	o = needs(true, SK_SYS_connect, SK_SYS_connect);
	ok(sk_sys_set_has(&o.always, SK_SYS_bind), "labels: what changes them");
	ok(is_empty(&o.with_sockets), "but not what replaces descriptors");

	o = needs(true, SK_SYS_connect, SK_SYS_sendfile);
	ok(sk_sys_set_has(&o.always, SK_SYS_sendfile) &&
	   is_empty(&o.with_sockets), "nor for sendfile(2)");

	o = needs(true, SK_SYS_connect, SK_SYS_write);
	ok(sk_sys_set_has(&o.with_sockets, SK_SYS_close) &&
	   sk_sys_set_has(&o.with_sockets, SK_SYS_dup2) &&
	   !sk_sys_set_has(&o.with_sockets, SK_SYS_read),
	   "only beside calls on any descriptor, but no more");

	o = needs(false, SK_SYS_read, SK_SYS_epoll_wait);
	ok(sk_sys_set_has(&o.with_sockets, SK_SYS_read) &&
	   sk_sys_set_has(&o.with_sockets, SK_SYS_close) &&
	   sk_sys_set_has(&o.with_sockets, SK_SYS_epoll_ctl) &&
	   !sk_sys_set_has(&o.with_sockets, SK_SYS_write),
	   "reading: what tells sockets from files");
	ok(sk_sys_set_has(&o.always, SK_SYS_socket) &&
	   sk_sys_set_has(&o.always, SK_SYS_recvmsg) &&
	   !sk_sys_set_has(&o.always, SK_SYS_sendto),
	   "and what gives the first one");
	return tap_done();
}
