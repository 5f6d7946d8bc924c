/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules about listeners. The kernel reports of one: rqueue, connections that
 * wait to be accepted; wqueue, the backlog. A queue takes one more than the
 * backlog says (sk_acceptq_is_full() asks for "greater").
 */
#include <stdlib.h>
#include <string.h>

#include "diag/doctor_in.h"

static bool is_listener(const struct sk_patient *p)
{
	return p->kind == SK_KIND_TCP && p->state == SK_STATE_LISTEN &&
	       p->has_queues;
}

static bool is_full(const struct sk_patient *p)
{
	return is_listener(p) && p->wqueue && p->rqueue > p->wqueue;
}

static uint64_t overflows(const struct sk_checkup *c)
{
	return sk_checkup_added(c, "TcpExt", "ListenOverflows");
}

static void put_queue(struct sk_finding *f, struct sk_checkup *c,
		      const struct sk_patient *p)
{
	sk_finding_local(f, p);
	sk_finding_proc(f, c, p);
	sk_finding_number(f, "queue", p->rqueue);
	sk_finding_number(f, "limit", p->wqueue);
}

static void put_somaxconn(struct sk_finding *f, const struct sk_checkup *c)
{
	if (c->set.somaxconn >= 0)
		sk_finding_number(f, "somaxconn", (uint64_t)c->set.somaxconn);
}

void sk_rule_accept_overflow(struct sk_checkup *c, struct sk_findings *f)
{
	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i];
		struct sk_finding *new;

		if (!is_full(p))
			continue;
		new = sk_findings_add(f, p->rqueue);
		put_queue(new, c, p);
		sk_finding_number(new, "overflows", overflows(c));
		put_somaxconn(new, c);
	}
}

/* rqueue / wqueue, compared without dividing. */
static bool is_fuller(const struct sk_patient *a, const struct sk_patient *b)
{
	return (uint64_t)a->rqueue * b->wqueue >
	       (uint64_t)b->rqueue * a->wqueue;
}

void sk_rule_accept_burst(struct sk_checkup *c, struct sk_findings *f)
{
	const struct sk_patient *worst = NULL;
	struct sk_finding *new;

	if (!overflows(c))
		return;
	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i];

		if (is_full(p))
			return;		/* told already, by name */
		if (is_listener(p) && (!worst || is_fuller(p, worst)))
			worst = p;
	}
	new = sk_findings_add(f, overflows(c));
	sk_finding_number(new, "overflows", overflows(c));
	put_somaxconn(new, c);
	if (worst)
		put_queue(new, c, worst);
}

/* Three quarters; one that waits alone is no queue. */
static bool is_near(const struct sk_patient *p)
{
	return p && is_listener(p) && p->rqueue > 1 &&
	       (uint64_t)p->rqueue * 4 >= (uint64_t)p->wqueue * 3;
}

void sk_rule_near_backlog(struct sk_checkup *c, struct sk_findings *f)
{
	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i];

		if (is_near(p) && !is_full(p) &&
		    is_near(sk_checkup_before(c, p)))
			put_queue(sk_findings_add(f, p->rqueue), c, p);
	}
}

/*
 * The kernel does not keep what listen(2) asked for. With its default of 4096
 * (older: 128, which nobody should keep) equality means nothing.
 */
#define SOMAXCONN_DEFAULT 4096

void sk_rule_backlog_cut(struct sk_checkup *c, struct sk_findings *f)
{
	if (c->set.somaxconn < 0 || c->set.somaxconn >= SOMAXCONN_DEFAULT)
		return;
	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i];

		if (is_listener(p) && p->wqueue == c->set.somaxconn)
			put_queue(sk_findings_add(f, 0), c, p);
	}
}

/* --- half-open connections -------------------------------------------------- */

static uint64_t cookies_sent(const struct sk_checkup *c)
{
	return sk_checkup_added(c, "TcpExt", "SyncookiesSent");
}

/*
 * SYNs dropped for want of room. ListenDrops counts every packet that a
 * listener drops: those of TCPReqQFullDrop with it, and those of overflows,
 * which are another rule's.
 */
static uint64_t syns_dropped(const struct sk_checkup *c)
{
	uint64_t all = sk_checkup_added(c, "TcpExt", "ListenDrops");
	uint64_t over = overflows(c);

	return all > over ? all - over : 0;
}

static bool is_half_open_of(const struct sk_patient *p,
			    const struct sk_patient *listener)
{
	static const struct sk_end any;

	if (p->kind != SK_KIND_TCP || p->state != SK_STATE_SYN_RECV ||
	    p->local.port != listener->local.port)
		return false;
	return !memcmp(listener->local.ip, any.ip, sizeof(any.ip)) ||
	       (p->family == listener->family &&
		!memcmp(p->local.ip, listener->local.ip, sizeof(any.ip)));
}

/* Fewer than these are no flood, however small the backlog. */
#define HALF_OPEN_MIN 4

/*
 * Handshakes on a long path fill a small queue as well, for a moment: those of
 * a flood have been there before, or the queue was full in between.
 */
static uint64_t flooded(const struct sk_checkup *c, const struct sk_patient *l)
{
	uint64_t n = 0, old = 0;

	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i];

		if (!is_half_open_of(p, l))
			continue;
		n++;
		old += sk_checkup_before(c, p) != NULL;
	}
	if (n < HALF_OPEN_MIN || n * 4 < (uint64_t)l->wqueue * 3)
		return 0;
	return old * 2 >= n || cookies_sent(c) || syns_dropped(c) ? n : 0;
}

static bool any_half_open(const struct sk_checkup *c)
{
	for (size_t i = 0; i < c->now.n; i++)
		if (c->now.v[i].state == SK_STATE_SYN_RECV)
			return true;
	return false;
}

static size_t find_floods(struct sk_checkup *c, struct sk_findings *f,
			  bool tell)
{
	size_t found = 0;

	/* Listeners times sockets: only where there is something to count. */
	for (size_t i = 0; any_half_open(c) && i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i];
		uint64_t n = is_listener(p) ? flooded(c, p) : 0;
		struct sk_finding *new;

		found += n > 0;
		if (!n || !tell)
			continue;
		new = sk_findings_add(f, n);
		put_queue(new, c, p);
		sk_finding_number(new, "n", n);
		sk_finding_number(new, "cookies", cookies_sent(c));
		sk_finding_number(new, "dropped", syns_dropped(c));
	}
	return found;
}

void sk_rule_syn_flood(struct sk_checkup *c, struct sk_findings *f)
{
	find_floods(c, f, true);
}

#define COOKIES_ALWAYS 2	/* net.ipv4.tcp_syncookies */

void sk_rule_syn_drops(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t cookies = cookies_sent(c), dropped = syns_dropped(c);
	struct sk_finding *new;

	if (c->set.syncookies == COOKIES_ALWAYS)
		cookies = 0;	/* they say nothing about room */
	if ((!cookies && !dropped) || find_floods(c, f, false))
		return;
	new = sk_findings_add(f, cookies + dropped);
	sk_finding_number(new, "cookies", cookies);
	sk_finding_number(new, "dropped", dropped);
	put_somaxconn(new, c);
}
