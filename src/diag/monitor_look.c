/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stat --watch: from sockets to rows, one look at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "diag/blob.h"
#include "diag/monitor.h"
#include "diag/netns.h"
#include "diag/owners.h"
#include "diag/show.h"
#include "sock/tcp_info.h"

/* Cells are made one row at a time, by one thread. */
static struct sk_line line;

/* --- counts ----------------------------------------------------------------- */

static uint64_t info_of(const struct sk_sock *s, const char *name)
{
	uint64_t v;

	return sk_sock_tcp(s, sk_tcp_info_field(name), &v) ? v : 0;
}

static uint64_t mptcp_of(const struct sk_sock *s, const char *key)
{
	const struct sk_blob_field *f = sk_blob_mptcp;
	uint64_t v = 0;

	while (f->key && strcmp(f->key, key))
		f++;
	return f->key && sk_blob_get(f, s->info, &v) ? v : 0;
}

/*
 * What the kernel counts of a socket: TCP and Multipath TCP their bytes, UDP
 * and others that queue datagrams what did not fit. Nothing counts the bytes
 * of UDP and unix sockets.
 */
static void take_counts(struct sk_row *r, const struct sk_sock *s)
{
	if (s->tcp_info.p) {
		r->has_info = true;
		r->rtt_us = (uint32_t)info_of(s, "rtt");
		r->cwnd = (uint32_t)info_of(s, "snd_cwnd");
		r->bytes_in = info_of(s, "bytes_received");
		r->bytes_out = info_of(s, "bytes_acked");
		r->retrans = info_of(s, "total_retrans");
	} else if (s->kind == SK_KIND_MPTCP && s->info.p) {
		r->has_info = true;
		r->bytes_in = mptcp_of(s, "bytes_received");
		r->bytes_out = mptcp_of(s, "bytes_acked");
		r->retrans = mptcp_of(s, "retransmits");
	}
	if (s->has & SK_HAS(DROPS)) {
		r->has_drops = true;
		r->drops = s->drops;
	} else if (s->has & SK_HAS(MEM) && s->n_mem > SK_MEM_DROPS) {
		r->has_drops = true;
		r->drops = s->mem[SK_MEM_DROPS];
	}
}

/* As the list has it: an abstract name begins with '@'. */
static void take_name(struct sk_row *r, const struct sk_sock *s)
{
	const char *name = s->name.p;
	bool abstract;

	if (!name)
		return;
	abstract = s->name.len && !*name;
	if (abstract)
		r->name[0] = '@';
	sk_escape(r->name + abstract, sizeof(r->name) - abstract,
		  name + abstract, abstract ? s->name.len - 1 :
					      strnlen(name, s->name.len));
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

/* --- columns ---------------------------------------------------------------- */

static const char *const rate_names[] = {
	[SK_RATE_IN] = "in_per_s",	     [SK_RATE_OUT] = "out_per_s",
	[SK_RATE_RETRANS] = "retrans_per_s", [SK_RATE_DROPS] = "drops_per_s",
};

#define RATES (sizeof(rate_names) / sizeof(*rate_names))

static int parse_column(struct sk_watch_column *c, const char *option,
			const char *name, size_t len, struct sk_err *err)
{
	char quoted[64];

	*c = (struct sk_watch_column){ sk_column_find(name, len), 0 };
	if (c->column)
		return 0;
	for (size_t i = 0; i < RATES; i++) {
		if (strlen(rate_names[i]) != len ||
		    strncmp(rate_names[i], name, len))
			continue;
		c->rate = (enum sk_rate)i;
		return 0;
	}
	sk_escape(quoted, sizeof(quoted), name, len);
	return sk_usage(err, "%s %s: no such column (--columns help lists "
			"them)", option, quoted);
}

static int parse_list(struct sk_monitor *m, const char *list,
		      struct sk_err *err)
{
	for (;;) {
		size_t n = strcspn(list, ",");
		int r;

		if (m->n_columns == SK_WATCH_COLUMNS)
			return sk_usage(err, "--columns: more than %d",
					SK_WATCH_COLUMNS);
		r = parse_column(&m->columns[m->n_columns++], "--columns",
				 list, n, err);
		if (r < 0 || !list[n])
			return r;
		list += n + 1;
	}
}

static int parse_sort(struct sk_monitor *m, const char *sort,
		      struct sk_err *err)
{
	size_t n = strcspn(sort, ":");

	m->sorted = true;
	m->descending = !strcmp(sort + n, ":desc");
	if (sort[n] && !m->descending && strcmp(sort + n, ":asc"))
		return sk_usage(err, "--sort: KEY, KEY:asc or KEY:desc");
	return parse_column(&m->sort, "--sort", sort, n, err);
}

static void want(struct sk_monitor *m, const struct sk_watch_column *c)
{
	if (!c->column)
		return;
	m->run.query.want |= sk_column_want(c->column);
	m->run.owners |= sk_column_wants_owners(c->column);
}

int sk_monitor_columns(struct sk_monitor *m, const char *list,
		       const char *sort, struct sk_err *err)
{
	int r = list ? parse_list(m, list, err) : 0;

	if (r >= 0 && sort)
		r = parse_sort(m, sort, err);
	for (size_t i = 0; i < m->n_columns; i++)
		want(m, &m->columns[i]);
	want(m, &m->sort);
	return r;
}

const char *sk_watch_column_name(const struct sk_watch_column *c)
{
	return c->column ? sk_column_name(c->column) : rate_names[c->rate];
}

static void take_cell(struct sk_monitor *m, const struct sk_watch_column *c,
		      const struct sk_sock *s)
{
	if (c->column)
		sk_column_text(c->column, &line, m->view, s);
	line_char(&line, '\0');
}

/* A string for each column, and one for that which is sorted by. */
static int take_cells(struct sk_monitor *m, struct sk_row *r,
		      const struct sk_sock *s)
{
	if (!m->n_columns && !m->sorted)
		return 0;
	line.n = 0;
	for (size_t i = 0; i < m->n_columns; i++)
		take_cell(m, &m->columns[i], s);
	take_cell(m, &m->sort, s);
	if (m->sort.column)
		r->has_sort = sk_column_number(m->sort.column, s, &r->sort);
	r->cells = malloc(line.n);
	if (!r->cells)
		return -ENOMEM;
	memcpy(r->cells, line.buf, line.n);
	return 0;
}

static const char *nth(const char *cells, size_t i)
{
	while (i--)
		cells += strlen(cells) + 1;
	return cells;
}

static uint64_t added_of(const struct sk_row *r, enum sk_rate rate, bool *has)
{
	*has = rate == SK_RATE_DROPS ? r->has_drops : r->has_info;
	return rate == SK_RATE_IN      ? r->in_added :
	       rate == SK_RATE_OUT     ? r->out_added :
	       rate == SK_RATE_RETRANS ? r->retrans_added :
					 r->drops_added;
}

const char *sk_watch_cell(char buf[SK_WATCH_CELL], const struct sk_monitor *m,
			  const struct sk_row *r, size_t i)
{
	const struct sk_watch_column *c = &m->columns[i];
	const char *text;
	uint64_t n;
	bool has;

	if (c->column) {
		text = r->cells ? nth(r->cells, i) : "";
		return *text ? text : NULL;
	}
	n = added_of(r, c->rate, &has);
	if (!has || m->secs <= 0)
		return NULL;
	snprintf(buf, SK_WATCH_CELL, "%.1f", sk_row_rate(m, n));
	return buf;
}

int sk_monitor_by_column(const struct sk_monitor *m, const struct sk_row *a,
			 const struct sk_row *b)
{
	const char *x = "", *y = "";
	uint64_t v = a->sort, w = b->sort;
	bool has_a = a->has_sort, has_b = b->has_sort;
	int r;

	if (!m->sort.column) {
		v = added_of(a, m->sort.rate, &has_a);
		w = added_of(b, m->sort.rate, &has_b);
	} else if (!has_a && !has_b && a->cells && b->cells) {
		x = nth(a->cells, m->n_columns);
		y = nth(b->cells, m->n_columns);
		has_a = *x;
		has_b = *y;
		v = w = 0;
	}
	if (has_a != has_b)
		return has_a ? -1 : 1;	/* what is absent comes last */
	r = v != w ? (v > w) - (v < w) : strcmp(x, y);
	return m->descending ? -r : r;
}

/* --- a look ----------------------------------------------------------------- */

/* Inodes and cookies are numbered apart. */
uint64_t sk_monitor_key(const struct sk_sock *s)
{
	return s->has & SK_HAS(COOKIE) ? s->cookie :
					 s->inode | UINT64_C(1) << 63;
}

int sk_monitor_take(struct sk_sock *s, void *arg)
{
	struct sk_monitor *m = arg;
	struct sk_row *r;

	if (sk_sock_is_association(s))
		return 0;	/* part of a socket that has a row */
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
		.rqueue = s->rqueue, .wqueue = s->wqueue, .ns = m->where_ns,
	};
	r->key = sk_monitor_key(s);
	take_name(r, s);
	if (m->where)
		sk_escape(r->netns, sizeof(r->netns), m->where,
			  strlen(m->where));
	take_counts(r, s);
	take_owner(r, s);
	return take_cells(m, r, s);
}

/* Namespaces come and go: they are looked for each time. */
static int gather_everywhere(struct sk_monitor *m, struct sk_err *err)
{
	struct sk_netns_list l;
	int r = sk_netns_list(&l, err);

	for (size_t i = 0; i < l.n && r >= 0; i++) {
		if (sk_netns_go(&l, i) < 0)
			continue;	/* gone, or not ours to enter */
		sk_show_forget();
		m->where = l.label[i];
		m->where_ns = l.v[i].inode;
		m->run.netns = (uint32_t)i;
		m->view->netns = l.label;
		r = sk_run(&m->run, err);
	}
	m->where = NULL;
	m->where_ns = 0;
	m->view->netns = NULL;
	sk_netns_free(&l);
	return r;
}

int sk_monitor_gather(struct sk_monitor *m, struct sk_err *err)
{
	int r;

	m->n_next = 0;
	m->run.fn = sk_monitor_take;
	m->run.arg = m;
	m->run.complete = sk_births_complete;
	m->run.query.want |= SK_WANT_INFO | SK_WANT_MEM;
	r = m->everywhere ? gather_everywhere(m, err) : sk_run(&m->run, err);
	sk_births_settle(m, r >= 0);
	/* Processes come and go: whose a socket is is asked each time. */
	sk_run_fini(&m->run);
	return r;
}
