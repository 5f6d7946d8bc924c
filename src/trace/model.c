/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes, descriptor tables and lives: who holds what. What each call does
 * to them is calls.c.
 *
 * A table starts out unknown, and an entry is looked at when a call first
 * names it (sk_model_fd). That way attached processes, inherited descriptors
 * and whatever was missed come right by themselves. From then on the books
 * follow the calls: every call that can make a socket, or put one in the place
 * of something else, is traced.
 */
#include "trace/model.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/units.h"
#include "trace/calls.h"
#include "trace/probe.h"

#define ID_BUCKETS 4096

static struct sk_ids *id_bucket(struct sk_model *m, const struct sk_life *l)
{
	uint64_t id = l->cookie ? l->cookie : l->inode;

	return &m->ids[id * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

/* --- lives ----------------------------------------------------------------------- */

static void forget(struct sk_model *m, struct sk_life *l)
{
	m->gone.lives++;
	m->gone.bytes_in += l->in.bytes;
	m->gone.bytes_out += l->out.bytes;
	m->gone.leaked += l->end == SK_LIFE_LEAKED;
	TAILQ_REMOVE(&m->ended, l, link);
	m->n_ended--;
	free(l->options);
	free(l->stack);
	free(l);
}

static enum sk_life_end how_it_ended(const struct sk_life *l, bool leaked)
{
	if (leaked)
		return l->origin == SK_LIFE_INHERITED ? SK_LIFE_HANDED :
							SK_LIFE_LEAKED;
	if (l->last_error == ECONNRESET || l->last_error == EPIPE ||
	    l->last_error == ETIMEDOUT)
		return SK_LIFE_RESET;
	return l->shut_out ? SK_LIFE_SHUT : SK_LIFE_CLOSED;
}

static void end_life(struct sk_model *m, struct sk_life *l, bool leaked,
		     uint64_t now)
{
	sk_epoll_end_life(l);
	sk_growth_ended(l);
	l->end = how_it_ended(l, leaked);
	l->ended = now;
	m->leaked += l->end == SK_LIFE_LEAKED;
	LIST_REMOVE(l, by_id);
	TAILQ_REMOVE(&m->live, l, link);
	m->n_live--;
	TAILQ_INSERT_TAIL(&m->ended, l, link);
	m->n_ended++;
	if (m->on_end)
		m->on_end(m, l, m->on_end_arg);
	if (m->n_ended > SK_LIVES_KEPT)
		forget(m, TAILQ_FIRST(&m->ended));
}

static struct sk_life *find_life(struct sk_model *m, const struct sk_life *id)
{
	struct sk_life *l;

	LIST_FOREACH(l, id_bucket(m, id), by_id)
		if (l->cookie == id->cookie && l->inode == id->inode)
			return l;
	return NULL;
}

static struct sk_life *make_life(struct sk_model *m, struct sk_proc *p, int fd,
				 const struct sk_life *id)
{
	struct sk_life *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	*l = *id;
	l->number = ++m->made;
	l->pid = p->pid;
	memcpy(l->comm, p->comm, sizeof(l->comm));
	l->fd = fd;
	l->origin = SK_LIFE_INHERITED;
	l->created = l->used = m->mono_ns;
	l->created_wall = m->wall_ns;
	LIST_INSERT_HEAD(id_bucket(m, l), l, by_id);
	TAILQ_INSERT_TAIL(&m->live, l, link);
	if (++m->n_live > m->peak_live)
		m->peak_live = m->n_live;
	return l;
}

/* --- descriptors ------------------------------------------------------------------ */

static const struct sk_fd closed_fd = { .kind = SK_FD_CLOSED };

/* The entry of a number, the table grown if need be; NULL: no such number. */
static struct sk_fd *entry(struct sk_files *f, int fd)
{
	struct sk_fd *v;
	int n = f->n ? f->n : 64;

	if (fd < 0 || fd > 1 << 24)
		return NULL;
	if (fd < f->n)
		return &f->v[fd];
	while (n <= fd)
		n *= 2;
	v = realloc(f->v, (size_t)n * sizeof(*v));
	if (!v)
		return NULL;
	memset(v + f->n, 0, (size_t)(n - f->n) * sizeof(*v));
	f->v = v;
	f->n = n;
	return &f->v[fd];
}

static void release(struct sk_model *m, struct sk_files *f, struct sk_fd *e,
		    bool leaked)
{
	struct sk_life *l = e->life;

	sk_epoll_unref(e->epoll);
	*e = (struct sk_fd){ .kind = SK_FD_UNKNOWN };
	if (!l)
		return;
	f->sockets--;
	if (!--l->holders)
		end_life(m, l, leaked, m->mono_ns);
}

void sk_model_set(struct sk_model *m, struct sk_proc *p, int fd,
		  struct sk_fd what)
{
	struct sk_fd *e = entry(p->files, fd);

	if (!e)
		return;
	if (what.life)
		what.life->holders++;
	sk_epoll_ref(what.epoll);
	release(m, p->files, e, false);
	p->files->sockets += what.life != NULL;
	*e = what;
}

void sk_model_drop(struct sk_model *m, struct sk_proc *p, int fd)
{
	if (fd >= 0 && fd < p->files->n)
		release(m, p->files, &p->files->v[fd], false);
}

const struct sk_fd *sk_model_fd(struct sk_model *m, struct sk_proc *p, int fd)
{
	struct sk_life id = { 0 };
	struct sk_fd *e = entry(p->files, fd), what;

	if (!e)
		return &closed_fd;
	/* What may change behind our back is looked at each time. */
	if (e->kind != SK_FD_UNKNOWN && e->kind != SK_FD_CLOSED &&
	    !(e->kind == SK_FD_OTHER && p->files->uring))
		return e;
	what = sk_probe_kind(p, fd, &id);
	if (what.kind == SK_FD_SOCKET) {
		what.life = find_life(m, &id);
		if (!what.life)
			what.life = make_life(m, p, fd, &id);
		if (!what.life)
			return &closed_fd;
	}
	sk_model_set(m, p, fd, what);
	return e;
}

struct sk_life *sk_model_life(struct sk_model *m, struct sk_proc *p, int fd)
{
	return sk_model_fd(m, p, fd)->life;
}

struct sk_life *sk_model_learn(struct sk_model *m, struct sk_proc *p, int fd,
			       enum sk_life_origin origin)
{
	const struct sk_fd *e = entry(p->files, fd);
	struct sk_life *old = e ? e->life : NULL, *l;
	uint64_t before = m->made;

	/* It may be known already, if we began in the midst of the call. */
	if (old)
		old->holders++;
	sk_model_drop(m, p, fd);
	l = sk_model_life(m, p, fd);
	if (old && !--old->holders)
		end_life(m, old, false, m->mono_ns);
	if (l && m->made != before && m->where_made)
		l->stack = m->where_made(m->on_end_arg);
	if (l && (m->made != before || l->origin == SK_LIFE_INHERITED))
		l->origin = origin;
	return l;
}

static struct sk_files *files_new(void)
{
	struct sk_files *f = calloc(1, sizeof(*f));

	if (f)
		f->refs = 1;
	return f;
}

static struct sk_files *files_copy(const struct sk_files *from)
{
	struct sk_files *f = files_new();

	if (!f || !from->n)
		return f;
	f->v = malloc((size_t)from->n * sizeof(*f->v));
	if (!f->v)
		return f;
	memcpy(f->v, from->v, (size_t)from->n * sizeof(*f->v));
	f->n = from->n;
	f->sockets = from->sockets;
	f->connecting = from->connecting;
	f->uring = from->uring;
	for (int i = 0; i < f->n; i++) {
		if (f->v[i].life)
			f->v[i].life->holders++;
		sk_epoll_ref(f->v[i].epoll);
	}
	return f;
}

static void files_unref(struct sk_model *m, struct sk_files *f, bool leaked)
{
	if (--f->refs)
		return;
	for (int i = 0; i < f->n; i++)
		release(m, f, &f->v[i], leaked);
	free(f->v);
	free(f);
}

/* --- processes --------------------------------------------------------------------- */

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
		p->files = parent ? files_copy(parent->files) : files_new();
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
	files_unref(m, p->files, leaked);
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

/* --- events -------------------------------------------------------------------------- */

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
		f = files_copy(p->files);
		if (!f)
			return;
		files_unref(m, p->files, false);
		p->files = f;
	}
	/* Close-on-exec has done its work: look which are left. */
	for (int i = 0; i < f->n; i++) {
		struct sk_life id = { 0 };

		if (!f->v[i].life) {
			release(m, f, &f->v[i], false);
			continue;
		}
		if (sk_probe_kind(p, i, &id).kind != SK_FD_SOCKET)
			release(m, f, &f->v[i], false);
	}
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
	*m = (struct sk_model){ .opts = *opts };
	TAILQ_INIT(&m->live);
	TAILQ_INIT(&m->ended);
	m->ids = calloc(ID_BUCKETS, sizeof(*m->ids));
	m->nobody.pidfd = -1;
	m->nobody.files = files_new();
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
		forget(m, TAILQ_FIRST(&m->ended));
	if (m->nobody.files)
		files_unref(m, m->nobody.files, false);
	free(m->ids);
}
