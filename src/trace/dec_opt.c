/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Socket options: names and types are those of sock/sockopt.def; this file
 * writes them as strace does. Where strace shows bytes (TCP_INFO, SO_RCVTIMEO,
 * SO_COOKIE…) the value is shown.
 */
#include "trace/dec.h"

#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sock/sockopt.h"
#include "sock/tcp_info.h"

/* A value is never looked at beyond this. */
#define VALUE_MAX SK_SOCKOPT_VALUE_MAX

void sk_dec_level(struct sk_dec *d, int level)
{
	sk_show_name(d->s, &sk_names_level, (uint32_t)level, "SOL_??");
}

/* strace tells the kernel's old and new layouts of times apart. */
static bool is_old(int level, int name)
{
	return level == SOL_SOCKET &&
	       (name == SO_RCVTIMEO || name == SO_SNDTIMEO || name == 29 ||
		name == 35 || name == 37);
}

const char *sk_optname(int level, int name, char buf[64])
{
	const struct sk_sockopt *opt = sk_sockopt_find(level, name);
	const char *low;
	size_t at = 0;

	if (!opt)
		return NULL;
	low = sk_sockopt_name(opt);
	/* IPv6 has rows of its own for MCAST_*, named mcast6_*. */
	for (; *low && at < 56; low++)
		if (!(*low == '6' && at == 5 && !strncmp(buf, "MCAST", 5)))
			buf[at++] = (char)toupper((unsigned char)*low);
	snprintf(buf + at, 64 - at, "%s", is_old(level, name) ? "_OLD" : "");
	return buf;
}

static const char *unknown_of(int level)
{
	static const struct {
		int level;
		const char *text;
	} of[] = {
		{ SOL_SOCKET, "SO_???" }, { IPPROTO_IP, "IP_???" },
		{ IPPROTO_TCP, "TCP_???" }, { IPPROTO_UDP, "UDP_???" },
		{ IPPROTO_IPV6, "IPV6_???" }, { 58, "ICMP_???" },
		{ 132, "SCTP_???" }, { 255, "RAW_???" },
		{ 263, "PACKET_???" }, { 270, "NETLINK_???" },
		{ 271, "TIPC_???" }, { 276, "RDS_???" },
		{ 279, "ALG_???" }, { 280, "NFC_LLCP_???" },
		{ 282, "TLS_???" }, { 283, "XDP_???" },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (of[i].level == level)
			return of[i].text;
	return NULL;
}

void sk_dec_optname(struct sk_dec *d, int level, int name)
{
	char buf[64];

	sk_show_named(d->s, sk_optname(level, name, buf), (uint32_t)name,
		      unknown_of(level));
}

/* --- values ----------------------------------------------------------- */

/* True: val[0..len) is of the form, and shown. */
typedef bool show_fn(struct sk_dec *d, const unsigned char *val, size_t len);

static const struct sk_field linger_fields[] = {
	{ "l_onoff", 0, 4, SK_F_I },
	{ "l_linger", 4, 4, SK_F_I },
	{ NULL }
};

static const struct sk_field ucred_fields[] = {
	{ "pid", 0, 4, SK_F_I },
	{ "uid", 4, 4, SK_F_I },
	{ "gid", 8, 4, SK_F_I },
	{ NULL }
};

static const struct sk_field mreq_fields[] = {
	{ "imr_multiaddr", 0, 4, SK_F_IN4 },
	{ "imr_interface", 4, 4, SK_F_IN4 },
	{ NULL }
};

static const struct sk_field mreq_source_fields[] = {
	{ "imr_multiaddr", 0, 4, SK_F_IN4 },
	{ "imr_interface", 4, 4, SK_F_IN4 },
	{ "imr_sourceaddr", 8, 4, SK_F_IN4 },
	{ NULL }
};

static const struct sk_field mreq6_fields[] = {
	{ "ipv6mr_multiaddr", 0, 16, SK_F_IN6 },
	{ "ipv6mr_interface", 16, 4, SK_F_IF },
	{ NULL }
};

static const struct sk_field packet_mreq_fields[] = {
	{ "mr_ifindex", 0, 4, SK_F_IF },
	{ "mr_type", 4, 2, SK_F_NAME, &sk_tr_packet_mr, "PACKET_MR_???" },
	{ "mr_alen", 6, 2, SK_F_U },
	{ "mr_address", 8, 8, SK_F_HWADDR },
	{ NULL }
};

static const struct sk_field txtime_fields[] = {
	{ "clockid", 0, 4, SK_F_I },
	{ "flags", 4, 4, SK_F_X },
	{ NULL }
};

static bool show_linger(struct sk_dec *d, const unsigned char *val, size_t len)
{
	if (len < 8)
		return false;
	sk_show_open(d->s, '{');
	sk_dec_fields(d, linger_fields, val, len);
	sk_show_close(d->s, '}');
	return true;
}

static bool show_ucred(struct sk_dec *d, const unsigned char *val, size_t len)
{
	if (len < 12)
		return false;
	sk_show_open(d->s, '{');
	sk_dec_fields(d, ucred_fields, val, len);
	sk_show_close(d->s, '}');
	return true;
}

static bool show_time(struct sk_dec *d, const unsigned char *val, size_t len)
{
	int64_t v[2];
	int32_t v32[2];

	if (len == 8) {
		memcpy(v32, val, 8);
		v[0] = v32[0];
		v[1] = v32[1];
	} else if (len >= 16) {
		memcpy(v, val, 16);
	} else {
		return false;
	}
	sk_dec_time_raw(d, SK_TIMEVAL, v[0], v[1]);
	return true;
}

static bool show_string(struct sk_dec *d, const unsigned char *val, size_t len)
{
	/* The kernel pads names with NULs up to the room it was given. */
	sk_show_string(d->s, val, strnlen((const char *)val, len), false);
	return true;
}

static bool show_u64(struct sk_dec *d, const unsigned char *val, size_t len)
{
	uint64_t v;

	if (len < 8)
		return false;
	memcpy(&v, val, 8);
	sk_show_open(d->s, '[');
	sk_show_u64(d->s, v);
	sk_show_close(d->s, ']');
	return true;
}

static bool show_rate(struct sk_dec *d, const unsigned char *val, size_t len)
{
	uint32_t v;

	if (len >= 8)
		return show_u64(d, val, len);
	if (len < 4)
		return false;
	memcpy(&v, val, 4);
	sk_show_open(d->s, '[');
	sk_show_u64(d->s, v);
	sk_show_close(d->s, ']');
	return true;
}

static bool show_list(struct sk_dec *d, const unsigned char *val, size_t len)
{
	uint32_t v;

	sk_show_open(d->s, '[');
	for (size_t at = 0; at + 4 <= len; at += 4) {
		memcpy(&v, val + at, 4);
		sk_show_u64(d->s, v);
	}
	sk_show_close(d->s, ']');
	return true;
}

static bool show_address(struct sk_dec *d, const unsigned char *val,
			 size_t len)
{
	if (len < 2)
		return false;
	sk_dec_sockaddr_data(d, val, len > SK_ADDR_MAX ? SK_ADDR_MAX : len);
	return true;
}

static bool show_int(struct sk_dec *d, const unsigned char *val, size_t len)
{
	int32_t v;

	if (len == 1)
		v = *val;
	else if (len == 4)
		memcpy(&v, val, 4);
	else
		return false;
	sk_show_open(d->s, '[');
	sk_show_i64(d->s, v);
	sk_show_close(d->s, ']');
	return true;
}

static bool show_errno(struct sk_dec *d, const unsigned char *val, size_t len)
{
	int32_t v;

	if (len < 4)
		return false;
	memcpy(&v, val, 4);
	sk_show_open(d->s, '[');
	sk_show_named(d->s, sk_errno_name(v), (uint32_t)v, NULL);
	sk_show_close(d->s, ']');
	return true;
}

/* All fields that the kernel gave: with -v also those that are zero. */
bool sk_dec_tcp_info(struct sk_dec *d, const unsigned char *val, size_t len)
{
	const struct sk_tcp_field *f = NULL;
	char key[64];
	uint64_t v;

	if (len < 8)
		return false;
	sk_show_open(d->s, '{');
	while ((f = sk_tcp_info_next(f)) != NULL) {
		if (!sk_tcp_info_get(f, val, len, &v) ||
		    (!v && !d->s->style->verbose && !d->s->json))
			continue;
		snprintf(key, sizeof(key), "tcpi_%s", f->name);
		sk_show_key(d->s, key);
		if (f->unit == SK_TCP_STATE)
			sk_show_name(d->s, &sk_names_tcp_state, v, "TCP_???");
		else if (f->unit == SK_TCP_CA_STATE)
			sk_show_name(d->s, &sk_names_tcp_ca_state, v,
				     "TCP_CA_???");
		else if (f->unit == SK_TCP_OPTIONS)
			sk_show_flags(d->s, &sk_names_tcpi_options, v,
				      "TCPI_OPT_???");
		else
			sk_show_u64(d->s, v);
	}
	sk_show_close(d->s, '}');
	return true;
}

/* struct sock_fprog; the program itself stands elsewhere in memory. */
static bool show_filter(struct sk_dec *d, const unsigned char *val, size_t len)
{
	bool compat = sk_dec_compat(d);
	uint64_t filter = 0;
	uint16_t n;

	if (len < (compat ? 8 : 16))
		return false;
	memcpy(&n, val, 2);
	memcpy(&filter, val + (compat ? 4 : 8), compat ? 4 : 8);
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "len");
	sk_show_u64(d->s, n);
	sk_show_key(d->s, "filter");
	sk_show_ptr(d->s, filter);
	sk_show_close(d->s, '}');
	return true;
}

/* A set of ICMP types that are filtered out; of many, those that are not. */
static bool show_icmp_filter(struct sk_dec *d, const unsigned char *val,
			     size_t len)
{
	struct sk_out *out = d->s->out;
	const char *sep = "";
	uint32_t set;
	bool others;

	if (len < 4 || d->s->json)
		return false;
	memcpy(&set, val, 4);
	others = __builtin_popcount(set) > 16;
	sk_show_word(d->s, others ? "~[" : "[");
	for (unsigned i = 0; i < 32; i++) {
		if ((set >> i & 1) == others)
			continue;
		sk_out_str(out, sep);
		d->s->comma = false;
		sk_show_name(d->s, &sk_tr_icmp, i, "ICMP_???");
		sep = " ";
	}
	sk_out_char(out, ']');
	d->s->comma = true;
	return true;
}

/* By the name of the option's type; all others are int. */
static const struct {
	const char *type;
	show_fn *show;
} types[] = {
	{ "linger", show_linger },
	{ "time", show_time },
	{ "string", show_string },
	{ "u64", show_u64 },
	{ "rate", show_rate },
	{ "list", show_list },
	{ "address", show_address },
	{ "ucred", show_ucred },
	{ "errno", show_errno },
	{ "tcp_info", sk_dec_tcp_info },
	{ "filter", show_filter },
};

/* Structs of single options: (level, first, last) and their fields. */
static const struct {
	int level, first, last;
	size_t size;
	const struct sk_field *fields;
} structs[] = {
	{ IPPROTO_IP, 35, 36, 8, mreq_fields },
	{ IPPROTO_IP, 37, 40, 12, mreq_source_fields },
	{ IPPROTO_IPV6, 20, 21, 20, mreq6_fields },
	{ IPPROTO_IPV6, 27, 28, 20, mreq6_fields },
	{ 263 /* SOL_PACKET */, 1, 2, 16, packet_mreq_fields },
	{ SOL_SOCKET, 61 /* SO_TXTIME */, 61, 8, txtime_fields },
};

static bool show_struct(struct sk_dec *d, int level, int name,
			const unsigned char *val, size_t len)
{
	for (size_t i = 0; i < sizeof(structs) / sizeof(*structs); i++) {
		if (structs[i].level != level || structs[i].first > name ||
		    structs[i].last < name || structs[i].size > len)
			continue;
		sk_show_open(d->s, '{');
		sk_dec_fields(d, structs[i].fields, val, structs[i].size);
		sk_show_close(d->s, '}');
		return true;
	}
	return false;
}

static bool show_typed(struct sk_dec *d, const struct sk_sockopt *opt,
		       const unsigned char *val, size_t len)
{
	const char *type = opt ? sk_sockopt_type_name(opt) : "int";

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i].type, type))
			return types[i].show(d, val, len);
	return show_int(d, val, len);
}

void sk_dec_optval(struct sk_dec *d, int level, int name, uint64_t addr,
		   int64_t len)
{
	const struct sk_sockopt *opt = sk_sockopt_find(level, name);
	size_t n = len > VALUE_MAX ? VALUE_MAX : len < 0 ? 0 : (size_t)len;
	size_t max = d->s->style->strings;
	unsigned char val[VALUE_MAX];

	/* The kernel, too, reads no number from less than an int. */
	if (!addr || len <= 0 || (n < 4 && level == SOL_SOCKET &&
				  !(opt && !strcmp(sk_sockopt_type_name(opt),
						   "string"))) ||
	    sk_mem_get(d->ev, addr, val, n) < 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	if ((level == IPPROTO_RAW && name == 1 /* ICMP_FILTER */ &&
	     show_icmp_filter(d, val, n)) ||
	    show_struct(d, level, name, val, n) ||
	    show_typed(d, opt, val, n))
		return;
	if (max > n)
		max = n;
	sk_show_string(d->s, val, max, (int64_t)max < len);
}
