/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tcp_info and its cousins as JSON. */
#include "diag/json_in.h"

#include <stdio.h>

#include <linux/inet_diag.h>

#include "base/text.h"
#include "sock/names.h"
#include "sock/tcp_info.h"

#define FIELDS_MAX 96

/* A member of "tcp": its key is made once. */
struct member {
	char key[48];		/* ,"rtt_us": */
	uint8_t key_len;
	const struct sk_tcp_field *f;
};

static struct member members[FIELDS_MAX];
static size_t n_members;

static const char *suffix_of(const struct sk_tcp_field *f)
{
	switch (f->unit) {
	case SK_TCP_US:
		return "_us";
	case SK_TCP_MS:
		return "_ms";
	case SK_TCP_BYTES:
		return strstr(f->name, "bytes") ? "" : "_bytes";
	case SK_TCP_BYTES_S:
		return "_bytes_per_s";
	default:
		return "";
	}
}

static void prepare(void)
{
	const struct sk_tcp_field *f = NULL;

	while ((f = sk_tcp_info_next(f)) && n_members < FIELDS_MAX) {
		struct member *m = &members[n_members];
		int n = snprintf(m->key, sizeof(m->key), "%s\"%s%s\":",
				 n_members ? "," : "{", f->name, suffix_of(f));

		if (n <= 0 || n >= (int)sizeof(m->key))
			continue;
		m->key_len = (uint8_t)n;
		m->f = f;
		n_members++;
	}
}

static void js_special(struct sk_line *l, const struct sk_tcp_field *f,
		       uint64_t v)
{
	char text[128];

	if (f->unit == SK_TCP_BOOL) {
		line_str(l, v ? "true" : "false");
		return;
	}
	line_char(l, '"');
	line_str(l, sk_tcp_info_format(text, sizeof(text), f, v));
	line_char(l, '"');
}

static bool is_special(enum sk_tcp_unit unit)
{
	return unit == SK_TCP_BOOL || unit == SK_TCP_STATE ||
	       unit == SK_TCP_CA_STATE || unit == SK_TCP_OPTIONS;
}

static void js_info(struct sk_line *l, const struct sk_sock *s)
{
	line_lit(l, ",\"tcp\":");
	if (!s->tcp_info.p) {
		line_lit(l, "null");
		return;
	}
	if (!n_members)
		prepare();
	for (size_t i = 0; i < n_members; i++) {
		const struct member *m = &members[i];
		uint64_t v;
		bool has;

		line_put(l, m->key, m->key_len);
		has = sk_tcp_info_get(m->f, s->tcp_info.p, s->tcp_info.len, &v);
		if (has && is_special(m->f->unit))
			js_special(l, m->f, v);
		else
			sk_js_number(l, has, v);
	}
	line_char(l, '}');
}

/* Copy what there is of a struct the kernel may have sent short. */
static bool take(const struct sk_sock *s, unsigned attr, void *to, size_t size)
{
	if (s->cc_attr != attr || s->cc.len < size)
		return false;
	memcpy(to, s->cc.p, size);
	return true;
}

static void js_algorithms(struct sk_line *l, const struct sk_sock *s)
{
	struct tcp_bbr_info b;
	struct tcp_dctcp_info d;
	struct tcpvegas_info v;
	char text[256];

	if (!s->cc.p) {
		line_lit(l, ",\"bbr\":null,\"dctcp\":null,\"vegas\":null");
		return;
	}
	snprintf(text, sizeof(text), "null");
	if (take(s, INET_DIAG_BBRINFO, &b, sizeof(b)))
		snprintf(text, sizeof(text),
			 "{\"bw_bytes_per_s\":%llu,\"min_rtt_us\":%u,"
			 "\"pacing_gain_256ths\":%u,\"cwnd_gain_256ths\":%u}",
			 (unsigned long long)b.bbr_bw_hi << 32 | b.bbr_bw_lo,
			 b.bbr_min_rtt, b.bbr_pacing_gain, b.bbr_cwnd_gain);
	line_lit(l, ",\"bbr\":");
	line_str(l, text);
	snprintf(text, sizeof(text), "null");
	if (take(s, INET_DIAG_DCTCPINFO, &d, sizeof(d)))
		snprintf(text, sizeof(text),
			 "{\"enabled\":%s,\"ce_state\":%u,\"alpha\":%u,"
			 "\"ab_ecn\":%u,\"ab_tot\":%u}",
			 d.dctcp_enabled ? "true" : "false", d.dctcp_ce_state,
			 d.dctcp_alpha, d.dctcp_ab_ecn, d.dctcp_ab_tot);
	line_lit(l, ",\"dctcp\":");
	line_str(l, text);
	snprintf(text, sizeof(text), "null");
	if (take(s, INET_DIAG_VEGASINFO, &v, sizeof(v)))
		snprintf(text, sizeof(text),
			 "{\"enabled\":%s,\"rtt_count\":%u,\"rtt_us\":%u,"
			 "\"min_rtt_us\":%u}",
			 v.tcpv_enabled ? "true" : "false", v.tcpv_rttcnt,
			 v.tcpv_rtt, v.tcpv_minrtt);
	line_lit(l, ",\"vegas\":");
	line_str(l, text);
}

/* struct mptcp_info of Linux 6.18. */
static void js_mptcp(struct sk_line *l, const struct sk_sock *s)
{
	static const struct {
		const char *key;
		uint8_t offset, size;
	} fields[] = {
		{ "{\"subflows\":", 0, 1 },
		{ ",\"add_addr_signal\":", 1, 1 },
		{ ",\"add_addr_accepted\":", 2, 1 },
		{ ",\"subflows_max\":", 3, 1 },
		{ ",\"add_addr_signal_max\":", 4, 1 },
		{ ",\"add_addr_accepted_max\":", 5, 1 },
		{ ",\"flags\":", 8, 4 },
		{ ",\"token\":", 12, 4 },
		{ ",\"write_seq\":", 16, 8 },
		{ ",\"snd_una\":", 24, 8 },
		{ ",\"rcv_nxt\":", 32, 8 },
		{ ",\"local_addr_used\":", 40, 1 },
		{ ",\"local_addr_max\":", 41, 1 },
		{ ",\"csum_enabled\":", 42, 1 },
		{ ",\"retransmits\":", 44, 4 },
		{ ",\"bytes_retrans\":", 48, 8 },
		{ ",\"bytes_sent\":", 56, 8 },
		{ ",\"bytes_received\":", 64, 8 },
		{ ",\"bytes_acked\":", 72, 8 },
		{ ",\"subflows_total\":", 80, 1 },
		{ ",\"endp_laminar_max\":", 81, 1 },
		{ ",\"last_data_sent_ms\":", 84, 4 },
		{ ",\"last_data_recv_ms\":", 88, 4 },
		{ ",\"last_ack_recv_ms\":", 92, 4 },
	};

	line_lit(l, ",\"mptcp\":");
	if (s->kind != SK_KIND_MPTCP || !s->info.p) {
		line_lit(l, "null");
		return;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct sk_tcp_field f = { .offset = fields[i].offset,
						.size = fields[i].size };
		uint64_t v;
		bool has = sk_tcp_info_get(&f, s->info.p, s->info.len, &v);

		line_str(l, fields[i].key);
		sk_js_number(l, has, v);
	}
	line_char(l, '}');
}

void sk_js_tcp(struct sk_line *l, const struct sk_sock *s)
{
	line_lit(l, ",\"cc\":");
	if (s->cong.p)
		sk_js_string(l, s->cong.p, s->cong.len);
	else
		line_lit(l, "null");
	js_algorithms(l, s);
	js_info(l, s);
	js_mptcp(l, s);
}
