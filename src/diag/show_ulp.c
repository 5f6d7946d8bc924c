/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands above and beside TCP in ss's words: MD5 keys, the upper layer
 * protocol (TLS in the kernel, the subflows of Multipath TCP). Numbers of
 * linux/tls.h and linux/mptcp.h, some newer than many headers.
 */
#include "diag/show.h"

#include <ctype.h>
#include <stdio.h>

#include <linux/tcp.h>

#include "diag/dump.h"

enum { ULP_NAME = 1, ULP_TLS, ULP_MPTCP };
enum { TLS_VERSION = 1, TLS_CIPHER, TLS_TXCONF, TLS_RXCONF, TLS_ZC,
       TLS_NO_PAD };
enum { SUB_TOKEN_REM = 1, SUB_TOKEN_LOC, SUB_MAP_SEQ = 4, SUB_MAP_SFSEQ,
       SUB_SSN_OFFSET, SUB_MAP_DATALEN, SUB_FLAGS, SUB_ID_REM, SUB_ID_LOC,
       SUB_COUNT };

#define ATTRS_MAX 16

/* Attributes of a nest by their type; NULL where there is none. */
static void sort_nest(const struct nlattr *v[ATTRS_MAX], struct sk_bytes b)
{
	const struct nlattr *a = b.p;

	memset(v, 0, ATTRS_MAX * sizeof(*v));
	if (!b.p)
		return;
	for (const char *end = (const char *)b.p + b.len;
	     sk_nl_attr_ok(a, end); a = mnl_attr_next(a))
		if (mnl_attr_get_type(a) < ATTRS_MAX)
			v[mnl_attr_get_type(a)] = a;
}

static uint64_t number(const struct nlattr *a)
{
	uint64_t v = 0;
	size_t n = mnl_attr_get_payload_len(a);

	memcpy(&v, mnl_attr_get_payload(a), n < sizeof(v) ? n : sizeof(v));
	return v;
}

/* --- MD5 ------------------------------------------------------------------ */

static void show_md5(struct sk_line *l, struct sk_bytes b)
{
	struct tcp_diag_md5sig sig;
	char octal[8];

	for (uint32_t at = 0; at + sizeof(sig) <= b.len; at += sizeof(sig)) {
		memcpy(&sig, (const char *)b.p + at, sizeof(sig));
		line_str(l, at ? "," : " md5keys:");
		line_ip(l, sig.tcpm_family, (const uint8_t *)sig.tcpm_addr);
		line_char(l, '/');
		line_u64(l, sig.tcpm_prefixlen);
		line_char(l, '=');
		for (unsigned i = 0; i < sig.tcpm_keylen &&
				     i < sizeof(sig.tcpm_key); i++) {
			unsigned char c = sig.tcpm_key[i];

			snprintf(octal, sizeof(octal),
				 c < 0x7f && isgraph(c) && !strchr("\\,", c) ?
					 "%c" : "\\%03o", c);
			line_str(l, octal);
		}
	}
}

/* --- TLS ------------------------------------------------------------------ */

static void show_conf(struct sk_line *l, const char *label,
		      const struct nlattr *a)
{
	static const char *const names[] = { NULL, "none", "sw", "hw",
					     "hw-record" };
	uint64_t v;

	if (!a)
		return;
	v = number(a);
	line_str(l, label);
	if (v && v < sizeof(names) / sizeof(*names)) {
		line_str(l, names[v]);
		return;
	}
	line_lit(l, "unknown(");
	line_u64(l, v);
	line_char(l, ')');
}

static void show_tls(struct sk_line *l, struct sk_bytes b)
{
	static const char *const ciphers[] = {
		[51] = "aes-gcm-128", [52] = "aes-gcm-256",
		[53] = "aes-ccm-128", [54] = "chacha20-poly1305",
	};
	const struct nlattr *v[ATTRS_MAX];
	uint64_t n;

	sort_nest(v, b);
	if (v[TLS_VERSION]) {
		n = number(v[TLS_VERSION]);
		line_str(l, n == 0x303 ? " version: 1.2" :
			    n == 0x304 ? " version: 1.3" : " version: unknown");
	}
	n = v[TLS_CIPHER] ? number(v[TLS_CIPHER]) : 0;
	if (n < sizeof(ciphers) / sizeof(*ciphers) && ciphers[n]) {
		line_lit(l, " cipher: ");
		line_str(l, ciphers[n]);
	}
	show_conf(l, " rxconf: ", v[TLS_RXCONF]);
	show_conf(l, " txconf: ", v[TLS_TXCONF]);
	if (v[TLS_ZC])
		line_lit(l, " zc_ro_tx");
	if (v[TLS_NO_PAD])
		line_lit(l, " no_pad_rx");
}

/* --- subflows of Multipath TCP -------------------------------------------- */

static void show_subflow(struct sk_line *l, struct sk_bytes b)
{
	static const struct {
		unsigned attr;
		const char *label;
	} numbers[] = {
		{ SUB_MAP_SEQ, " seq:" },
		{ SUB_MAP_SFSEQ, " sfseq:" },
		{ SUB_SSN_OFFSET, " ssnoff:" },
		{ SUB_MAP_DATALEN, " maplen:" },
	};
	static const char flags[] = "MmJjBbecv";
	const struct nlattr *v[ATTRS_MAX];
	uint64_t set;
	char text[80];

	sort_nest(v, b);
	set = v[SUB_FLAGS] ? number(v[SUB_FLAGS]) : 0;
	if (set)
		line_lit(l, " flags:");
	for (unsigned i = 0; flags[i]; i++)
		if (set & 1u << i)
			line_char(l, flags[i]);
	if (v[SUB_TOKEN_REM] && v[SUB_TOKEN_LOC] && v[SUB_ID_REM] &&
	    v[SUB_ID_LOC]) {
		snprintf(text, sizeof(text), " token:%04x(id:%u)/%04x(id:%u)",
			 (unsigned)number(v[SUB_TOKEN_REM]),
			 (unsigned)number(v[SUB_ID_REM]),
			 (unsigned)number(v[SUB_TOKEN_LOC]),
			 (unsigned)number(v[SUB_ID_LOC]));
		line_str(l, text);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (!v[numbers[i].attr])
			continue;
		line_str(l, numbers[i].label);
		line_u64(l, number(v[numbers[i].attr]));
	}
}

struct sk_bytes sk_ulp_name(const struct sk_sock *s)
{
	const struct nlattr *v[ATTRS_MAX];
	struct sk_bytes b = {};

	sort_nest(v, s->ulp);
	if (v[ULP_NAME]) {
		b = sk_nl_bytes(v[ULP_NAME], 1);
		b.len = b.p ? (uint32_t)strnlen(b.p, b.len) : 0;
	}
	return b;
}

void sk_show_ulp(struct sk_line *l, const struct sk_sock *s)
{
	const struct nlattr *v[ATTRS_MAX];
	struct sk_bytes name = sk_ulp_name(s);

	show_md5(l, s->md5);
	sort_nest(v, s->ulp);
	if (name.p) {
		line_lit(l, " tcp-ulp-");
		line_escape(l, name.p, name.len);
	}
	if (v[ULP_TLS])
		show_tls(l, sk_nl_bytes(v[ULP_TLS], 0));
	if (v[ULP_MPTCP])
		show_subflow(l, sk_nl_bytes(v[ULP_MPTCP], 0));
}
