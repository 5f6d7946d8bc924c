/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets as gauges. What is counted by kind and state is of one size however
 * many sockets there are; only listeners have a series each.
 */
#include <stdlib.h>
#include <string.h>

#include "diag/endtext.h"
#include "diag/openmetrics_in.h"
#include "diag/source.h"

struct listener {
	char local[SK_ADDR_TEXT_MAX];
	const char *kind;
	uint32_t queue, limit;
};

struct tally {
	uint64_t count[SK_KIND_COUNT][SK_STATE_COUNT];
	uint64_t rqueue[SK_KIND_COUNT], wqueue[SK_KIND_COUNT];
	struct listener *v;
	size_t n, cap;
};

/*
 * Sockets with SO_REUSEPORT share an address: their queues are one series, or
 * the document would name it twice.
 */
static int add_listener(struct tally *t, const struct sk_sock *s)
{
	struct listener new = { .kind = sk_kind_of(s->kind)->name,
				.queue = s->rqueue, .limit = s->wqueue };

	sk_end_format(new.local, s, &s->local);
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].kind != new.kind ||
		    strcmp(t->v[i].local, new.local) != 0)
			continue;
		t->v[i].queue += new.queue;
		t->v[i].limit += new.limit;
		return 0;
	}
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct listener *v = realloc(t->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = new;
	return 0;
}

static int count(struct sk_sock *s, void *arg)
{
	struct tally *t = arg;

	if (s->state < SK_STATE_COUNT)
		t->count[s->kind][s->state]++;
	if (!(s->has & SK_HAS(QUEUES)))
		return 0;
	if (s->state == SK_STATE_LISTEN)
		return SK_KIND_INET & SK_KIND_BIT(s->kind) ?
			       add_listener(t, s) : 0;
	t->rqueue[s->kind] += s->rqueue;
	t->wqueue[s->kind] += s->wqueue;
	return 0;
}

static void put_value(struct sk_out *out, uint64_t v)
{
	sk_out_str(out, "} ");
	sk_out_u64(out, v);
	sk_out_char(out, '\n');
}

/* A state that two numbers share a name with must not come twice. */
static void put_states(struct sk_out *out, const struct tally *t, unsigned kind)
{
	for (unsigned state = 1; state < SK_STATE_COUNT; state++) {
		uint64_t n = t->count[kind][state];

		if (state == SK_STATE_SYN_RECV)
			n += t->count[kind][SK_STATE_NEW_SYN_RECV];
		if (!n || state == SK_STATE_NEW_SYN_RECV)
			continue;
		sk_out_str(out, "sockkit_sockets");
		sk_metric_label(out, true, "kind", sk_kind_of(kind)->name);
		sk_metric_label(out, false, "state", sk_state_name(state));
		put_value(out, n);
	}
}

static void put_queues(struct sk_out *out, const struct tally *t,
		       enum sk_metrics_form form)
{
	static const char *const names[] = { "recv", "send" };

	sk_metric_family(out, form, "sockkit_queue_bytes", false,
			 "bytes in the queues of sockets that do not listen");
	for (unsigned kind = 0; kind < SK_KIND_COUNT; kind++) {
		const uint64_t v[] = { t->rqueue[kind], t->wqueue[kind] };

		for (size_t i = 0; i < 2 && (v[0] || v[1]); i++) {
			sk_out_str(out, "sockkit_queue_bytes");
			sk_metric_label(out, true, "kind",
					sk_kind_of(kind)->name);
			sk_metric_label(out, false, "queue", names[i]);
			put_value(out, v[i]);
		}
	}
}

static void put_listeners(struct sk_out *out, const struct tally *t,
			  enum sk_metrics_form form, const char *name,
			  const char *help, bool limit)
{
	sk_metric_family(out, form, name, false, help);
	for (size_t i = 0; i < t->n; i++) {
		sk_out_str(out, name);
		sk_metric_label(out, true, "kind", t->v[i].kind);
		sk_metric_label(out, false, "local", t->v[i].local);
		put_value(out, limit ? t->v[i].limit : t->v[i].queue);
	}
}

int sk_metrics_sockets(struct sk_out *out, enum sk_metrics_form form,
		       struct sk_err *err)
{
	struct sk_diag_query q = { .kinds = SK_KIND_ALL,
				   .states = SK_STATES_ALL };
	struct tally *t = calloc(1, sizeof(*t));
	struct sk_diag_result res;
	int r;

	if (!t)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = sk_diag_dump(&q, count, t, &res, err);
	if (r >= 0 && res.missing == q.kinds)
		r = sk_fail(err, -ENOENT, "no sockets could be read");
	if (r >= 0) {
		sk_metric_family(out, form, "sockkit_sockets", false,
				 "sockets by kind and state");
		for (unsigned kind = 0; kind < SK_KIND_COUNT; kind++)
			put_states(out, t, kind);
		put_queues(out, t, form);
		put_listeners(out, t, form, "sockkit_accept_queue",
			      "connections that wait to be accepted", false);
		put_listeners(out, t, form, "sockkit_accept_queue_limit",
			      "connections that may wait to be accepted",
			      true);
	}
	free(t->v);
	free(t);
	return r;
}
