/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packet sockets, SCTP, XDP, TIPC and BPF socket storage as JSON. */
#include "diag/json_in.h"

#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/packet_diag.h>
#include <linux/xdp_diag.h>

#include "diag/blob.h"

#define NUMBER(l, key, has, v)                                               \
	do {                                                                 \
		line_lit(l, ",\"" key "\":");                                \
		sk_js_number(l, has, v);                                     \
	} while (0)

static void js_bool(struct sk_line *l, const char *key, bool v)
{
	line_str(l, key);
	line_str(l, v ? "true" : "false");
}

/* --- packet --------------------------------------------------------------- */

#define AT(member) \
	offsetof(struct packet_diag_ring, pdr_##member), 4, SK_BLOB_DEC, NULL

static const struct sk_blob_field packet_ring[] = {
	{ NULL, "block_size_bytes", AT(block_size) },
	{ NULL, "blocks", AT(block_nr) },
	{ NULL, "frame_size_bytes", AT(frame_size) },
	{ NULL, "frames", AT(frame_nr) },
	{ NULL, "timeout_ms", AT(retire_tmo) },
	{ NULL, "features", AT(features) },
	{ NULL, NULL, 0, 0, 0, NULL },
};

static void js_object(struct sk_line *l, const char *key,
		      const struct sk_blob_field *table, struct sk_bytes b)
{
	line_str(l, key);
	if (!b.p) {
		line_lit(l, "null");
		return;
	}
	line_char(l, '{');
	sk_blob_json(l, table, b, true);
	line_char(l, '}');
}

/* An array of what stands behind one another, `size` bytes each. */
static void js_entries(struct sk_line *l, const char *key, struct sk_bytes b,
		       uint32_t size,
		       void (*entry)(struct sk_line *l, const void *p))
{
	char before = '[';

	line_str(l, key);
	if (!b.p) {
		line_lit(l, "null");
		return;
	}
	for (; b.len >= size; before = ',') {
		line_char(l, before);
		entry(l, b.p);
		b.p = (const char *)b.p + size;
		b.len -= size;
	}
	line_str(l, before == '[' ? "[]" : "]");
}

/* Entries grow with the kernel's idea of an address; the length says. */
static void js_membership(struct sk_line *l, const void *p)
{
	struct packet_diag_mclist m;

	memcpy(&m, p, sizeof(m));
	line_lit(l, "{\"interface_index\":");
	line_u64(l, m.pdmc_index);
	NUMBER(l, "count", true, m.pdmc_count);
	NUMBER(l, "type", true, m.pdmc_type);
	line_lit(l, ",\"address_hex\":\"");
	line_hex_bytes(l, m.pdmc_addr,
		       m.pdmc_alen < sizeof(m.pdmc_addr) ?
			       m.pdmc_alen : sizeof(m.pdmc_addr));
	line_lit(l, "\"}");
}

static void js_instruction(struct sk_line *l, const void *p)
{
	struct sock_filter f;

	memcpy(&f, p, sizeof(f));
	line_lit(l, "{\"code\":");
	line_u64(l, f.code);
	NUMBER(l, "jt", true, f.jt);
	NUMBER(l, "jf", true, f.jf);
	NUMBER(l, "k", true, f.k);
	line_char(l, '}');
}

static void js_packet(struct sk_line *l, const struct sk_sock *s)
{
	bool has = s->has & SK_HAS(PACKET);

	line_lit(l, ",\"packet\":");
	if (s->family != AF_PACKET) {
		line_lit(l, "null");
		return;
	}
	line_lit(l, "{\"version\":");
	sk_js_number(l, has, s->packet.version);
	NUMBER(l, "reserve_bytes", has, s->packet.reserve);
	NUMBER(l, "copy_thresh_bytes", has, s->packet.copy_thresh);
	NUMBER(l, "tstamp", has, s->packet.tstamp);
	NUMBER(l, "flags", has, s->packet.flags);
	NUMBER(l, "fanout", s->has & SK_HAS(FANOUT), s->packet.fanout);
	js_object(l, ",\"rx_ring\":", packet_ring, s->rx_ring);
	js_object(l, ",\"tx_ring\":", packet_ring, s->tx_ring);
	js_entries(l, ",\"memberships\":", s->mclist,
		   sizeof(struct packet_diag_mclist), js_membership);
	js_entries(l, ",\"filter\":", s->bpf, sizeof(struct sock_filter),
		   js_instruction);
	line_char(l, '}');
}

/* --- SCTP ----------------------------------------------------------------- */

static void js_addresses(struct sk_line *l, const char *key, struct sk_bytes b)
{
	const char *before = "[\"";
	uint8_t ip[16];
	int family;

	line_str(l, key);
	if (!b.p) {
		line_lit(l, "null");
		return;
	}
	for (; sk_blob_next_address(&b, &family, ip); before = ",\"") {
		line_str(l, before);
		line_ip(l, family, ip);
		line_char(l, '"');
	}
	line_str(l, *before == '[' ? "[]" : "]");
}

static void js_sctp(struct sk_line *l, const struct sk_sock *s)
{
	line_lit(l, ",\"sctp\":");
	if (s->kind != SK_KIND_SCTP) {
		line_lit(l, "null");
		return;
	}
	line_char(l, '{');
	js_addresses(l, "\"local_addresses\":", s->locals);
	js_addresses(l, ",\"peer_addresses\":", s->peers);
	sk_blob_json(l, sk_blob_sctp, s->info, false);
	line_char(l, '}');
}

/* --- XDP ------------------------------------------------------------------ */

static void js_xdp(struct sk_line *l, const struct sk_sock *s)
{
	static const struct sk_blob_field entries = {
		NULL, "", offsetof(struct xdp_diag_ring, entries), 4,
		SK_BLOB_DEC, NULL
	};
	const struct {
		const char *key;
		struct sk_bytes ring;
	} rings[] = {
		{ "{\"rx_ring_entries\":", s->rx_ring },
		{ ",\"tx_ring_entries\":", s->tx_ring },
		{ ",\"fill_ring_entries\":", s->fill_ring },
		{ ",\"completion_ring_entries\":", s->completion_ring },
	};
	uint64_t v = 0;

	line_lit(l, ",\"xdp\":");
	if (s->kind != SK_KIND_XDP) {
		line_lit(l, "null");
		return;
	}
	for (size_t i = 0; i < sizeof(rings) / sizeof(*rings); i++) {
		bool has = sk_blob_get(&entries, rings[i].ring, &v);

		line_str(l, rings[i].key);
		sk_js_number(l, has, v);
	}
	js_object(l, ",\"umem\":", sk_blob_umem, s->umem);
	js_object(l, ",\"stats\":", sk_blob_xdp_stats, s->xdp_stats);
	line_char(l, '}');
}

/* --- TIPC ----------------------------------------------------------------- */

static void js_tipc(struct sk_line *l, const struct sk_sock *s)
{
	line_lit(l, ",\"tipc\":");
	if (s->kind != SK_KIND_TIPC) {
		line_lit(l, "null");
		return;
	}
	js_bool(l, "{\"published\":", s->tipc.published);
	js_bool(l, ",\"link_congested\":", s->tipc.link_congested);
	js_bool(l, ",\"connection_congested\":", s->tipc.con_congested);
	NUMBER(l, "via_type", s->tipc.via, s->tipc.via_type);
	NUMBER(l, "via_instance", s->tipc.via, s->tipc.via_instance);
	line_char(l, '}');
}

/* --- BPF ------------------------------------------------------------------ */

static void js_storage(struct sk_line *l, const struct sk_sock *s)
{
	struct sk_bytes rest = s->storage;
	const char *before = "[";
	struct sk_storage one;

	line_lit(l, ",\"bpf_storage\":");
	if (!s->storage.p) {
		line_lit(l, "null");
		return;
	}
	for (; sk_blob_next_storage(&rest, &one); before = ",") {
		line_str(l, before);
		line_lit(l, "{\"map_id\":");
		line_u64(l, one.map_id);
		line_lit(l, ",\"value_hex\":\"");
		line_hex_bytes(l, one.value.p, one.value.len);
		line_lit(l, "\"}");
	}
	line_str(l, *before == '[' ? "[]" : "]");
}

void sk_js_other(struct sk_line *l, const struct sk_sock *s)
{
	js_packet(l, s);
	js_sctp(l, s);
	js_xdp(l, s);
	js_tipc(l, s);
	js_storage(l, s);
}
