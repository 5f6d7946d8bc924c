/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of receivers. A connection is hashed by its whole key; what is
 * only bound, by protocol and port, so that a look-up takes two buckets. The
 * hash is keyed: nobody outside can aim at one bucket.
 */
#include "stack/stk_internal.h"

#include <errno.h>

/* Ephemeral ports, as Linux has them (RFC 6056 3.2 would allow more). */
#define PORT_LOW 32768
#define PORT_COUNT 28232

static bool is_connection(const struct stk_key *k)
{
	return k->rport || !stk_ip_is_any(&k->remote);
}

uint64_t stk_hash_key(const struct stk *s, const struct stk_key *k)
{
	uint8_t b[37];

	memcpy(b, k->local.b, 16);
	memcpy(b + 16, k->remote.b, 16);
	memcpy(b + 32, &k->lport, 2);
	memcpy(b + 34, &k->rport, 2);
	b[36] = k->proto;
	return stk_siphash(&s->secret, b, sizeof(b));
}

static struct stk_bucket *bucket_full(const struct stk *s,
				      const struct stk_key *k)
{
	return &s->table[stk_hash_key(s, k) % STK_BUCKETS];
}

static struct stk_bucket *bucket_port(const struct stk *s,
				      const struct stk_key *k)
{
	uint8_t b[3] = { k->proto };

	memcpy(b + 1, &k->lport, 2);
	return &s->table[stk_siphash(&s->secret, b, 3) % STK_BUCKETS];
}

void stk_node_add(struct stk *s, struct stk_node *n)
{
	if (n->hashed)
		return;
	LIST_INSERT_HEAD(is_connection(&n->key) ? bucket_full(s, &n->key) :
						  bucket_port(s, &n->key),
			 n, link);
	n->hashed = true;
}

void stk_node_del(struct stk *s, struct stk_node *n)
{
	(void)s;
	if (n->hashed)
		LIST_REMOVE(n, link);
	n->hashed = false;
}

static bool key_eq(const struct stk_key *a, const struct stk_key *b)
{
	return a->lport == b->lport && a->rport == b->rport &&
	       a->proto == b->proto && stk_ip_eq(&a->remote, &b->remote) &&
	       stk_ip_eq(&a->local, &b->local);
}

struct stk_node *stk_node_find(struct stk *s, const struct stk_key *k)
{
	struct stk_node *n;

	LIST_FOREACH(n, bucket_full(s, k), link)
		if (key_eq(&n->key, k))
			return n;
	return NULL;
}

struct stk_node *stk_node_match(struct stk *s, const struct stk_key *k)
{
	struct stk_node *n = stk_node_find(s, k), *any = NULL;

	if (n)
		return n;
	LIST_FOREACH(n, bucket_port(s, k), link) {
		if (n->key.proto != k->proto || n->key.lport != k->lport ||
		    is_connection(&n->key) ||
		    stk_ip_is4(&n->key.local) != stk_ip_is4(&k->local))
			continue;
		if (stk_ip_eq(&n->key.local, &k->local))
			return n;
		if (stk_ip_is_any(&n->key.local))
			any = n;
	}
	return any;
}

static bool locals_overlap(const struct stk_ip *a, const struct stk_ip *b)
{
	if (stk_ip_is4(a) != stk_ip_is4(b))
		return false;
	return stk_ip_is_any(a) || stk_ip_is_any(b) || stk_ip_eq(a, b);
}

/*
 * Bound sockets exclude each other unless both say SO_REUSEPORT. Connections
 * that a listener has left behind do so only without SO_REUSEADDR; TIME-WAIT
 * never does: it knows its whole key.
 */
bool stk_port_taken(const struct stk_sock *sk, const struct stk_key *k)
{
	const struct stk_sock *o;

	TAILQ_FOREACH(o, &sk->stk->socks, all) {
		const struct stk_key *ok = &o->node.key;

		if (o == sk || !o->node.hashed || ok->proto != k->proto ||
		    ok->lport != k->lport || !locals_overlap(&ok->local,
							     &k->local))
			continue;
		if (sk->reuseport && o->reuseport)
			continue;
		if (is_connection(ok) && sk->reuseaddr &&
		    sk->proto->type == SOCK_STREAM)
			continue;
		return true;
	}
	return false;
}

/* Is somebody bound to the port, on any address of the family? */
static bool port_bound(struct stk *s, const struct stk_key *k)
{
	struct stk_node *n;

	LIST_FOREACH(n, bucket_port(s, k), link)
		if (n->key.proto == k->proto && n->key.lport == k->lport &&
		    !is_connection(&n->key) &&
		    locals_overlap(&n->key.local, &k->local))
			return true;
	return false;
}

int stk_port_choose(struct stk *s, const struct stk_key *k)
{
	struct stk_key try = *k;
	uint32_t offset;

	try.lport = 0;
	offset = (uint32_t)stk_hash_key(s, &try);
	if (!is_connection(k))
		offset = stk_random32(s);
	for (uint32_t i = 0; i < PORT_COUNT; i++) {
		try.lport = (uint16_t)(PORT_LOW +
				       (offset + s->port_count++) % PORT_COUNT);
		if (!port_bound(s, &try) &&
		    (!is_connection(k) || !stk_node_find(s, &try)))
			return try.lport;
	}
	return -EADDRNOTAVAIL;
}
