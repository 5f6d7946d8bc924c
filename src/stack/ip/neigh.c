/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/ip/neigh.h"

#include <errno.h>

#include "stack/ip/ip_internal.h"
#include "stack/link/link.h"

/* RFC 4861 section 10. */
#define MAX_PROBES 3
#define DELAY_FIRST_PROBE (5 * SK_SEC)

static struct neigh_list *bucket(struct stk *s, const struct stk_ip *ip)
{
	return &s->ip->neigh.bucket[stk_keyed_hash(s, ip->b, 16) %
				    NEIGH_BUCKETS];
}

struct neigh *neigh_find(struct stk *s, const struct stk_ip *ip)
{
	struct neigh_table *t = &s->ip->neigh;
	struct neigh *n;

	if (t->last && stk_ip_eq(&t->last->ip, ip))
		return t->last;
	LIST_FOREACH(n, bucket(s, ip), link)
		if (stk_ip_eq(&n->ip, ip)) {
			t->last = n;
			return n;
		}
	return NULL;
}

void neigh_forget(struct stk *s, struct neigh *n)
{
	struct neigh_table *t = &s->ip->neigh;

	if (t->last == n)
		t->last = NULL;
	LIST_REMOVE(n, link);
	stk_timer_stop(s, &n->timer);
	stk_timers_reserve(s, -1);
	CTR(s, neigh_drops) += n->wait.n;
	pktq_clear(&n->wait);
	t->n--;
	if (n->state == NEIGH_INCOMPLETE)
		t->incomplete--;
	free(n);
}

void neigh_clear(struct stk *s)
{
	struct neigh *n;

	for (size_t i = 0; i < NEIGH_BUCKETS; i++)
		while ((n = LIST_FIRST(&s->ip->neigh.bucket[i])))
			neigh_forget(s, n);
}

static uint64_t reachable_time(struct stk *s)
{
	uint32_t ms = (uint32_t)(s->ip->reachable_us / SK_MSEC);

	/* Half to one and a half of it (RFC 4861 6.3.2). */
	return (ms / 2 + stk_random_below(s, ms)) * SK_MSEC;
}

static void set_state(struct stk *s, struct neigh *n, enum neigh_state state)
{
	struct neigh_table *t = &s->ip->neigh;

	t->incomplete -= n->state == NEIGH_INCOMPLETE;
	t->incomplete += state == NEIGH_INCOMPLETE;
	n->state = (uint8_t)state;
	n->probes = 0;
	if (state == NEIGH_STALE)
		stk_timer_stop(s, &n->timer);
	else if (state == NEIGH_REACHABLE)
		stk_timer_in(s, &n->timer, reachable_time(s));
	else if (state == NEIGH_DELAY)
		stk_timer_in(s, &n->timer, DELAY_FIRST_PROBE);
}

static void solicit(struct stk *s, struct neigh *n)
{
	n->probes++;
	stk_timer_in(s, &n->timer, s->ip->retrans_us);
	if (stk_ip_is4(&n->ip))
		arp_solicit(s, n);
	else
		ndp_solicit(s, n);
}

/* Nobody answers: those who wait learn it as if a router had said so. */
static void give_up(struct stk *s, struct neigh *n)
{
	struct pkt *p, *next = n->wait.head;

	pktq_init(&n->wait);
	CTR(s, neigh_failed)++;
	neigh_forget(s, n);
	while ((p = next)) {
		next = p->next;
		icmp_local_error(s, p, EHOSTUNREACH);
		pkt_free(p);
	}
}

static void on_timer(struct stk *s, struct stk_timer *t)
{
	struct neigh *n = stk_container_of(t, struct neigh, timer);

	switch (n->state) {
	case NEIGH_REACHABLE:
		set_state(s, n, NEIGH_STALE);
		break;
	case NEIGH_DELAY:
		set_state(s, n, NEIGH_PROBE);
		solicit(s, n);
		break;
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE:
		if (n->probes < MAX_PROBES)
			solicit(s, n);
		else
			give_up(s, n);
		break;
	}
}

/* The one that is missed least: unresolved when there are too many of these,
 * else whatever has been used longest ago, or never. */
static struct neigh *victim(struct stk *s)
{
	struct neigh_table *t = &s->ip->neigh;
	bool incomplete = t->incomplete > NEIGH_MAX / 2;
	struct neigh *n, *worst = NULL;

	for (size_t i = 0; i < NEIGH_BUCKETS; i++)
		LIST_FOREACH(n, &t->bucket[i], link) {
			if (incomplete && n->state != NEIGH_INCOMPLETE)
				continue;
			if (!worst || n->used < worst->used)
				worst = n;
		}
	return worst;
}

static struct neigh *neigh_new(struct stk *s, const struct stk_ip *ip)
{
	struct neigh_table *t = &s->ip->neigh;
	struct neigh *n;

	if (t->n >= NEIGH_MAX || t->incomplete > NEIGH_MAX / 2) {
		CTR(s, neigh_full)++;
		neigh_forget(s, victim(s));
	}
	n = calloc(1, sizeof(*n));
	if (!n || stk_timers_reserve(s, 1) < 0) {
		free(n);
		return NULL;
	}
	n->ip = *ip;
	n->timer.fn = on_timer;
	n->state = NEIGH_STALE;
	pktq_init(&n->wait);
	LIST_INSERT_HEAD(bucket(s, ip), n, link);
	t->n++;
	return n;
}

static enum eth_type ethertype(const struct stk_ip *ip)
{
	return stk_ip_is4(ip) ? ETH_IPV4 : ETH_IPV6;
}

static int wait_for(struct stk *s, struct neigh *n, struct pkt *p)
{
	if (n->wait.n >= NEIGH_QUEUE) {
		/* The oldest goes (RFC 4861 7.2.2). */
		CTR(s, neigh_drops)++;
		pkt_free(pktq_pop(&n->wait));
	}
	pktq_push(&n->wait, p);
	return 0;
}

int neigh_send(struct stk *s, const struct stk_ip *next_hop, struct pkt *p)
{
	enum eth_type type = ethertype(next_hop);
	struct neigh *n;
	uint8_t mac[6] = { 0 };

	if (s->link->l3 || eth_multicast(s, next_hop, mac)) {
		eth_send(s, p, mac, type);
		return 0;
	}
	n = neigh_find(s, next_hop);
	if (!n) {
		n = neigh_new(s, next_hop);
		if (!n) {
			CTR(s, no_memory)++;
			pkt_free(p);
			return -ENOBUFS;
		}
		set_state(s, n, NEIGH_INCOMPLETE);
		n->used = s->now;
		solicit(s, n);
	}
	n->used = s->now;
	if (n->state == NEIGH_INCOMPLETE)
		return wait_for(s, n, p);
	if (n->state == NEIGH_STALE)
		set_state(s, n, NEIGH_DELAY);
	eth_send(s, p, n->mac, type);
	return 0;
}

static void send_waiting(struct stk *s, struct neigh *n)
{
	struct pkt *p;

	while ((p = pktq_pop(&n->wait)))
		eth_send(s, p, n->mac, ethertype(&n->ip));
}

/* RFC 4861 7.2.5 and, for hints, 7.2.3. */
struct neigh *neigh_learn(struct stk *s, const struct stk_ip *ip,
			  const uint8_t mac[6], unsigned news)
{
	struct neigh *n = neigh_find(s, ip);
	bool same;

	if (mac[0] & 1)
		return NULL; /* nobody's own address */
	if (!n && !(news & NEIGH_CREATE))
		return NULL;
	if (!n) {
		n = neigh_new(s, ip);
		if (!n)
			return NULL;
		memcpy(n->mac, mac, 6);
	}
	same = !memcmp(n->mac, mac, 6);
	if (n->state == NEIGH_INCOMPLETE) {
		memcpy(n->mac, mac, 6);
		set_state(s, n, news & NEIGH_ANSWER ? NEIGH_REACHABLE :
						      NEIGH_STALE);
		send_waiting(s, n);
		return n;
	}
	if (!same && !(news & NEIGH_OVERRIDE)) {
		if (n->state == NEIGH_REACHABLE)
			set_state(s, n, NEIGH_STALE);
		return n;
	}
	memcpy(n->mac, mac, 6);
	if (news & NEIGH_ANSWER)
		set_state(s, n, NEIGH_REACHABLE);
	else if (!same)
		set_state(s, n, NEIGH_STALE);
	return n;
}

void neigh_confirm(struct stk *s, const struct stk_ip *ip)
{
	struct neigh *n = neigh_find(s, ip);

	if (n && n->state != NEIGH_INCOMPLETE)
		set_state(s, n, NEIGH_REACHABLE);
}
