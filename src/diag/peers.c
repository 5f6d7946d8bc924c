/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/peers.h"

#include <stdlib.h>
#include <string.h>

/* sun_path, and nothing longer can be bound. */
#define NAME_LEN 108

struct peer {
	uint64_t inode;
	uint32_t len;
	char name[NAME_LEN];
};

struct sk_peers {
	struct peer *v;		/* sorted by inode once all are there */
	size_t n, room;
};

static int add(struct sk_sock *s, void *arg)
{
	struct sk_peers *p = arg;
	struct peer *more;

	if (!s->name.p || s->name.len > NAME_LEN)
		return 0;
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 64;

		more = realloc(p->v, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		p->v = more;
		p->room = room;
	}
	p->v[p->n].inode = s->inode;
	p->v[p->n].len = s->name.len;
	memcpy(p->v[p->n++].name, s->name.p, s->name.len);
	return 0;
}

static int by_inode(const void *pa, const void *pb)
{
	const struct peer *a = pa, *b = pb;

	return (a->inode > b->inode) - (a->inode < b->inode);
}

int sk_peers_new(struct sk_peers **out, struct sk_err *err)
{
	const struct sk_diag_query q = { .kinds = SK_KIND_UNIX,
					 .states = SK_STATES_ALL };
	struct sk_diag_result res;
	struct sk_peers *p = calloc(1, sizeof(*p));
	int r = p ? sk_diag_dump(&q, add, p, &res, err) :
		    sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));

	if (r) {
		sk_peers_free(p);
		return r;
	}
	if (p->n)
		qsort(p->v, p->n, sizeof(*p->v), by_inode);
	*out = p;
	return 0;
}

void sk_peers_free(struct sk_peers *p)
{
	if (p)
		free(p->v);
	free(p);
}

void sk_peers_fill(const struct sk_peers *p, struct sk_sock *s)
{
	const struct peer key = { .inode = s->peer_inode }, *found;

	if (!(s->has & SK_HAS(PEER_INODE)) || !p->n)
		return;
	found = bsearch(&key, p->v, p->n, sizeof(key), by_inode);
	if (found)
		s->peer_name = (struct sk_bytes){ found->name, found->len };
}
