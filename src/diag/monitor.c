/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "diag/endtext.h"
#include "diag/owners.h"
#include "sock/tcp_info.h"

/* Marks stay for so many looks: a single one is easily missed. */
#define MARK_LOOKS 2

/* --- a look ----------------------------------------------------------------- */

static uint64_t info_of(const struct sk_sock *s, const char *name)
{
	uint64_t v;

	return sk_sock_tcp(s, sk_tcp_info_field(name), &v) ? v : 0;
}

static void take_info(struct sk_row *r, const struct sk_sock *s)
{
	r->has_info = s->tcp_info.p != NULL;
	if (!r->has_info)
		return;
	r->rtt_us = (uint32_t)info_of(s, "rtt");
	r->cwnd = (uint32_t)info_of(s, "snd_cwnd");
	r->bytes_in = info_of(s, "bytes_received");
	r->bytes_out = info_of(s, "bytes_acked");
	r->retrans = info_of(s, "total_retrans");
}

static void take_owner(struct sk_row *r, const struct sk_sock *s)
{
	const char *comm;

	if (!s->owners)
		return;
	r->pid = s->owners->process->pid;
	comm = sk_process_comm(s->owners->process);
	sk_escape(r->comm, sizeof(r->comm), comm, strlen(comm));
}

static int take(struct sk_sock *s, void *arg)
{
	struct sk_monitor *m = arg;
	struct sk_row *r;

	if (m->n_next == m->cap_next) {
		size_t cap = m->cap_next ? 2 * m->cap_next : 256;
		struct sk_row *v = realloc(m->next, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		m->next = v;
		m->cap_next = cap;
	}
	r = &m->next[m->n_next++];
	*r = (struct sk_row){
		.kind = s->kind, .family = s->family, .state = s->state,
		.local = s->local, .peer = s->peer, .inode = s->inode,
		.has_queues = s->has & SK_HAS(QUEUES),
		.rqueue = s->rqueue, .wqueue = s->wqueue,
	};
	/* Inodes and cookies are numbered apart. */
	r->key = s->has & SK_HAS(COOKIE) ? s->cookie :
					   s->inode | UINT64_C(1) << 63;
	if (s->name.p)
		sk_escape(r->name, sizeof(r->name), s->name.p, s->name.len);
	take_info(r, s);
	take_owner(r, s);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct sk_row *)a)->key;
	uint64_t y = ((const struct sk_row *)b)->key;

	return x < y ? -1 : x > y;
}

/* --- two looks into one ----------------------------------------------------- */

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
	now->mark = m->looks ? SK_MARK_NEW : SK_MARK_NONE;
	now->looks = 1;
	if (m->looks && now->has_info) {
		now->in_added = now->bytes_in;
		now->out_added = now->bytes_out;
		now->retrans_added = now->retrans;
	}
}

/* A row that is not there any more; false: forget it. */
static bool disappear(struct sk_row *r)
{
	r->looks = r->mark == SK_MARK_GONE ? (uint8_t)(r->looks + 1) : 1;
	r->mark = SK_MARK_GONE;
	r->in_added = r->out_added = r->retrans_added = 0;
	return r->looks <= MARK_LOOKS;
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
			v[n] = m->v[i++];
			n += disappear(&v[n]);
			continue;
		}
		v[n] = m->next[k++];
		if (c == 0 && m->v[i].mark != SK_MARK_GONE)
			compare(&v[n], &m->v[i]);
		else
			appear(m, &v[n]);
		i += c == 0;
		n++;
	}
	free(m->v);
	m->v = v;
	m->n = n;
	m->cap = cap;
	m->looks++;
	return 0;
}

int sk_monitor_look(struct sk_monitor *m, struct sk_err *err)
{
	uint64_t now = sk_now_us();
	int r;

	m->n_next = 0;
	m->run.fn = take;
	m->run.arg = m;
	m->run.query.want |= SK_WANT_INFO;
	r = sk_run(&m->run, err);
	/* Processes come and go: whose a socket is is asked each time. */
	sk_run_fini(&m->run);
	if (r >= 0)
		r = sk_monitor_merge(m);
	if (r == -ENOMEM)
		return sk_fail(err, r, "%s", sk_strerror(r));
	if (r < 0)
		return r;
	m->secs = m->at_us ? (double)(now - m->at_us) / 1e6 : 0;
	m->at_us = now;
	return 0;
}

void sk_monitor_fini(struct sk_monitor *m)
{
	free(m->v);
	free(m->next);
	m->v = m->next = NULL;
	m->n = m->n_next = m->cap = m->cap_next = 0;
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
BY(retrans, retrans_added)
BY(recvq, rqueue)
BY(sendq, wqueue)
BY(rtt, rtt_us)
#undef BY

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
	return by_ends(a, b, &a->local, &b->local);
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
	{ "retr/s", 'r', by_retrans }, { "recv-q", 'e', by_recvq },
	{ "send-q", 's', by_sendq },  { "rtt", 't', by_rtt },
	{ "state", 'a', by_state },   { "local", 'l', by_local },
	{ "peer", 'p', by_peer },     { "process", 'c', by_process },
};

const struct sk_row_order *sk_row_order(size_t i)
{
	return i < sizeof(orders) / sizeof(*orders) ? &orders[i] : NULL;
}

struct sorting {
	const struct sk_row_order *order;
	bool reverse;
};

/* Equals stay in the order of their keys, that rows do not jump about. */
static int by_order(const void *a, const void *b, void *arg)
{
	const struct sk_row *x = *(const struct sk_row *const *)a;
	const struct sk_row *y = *(const struct sk_row *const *)b;
	const struct sorting *s = arg;
	int r = s->order->cmp(x, y);

	return r ? (s->reverse ? -r : r) : by_key(x, y);
}

const struct sk_row **sk_monitor_sorted(const struct sk_monitor *m,
					const struct sk_row_order *order,
					bool reverse)
{
	struct sorting s = { order, reverse };
	const struct sk_row **v = m->n ? calloc(m->n, sizeof(*v)) : NULL;

	if (!v)
		return NULL;
	for (size_t i = 0; i < m->n; i++)
		v[i] = &m->v[i];
	qsort_r(v, m->n, sizeof(*v), by_order, &s);
	return v;
}
