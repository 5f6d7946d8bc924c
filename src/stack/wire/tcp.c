/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/wire/tcp.h"

#include <errno.h>
#include <string.h>

#include "stack/wire/bytes.h"

enum tcp_opt {
	OPT_END = 0, OPT_NOP = 1, OPT_MSS = 2, OPT_WSCALE = 3,
	OPT_SACK_OK = 4, OPT_SACK = 5, OPT_TS = 8, OPT_FASTOPEN = 34,
};

#define WSCALE_MAX 14

/* --- parsing: a row per option --------------------------------------------- */

static void parse_mss(struct tcp_opts *o, const uint8_t *p, size_t len)
{
	(void)len;
	o->has_mss = true;
	o->mss = get16(p);
}

static void parse_wscale(struct tcp_opts *o, const uint8_t *p, size_t len)
{
	(void)len;
	o->has_wscale = true;
	o->wscale = p[0] > WSCALE_MAX ? WSCALE_MAX : p[0];
}

static void parse_sack_ok(struct tcp_opts *o, const uint8_t *p, size_t len)
{
	(void)p;
	(void)len;
	o->sack_ok = true;
}

static void parse_ts(struct tcp_opts *o, const uint8_t *p, size_t len)
{
	(void)len;
	o->has_ts = true;
	o->ts_val = get32(p);
	o->ts_ecr = get32(p + 4);
}

static void parse_sack(struct tcp_opts *o, const uint8_t *p, size_t len)
{
	o->n_sack = (uint8_t)(len / 8);
	for (size_t i = 0; i < o->n_sack; i++)
		o->sack[i] = (struct tcp_sack){ get32(p + 8 * i),
						get32(p + 8 * i + 4) };
}

static void parse_fastopen(struct tcp_opts *o, const uint8_t *p, size_t len)
{
	o->has_fo = true;
	o->fo_len = (uint8_t)len;
	memcpy(o->fo, p, len);
}

/* Lengths of the value; step: it is a multiple of. */
static const struct opt_row {
	uint8_t kind, min, max, step;
	void (*parse)(struct tcp_opts *o, const uint8_t *p, size_t len);
} opt_rows[] = {
	{ OPT_MSS, 2, 2, 1, parse_mss },
	{ OPT_WSCALE, 1, 1, 1, parse_wscale },
	{ OPT_SACK_OK, 0, 0, 1, parse_sack_ok },
	{ OPT_SACK, 8, 8 * TCP_SACK_MAX, 8, parse_sack },
	{ OPT_TS, 8, 8, 1, parse_ts },
	{ OPT_FASTOPEN, 0, 16, 1, parse_fastopen },
};

/* False: the option is not of the form it must have. */
static bool parse_option(struct tcp_opts *o, uint8_t kind, const uint8_t *p,
			 size_t len)
{
	for (size_t i = 0; i < sizeof(opt_rows) / sizeof(*opt_rows); i++) {
		const struct opt_row *r = &opt_rows[i];

		if (r->kind != kind)
			continue;
		if (len < r->min || len > r->max || len % r->step)
			return false;
		r->parse(o, p, len);
	}
	return true;
}

static void parse_options(struct tcp_opts *o, const uint8_t *p, size_t len)
{
	while (len && p[0] != OPT_END) {
		size_t n = 1;

		if (p[0] != OPT_NOP) {
			if (len < 2 || p[1] < 2 || p[1] > len ||
			    !parse_option(o, p[0], p + 2, p[1] - 2u))
				return;
			n = p[1];
		}
		p += n;
		len -= n;
	}
}

int tcp_parse(const uint8_t *p, size_t len, struct tcp_hdr *h)
{
	if (len < TCP_SIZE)
		return -EBADMSG;
	*h = (struct tcp_hdr){
		.sport = get16(p),
		.dport = get16(p + 2),
		.seq = get32(p + 4),
		.ack = get32(p + 8),
		.hdr = (uint8_t)((p[12] >> 4) * 4),
		.flags = get16(p + 12) & 0x1ff,
		.win = get16(p + 14),
		.csum = get16(p + 16),
		.urg = get16(p + 18),
	};
	if (h->hdr < TCP_SIZE || h->hdr > len)
		return -EBADMSG;
	parse_options(&h->opts, p + TCP_SIZE, h->hdr - TCP_SIZE);
	return h->hdr;
}

/* --- emitting --------------------------------------------------------------- */

static uint8_t *emit_ts(uint8_t *p, const struct tcp_opts *o)
{
	p[0] = OPT_TS;
	p[1] = 10;
	put32(p + 2, o->ts_val);
	put32(p + 6, o->ts_ecr);
	return p + 10;
}

static uint8_t *emit_nops(uint8_t *p, int n)
{
	memset(p, OPT_NOP, (size_t)n);
	return p + n;
}

static uint8_t *emit_fastopen(uint8_t *p, const struct tcp_opts *o)
{
	p[0] = OPT_FASTOPEN;
	p[1] = (uint8_t)(2 + o->fo_len);
	memcpy(p + 2, o->fo, o->fo_len);
	p += p[1];
	return emit_nops(p, (4 - (2 + o->fo_len) % 4) % 4);
}

static uint8_t *emit_syn_options(uint8_t *p, const struct tcp_opts *o)
{
	if (o->has_mss) {
		p[0] = OPT_MSS;
		p[1] = 4;
		put16(p + 2, o->mss);
		p += 4;
	}
	if (o->sack_ok && !o->has_ts)
		p = emit_nops(p, 2);
	if (o->sack_ok) {
		p[0] = OPT_SACK_OK;
		p[1] = 2;
		p += 2;
	} else if (o->has_ts) {
		p = emit_nops(p, 2);
	}
	if (o->has_ts)
		p = emit_ts(p, o);
	if (o->has_wscale) {
		p = emit_nops(p, 1);
		p[0] = OPT_WSCALE;
		p[1] = 3;
		p[2] = o->wscale;
		p += 3;
	}
	return o->has_fo ? emit_fastopen(p, o) : p;
}

static uint8_t *emit_options(uint8_t *p, const struct tcp_opts *o)
{
	size_t most = o->has_ts ? 3 : TCP_SACK_MAX;
	size_t n = o->n_sack < most ? o->n_sack : most;

	if (o->has_ts)
		p = emit_ts(emit_nops(p, 2), o);
	if (!n)
		return p;
	p = emit_nops(p, 2);
	p[0] = OPT_SACK;
	p[1] = (uint8_t)(2 + 8 * n);
	p += 2;
	for (size_t i = 0; i < n; i++, p += 8) {
		put32(p, o->sack[i].start);
		put32(p + 4, o->sack[i].end);
	}
	return p;
}

static size_t emit_all_options(uint8_t *p, const struct tcp_hdr *h)
{
	return (size_t)((h->flags & TCP_SYN ? emit_syn_options(p, &h->opts) :
					      emit_options(p, &h->opts)) - p);
}

/* 4 + 2 + 10 + 4 + 20 of a SYN is the most. */
#define OPTIONS_ROOM 64

size_t tcp_emit_size(const struct tcp_hdr *h)
{
	uint8_t room[OPTIONS_ROOM];

	return TCP_SIZE + emit_all_options(room, h);
}

size_t tcp_emit(uint8_t *p, const struct tcp_hdr *h)
{
	size_t size = TCP_SIZE + emit_all_options(p + TCP_SIZE, h);

	put16(p, h->sport);
	put16(p + 2, h->dport);
	put32(p + 4, h->seq);
	put32(p + 8, h->ack);
	put16(p + 12, (unsigned)(size / 4) << 12 | (h->flags & 0x1ffu));
	put16(p + 14, h->win);
	put16(p + 16, 0);
	put16(p + 18, h->urg);
	return size;
}
