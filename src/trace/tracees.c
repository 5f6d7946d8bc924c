/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's own books: its tracees, their memory, the stops that wait. */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "trace/tracer.h"

/* --- tracees ---------------------------------------------------------------- */

struct sk_tracee *sk_tracee_find(struct sk_engine *e, pid_t tid)
{
	struct sk_tracee *t;

	LIST_FOREACH(t, &e->tracees[(unsigned)tid % SK_TRACEE_BUCKETS], link)
		if (t->tid == tid)
			return t;
	return NULL;
}

struct sk_tracee *sk_tracee_add(struct sk_engine *e, pid_t tid, pid_t pid)
{
	struct sk_tracee *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tid = tid;
	t->pid = pid;
	t->sys = t->cut_sys = SK_SYS_NONE;
	t->nr = -1;
	LIST_INSERT_HEAD(&e->tracees[(unsigned)tid % SK_TRACEE_BUCKETS], t,
			 link);
	e->n_tracees++;
	return t;
}

void sk_tracee_remove(struct sk_engine *e, struct sk_tracee *t)
{
	if (t->wake_ns)
		e->n_held--;
	LIST_REMOVE(t, link);
	e->n_tracees--;
	free(t);
}

/* --- stops that were waited for --------------------------------------------- */

void sk_stop_push(struct sk_engine *e, pid_t tid, int status)
{
	if (e->next_stop == e->n_stops)
		e->next_stop = e->n_stops = 0;
	if (e->n_stops == e->cap_stops) {
		size_t cap = e->cap_stops ? 2 * e->cap_stops : 64;
		struct sk_stop *v = realloc(e->stops, cap * sizeof(*v));

		if (!v)
			return;
		e->stops = v;
		e->cap_stops = cap;
	}
	e->stops[e->n_stops++] = (struct sk_stop){ tid, status };
}

/* --- memory ----------------------------------------------------------------- */

struct tracee_mem {
	struct sk_mem mem;
	pid_t tid;
};

typedef ssize_t mem_fn(pid_t, const struct iovec *, unsigned long,
		       const struct iovec *, unsigned long, unsigned long);

/*
 * A copy fails as a whole when any page of it is missing, so what goes over
 * the end of a page is tried again page by page.
 */
static ssize_t move(mem_fn *fn, pid_t tid, uint64_t addr, char *buf, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), done = 0;
	struct iovec here = { buf, len };
	struct iovec there = { (void *)(uintptr_t)addr, len };
	ssize_t n = fn(tid, &here, 1, &there, 1, 0);

	if (n == (ssize_t)len || (n < 0 && errno != EFAULT))
		return n < 0 ? -errno : n;
	while (done < len) {
		size_t part = page - (addr + done) % page;

		part = part < len - done ? part : len - done;
		here = (struct iovec){ buf + done, part };
		there = (struct iovec){ (void *)(uintptr_t)(addr + done),
					part };
		n = fn(tid, &here, 1, &there, 1, 0);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done ? (ssize_t)done : -EFAULT;
}

ssize_t sk_tracee_read(pid_t tid, uint64_t addr, void *buf, size_t len)
{
	return len ? move(process_vm_readv, tid, addr, buf, len) : 0;
}

static ssize_t mem_read(const struct sk_mem *mem, uint64_t addr, void *buf,
			size_t len)
{
	const struct tracee_mem *m = (const struct tracee_mem *)mem;

	return sk_tracee_read(m->tid, addr, buf, len);
}

static ssize_t mem_write(const struct sk_mem *mem, uint64_t addr,
			 const void *buf, size_t len)
{
	const struct tracee_mem *m = (const struct tracee_mem *)mem;

	return move(process_vm_writev, m->tid, addr,
		    (char *)(uintptr_t)buf, len);
}

/* --- events ----------------------------------------------------------------- */

void sk_engine_emit(struct sk_engine *e, struct sk_tracee *t,
		    struct sk_event *ev, struct sk_verdict *v)
{
	struct tracee_mem m = { { mem_read, mem_write }, t->tid };
	struct sk_verdict none = { 0 };

	if (e->silent)
		return;
	ev->pid = t->pid;
	ev->tid = t->tid;
	ev->mono_ns = e->mono_ns;
	ev->wall_ns = e->wall_ns;
	ev->abi = t->abi;
	ev->sys = t->sys;
	ev->socketcall = t->socketcall;
	ev->nr = t->nr;
	ev->ip = t->ip;
	/* For the time of the call only. */
	/* cppcheck-suppress autoVariables */
	ev->mem = &m.mem;
	ev->keep = t->keep;
	memcpy(ev->args, t->args, sizeof(ev->args));
	e->o->handler(ev, v ? v : &none, e->o->arg);
}
