/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptor tables and the lives of sockets: who holds what.
 *
 * A table starts out unknown, and an entry is looked at when a call first
 * names it (sk_model_fd). That way attached processes, inherited descriptors
 * and whatever was missed come right by themselves. From then on the books
 * follow the calls: every call that can make a socket, or put one in the place
 * of something else, is traced.
 */
#include <errno.h>

#include "trace/calls.h"
#include "trace/probe.h"

static struct sk_ids *id_bucket(struct sk_model *m, const struct sk_life *l)
{
	uint64_t id = l->cookie ? l->cookie : l->inode;

	return &m->ids[id * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

/* --- lives ---------------------------------------------------------------- */

void sk_life_forget(struct sk_model *m, struct sk_life *l)
{
	m->gone.lives++;
	m->gone.bytes_in += l->in.bytes;
	m->gone.bytes_out += l->out.bytes;
	m->gone.leaked += l->end == SK_LIFE_LEAKED;
	TAILQ_REMOVE(&m->ended, l, link);
	m->n_ended--;
	free(l->options);
	free(l->label);
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
		sk_life_forget(m, TAILQ_FIRST(&m->ended));
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
	if (fd >= SK_FD_DIRECT) {
		l->fd = fd & (SK_FD_DIRECT_PLACES - 1);
		l->ring = sk_direct_ring(p->files, fd) + 1;
	}
	l->origin = SK_LIFE_INHERITED;
	l->created = l->used = m->mono_ns;
	l->created_wall = m->wall_ns;
	LIST_INSERT_HEAD(id_bucket(m, l), l, by_id);
	TAILQ_INSERT_TAIL(&m->live, l, link);
	if (++m->n_live > m->peak_live)
		m->peak_live = m->n_live;
	return l;
}

/* --- descriptors ---------------------------------------------------------- */

static const struct sk_fd closed_fd = { .kind = SK_FD_CLOSED };

/* The entry of a number, the table grown if need be; NULL: no such number. */
static struct sk_fd *entry(struct sk_files *f, int fd)
{
	struct sk_fd *v;
	int n = f->n ? f->n : 64;

	if (fd >= SK_FD_DIRECT)
		return sk_direct_entry(f, fd);
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

void sk_files_release(struct sk_model *m, struct sk_files *f, struct sk_fd *e,
		    bool leaked)
{
	struct sk_life *l = e->life;
	bool direct = e->direct;

	sk_epoll_unref(e->epoll);
	*e = (struct sk_fd){ .kind = SK_FD_UNKNOWN };
	if (!l)
		return;
	f->sockets--;
	l->directs -= direct;
	if (!--l->holders)
		end_life(m, l, leaked, m->mono_ns);
}

void sk_model_set(struct sk_model *m, struct sk_proc *p, int fd,
		  struct sk_fd what)
{
	struct sk_fd *e = entry(p->files, fd);

	if (!e)
		return;
	what.direct = fd >= SK_FD_DIRECT;
	what.looked = m->event;
	if (what.life) {
		what.life->holders++;
		what.life->directs += what.direct;
	}
	sk_epoll_ref(what.epoll);
	sk_files_release(m, p->files, e, false);
	p->files->sockets += what.life != NULL;
	*e = what;
}

void sk_model_drop(struct sk_model *m, struct sk_proc *p, int fd)
{
	struct sk_fd *e = fd >= SK_FD_DIRECT || fd < p->files->n ?
				  entry(p->files, fd) : NULL;

	if (e)
		sk_files_release(m, p->files, e, false);
}

/* Look at an entry; like: see sk_probe_kind(). NULL: no memory. */
static const struct sk_fd *look(struct sk_model *m, struct sk_proc *p, int fd,
				const struct sk_life *like)
{
	bool direct = fd >= SK_FD_DIRECT;
	struct sk_life id = { 0 };
	struct sk_fd what = { .kind = SK_FD_SOCKET };

	if (direct)
		sk_direct_identify(&id, like);
	else
		what = sk_probe_kind(p, fd, &id, like);
	if (what.kind == SK_FD_SOCKET) {
		what.life = direct ? NULL : find_life(m, &id);
		if (!what.life)
			what.life = make_life(m, p, fd, &id);
		if (!what.life)
			return NULL;
	}
	sk_model_set(m, p, fd, what);
	return entry(p->files, fd);
}

const struct sk_fd *sk_model_fd(struct sk_model *m, struct sk_proc *p, int fd)
{
	const struct sk_fd *e = entry(p->files, fd);

	if (!e)
		return &closed_fd;
	if (fd >= SK_FD_DIRECT)	/* in a program's call, it is just EBADF */
		return m->ring ? e : &closed_fd;
	/* What may change behind our back is looked at each time. */
	if (e->kind != SK_FD_UNKNOWN && e->kind != SK_FD_CLOSED &&
	    !(e->kind == SK_FD_OTHER && p->files->uring))
		return e;
	e = look(m, p, fd, NULL);
	return e ? e : &closed_fd;
}

struct sk_life *sk_model_life(struct sk_model *m, struct sk_proc *p, int fd)
{
	return sk_model_fd(m, p, fd)->life;
}

struct sk_life *sk_model_life_now(struct sk_model *m, struct sk_proc *p, int fd)
{
	struct sk_fd *e = fd < p->files->n ? entry(p->files, fd) : NULL;

	if (e && m->opts.moves_unseen && e->looked != m->event) {
		if (e->life && sk_probe_same(p, fd, e->life))
			e->looked = m->event;
		else
			sk_model_drop(m, p, fd);
	}
	return sk_model_life(m, p, fd);
}

void sk_life_identify(struct sk_model *m, struct sk_proc *p, int fd)
{
	struct sk_life *l = sk_model_life(m, p, fd), id = { 0 };

	if (!l || l->cookie ||
	    sk_probe_kind(p, fd, &id, NULL).kind != SK_FD_SOCKET)
		return;
	LIST_REMOVE(l, by_id);
	l->cookie = id.cookie;
	l->inode = id.inode;
	l->names_stale = true;
	LIST_INSERT_HEAD(id_bucket(m, l), l, by_id);
}

struct sk_life *sk_model_learn(struct sk_model *m, struct sk_proc *p, int fd,
			       enum sk_life_origin origin,
			       const struct sk_life *like)
{
	const struct sk_fd *e = entry(p->files, fd);
	struct sk_life *old = e ? e->life : NULL, *l;
	uint64_t before = m->made;

	if (!e)
		return NULL;
	/* It may be known already, if we began in the midst of the call. */
	if (old)
		old->holders++;
	sk_model_drop(m, p, fd);
	e = look(m, p, fd, like);
	l = e ? e->life : NULL;
	if (old && !--old->holders)
		end_life(m, old, false, m->mono_ns);
	if (l && m->made != before && m->where_made)
		l->stack = m->where_made(m->on_end_arg);
	if (l && (m->made != before || l->origin == SK_LIFE_INHERITED))
		l->origin = origin;
	return l;
}

struct sk_files *sk_files_new(void)
{
	struct sk_files *f = calloc(1, sizeof(*f));

	if (f)
		f->refs = 1;
	return f;
}

struct sk_files *sk_files_copy(const struct sk_files *from)
{
	struct sk_files *f = sk_files_new();

	if (!f || !from->n)
		return f;
	f->v = malloc((size_t)from->n * sizeof(*f->v));
	if (!f->v)
		return f;
	memcpy(f->v, from->v, (size_t)from->n * sizeof(*f->v));
	f->n = from->n;
	f->connecting = from->connecting;
	f->uring = from->uring;
	for (int i = 0; i < f->n; i++) {
		if (f->v[i].life) {
			f->v[i].life->holders++;
			f->sockets++;
		}
		sk_epoll_ref(f->v[i].epoll);
	}
	return f;
}

void sk_files_unref(struct sk_model *m, struct sk_files *f, bool leaked)
{
	if (--f->refs)
		return;
	sk_direct_close(m, f, -1, leaked);
	for (int i = 0; i < f->n; i++)
		sk_files_release(m, f, &f->v[i], leaked);
	free(f->directs);
	free(f->v);
	free(f);
}
