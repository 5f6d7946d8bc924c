/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that a ring has registered (io_uring_register(2)), and sockets that
 * were made right into its table ("direct descriptors"). A place there holds
 * a socket as a descriptor does, but has no number that the kernel could be
 * asked about: of a socket that stands there alone we know what calls have
 * said. A ring's table is gone when the ring is closed.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "trace/calls.h"
#include "trace/decode.h"
#include "trace/probe.h"

/* --- tables --------------------------------------------------------------- */

static int table_of(const struct sk_files *f, int ring)
{
	for (unsigned i = 0; i < f->n_directs; i++)
		if (f->directs[i].ring == ring)
			return (int)i;
	return -1;
}

static int table_add(struct sk_files *f, int ring)
{
	int i = table_of(f, -1);
	struct sk_direct *v;

	if (i < 0 && f->n_directs < SK_FD_DIRECT_RINGS) {
		v = reallocarray(f->directs, f->n_directs + 1, sizeof(*v));
		if (!v)
			return -1;
		f->directs = v;
		i = (int)f->n_directs++;
	}
	if (i >= 0)
		f->directs[i] = (struct sk_direct){ .ring = ring };
	return i;
}

int sk_direct_fd(struct sk_files *f, int ring, uint32_t place)
{
	int i = table_of(f, ring);

	if (place >= SK_FD_DIRECT_PLACES)
		return -1;
	if (i < 0)
		i = table_add(f, ring);
	return i < 0 ? -1 : SK_FD_DIRECT | i * SK_FD_DIRECT_PLACES |
				    (int)place;
}

static struct sk_direct *table_at(const struct sk_files *f, int fd)
{
	unsigned i = (unsigned)(fd & ~SK_FD_DIRECT) / SK_FD_DIRECT_PLACES;

	return i < f->n_directs && f->directs[i].ring >= 0 ? &f->directs[i] :
							     NULL;
}

struct sk_fd *sk_direct_entry(struct sk_files *f, int fd)
{
	struct sk_direct *t = table_at(f, fd);
	int place = fd & (SK_FD_DIRECT_PLACES - 1), n;
	struct sk_fd *v;

	if (!t)
		return NULL;
	if (place < t->n)
		return &t->v[place];
	for (n = t->n ? t->n : 64; n <= place;)
		n *= 2;
	v = reallocarray(t->v, (size_t)n, sizeof(*v));
	if (!v)
		return NULL;
	memset(v + t->n, 0, (size_t)(n - t->n) * sizeof(*v));
	t->v = v;
	t->n = n;
	return &t->v[place];
}

int sk_direct_ring(const struct sk_files *f, int fd)
{
	const struct sk_direct *t = table_at(f, fd);

	return t ? t->ring : -1;
}

void sk_direct_close(struct sk_model *m, struct sk_files *f, int ring,
		     bool leaked)
{
	for (unsigned i = 0; i < f->n_directs; i++) {
		struct sk_direct *t = &f->directs[i];

		if (t->ring < 0 || (ring >= 0 && t->ring != ring))
			continue;
		for (int k = 0; k < t->n; k++)
			sk_files_release(m, f, &t->v[k], leaked);
		free(t->v);
		*t = (struct sk_direct){ .ring = -1 };
	}
}

/* --- what is known of sockets in them -------------------------------------- */

int sk_direct_twin(const struct sk_files *f, int fd)
{
	struct sk_direct *t = table_at(f, fd);
	int place = fd & (SK_FD_DIRECT_PLACES - 1);
	const struct sk_life *l = t && place < t->n ? t->v[place].life : NULL;

	if (!l || l->holders == l->directs)
		return -1;
	for (int i = 0; i < f->n; i++)
		if (f->v[i].life == l)
			return i;
	return -1;
}

void sk_direct_identify(struct sk_life *id, const struct sk_life *like)
{
	bool inet = like->family == AF_INET || like->family == AF_INET6;

	id->family = like->family;
	id->type = like->type;
	id->protocol = like->protocol;
	if (inet && !id->protocol)
		id->protocol = id->type == SOCK_STREAM ? IPPROTO_TCP :
			       id->type == SOCK_DGRAM  ? IPPROTO_UDP : 0;
}

void sk_direct_named(struct sk_model *m, struct sk_event *ev)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	struct sk_life *of = sk_call_life(m, ev), *l = of;

	if (role == SK_ROLE_ACCEPT)
		l = sk_model_life(m, ev->proc, (int)ev->ret);
	if (!l || l->cookie || l->holders != l->directs)
		return;
	if (role == SK_ROLE_ACCEPT && of) {
		if (of->names_stale)
			sk_probe_life(ev->proc, sk_event_fd(ev), of,
				      SK_PROBE_NAMES);
		l->local = of->local;
	}
	if (role == SK_ROLE_BIND)
		sk_decode_address(ev, 0, &l->local);
	else if (role == SK_ROLE_CONNECT || role == SK_ROLE_ACCEPT)
		sk_decode_address(ev, 0, &l->peer);
	else
		return;
	l->names_stale = false;
	free(l->label);
	l->label = NULL;
}
