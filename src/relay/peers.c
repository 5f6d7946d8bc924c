/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/peers.h"

#include <sys/random.h>

#define BUCKETS_FIRST 64

int sk_peers_init(struct sk_peers *t)
{
	memset(t, 0, sizeof(*t));
	TAILQ_INIT(&t->order);
	t->bucket = calloc(BUCKETS_FIRST, sizeof(struct sk_peer *));
	if (!t->bucket)
		return -ENOMEM;
	t->buckets = BUCKETS_FIRST;
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) < 0)
		t->seed = sk_now_us();
	return 0;
}

void sk_peers_fini(struct sk_peers *t)
{
	free(t->bucket);
	t->bucket = NULL;
}

static uint64_t hash_of(const struct sk_peers *t, const struct sk_dgram *sock,
			const struct sk_addr *addr)
{
	return sk_addr_hash(addr, t->seed ^ (uint64_t)(uintptr_t)sock);
}

static bool is_same(const struct sk_peer *p, const struct sk_dgram *sock,
		    const struct sk_addr *addr)
{
	return p->sock == sock && sk_addr_equal(&p->addr, addr);
}

struct sk_peer *sk_peers_find(const struct sk_peers *t,
			      const struct sk_dgram *sock,
			      const struct sk_addr *addr)
{
	uint64_t hash = hash_of(t, sock, addr);
	struct sk_peer *p = t->bucket[hash & (t->buckets - 1)];

	while (p && !(p->hash == hash && is_same(p, sock, addr)))
		p = p->next;
	return p;
}

/* Without memory the chains get longer; nothing is lost. */
static void grow(struct sk_peers *t)
{
	size_t n = t->buckets * 2;
	struct sk_peer **bucket = calloc(n, sizeof(struct sk_peer *)), *p;

	if (!bucket)
		return;
	TAILQ_FOREACH(p, &t->order, order) {
		p->next = bucket[p->hash & (n - 1)];
		bucket[p->hash & (n - 1)] = p;
	}
	free(t->bucket);
	t->bucket = bucket;
	t->buckets = n;
}

struct sk_peer *sk_peers_add(struct sk_peers *t, struct sk_dgram *sock,
			     const struct sk_addr *addr, uint64_t now)
{
	const struct sk_addr *shown = addr->len || !sock->connected ?
					      addr : &sock->peer;
	static const struct sk_addr unnamed = {
		.len = offsetof(struct sockaddr_un, sun_path),
		.sa = { .sa_family = AF_UNIX },
	};
	char name[SK_ADDR_TEXT_MAX];
	struct sk_peer *p, **head;

	sk_addr_format(name, shown->len ? shown : &unnamed);
	p = calloc(1, sizeof(*p) + strlen(name) + 1);
	if (!p)
		return NULL;
	memcpy(p->name, name, strlen(name) + 1);
	p->label.name_in = p->label.name_out = p->name;
	p->sock = sock;
	p->addr = *addr;
	p->begun = p->last = now;
	if (t->n >= t->buckets)
		grow(t);
	p->hash = hash_of(t, sock, addr);
	head = &t->bucket[p->hash & (t->buckets - 1)];
	p->next = *head;
	*head = p;
	TAILQ_INSERT_TAIL(&t->order, p, order);
	t->n++;
	return p;
}

void sk_peers_remove(struct sk_peers *t, struct sk_peer *p)
{
	struct sk_peer **at = &t->bucket[p->hash & (t->buckets - 1)];

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	TAILQ_REMOVE(&t->order, p, order);
	t->n--;
	free(p);
}

/* The socket's own may be that of all addresses, or of the time before it was
 * bound by sending. */
void sk_peer_local(const struct sk_peer *p, struct sk_addr *a)
{
	if (p->sock->fd < 0 || sk_addr_local(a, p->sock->fd) < 0)
		*a = p->sock->addr;
	if (p->local.family == AF_INET && a->sa.sa_family == AF_INET)
		a->in.sin_addr = p->local.in;
	else if (p->local.family == AF_INET6 && a->sa.sa_family == AF_INET6)
		a->in6.sin6_addr = p->local.in6;
}

const struct sk_addr *sk_peer_remote(const struct sk_peer *p)
{
	return p->addr.len ? &p->addr : &p->sock->peer;
}

void sk_peers_touch(struct sk_peers *t, struct sk_peer *p, uint64_t now)
{
	p->last = now;
	if (!TAILQ_NEXT(p, order))
		return;
	TAILQ_REMOVE(&t->order, p, order);
	TAILQ_INSERT_TAIL(&t->order, p, order);
}
