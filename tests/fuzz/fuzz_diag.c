/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: netlink answers of the diag modules. The first byte chooses the
 * family, the rest is what recv(2) gave. The corpus was recorded from Linux
 * 6.18, or built as its modules do, and cut and twisted by hand.
 */
#include "fuzz.h"

#include "forms.h"

static void walk(sk_nl_parse *parse, unsigned kind, void *buf, size_t size)
{
	static const struct sk_diag_query q = { .kinds = SK_KIND_ALL,
						.states = SK_STATES_ALL };
	struct forms f;
	struct sk_diag_result res = {};
	struct sk_dump d = { .q = &q, .fn = forms_show, .arg = &f, .res = &res,
			     .kind = kind };
	bool done;

	forms_begin(&f);
	sk_nl_walk(&d, buf, size, parse, &done);
	forms_end(&f);
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
