/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: netlink answers of the diag modules. The first byte chooses the
 * family, the rest is what recv(2) gave. Records that come of it are shown in
 * every form, as their blobs are read only then. The corpus was recorded from
 * Linux 6.18, and cut and twisted by hand.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "diag/columns.h"
#include "diag/dump.h"
#include "diag/filter.h"
#include "diag/view.h"

static struct sk_filter *filter;

struct forms {
	struct sk_renderer *table, *json, *columns;
};

static int show(struct sk_sock *s, void *arg)
{
	struct forms *f = arg;
	struct sk_sock *copy = sk_sock_dup(s);

	sk_filter_match(filter, s);
	if (!copy)
		return 0;
	f->table->ops->row(f->table, s);
	f->json->ops->row(f->json, copy);
	f->columns->ops->row(f->columns, s);
	free(copy);
	return 0;
}

/* Only text that a terminal may see. */
static void check_clean(const struct sk_out *out)
{
	for (size_t i = 0; i < out->len; i++)
		if ((unsigned char)out->buf[i] < ' ' &&
		    !strchr("\n\t\r", out->buf[i]))
			abort();
}

static void walk(sk_nl_parse *parse, unsigned kind, void *buf, size_t size)
{
	static const struct sk_diag_query q = { .kinds = SK_KIND_ALL,
						.states = SK_STATES_ALL };
	struct sk_out out;
	struct sk_view v = { .numeric = true, .netid = true, .state = true,
			     .queues = true, .timers = true, .extended = true,
			     .memory = true, .info = true, .tos = true,
			     .sockopt = true, .bpf = true, .tipcinfo = true,
			     .bpf_maps = true, .out = &out };
	struct sk_columns columns;
	struct forms f;
	struct sk_diag_result res = {};
	struct sk_dump d = { .q = &q, .fn = show, .arg = &f, .res = &res,
			     .kind = kind };
	bool done;

	sk_out_init(&out, -1);
	sk_columns_parse(&columns, "netid,local,peer,rtt,name,cc,drops", NULL);
	f.table = sk_table_new(&v);
	f.json = sk_json_renderer_new(&v, true);
	f.columns = sk_columns_new(&v, &columns, true);
	if (f.table && f.json && f.columns)
		sk_nl_walk(&d, buf, size, parse, &done);
	f.table->ops->end(f.table);
	f.json->ops->end(f.json);
	f.columns->ops->end(f.columns);
	check_clean(&out);
	sk_out_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		sk_nl_parse *parse;
		unsigned kind;
	} families[] = {
		{ sk_inet_parse, SK_KIND_TCP },
		{ sk_inet_parse, SK_KIND_MPTCP },
		{ sk_inet_parse, SK_KIND_UDP },
		{ sk_inet_parse, SK_KIND_SCTP },
		{ sk_unix_parse, 0 },	 { sk_netlink_parse, 0 },
		{ sk_packet_parse, 0 },	 { sk_vsock_parse, 0 },
		{ sk_xdp_parse, 0 },	 { sk_smc_parse, 0 },
		{ sk_tipc_parse, 0 },
	};
	const size_t n = sizeof(families) / sizeof(*families);
	void *buf;

	if (!size)
		return 0;
	if (!filter)
		sk_filter_parse(&filter, "rtt > 1 or not (src 127.0.0.0/8 or "
				"name = '*x*' or drops > 1 or src unix:*)",
				NULL);
	/* Aligned as a receive buffer is, and of the exact size. */
	buf = malloc(size);
	if (!buf)
		return 0;
	memcpy(buf, data + 1, size - 1);
	walk(families[data[0] % n].parse, families[data[0] % n].kind, buf,
	     size - 1);
	free(buf);
	return 0;
}
