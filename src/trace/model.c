/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The model as others see it: processes, and what events do to them. What each
 * call does is calls.c, who holds what is files.c.
 */
#include "trace/model.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/units.h"
#include "trace/calls.h"
#include "trace/probe.h"

#define ID_BUCKETS 4096	/* files.c takes the upper 12 bits of a hash */

/* --- processes ------------------------------------------------------------ */

static void read_comm(struct sk_proc *p)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", p->pid);
	f = fopen(path, "re");
	if (f && fgets(p->comm, sizeof(p->comm), f))
		p->comm[strcspn(p->comm, "\n")] = '\0';
	if (f)
		fclose(f);
}

struct sk_proc *sk_model_proc(struct sk_model *m, pid_t pid)
{
	struct sk_proc *p;

	LIST_FOREACH(p, &m->procs[(unsigned)pid % SK_PROC_BUCKETS], link)
		if (p->pid == pid)
			return p;
	return NULL;
}

/*
 * Sockets that were there before us. Without them known, calls on any
 * descriptor would not be looked at (sk_model_has_sockets).
 */
static void scan(struct sk_model *m, struct sk_proc *p)
{
	char path[64];
	struct dirent *d;
	uint64_t fd;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", p->pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir)) != NULL)
		if (!sk_parse_uint(d->d_name, &fd) && fd <= INT_MAX)
			sk_model_fd(m, p, (int)fd);
	if (dir)
		closedir(dir);
}

static struct sk_proc *proc_new(struct sk_model *m, pid_t pid,
				struct sk_proc *parent, bool shares)
{
	struct sk_proc *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pid = pid;
	p->pidfd = -1;
	p->threads = 1;
	p->began = m->mono_ns;
	if (parent && shares)
		p->files = parent->files;
	if (p->files)
		p->files->refs++;
	else
		p->files = parent ? sk_files_copy(parent->files) : sk_files_new();
	if (!p->files) {
		free(p);
		return NULL;
	}
	if (parent) {
		p->parent = parent->pid;
		memcpy(p->comm, parent->comm, sizeof(p->comm));
	} else {
		read_comm(p);
	}
	LIST_INSERT_HEAD(&m->procs[(unsigned)pid % SK_PROC_BUCKETS], p, link);
	if (!parent)
		scan(m, p);
	return p;
}

static void proc_free(struct sk_model *m, struct sk_proc *p, bool leaked)
{
	sk_files_unref(m, p->files, leaked);
	sk_growth_fini(&p->groups);
	if (p->pidfd >= 0)
		close(p->pidfd);
	LIST_REMOVE(p, link);
	free(p);
}

/* Sockets that nobody else holds: this is the last chance to ask. */
static void ask_all(struct sk_model *m, struct sk_proc *p)
{
	struct sk_files *f = p->files;

	for (int i = 0; i < f->n && m->opts.tcp_info; i++)
		if (f->v[i].life)
			sk_probe_life(p, i, f->v[i].life,
				      SK_PROBE_NAMES | SK_PROBE_TCP_INFO);
}

/* --- events --------------------------------------------------------------- */

static void on_new(struct sk_model *m, struct sk_event *ev)
{
	struct sk_proc *p = sk_model_proc(m, ev->pid);

	if (p && ev->u.made.thread) {
		p->threads++;
		return;
	}
	if (p)
		return;
	proc_new(m, ev->pid, ev->u.made.parent ?
			sk_model_proc(m, ev->u.made.parent) : NULL,
		 ev->u.made.shares_files);
}

/* Only the caller's thread is left, with a table of its own. */
static void on_exec(struct sk_model *m, struct sk_proc *p)
{
	struct sk_files *f = p->files;

	p->threads = 1;
	p->ending = 0;
	read_comm(p);
	if (f->refs > 1) {
		f = sk_files_copy(p->files);
		if (!f)
			return;
		sk_files_unref(m, p->files, false);
		p->files = f;
	}
	/* Close-on-exec has done its work: look which are left. */
	for (int i = 0; i < f->n; i++) {
		struct sk_life id = { 0 };

		if (!f->v[i].life) {
			sk_files_release(m, f, &f->v[i], false);
			continue;
		}
		if (sk_probe_kind(p, i, &id, NULL).kind != SK_FD_SOCKET)
			sk_files_release(m, f, &f->v[i], false);
	}
	sk_direct_close(m, f, -1, false);
	f->uring = false;
}

static void on_ending(struct sk_model *m, struct sk_proc *p)
{
	if (++p->ending >= p->threads && p->files->refs == 1)
		ask_all(m, p);
}

static void on_ended(struct sk_model *m, struct sk_event *ev)
{
	struct sk_proc *p = ev->proc;

	if (ev->tid == ev->pid) {
		/* Reports still want its name: freed at the next event. */
		m->dying = p;
		return;
	}
	if (p->threads > 1)
		p->threads--;
	if (p->ending)
		p->ending--;
}

static void bury(struct sk_model *m)
{
	if (m->dying)
		proc_free(m, m->dying, true);
	m->dying = NULL;
}

void sk_model_event(struct sk_model *m, struct sk_event *ev)
{
	m->mono_ns = ev->mono_ns;
	m->wall_ns = ev->wall_ns;
	m->ring = ev->ring;
	m->event++;
	bury(m);
	if (ev->kind == SK_EV_NEW)
		on_new(m, ev);
	ev->proc = sk_model_proc(m, ev->pid);
	if (!ev->proc)
		ev->proc = proc_new(m, ev->pid, NULL, false);
	if (!ev->proc) {
		ev->proc = &m->nobody;
		ev->quiet = true;
		return;
	}
	switch (ev->kind) {
	case SK_EV_ENTER:
		sk_call_enter(m, ev);
		break;
	case SK_EV_EXIT:
		sk_call_exit(m, ev);
		break;
	case SK_EV_EXEC:
		on_exec(m, ev->proc);
		break;
	case SK_EV_ENDING:
		on_ending(m, ev->proc);
		break;
	case SK_EV_ENDED:
		on_ended(m, ev);
		break;
	default:
		break;
	}
}

bool sk_model_has_sockets(struct sk_model *m, pid_t pid)
{
	const struct sk_proc *p = sk_model_proc(m, pid);

	return p && p->files->sockets;
}

void sk_model_refresh(struct sk_model *m)
{
	struct sk_life *l;
	struct sk_proc *p;

	bury(m);
	for (int i = 0; i < SK_PROC_BUCKETS; i++)
		LIST_FOREACH(p, &m->procs[i], link)
			ask_all(m, p);
	TAILQ_FOREACH(l, &m->live, link)
		sk_epoll_settle(l);
}

bool sk_model_grows(struct sk_model *m)
{
	struct sk_group *g;
	struct sk_proc *p;
	bool any = false;

	for (int i = 0; i < SK_PROC_BUCKETS; i++)
		LIST_FOREACH(p, &m->procs[i], link)
			LIST_FOREACH(g, &p->groups, link)
				any |= sk_growth_judge(m, g);
	return any;
}

int sk_model_init(struct sk_model *m, const struct sk_model_opts *opts)
{
	*m = (struct sk_model){ .opts = *opts, .unix_diag = -1 };
	TAILQ_INIT(&m->live);
	TAILQ_INIT(&m->ended);
	m->ids = calloc(ID_BUCKETS, sizeof(*m->ids));
	m->nobody.pidfd = -1;
	m->nobody.files = sk_files_new();
	return m->ids && m->nobody.files ? 0 : -ENOMEM;
}

void sk_model_fini(struct sk_model *m)
{
	bury(m);
	m->on_end = NULL;
	for (int i = 0; i < SK_PROC_BUCKETS; i++)
		while (!LIST_EMPTY(&m->procs[i]))
			proc_free(m, LIST_FIRST(&m->procs[i]), false);
	while (!TAILQ_EMPTY(&m->ended))
		sk_life_forget(m, TAILQ_FIRST(&m->ended));
	if (m->nobody.files)
		sk_files_unref(m, m->nobody.files, false);
	free(m->ids);
	sk_close(&m->unix_diag);
}
