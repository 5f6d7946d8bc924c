/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Details of SCTP, XDP and TIPC in ss's words, and of BPF socket storage. */
#include "diag/show.h"

#include <sys/socket.h>

#include <linux/xdp_diag.h>

#include "diag/blob.h"

/* --- SCTP ----------------------------------------------------------------- */

/* Addresses of an end, without ports: all have the same. */
static void show_addresses(struct sk_line *l, const char *label,
			   struct sk_bytes b)
{
	uint8_t ip[16];
	int family;

	for (; sk_blob_next_address(&b, &family, ip); label = ",") {
		line_str(l, label);
		line_ip(l, family, ip);
	}
}

void sk_show_sctp(struct sk_line *l, const struct sk_sock *s)
{
	show_addresses(l, " locals:", s->locals);
	show_addresses(l, " peers:", s->peers);
	sk_blob_text(l, sk_blob_sctp, s->info);
}

/* --- XDP ------------------------------------------------------------------ */

static void show_ring(struct sk_line *l, const struct sk_view *v,
		      const char *name, struct sk_bytes b)
{
	struct xdp_diag_ring r;

	if (b.len < sizeof(r))
		return;
	memcpy(&r, b.p, sizeof(r));
	sk_show_line(l, v);
	line_str(l, name);
	line_lit(l, "(entries:");
	line_u64(l, r.entries);
	line_char(l, ')');
}

static void show_blob(struct sk_line *l, const struct sk_view *v,
		      const char *name, const struct sk_blob_field *table,
		      struct sk_bytes b)
{
	if (!b.p)
		return;
	sk_show_line(l, v);
	line_str(l, name);
	line_char(l, '(');
	sk_blob_text(l, table, b);
	line_char(l, ')');
}

void sk_show_xdp(struct sk_line *l, const struct sk_view *v,
		 const struct sk_sock *s)
{
	show_ring(l, v, "rx", s->rx_ring);
	show_ring(l, v, "tx", s->tx_ring);
	show_blob(l, v, "umem", sk_blob_umem, s->umem);
	show_ring(l, v, "fr", s->fill_ring);
	show_ring(l, v, "cr", s->completion_ring);
	show_blob(l, v, "stats", sk_blob_xdp_stats, s->xdp_stats);
}

/* --- TIPC ----------------------------------------------------------------- */

static const char *tipc_type(unsigned type)
{
	static const char *const names[] = {
		[SOCK_STREAM] = "STREAM", [SOCK_DGRAM] = "DGRAM",
		[SOCK_RDM] = "RDM",	  [SOCK_SEQPACKET] = "SEQPACKET",
	};

	return type < sizeof(names) / sizeof(*names) && names[type] ?
		       names[type] : "UNKNOWN";
}

void sk_show_tipc(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s)
{
	sk_show_line(l, v);
	line_lit(l, "type:");
	line_str(l, tipc_type(s->type));
	line_lit(l, " cong:");
	line_str(l, s->tipc.link_congested ? "link" :
		    s->tipc.con_congested  ? "conn" : "none");
	line_lit(l, " drop:");
	line_u64(l, s->drops);
	if (s->tipc.published)
		line_lit(l, " publ");
	if (!s->tipc.via)
		return;
	line_lit(l, " via {");
	line_u64(l, s->tipc.via_type);
	line_char(l, ',');
	line_u64(l, s->tipc.via_instance);
	line_char(l, '}');
}

/* --- storage of BPF programs ---------------------------------------------- */

void sk_show_storage(struct sk_line *l, const struct sk_view *v,
		     const struct sk_sock *s)
{
	struct sk_bytes rest = s->storage;
	struct sk_storage one;

	while (sk_blob_next_storage(&rest, &one)) {
		sk_show_line(l, v);
		line_lit(l, "map_id:");
		line_u64(l, one.map_id);
		line_lit(l, " [");
		line_hex_bytes(l, one.value.p, one.value.len);
		line_char(l, ']');
	}
}
