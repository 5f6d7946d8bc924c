/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The model looks at a descriptor when a call first names it, and remembers
 * what it is. That stays true as long as it hears of what may put something
 * else in its place: closing and duplicating. And the engine has to hear of
 * the first socket of a process, or calls on any descriptor would not stop it.
 *
 * Where no calls on any descriptor are shown, nobody but labels and decoders
 * asks what one is. A label is made after a look (sk_model_life_now()), which
 * costs a tenth of the stop that each close(2) would be; so is what sendfile(2)
 * is about, which counts as a network call. Decoders without labels hear of
 * every new socket, so they are wrong only about one that was duplicated to a
 * number which had been closed: its bytes show in the other form.
 */
#include "trace/needs.h"

static bool makes_sockets(enum sk_sys_role role)
{
	return role == SK_ROLE_SOCKET || role == SK_ROLE_PAIR ||
	       role == SK_ROLE_ACCEPT || role == SK_ROLE_GETFD;
}

/* SCM_RIGHTS */
static bool brings_sockets(int sys)
{
	return sys == SK_SYS_recvmsg || sys == SK_SYS_recvmmsg ||
	       sys == SK_SYS_recvmmsg_time64;
}

static bool replaces_descriptors(enum sk_sys_role role)
{
	return role == SK_ROLE_CLOSE || role == SK_ROLE_CLOSE_RANGE ||
	       role == SK_ROLE_DUP || role == SK_ROLE_FCNTL;
}

static bool is_of_sockets(int sys)
{
	return sys < SK_SYS_read || sys >= SK_SYS_seccomp;
}

static bool is_sendfile(int sys)
{
	return sys == SK_SYS_sendfile || sys == SK_SYS_sendfile64;
}

void sk_needs_all(struct sk_engine_opts *o)
{
	for (int s = 0; s < SK_SYS_COUNT_; s++)
		sk_sys_set_add(is_of_sockets(s) ? &o->always :
						  &o->with_sockets,
			       (enum sk_sys)s);
}

/* Calls on any descriptor, and what is needed to know which are sockets. */
static bool need_others(struct sk_engine_opts *o,
			const struct sk_sys_set *wanted)
{
	bool any = false, epoll = false;

	for (int s = SK_SYS_read; s < SK_SYS_seccomp; s++) {
		if (!sk_sys_set_has(wanted, (enum sk_sys)s))
			continue;
		sk_sys_set_add(is_sendfile(s) ? &o->always : &o->with_sockets,
			       (enum sk_sys)s);
		any |= !is_sendfile(s);
		epoll |= sk_sys_role((enum sk_sys)s) == SK_ROLE_EPOLL_WAIT;
	}
	for (int s = SK_SYS_read; any && s < SK_SYS_seccomp; s++) {
		enum sk_sys_role role = sk_sys_role((enum sk_sys)s);

		if (replaces_descriptors(role) ||
		    (epoll && (role == SK_ROLE_EPOLL ||
			       role == SK_ROLE_EPOLL_CTL)))
			sk_sys_set_add(&o->with_sockets, (enum sk_sys)s);
	}
	return any;
}

void sk_needs_of(struct sk_engine_opts *o, const struct sk_sys_set *wanted,
		 bool labels)
{
	bool others = need_others(o, wanted);

	for (int s = 0; s < SK_SYS_COUNT_; s++) {
		enum sk_sys_role role = sk_sys_role((enum sk_sys)s);

		if (!is_of_sockets(s))
			continue;
		/* Labels change with bind, connect, the first datagram…. */
		if (labels || sk_sys_set_has(wanted, (enum sk_sys)s) ||
		    makes_sockets(role) || (others && brings_sockets(s)) ||
		    role == SK_ROLE_URING || role == SK_ROLE_FILTER ||
		    s == SK_SYS_socketcall)
			sk_sys_set_add(&o->always, (enum sk_sys)s);
	}
}
