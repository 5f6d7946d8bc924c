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

/* What a number means in one direction only: netfilter, SO_GET_FILTER. */
static const char *name_by_direction(const struct sk_dec *d, int level,
				     int name)
{
	bool set = d->ev->sys == SK_SYS_setsockopt;

	if (level == SOL_SOCKET && name == SO_ATTACH_FILTER && !set)
		return "SO_GET_FILTER";
	if (level == IPPROTO_IP)
		return sk_name_of(set ? &sk_tr_so_set_ip : &sk_tr_so_get_ip,
				  (uint32_t)name);
	if (level == IPPROTO_IPV6)
		return sk_name_of(set ? &sk_tr_so_set_ip6 : &sk_tr_so_get_ip6,
				  (uint32_t)name);
	return NULL;
}

void sk_dec_optname(struct sk_dec *d, int level, int name)
{
	const char *known = name_by_direction(d, level, name);
	char buf[64];

	sk_show_named(d->s, known ? known : sk_optname(level, name, buf),
		      (uint32_t)name, unknown_of(level));
}

/* --- values ----------------------------------------------------------- */

/* True: val[0..len) is of the form, and shown. */
typedef bool show_fn(struct sk_dec *d, const unsigned char *val, size_t len);

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

/* By the name of the option's type; all others are int. */
static const struct {
	const char *type;
	show_fn *show;
} types[] = {
	{ "time", show_time },
	{ "string", show_string },
	{ "u64", show_u64 },
	{ "rate", show_rate },
	{ "list", show_list },
	{ "address", show_address },
	{ "errno", show_errno },
	{ "tcp_info", sk_dec_tcp_info },
};

/* NULL: a number. */
static show_fn *show_of(const struct sk_sockopt *opt)
{
	const char *type = opt ? sk_sockopt_type_name(opt) : "int";

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i].type, type))
			return types[i].show;
	return NULL;
}

static bool show_typed(struct sk_dec *d, const struct sk_sockopt *opt,
		       const unsigned char *val, size_t len)
{
	show_fn *show = show_of(opt);

	return (show && show(d, val, len)) ||
	       ((!show || len == 4) && show_int(d, val, len));
}

static bool is_set(const struct sk_dec *d)
{
	return d->ev->sys == SK_SYS_setsockopt;
}

/* Numbers that the kernel takes from no less than an int, and as one. */
static bool is_int(const struct sk_dec *d, int level, int name,
		   const struct sk_sockopt *opt)
{
	if (level == 270 /* SOL_NETLINK */)
		return is_set(d) || name != 9 /* NETLINK_LIST_MEMBERSHIPS */;
	if (level != SOL_SOCKET || !opt || name == SO_TYPE ||
	    name == SO_PROTOCOL || name == SO_DOMAIN || name == SO_PEERCRED)
		return false;
	return !show_of(opt) || (name == SO_ERROR && !is_set(d));
}

/* A number of few values, that have names; any other shows as what it is. */
static bool show_value(struct sk_dec *d, int level, int name,
		       const unsigned char *val)
{
	const char *known;
	int32_t v;

	if (level != SOL_SOCKET || name != 74 /* SO_TXREHASH */)
		return false;
	memcpy(&v, val, 4);
	known = sk_name_of(&sk_tr_txrehash, (uint32_t)v);
	if (!known)
		return false;
	sk_show_open(d->s, '[');
	sk_show_named(d->s, known, (uint32_t)v, NULL);
	sk_show_close(d->s, ']');
	return true;
}

static void show_short(struct sk_dec *d, uint64_t addr, const void *val,
		       size_t n)
{
	if (is_set(d))
		sk_show_ptr(d->s, addr);
	else
		sk_show_bytes(d->s, val, n, false);
}

void sk_dec_optval(struct sk_dec *d, int level, int name, uint64_t addr,
		   int64_t len)
{
	const struct sk_sockopt *opt = sk_sockopt_find(level, name);
	size_t n = len > VALUE_MAX ? VALUE_MAX : len < 0 ? 0 : (size_t)len;
	size_t max = d->s->style->strings;
	unsigned char val[VALUE_MAX];
	bool number = is_int(d, level, name, opt);

	if (!addr || len <= 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	if (sk_dec_optstruct(d, level, name, addr, len))
		return;
	if (number && (n > 4 || (level != SOL_SOCKET && !is_set(d))))
		n = 4;
	else if (show_of(opt) == show_list)
		n = n / 4 * 4;
	if (sk_mem_get(d->ev, addr, val, n) < 0)
		sk_show_ptr(d->s, addr);
	else if (number && n < 4)
		show_short(d, addr, val, n);
	else if (!(number && show_value(d, level, name, val)) &&
		 !show_typed(d, opt, val, n))
		sk_show_string(d->s, val, max < n ? max : n,
			       (int64_t)(max < n ? max : n) < len);
}
