/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records as JSON: every field, the unit in the name of each, null where
 * nobody told us. What only some families have stands in an object of its
 * own, which is null for the others. The keys are described, and held
 * together with this file by a test, in stat.schema.json.
 *
 * base/json.h is not used for the rows: a hundred members a socket have to be
 * made of memcpy.
 */
#include "diag/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>

#include "base/text.h"
#include "diag/json_in.h"
#include "diag/owners.h"
#include "sock/names.h"
#include "sock/tcp_info.h"

struct json {
	struct sk_renderer r;
	bool lines;
	uint64_t rows;
	struct sk_line line;
};

/* --- values --------------------------------------------------------------- */

void sk_js_string(struct sk_line *l, const void *text, size_t n)
{
	const unsigned char *p = text, *end = p + n;
	char hex[8];

	line_char(l, '"');
	while (p < end) {
		size_t len = sk_utf8_len(p, (size_t)(end - p));

		if (len > 1) {
			line_put(l, (const char *)p, len);
			p += len;
			continue;
		}
		if (!len)
			snprintf(hex, sizeof(hex), "\\\\x%02x", *p);
		else if (*p == '"' || *p == '\\')
			snprintf(hex, sizeof(hex), "\\%c", *p);
		else if (*p < ' ' || *p == 0x7f)
			snprintf(hex, sizeof(hex), "\\u%04x", *p);
		else
			snprintf(hex, sizeof(hex), "%c", *p);
		line_str(l, hex);
		p++;
	}
	line_char(l, '"');
}

void sk_js_number(struct sk_line *l, bool has, uint64_t v)
{
	if (has)
		line_u64(l, v);
	else
		line_lit(l, "null");
}

static void js_bool(struct sk_line *l, bool v)
{
	if (v)
		line_lit(l, "true");
	else
		line_lit(l, "false");
}

#define NUMBER(l, key, has, v)                                               \
	do {                                                                 \
		line_lit(l, ",\"" key "\":");                                \
		sk_js_number(l, has, v);                                     \
	} while (0)

/* --- addresses ------------------------------------------------------------ */

static const char *family_name(unsigned family)
{
	static const struct {
		unsigned family;
		const char *name;
	} names[] = {
		{ AF_INET, "inet" },	   { AF_INET6, "inet6" },
		{ AF_UNIX, "unix" },	   { AF_NETLINK, "netlink" },
		{ AF_PACKET, "packet" },   { AF_VSOCK, "vsock" },
		{ 30, "tipc" },		   { 44, "xdp" },
		{ 43, "smc" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].family == family)
			return names[i].name;
	return "unknown";
}

static void js_end(struct sk_line *l, const struct sk_sock *s, unsigned side)
{
	const struct sk_end *e = side ? &s->peer : &s->local;
	bool inet = s->family == AF_INET || s->family == AF_INET6;

	if (side)
		line_lit(l, ",\"peer_address\":");
	else
		line_lit(l, ",\"local_address\":");
	if (inet) {
		line_char(l, '"');
		line_ip(l, s->family, e->ip);
		line_char(l, '"');
	} else if (s->family == AF_VSOCK || s->kind == SK_KIND_TIPC) {
		line_char(l, '"');
		line_u64(l, e->cid);
		line_char(l, '"');
	} else {
		line_lit(l, "null");
	}
	if (side)
		line_lit(l, ",\"peer_port\":");
	else
		line_lit(l, ",\"local_port\":");
	sk_js_number(l, inet || s->family == AF_VSOCK ||
			(s->family == AF_NETLINK && !side) ||
			s->kind == SK_KIND_TIPC ||
			(s->kind == SK_KIND_XDP && !side), e->port);
}

static void js_name(struct sk_line *l, struct sk_bytes b)
{
	if (!b.p)
		line_lit(l, "null");
	else if (b.len && !*(const char *)b.p)
		sk_js_string(l, (const char *)b.p + 1, b.len - 1);
	else
		sk_js_string(l, b.p, strnlen(b.p, b.len));
}

/* --- the parts of all families -------------------------------------------- */

static void js_head(struct sk_line *l, const struct sk_view *v,
		    const struct sk_sock *s)
{
	line_lit(l, "{\"netns\":");
	if (v->netns)
		sk_js_string(l, v->netns[s->netns],
			     strlen(v->netns[s->netns]));
	else
		line_lit(l, "null");
	line_lit(l, ",\"netid\":\"");
	line_str(l, sk_show_netid(s));
	line_lit(l, "\",\"kind\":\"");
	line_str(l, sk_kind_of(s->kind)->name);
	line_lit(l, "\",\"family\":\"");
	line_str(l, family_name(s->family));
	line_lit(l, "\",\"state\":\"");
	line_str(l, s->state == SK_STATE_BOUND_INACTIVE ?
			    "BOUND" : sk_state_name(s->state));
	line_char(l, '"');
	NUMBER(l, "recv_q", s->has & SK_HAS(QUEUES), s->rqueue);
	NUMBER(l, "send_q", s->has & SK_HAS(QUEUES), s->wqueue);
	js_end(l, s, 0);
	js_end(l, s, 1);
	line_lit(l, ",\"interface\":");
	if (s->has & SK_HAS(IFINDEX)) {
		const char *name = sk_show_ifname(s->ifindex);

		sk_js_string(l, name, strlen(name));
	} else {
		line_lit(l, "null");
	}
}

static void js_common(struct sk_line *l, const struct sk_sock *s)
{
	NUMBER(l, "protocol", s->has & SK_HAS(PROTOCOL), s->protocol);
	NUMBER(l, "uid", s->has & SK_HAS(UID), s->uid);
	NUMBER(l, "inode", s->has & SK_HAS(INODE), s->inode);
	NUMBER(l, "cookie", s->has & SK_HAS(COOKIE), s->cookie);
	NUMBER(l, "mark", s->has & SK_HAS(MARK), s->mark);
	NUMBER(l, "cgroup_id", s->has & SK_HAS(CGROUP), s->cgroup);
	NUMBER(l, "class_id", s->has & SK_HAS(CLASS_ID), s->class_id);
	NUMBER(l, "tos", s->has & SK_HAS(TOS), s->tos);
	NUMBER(l, "tclass", s->has & SK_HAS(TCLASS), s->tclass);
	NUMBER(l, "refs", s->has & SK_HAS(REFS), s->refs);
	NUMBER(l, "drops",
	       s->has & SK_HAS(DROPS) ||
		       (s->has & SK_HAS(MEM) && s->n_mem > SK_MEM_DROPS),
	       s->has & SK_HAS(DROPS) ? s->drops : s->mem[SK_MEM_DROPS]);
	NUMBER(l, "age_ms", s->has & SK_HAS(AGE), s->age_ms);
	line_lit(l, ",\"v6only\":");
	if (s->has & SK_HAS(V6ONLY))
		js_bool(l, s->v6only);
	else
		line_lit(l, "null");
	if (s->has & SK_HAS(SHUTDOWN)) {
		line_lit(l, ",\"shutdown_receive\":");
		js_bool(l, s->shutdown & 1);
		line_lit(l, ",\"shutdown_send\":");
		js_bool(l, s->shutdown & 2);
	} else {
		line_lit(l, ",\"shutdown_receive\":null"
			    ",\"shutdown_send\":null");
	}
}

static void js_timer(struct sk_line *l, const struct sk_sock *s)
{
	static const char *const names[] = {
		"off", "on", "keepalive", "timewait", "persist", "delack",
	};

	if (!(s->has & SK_HAS(TIMER))) {
		line_lit(l, ",\"timer\":null");
		return;
	}
	line_lit(l, ",\"timer\":{\"kind\":\"");
	line_str(l, s->timer < 6 ? names[s->timer] : "unknown");
	line_lit(l, "\",\"expires_ms\":");
	line_u64(l, s->timer_ms);
	line_lit(l, ",\"retransmits\":");
	line_u64(l, s->timer_retrans);
	line_char(l, '}');
}

static void js_sockopt(struct sk_line *l, const struct sk_sock *s)
{
	static const char *const keys[] = {
		"{\"recverr\":", ",\"is_icsk\":", ",\"freebind\":",
		",\"hdrincl\":", ",\"mc_loop\":", ",\"transparent\":",
		",\"mc_all\":", ",\"nodefrag\":", ",\"bind_address_no_port\":",
		",\"recverr_rfc4884\":", ",\"defer_connect\":",
	};
	unsigned set = s->sockopt[0] | (unsigned)s->sockopt[1] << 8;

	line_lit(l, ",\"sockopt\":");
	if (!(s->has & SK_HAS(SOCKOPT))) {
		line_lit(l, "null");
		return;
	}
	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		line_str(l, keys[i]);
		js_bool(l, set & 1u << i);
	}
	line_char(l, '}');
}

static void js_mem(struct sk_line *l, const struct sk_sock *s)
{
	static const char *const keys[SK_MEM_COUNT] = {
		"{\"rmem_alloc_bytes\":", ",\"rcvbuf_bytes\":",
		",\"wmem_alloc_bytes\":", ",\"sndbuf_bytes\":",
		",\"fwd_alloc_bytes\":",  ",\"wmem_queued_bytes\":",
		",\"optmem_bytes\":",	  ",\"backlog_bytes\":",
		",\"drops\":",
	};

	line_lit(l, ",\"mem\":");
	if (!(s->has & SK_HAS(MEM))) {
		line_lit(l, "null");
		return;
	}
	for (unsigned i = 0; i < SK_MEM_COUNT; i++) {
		line_str(l, keys[i]);
		sk_js_number(l, i < s->n_mem, s->mem[i]);
	}
	line_char(l, '}');
}

/* --- owners --------------------------------------------------------------- */

static void js_owner_list(struct sk_line *l, const struct sk_owner *o)
{
	line_char(l, '[');
	for (; o; o = o->next) {
		const char *comm = sk_process_comm(o->process);

		line_lit(l, "{\"comm\":");
		sk_js_string(l, comm, strlen(comm));
		NUMBER(l, "pid", true, (unsigned)o->process->pid);
		NUMBER(l, "fd", true, (unsigned)o->fd);
		line_char(l, '}');
		if (o->next)
			line_char(l, ',');
	}
	line_char(l, ']');
}

static void js_owners(struct sk_line *l, const struct sk_sock *s)
{
	const char *why = sk_unowned_text(s->unowned);

	line_lit(l, ",\"owners\":");
	if (s->unowned == SK_UNOWNED_NOT_LOOKED) {
		line_lit(l, "null,\"unowned\":null");
		return;
	}
	js_owner_list(l, s->owners);
	line_lit(l, ",\"unowned\":");
	if (why)
		sk_js_string(l, why, strlen(why));
	else
		line_lit(l, "null");
}

/* --- unix, netlink -------------------------------------------------------- */

static void js_unix(struct sk_line *l, const struct sk_sock *s)
{
	const char *name = s->name.p;

	line_lit(l, ",\"unix\":");
	if (s->family != AF_UNIX) {
		line_lit(l, "null");
		return;
	}
	line_lit(l, "{\"name\":");
	js_name(l, s->name);
	line_lit(l, ",\"abstract\":");
	if (name)
		js_bool(l, !*name);
	else
		line_lit(l, "null");
	NUMBER(l, "peer_inode", s->has & SK_HAS(PEER_INODE), s->peer_inode);
	line_lit(l, ",\"peer_name\":");
	js_name(l, s->peer_name);
	line_lit(l, ",\"peer_owners\":");
	if (s->unowned == SK_UNOWNED_NOT_LOOKED ||
	    !(s->has & SK_HAS(PEER_INODE)))
		line_lit(l, "null");
	else
		js_owner_list(l, s->peer_owners);
	NUMBER(l, "vfs_inode", s->has & SK_HAS(VFS), s->vfs_inode);
	NUMBER(l, "vfs_dev", s->has & SK_HAS(VFS), s->vfs_dev);
	line_lit(l, ",\"pending_inodes\":");
	if (!s->icons.p) {
		line_lit(l, "null}");
		return;
	}
	for (uint32_t at = 0; at + 4 <= s->icons.len; at += 4) {
		uint32_t inode;

		memcpy(&inode, (const char *)s->icons.p + at, 4);
		line_char(l, at ? ',' : '[');
		line_u64(l, inode);
	}
	line_str(l, s->icons.len < 4 ? "[]}" : "]}");
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BYTE_IN_LONG (sizeof(long) - 1)
#else
#define BYTE_IN_LONG 0u
#endif

/* Bit 0 of the mask is group 1; generic netlink has more than 64 of them. */
static void js_group_numbers(struct sk_line *l, struct sk_bytes mask)
{
	const uint8_t *bits = mask.p;
	char before = '[';

	line_lit(l, ",\"group_numbers\":");
	if (!bits) {
		line_lit(l, "null");
		return;
	}
	for (uint32_t i = 0; i < mask.len * 8; i++) {
		/* longs of the kernel; on big-endian ones bytes are turned */
		uint32_t byte = i / 8 ^ BYTE_IN_LONG;

		if (byte >= mask.len || !(bits[byte] & 1u << i % 8))
			continue;
		line_char(l, before);
		line_u64(l, i + 1);
		before = ',';
	}
	line_str(l, before == '[' ? "[]" : "]");
}

static void js_netlink(struct sk_line *l, const struct sk_sock *s)
{
	const char *name = sk_show_netlink_protocol(s->protocol);
	uint64_t groups = 0;

	line_lit(l, ",\"netlink\":");
	if (s->family != AF_NETLINK) {
		line_lit(l, "null");
		return;
	}
	line_lit(l, "{\"protocol_name\":");
	if (name)
		sk_js_string(l, name, strlen(name));
	else
		line_lit(l, "null");
	if (s->groups.p)
		memcpy(&groups, s->groups.p,
		       s->groups.len < 8 ? s->groups.len : 8);
	NUMBER(l, "groups", s->groups.p, groups);
	js_group_numbers(l, s->groups);
	NUMBER(l, "flags", s->has & SK_HAS(NL_FLAGS), s->nl_flags);
	NUMBER(l, "peer_port_id", s->has & SK_HAS(NL_DST), s->nl_dst_port);
	NUMBER(l, "peer_group", s->has & SK_HAS(NL_DST), s->nl_dst_group);
	line_char(l, '}');
}

/* --- documents ------------------------------------------------------------ */

static int json_row(struct sk_renderer *r, const struct sk_sock *s)
{
	struct json *j = (struct json *)r;
	struct sk_line *l = &j->line;

	l->n = 0;
	if (!j->lines)
		line_str(l, j->rows ? ",\n" : "{\"version\":1,\"sockets\":[\n");
	j->rows++;
	js_head(l, r->view, s);
	js_common(l, s);
	js_timer(l, s);
	js_sockopt(l, s);
	js_mem(l, s);
	line_lit(l, ",\"ulp\":");
	js_name(l, sk_ulp_name(s));
	sk_js_tcp(l, s);
	js_unix(l, s);
	js_netlink(l, s);
	sk_js_other(l, s);
	js_owners(l, s);
	line_char(l, '}');
	if (j->lines)
		line_char(l, '\n');
	sk_out_put(r->view->out, l->buf, l->n);
	return r->view->out->error;
}

static int json_end(struct sk_renderer *r)
{
	struct json *j = (struct json *)r;

	if (!j->lines)
		sk_out_str(r->view->out, j->rows ? "\n]}\n" :
					 "{\"version\":1,\"sockets\":[]}\n");
	free(j);
	return 0;
}

static const struct sk_render_ops json_ops = { json_row, json_end, NULL };

struct sk_renderer *sk_json_renderer_new(const struct sk_view *v, bool lines)
{
	struct json *j = malloc(sizeof(*j));

	if (!j)
		return NULL;
	j->r = (struct sk_renderer){ &json_ops, v };
	j->lines = lines;
	j->rows = 0;
	return &j->r;
}
