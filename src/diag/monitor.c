/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "diag/endtext.h"

/* Marks stay for so many looks: a single one is easily missed. */
#define MARK_LOOKS 2

/* --- two looks into one ----------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	const struct sk_row *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	/* Older kernels number cookies in each namespace anew. */
	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

static uint64_t added(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void compare(struct sk_row *now, const struct sk_row *before)
{
	/* TIME-WAIT is another thing of the same cookie: without counts. */
	if (now->has_info && before->has_info) {
		now->in_added = added(now->bytes_in, before->bytes_in);
		now->out_added = added(now->bytes_out, before->bytes_out);
		now->retrans_added = added(now->retrans, before->retrans);
	}
	if (now->has_drops && before->has_drops)
		now->drops_added = now->drops - before->drops;
	now->changed = now->state != before->state ||
		       now->rqueue != before->rqueue ||
		       now->wqueue != before->wqueue;
	if (before->mark == SK_MARK_NEW && before->looks < MARK_LOOKS) {
		now->mark = SK_MARK_NEW;
		now->looks = (uint8_t)(before->looks + 1);
	}
}

static void appear(const struct sk_monitor *m, struct sk_row *now)
{
	now->mark = m->looks && !m->refilter ? SK_MARK_NEW : SK_MARK_NONE;
	now->looks = 1;
	if (now->mark == SK_MARK_NONE)
		return;
	now->in_added = now->bytes_in;
	now->out_added = now->bytes_out;
	now->retrans_added = now->retrans;
	now->drops_added = now->drops;
}

/* A row that is not there any more; false: forget it. */
static bool disappear(struct sk_row *r)
{
	r->looks = r->mark == SK_MARK_GONE ? (uint8_t)(r->looks + 1) : 1;
	r->mark = SK_MARK_GONE;
	r->in_added = r->out_added = r->retrans_added = r->drops_added = 0;
	return r->looks <= MARK_LOOKS;
}

/* The three ways of a row. What is not kept gives its cells back. */

static bool merge_gone(const struct sk_monitor *m, struct sk_row *to,
		       struct sk_row *before)
{
	bool kept;

	*to = *before;
	kept = !m->refilter && disappear(to);
	if (!kept)
		free(before->cells);
	return kept;
}

static void merge_new(const struct sk_monitor *m, struct sk_row *to,
		      const struct sk_row *now)
{
	*to = *now;
	appear(m, to);
}

static void merge_both(const struct sk_monitor *m, struct sk_row *to,
		       struct sk_row *before, struct sk_row *now)
{
	if (before->mark == SK_MARK_GONE) {
		merge_new(m, to, now);
	} else if (m->refilter) {
		*to = *before;
		free(now->cells);
		return;
	} else {
		*to = *now;
		compare(to, before);
	}
	free(before->cells);
}

int sk_monitor_merge(struct sk_monitor *m)
{
	size_t cap = m->n + m->n_next, n = 0, i = 0, k = 0;
	struct sk_row *v = malloc((cap ? cap : 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	if (m->n_next)
		qsort(m->next, m->n_next, sizeof(*m->next), by_key);
	while (i < m->n || k < m->n_next) {
		int c = i == m->n	? 1 :
			k == m->n_next	? -1 :
					  by_key(&m->v[i], &m->next[k]);

		if (c < 0) {
			n += merge_gone(m, &v[n], &m->v[i++]);
			continue;
		}
		if (c == 0)
			merge_both(m, &v[n], &m->v[i++], &m->next[k++]);
		else
			merge_new(m, &v[n], &m->next[k++]);
		n++;
	}
	free(m->v);
	m->v = v;
	m->n = n;
	m->cap = cap;
	m->n_next = 0;
	m->looks += !m->refilter;
	return 0;
}

static void drop_next(struct sk_monitor *m)
{
	for (size_t i = 0; i < m->n_next; i++)
		free(m->next[i].cells);
	m->n_next = 0;
}

static int gather_and_merge(struct sk_monitor *m, struct sk_err *err)
{
	int r = sk_monitor_gather(m, err);

	if (r >= 0)
		r = sk_monitor_merge(m);
	drop_next(m);
	if (r == -ENOMEM)
		return sk_fail(err, r, "%s", sk_strerror(r));
	return r;
}

int sk_monitor_look(struct sk_monitor *m, struct sk_err *err)
{
	uint64_t now = sk_now_us();
	int r = gather_and_merge(m, err);

	if (r < 0)
		return r;
	m->secs = m->at_us ? (double)(now - m->at_us) / 1e6 : 0;
	m->at_us = now;
	return 0;
}

int sk_monitor_refilter(struct sk_monitor *m, struct sk_filter *filter,
			struct sk_err *err)
{
	int r;

	m->run.filter = filter;
	m->refilter = true;
	r = gather_and_merge(m, err);
	m->refilter = false;
	return r;
}

void sk_monitor_fini(struct sk_monitor *m)
{
	drop_next(m);
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].cells);
	free(m->births.v);
	free(m->births_next.v);
	m->births = m->births_next = (struct sk_births){ .n = 0 };
	free(m->v);
	free(m->next);
	m->v = m->next = NULL;
	m->n = m->cap = m->cap_next = 0;
}

/* --- about rows ------------------------------------------------------------- */

double sk_row_rate(const struct sk_monitor *m, uint64_t n)
{
	return m->secs > 0 ? (double)n / m->secs : 0;
}

static const char *end_text(char buf[SK_ADDR_TEXT_MAX], const struct sk_row *r,
			    const struct sk_end *end)
{
	const struct sk_sock s = { .family = r->family };

	return sk_end_format(buf, &s, end);
}

const char *sk_row_local(char buf[SK_ADDR_TEXT_MAX], const struct sk_row *r)
{
	return r->name[0] ? r->name : end_text(buf, r, &r->local);
}

const char *sk_row_peer(char buf[SK_ADDR_TEXT_MAX], const struct sk_row *r)
{
	return end_text(buf, r, &r->peer);
}

/* --- orders ----------------------------------------------------------------- */

#define BY(name, field)                                                     \
	static int by_##name(const struct sk_row *a, const struct sk_row *b) \
	{                                                                   \
		return a->field < b->field ? 1 : -(a->field > b->field);    \
	}
BY(in, in_added)
BY(out, out_added)
BY(recvq, rqueue)
BY(sendq, wqueue)
BY(rtt, rtt_us)
#undef BY

/* What was lost: sent again, or dropped as nobody read it. */
static int by_loss(const struct sk_row *a, const struct sk_row *b)
{
	uint64_t x = a->retrans_added + a->drops_added;
	uint64_t y = b->retrans_added + b->drops_added;

	return x < y ? 1 : -(x > y);
}

static int by_state(const struct sk_row *a, const struct sk_row *b)
{
	return (int)a->state - (int)b->state;
}

static int by_ends(const struct sk_row *a, const struct sk_row *b,
		   const struct sk_end *x, const struct sk_end *y)
{
	int r = (int)a->family - (int)b->family;

	r = r ? r : memcmp(x->ip, y->ip, sizeof(x->ip));
	return r ? r : (x->port > y->port) - (x->port < y->port);
}

static int by_local(const struct sk_row *a, const struct sk_row *b)
{
	int r = strcmp(a->name, b->name);

	return r ? r : by_ends(a, b, &a->local, &b->local);
}

static int by_peer(const struct sk_row *a, const struct sk_row *b)
{
	return by_ends(a, b, &a->peer, &b->peer);
}

static int by_process(const struct sk_row *a, const struct sk_row *b)
{
	int r = strcmp(a->comm, b->comm);

	return r ? r : a->pid - b->pid;
}

static const struct sk_row_order orders[] = {
	{ "in/s", 'i', by_in },	      { "out/s", 'o', by_out },
	{ "loss/s", 'r', by_loss }, { "recv-q", 'e', by_recvq },
	{ "send-q", 's', by_sendq },  { "rtt", 't', by_rtt },
	{ "state", 'a', by_state },   { "local", 'l', by_local },
	{ "peer", 'p', by_peer },     { "process", 'c', by_process },
};

const struct sk_row_order *sk_row_order(size_t i)
{
	return i < sizeof(orders) / sizeof(*orders) ? &orders[i] : NULL;
}

struct sorting {
	const struct sk_monitor *m;
	const struct sk_row_order *order;
	bool reverse;
};

/* Equals stay in the order of their keys, that rows do not jump about. */
static int by_order(const void *a, const void *b, void *arg)
{
	const struct sk_row *x = *(const struct sk_row *const *)a;
	const struct sk_row *y = *(const struct sk_row *const *)b;
	const struct sorting *s = arg;
	int r = s->order     ? s->order->cmp(x, y) :
		s->m->sorted ? sk_monitor_by_column(s->m, x, y) : 0;

	return r ? (s->reverse ? -r : r) : by_key(x, y);
}

const struct sk_row **sk_monitor_sorted(const struct sk_monitor *m,
					const struct sk_row_order *order,
					bool reverse)
{
	struct sorting s = { m, order, reverse };
	const struct sk_row **v = m->n ? calloc(m->n, sizeof(*v)) : NULL;

	if (!v)
		return NULL;
	for (size_t i = 0; i < m->n; i++)
		v[i] = &m->v[i];
	qsort_r(v, m->n, sizeof(*v), by_order, &s);
	return v;
}
