/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The beginning of a call: is a socket involved, and what must be asked now. */
#include "trace/calls.h"
#include "trace/probe.h"

int sk_event_fd(const struct sk_event *ev)
{
	int arg;

	if (ev->sys == SK_SYS_NONE)
		return -1;
	arg = sk_sys_rows[ev->sys].fd;
	return arg < 0 ? -1 : (int)ev->args[arg];
}

const char *sk_event_fd_text(char buf[SK_EVENT_FD_MAX],
			     const struct sk_event *ev, int fd)
{
	int place = sk_event_place(ev, fd);

	snprintf(buf, SK_EVENT_FD_MAX, place < 0 ? "%d" : "[fixed %d]",
		 place < 0 ? fd : place);
	return buf;
}

int64_t sk_event_shown_ret(const struct sk_event *ev)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	int place = role == SK_ROLE_SOCKET || role == SK_ROLE_ACCEPT ?
			    sk_event_place(ev, (int)ev->ret) : -1;

	return place < 0 ? ev->ret : place;
}

int sk_call_source_fd(const struct sk_event *ev)
{
	if (ev->sys == SK_SYS_sendfile || ev->sys == SK_SYS_sendfile64)
		return (int)ev->args[1];
	return (int)ev->args[0];
}

struct sk_life *sk_call_life(struct sk_model *m, struct sk_event *ev)
{
	int fd = sk_event_fd(ev);

	return fd < 0 ? NULL : sk_model_life(m, ev->proc, fd);
}

static void find_socket(struct sk_model *m, struct sk_event *ev, int fd,
			void *found)
{
	*(bool *)found |= sk_model_life(m, ev->proc, fd) != NULL;
}

static bool wait_names_socket(struct sk_model *m, struct sk_event *ev)
{
	bool found = false;

	sk_each_waited(m, ev, find_socket, &found);
	return found;
}

static bool range_has_socket(const struct sk_event *ev)
{
	const struct sk_files *f = ev->proc->files;
	uint32_t last = (uint32_t)ev->args[1];

	for (uint32_t i = (uint32_t)ev->args[0]; i < (uint32_t)f->n; i++)
		if (i <= last && f->v[i].life)
			return true;
	return false;
}

/* dup2 and dup3 close what the new number meant. */
static int replaced_fd(const struct sk_event *ev)
{
	return ev->sys == SK_SYS_dup ? -1 : (int)ev->args[1];
}

/* A number that is no socket's is about to mean nothing any more. */
static void drop_other(struct sk_model *m, struct sk_proc *p, int fd)
{
	uint8_t kind = sk_model_fd(m, p, fd)->kind;

	if (kind == SK_FD_URING && m->on_ring_close)
		m->on_ring_close(m, p, fd, m->on_ring_arg);
	if (kind == SK_FD_EPOLL || kind == SK_FD_URING)
		sk_model_drop(m, p, fd);
}

/* close_range(2) may end rings, whose tables have sockets. */
static void drop_rings(struct sk_model *m, struct sk_event *ev)
{
	const struct sk_files *f = ev->proc->files;
	enum { CLOEXEC = 4 };

	for (unsigned i = 0; i < f->n_directs; i++) {
		int ring = f->directs[i].ring;

		if (ring >= 0 && !(ev->args[2] & CLOEXEC) &&
		    (uint32_t)ring >= (uint32_t)ev->args[0] &&
		    (uint32_t)ring <= (uint32_t)ev->args[1])
			drop_other(m, ev->proc, ring);
	}
}

bool sk_call_involves_socket(struct sk_model *m, struct sk_event *ev)
{
	struct sk_proc *p = ev->proc;
	int fd = sk_event_fd(ev), other;

	switch (sk_sys_role(ev->sys)) {
	case SK_ROLE_WAIT:
		return wait_names_socket(m, ev);
	case SK_ROLE_CLOSE_RANGE:
		drop_rings(m, ev);
		return range_has_socket(ev);
	case SK_ROLE_EPOLL_WAIT:
		return sk_model_fd(m, p, fd)->on_sockets;
	case SK_ROLE_OUT2:
		return sk_model_life_now(m, p, fd) ||
		       sk_model_life_now(m, p, sk_call_source_fd(ev));
	case SK_ROLE_DUP:
		other = replaced_fd(ev);
		if (sk_model_life(m, p, fd) ||
		    (other >= 0 && sk_model_life(m, p, other)))
			return true;
		drop_other(m, p, other);
		sk_model_drop(m, p, other);
		return false;
	case SK_ROLE_CLOSE:
		if (sk_model_life(m, p, fd))
			return true;
		drop_other(m, p, fd);
		return false;
	case SK_ROLE_EPOLL:
	case SK_ROLE_URING:
	case SK_ROLE_NONE:
		return true;
	default:
		return sk_model_life(m, p, fd) != NULL;
	}
}

/* The ends of a connection stay what they were when it stood. */
static bool may_have_other_names(const struct sk_life *l)
{
	return l->names_stale || !l->connected;
}

/* Its last descriptor is about to go: the kernel's last word on it. */
void sk_call_ask_last(struct sk_model *m, struct sk_proc *p, int fd)
{
	struct sk_life *l = fd < 0 ? NULL : sk_model_life(m, p, fd);
	unsigned what = SK_PROBE_TCP_INFO;

	if (!l || l->holders - l->directs != 1 || !m->opts.tcp_info)
		return;
	if (may_have_other_names(l))
		what |= SK_PROBE_NAMES;
	sk_probe_life(p, fd, l, what);
}

/*
 * It always succeeds, as there is a descriptor; so its end says nothing new,
 * unless other threads use the descriptor meanwhile.
 */
static void begin_close(struct sk_model *m, struct sk_event *ev)
{
	const struct sk_proc *p = ev->proc;

	sk_call_ask_last(m, ev->proc, sk_event_fd(ev));
	if (!m->opts.closes_unseen || p->threads > 1 || p->files->refs > 1)
		return;
	sk_model_drop(m, ev->proc, sk_event_fd(ev));
	ev->quiet = true;
}

static void ask_range(struct sk_model *m, struct sk_event *ev)
{
	struct sk_files *f = ev->proc->files;

	for (uint32_t i = (uint32_t)ev->args[0];
	     i < (uint32_t)f->n && i <= (uint32_t)ev->args[1]; i++)
		if (f->v[i].life)
			sk_call_ask_last(m, ev->proc, (int)i);
}

void sk_call_enter(struct sk_model *m, struct sk_event *ev)
{
	struct sk_life *l;

	/* What stands before read in sysno.def is of sockets alone. */
	ev->quiet = ev->sys >= SK_SYS_read && !sk_call_involves_socket(m, ev);
	if (ev->quiet)
		return;
	l = sk_call_life(m, ev);
	ev->keep[SK_KEEP_LIFE] = l ? l->number : 0;
	/* A ring's are over already, the number may mean another one now. */
	if (ev->ring && sk_sys_role(ev->sys) == SK_ROLE_CLOSE)
		return;
	switch (sk_sys_role(ev->sys)) {
	case SK_ROLE_CONNECT:
		if (l && !l->connected && !l->connecting)
			l->connecting = ev->mono_ns;
		break;
	case SK_ROLE_CLOSE:
		begin_close(m, ev);
		break;
	case SK_ROLE_DUP:
		sk_call_ask_last(m, ev->proc, replaced_fd(ev));
		break;
	case SK_ROLE_CLOSE_RANGE:
		ask_range(m, ev);
		break;
	default:
		break;
	}
}
