/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Socket options that are structs. What is set has to be whole, as the kernel
 * has it; what is got may end within a field, when the program has given
 * little room.
 */
#include "trace/dec.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define STRUCT_MAX 136		/* struct group_req */

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

static const struct sk_field group_fields[] = {
	{ "gr_interface", 0, 4, SK_F_IF },
	{ "gr_group", 8, 128, SK_F_SOCKADDR },
	{ NULL }
};

static const struct sk_field group32_fields[] = {
	{ "gr_interface", 0, 4, SK_F_IF },
	{ "gr_group", 4, 128, SK_F_SOCKADDR },
	{ NULL }
};

static const struct sk_field packet_mreq_fields[] = {
	{ "mr_ifindex", 0, 4, SK_F_IF },
	{ "mr_type", 4, 2, SK_F_NAME, &sk_tr_packet_mr, "PACKET_MR_???" },
	{ "mr_alen", 6, 2, SK_F_U },
	{ "mr_address", 8, 8, SK_F_HWADDR },
	{ NULL }
};

static const struct sk_field packet_ring_fields[] = {
	{ "tp_block_size", 0, 4, SK_F_U },
	{ "tp_block_nr", 4, 4, SK_F_U },
	{ "tp_frame_size", 8, 4, SK_F_U },
	{ "tp_frame_nr", 12, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field packet_stats_fields[] = {
	{ "tp_packets", 0, 4, SK_F_U },
	{ "tp_drops", 4, 4, SK_F_U },
	{ "tp_freeze_q_cnt", 8, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field txtime_fields[] = {
	{ "clockid", 0, 4, SK_F_I },
	{ "flags", 4, 4, SK_F_X },
	{ NULL }
};

enum way {
	GET = 1, SET = 2, BOTH = 3,
	EXACT = 4,		/* a pointer unless it is as long as this */
};

/* Numbers as in socket(7), ip(7), ipv6(7), packet(7). */
static const struct row {
	int level, first, last;
	unsigned way;
	size_t size;
	const struct sk_field *fields;
} rows[] = {
	{ SOL_SOCKET, SO_LINGER, SO_LINGER, BOTH, 8, linger_fields },
	{ SOL_SOCKET, SO_PEERCRED, SO_PEERCRED, GET, 12, ucred_fields },
	{ SOL_SOCKET, 61 /* SO_TXTIME */, 61, BOTH, 8, txtime_fields },
	{ IPPROTO_IP, 35, 36, SET, 8, mreq_fields },
	{ IPPROTO_IP, 37, 40, SET, 12, mreq_source_fields },
	{ IPPROTO_IP, 42, 42, SET, 136, group_fields },
	{ IPPROTO_IP, 45, 45, SET, 136, group_fields },
	{ IPPROTO_IPV6, 20, 21, SET, 20, mreq6_fields },
	{ IPPROTO_IPV6, 27, 28, SET, 20, mreq6_fields },
	{ IPPROTO_IPV6, 42, 42, SET, 136, group_fields },
	{ IPPROTO_IPV6, 45, 45, SET, 136, group_fields },
	{ 263 /* SOL_PACKET */, 1, 2, SET | EXACT, 16, packet_mreq_fields },
	{ 263, 5 /* PACKET_RX_RING */, 5, SET | EXACT, 16,
	  packet_ring_fields },
	{ 263, 6 /* PACKET_STATISTICS */, 6, GET, 12, packet_stats_fields },
	{ 263, 13 /* PACKET_TX_RING */, 13, SET | EXACT, 16,
	  packet_ring_fields },
};

/* Of i386 the addresses begin earlier. */
static struct row narrowed(const struct sk_dec *d, const struct row *r)
{
	struct row narrow = *r;

	if (d->ev->abi == SK_ABI_I386 && r->fields == group_fields) {
		narrow.fields = group32_fields;
		narrow.size -= 4;
	}
	return narrow;
}

static void show_row(struct sk_dec *d, const struct row *wide, uint64_t addr,
		     int64_t len, bool set)
{
	const struct row r = narrowed(d, wide);
	size_t n = (uint64_t)len < r.size ? (size_t)len : r.size;
	unsigned char data[STRUCT_MAX];

	if ((set && (uint64_t)len < r.size) ||
	    (r.way & EXACT && (uint64_t)len != r.size) ||
	    sk_mem_get(d->ev, addr, data, n) < 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '{');
	sk_dec_fields_cut(d, r.fields, data, n);
	sk_show_close(d->s, '}');
}

/* struct sock_fprog; the program itself stands elsewhere in memory. */
static void show_filter(struct sk_dec *d, uint64_t addr, int64_t len)
{
	bool compat = sk_dec_compat(d);
	int64_t size = compat ? 8 : 16;
	unsigned char val[16];
	uint64_t filter = 0;
	uint16_t n;

	if (len != size || sk_mem_get(d->ev, addr, val, (size_t)size) < 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	memcpy(&n, val, 2);
	memcpy(&filter, val + (compat ? 4 : 8), compat ? 4 : 8);
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "len");
	sk_show_u64(d->s, n);
	sk_show_key(d->s, "filter");
	sk_dec_bpf(d, filter, n);
	sk_show_close(d->s, '}');
}

/* A set of ICMP types that are filtered out; of many, those that are not. */
static void show_icmp_filter(struct sk_dec *d, uint32_t set)
{
	struct sk_out *out = d->s->out;
	const char *sep = "";
	bool others = __builtin_popcount(set) > 16;

	if (d->s->json) {
		sk_show_hex(d->s, set);
		return;
	}
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
}

/* A filter may be shorter than its word: what lacks is filtered out. */
static void read_icmp_filter(struct sk_dec *d, uint64_t addr, int64_t len)
{
	uint32_t set = UINT32_MAX;

	if (sk_mem_get(d->ev, addr, &set, len < 4 ? (size_t)len : 4) < 0)
		sk_show_ptr(d->s, addr);
	else
		show_icmp_filter(d, set);
}

bool sk_dec_optstruct(struct sk_dec *d, int level, int name, uint64_t addr,
		      int64_t len)
{
	bool set = d->ev->sys == SK_SYS_setsockopt;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].level != level || rows[i].first > name ||
		    rows[i].last < name || !(rows[i].way & (set ? SET : GET)))
			continue;
		show_row(d, &rows[i], addr, len, set);
		return true;
	}
	if (level == IPPROTO_RAW && name == 1 /* ICMP_FILTER */) {
		read_icmp_filter(d, addr, len);
		return true;
	}
	if (level != SOL_SOCKET)
		return false;
	if (set && (name == SO_ATTACH_FILTER ||
		    name == 51 /* SO_ATTACH_REUSEPORT_CBPF */)) {
		show_filter(d, addr, len);
		return true;
	}
	/* SO_GET_FILTER: the length counts instructions. */
	if (!set && name == SO_ATTACH_FILTER) {
		if (len > UINT16_MAX)
			sk_show_ptr(d->s, addr);
		else
			sk_dec_bpf(d, addr, (unsigned)len);
		return true;
	}
	return false;
}
