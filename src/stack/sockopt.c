/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options that every socket has: a row each, with the numbers, layouts and
 * meanings of Linux (socket(7), ip(7), ipv6(7)).
 */
#include <errno.h>
#include <netinet/in.h>

#include "stack/ip/ip.h"
#include "stack/stk_internal.h"

#define BUFFER_MIN 2304		/* SOCK_MIN_RCVBUF, about */
#define BUFFER_MAX (64 << 20)

int stk_opt_int(const void *val, size_t len, int *out)
{
	uint8_t byte;

	if (len >= sizeof(int)) {
		memcpy(out, val, sizeof(int));
		return 0;
	}
	/* ip(7): a single byte will do for options of IPPROTO_IP. */
	if (len != 1)
		return -EINVAL;
	memcpy(&byte, val, 1);
	*out = byte;
	return 0;
}

int stk_opt_put_int(int v, void *val, size_t *len)
{
	if (*len > sizeof(v))
		*len = sizeof(v);
	memcpy(val, &v, *len);
	return 0;
}

/* --- setting and getting ---------------------------------------------------- */

/* Doubled, as Linux does: the caller means payload, the limit memory. */
static int set_buffer(uint32_t *to, int v)
{
	int64_t want = 2 * (int64_t)(v < 0 ? INT32_MAX / 2 : v);

	*to = (uint32_t)(want < BUFFER_MIN ? BUFFER_MIN :
			 want > BUFFER_MAX ? BUFFER_MAX : want);
	return 0;
}

static int set_rcvbuf(struct stk_sock *sk, int v)
{
	return set_buffer(&sk->rcvbuf, v);
}

static int set_sndbuf(struct stk_sock *sk, int v)
{
	return set_buffer(&sk->sndbuf, v);
}

static int take_error(const struct stk_sock *sk)
{
	int e = sk->error;

	/* Reading it is what clears it. */
	((struct stk_sock *)(uintptr_t)sk)->error = 0;
	return e;
}

static int get_type(const struct stk_sock *sk)
{
	return sk->proto->type;
}

static int get_protocol(const struct stk_sock *sk)
{
	return sk->proto->ipproto;
}

static int get_mtu(const struct stk_sock *sk)
{
	if (!sk->connected)
		return -ENOTCONN;
	return (int)ip_pmtu(sk->stk, &sk->node.key.remote);
}

static int get_one(const struct stk_sock *sk)
{
	(void)sk;
	return 1;
}

static int set_v6only(struct stk_sock *sk, int v)
{
	(void)sk;
	return v ? 0 : -EINVAL; /* an IPv6 socket is never of both here */
}

enum field_kind { FIELD_BOOL, FIELD_U8, FIELD_S8, FIELD_U16, FIELD_U32 };

static const struct opt_row {
	int level, name;
	enum field_kind kind;
	size_t off;		/* in struct stk_sock, unless get is set */
	int min, max;		/* -1 below min: the default (0) is meant */
	int (*set)(struct stk_sock *sk, int v);	/* instead of storing */
	int (*get)(const struct stk_sock *sk);	/* instead of reading */
	bool ro;
} opt_rows[] = {
#define OFF(field) offsetof(struct stk_sock, field)
#define FLAG(l, n, f) { l, n, FIELD_BOOL, OFF(f), INT32_MIN, INT32_MAX, 0, 0, 0 }
#define BYTE(l, n, f, lo, hi) { l, n, FIELD_U8, OFF(f), lo, hi, 0, 0, 0 }
#define WORD(l, n, f, fn) \
	{ l, n, FIELD_U32, OFF(f), INT32_MIN, INT32_MAX, fn, 0, 0 }
#define READ(l, n, fn) { l, n, 0, 0, 0, 0, 0, fn, true }
	FLAG(SOL_SOCKET, SO_REUSEADDR, reuseaddr),
	FLAG(SOL_SOCKET, SO_REUSEPORT, reuseport),
	FLAG(SOL_SOCKET, SO_KEEPALIVE, keepalive),
	FLAG(SOL_SOCKET, SO_BROADCAST, broadcast),
	WORD(SOL_SOCKET, SO_RCVBUF, rcvbuf, set_rcvbuf),
	WORD(SOL_SOCKET, SO_SNDBUF, sndbuf, set_sndbuf),
	WORD(SOL_SOCKET, SO_MARK, mark, NULL),
	WORD(SOL_SOCKET, SO_PRIORITY, priority, NULL),
	READ(SOL_SOCKET, SO_ERROR, take_error),
	READ(SOL_SOCKET, SO_TYPE, get_type),
	READ(SOL_SOCKET, SO_PROTOCOL, get_protocol),
	{ SOL_SOCKET, SO_DOMAIN, FIELD_U16, OFF(family), 0, 0, 0, 0, true },
	BYTE(IPPROTO_IP, IP_TTL, ttl, 1, 255),
	BYTE(IPPROTO_IP, IP_TOS, tos, 0, 255),
	BYTE(IPPROTO_IP, IP_MULTICAST_TTL, mcast_ttl, 0, 255),
	FLAG(IPPROTO_IP, IP_MULTICAST_LOOP, mcast_loop),
	{ IPPROTO_IP, IP_MTU_DISCOVER, FIELD_S8, OFF(pmtudisc), 0, 5, 0, 0, 0 },
	READ(IPPROTO_IP, IP_MTU, get_mtu),
	BYTE(IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl, 0, 255),
	BYTE(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, mcast_ttl, 0, 255),
	FLAG(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, mcast_loop),
	BYTE(IPPROTO_IPV6, IPV6_TCLASS, tos, 0, 255),
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, FIELD_S8, OFF(pmtudisc), 0, 5, 0, 0,
	  0 },
	READ(IPPROTO_IPV6, IPV6_MTU, get_mtu),
	{ IPPROTO_IPV6, IPV6_V6ONLY, 0, 0, 0, 1, set_v6only, get_one, false },
};

static const struct opt_row *find_row(const struct stk_sock *sk, int level,
				      int name)
{
	if ((level == IPPROTO_IP && sk->family != AF_INET) ||
	    (level == IPPROTO_IPV6 && sk->family != AF_INET6))
		return NULL;
	for (size_t i = 0; i < sizeof(opt_rows) / sizeof(*opt_rows); i++)
		if (opt_rows[i].level == level && opt_rows[i].name == name)
			return &opt_rows[i];
	return NULL;
}

static void store(struct stk_sock *sk, const struct opt_row *row, int v)
{
	uint8_t *at = (uint8_t *)sk + row->off;
	uint32_t word = (uint32_t)v;
	uint8_t byte = (uint8_t)v;
	bool flag = v != 0;

	if (row->kind == FIELD_BOOL)
		memcpy(at, &flag, sizeof(flag));
	else if (row->kind == FIELD_U32)
		memcpy(at, &word, sizeof(word));
	else
		*at = byte;
}

static int load(const struct stk_sock *sk, const struct opt_row *row)
{
	const uint8_t *at = (const uint8_t *)sk + row->off;
	uint32_t word;
	uint16_t half;

	switch (row->kind) {
	case FIELD_U32:
		memcpy(&word, at, sizeof(word));
		return (int)word;
	case FIELD_U16:
		memcpy(&half, at, sizeof(half));
		return half;
	case FIELD_S8:
		return (int8_t)*at < 0 ? 1 : (int8_t)*at; /* IP_PMTUDISC_WANT */
	default:
		return *at ? *at : row->off == OFF(ttl) ? IP_DEFAULT_TTL : 0;
	}
}

/* --- options that are no int ------------------------------------------------ */

static int set_linger(struct stk_sock *sk, const void *val, size_t len)
{
	struct linger l;

	if (len < sizeof(l))
		return -EINVAL;
	memcpy(&l, val, sizeof(l));
	sk->linger = l.l_onoff;
	sk->linger_s = l.l_linger < 0 ? 0 : (uint32_t)l.l_linger;
	return 0;
}

static int get_linger(const struct stk_sock *sk, void *val, size_t *len)
{
	struct linger l = { sk->linger, (int)sk->linger_s };

	if (*len > sizeof(l))
		*len = sizeof(l);
	memcpy(val, &l, *len);
	return 0;
}

typedef int group_fn(struct stk_sock *sk, const struct stk_ip *group);

/* struct ip_mreq(n) and ipv6_mreq all begin with the group's address. */
static int change_group(struct stk_sock *sk, int level, const void *val,
			size_t len, group_fn *fn)
{
	struct stk_ip group = stk_ip4(0, 0, 0, 0);

	if (level == IPPROTO_IP && len >= sizeof(struct ip_mreq))
		memcpy(group.b + 12, val, 4);
	else if (level == IPPROTO_IPV6 && len >= sizeof(struct ipv6_mreq))
		memcpy(group.b, val, 16);
	else
		return -EINVAL;
	return fn(sk, &group);
}

static const struct {
	int level, name;
	group_fn *fn;
} group_rows[] = {
	{ IPPROTO_IP, IP_ADD_MEMBERSHIP, ip_join },
	{ IPPROTO_IP, IP_DROP_MEMBERSHIP, ip_leave },
	{ IPPROTO_IPV6, IPV6_JOIN_GROUP, ip_join },
	{ IPPROTO_IPV6, IPV6_LEAVE_GROUP, ip_leave },
};

static int set_other(struct stk_sock *sk, int level, int name, const void *val,
		     size_t len)
{
	if (level == SOL_SOCKET && name == SO_LINGER)
		return set_linger(sk, val, len);
	for (size_t i = 0; i < sizeof(group_rows) / sizeof(*group_rows); i++)
		if (group_rows[i].level == level && group_rows[i].name == name)
			return change_group(sk, level, val, len,
					    group_rows[i].fn);
	return -ENOPROTOOPT;
}

/* --- for sock.c ------------------------------------------------------------- */

int stk_common_setopt(struct stk_sock *sk, int level, int name,
		      const void *val, size_t len)
{
	const struct opt_row *row = find_row(sk, level, name);
	int v, r;

	if (!row)
		return set_other(sk, level, name, val, len);
	if (row->ro)
		return -ENOPROTOOPT;
	r = stk_opt_int(val, len, &v);
	if (r < 0)
		return r;
	if (row->kind == FIELD_U8 && v == -1)
		v = 0; /* back to the default */
	else if (v < row->min || v > row->max)
		return -EINVAL;
	if (row->set)
		return row->set(sk, v);
	store(sk, row, v);
	return 0;
}

int stk_common_getopt(struct stk_sock *sk, int level, int name, void *val,
		      size_t *len)
{
	const struct opt_row *row = find_row(sk, level, name);
	int v;

	if (level == SOL_SOCKET && name == SO_LINGER)
		return get_linger(sk, val, len);
	if (!row)
		return -ENOPROTOOPT;
	v = row->get ? row->get(sk) : load(sk, row);
	if (v < 0 && row->get)
		return v;
	return stk_opt_put_int(v, val, len);
}
