/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind the columns of a row, family by family, in ss's words. */
#include "diag/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include <linux/filter.h>
#include <linux/packet_diag.h>

#include "diag/blob.h"
#include "diag/cgroup.h"

/* --- parts of several families -------------------------------------------- */

/* "1min30sec", "2.500sec", "200ms": parts that would be noise are left out. */
static void show_time(struct sk_line *l, uint32_t ms)
{
	uint32_t min = ms / 60000, sec = ms / 1000 % 60, rest = ms % 1000;
	char text[16];

	if (min) {
		line_u64(l, min);
		line_lit(l, "min");
		rest = 0;
		if (min > 9)
			sec = 0;
	}
	if (sec > 9)
		rest = 0;
	if (sec) {
		line_u64(l, sec);
		if (rest)
			line_char(l, '.');
		else
			line_lit(l, "sec");
	}
	if (rest) {
		snprintf(text, sizeof(text), "%03u%s", rest,
			 sec ? "sec" : "ms");
		line_str(l, text);
	}
}

static void show_timer(struct sk_line *l, const struct sk_sock *s)
{
	static const char *const names[] = {
		"off", "on", "keepalive", "timewait", "persist", "delack",
	};

	if (!(s->has & SK_HAS(TIMER)) || !s->timer)
		return;
	line_lit(l, " timer:(");
	if (s->kind == SK_KIND_SCTP)
		line_lit(l, "T3_RTX");
	else
		line_str(l, s->timer < 6 ? names[s->timer] : "unknown");
	line_char(l, ',');
	show_time(l, s->timer_ms);
	line_char(l, ',');
	line_u64(l, s->timer_retrans);
	line_char(l, ')');
}

void sk_show_cgroup(struct sk_line *l, uint64_t id)
{
	const char *path = sk_cgroup_path(id);

	if (path) {
		line_escape(l, path, strlen(path));
	} else {
		line_lit(l, "unreachable:");
		line_hex(l, id);
	}
}

static void show_extended(struct sk_line *l, const struct sk_sock *s)
{
	if (s->has & SK_HAS(UID) && s->uid) {
		line_lit(l, " uid:");
		line_u64(l, s->uid);
	}
	line_lit(l, " ino:");
	line_u64(l, s->inode);
	/* /proc knows none. */
	if (s->has & SK_HAS(COOKIE)) {
		line_lit(l, " sk:");
		line_hex(l, s->cookie);
	}
	if (s->has & SK_HAS(MARK) && s->mark) {
		line_lit(l, " fwmark:0x");
		line_hex(l, s->mark);
	}
	if (s->has & SK_HAS(CGROUP) && s->cgroup) {
		line_lit(l, " cgroup:");
		sk_show_cgroup(l, s->cgroup);
	}
}

/* Which ways are still open: "<->", "--", "<-"… */
static void show_shutdown(struct sk_line *l, const struct sk_sock *s)
{
	if (!(s->has & SK_HAS(SHUTDOWN)))
		return;
	line_char(l, ' ');
	line_char(l, s->shutdown & 1 ? '-' : '<');
	line_char(l, '-');
	line_char(l, s->shutdown & 2 ? '-' : '>');
}

void sk_show_memory(struct sk_line *l, const struct sk_sock *s)
{
	static const char *const labels[SK_MEM_COUNT] = {
		" skmem:(r", ",rb", ",t", ",tb", ",f", ",w", ",o", ",bl", ",d",
	};

	if (!(s->has & SK_HAS(MEM)))
		return;
	for (unsigned i = 0; i < s->n_mem; i++) {
		line_str(l, labels[i]);
		line_u64(l, s->mem[i]);
	}
	line_char(l, ')');
}

void sk_show_line(struct sk_line *l, const struct sk_view *v)
{
	if (v->oneline)
		line_char(l, ' ');
	else
		line_lit(l, "\n\t");
}

/* --- inet ----------------------------------------------------------------- */

static void show_hex(struct sk_line *l, const char *label, bool has,
		     uint32_t value)
{
	if (!has)
		return;
	line_str(l, label);
	/* as printf's %#x: no prefix for zero */
	if (value)
		line_lit(l, "0x");
	line_hex(l, value);
}

static void show_sockopt(struct sk_line *l, const struct sk_view *v,
			 const struct sk_sock *s)
{
	static const char *const bits[] = {
		" recverr", " is_icsk", " freebind", " hdrincl", " mc_loop",
		" transparent", " mc_all", " nodefrag", " bind_addr_no_port",
		" recverr_rfc4884", " defer_connect",
	};
	unsigned set = s->sockopt[0] | (unsigned)s->sockopt[1] << 8;

	if (!(s->has & SK_HAS(SOCKOPT)))
		return;
	sk_show_line(l, v);
	line_lit(l, "inet-sockopt: (");
	for (unsigned i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (set & 1u << i)
			line_str(l, bits[i]);
	line_char(l, ')');
}

static void show_inet_info(struct sk_line *l, const struct sk_view *v,
			   const struct sk_sock *s)
{
	bool memory = v->memory && s->has & SK_HAS(MEM);

	/* TIME-WAIT has neither; a line with nothing is left out. */
	if (!memory && !(v->info && (s->tcp_info.p || s->info.p ||
				     s->locals.p)))
		return;
	if (!v->oneline)
		line_lit(l, "\n\t");
	if (memory)
		sk_show_memory(l, s);
	/* ss has these by either option. */
	if (s->kind == SK_KIND_SCTP && (memory || v->info))
		sk_show_sctp(l, s);
	if (!v->info)
		return;
	if (s->tcp_info.p)
		sk_show_tcp(l, v, s);
	if (s->md5.p || s->ulp.p)
		sk_show_ulp(l, s);
	if (s->kind == SK_KIND_MPTCP)
		sk_blob_text(l, sk_blob_mptcp, s->info);
}

static void show_inet(struct sk_line *l, const struct sk_view *v,
		      const struct sk_sock *s)
{
	if (v->timers)
		show_timer(l, s);
	if (v->extended) {
		show_extended(l, s);
		if (s->has & SK_HAS(V6ONLY)) {
			line_lit(l, " v6only:");
			line_u64(l, s->v6only);
		}
		show_shutdown(l, s);
	}
	if (v->tos) {
		show_hex(l, " tos:", s->has & SK_HAS(TOS), s->tos);
		show_hex(l, " tclass:", s->has & SK_HAS(TCLASS), s->tclass);
		show_hex(l, " class_id:", s->has & SK_HAS(CLASS_ID),
			 s->class_id);
	}
	if (v->cgroup && s->has & SK_HAS(CGROUP)) {
		line_lit(l, " cgroup:");
		sk_show_cgroup(l, s->cgroup);
	}
	if (v->sockopt)
		show_sockopt(l, v, s);
	if (v->memory || (v->info && s->kind != SK_KIND_UDP))
		show_inet_info(l, v, s);
	if (v->bpf_maps)
		sk_show_storage(l, v, s);
}

/* --- unix, netlink, packet ------------------------------------------------ */

static void show_unix(struct sk_line *l, const struct sk_view *v,
		      const struct sk_sock *s)
{
	if (v->owners && s->peer_owners) {
		line_lit(l, " peer:");
		sk_show_users(l, v, s->peer_owners);
	}
	if (v->memory)
		sk_show_memory(l, s);
	if (!v->extended)
		return;
	show_shutdown(l, s);
	if (s->has & SK_HAS(VFS)) {
		line_lit(l, " ino:");
		line_u64(l, s->vfs_inode);
		line_lit(l, " dev:");
		line_u64(l, major(s->vfs_dev));
		line_char(l, '/');
		line_u64(l, minor(s->vfs_dev));
	}
	/* ss does not ask for it */
	if (s->has & SK_HAS(UID) && s->uid) {
		line_lit(l, " uid:");
		line_u64(l, s->uid);
	}
	if (s->icons.p) {
		line_lit(l, " peers:");
		for (uint32_t at = 0; at + 4 <= s->icons.len; at += 4) {
			uint32_t inode;

			memcpy(&inode, (const char *)s->icons.p + at, 4);
			line_char(l, ' ');
			line_u64(l, inode);
		}
	}
}

static void show_netlink(struct sk_line *l, const struct sk_view *v,
			 const struct sk_sock *s)
{
	uint64_t groups = 0;
	char text[32];

	if (v->extended) {
		memcpy(&groups, s->groups.p ? s->groups.p : &groups,
		       s->groups.len < 8 ? s->groups.len : 8);
		snprintf(text, sizeof(text), " groups=0x%08" PRIx64, groups);
		line_lit(l, " sk=");
		line_hex(l, s->cookie);
		line_lit(l, " cb=0");
		line_str(l, text);
	}
	if (v->memory)
		sk_show_memory(l, s);
}

static void show_ring(struct sk_line *l, const struct sk_view *v,
		      const char *label, struct sk_bytes b)
{
	struct packet_diag_ring r;
	char text[200];

	if (b.len < sizeof(r))
		return;
	memcpy(&r, b.p, sizeof(r));
	sk_show_line(l, v);
	snprintf(text, sizeof(text),
		 "%s(blk_size:%u,blk_nr:%u,frm_size:%u,frm_nr:%u,tmo:%u,"
		 "features:0x%x)", label, r.pdr_block_size, r.pdr_block_nr,
		 r.pdr_frame_size, r.pdr_frame_nr, r.pdr_retire_tmo,
		 r.pdr_features);
	line_str(l, text);
}

static void show_fanout(struct sk_line *l, const struct sk_view *v,
			uint32_t fanout)
{
	static const char *const types[] = { "hash", "lb", "cpu", "roll",
					     "random", "qm" };
	uint32_t type = fanout >> 16;

	sk_show_line(l, v);
	line_lit(l, "fanout(id:");
	line_u64(l, fanout & 0xffff);
	line_lit(l, ",type:");
	if (type < sizeof(types) / sizeof(*types)) {
		line_str(l, types[type]);
	} else {
		line_lit(l, "0x");
		line_hex(l, type);
	}
	line_char(l, ')');
}

static void show_packet_info(struct sk_line *l, const struct sk_view *v,
			     const struct sk_sock *s)
{
	static const char *const flags[] = { "running", " auxdata", " origdev",
					     " vnethdr", " loss" };

	sk_show_line(l, v);
	line_lit(l, "ver:");
	line_u64(l, s->packet.version);
	line_lit(l, " cpy_thresh:");
	line_u64(l, s->packet.copy_thresh);
	line_lit(l, " flags( ");
	for (unsigned i = 0; i < 5; i++)
		if (s->packet.flags & 1u << i)
			line_str(l, flags[i]);
	if (!s->packet.flags)
		line_char(l, '0');
	line_lit(l, " )");
}

static void show_bpf(struct sk_line *l, const struct sk_view *v,
		     struct sk_bytes b)
{
	struct sock_filter f;
	uint32_t n = b.len / (uint32_t)sizeof(f);
	char text[64];

	sk_show_line(l, v);
	snprintf(text, sizeof(text), "bpf filter (%u): ", n);
	line_str(l, text);
	for (uint32_t i = 0; i < n; i++) {
		memcpy(&f, (const char *)b.p + i * sizeof(f), sizeof(f));
		snprintf(text, sizeof(text), " 0x%02x %u %u %u,", f.code, f.jt,
			 f.jf, f.k);
		line_str(l, text);
	}
}

static void show_packet(struct sk_line *l, const struct sk_view *v,
			const struct sk_sock *s)
{
	if (v->extended) {
		show_extended(l, s);
		if (s->has & SK_HAS(PACKET))
			show_packet_info(l, v, s);
		show_ring(l, v, "ring_rx", s->rx_ring);
		show_ring(l, v, "ring_tx", s->tx_ring);
		if (s->has & SK_HAS(FANOUT))
			show_fanout(l, v, s->packet.fanout);
	}
	if (v->bpf && s->bpf.p)
		show_bpf(l, v, s->bpf);
	if (v->memory)
		sk_show_memory(l, s);
}

void sk_show_details(struct sk_line *l, const struct sk_view *v,
		     const struct sk_sock *s)
{
	switch (s->family) {
	case AF_INET:
	case AF_INET6:
		show_inet(l, v, s);
		return;
	case AF_UNIX:
		show_unix(l, v, s);
		return;
	case AF_NETLINK:
		show_netlink(l, v, s);
		return;
	case AF_PACKET:
		show_packet(l, v, s);
		return;
	default:
		if (v->extended)
			show_extended(l, s);
		if (s->kind == SK_KIND_XDP && v->extended)
			sk_show_xdp(l, v, s);
		if (s->kind == SK_KIND_TIPC && v->tipcinfo)
			sk_show_tipc(l, v, s);
		if (v->memory)
			sk_show_memory(l, s);
	}
}
