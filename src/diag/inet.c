/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets with IP addresses and ports by inet_diag.
 *
 * The table of TCP connections holds both families, and a request for one of
 * them walks all of it. The old request type (TCPDIAG_GETSOCK) knows no
 * family: it lists both in a single walk, so it is what we use for TCP when
 * both are wanted.
 */
#include "diag/dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "diag/bpf_map.h"
#include "diag/filter.h"

#define EXT(attr) (1u << (INET_DIAG_##attr - 1))

/* --- answers -------------------------------------------------------------- */

/* Where an attribute goes, as it is. */
enum form { NUMBER, BYTES, STRING };

static const struct {
	uint16_t to;		/* in struct sk_sock */
	uint8_t form;
	uint8_t size;		/* of a number; least of bytes */
	uint64_t has;		/* of a number */
} attrs[] = {
#define N(attr, field, bit) \
	[INET_DIAG_##attr] = { offsetof(struct sk_sock, field), NUMBER, \
			       sizeof(((struct sk_sock *)0)->field), \
			       SK_HAS(bit) }
#define B(attr, field) \
	[INET_DIAG_##attr] = { offsetof(struct sk_sock, field), BYTES, 1, 0 }
	N(TOS, tos, TOS),
	N(TCLASS, tclass, TCLASS),
	N(SHUTDOWN, shutdown, SHUTDOWN),
	N(SKV6ONLY, v6only, V6ONLY),
	N(MARK, mark, MARK),
	N(CLASS_ID, class_id, CLASS_ID),
	N(CGROUP_ID, cgroup, CGROUP),
	N(SOCKOPT, sockopt, SOCKOPT),
	[INET_DIAG_CONG] = { offsetof(struct sk_sock, cong), STRING, 1, 0 },
	B(VEGASINFO, cc),
	B(DCTCPINFO, cc),
	B(BBRINFO, cc),
	B(MD5SIG, md5),
	B(ULP_INFO, ulp),
	B(SK_BPF_STORAGES, storage),
	B(LOCALS, locals),
	B(PEERS, peers),
#undef N
#undef B
};

#define ATTRS (sizeof(attrs) / sizeof(*attrs))

static void parse_number(struct sk_sock *s, unsigned type,
			 const struct nlattr *a)
{
	if (mnl_attr_get_payload_len(a) < attrs[type].size)
		return;
	memcpy((char *)s + attrs[type].to, mnl_attr_get_payload(a),
	       attrs[type].size);
	s->has |= attrs[type].has;
}

static void parse_bytes(struct sk_sock *s, unsigned type,
			const struct nlattr *a)
{
	struct sk_bytes b = sk_nl_bytes(a, attrs[type].size);

	/* Names come with a NUL, which is none of theirs. */
	if (attrs[type].form == STRING && b.p)
		b.len = (uint32_t)strnlen(b.p, b.len);
	memcpy((char *)s + attrs[type].to, &b, sizeof(b));
}

static void parse_attr(struct sk_sock *s, const struct nlattr *a)
{
	const unsigned type = mnl_attr_get_type(a);

	switch (type) {
	case INET_DIAG_INFO:
		if (s->kind == SK_KIND_TCP)
			s->tcp_info = sk_nl_bytes(a, 1);
		else
			s->info = sk_nl_bytes(a, 1);
		return;
	case INET_DIAG_SKMEMINFO:
		sk_nl_meminfo(s, a);
		return;
	case INET_DIAG_PROTOCOL:
		if (s->kind == SK_KIND_RAW && mnl_attr_get_payload_len(a))
			s->protocol =
				*(const uint8_t *)mnl_attr_get_payload(a);
		return;
	case INET_DIAG_VEGASINFO:
	case INET_DIAG_DCTCPINFO:
	case INET_DIAG_BBRINFO:
		s->cc_attr = (uint16_t)type;
	}
	if (type >= ATTRS || !attrs[type].size)
		return;
	if (attrs[type].form == NUMBER)
		parse_number(s, type, a);
	else
		parse_bytes(s, type, a);
}

/*
 * An association of SCTP, as opposed to its endpoint, has peers; its state is
 * of enum sctp_state, which is told in the terms of TCP.
 */
static void parse_association(struct sk_sock *s)
{
	static const uint8_t states[] = {
		SK_STATE_CLOSE,	      SK_STATE_SYN_SENT,
		SK_STATE_SYN_SENT,    SK_STATE_ESTABLISHED,
		SK_STATE_FIN_WAIT1,   SK_STATE_FIN_WAIT2,
		SK_STATE_CLOSE_WAIT,  SK_STATE_LAST_ACK,
	};

	if (sk_sock_is_association(s))
		s->state = s->state < sizeof(states) ? states[s->state] :
						       SK_STATE_UNKNOWN;
}

static void parse_head(struct sk_sock *s, const struct inet_diag_msg *m)
{
	const size_t n = m->idiag_family == AF_INET ? 4 : 16;

	s->state = m->idiag_state;
	if (s->state == SK_STATE_NEW_SYN_RECV)
		s->state = SK_STATE_SYN_RECV;
	/* The only closed TCP sockets that are in a table. */
	if (s->state == SK_STATE_CLOSE &&
	    (s->kind == SK_KIND_TCP || s->kind == SK_KIND_MPTCP))
		s->state = SK_STATE_BOUND_INACTIVE;
	memcpy(s->local.ip, m->id.idiag_src, n);
	memcpy(s->peer.ip, m->id.idiag_dst, n);
	s->local.port = ntohs(m->id.idiag_sport);
	s->peer.port = ntohs(m->id.idiag_dport);
	s->rqueue = m->idiag_rqueue;
	s->wqueue = m->idiag_wqueue;
	s->cookie = sk_cookie(m->id.idiag_cookie);
	s->timer = m->idiag_timer;
	s->timer_ms = m->idiag_expires;
	s->timer_retrans = m->idiag_retrans;
	s->has = SK_HAS(QUEUES) | SK_HAS(COOKIE) | SK_HAS(TIMER);
	s->ifindex = m->id.idiag_if;
	if (s->ifindex)
		s->has |= SK_HAS(IFINDEX);
	/*
	 * What has no file has no inode, and the kernel then says uid 0 for
	 * what it does not know (TIME-WAIT, SYN-RECV).
	 */
	s->inode = m->idiag_inode;
	s->uid = m->idiag_uid;
	if (s->inode)
		s->has |= SK_HAS(INODE);
	if (s->inode || s->uid)
		s->has |= SK_HAS(UID);
}

int sk_inet_parse(struct sk_dump *d, const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct sk_sock *s;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return -EPROTO;
	if (m->idiag_family != AF_INET && m->idiag_family != AF_INET6)
		return 0;
	s = sk_dump_record(d, d->kind, m->idiag_family);
	parse_head(s, m);
	s->protocol = sk_kind_of(d->kind)->protocol;
	s->has |= SK_HAS(PROTOCOL);
	sk_nl_for_each(a, h, sizeof(*m))
		parse_attr(s, a);
	parse_association(s);
	/* A raw socket's "port" is the protocol that it listens to. */
	if (s->kind == SK_KIND_RAW && s->protocol == IPPROTO_RAW)
		s->protocol = (uint16_t)s->local.port;
	return sk_dump_emit(d);
}

/* Headers and attributes beside the bytecode and the maps take little. */
#define REQUEST_MAX (SK_FILTER_BYTECODE_MAX + 8 * SK_BPF_MAPS_MAX + 256)

/* --- requests ------------------------------------------------------------- */

static uint8_t extensions(unsigned want)
{
	unsigned ext = 0;

	if (want & SK_WANT_INFO)
		ext |= EXT(INFO) | EXT(CONG);
	if (want & SK_WANT_CC)
		ext |= EXT(VEGASINFO);
	if (want & SK_WANT_MEM)
		ext |= EXT(SKMEMINFO);
	if (want & SK_WANT_TOS)
		ext |= EXT(TOS) | EXT(TCLASS);
	return (uint8_t)ext;
}

/* The kernel's own words for the states; see the traps in src/README.md. */
static uint32_t states_of(const struct sk_dump *d)
{
	uint32_t states = d->q->states;

	if (states & SK_STATE_BIT(SYN_RECV))
		states |= SK_STATE_BIT(NEW_SYN_RECV);
	else
		states &= ~SK_STATE_BIT(NEW_SYN_RECV);
	/*
	 * Closed TCP sockets are in no table, but asking for them makes the
	 * kernel walk that of all connections.
	 */
	if (d->kind == SK_KIND_TCP || d->kind == SK_KIND_MPTCP)
		states &= ~(SK_STATE_BIT(CLOSE) | 1u);
	else
		states &= ~SK_STATE_BIT(BOUND_INACTIVE);
	return states;
}

static void ask_storage(struct sk_dump *d, struct nlmsghdr *h)
{
	const struct sk_bpf_maps *maps = d->q->maps;
	struct nlattr *nest = mnl_attr_nest_start(h,
						  INET_DIAG_REQ_SK_BPF_STORAGES);

	for (size_t i = 0; maps && i < maps->n; i++)
		mnl_attr_put_u32(h, SK_DIAG_BPF_STORAGE_REQ_MAP_FD,
				 (uint32_t)maps->fd[i]);
	mnl_attr_nest_end(h, nest);
}

/* Attributes that follow every request; room is for the bytecode. */
static int finish_request(struct sk_dump *d, struct nlmsghdr *h, size_t room)
{
	uint32_t protocol = sk_kind_of(d->kind)->protocol;

	if (d->bytecode_len &&
	    !mnl_attr_put_check(h, room, INET_DIAG_REQ_BYTECODE,
				d->bytecode_len, d->bytecode))
		return -E2BIG;
	if (protocol > 255)
		mnl_attr_put_u32(h, INET_DIAG_REQ_PROTOCOL, protocol);
	if (d->q->want & SK_WANT_STORAGE)
		ask_storage(d, h);
	return sk_nl_dump(d, h, sk_inet_parse);
}

static int dump_family(struct sk_dump *d, int family)
{
	static char room[REQUEST_MAX] __attribute__((aligned(4)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct inet_diag_req_v2 *r;

	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	r->sdiag_family = (uint8_t)family;
	/* What does not fit stands in an attribute, see finish_request(). */
	r->sdiag_protocol = (uint8_t)sk_kind_of(d->kind)->protocol;
	if (sk_kind_of(d->kind)->protocol > 255)
		r->sdiag_protocol = 0;
	r->idiag_ext = extensions(d->q->want);
	r->idiag_states = states_of(d);
	if (!r->idiag_states)
		return 0;
	sk_filter_ports(d->q->filter, &r->id.idiag_sport, &r->id.idiag_dport);
	return finish_request(d, h, sizeof(room));
}

/* Both families of TCP in one walk. */
static int dump_both(struct sk_dump *d)
{
	static char room[REQUEST_MAX] __attribute__((aligned(4)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct inet_diag_req *r;

	h->nlmsg_type = TCPDIAG_GETSOCK;
	r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	r->idiag_family = AF_INET;
	r->idiag_ext = extensions(d->q->want);
	r->idiag_states = states_of(d);
	if (!r->idiag_states)
		return 0;
	sk_filter_ports(d->q->filter, &r->id.idiag_sport, &r->id.idiag_dport);
	return finish_request(d, h, sizeof(room));
}

int sk_dump_inet(struct sk_dump *d, uint32_t kinds)
{
	unsigned families = d->q->families ? d->q->families :
					     SK_FAMILY_V4 | SK_FAMILY_V6;
	int r = -ENOENT;

	d->kind = (unsigned)__builtin_ctz(kinds);
	if (d->kind == SK_KIND_TCP &&
	    families == (SK_FAMILY_V4 | SK_FAMILY_V6))
		r = dump_both(d);
	if (r != -ENOENT && r != -EINVAL && r != -EOPNOTSUPP)
		return r;
	r = 0;
	if (families & SK_FAMILY_V4)
		r = dump_family(d, AF_INET);
	if (!r && families & SK_FAMILY_V6)
		r = dump_family(d, AF_INET6);
	return r;
}
