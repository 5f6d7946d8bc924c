/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses that are more than a row of fields: NFC, AX.25, RxRPC and IEEE
 * 802.15.4 (the kernel's include/uapi/linux/nfc.h, ax25.h, rxrpc.h and
 * net/af_ieee802154.h).
 */
#include "trace/dec.h"

#include <sys/socket.h>

#include "base/load.h"

/* --- NFC -------------------------------------------------------------- */

static const struct sk_field nfc_fields[] = {
	{ "dev_idx", 4, 4, SK_F_IF },
	{ "target_idx", 8, 4, SK_F_X },
	{ "nfc_protocol", 12, 4, SK_F_NAME, &sk_tr_nfc_proto,
	  "NFC_PROTO_???" },
	{ NULL }
};

static const struct sk_field llcp_fields[] = {
	{ "dsap", 16, 1, SK_F_NUMBER, &sk_tr_llcp_sap, "" },
	{ "ssap", 17, 1, SK_F_NUMBER, &sk_tr_llcp_sap, "" },
	{ NULL }
};

#define LLCP_NAME_AT 18
#define LLCP_NAME_MAX 63

static bool show_nfc(struct sk_dec *d, const unsigned char *a, size_t len)
{
	size_t word = sk_dec_compat(d) ? 4 : 8, at = 88 - (word == 4 ? 4 : 0);
	uint64_t n;

	if (len < 16)
		return false;
	sk_dec_fields(d, nfc_fields, a, len);
	if (len < at + word) {
		if (len > 16)
			sk_show_more(d->s);
		return true;
	}
	n = sk_load(a + at, word);
	sk_dec_fields(d, llcp_fields, a, len);
	sk_show_key(d->s, "service_name");
	sk_show_string(d->s, a + LLCP_NAME_AT,
		       n < LLCP_NAME_MAX ? (size_t)n : LLCP_NAME_MAX, false);
	sk_show_key(d->s, "service_name_len");
	sk_show_u64(d->s, n);
	return true;
}

/* --- AX.25 ------------------------------------------------------------ */

#define CALL_LEN 7		/* six letters, shifted by a bit, and the SSID */
#define CALL_TEXT 12

enum call_sign { CALL_PLAIN, CALL_ODD, CALL_BYTES };

/* Letters and digits, then blanks, as it should be? */
static enum call_sign judge_call(const unsigned char *a)
{
	bool blank = false, odd = a[CALL_LEN - 1] & ~0x1e;

	for (size_t i = 0; i < CALL_LEN - 1; i++) {
		unsigned char c = a[i] >> 1;

		/* What would end or confuse the comment that it stands in. */
		if (c < ' ' || c > '~' || c == '*' || c == '/')
			return CALL_BYTES;
		odd |= a[i] & 1 || (c != ' ' && blank) ||
		       !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			 c == ' ');
		blank |= c == ' ';
	}
	odd |= a[0] >> 1 == ' ' && a[CALL_LEN - 1];
	return odd ? CALL_ODD : CALL_PLAIN;
}

/* "VALID-13"; nobody is "*". */
static void call_text(char text[CALL_TEXT], const unsigned char *a)
{
	unsigned ssid = a[CALL_LEN - 1] >> 1 & 0xf;
	int n = CALL_LEN - 1;

	while (n && a[n - 1] >> 1 == ' ')
		n--;
	for (int i = 0; i < n; i++)
		text[i] = (char)(a[i] >> 1);
	if (n || ssid)
		snprintf(text + n, (size_t)(CALL_TEXT - n), "-%u", ssid);
	else
		snprintf(text, CALL_TEXT, "*");
}

static void show_call(struct sk_dec *d, const unsigned char *a)
{
	enum sk_show_names how = d->s->style->names;
	enum call_sign kind = judge_call(a);
	char text[CALL_TEXT] = "";

	call_text(text, a);
	if (kind == CALL_PLAIN && (d->s->json || how == SK_NAMES_ABBREV)) {
		sk_show_word(d->s, text);
		return;
	}
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "ax25_call");
	sk_show_bytes(d->s, a, CALL_LEN, false);
	sk_show_close(d->s, '}');
	if (kind != CALL_BYTES && !d->s->json &&
	    (kind == CALL_ODD || how == SK_NAMES_VERBOSE))
		sk_out_printf(d->s->out, " /* %s */", text);
}

#define AX25_LEN 16		/* struct sockaddr_ax25 */
#define AX25_DIGIS 8

/* The stations on the way, of which some may lie outside of the address. */
static void show_digis(struct sk_dec *d, const unsigned char *a, size_t has,
		       size_t wants)
{
	sk_show_key(d->s, "fsa_digipeater");
	sk_show_open(d->s, '[');
	for (size_t i = 0; i < has && i < wants; i++)
		show_call(d, a + i * CALL_LEN);
	if (wants > has)
		sk_show_more(d->s);
	sk_show_close(d->s, ']');
}

static bool show_ax25(struct sk_dec *d, const unsigned char *a, size_t len)
{
	int32_t digis;
	size_t has, wants;
	bool full;

	if (len < AX25_LEN)
		return false;
	memcpy(&digis, a + 12, 4);
	full = digis || len > AX25_LEN;
	if (full) {
		sk_show_key(d->s, "fsa_ax25");
		sk_show_open(d->s, '{');
	}
	sk_show_key(d->s, "sax25_call");
	show_call(d, a + 2);
	sk_show_key(d->s, "sax25_ndigis");
	sk_show_i64(d->s, digis);
	if (!full)
		return true;
	sk_show_close(d->s, '}');
	has = (len - AX25_LEN) / CALL_LEN;
	has = has < AX25_DIGIS ? has : AX25_DIGIS;
	wants = digis < 0 ? 0 : digis < AX25_DIGIS ? (size_t)digis : AX25_DIGIS;
	if (wants)
		show_digis(d, a + AX25_LEN, has, wants);
	if (len > AX25_LEN + has * CALL_LEN)
		sk_show_more(d->s);
	return true;
}

/* --- RxRPC ------------------------------------------------------------ */

#define RXRPC_LEN 36
#define RXRPC_TRANSPORT 8

static const struct sk_field rxrpc_fields[] = {
	{ "srx_service", 2, 2, SK_F_NUMBER, &sk_tr_rxrpc, "???_SERVICE" },
	{ "transport_type", 4, 2, SK_F_NAME, &sk_names_socktype, "SOCK_???" },
	{ "transport_len", 6, 2, SK_F_U },
	{ NULL }
};

/* {sin={sin_family=AF_INET, sin_port=…}}; only these two go over a wire. */
static void show_transport(struct sk_dec *d, const unsigned char *a,
			   size_t said, size_t room)
{
	uint16_t family = (uint16_t)sk_load(a, 2);
	const char *of = family == AF_INET ? "sin" :
			 family == AF_INET6 ? "sin6" : NULL;
	size_t least = family == AF_INET ? 16 : 24;
	size_t n = said < room ? said : room;
	char key[16];

	if (of) {
		sk_show_key(d->s, of);
		sk_show_open(d->s, '{');
	}
	snprintf(key, sizeof(key), "%s%sfamily", of ? of : "", of ? "_" : "");
	sk_show_key(d->s, key);
	sk_show_name(d->s, &sk_names_family, family, "AF_???");
	if (of && said >= least) {
		sk_dec_sockaddr_rest(d, family, a, n);
	} else if (n > 2) {
		if (d->s->json)
			sk_show_key(d->s, "data");
		sk_show_string(d->s, a + 2, n - 2, false);
	}
	if (of)
		sk_show_close(d->s, '}');
}

static bool show_rxrpc(struct sk_dec *d, const unsigned char *a, size_t len)
{
	if (len < RXRPC_LEN)
		return false;
	sk_dec_fields(d, rxrpc_fields, a, len);
	sk_show_key(d->s, "transport");
	sk_show_open(d->s, '{');
	show_transport(d, a + RXRPC_TRANSPORT, (size_t)sk_load(a + 6, 2),
		       len - RXRPC_TRANSPORT);
	sk_show_close(d->s, '}');
	return true;
}

/* --- IEEE 802.15.4 ---------------------------------------------------- */

#define WPAN_LEN 20
#define WPAN_TYPE 4
enum { WPAN_NONE = 0, WPAN_SHORT = 2 };

static const struct sk_field wpan_fields[] = {
	{ "addr_type", WPAN_TYPE, 4, SK_F_NUMBER, &sk_tr_wpan_type,
	  "IEEE802154_ADDR_???" },
	{ "pan_id", 8, 2, SK_F_NUMBER, &sk_tr_wpan_pan, "" },
	{ NULL }
};

static const struct sk_field wpan_short_fields[] = {
	{ "short_addr", 10, 2, SK_F_NUMBER, &sk_tr_wpan_addr, "" },
	{ NULL }
};

static const struct sk_field wpan_long_fields[] = {
	{ "hwaddr", 10, 8, SK_F_MAC },
	{ NULL }
};

static bool show_wpan(struct sk_dec *d, const unsigned char *a, size_t len)
{
	uint32_t type;

	if (len < WPAN_LEN)
		return false;
	type = (uint32_t)sk_load(a + WPAN_TYPE, 4);
	sk_show_key(d->s, "addr");
	sk_show_open(d->s, '{');
	sk_dec_fields(d, wpan_fields, a, len);
	if (type != WPAN_NONE)
		sk_dec_fields(d, type == WPAN_SHORT ? wpan_short_fields :
						      wpan_long_fields, a, len);
	sk_show_close(d->s, '}');
	return true;
}

bool sk_dec_addr_rare(struct sk_dec *d, int family, const unsigned char *data,
		      size_t len)
{
	static const struct {
		int family;
		bool (*show)(struct sk_dec *d, const unsigned char *a,
			     size_t len);
	} of[] = {
		{ AF_AX25, show_ax25 },
		{ AF_RXRPC, show_rxrpc },
		{ 36 /* AF_IEEE802154 */, show_wpan },
		{ 39 /* AF_NFC */, show_nfc },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (of[i].family == family)
			return of[i].show(d, data, len);
	return false;
}
