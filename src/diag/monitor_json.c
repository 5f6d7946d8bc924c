/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stat --watch into a pipe: what has happened since the last look. */
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "diag/monitor.h"

struct look {
	const struct sk_monitor *m;
	uint64_t time_ms;	/* since 1970 */
};

/* NULL: nothing has happened to it. */
static const char *event_of(const struct sk_monitor *m, const struct sk_row *r)
{
	if (m->looks == 1)
		return "first";
	if (r->mark != SK_MARK_NONE && r->looks == 1)
		return r->mark == SK_MARK_NEW ? "new" : "gone";
	if (r->mark == SK_MARK_GONE)
		return NULL;
	return r->changed || r->in_added || r->out_added ||
		       r->retrans_added || r->drops_added ? "changed" : NULL;
}

static void put_u64(struct sk_json *j, const char *key, uint64_t v, bool has)
{
	sk_json_key(j, key);
	if (has)
		sk_json_u64(j, v);
	else
		sk_json_null(j);
}

static void put_rate(struct sk_json *j, const struct sk_monitor *m,
		     const char *key, uint64_t v, bool has)
{
	sk_json_key(j, key);
	if (has && m->secs > 0)
		sk_json_double(j, sk_row_rate(m, v));
	else
		sk_json_null(j);
}

static void put_text(struct sk_json *j, const char *key, const char *text)
{
	sk_json_put_str(j, key, text[0] ? text : NULL);
}

static void put_counts(struct sk_json *j, const struct sk_monitor *m,
		       const struct sk_row *r)
{
	bool has = r->has_info;

	put_u64(j, "recvq", r->rqueue, r->has_queues);
	put_u64(j, "sendq", r->wqueue, r->has_queues);
	put_u64(j, "rtt_us", r->rtt_us, has);
	put_u64(j, "cwnd", r->cwnd, has);
	put_u64(j, "bytes_received", r->bytes_in, has);
	put_u64(j, "bytes_acked", r->bytes_out, has);
	put_u64(j, "total_retrans", r->retrans, has);
	put_u64(j, "received_added", r->in_added, has);
	put_u64(j, "acked_added", r->out_added, has);
	put_u64(j, "retrans_added", r->retrans_added, has);
	put_u64(j, "drops", r->drops, r->has_drops);
	put_u64(j, "drops_added", r->drops_added, r->has_drops);
	put_rate(j, m, "received_per_s", r->in_added, has);
	put_rate(j, m, "acked_per_s", r->out_added, has);
	put_rate(j, m, "retrans_per_s", r->retrans_added, has);
	put_rate(j, m, "drops_per_s", r->drops_added, r->has_drops);
}

/* What --columns asks for, as text. */
static void put_columns(struct sk_json *j, const struct sk_monitor *m,
			const struct sk_row *r)
{
	char buf[SK_WATCH_CELL];

	if (!m->n_columns)
		return;
	sk_json_key(j, "columns");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < m->n_columns; i++)
		sk_json_put_str(j, sk_watch_column_name(&m->columns[i]),
				sk_watch_cell(buf, m, r, i));
	sk_json_end(j, '}');
}

static void put_row(struct sk_json *j, const struct look *l,
		    const struct sk_row *r, const char *event)
{
	char text[SK_ADDR_TEXT_MAX];

	sk_json_begin(j, '{');
	sk_json_put_u64(j, "time_ms", l->time_ms);
	sk_json_put_str(j, "event", event);
	put_text(j, "netns", r->netns);
	sk_json_put_str(j, "kind", sk_kind_of(r->kind)->name);
	sk_json_put_str(j, "state", sk_state_name(r->state));
	put_text(j, "local", sk_row_local(text, r));
	put_text(j, "peer", sk_row_peer(text, r));
	put_u64(j, "cookie", r->key, !(r->key >> 63));
	put_u64(j, "inode", r->inode, r->inode != 0);
	put_text(j, "process", r->comm);
	put_u64(j, "pid", (uint64_t)r->pid, r->pid > 0);
	put_counts(j, l->m, r);
	put_columns(j, l->m, r);
	sk_json_end(j, '}');
	sk_json_line(j);
}

void sk_monitor_json(const struct sk_monitor *m, struct sk_out *out)
{
	struct look l = { .m = m };
	const struct sk_row **v;
	struct timespec now;
	struct sk_json j;

	clock_gettime(CLOCK_REALTIME, &now);
	l.time_ms = (uint64_t)now.tv_sec * 1000 +
		    (uint64_t)now.tv_nsec / 1000000;
	sk_json_init(&j, out);
	v = m->sorted ? sk_monitor_sorted(m, NULL, false) : NULL;
	for (size_t i = 0; i < m->n; i++) {
		const struct sk_row *r = v ? v[i] : &m->v[i];
		const char *event = event_of(m, r);

		if (event)
			put_row(&j, &l, r, event);
	}
	free(v);
}
