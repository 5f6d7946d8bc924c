/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program that forgets its connections. That their number grows proves
 * nothing, for so it does where clients come; and that many are idle proves
 * nothing either, for so they are in a pool. But who holds many idle
 * connections to a place, makes new ones to the same place all the same, and
 * closes none, has forgotten them. A place is an address with its port, so only
 * the end that connected is blamed: clients of a server have a port each.
 */
#include <stdlib.h>
#include <string.h>

#include "diag/doctor_in.h"

#define OLD_MIN 20		/* fewer may well be one for each thread */
#define NEW_MIN 2		/* a single new one may just be in need */
#define IDLE_PERCENT 90

static int by_place(const struct sk_patient *a, const struct sk_patient *b)
{
	int r = (int)a->family - (int)b->family;

	r = r ? r : memcmp(a->peer.ip, b->peer.ip, sizeof(a->peer.ip));
	return r ? r : (int)a->peer.port - (int)b->peer.port;
}

static bool is_open(const struct sk_patient *p)
{
	return p->kind == SK_KIND_TCP && p->state == SK_STATE_ESTABLISHED;
}

static bool is_clients(const struct sk_checkup *c, const struct sk_patient *p)
{
	return is_open(p) && p->inode && p->has_info &&
	       p->local.port >= c->set.port_low &&
	       p->local.port <= c->set.port_high;
}

struct place {
	struct sk_process *process;
	const struct sk_patient *one;
	uint64_t old, idle, new;
};

static void count(const struct sk_checkup *c, struct place *p,
		  const struct sk_patient *s)
{
	const struct sk_patient *was = sk_checkup_before(c, s);

	p->one = s;
	if (!was) {
		p->new++;
		return;
	}
	p->old++;
	p->idle += was->bytes_acked == s->bytes_acked &&
		   was->bytes_received == s->bytes_received;
}

/* Has anybody closed a connection to that place between the readings? */
static bool any_closed(const struct sk_checkup *c, const struct sk_patient *to)
{
	for (size_t i = 0; i < c->before.n; i++) {
		const struct sk_patient *p = &c->before.v[i], *now;

		if (!is_open(p) || by_place(p, to))
			continue;
		now = sk_checkup_now(c, p);
		if (!now || !is_open(now))
			return true;
	}
	return false;
}

static void judge(struct sk_checkup *c, struct sk_findings *f,
		  const struct place *p)
{
	struct sk_finding *new;

	if (p->old < OLD_MIN || p->new < NEW_MIN ||
	    p->idle * 100 < p->old * IDLE_PERCENT ||
	    any_closed(c, p->one))
		return;
	new = sk_findings_add(f, p->old + p->new);
	sk_finding_proc(new, c, p->one);
	sk_finding_peer(new, p->one);
	sk_finding_number(new, "n", p->old);
	sk_finding_number(new, "idle", p->idle);
	sk_finding_number(new, "new", p->new);
}

static int by_process(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->process ? x->process->pid : 0) -
	       (y->process ? y->process->pid : 0);
}

/* v[0..n) go to one place: process by process. */
static void check_place(struct sk_checkup *c, struct sk_findings *f,
			const struct sk_patient **v, size_t n)
{
	struct place *p = n < OLD_MIN + NEW_MIN ? NULL : calloc(n, sizeof(*p));
	size_t last = 0;

	if (!p)
		return;
	for (size_t i = 0; i < n; i++) {
		p[i].process = sk_checkup_process(c, v[i]);
		count(c, &p[i], v[i]);
	}
	qsort(p, n, sizeof(*p), by_process);
	for (size_t i = 1; i < n; i++) {
		if (by_process(&p[i], &p[last])) {
			p[++last] = p[i];
			continue;
		}
		p[last].old += p[i].old;
		p[last].idle += p[i].idle;
		p[last].new += p[i].new;
	}
	for (size_t i = 0; i <= last; i++)
		judge(c, f, &p[i]);
	free(p);
}

void sk_rule_leak(struct sk_checkup *c, struct sk_findings *f)
{
	const struct sk_patient **v;
	size_t n, from = 0;

	if (c->set.port_low < 0)
		return;
	v = sk_pick_sorted(c, is_clients, by_place, &n);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && !by_place(v[i], v[from]))
			continue;
		check_place(c, f, v + from, i - from);
		from = i;
	}
	free(v);
}
