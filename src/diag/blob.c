/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/blob.h"

#include <netinet/in.h>

#include <linux/sctp.h>
#include <linux/sock_diag.h>
#include <linux/xdp_diag.h>

#include "base/load.h"
#include "diag/dump.h"
#include "diag/json_in.h"

/* --- the tables ----------------------------------------------------------- */

static const char *const mptcp_flags[] = { " fallback", " remote_key", NULL };

/* struct mptcp_info of Linux 6.18, in ss's order; newer than many headers. */
const struct sk_blob_field sk_blob_mptcp[] = {
#define F(name, offset, size) \
	{ " " name ":", name, offset, size, SK_BLOB_DEC, NULL }
	F("subflows", 0, 1),
	F("add_addr_signal", 1, 1),
	F("add_addr_accepted", 2, 1),
	F("subflows_max", 3, 1),
	F("add_addr_signal_max", 4, 1),
	F("add_addr_accepted_max", 5, 1),
	{ "", "flags", 8, 4, SK_BLOB_BITS, mptcp_flags },
	{ " token:", "token", 12, 4, SK_BLOB_HEX, NULL },
	F("write_seq", 16, 8),
	F("snd_una", 24, 8),
	F("rcv_nxt", 32, 8),
	F("local_addr_used", 40, 1),
	F("local_addr_max", 41, 1),
	F("csum_enabled", 42, 1),
	F("retransmits", 44, 4),
	F("bytes_retrans", 48, 8),
	F("bytes_sent", 56, 8),
	F("bytes_received", 64, 8),
	F("bytes_acked", 72, 8),
	F("subflows_total", 80, 1),
	F("endp_laminar_max", 81, 1),
	{ " last_data_sent:", "last_data_sent_ms", 84, 4, SK_BLOB_DEC, NULL },
	{ " last_data_recv:", "last_data_recv_ms", 88, 4, SK_BLOB_DEC, NULL },
	{ " last_ack_recv:", "last_ack_recv_ms", 92, 4, SK_BLOB_DEC, NULL },
#undef F
	{ NULL, NULL, 0, 0, 0, NULL },
};

/* enum sctp_state of linux/sctp.h, as ss writes it. */
static const char *const sctp_states[] = {
	"CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTAB", "SHUTDOWN_PENDING",
	"SHUTDOWN_SENT", "SHUTDOWN_RECEIVED", "ACK_SENT", NULL
};

/* ss's labels first and in its order; what it leaves out, by its own name. */
const struct sk_blob_field sk_blob_sctp[] = {
#define AT(member) offsetof(struct sctp_info, sctpi_##member), \
	sizeof(((struct sctp_info *)0)->sctpi_##member)
#define F(label, member) \
	{ " " label ":", #member, AT(member), SK_BLOB_DEC, NULL }
	{ " tag:", "tag", AT(tag), SK_BLOB_HEX, NULL },
	{ " state:", NULL, AT(state), SK_BLOB_NAME, sctp_states },
	{ NULL, "state", AT(state), SK_BLOB_DEC, NULL },
	F("rwnd", rwnd),
	F("unackdata", unackdata),
	F("penddata", penddata),
	F("instrms", instrms),
	F("outstrms", outstrms),
	F("inqueue", inqueue),
	F("outqueue", outqueue),
	F("overerr", overall_error),
	F("maxburst", max_burst),
	F("maxseg", maxseg),
	F("prwnd", peer_rwnd),
	{ " ptag:", "peer_tag", AT(peer_tag), SK_BLOB_HEX, NULL },
	F("pcapable", peer_capable),
	F("psack", peer_sack),
	F("autoclose", s_autoclose),
	F("adapind", s_adaptation_ind),
	F("pdpoint", s_pd_point),
	F("nodelay", s_nodelay),
	F("disfrag", s_disable_fragments),
	F("v4mapped", s_v4mapped),
	F("fraginl", s_frag_interleave),
	F("type", s_type),
	F("fragmentation_point", fragmentation_point),
	F("isacks", isacks),
	F("osacks", osacks),
	F("opackets", opackets),
	F("ipackets", ipackets),
	F("rtxchunks", rtxchunks),
	F("outofseqtsns", outofseqtsns),
	F("idupchunks", idupchunks),
	F("gapcnt", gapcnt),
	F("ouodchunks", ouodchunks),
	F("iuodchunks", iuodchunks),
	F("oodchunks", oodchunks),
	F("iodchunks", iodchunks),
	F("octrlchunks", octrlchunks),
	F("ictrlchunks", ictrlchunks),
	F("p_cwnd", p_cwnd),
	{ " p_srtt:", "p_srtt_ms", AT(p_srtt), SK_BLOB_DEC, NULL },
	{ " p_rto:", "p_rto_ms", AT(p_rto), SK_BLOB_DEC, NULL },
	{ " p_hbinterval:", "p_hbinterval_ms", AT(p_hbinterval), SK_BLOB_DEC,
	  NULL },
	F("p_pathmaxrxt", p_pathmaxrxt),
	{ " p_sackdelay:", "p_sackdelay_ms", AT(p_sackdelay), SK_BLOB_DEC,
	  NULL },
	F("p_sackfreq", p_sackfreq),
	F("p_ssthresh", p_ssthresh),
	F("p_partial_bytes_acked", p_partial_bytes_acked),
	F("p_flight_size", p_flight_size),
	F("p_error", p_error),
#undef F
#undef AT
	{ NULL, NULL, 0, 0, 0, NULL },
};

#define AT(type, member) \
	offsetof(struct type, member), sizeof(((struct type *)0)->member)

const struct sk_blob_field sk_blob_umem[] = {
#define F(label, member) \
	{ label ":", #member, AT(xdp_diag_umem, member), SK_BLOB_ALL, NULL }
	F("id", id),
	{ ",size:", "size_bytes", AT(xdp_diag_umem, size), SK_BLOB_ALL, NULL },
	F(",num_pages", num_pages),
	F(",chunk_size", chunk_size),
	F(",headroom", headroom),
	F(",ifindex", ifindex),
	F(",qid", queue_id),
	{ ",zc:", "flags", AT(xdp_diag_umem, flags), SK_BLOB_FLAG, NULL },
	F(",refs", refs),
#undef F
	{ NULL, NULL, 0, 0, 0, NULL },
};

const struct sk_blob_field sk_blob_xdp_stats[] = {
#define F(label, member) \
	{ label ":", #member, AT(xdp_diag_stats, member), SK_BLOB_ALL, NULL }
	F("rx dropped", n_rx_dropped),
	F(",rx invalid", n_rx_invalid),
	F(",rx queue full", n_rx_full),
	F(",rx fill ring empty", n_fill_ring_empty),
	F(",tx invalid", n_tx_invalid),
	F(",tx ring empty", n_tx_ring_empty),
#undef F
	{ NULL, NULL, 0, 0, 0, NULL },
};

/* --- showing -------------------------------------------------------------- */

bool sk_blob_get(const struct sk_blob_field *f, struct sk_bytes b,
		 uint64_t *value)
{
	if (!b.p || (size_t)f->offset + f->size > b.len)
		return false;
	*value = sk_load((const char *)b.p + f->offset, f->size);
	return true;
}

static void put_name(struct sk_line *l, const struct sk_blob_field *f,
		     uint64_t v)
{
	uint64_t i = 0;

	while (i < v && f->names[i])
		i++;
	if (f->names[i])
		line_str(l, f->names[i]);
	else
		line_u64(l, v);
}

static void put_bits(struct sk_line *l, const struct sk_blob_field *f,
		     uint64_t v)
{
	for (unsigned i = 0; f->names[i]; i++)
		if (v & UINT64_C(1) << i)
			line_str(l, f->names[i]);
}

void sk_blob_text(struct sk_line *l, const struct sk_blob_field *f,
		  struct sk_bytes b)
{
	uint64_t v;

	for (; f->label || f->key; f++) {
		if (!f->label || !sk_blob_get(f, b, &v) ||
		    (!v && f->form != SK_BLOB_ALL && f->form != SK_BLOB_FLAG))
			continue;
		line_str(l, f->label);
		if (f->form == SK_BLOB_HEX)
			line_hex(l, v);
		else if (f->form == SK_BLOB_NAME)
			put_name(l, f, v);
		else if (f->form == SK_BLOB_BITS)
			put_bits(l, f, v);
		else
			line_u64(l, f->form == SK_BLOB_FLAG ? v & 1 : v);
	}
}

void sk_blob_json(struct sk_line *l, const struct sk_blob_field *f,
		  struct sk_bytes b, bool first)
{
	uint64_t v = 0;

	for (; f->label || f->key; f++) {
		bool has = sk_blob_get(f, b, &v);

		if (!f->key)
			continue;
		line_str(l, first ? "\"" : ",\"");
		line_str(l, f->key);
		line_lit(l, "\":");
		sk_js_number(l, has, v);
		first = false;
	}
}

/* --- lists ---------------------------------------------------------------- */

static void skip(struct sk_bytes *b, size_t n)
{
	n = n < b->len ? n : b->len;
	b->p = (const char *)b->p + n;
	b->len -= (uint32_t)n;
}

bool sk_blob_next_address(struct sk_bytes *b, int *family, uint8_t ip[16])
{
	struct sockaddr_storage a;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (b->len < sizeof(a))
		return false;
	memcpy(&a, b->p, sizeof(a));
	memcpy(&in, &a, sizeof(in));
	memcpy(&in6, &a, sizeof(in6));
	skip(b, sizeof(a));
	*family = a.ss_family == AF_INET6 ? AF_INET6 : AF_INET;
	memset(ip, 0, 16);
	if (*family == AF_INET6)
		memcpy(ip, &in6.sin6_addr, 16);
	else
		memcpy(ip, &in.sin_addr, 4);
	return true;
}

static void take_storage(struct sk_storage *one, const struct nlattr *nest)
{
	const struct nlattr *a;

	*one = (struct sk_storage){ .map_id = 0 };
	sk_nl_for_each_nested(a, nest) {
		if (mnl_attr_get_type(a) == SK_DIAG_BPF_STORAGE_MAP_ID)
			one->map_id = sk_nl_u32(a);
		else if (mnl_attr_get_type(a) == SK_DIAG_BPF_STORAGE_MAP_VALUE)
			one->value = sk_nl_bytes(a, 0);
	}
}

bool sk_blob_next_storage(struct sk_bytes *b, struct sk_storage *one)
{
	while (b->p) {
		const struct nlattr *a = b->p;

		if (!sk_nl_attr_ok(a, (const char *)b->p + b->len))
			return false;
		skip(b, MNL_ALIGN(a->nla_len));
		if (mnl_attr_get_type(a) != SK_DIAG_BPF_STORAGE)
			continue;
		take_storage(one, a);
		return true;
	}
	return false;
}
