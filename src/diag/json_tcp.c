/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tcp_info and its cousins as JSON. */
#include "diag/json_in.h"

#include <stdio.h>

#include <linux/inet_diag.h>

#include "base/text.h"
#include "diag/blob.h"
#include "sock/names.h"
#include "sock/tcp_info.h"

#define FIELDS_MAX 96

/* A member of "tcp": its key is made once. */
struct member {
	char key[SK_LINE_KEY];	/* ,"rtt_us": */
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

/* Names of flags are put together once: most sockets have the same. */
static const char *flags_text(const struct sk_tcp_field *f, uint8_t v)
{
	static char texts[256][96];

	if (!*texts[v])
		sk_tcp_info_format(texts[v], sizeof(texts[v]), f, v);
	return texts[v];
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
	line_str(l, f->unit == SK_TCP_OPTIONS ?
			    flags_text(f, (uint8_t)v) :
			    sk_tcp_info_format(text, sizeof(text), f, v));
	line_char(l, '"');
}

static bool is_special(enum sk_tcp_unit unit)
{
	return unit == SK_TCP_BOOL || unit == SK_TCP_STATE ||
	       unit == SK_TCP_CA_STATE || unit == SK_TCP_OPTIONS;
}

/* sk_tcp_info_get() for whole bytes, without a call. */
static inline bool load(const struct sk_tcp_field *f, struct sk_bytes info,
			uint64_t *v)
{
	const char *p = (const char *)info.p + f->offset;
	uint32_t v32;

	if (f->bits || (size_t)f->offset + f->size > info.len)
		return sk_tcp_info_get(f, info.p, info.len, v);
	if (f->size == 4) {
		memcpy(&v32, p, 4);
		*v = v32;
	} else if (f->size == 8) {
		memcpy(v, p, 8);
	} else {
		return sk_tcp_info_get(f, info.p, info.len, v);
	}
	return true;
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

		line_key(l, m->key, m->key_len);
		has = load(m->f, s->tcp_info, &v);
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

#define NUMBER(key, v) (line_lit(l, key), line_u64(l, v))

static void js_bbr(struct sk_line *l, const struct sk_sock *s)
{
	struct tcp_bbr_info b;

	if (!take(s, INET_DIAG_BBRINFO, &b, sizeof(b))) {
		line_lit(l, ",\"bbr\":null");
		return;
	}
	NUMBER(",\"bbr\":{\"bw_bytes_per_s\":",
	       (uint64_t)b.bbr_bw_hi << 32 | b.bbr_bw_lo);
	NUMBER(",\"min_rtt_us\":", b.bbr_min_rtt);
	NUMBER(",\"pacing_gain_256ths\":", b.bbr_pacing_gain);
	NUMBER(",\"cwnd_gain_256ths\":", b.bbr_cwnd_gain);
	line_char(l, '}');
}

static void js_dctcp(struct sk_line *l, const struct sk_sock *s)
{
	struct tcp_dctcp_info d;

	if (!take(s, INET_DIAG_DCTCPINFO, &d, sizeof(d))) {
		line_lit(l, ",\"dctcp\":null");
		return;
	}
	line_lit(l, ",\"dctcp\":{\"enabled\":");
	line_str(l, d.dctcp_enabled ? "true" : "false");
	NUMBER(",\"ce_state\":", d.dctcp_ce_state);
	NUMBER(",\"alpha\":", d.dctcp_alpha);
	NUMBER(",\"ab_ecn\":", d.dctcp_ab_ecn);
	NUMBER(",\"ab_tot\":", d.dctcp_ab_tot);
	line_char(l, '}');
}

static void js_vegas(struct sk_line *l, const struct sk_sock *s)
{
	struct tcpvegas_info v;

	if (!take(s, INET_DIAG_VEGASINFO, &v, sizeof(v))) {
		line_lit(l, ",\"vegas\":null");
		return;
	}
	line_lit(l, ",\"vegas\":{\"enabled\":");
	line_str(l, v.tcpv_enabled ? "true" : "false");
	NUMBER(",\"rtt_count\":", v.tcpv_rttcnt);
	NUMBER(",\"rtt_us\":", v.tcpv_rtt);
	NUMBER(",\"min_rtt_us\":", v.tcpv_minrtt);
	line_char(l, '}');
}

static void js_mptcp(struct sk_line *l, const struct sk_sock *s)
{
	line_lit(l, ",\"mptcp\":");
	if (s->kind != SK_KIND_MPTCP || !s->info.p) {
		line_lit(l, "null");
		return;
	}
	line_char(l, '{');
	sk_blob_json(l, sk_blob_mptcp, s->info, true);
	line_char(l, '}');
}

void sk_js_tcp(struct sk_line *l, const struct sk_sock *s)
{
	line_lit(l, ",\"cc\":");
	if (s->cong.p)
		sk_js_string(l, s->cong.p, s->cong.len);
	else
		line_lit(l, "null");
	js_bbr(l, s);
	js_dctcp(l, s);
	js_vegas(l, s);
	js_info(l, s);
	js_mptcp(l, s);
}
