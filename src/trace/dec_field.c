/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small structs as tables of fields, and the forms that a field may have. */
#include "trace/dec.h"

#include <arpa/inet.h>
#include <net/if.h>

#include "base/load.h"

void sk_dec_ifindex(struct sk_dec *d, uint32_t index)
{
	char name[IF_NAMESIZE];

	if (index && if_indextoname(index, name))
		sk_show_call_str(d->s, "if_nametoindex", name,
				 &(struct sk_coded){ .v = index });
	else
		sk_show_u64(d->s, index);
}

void sk_dec_in4(struct sk_dec *d, const void *addr)
{
	char text[INET_ADDRSTRLEN];

	sk_show_call_str(d->s, "inet_addr",
			 inet_ntop(AF_INET, addr, text, sizeof(text)),
			 &(struct sk_coded){ addr, 4, 0 });
}

/* "inet_pton(AF_INET6, "::1")", with what there is behind the address. */
static void show_in6(struct sk_dec *d, const void *addr, const char *behind)
{
	char text[INET6_ADDRSTRLEN], quoted[SK_QUOTED_MAX];
	char whole[SK_QUOTED_MAX + 64];

	inet_ntop(AF_INET6, addr, text, sizeof(text));
	if (d->s->json) {
		sk_show_word(d->s, text);
		return;
	}
	sk_show_quoted(d->s, quoted, sizeof(quoted), text);
	snprintf(whole, sizeof(whole), "inet_pton(AF_INET6, %s%s)", quoted,
		 behind);
	sk_show_coded(d->s, whole, &(struct sk_coded){ addr, 16, 0 });
}

void sk_dec_in6(struct sk_dec *d, const void *addr)
{
	show_in6(d, addr, "");
}

/*
 * strace writes the key inside, inet_pton(AF_INET6, "::1", &sin6_addr), but
 * where the bytes come first: sin6_addr="\x00\x00…".
 */
static void show_in6_field(struct sk_dec *d, const char *key, const void *addr)
{
	char behind[40];

	if (d->s->json || d->s->style->names != SK_NAMES_ABBREV) {
		sk_show_key(d->s, key);
		show_in6(d, addr, "");
		return;
	}
	snprintf(behind, sizeof(behind), ", &%s", key);
	show_in6(d, addr, behind);
}

static void show_ether(struct sk_dec *d, const unsigned char *p)
{
	const struct sk_coded bytes = { p, 2, 0 };
	uint16_t protocol = (uint16_t)(p[0] << 8 | p[1]);
	const char *name = sk_name_of(&sk_names_ether, protocol);
	char text[64];

	if (d->s->json) {
		sk_show_named(d->s, name, protocol, NULL);
		return;
	}
	if (name)
		snprintf(text, sizeof(text), "htons(%s)", name);
	else
		snprintf(text, sizeof(text), "htons(%#x /* ETH_P_??? */)",
			 protocol);
	sk_show_coded(d->s, text, &bytes);
}

static void show_octets(struct sk_dec *d, const unsigned char *p, size_t n)
{
	sk_show_open(d->s, '[');
	for (size_t i = 0; i < n; i++)
		sk_show_hex(d->s, p[i]);
	sk_show_close(d->s, ']');
}

static void show_bdaddr(struct sk_dec *d, const unsigned char *p)
{
	char text[24];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", p[5],
		 p[4], p[3], p[2], p[1], p[0]);
	sk_show_word(d->s, text);
}

static void show_mac(struct sk_dec *d, const unsigned char *p, size_t n)
{
	char text[3 * 32] = "";

	n = n < 32 ? n : 32;
	for (size_t i = 0; i < n; i++)
		snprintf(text + 3 * i, 4, "%02x%s", p[i],
			 i + 1 < n ? ":" : "");
	if (d->s->json)
		sk_show_word(d->s, text);
	else
		sk_show_coded(d->s, text, &(struct sk_coded){ p, n, 0 });
}

static void show_htonlx(struct sk_dec *d, const unsigned char *p)
{
	uint32_t v = ntohl((uint32_t)sk_load(p, 4));
	char text[24];

	if (d->s->json) {
		sk_show_u64(d->s, v);
		return;
	}
	snprintf(text, sizeof(text), "htonl(%#x)", v);
	sk_show_coded(d->s, text, &(struct sk_coded){ p, 4, 0 });
}

/* Bluetooth counts in little endian: "htobs(L2CAP_PSM_SDP)". */
static void show_htobs(struct sk_dec *d, const struct sk_field *f, uint64_t v)
{
	if (d->s->json) {
		sk_show_name(d->s, f->names, v, f->unknown);
		return;
	}
	sk_show_word(d->s, "htobs(");
	d->s->comma = false;
	if (f->names)
		sk_show_name(d->s, f->names, v, f->unknown);
	else
		sk_show_u64(d->s, v);
	sk_out_char(d->s->out, ')');
}

/* A string that fills all of its room lacks the NUL that it should have. */
static void show_string(struct sk_dec *d, const unsigned char *p, size_t size)
{
	size_t n = strnlen((const char *)p, size);
	bool open = n && n == size && !d->s->json;

	sk_show_string(d->s, p, open ? n - 1 : n, open);
}

static void show_x08(struct sk_dec *d, uint32_t v)
{
	char text[16];

	snprintf(text, sizeof(text), "%#08x", v);
	sk_show_word(d->s, text);
}

static void show_words(struct sk_dec *d, const unsigned char *p, size_t n)
{
	sk_show_open(d->s, '[');
	for (size_t i = 0; i + 4 <= n; i += 4)
		sk_show_u64(d->s, sk_load(p + i, 4));
	sk_show_close(d->s, ']');
}

static bool is_link_local(const unsigned char *a)
{
	return (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
	       (a[0] == 0xff && (a[1] & 0x0f) <= 2);
}

static void show_scope(struct sk_dec *d, const unsigned char *p)
{
	uint32_t scope = (uint32_t)sk_load(p, 4);

	if (is_link_local(p - 16))
		sk_dec_ifindex(d, scope);
	else
		sk_show_u64(d->s, scope);
}

/* Forms that take bytes and not a number. True: p was one, and is shown. */
static bool show_bytes(struct sk_dec *d, const struct sk_field *f,
		       const unsigned char *p, size_t size)
{
	size_t max;

	switch ((enum sk_field_form)f->form) {
	case SK_F_IN4:
		sk_dec_in4(d, p);
		return true;
	case SK_F_STRING:
		show_string(d, p, size);
		return true;
	case SK_F_BYTES:
		sk_show_bytes(d->s, p, size, false);
		return true;
	case SK_F_OCTETS:
		show_octets(d, p, size);
		return true;
	case SK_F_BDADDR:
		show_bdaddr(d, p);
		return true;
	case SK_F_HWADDR:
		max = (size_t)sk_load(p - 2, 2);
		show_mac(d, p, max < size ? max : size);
		return true;
	case SK_F_MAC:
		show_mac(d, p, size);
		return true;
	case SK_F_WORDS:
		show_words(d, p, size);
		return true;
	case SK_F_SCOPE:
		show_scope(d, p);
		return true;
	case SK_F_HTONS:
		sk_show_call_u64(d->s, "htons", (uint64_t)p[0] << 8 | p[1],
				 &(struct sk_coded){ p, 2, 0 });
		return true;
	case SK_F_HTONL:
		sk_show_call_u64(d->s, "htonl",
				 ntohl((uint32_t)sk_load(p, 4)),
				 &(struct sk_coded){ p, 4, 0 });
		return true;
	case SK_F_HTONLX:
		show_htonlx(d, p);
		return true;
	case SK_F_ETHER:
		show_ether(d, p);
		return true;
	case SK_F_SOCKADDR:
		sk_dec_sockaddr_data(d, p, size);
		return true;
	case SK_F_GROUP:
		sk_show_open(d->s, '{');
		sk_dec_fields(d, f->fields, p, size);
		sk_show_close(d->s, '}');
		return true;
	default:
		return false;
	}
}

/* A set of numbers as bits: "1<<TCP_CLOSE|1<<TCP_LISTEN". */
static void show_bits(struct sk_dec *d, const struct sk_names *t, uint64_t v)
{
	struct sk_name rows[33] = { { 0 } };
	const struct sk_names bits = { "", rows };
	char text[32][48], unknown[40];
	size_t n = 0;

	for (const struct sk_name *r = t->rows; r->name && n < 32; r++) {
		if (r->value >= 32)
			continue;
		snprintf(text[n], sizeof(*text), "1<<%s", r->name);
		rows[n] = (struct sk_name){ text[n],
					    UINT64_C(1) << r->value };
		n++;
	}
	snprintf(unknown, sizeof(unknown), "1<<%s???", t->prefix);
	sk_show_flags(d->s, &bits, v, unknown);
}

/* What says little by its name alone: "0x9c4, YFS_FS_SERVICE". */
static void show_numbered(struct sk_dec *d, const struct sk_field *f,
			  uint64_t v)
{
	const struct sk_show_style *old = d->s->style;
	struct sk_show_style style = *old;

	if (style.names == SK_NAMES_ABBREV)
		style.names = SK_NAMES_VERBOSE;
	d->s->style = &style;
	if (f->form == SK_F_MASK)
		sk_show_flags(d->s, f->names, v, f->unknown);
	else
		sk_show_name(d->s, f->names, v, f->unknown);
	d->s->style = old;
}

static void show_number(struct sk_dec *d, const struct sk_field *f, uint64_t v)
{
	switch ((enum sk_field_form)f->form) {
	case SK_F_I:
		sk_show_i64(d->s, f->size == 4 ? (int32_t)v : (int64_t)v);
		break;
	case SK_F_X:
		sk_show_hex(d->s, v);
		break;
	case SK_F_X08:
		show_x08(d, (uint32_t)v);
		break;
	case SK_F_IF:
		sk_dec_ifindex(d, (uint32_t)v);
		break;
	case SK_F_NAME:
		sk_show_name(d->s, f->names, v, f->unknown);
		break;
	case SK_F_FLAGS:
		sk_show_flags(d->s, f->names, v, f->unknown);
		break;
	case SK_F_NUMBER:
	case SK_F_MASK:
		show_numbered(d, f, v);
		break;
	case SK_F_HTOBS:
		show_htobs(d, f, v);
		break;
	case SK_F_FD:
		sk_dec_fd(d, (int)v);
		break;
	case SK_F_BITS:
		show_bits(d, f->names, v);
		break;
	default:
		sk_show_u64(d->s, v);
		break;
	}
}

void sk_dec_field(struct sk_dec *d, const struct sk_field *f,
		  const unsigned char *p, size_t size)
{
	if (!show_bytes(d, f, p, size))
		show_number(d, f, sk_load(p, size));
}

static bool is_zero(const unsigned char *p, size_t n)
{
	while (n && !*p)
		p++, n--;
	return !n;
}

void sk_dec_fields(struct sk_dec *d, const struct sk_field *f,
		   const void *data, size_t len)
{
	const unsigned char *p = data;

	for (; f->key; f++) {
		size_t size = f->size;

		/* The last string or array may be cut short. */
		if (!size && f->off < len)
			size = len - f->off;
		if (!size || f->off + size > len ||
		    (f->maybe && is_zero(p + f->off, size)))
			continue;
		if (f->form == SK_F_IN6) {
			show_in6_field(d, f->key, p + f->off);
			continue;
		}
		sk_show_key(d->s, f->key);
		sk_dec_field(d, f, p + f->off, size);
	}
}

void sk_dec_fields_cut(struct sk_dec *d, const struct sk_field *f,
		       const void *data, size_t len)
{
	const unsigned char *p = data;

	sk_dec_fields(d, f, data, len);
	for (; f->key; f++) {
		if (f->off >= len || f->off + f->size <= len)
			continue;
		sk_show_key(d->s, f->key);
		sk_show_bytes(d->s, p + f->off, len - f->off, false);
	}
}

void sk_dec_struct(struct sk_dec *d, const struct sk_field *f, uint64_t addr,
		   size_t len)
{
	unsigned char data[256];

	if (len > sizeof(data))
		len = sizeof(data);
	if (!addr || sk_mem_get(d->ev, addr, data, len) < 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '{');
	sk_dec_fields(d, f, data, len);
	sk_show_close(d->s, '}');
}
