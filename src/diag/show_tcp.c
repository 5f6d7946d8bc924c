/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_info in ss's words. What ss hides because it says nothing (zero, the
 * initial RTO …) is hidden here too; fields that ss does not know follow
 * under their own names.
 */
#include "diag/show.h"

#include <stdio.h>

#include <linux/inet_diag.h>
#include <linux/tcp.h>

#include "sock/names.h"
#include "sock/tcp_info.h"

#define INFINITE_SSTHRESH 0xffff
#define INITIAL_RTO_US 3000000u
#define USUAL_REORDERING 3

#define OPT_TIMESTAMPS 1
#define OPT_SACK 2
#define OPT_WSCALE 4
#define OPT_ECN 8
#define OPT_ECN_SEEN 16
#define OPT_SYN_DATA 32
#define OPT_USEC_TS 64

/* Fields that code below asks for by name. */
#define NAMED(F)                                                             \
	F(options) F(snd_wscale) F(rcv_wscale) F(rto) F(rtt) F(snd_mss)      \
	F(snd_cwnd) F(pacing_rate) F(max_pacing_rate) F(delivery_rate)       \
	F(busy_time) F(rwnd_limited) F(sndbuf_limited) F(sacked)             \
	F(delivery_rate_app_limited) F(state) F(ca_state)

#define AS_ENUM(name) F_##name,
enum named { NAMED(AS_ENUM) F_COUNT };
#define AS_TEXT(name) #name,
static const char *const names[] = { NAMED(AS_TEXT) };

struct values {
	const struct sk_view *v;
	const struct sk_sock *s;
	uint64_t n[F_COUNT];
	bool has[F_COUNT];
};

enum form { PLAIN, AS_MS };

/*
 * A label and the value of a field, unless that is zero or says nothing; or
 * of two fields, "a/b". Rows that need more have a function.
 */
struct row {
	const char *label;
	const char *field, *second;
	enum form form;
	bool either;		/* shown when the second alone is not zero */
	uint64_t usual;		/* said by nobody: this value … */
	uint64_t unset;		/* … and from this one on; 0: none */
	void (*show)(struct sk_line *l, const struct values *x);
	const struct sk_tcp_field *f, *g;
};

/* --- special rows --------------------------------------------------------- */

static void show_options(struct sk_line *l, const struct values *x)
{
	static const struct {
		unsigned bit;
		const char *name;
	} options[] = {
		{ OPT_TIMESTAMPS, " ts" }, { OPT_USEC_TS, " usec_ts" },
		{ OPT_SACK, " sack" },	   { OPT_ECN, " ecn" },
		{ OPT_ECN_SEEN, " ecnseen" }, { OPT_SYN_DATA, " fastopen" },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (x->v->timers && x->n[F_options] & options[i].bit)
			line_str(l, options[i].name);
	if (x->s->cong.len) {
		line_char(l, ' ');
		line_escape(l, x->s->cong.p, x->s->cong.len);
	}
	if (x->n[F_options] & OPT_WSCALE) {
		line_lit(l, " wscale:");
		line_u64(l, x->n[F_snd_wscale]);
		line_char(l, ',');
		line_u64(l, x->n[F_rcv_wscale]);
	}
	if (x->n[F_rto] && x->n[F_rto] != INITIAL_RTO_US) {
		line_lit(l, " rto:");
		line_us_as_ms(l, x->n[F_rto]);
	}
}

static void show_dctcp(struct sk_line *l, const struct sk_sock *s)
{
	struct tcp_dctcp_info d;

	if (s->cc.len < sizeof(d))
		return;
	memcpy(&d, s->cc.p, sizeof(d));
	if (!d.dctcp_enabled) {
		line_lit(l, " dctcp:fallback_mode");
		return;
	}
	line_lit(l, " dctcp:(ce_state:");
	line_u64(l, d.dctcp_ce_state);
	line_lit(l, ",alpha:");
	line_u64(l, d.dctcp_alpha);
	line_lit(l, ",ab_ecn:");
	line_u64(l, d.dctcp_ab_ecn);
	line_lit(l, ",ab_tot:");
	line_u64(l, d.dctcp_ab_tot);
	line_char(l, ')');
}

/* Gains are fixed point with eight bits of fraction. */
static void show_gain(struct sk_line *l, const char *label, uint32_t gain)
{
	char text[32];

	if (!gain)
		return;
	line_str(l, label);
	snprintf(text, sizeof(text), "%g", gain / 256.0);
	line_str(l, text);
}

static void show_bbr(struct sk_line *l, const struct values *x)
{
	struct tcp_bbr_info b;
	uint64_t bw;

	if (x->s->cc.len < sizeof(b))
		return;
	memcpy(&b, x->s->cc.p, sizeof(b));
	bw = (uint64_t)b.bbr_bw_hi << 32 | b.bbr_bw_lo;
	line_lit(l, " bbr:(bw:");
	line_bps(l, (double)bw * 8, x->v->numeric);
	line_lit(l, ",mrtt:");
	line_us_as_ms(l, b.bbr_min_rtt);
	show_gain(l, ",pacing_gain:", b.bbr_pacing_gain);
	show_gain(l, ",cwnd_gain:", b.bbr_cwnd_gain);
	line_char(l, ')');
}

static uint64_t rtt_of(const struct values *x)
{
	struct tcpvegas_info v;

	if (x->s->cc_attr == INET_DIAG_VEGASINFO &&
	    x->s->cc.len >= sizeof(v)) {
		memcpy(&v, x->s->cc.p, sizeof(v));
		if (v.tcpv_enabled && v.tcpv_rtt && v.tcpv_rtt != 0x7fffffff)
			return v.tcpv_rtt;
	}
	return x->n[F_rtt];
}

/* The rate that window and round trip allow: a guess of ss's, not measured. */
static void show_send(struct sk_line *l, const struct values *x)
{
	const uint64_t rtt = rtt_of(x);

	if (x->s->cc_attr == INET_DIAG_DCTCPINFO)
		show_dctcp(l, x->s);
	else if (x->s->cc_attr == INET_DIAG_BBRINFO)
		show_bbr(l, x);
	if (!rtt || !x->n[F_snd_mss] || !x->n[F_snd_cwnd])
		return;
	line_lit(l, " send ");
	line_bps(l, (double)x->n[F_snd_cwnd] * (double)x->n[F_snd_mss] *
			    8000000. / (double)rtt, x->v->numeric);
}

static void show_rates(struct sk_line *l, const struct values *x)
{
	const uint64_t pacing = x->n[F_pacing_rate];
	const uint64_t max = x->n[F_max_pacing_rate];

	if (pacing && pacing != UINT64_MAX) {
		line_lit(l, " pacing_rate ");
		line_bps(l, (double)pacing * 8, x->v->numeric);
		if (max && max != UINT64_MAX) {
			line_char(l, '/');
			line_bps(l, (double)max * 8, x->v->numeric);
		}
	}
	if (x->n[F_delivery_rate]) {
		line_lit(l, " delivery_rate ");
		line_bps(l, (double)x->n[F_delivery_rate] * 8, x->v->numeric);
	}
}

static void show_limited(struct sk_line *l, const char *label, uint64_t us,
			 uint64_t of)
{
	char text[48];

	if (!us)
		return;
	line_str(l, label);
	snprintf(text, sizeof(text), "%llums(%.1f%%)",
		 (unsigned long long)us / 1000,
		 100.0 * (double)us / (double)of);
	line_str(l, text);
}

static void show_busy(struct sk_line *l, const struct values *x)
{
	const uint64_t busy = x->n[F_busy_time];

	if (x->n[F_delivery_rate_app_limited])
		line_lit(l, " app_limited");
	if (!busy)
		return;
	line_lit(l, " busy:");
	line_u64(l, busy / 1000);
	line_lit(l, "ms");
	show_limited(l, " rwnd_limited:", x->n[F_rwnd_limited], busy);
	show_limited(l, " sndbuf_limited:", x->n[F_sndbuf_limited], busy);
}

/* Of a listener this field is its backlog. */
static void show_sacked(struct sk_line *l, const struct values *x)
{
	if (!x->n[F_sacked] || x->s->state == SK_STATE_LISTEN)
		return;
	line_lit(l, " sacked:");
	line_u64(l, x->n[F_sacked]);
}

static void show_ca_state(struct sk_line *l, const struct values *x)
{
	const char *name = sk_short_name_of(&sk_names_tcp_ca_state,
					    x->n[F_ca_state]);

	if (!x->n[F_ca_state] || !name)
		return;
	line_lit(l, " ca_state:");
	line_str(l, name);
}

/* --- the table ------------------------------------------------------------ */

#define PLAIN_ROW(label_, field_) { .label = label_, .field = field_ }
#define MS_ROW(label_, field_) \
	{ .label = label_, .field = field_, .form = AS_MS }

/* The order is ss's. */
static struct row rows[96] = {
	{ .show = show_options },
	PLAIN_ROW(" backoff:", "backoff"),
	{ " rtt:", "rtt", "rttvar", AS_MS },
	MS_ROW(" ato:", "ato"),
	PLAIN_ROW(" mss:", "snd_mss"),
	PLAIN_ROW(" pmtu:", "pmtu"),
	PLAIN_ROW(" rcvmss:", "rcv_mss"),
	PLAIN_ROW(" advmss:", "advmss"),
	PLAIN_ROW(" cwnd:", "snd_cwnd"),
	{ " ssthresh:", "snd_ssthresh", .unset = INFINITE_SSTHRESH },
	PLAIN_ROW(" bytes_sent:", "bytes_sent"),
	PLAIN_ROW(" bytes_retrans:", "bytes_retrans"),
	PLAIN_ROW(" bytes_acked:", "bytes_acked"),
	PLAIN_ROW(" bytes_received:", "bytes_received"),
	PLAIN_ROW(" segs_out:", "segs_out"),
	PLAIN_ROW(" segs_in:", "segs_in"),
	PLAIN_ROW(" data_segs_out:", "data_segs_out"),
	PLAIN_ROW(" data_segs_in:", "data_segs_in"),
	{ .show = show_send },
	PLAIN_ROW(" lastsnd:", "last_data_sent"),
	PLAIN_ROW(" lastrcv:", "last_data_recv"),
	PLAIN_ROW(" lastack:", "last_ack_recv"),
	{ .show = show_rates },
	PLAIN_ROW(" delivered:", "delivered"),
	PLAIN_ROW(" delivered_ce:", "delivered_ce"),
	{ .show = show_busy },
	PLAIN_ROW(" unacked:", "unacked"),
	{ " retrans:", "retrans", "total_retrans", .either = true },
	PLAIN_ROW(" lost:", "lost"),
	{ .show = show_sacked },
	PLAIN_ROW(" dsack_dups:", "dsack_dups"),
	PLAIN_ROW(" fackets:", "fackets"),
	{ " reordering:", "reordering", .usual = USUAL_REORDERING },
	PLAIN_ROW(" reord_seen:", "reord_seen"),
	MS_ROW(" rcv_rtt:", "rcv_rtt"),
	PLAIN_ROW(" rcv_space:", "rcv_space"),
	PLAIN_ROW(" rcv_ssthresh:", "rcv_ssthresh"),
	PLAIN_ROW(" notsent:", "notsent_bytes"),
	{ " minrtt:", "min_rtt", .form = AS_MS, .unset = UINT32_MAX },
	PLAIN_ROW(" rcv_ooopack:", "rcv_ooopack"),
	PLAIN_ROW(" snd_wnd:", "snd_wnd"),
	PLAIN_ROW(" rcv_wnd:", "rcv_wnd"),
	PLAIN_ROW(" rehash:", "rehash"),
	{ .show = show_ca_state },
};

#define ROWS_MAX (sizeof(rows) / sizeof(*rows))

static const struct sk_tcp_field *named[F_COUNT];
static size_t n_rows;
/* Labels of the rows that prepare() adds: " name:". */
static char labels[ROWS_MAX][40];

static bool is_known(const char *field)
{
	for (size_t i = 0; i < F_COUNT; i++)
		if (!strcmp(names[i], field))
			return true;
	for (size_t i = 0; i < n_rows; i++)
		if ((rows[i].field && !strcmp(rows[i].field, field)) ||
		    (rows[i].second && !strcmp(rows[i].second, field)))
			return true;
	return false;
}

/* Look the fields up once; those without a row get one at the end. */
static void prepare(void)
{
	const struct sk_tcp_field *f = NULL;

	while (rows[n_rows].show || rows[n_rows].field) {
		if (rows[n_rows].field)
			rows[n_rows].f = sk_tcp_info_field(rows[n_rows].field);
		if (rows[n_rows].second)
			rows[n_rows].g = sk_tcp_info_field(rows[n_rows].second);
		n_rows++;
	}
	for (size_t i = 0; i < F_COUNT; i++)
		named[i] = sk_tcp_info_field(names[i]);
	while ((f = sk_tcp_info_next(f)) && n_rows < ROWS_MAX) {
		if (is_known(f->name))
			continue;
		snprintf(labels[n_rows], sizeof(labels[0]), " %s:", f->name);
		rows[n_rows] = (struct row){
			.label = labels[n_rows], .field = f->name, .f = f,
			.form = f->unit == SK_TCP_US ? AS_MS : PLAIN,
		};
		n_rows++;
	}
}

static void put(struct sk_line *l, const struct row *r, uint64_t v)
{
	if (r->form == AS_MS)
		line_us_as_ms(l, v);
	else
		line_u64(l, v);
}

static void show_row(struct sk_line *l, const struct row *r,
		     struct sk_bytes info)
{
	uint64_t v = 0, w = 0;

	sk_tcp_info_get(r->f, info.p, info.len, &v);
	if (r->g)
		sk_tcp_info_get(r->g, info.p, info.len, &w);
	if ((!v && !(r->either && w)) || (r->usual && v == r->usual) ||
	    (r->unset && v >= r->unset))
		return;
	line_str(l, r->label);
	put(l, r, v);
	if (!r->g)
		return;
	line_char(l, '/');
	put(l, r, w);
}

void sk_show_tcp(struct sk_line *l, const struct sk_view *v,
		 const struct sk_sock *s)
{
	struct values x = { .v = v, .s = s };

	if (!n_rows)
		prepare();
	for (size_t i = 0; i < F_COUNT; i++)
		x.has[i] = sk_tcp_info_get(named[i], s->tcp_info.p,
					   s->tcp_info.len, &x.n[i]);
	for (size_t i = 0; i < n_rows; i++) {
		if (rows[i].show)
			rows[i].show(l, &x);
		else
			show_row(l, &rows[i], s->tcp_info);
	}
}
