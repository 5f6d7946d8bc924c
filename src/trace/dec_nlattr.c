/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Netlink attributes: each {nla_len=8, nla_type=IFLA_MTU}, then its value. */
#include "trace/nlattr.h"

#include <arpa/inet.h>
#include <string.h>

#define NLA_HDR 4
#define NLA_NESTED 0x8000
#define NLA_NET_BYTEORDER 0x4000
#define NLA_TYPE 0x3fff
#define NEST_MAX 6		/* the kernel's policies go no deeper */

struct attrs {
	struct sk_dec *d;
	const struct sk_nlattrs *t;
	int family;
	unsigned depth;
	bool numbered;		/* types are indices */
	char *kind;		/* the last SK_NL_KIND among its neighbours */
};

#define KIND_LEN 32

static void show_attrs(const struct attrs *a, const unsigned char *p,
		       size_t len);

static const struct sk_nlattr *row_of(const struct sk_nlattrs *t,
				      uint16_t type)
{
	const struct sk_nlattr *r = t->rows;

	while (r->name && r->type != type)
		r++;
	return r->name ? r : NULL;
}

static void show_type(const struct attrs *a, const struct sk_nlattr *row,
		      uint16_t type)
{
	struct sk_show *s = a->d->s;
	char text[96];

	if (a->numbered) {
		sk_show_u64(s, type & NLA_TYPE);
		return;
	}
	if (!(type & ~NLA_TYPE) || s->json) {
		sk_show_named(s, row ? row->name : NULL, type & NLA_TYPE,
			      a->t->unknown);
		return;
	}
	snprintf(text, sizeof(text), "%s%s%s%s",
		 type & NLA_NESTED ? "NLA_F_NESTED|" : "",
		 type & NLA_NET_BYTEORDER ? "NLA_F_NET_BYTEORDER|" : "",
		 row ? row->name : "", "");
	if (!row)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%#x /* %s */", type & NLA_TYPE, a->t->unknown);
	sk_show_word(s, text);
}

/* --- values ----------------------------------------------------------- */

static void show_data(struct sk_dec *d, const unsigned char *p, size_t len)
{
	size_t max = d->s->style->strings, n = len < max ? len : max;

	sk_show_bytes(d->s, p, n, n < len);
}

static void show_string(struct sk_dec *d, const unsigned char *p, size_t len)
{
	size_t n = strnlen((const char *)p, len), max = d->s->style->strings;

	sk_show_string(d->s, p, n < max ? n : max, n > max);
}

static void show_u8s(struct sk_dec *d, const unsigned char *p, size_t len)
{
	sk_show_open(d->s, '[');
	for (size_t i = 0; i < len; i++)
		sk_show_u64(d->s, p[i]);
	sk_show_close(d->s, ']');
}

static void show_mac(struct sk_dec *d, const unsigned char *p, size_t len)
{
	char text[3 * 32];

	for (size_t i = 0; i < len; i++)
		snprintf(text + 3 * i, sizeof(text) - 3 * i, "%02x%s", p[i],
			 i + 1 < len ? ":" : "");
	sk_show_word(d->s, text);
}

static bool show_addr(struct sk_dec *d, int family, const unsigned char *p,
		      size_t len)
{
	if (family == AF_INET && len == 4)
		sk_dec_in4(d, p);
	else if (family == AF_INET6 && len == 16)
		sk_dec_in6(d, p);
	else
		return false;
	return true;
}

static bool show_struct(struct sk_dec *d, const struct sk_nlattr *row,
			const unsigned char *p, size_t len)
{
	size_t size = 0;

	for (const struct sk_field *f = row->fields; f->key; f++)
		size = size > f->off + f->size ? size : f->off + f->size;
	if (len < (row->least ? row->least : size))
		return false;
	sk_show_open(d->s, '{');
	sk_dec_fields(d, row->fields, p, len);
	sk_show_close(d->s, '}');
	return true;
}

/* Of some kernels and attributes a number is wider than its reader knows. */
static size_t width_of(enum sk_nl_form form, size_t len)
{
	static const uint8_t widths[] = {
		[SK_NL_U8] = 1, [SK_NL_U16] = 2, [SK_NL_U32] = 4,
		[SK_NL_S32] = 4, [SK_NL_U64] = 8, [SK_NL_IFINDEX] = 4,
		[SK_NL_PORT] = 2, [SK_NL_X16] = 2, [SK_NL_ETHER] = 2,
		[SK_NL_OF_KIND] = 0,
	};

	return widths[form] ? widths[form] : len;
}

/* Numbers as wide as they are; names and flags, as many bytes as there are. */
static bool show_number(struct sk_dec *d, const struct sk_nlattr *row,
			const unsigned char *p, size_t len)
{
	static const uint8_t forms[] = {
		[SK_NL_S32] = SK_F_I, [SK_NL_IFINDEX] = SK_F_IF,
		[SK_NL_PORT] = SK_F_HTONS, [SK_NL_NAME] = SK_F_NAME,
		[SK_NL_FLAGS] = SK_F_FLAGS, [SK_NL_X16] = SK_F_X,
		[SK_NL_ETHER] = SK_F_ETHER, [SK_NL_OF_KIND] = 0,
	};
	const size_t width = width_of((enum sk_nl_form)row->form, len);
	const struct sk_field f = {
		.key = "", .size = (uint8_t)width, .form = forms[row->form],
		.names = row->names, .unknown = "",
	};

	if (len < width ||
	    (width != 1 && width != 2 && width != 4 && width != 8))
		return false;
	sk_dec_field(d, &f, p, width);
	return true;
}

static bool show_nest(const struct attrs *a, const struct sk_nlattrs *t,
		      bool numbered, const unsigned char *p, size_t len)
{
	char kind[KIND_LEN] = "";
	const struct attrs in = {
		.d = a->d, .t = t, .family = a->family, .depth = a->depth + 1,
		.numbered = numbered, .kind = kind,
	};

	if (!t || len < NLA_HDR || a->depth >= NEST_MAX)
		return false;
	show_attrs(&in, p, len);
	return true;
}

static bool show_nested(const struct attrs *a, const struct sk_nlattr *row,
			const unsigned char *p, size_t len)
{
	static const struct sk_nlattr none = { 0 };
	static const struct sk_nlattrs unnamed = { "", &none };

	return show_nest(a, row->nested ? row->nested : &unnamed,
			 row->form == SK_NL_LIST, p, len);
}

static bool show_by_family(const struct attrs *a, const struct sk_nlattr *row,
			   const unsigned char *p, size_t len)
{
	const struct sk_nlattr *r = row->nested->rows;

	while (r->name && r->type != AF_UNSPEC && r->type != a->family)
		r++;
	return r->name && show_nest(a, r->nested, false, p, len);
}

static bool show_of_kind(const struct attrs *a, const struct sk_nlattr *row,
			 const unsigned char *p, size_t len)
{
	const struct sk_nlkind *k = row->kinds;

	while (k->kind && a->kind && strcmp(k->kind, a->kind))
		k++;
	return a->kind && show_nest(a, k->attrs, false, p, len);
}

/* For what comes after it. */
static void show_kind(const struct attrs *a, const unsigned char *p,
		      size_t len)
{
	if (a->kind)
		snprintf(a->kind, KIND_LEN, "%.*s", (int)(len < KIND_LEN ?
				len : KIND_LEN), (const char *)p);
	show_string(a->d, p, len);
}

/* "[[DEVCONF_MTU6]=1500, …]"; JSON: {"DEVCONF_MTU6": 1500, …} */
static bool show_indexed(struct sk_dec *d, const struct sk_nlattr *row,
			 const unsigned char *p, size_t len)
{
	const size_t size = row->form == SK_NL_INDEXED ? 4 : 8;
	const size_t n = len / size, shown = sk_dec_shown(d, n);
	const char *name;
	char key[64], text[100];
	int64_t v = 0;
	int32_t v32;

	if (!n)
		return false;
	sk_show_open(d->s, d->s->json ? '{' : '[');
	for (size_t i = 0; i < shown; i++) {
		memcpy(&v32, p + i * size, 4);
		v = v32;
		if (size == 8)
			memcpy(&v, p + i * size, 8);
		name = d->s->style->names == SK_NAMES_RAW ? NULL :
				sk_name_of(row->names, i);
		snprintf(key, sizeof(key), name ? "%s" : "%s%#zx",
			 name ? name : "", i);
		if (d->s->json) {
			sk_show_key(d->s, key);
			sk_show_i64(d->s, v);
			continue;
		}
		snprintf(text, sizeof(text), "[%s]=%lld", key, (long long)v);
		sk_show_word(d->s, text);
	}
	if (shown < n && !d->s->json)
		sk_show_more(d->s);
	sk_show_close(d->s, d->s->json ? '}' : ']');
	return true;
}

static bool show_ticks(struct sk_dec *d, const unsigned char *p, size_t len)
{
	uint64_t v = 0;

	if (len != 4 && len != 8)
		return false;
	memcpy(&v, p, len);
	sk_dec_ticks(d->s, v);
	return true;
}

static bool show_bridge_id(struct sk_dec *d, const unsigned char *p,
			   size_t len)
{
	if (len < 8)
		return false;
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "prio");
	show_u8s(d, p, 2);
	sk_show_key(d->s, "addr");
	show_mac(d, p + 2, 6);
	sk_show_close(d->s, '}');
	return true;
}

#define HOP_LEN 8

/* One of the ways of a route; len is what it says, within what there is. */
static void show_hop(const struct attrs *a, const unsigned char *p, size_t len)
{
	static const struct sk_field fields[] = {
		{ "rtnh_len", 0, 2, SK_F_U },
		{ "rtnh_flags", 2, 1, SK_F_FLAGS, &sk_tr_rtnh, "RTNH_F_???" },
		{ "rtnh_hops", 3, 1, SK_F_U },
		{ "rtnh_ifindex", 4, 4, SK_F_IF },
		{ NULL }
	};
	bool more = len >= HOP_LEN + NLA_HDR;

	if (more)
		sk_show_open(a->d->s, '[');
	sk_show_open(a->d->s, '{');
	sk_dec_fields(a->d, fields, p, HOP_LEN);
	sk_show_close(a->d->s, '}');
	if (more) {
		show_attrs(a, p + HOP_LEN, len - HOP_LEN);
		sk_show_close(a->d->s, ']');
	}
}

static bool show_hops(const struct attrs *a, const struct sk_nlattr *row,
		      const unsigned char *p, size_t len)
{
	const struct attrs in = { .d = a->d, .t = row->nested,
				  .family = a->family,
				  .depth = a->depth + 1 };
	size_t step = 0, said;
	bool many = false;

	if (len < HOP_LEN || in.depth >= NEST_MAX)
		return false;
	for (; len >= HOP_LEN; p += step, len -= step) {
		said = (size_t)p[1] << 8 | p[0];
		step = (said + 3) / 4 * 4;
		if (!many && said >= HOP_LEN && len - HOP_LEN >= step) {
			sk_show_open(a->d->s, '[');
			many = true;
		}
		show_hop(&in, p, said < len ? said : len);
		if (said < HOP_LEN || step >= len)
			break;
	}
	if (many)
		sk_show_close(a->d->s, ']');
	return true;
}

static bool show_known(const struct attrs *a, const struct sk_nlattr *row,
		       const unsigned char *p, size_t len)
{
	const struct sk_field words = { .key = "", .form = SK_F_WORDS };

	switch ((enum sk_nl_form)row->form) {
	case SK_NL_BYTES:
		return false;
	case SK_NL_STRING:
		show_string(a->d, p, len);
		return true;
	case SK_NL_MAC:
		if (len > 32)
			return false;
		show_mac(a->d, p, len);
		return true;
	case SK_NL_ADDR:
		return show_addr(a->d, a->family, p, len);
	case SK_NL_U8S:
		show_u8s(a->d, p, len);
		return true;
	case SK_NL_U32S:
		if (len < 4)
			return false;
		sk_dec_field(a->d, &words, p, len);
		return true;
	case SK_NL_STRUCT:
		return show_struct(a->d, row, p, len);
	case SK_NL_TCP_INFO:
		return sk_dec_tcp_info(a->d, p, len);
	case SK_NL_NEST:
	case SK_NL_LIST:
		return show_nested(a, row, p, len);
	case SK_NL_HOPS:
		return show_hops(a, row, p, len);
	case SK_NL_TICKS:
		return show_ticks(a->d, p, len);
	case SK_NL_IN6:
		return show_addr(a->d, AF_INET6, p, len);
	case SK_NL_BRIDGE_ID:
		return show_bridge_id(a->d, p, len);
	case SK_NL_INDEXED:
	case SK_NL_INDEXED64:
		return show_indexed(a->d, row, p, len);
	case SK_NL_BY_FAMILY:
		return show_by_family(a, row, p, len);
	case SK_NL_KIND:
		show_kind(a, p, len);
		return true;
	case SK_NL_OF_KIND:
		return show_of_kind(a, row, p, len);
	default:
		return show_number(a->d, row, p, len);
	}
}

/* --- attributes ------------------------------------------------------- */

/* The elements of a numbered list hold attributes of the list's own table. */
static bool show_element(const struct attrs *a, const unsigned char *p,
			 size_t len)
{
	struct attrs in = *a;

	in.numbered = false;
	in.depth++;
	if (len < NLA_HDR || in.depth >= NEST_MAX)
		return false;
	show_attrs(&in, p, len);
	return true;
}

static void show_value(const struct attrs *a, const struct sk_nlattr *row,
		       const unsigned char *p, size_t len)
{
	bool done = a->numbered ? show_element(a, p, len) :
		    row		? show_known(a, row, p, len) : false;

	if (!done)
		show_data(a->d, p, len);
}

static void show_attr(const struct attrs *a, const unsigned char *p,
		      size_t len, uint16_t said)
{
	struct sk_show *s = a->d->s;
	const struct sk_nlattr *row;
	uint16_t type;

	memcpy(&type, p + 2, 2);
	row = row_of(a->t, type & NLA_TYPE);
	if (len > NLA_HDR)
		sk_show_open(s, '[');
	sk_show_open(s, '{');
	sk_show_key(s, "nla_len");
	sk_show_u64(s, said);
	sk_show_key(s, "nla_type");
	show_type(a, row, type);
	sk_show_close(s, '}');
	if (len > NLA_HDR) {
		show_value(a, row, p + NLA_HDR, len - NLA_HDR);
		sk_show_close(s, ']');
	}
}

static void show_attrs(const struct attrs *a, const unsigned char *p,
		       size_t len)
{
	size_t max = sk_dec_shown(a->d, SIZE_MAX), n = 0, step;
	struct sk_show *s = a->d->s;
	uint16_t said;
	bool many;

	memcpy(&said, p, 2);
	many = said >= NLA_HDR && ((size_t)said + 3) / 4 * 4 < len;
	if (many)
		sk_show_open(s, '[');
	while (len >= NLA_HDR) {
		memcpy(&said, p, 2);
		if (n++ >= max) {
			sk_show_more(s);
			len = 0;
			break;
		}
		step = ((size_t)said + 3) / 4 * 4;
		show_attr(a, p, said < NLA_HDR ? NLA_HDR :
				said < len     ? said : len, said);
		len = !many || said < NLA_HDR || step >= len ? 0 : len - step;
		p += step;
	}
	if (len && len < NLA_HDR)
		show_data(a->d, p, len);
	if (many)
		sk_show_close(s, ']');
}

void sk_dec_nlattrs(struct sk_dec *d, const struct sk_nlattrs *t, int family,
		    const unsigned char *data, size_t len)
{
	const struct attrs a = { .d = d, .t = t, .family = family };

	if (len >= NLA_HDR)
		show_attrs(&a, data, len);
	else if (len)
		show_data(d, data, len);
}
