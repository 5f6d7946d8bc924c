/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What calls have done to the books when they are over, by their role
 * (sysno.def). What is to be asked before is call_begin.c.
 */
#include "trace/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "trace/probe.h"

/* A call that took less did not wait: what we see is the price of the stops. */
#define BLOCKED_MIN_NS 30000

enum { TCP_SYN_SENT_ = 2, TCP_CLOSE_ = 7 };

struct call {
	struct sk_model *m;
	struct sk_event *ev;
	struct sk_proc *p;
	struct sk_life *l;	/* of the call's descriptor, or NULL */
};

static void count(struct call *c, struct sk_flow *f, uint64_t bytes)
{
	const struct sk_event *ev = c->ev;

	if (!ev->error) {
		f->calls++;
		f->bytes += bytes;
	} else if (ev->error == EAGAIN) {
		f->again++;
	} else if (ev->error < 512 && ev->error != EINTR) {
		f->errors++;
	}
}

static void blocked(struct call *c, enum sk_life_wait kind)
{
	if (c->l && c->ev->took_ns >= BLOCKED_MIN_NS)
		c->l->blocked_ns[kind] += c->ev->took_ns;
}

static bool peeks(const struct sk_event *ev)
{
	switch (ev->sys) {
	case SK_SYS_recv:
	case SK_SYS_recvfrom:
	case SK_SYS_recvmmsg:
	case SK_SYS_recvmmsg_time64:
		return ev->args[3] & MSG_PEEK;
	case SK_SYS_recvmsg:
		return ev->args[2] & MSG_PEEK;
	default:
		return false;
	}
}

static void learn_received(struct sk_model *m, struct sk_event *ev, int fd,
			   void *arg)
{
	(void)arg;
	sk_model_learn(m, ev->proc, fd, SK_LIFE_RECEIVED, NULL);
}

static void on_in(struct call *c)
{
	uint64_t bytes = c->ev->ret > 0 ? (uint64_t)c->ev->ret : 0;
	bool many = sk_sys_role(c->ev->sys) == SK_ROLE_IN_MANY;

	if (!c->l)
		return;
	if (many && !c->ev->error)
		bytes = sk_many_bytes(c->ev);
	count(c, &c->l->in, peeks(c->ev) ? 0 : bytes);
	blocked(c, SK_WAIT_IN);
	if (!c->ev->error && c->l->family == AF_UNIX &&
	    (many || c->ev->sys == SK_SYS_recvmsg))
		sk_each_received(c->m, c->ev, learn_received, NULL);
}

static void on_out(struct call *c)
{
	uint64_t bytes = c->ev->ret > 0 ? (uint64_t)c->ev->ret : 0;

	if (!c->l)
		return;
	if (sk_sys_role(c->ev->sys) == SK_ROLE_OUT_MANY && !c->ev->error)
		bytes = sk_many_bytes(c->ev);
	count(c, &c->l->out, bytes);
	blocked(c, SK_WAIT_OUT);
	/* The first datagram gives an unbound socket its address. */
	if (c->l->out.calls == 1 && !c->l->connected && !c->l->bound)
		c->l->names_stale = true;
}

static void on_out2(struct call *c)
{
	uint64_t bytes = c->ev->ret > 0 ? (uint64_t)c->ev->ret : 0;
	struct sk_life *from = sk_model_life(c->m, c->p, sk_call_source_fd(c->ev));

	if (c->l) {
		count(c, &c->l->out, bytes);
		blocked(c, SK_WAIT_OUT);
	}
	c->l = from;
	if (from && c->ev->sys != SK_SYS_tee) {
		count(c, &from->in, bytes);
		blocked(c, SK_WAIT_IN);
	}
}

static void on_socket(struct call *c)
{
	struct sk_life like = { 0 }, *l;

	if (c->ev->error)
		return;
	like.family = (int)c->ev->args[0];
	like.type = (int)c->ev->args[1] & 0xf;
	like.protocol = (int)c->ev->args[2];
	l = sk_model_learn(c->m, c->p, (int)c->ev->ret, SK_LIFE_MADE, &like);
	if (!l)
		return;
	l->nonblock = c->ev->args[1] & SOCK_NONBLOCK;
	sk_growth_made(&c->p->groups, l, c->ev->mono_ns);
}

static void on_pair(struct call *c)
{
	struct sk_life *l;
	int32_t fds[2];

	if (c->ev->error ||
	    sk_mem_get(c->ev, c->ev->args[3], fds, sizeof(fds)) < 0)
		return;
	for (int i = 0; i < 2; i++) {
		l = sk_model_learn(c->m, c->p, fds[i], SK_LIFE_PAIRED, NULL);
		if (l)
			sk_growth_made(&c->p->groups, l, c->ev->mono_ns);
	}
}

static void on_accept(struct call *c)
{
	struct sk_life like = { .connected = 1 }, *l;

	if (!c->l)
		return;
	count(c, &c->l->accepts, 0);
	blocked(c, SK_WAIT_ACCEPT);
	if (c->ev->error)
		return;
	c->l->listening = true;
	like.family = c->l->family;
	like.type = c->l->type;
	like.protocol = c->l->protocol;
	l = sk_model_learn(c->m, c->p, (int)c->ev->ret, SK_LIFE_ACCEPTED,
			   &like);
	if (!l)
		return;
	l->listener = c->l->number;
	l->connected = c->ev->mono_ns;
	sk_growth_made(&c->p->groups, l, c->ev->mono_ns);
	l->nonblock = c->ev->sys == SK_SYS_accept4 &&
		      (c->ev->args[3] & SOCK_NONBLOCK);
}

static void on_getfd(struct call *c)
{
	if (!c->ev->error)
		sk_model_learn(c->m, c->p, (int)c->ev->ret,
			       SK_LIFE_RECEIVED, NULL);
}

static void on_bind(struct call *c)
{
	if (!c->l || c->ev->error)
		return;
	c->l->bound = c->ev->mono_ns;
	c->l->names_stale = true;
}

static void on_listen(struct call *c)
{
	if (!c->l || c->ev->error)
		return;
	c->l->listening = true;
	c->l->backlog = (int)c->ev->args[1];
	c->l->names_stale = true;	/* an unbound one gets a port */
}

static void connection_stands(struct call *c, int fd)
{
	struct sk_life *l = c->l;

	l->connected = c->ev->mono_ns;
	l->handshake_ns = l->connected - l->connecting;
	if (c->p->files->connecting)
		c->p->files->connecting--;
	if (c->m->opts.tcp_info)
		sk_probe_life(c->p, fd, l, SK_PROBE_NAMES);
	else
		l->names_stale = true;
}

static void on_connect(struct call *c)
{
	struct sk_life *l = c->l;

	if (!l)
		return;
	l->names_stale = true;
	blocked(c, SK_WAIT_CONNECT);
	if (!c->ev->error || c->ev->error == EISCONN) {
		if (!l->connected) {
			c->p->files->connecting++;
			connection_stands(c, sk_event_fd(c->ev));
			/* our own cost left out */
			if (!c->ev->error && c->ev->took_ns)
				l->handshake_ns = c->ev->took_ns;
		}
	} else if (c->ev->error == EINPROGRESS) {
		c->p->files->connecting++;
	} else if (c->ev->error != EALREADY && c->ev->error != EINTR &&
		   c->ev->error < 512) {
		l->connecting = 0;
	}
}

/*
 * A connect(2) that did not wait stands or has failed by the time that
 * somebody asks or is woken: no call says when, so the kernel is asked.
 */
static void check_connecting(struct call *c, int fd)
{
	struct sk_life *l = sk_model_life(c->m, c->p, fd);
	unsigned state;

	if (!l || !l->connecting || l->connected)
		return;
	c->l = l;
	sk_probe_life(c->p, fd, l, SK_PROBE_TCP_INFO);
	state = sk_life_tcp_state(l);
	if (state == TCP_CLOSE_) {
		l->connecting = 0;
		if (c->p->files->connecting)
			c->p->files->connecting--;
	} else if (state && state != TCP_SYN_SENT_) {
		connection_stands(c, fd);
	}
}

static void check_all_connecting(struct call *c)
{
	const struct sk_files *f = c->p->files;

	for (int i = 0; i < f->n && f->connecting; i++)
		if (f->v[i].life && f->v[i].life->connecting &&
		    !f->v[i].life->connected)
			check_connecting(c, i);
}

static void on_shutdown(struct call *c)
{
	if (!c->l || c->ev->error)
		return;
	c->l->shut_in |= c->ev->args[1] != SHUT_WR;
	c->l->shut_out |= c->ev->args[1] != SHUT_RD;
}

static void on_setopt(struct call *c)
{
	struct sk_life *l = c->l;
	struct sk_life_option o = {
		.level = (int)c->ev->args[1], .name = (int)c->ev->args[2],
	}, *v;
	uint32_t len = (uint32_t)c->ev->args[4];
	unsigned i = 0;

	if (!l || c->ev->error)
		return;
	o.len = (uint8_t)(len < sizeof(o.value) ? len : sizeof(o.value));
	if (sk_mem_get(c->ev, c->ev->args[3], o.value, o.len) < 0)
		o.len = 0;
	while (i < l->n_options && (l->options[i].level != o.level ||
				    l->options[i].name != o.name))
		i++;
	if (i == l->n_options) {
		v = realloc(l->options, (i + 1) * sizeof(*v));
		if (!v)
			return;
		l->options = v;
		l->n_options++;
	}
	l->options[i] = o;
}

static void on_close(struct call *c)
{
	/* EBADF aside, the number is free, whatever close(2) said. */
	if (c->l && c->ev->error != EBADF &&
	    c->l->number == c->ev->keep[SK_KEEP_LIFE])
		sk_model_drop(c->m, c->p, sk_event_fd(c->ev));
}

static void on_close_range(struct call *c)
{
	const struct sk_files *f = c->p->files;
	enum { UNSHARE = 2, CLOEXEC = 4 };

	if (c->ev->error || c->ev->args[2] & CLOEXEC)
		return;
	for (uint32_t i = (uint32_t)c->ev->args[0];
	     i < (uint32_t)f->n && i <= (uint32_t)c->ev->args[1]; i++)
		if (f->v[i].life)
			sk_model_drop(c->m, c->p, (int)i);
}

/* What `from` means, `to` means now. */
static void copy_fd(struct call *c, int from, int to)
{
	if (from != to)
		sk_model_set(c->m, c->p, to,
			     *sk_model_fd(c->m, c->p, from));
}

static void on_dup(struct call *c)
{
	if (c->ev->error)
		return;
	copy_fd(c, sk_event_fd(c->ev), (int)c->ev->ret);
	if (c->ev->ring)	/* out of its table: it can be asked now */
		sk_life_identify(c->m, c->p, (int)c->ev->ret);
}

static void on_fcntl(struct call *c)
{
	int cmd = (int)c->ev->args[1];

	if (!c->l || c->ev->error)
		return;
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		copy_fd(c, sk_event_fd(c->ev), (int)c->ev->ret);
	else if (cmd == F_SETFL)
		c->l->nonblock = c->ev->args[2] & O_NONBLOCK;
}

static void add_wait(struct sk_model *m, struct sk_event *ev, int fd,
		     void *arg)
{
	struct call *c = arg;

	c->l = sk_model_life(m, ev->proc, fd);
	blocked(c, SK_WAIT_POLL);
}

static void on_wait(struct call *c)
{
	sk_each_waited(c->m, c->ev, add_wait, c);
	check_all_connecting(c);
}

static void on_epoll(struct call *c)
{
	if (!c->ev->error)
		sk_model_set(c->m, c->p, (int)c->ev->ret,
			     (struct sk_fd){ .kind = SK_FD_EPOLL,
					     .epoll = sk_epoll_new() });
}

struct told {
	struct call *c;
	struct sk_epoll *epoll;
};

static void add_told(void *arg, int fd)
{
	const struct told *t = arg;
	struct sk_life *l = sk_model_life(t->c->m, t->c->p, fd);

	if (l)
		sk_epoll_add(t->epoll, l);
}

/* The epoll behind a number, asked what it knows if it was there before us. */
static struct sk_epoll *epoll_of(struct call *c, int fd)
{
	struct sk_fd e = *sk_model_fd(c->m, c->p, fd);
	struct told told = { c, e.epoll };

	if (e.kind != SK_FD_EPOLL || e.epoll)
		return e.epoll;
	told.epoll = e.epoll = sk_epoll_new();
	if (!e.epoll)
		return NULL;
	sk_model_set(c->m, c->p, fd, e);
	sk_probe_epoll(c->p->pid, fd, add_told, &told);
	return told.epoll;
}

static void on_epoll_ctl(struct call *c)
{
	int fd = (int)c->ev->args[0];
	struct sk_epoll *epoll;
	struct sk_fd e;

	if (c->ev->error || !c->l)
		return;
	epoll = epoll_of(c, fd);
	if (!epoll)
		return;
	if (c->ev->args[1] == EPOLL_CTL_DEL)
		sk_epoll_del(epoll, c->l);
	else
		sk_epoll_add(epoll, c->l);
	e = *sk_model_fd(c->m, c->p, fd);
	if (e.on_sockets)
		return;
	e.on_sockets = true;
	sk_model_set(c->m, c->p, fd, e);
}

static void on_epoll_wait(struct call *c)
{
	struct sk_epoll *epoll = epoll_of(c, sk_event_fd(c->ev));

	if (epoll && c->ev->took_ns >= BLOCKED_MIN_NS)
		sk_epoll_waited(epoll, c->ev->took_ns);
	check_all_connecting(c);
}

static void on_uring(struct call *c)
{
	c->p->files->uring = true;
}

static void (*const at_exit[])(struct call *) = {
	[SK_ROLE_SOCKET] = on_socket,
	[SK_ROLE_PAIR] = on_pair,
	[SK_ROLE_ACCEPT] = on_accept,
	[SK_ROLE_GETFD] = on_getfd,
	[SK_ROLE_BIND] = on_bind,
	[SK_ROLE_LISTEN] = on_listen,
	[SK_ROLE_CONNECT] = on_connect,
	[SK_ROLE_SHUTDOWN] = on_shutdown,
	[SK_ROLE_SETOPT] = on_setopt,
	[SK_ROLE_IN] = on_in,
	[SK_ROLE_IN_MANY] = on_in,
	[SK_ROLE_OUT] = on_out,
	[SK_ROLE_OUT_MANY] = on_out,
	[SK_ROLE_OUT2] = on_out2,
	[SK_ROLE_CLOSE] = on_close,
	[SK_ROLE_CLOSE_RANGE] = on_close_range,
	[SK_ROLE_DUP] = on_dup,
	[SK_ROLE_FCNTL] = on_fcntl,
	[SK_ROLE_WAIT] = on_wait,
	[SK_ROLE_EPOLL] = on_epoll,
	[SK_ROLE_EPOLL_CTL] = on_epoll_ctl,
	[SK_ROLE_EPOLL_WAIT] = on_epoll_wait,
	[SK_ROLE_URING] = on_uring,
};

void sk_call_exit(struct sk_model *m, struct sk_event *ev)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	struct call c = { .m = m, .ev = ev, .p = ev->proc };

	if (ev->no_enter)
		ev->quiet = ev->sys >= SK_SYS_read && !sk_call_involves_socket(m, ev);
	if (ev->quiet)
		return;
	c.l = sk_call_life(m, ev);
	/* Whoever uses a connection that was under way knows that it stands. */
	if (c.l && c.l->connecting && !c.l->connected &&
	    role != SK_ROLE_CONNECT && role != SK_ROLE_CLOSE) {
		check_connecting(&c, sk_event_fd(ev));
		c.l = sk_call_life(m, ev);
	}
	if (c.l)
		c.l->used = ev->mono_ns;
	/* EEXIST and ENOENT of epoll_ctl(2) are about its set. */
	if (c.l && ev->error && ev->error < 512 && ev->error != EAGAIN &&
	    ev->error != EINTR && ev->error != EINPROGRESS &&
	    role != SK_ROLE_EPOLL_CTL)
		c.l->last_error = ev->error;
	if ((size_t)role < sizeof(at_exit) / sizeof(*at_exit) && at_exit[role])
		at_exit[role](&c);
	if (ev->ring && !ev->error)
		sk_direct_named(m, ev);
}
