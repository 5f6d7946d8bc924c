/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/stats.h"

#include <unistd.h>

#include "base/json.h"
#include "sock/tcp_info.h"

static void put_addr(struct sk_json *j, const char *key,
		     const struct sk_addr *a)
{
	char text[SK_ADDR_TEXT_MAX];

	sk_json_put_str(j, key, a->len ? sk_addr_format(text, a) : NULL);
}

/* A step that was not taken has no time: null, not 0. */
static void put_time(struct sk_json *j, const char *key, uint64_t us)
{
	sk_json_key(j, key);
	if (us)
		sk_json_u64(j, us);
	else
		sk_json_null(j);
}

/* Every field that the stack below has, with its raw unit in the name. */
static void put_tcp_info(struct sk_json *j, const struct endpoint *peer)
{
	static const char *const units[] = {
		[SK_TCP_US] = "_us",	     [SK_TCP_MS] = "_ms",
		[SK_TCP_BYTES_S] = "_bytes_s",
	};
	const struct sk_tcp_field *f = NULL;
	unsigned char info[SK_TCP_INFO_MAX];
	size_t len = sizeof(info);
	char key[64];
	uint64_t v;

	sk_json_key(j, "tcp_info");
	if (endpoint_tcp_info(peer, info, &len) < 0) {
		sk_json_null(j);
		return;
	}
	sk_json_begin(j, '{');
	while ((f = sk_tcp_info_next(f))) {
		const char *unit = f->unit < sizeof(units) / sizeof(*units) ?
					   units[f->unit] :
					   NULL;

		if (!sk_tcp_info_get(f, info, len, &v))
			continue;
		snprintf(key, sizeof(key), "%s%s", f->name, unit ? unit : "");
		sk_json_put_u64(j, key, v);
	}
	sk_json_end(j, '}');
}

static void put_session(struct sk_json *j, const struct sk_session *s)
{
	const struct endpoint *peer = s->ep[PEER];
	struct sk_addr local;

	endpoint_local(peer, &local);
	put_addr(j, "local", &local);
	put_addr(j, "peer", endpoint_peer(peer));
	sk_json_put_u64(j, "sent_bytes",
			s->flow[s->ep[LOCAL] ? LOCAL : PEER].out);
	sk_json_put_u64(j, "received_bytes", s->flow[PEER].out);
	sk_json_put_u64(j, "duration_us", sk_now_us() - s->begun);
	put_time(j, "connect_us", peer->connect_us);
	put_time(j, "tls_us", peer->tls_us);
	sk_json_put_str(j, "error", s->result ? s->why : NULL);
	put_tcp_info(j, peer);
}

static void put_peer(struct sk_json *j, const struct sk_peer *p,
		     const char *why)
{
	struct sk_addr local;

	sk_peer_local(p, &local);
	put_addr(j, "local", &local);
	put_addr(j, "peer", sk_peer_remote(p));
	sk_json_put_u64(j, "sent_bytes", p->sent);
	sk_json_put_u64(j, "sent_datagrams", p->sent_n);
	sk_json_put_u64(j, "received_bytes", p->received);
	sk_json_put_u64(j, "received_datagrams", p->received_n);
	sk_json_put_u64(j, "duration_us", sk_now_us() - p->begun);
	sk_json_put_str(j, "error", why);
}

/* s or p: of whom. A line goes out whole, whoever else writes there. */
static void print(const struct sk_session *s, const struct sk_peer *p,
		  const char *why)
{
	struct sk_out out;
	struct sk_json j;

	sk_out_init(&out, STDERR_FILENO);
	sk_json_init(&j, &out);
	sk_json_begin(&j, '{');
	if (s)
		put_session(&j, s);
	else
		put_peer(&j, p, why);
	sk_json_end(&j, '}');
	sk_json_line(&j);
	sk_out_fini(&out);
}

void sk_stats_print(const struct sk_session *s)
{
	print(s, NULL, NULL);
}

void sk_stats_print_peer(const struct sk_peer *p, const char *why)
{
	print(NULL, p, why);
}
