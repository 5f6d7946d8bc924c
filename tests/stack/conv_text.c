/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a conversation: parsed, written as segments, compared. */
#include "conv_wire.h"

#include <stdarg.h>

#include "stack/wire/bytes.h"

/* One line, numbers absolute. */
struct line {
	unsigned flags;
	uint32_t seq, len, ack;
	unsigned win, urg, doff;
	bool has_ack, has_win, has_urg, has_doff, badsum, has_opts;
	struct tcp_opts o;
	bool ts_val_any;
	uint8_t raw[40];	/* options in the order given */
	size_t n_raw;
};

/* --- parsing -------------------------------------------------------------- */

static unsigned parse_flags(const char *s)
{
	static const char letters[] = "FSRP.UEW";
	unsigned flags = 0;

	for (; *s; s++) {
		const char *at = strchr(letters, *s);

		if (at)
			flags |= 1u << (at - letters);
	}
	return flags;
}

static void raw_bytes(struct line *l, unsigned kind, const uint8_t *v, size_t n)
{
	if (l->n_raw + n + 2 > sizeof(l->raw))
		return;
	l->raw[l->n_raw++] = (uint8_t)kind;
	if (kind < 2)
		return;
	l->raw[l->n_raw++] = (uint8_t)(n + 2);
	memcpy(l->raw + l->n_raw, v, n);
	l->n_raw += n;
}

static void raw_hex(struct line *l, const char *hex)
{
	unsigned v;

	while (sscanf(hex, "%2x", &v) == 1 && l->n_raw < sizeof(l->raw)) {
		l->raw[l->n_raw++] = (uint8_t)v;
		hex += 2;
	}
}

static void parse_sack(struct line *l, const char *s, uint32_t base)
{
	uint32_t from, to;
	uint8_t b[32] = { 0 };
	size_t n = 0;
	int used;

	while (n < sizeof(b) &&
	       sscanf(s, " %u:%u%n", &from, &to, &used) == 2) {
		l->o.sack[l->o.n_sack++] =
			(struct tcp_sack){ base + from, base + to };
		put32(b + n, base + from);
		put32(b + n + 4, base + to);
		n += 8;
		s += used;
	}
	raw_bytes(l, 5, b, n);
}

static void parse_ts(struct line *l, const char *s, uint32_t last)
{
	char val[20] = "", ecr[20] = "";
	uint8_t b[8] = { 0 };

	sscanf(s, "TS val %19s ecr %19s", val, ecr);
	l->o.has_ts = true;
	l->ts_val_any = *val == '.';
	l->o.ts_val = (uint32_t)strtoul(val, NULL, 10);
	l->o.ts_ecr = *ecr == 'l' ? last : (uint32_t)strtoul(ecr, NULL, 10);
	put32(b, l->o.ts_val);
	put32(b + 4, l->o.ts_ecr);
	raw_bytes(l, 8, b, 8);
}

static void parse_option(struct conv *t, struct line *l, const char *s,
			 uint32_t sack_base)
{
	unsigned v = 0;
	uint8_t b[2] = { 0 };

	if (sscanf(s, "mss %u", &v) == 1) {
		l->o.has_mss = true;
		l->o.mss = (uint16_t)v;
		put16(b, v);
		raw_bytes(l, 2, b, 2);
	} else if (sscanf(s, "wscale %u", &v) == 1) {
		l->o.has_wscale = true;
		l->o.wscale = (uint8_t)v;
		b[0] = (uint8_t)v;
		raw_bytes(l, 3, b, 1);
	} else if (!strcmp(s, "sackOK")) {
		l->o.sack_ok = true;
		raw_bytes(l, 4, b, 0);
	} else if (!strcmp(s, "nop") || !strcmp(s, "eol")) {
		raw_bytes(l, *s == 'n', b, 0);
	} else if (!strncmp(s, "TS ", 3)) {
		parse_ts(l, s, t->ts_last);
	} else if (!strncmp(s, "sack ", 5)) {
		parse_sack(l, s + 5, sack_base);
	} else if (!strncmp(s, "raw ", 4)) {
		raw_hex(l, s + 4);
	} else {
		fail(t, "no option: %s", s);
	}
}

static void parse_options(struct conv *t, struct line *l, const char *s,
			  uint32_t sack_base)
{
	char one[120];

	l->has_opts = true;
	while (*s && *s != '>') {
		size_t n = strcspn(s, ",>");

		snprintf(one, sizeof(one), "%.*s", (int)n, s);
		parse_option(t, l, one, sack_base);
		s += n + (s[n] == ',');
	}
	while (l->n_raw % 4)
		l->raw[l->n_raw++] = 1;
}

/* A word that may follow, with its number if it has one. */
static void parse_word(struct line *l, const char *word, const char *rest,
		       uint32_t ack_base)
{
	unsigned v = (unsigned)strtoul(rest, NULL, 10);

	if (!strcmp(word, "ack")) {
		l->has_ack = true;
		l->ack = ack_base + v;
	} else if (!strcmp(word, "win")) {
		l->has_win = true;
		l->win = v;
	} else if (!strcmp(word, "urg")) {
		l->has_urg = true;
		l->urg = v;
	} else if (!strcmp(word, "doff")) {
		l->has_doff = true;
		l->doff = v;
	} else if (!strcmp(word, "badsum")) {
		l->badsum = true;
	}
}

/* peers: the line is of the peer's. */
static bool parse_line(struct conv *t, struct line *l, const char *text,
		       bool peers)
{
	uint32_t mine = peers ? t->isn : t->stk_isn;
	uint32_t other = peers ? t->stk_isn : t->isn;
	const char *opts = strchr(text, '<');
	char flags[12], word[20];
	uint32_t seq, end;
	int used;

	*l = (struct line){};
	if (sscanf(text, "%11s %u:%u(%u)%n", flags, &seq, &end, &l->len,
		   &used) != 4) {
		fail(t, "not a segment: %s", text);
		return false;
	}
	l->flags = parse_flags(flags);
	l->seq = mine + seq;
	for (text += used; (!opts || text < opts) &&
			   sscanf(text, "%19s%n", word, &used) == 1;
	     text += used)
		parse_word(l, word, text + used, other);
	if (opts)
		parse_options(t, l, opts + 1, other);
	return true;
}

/* --- the peer's segments -------------------------------------------------- */

void conv_pattern(uint8_t *to, uint32_t off, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++, off++)
		to[i] = (uint8_t)(off * 7 + (off >> 8));
}

static void add_timestamp(struct conv *t, struct line *l)
{
	uint32_t val = t->ts_val + (uint32_t)((t->now - t->ts_at) / 1000);
	uint8_t b[8] = { 0 };

	if (l->has_opts || !t->ts)
		return;
	put32(b, val);
	put32(b + 4, t->ts_last);
	raw_bytes(l, 1, NULL, 0);
	raw_bytes(l, 1, NULL, 0);
	raw_bytes(l, 8, b, 8);
}

void inject(struct conv *t, const char *segment)
{
	uint8_t p[65536];
	struct line l;
	size_t hdr;

	if (t->failed || !parse_line(t, &l, segment, true))
		return;
	if ((l.flags & TCP_SYN) && l.o.has_ts) {
		t->ts = true;
		t->ts_val = l.o.ts_val;
		t->ts_at = t->now;
	}
	add_timestamp(t, &l);
	hdr = TCP_SIZE + l.n_raw;
	put16(p, t->sport);
	put16(p + 2, t->dport);
	put32(p + 4, l.seq);
	put32(p + 8, l.ack);
	p[12] = (uint8_t)((l.has_doff ? l.doff : hdr / 4) << 4);
	p[13] = (uint8_t)l.flags;
	put16(p + 14, l.win);
	put16(p + 16, l.badsum);
	put16(p + 18, l.urg);
	memcpy(p + TCP_SIZE, l.raw, l.n_raw);
	conv_pattern(p + hdr, l.seq - t->isn - 1 + !!(l.flags & TCP_SYN),
		     l.len);
	conv_ip_in(t, IPPROTO_TCP, p, hdr + l.len);
}

/* --- the stack's ---------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static size_t
add(char *to, size_t size, const char *fmt, ...)
{
	size_t len = strlen(to);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(to + len, size - len, fmt, ap);
	va_end(ap);
	return len;
}

static void format_options(const struct conv *t, char *to, size_t size,
			   const struct tcp_opts *o)
{
	add(to, size, " <");
	if (o->has_mss)
		add(to, size, "mss %u,", o->mss);
	if (o->sack_ok)
		add(to, size, "sackOK,");
	if (o->has_ts)
		add(to, size, "TS val %u ecr %u,", o->ts_val, o->ts_ecr);
	if (o->has_wscale)
		add(to, size, "wscale %u,", o->wscale);
	for (unsigned i = 0; i < o->n_sack; i++)
		add(to, size, "%s%u:%u", i ? " " : "sack ",
		    o->sack[i].start - t->isn, o->sack[i].end - t->isn);
	add(to, size, ">");
}

void conv_seg_format(const struct conv *t, char *to, size_t size,
		     const struct conv_seg *seg)
{
	static const char letters[] = "FSRP.UEW";
	const struct tcp_hdr *h = &seg->h;
	uint32_t seq = h->seq - t->stk_isn;

	*to = '\0';
	for (unsigned i = 0; i < 8; i++)
		if (h->flags & 1u << i)
			add(to, size, "%c", letters[i]);
	add(to, size, " %u:%u(%u)", seq, seq + seg->len, seg->len);
	if (h->flags & TCP_ACK)
		add(to, size, " ack %u", h->ack - t->isn);
	add(to, size, " win %u", h->win);
	format_options(t, to, size, &h->opts);
	if (!seg->good)
		add(to, size, " (bad checksum or payload)");
}

static bool same_sack(const struct tcp_opts *a, const struct tcp_opts *b)
{
	if (a->n_sack != b->n_sack)
		return false;
	for (unsigned i = 0; i < a->n_sack; i++)
		if (a->sack[i].start != b->sack[i].start ||
		    a->sack[i].end != b->sack[i].end)
			return false;
	return true;
}

static const char *compare_options(const struct line *l,
				   const struct tcp_opts *o)
{
	const struct tcp_opts *w = &l->o;

	if (w->has_mss != o->has_mss || w->mss != o->mss)
		return "mss";
	if (w->sack_ok != o->sack_ok)
		return "sackOK";
	if (w->has_wscale != o->has_wscale || w->wscale != o->wscale)
		return "wscale";
	if (w->has_ts != o->has_ts ||
	    (w->has_ts && w->ts_ecr != o->ts_ecr) ||
	    (w->has_ts && !l->ts_val_any && w->ts_val != o->ts_val))
		return "timestamp";
	return same_sack(w, o) ? NULL : "sack";
}

static const char *compare(const struct line *l, const struct conv_seg *seg)
{
	const struct tcp_hdr *h = &seg->h;

	if (l->flags != (unsigned)h->flags)
		return "flags";
	if (l->seq != h->seq || l->len != seg->len)
		return "sequence numbers";
	if (l->has_ack && l->ack != h->ack)
		return "ack";
	if (l->has_win && l->win != h->win)
		return "win";
	if (!seg->good)
		return "checksum or payload";
	return l->has_opts ? compare_options(l, &h->opts) : NULL;
}

bool conv_seg_match(struct conv *t, const struct conv_seg *seg,
		    const char *line, char *why, size_t size)
{
	const char *differs;
	struct line l;

	if (!parse_line(t, &l, line, false))
		return false;
	differs = compare(&l, seg);
	if (differs)
		snprintf(why, size, "%s at %.3f ms differ", differs,
			 (double)(seg->at - 1000 * SK_SEC) / 1000);
	return !differs;
}
