/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control messages (cmsg(3)). Which form the data of (level, type) has is a
 * row of a table; what has none is shown as bytes.
 */
#include "trace/dec.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

/* A full SCM_RIGHTS is 1 KiB. */
#define ON_STACK 4096
/* More is never looked at; net.core.optmem_max bounds it, which few raise. */
#define CONTROL_MAX (256U << 10)

enum form {
	FORM_FDS,
	FORM_INTS,		/* [1] */
	FORM_UINTS,
	FORM_U64S,
	FORM_U16S,
	FORM_BYTE,
	FORM_STRING,
	FORM_OCTETS,		/* [0x1, 0x2] */
	FORM_TIMEVAL, FORM_TIMESPEC, FORM_TIMESPECS,
	FORM_TIMEVAL64, FORM_TIMESPEC64, FORM_TIMESPECS64,
	FORM_SOCKADDR,
	FORM_ERR,
	FORM_HTONL,
	FORM_STRUCT,		/* .fields */
};

static const struct sk_field ucred_fields[] = {
	{ "pid", 0, 4, SK_F_I },
	{ "uid", 4, 4, SK_F_I },
	{ "gid", 8, 4, SK_F_I },
	{ NULL }
};

static const struct sk_field pktinfo_fields[] = {
	{ "ipi_ifindex", 0, 4, SK_F_IF },
	{ "ipi_spec_dst", 4, 4, SK_F_IN4 },
	{ "ipi_addr", 8, 4, SK_F_IN4 },
	{ NULL }
};

static const struct sk_field pktinfo6_fields[] = {
	{ "ipi6_addr", 0, 16, SK_F_IN6 },
	{ "ipi6_ifindex", 16, 4, SK_F_IF },
	{ NULL }
};

static const struct sk_field mtuinfo6_fields[] = {
	{ "sin6_port", 2, 2, SK_F_HTONS },
	{ "ip6m_addr", 8, 16, SK_F_IN6 },
	{ "ip6m_mtu", 28, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field ts_pktinfo_fields[] = {
	{ "if_index", 0, 4, SK_F_IF },
	{ "pkt_length", 4, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field auxdata_fields[] = {
	{ "tp_status", 0, 4, SK_F_X },
	{ "tp_len", 4, 4, SK_F_U },
	{ "tp_snaplen", 8, 4, SK_F_U },
	{ "tp_mac", 12, 2, SK_F_U },
	{ "tp_net", 14, 2, SK_F_U },
	{ "tp_vlan_tci", 16, 2, SK_F_X },
	{ "tp_vlan_tpid", 18, 2, SK_F_X },
	{ NULL }
};

static const struct sk_field nl_pktinfo_fields[] = {
	{ "group", 0, 4, SK_F_U },
	{ NULL }
};

/* The start of struct sock_extended_err; the offender's address follows. */
static const struct sk_field err_fields[] = {
	{ "ee_errno", 0, 4, SK_F_NAME, &sk_tr_errno },
	{ "ee_origin", 4, 1, SK_F_NAME, &sk_tr_ee_origin,
	  "SO_EE_ORIGIN_???" },
	{ "ee_type", 5, 1, SK_F_U },
	{ "ee_code", 6, 1, SK_F_U },
	{ "ee_info", 8, 4, SK_F_U },
	{ "ee_data", 12, 4, SK_F_U },
	{ NULL }
};
#define ERR_SIZE 16

/* Numbers as in socket(7), ip(7), ipv6(7), udp(7), include/uapi/linux. */
static const struct row {
	int level, type;
	enum form form;
	uint16_t size;			/* the least there must be */
	const struct sk_field *fields;
} rows[] = {
	{ SOL_SOCKET, SCM_RIGHTS, FORM_FDS, 4 },
	{ SOL_SOCKET, 2 /* SCM_CREDENTIALS */, FORM_STRUCT, 12, ucred_fields },
	{ SOL_SOCKET, 3 /* SCM_SECURITY */, FORM_STRING, 1 },
	{ SOL_SOCKET, 4 /* SCM_PIDFD */, FORM_FDS, 4 },
	{ SOL_SOCKET, 12 /* SO_PRIORITY */, FORM_UINTS, 4 },
	{ SOL_SOCKET, 29 /* SCM_TIMESTAMP */, FORM_TIMEVAL, 1 },
	{ SOL_SOCKET, 35 /* SCM_TIMESTAMPNS */, FORM_TIMESPEC, 1 },
	{ SOL_SOCKET, 36 /* SO_MARK */, FORM_UINTS, 4 },
	{ SOL_SOCKET, 37 /* SCM_TIMESTAMPING */, FORM_TIMESPECS, 1 },
	{ SOL_SOCKET, 40 /* SO_RXQ_OVFL */, FORM_UINTS, 4 },
	{ SOL_SOCKET, 41 /* SCM_WIFI_STATUS */, FORM_INTS, 4 },
	{ SOL_SOCKET, 58 /* SCM_TIMESTAMPING_PKTINFO */, FORM_STRUCT, 8,
	  ts_pktinfo_fields },
	{ SOL_SOCKET, 61 /* SCM_TXTIME */, FORM_U64S, 8 },
	{ SOL_SOCKET, 63 /* SCM_TIMESTAMP_NEW */, FORM_TIMEVAL64, 1 },
	{ SOL_SOCKET, 64 /* SCM_TIMESTAMPNS_NEW */, FORM_TIMESPEC64, 1 },
	{ SOL_SOCKET, 65 /* SCM_TIMESTAMPING_NEW */, FORM_TIMESPECS64, 1 },
	{ SOL_SOCKET, 81 /* SCM_TS_OPT_ID */, FORM_UINTS, 4 },

	{ IPPROTO_IP, 1 /* IP_TOS */, FORM_OCTETS, 1 },
	{ IPPROTO_IP, 2 /* IP_TTL */, FORM_UINTS, 4 },
	{ IPPROTO_IP, 6 /* IP_RECVOPTS */, FORM_OCTETS, 1 },
	{ IPPROTO_IP, 7 /* IP_RETOPTS */, FORM_OCTETS, 1 },
	{ IPPROTO_IP, 8 /* IP_PKTINFO */, FORM_STRUCT, 12, pktinfo_fields },
	{ IPPROTO_IP, 11 /* IP_RECVERR */, FORM_ERR, ERR_SIZE },
	{ IPPROTO_IP, 18 /* IP_PASSSEC */, FORM_STRING, 1 },
	{ IPPROTO_IP, 20 /* IP_ORIGDSTADDR */, FORM_SOCKADDR, 2 },
	{ IPPROTO_IP, 23 /* IP_CHECKSUM */, FORM_UINTS, 4 },
	{ IPPROTO_IP, 25 /* IP_RECVFRAGSIZE */, FORM_UINTS, 4 },
	{ IPPROTO_IP, 52 /* IP_PROTOCOL */, FORM_UINTS, 4 },

	{ IPPROTO_IPV6, 2 /* IPV6_2292PKTINFO */, FORM_STRUCT, 20,
	  pktinfo6_fields },
	{ IPPROTO_IPV6, 3 /* IPV6_2292HOPOPTS */, FORM_OCTETS, 1 },
	{ IPPROTO_IPV6, 4 /* IPV6_2292DSTOPTS */, FORM_OCTETS, 1 },
	{ IPPROTO_IPV6, 5 /* IPV6_2292RTHDR */, FORM_OCTETS, 1 },
	{ IPPROTO_IPV6, 8 /* IPV6_2292HOPLIMIT */, FORM_INTS, 4 },
	{ IPPROTO_IPV6, 11 /* IPV6_FLOWINFO */, FORM_HTONL, 4 },
	{ IPPROTO_IPV6, 25 /* IPV6_RECVERR */, FORM_ERR, ERR_SIZE },
	{ IPPROTO_IPV6, 50 /* IPV6_PKTINFO */, FORM_STRUCT, 20,
	  pktinfo6_fields },
	{ IPPROTO_IPV6, 52 /* IPV6_HOPLIMIT */, FORM_INTS, 4 },
	{ IPPROTO_IPV6, 54 /* IPV6_HOPOPTS */, FORM_OCTETS, 1 },
	{ IPPROTO_IPV6, 55 /* IPV6_RTHDRDSTOPTS */, FORM_OCTETS, 1 },
	{ IPPROTO_IPV6, 57 /* IPV6_RTHDR */, FORM_OCTETS, 1 },
	{ IPPROTO_IPV6, 59 /* IPV6_DSTOPTS */, FORM_OCTETS, 1 },
	{ IPPROTO_IPV6, 61 /* IPV6_PATHMTU */, FORM_STRUCT, 32,
	  mtuinfo6_fields },
	{ IPPROTO_IPV6, 62 /* IPV6_DONTFRAG */, FORM_INTS, 4 },
	{ IPPROTO_IPV6, 67 /* IPV6_TCLASS */, FORM_INTS, 4 },
	{ IPPROTO_IPV6, 74 /* IPV6_ORIGDSTADDR */, FORM_SOCKADDR, 2 },
	{ IPPROTO_IPV6, 77 /* IPV6_RECVFRAGSIZE */, FORM_INTS, 4 },

	{ IPPROTO_UDP, 103 /* UDP_SEGMENT */, FORM_U16S, 2 },
	{ IPPROTO_UDP, 104 /* UDP_GRO */, FORM_INTS, 4 },
	{ IPPROTO_TCP, 36 /* TCP_CM_INQ */, FORM_INTS, 4 },
	{ 282 /* SOL_TLS */, 1 /* TLS_SET_RECORD_TYPE */, FORM_BYTE, 1 },
	{ 282 /* SOL_TLS */, 2 /* TLS_GET_RECORD_TYPE */, FORM_BYTE, 1 },
	{ 263 /* SOL_PACKET */, 8 /* PACKET_AUXDATA */, FORM_STRUCT, 20,
	  auxdata_fields },
	{ 270 /* SOL_NETLINK */, 3 /* NETLINK_PKTINFO */, FORM_STRUCT, 4,
	  nl_pktinfo_fields },
	{ 279 /* SOL_ALG */, 3 /* ALG_SET_OP */, FORM_UINTS, 4 },
	{ 279 /* SOL_ALG */, 4 /* ALG_SET_AEAD_ASSOCLEN */, FORM_UINTS, 4 },
};

static const struct row *row_of(int level, int type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].level == level && rows[i].type == type)
			return &rows[i];
	return NULL;
}

static void show_bytes(struct sk_dec *d, const unsigned char *p, size_t len)
{
	size_t n = sk_dec_shown(d, len);

	sk_show_bytes(d->s, p, n, n < len);
}

/* Numbers of one size in brackets. */
static void show_numbers(struct sk_dec *d, enum form form,
			 const unsigned char *p, size_t len)
{
	size_t size = form == FORM_U64S ? 8 : form == FORM_U16S ? 2 :
		      form == FORM_BYTE || form == FORM_OCTETS ? 1 : 4;
	size_t max = sk_dec_shown(d, len / size);
	uint64_t v;

	sk_show_open(d->s, '[');
	for (size_t at = 0; at + size <= len; at += size) {
		if (at / size == max) {
			sk_show_more(d->s);
			break;
		}
		v = 0;
		/* Little endian and big endian: the value is at its end. */
		memcpy((char *)&v + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ?
					     8 - size : 0), p + at, size);
		if (form == FORM_FDS)
			sk_dec_fd(d, (int32_t)v);
		else if (form == FORM_INTS)
			sk_show_i64(d->s, (int32_t)v);
		else if (form == FORM_OCTETS)
			sk_show_hex(d->s, v);
		else
			sk_show_u64(d->s, v);
	}
	sk_show_close(d->s, ']');
}

static size_t time_size(const struct sk_dec *d, enum form form)
{
	bool wide = form >= FORM_TIMEVAL64 || d->ev->abi != SK_ABI_I386;

	return wide ? 16 : 8;
}

static void show_time(struct sk_dec *d, enum form form, const unsigned char *p)
{
	bool usec = form == FORM_TIMEVAL || form == FORM_TIMEVAL64;
	int64_t v64[2];
	int32_t v32[2];

	if (time_size(d, form) == 16) {
		memcpy(v64, p, 16);
	} else {
		memcpy(v32, p, 8);
		v64[0] = v32[0];
		v64[1] = v32[1];
	}
	sk_dec_time_raw(d, usec ? SK_TIMEVAL : SK_TIMESPEC, v64[0], v64[1]);
}

static void show_times(struct sk_dec *d, enum form form,
		       const unsigned char *p, size_t len)
{
	bool many = form == FORM_TIMESPECS || form == FORM_TIMESPECS64;
	size_t size = time_size(d, form);

	if (len < size) {
		sk_show_bytes(d->s, p, len, false);
		return;
	}
	if (many)
		sk_show_open(d->s, '[');
	for (size_t at = 0; at + size <= len; at += size) {
		show_time(d, form, p + at);
		if (!many)
			return;
	}
	sk_show_close(d->s, ']');
}

static void show_err(struct sk_dec *d, const unsigned char *p, size_t len)
{
	sk_show_open(d->s, '{');
	sk_dec_fields(d, err_fields, p, len);
	if (len >= ERR_SIZE + 2) {
		sk_show_key(d->s, "offender");
		sk_dec_sockaddr_data(d, p + ERR_SIZE, len - ERR_SIZE);
	}
	sk_show_close(d->s, '}');
}

static void show_data(struct sk_dec *d, const struct row *row,
		      const unsigned char *p, size_t len)
{
	uint32_t be;

	switch (row->form) {
	case FORM_STRING:
		sk_show_string(d->s, p, len, false);
		break;
	case FORM_STRUCT:
		sk_show_open(d->s, '{');
		sk_dec_fields(d, row->fields, p, len);
		sk_show_close(d->s, '}');
		break;
	case FORM_SOCKADDR:
		sk_dec_sockaddr_data(d, p, len > SK_ADDR_MAX ? SK_ADDR_MAX :
							       len);
		break;
	case FORM_ERR:
		show_err(d, p, len);
		break;
	case FORM_HTONL:
		memcpy(&be, p, 4);
		sk_show_call_u64(d->s, "htonl", ntohl(be),
				 &(struct sk_coded){ p, 4, 0 });
		break;
	default:
		if (row->form >= FORM_TIMEVAL && row->form <= FORM_TIMESPECS64)
			show_times(d, row->form, p, len);
		else
			show_numbers(d, row->form, p, len);
		break;
	}
}

/* The types of SOL_SOCKET below 5 are messages only, the others options. */
static void show_type(struct sk_dec *d, int level, int type)
{
	char buf[64];
	const char *name = NULL;

	if (level == SOL_SOCKET && type >= 1 && type <= 4)
		name = sk_name_of(&sk_names_scm, (uint64_t)type);
	/* The option that asks for it is IP_RECVORIGDSTADDR. */
	if (level == IPPROTO_IP && type == 20)
		name = "IP_ORIGDSTADDR";
	if (level == IPPROTO_IPV6 && type == 74)
		name = "IPV6_ORIGDSTADDR";
	if (!name)
		name = sk_optname(level, type, buf);
	if (!name && level == SOL_SOCKET)
		name = sk_name_of(&sk_names_scm, (uint64_t)type);
	/* strace comments on none of them. */
	sk_show_named(d->s, name, (uint32_t)type,
		      level == SOL_SOCKET ? "SCM_???" :
		      level == IPPROTO_IP ? "IP_???" : "");
}

/* One message; p[0..len) is its data, of which cmsg_len may claim more. */
static void show_cmsg(struct sk_dec *d, uint64_t cmsg_len, int level,
		      int type, const unsigned char *p, size_t len)
{
	const struct row *row;

	sk_show_open(d->s, '{');
	sk_show_key(d->s, "cmsg_len");
	sk_show_u64(d->s, cmsg_len);
	sk_show_key(d->s, "cmsg_level");
	sk_dec_level(d, level);
	sk_show_key(d->s, "cmsg_type");
	show_type(d, level, type);
	row = len ? row_of(level, type) : NULL;
	/* Of what is known, less than it must be is nothing. */
	if (len && (!row || len >= row->size)) {
		sk_show_key(d->s, "cmsg_data");
		if (row)
			show_data(d, row, p, len);
		else
			show_bytes(d, p, len);
	}
	sk_show_close(d->s, '}');
}

/*
 * Show the message at p; returns what it takes up with the padding behind,
 * which may be more than is left; 0: its length makes no sense.
 */
static size_t show_one(struct sk_dec *d, const unsigned char *p, size_t left)
{
	size_t word = sk_dec_compat(d) ? 4 : 8, head = word + 8, len;
	uint64_t cmsg_len = 0;
	uint32_t len32;
	int level, type;

	if (word == 4) {
		memcpy(&len32, p, 4);
		cmsg_len = len32;
	} else {
		memcpy(&cmsg_len, p, 8);
	}
	memcpy(&level, p + word, 4);
	memcpy(&type, p + word + 4, 4);
	len = cmsg_len > left ? left : (size_t)cmsg_len;
	show_cmsg(d, cmsg_len, level, type, p + head,
		  len > head ? len - head : 0);
	return len < head ? 0 : (len + word - 1) & ~(word - 1);
}

static void show_all(struct sk_dec *d, uint64_t addr, const unsigned char *buf,
		     size_t n, uint64_t len)
{
	size_t head = sk_dec_compat(d) ? 12 : 16, at = 0, step;

	sk_show_open(d->s, '[');
	while (n - at >= head) {
		step = show_one(d, buf + at, n - at);
		at += step ? step : head;
		at = at < n ? at : n;
		if (!step)
			break;
	}
	if (at < n)
		sk_dec_broken(d, addr + at);
	else if (n < len)
		sk_show_more(d->s);
	sk_show_close(d->s, ']');
}

void sk_dec_control(struct sk_dec *d, uint64_t addr, uint64_t len)
{
	size_t head = sk_dec_compat(d) ? 12 : 16;
	unsigned char small[ON_STACK], *buf = small;
	size_t n = len > CONTROL_MAX ? CONTROL_MAX : (size_t)len;

	if (n > sizeof(small))
		buf = malloc(n);
	if (!addr || n < head || !buf ||
	    sk_mem_get(d->ev, addr, buf, n) < 0) {
		sk_show_ptr(d->s, addr);
	} else {
		show_all(d, addr, buf, n, len);
	}
	if (buf != small)
		free(buf);
}
