/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a socket as a line of JSON. */
#include "base/json.h"
#include "sock/names.h"
#include "sock/sockopt.h"
#include "trace/outputs.h"

static void put_addr(struct sk_json *j, const char *key,
		     const struct sk_addr *a)
{
	char text[SK_ADDR_TEXT_MAX];

	sk_json_put_str(j, key, a->len ? sk_addr_format(text, a) : NULL);
}

static void put_flow(struct sk_json *j, const char *key,
		     const struct sk_flow *f)
{
	sk_json_key(j, key);
	sk_json_begin(j, '{');
	sk_json_put_u64(j, "bytes", f->bytes);
	sk_json_put_u64(j, "calls", f->calls);
	sk_json_put_u64(j, "again", f->again);
	sk_json_put_u64(j, "errors", f->errors);
	sk_json_end(j, '}');
}

/* When that was; null: it has not been. */
static void put_time(struct sk_json *j, const char *key,
		     const struct sk_life *l, uint64_t ns)
{
	sk_json_key(j, key);
	if (ns)
		sk_json_u64(j, l->created_wall + (ns - l->created));
	else
		sk_json_null(j);
}

static void put_options(struct sk_json *j, const struct sk_life *l)
{
	char value[256], number[32];

	sk_json_key(j, "options");
	sk_json_begin(j, '{');
	for (unsigned i = 0; i < l->n_options; i++) {
		const struct sk_life_option *p = &l->options[i];
		const struct sk_sockopt *opt = sk_sockopt_find(p->level,
							       p->name);

		snprintf(number, sizeof(number), "%d/%d", p->level, p->name);
		sk_json_put_str(j, opt ? sk_sockopt_name(opt) : number,
				opt ? sk_sockopt_format(value, sizeof(value),
							opt, p->value, p->len)
				    : NULL);
	}
	sk_json_end(j, '}');
}

static void put_blocked(struct sk_json *j, const struct sk_life *l)
{
	static const char *const names[SK_WAIT_COUNT_] = {
		[SK_WAIT_IN] = "receiving", [SK_WAIT_OUT] = "sending",
		[SK_WAIT_CONNECT] = "connect", [SK_WAIT_ACCEPT] = "accept",
		[SK_WAIT_POLL] = "poll",
	};

	sk_json_key(j, "blocked_ns");
	sk_json_begin(j, '{');
	for (int i = 0; i < SK_WAIT_COUNT_; i++)
		sk_json_put_u64(j, names[i], l->blocked_ns[i]);
	sk_json_end(j, '}');
}

/* All that the kernel gave; null: it was not asked, or is no TCP. */
static void put_tcp_info(struct sk_json *j, const struct sk_life *l)
{
	const struct sk_tcp_field *f = NULL;
	char text[128];
	uint64_t v;

	sk_json_key(j, "tcp_info");
	if (!l->tcp_info_len) {
		sk_json_null(j);
		return;
	}
	sk_json_begin(j, '{');
	while ((f = sk_tcp_info_next(f)) != NULL) {
		if (!sk_tcp_info_get(f, l->tcp_info, l->tcp_info_len, &v))
			continue;
		if (f->unit == SK_TCP_STATE || f->unit == SK_TCP_CA_STATE ||
		    f->unit == SK_TCP_OPTIONS)
			sk_json_put_str(
				j, f->name,
				sk_tcp_info_format(text, sizeof(text), f, v));
		else
			sk_json_put_u64(j, f->name, v);
	}
	sk_json_end(j, '}');
}

void sk_json_life(struct sk_json *j, const struct sk_life *l, uint64_t now)
{
	static const char *const origins[] = {
		"made", "paired", "accepted", "received", "inherited",
	};
	static const char *const ends[] = {
		"open", "closed", "shut", "reset", "leaked", "handed",
	};
	uint64_t until = l->ended ? l->ended : now;
	char text[64];

	sk_json_begin(j, '{');
	sk_json_put_str(j, "type", "socket");
	sk_json_put_u64(j, "time_ns", l->created_wall + (until - l->created));
	sk_json_put_i64(j, "pid", l->pid);
	sk_json_put_u64(j, "socket", l->number);
	sk_json_put_u64(j, "cookie", l->cookie);
	sk_json_put_i64(j, "fd", l->fd);
	if (l->ring)
		sk_json_put_i64(j, "ring", l->ring - 1);
	sk_json_key(j, "comm");
	sk_json_strn(j, l->comm, strnlen(l->comm, sizeof(l->comm)));
	sk_json_put_str(j, "origin", origins[l->origin]);
	sk_json_key(j, "listener");
	if (l->listener)
		sk_json_u64(j, l->listener);
	else
		sk_json_null(j);
	sk_json_put_str(j, "family",
			sk_name_format(text, sizeof(text), &sk_names_family,
				       (uint32_t)l->family));
	sk_json_put_str(j, "socktype",
			sk_name_format(text, sizeof(text), &sk_names_socktype,
				       (uint32_t)l->type));
	put_addr(j, "local", &l->local);
	put_addr(j, "peer", &l->peer);
	put_flow(j, "in", &l->in);
	put_flow(j, "out", &l->out);
	put_time(j, "bound_ns", l, l->bound);
	put_time(j, "connected_ns", l, l->connected);
	put_options(j, l);
	put_blocked(j, l);
	put_tcp_info(j, l);
	sk_json_put_u64(j, "lived_ns", until - l->created);
	sk_json_put_u64(j, "handshake_ns", l->handshake_ns);
	sk_json_put_str(j, "end", ends[l->end]);
	sk_json_end(j, '}');
	sk_json_line(j);
}
