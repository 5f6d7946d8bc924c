/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vsock, XDP, SMC and TIPC by their diag modules. */
#include "diag/dump.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/tipc_netlink.h>
#include <linux/tipc_sockets_diag.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>

#ifndef AF_SMC
#define AF_SMC 43
#endif
#ifndef AF_XDP
#define AF_XDP 44
#endif

/* A request of `size` bytes that begins with the family. */
static void *request(struct nlmsghdr **h, void *room, size_t size, int family)
{
	uint8_t *r;

	*h = mnl_nlmsg_put_header(room);
	(*h)->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	r = mnl_nlmsg_put_extra_header(*h, size);
	r[0] = (uint8_t)family;
	return r;
}

/* --- vsock ---------------------------------------------------------------- */

static unsigned vsock_kind(unsigned type)
{
	return type == SOCK_DGRAM     ? SK_KIND_VSOCK_DGRAM :
	       type == SOCK_SEQPACKET ? SK_KIND_VSOCK_SEQPACKET :
					SK_KIND_VSOCK_STREAM;
}

int sk_vsock_parse(struct sk_dump *d, const struct nlmsghdr *h)
{
	const struct vsock_diag_msg *m = mnl_nlmsg_get_payload(h);
	struct sk_sock *s;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return -EPROTO;
	s = sk_dump_record(d, vsock_kind(m->vdiag_type), AF_VSOCK);
	s->type = m->vdiag_type;
	s->state = m->vdiag_state;
	s->local.cid = m->vdiag_src_cid;
	s->local.port = m->vdiag_src_port;
	s->peer.cid = m->vdiag_dst_cid;
	s->peer.port = m->vdiag_dst_port;
	s->shutdown = m->vdiag_shutdown;
	s->inode = m->vdiag_ino;
	s->cookie = sk_cookie(m->vdiag_cookie);
	s->has = SK_HAS(COOKIE) | SK_HAS(SHUTDOWN);
	if (s->inode)
		s->has |= SK_HAS(INODE);
	return sk_dump_emit(d);
}

int sk_dump_vsock(struct sk_dump *d, uint32_t kinds)
{
	char room[256] __attribute__((aligned(4)));
	struct vsock_diag_req *r;
	struct nlmsghdr *h;

	(void)kinds;
	r = request(&h, room, sizeof(*r), AF_VSOCK);
	r->vdiag_states = d->q->states;
	return sk_nl_dump(d, h, sk_vsock_parse);
}

/* --- XDP ------------------------------------------------------------------ */

static void xdp_attr(struct sk_sock *s, const struct nlattr *a)
{
	struct xdp_diag_info info;

	switch (mnl_attr_get_type(a)) {
	case XDP_DIAG_INFO:
		if (mnl_attr_get_payload_len(a) < sizeof(info))
			break;
		memcpy(&info, mnl_attr_get_payload(a), sizeof(info));
		s->ifindex = info.ifindex;
		s->local.port = info.queue_id;
		if (s->ifindex)
			s->has |= SK_HAS(IFINDEX);
		break;
	case XDP_DIAG_UID:
		s->uid = sk_nl_u32(a);
		s->has |= SK_HAS(UID);
		break;
	case XDP_DIAG_RX_RING:
		s->rx_ring = sk_nl_bytes(a, sizeof(struct xdp_diag_ring));
		break;
	case XDP_DIAG_TX_RING:
		s->tx_ring = sk_nl_bytes(a, sizeof(struct xdp_diag_ring));
		break;
	case XDP_DIAG_UMEM:
		s->umem = sk_nl_bytes(a, 1);
		break;
	case XDP_DIAG_UMEM_FILL_RING:
		s->fill_ring = sk_nl_bytes(a, sizeof(struct xdp_diag_ring));
		break;
	case XDP_DIAG_UMEM_COMPLETION_RING:
		s->completion_ring = sk_nl_bytes(a,
						 sizeof(struct xdp_diag_ring));
		break;
	case XDP_DIAG_STATS:
		s->xdp_stats = sk_nl_bytes(a, 1);
		break;
	case XDP_DIAG_MEMINFO:
		sk_nl_meminfo(s, a);
		break;
	}
}

int sk_xdp_parse(struct sk_dump *d, const struct nlmsghdr *h)
{
	const struct xdp_diag_msg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct sk_sock *s;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return -EPROTO;
	s = sk_dump_record(d, SK_KIND_XDP, AF_XDP);
	s->type = m->xdiag_type;
	s->state = SK_STATE_CLOSE;
	s->inode = m->xdiag_ino;
	s->cookie = sk_cookie(m->xdiag_cookie);
	s->has = SK_HAS(COOKIE);
	if (s->inode)
		s->has |= SK_HAS(INODE);
	sk_nl_for_each(a, h, sizeof(*m))
		xdp_attr(s, a);
	if (s->has & SK_HAS(MEM)) {
		s->rqueue = s->mem[SK_MEM_RMEM_ALLOC];
		s->has |= SK_HAS(QUEUES);
	}
	return sk_dump_emit(d);
}

int sk_dump_xdp(struct sk_dump *d, uint32_t kinds)
{
	char room[256] __attribute__((aligned(4)));
	struct xdp_diag_req *r;
	struct nlmsghdr *h;

	(void)kinds;
	r = request(&h, room, sizeof(*r), AF_XDP);
	r->xdiag_show = XDP_SHOW_INFO | XDP_SHOW_MEMINFO;
	if (d->q->want & SK_WANT_DETAIL)
		r->xdiag_show |= XDP_SHOW_RING_CFG | XDP_SHOW_UMEM |
				 XDP_SHOW_STATS;
	return sk_nl_dump(d, h, sk_xdp_parse);
}

/* --- SMC ------------------------------------------------------------------ */

/* Its states are its own (net/smc/smc.h); those that TCP has, by its number. */
static uint8_t smc_state(uint8_t state)
{
	switch (state) {
	case 1:			/* SMC_ACTIVE */
		return SK_STATE_ESTABLISHED;
	case 2:			/* SMC_INIT */
		return SK_STATE_SYN_SENT;
	case 7:			/* SMC_CLOSED */
		return SK_STATE_CLOSE;
	case 10:		/* SMC_LISTEN */
		return SK_STATE_LISTEN;
	case 20: case 21:	/* SMC_PEERCLOSEWAIT1, 2 */
		return SK_STATE_FIN_WAIT1;
	case 22: case 23:	/* SMC_APPCLOSEWAIT1, 2 */
		return SK_STATE_CLOSE_WAIT;
	case 24:		/* SMC_APPFINCLOSEWAIT */
	case 25:		/* SMC_PEERFINCLOSEWAIT */
		return SK_STATE_LAST_ACK;
	default:
		return SK_STATE_UNKNOWN;
	}
}

int sk_smc_parse(struct sk_dump *d, const struct nlmsghdr *h)
{
	const size_t least = offsetof(struct smc_diag_msg, diag_inode);
	const char *payload = mnl_nlmsg_get_payload(h);
	size_t n = mnl_nlmsg_get_payload_len(h);
	struct smc_diag_msg m = {};
	struct sk_sock *s;

	if (n < least)
		return -EPROTO;
	/* The struct is aligned to 8, netlink messages to 4. */
	memcpy(&m, payload, n < sizeof(m) ? n : sizeof(m));
	s = sk_dump_record(d, SK_KIND_SMC,
			   m.diag_family == AF_INET6 ? AF_INET6 : AF_INET);
	s->state = smc_state(m.diag_state);
	memcpy(s->local.ip, m.id.idiag_src, sizeof(s->local.ip));
	memcpy(s->peer.ip, m.id.idiag_dst, sizeof(s->peer.ip));
	s->local.port = ntohs(m.id.idiag_sport);
	s->peer.port = ntohs(m.id.idiag_dport);
	s->cookie = sk_cookie(m.id.idiag_cookie);
	s->shutdown = m.diag_shutdown;
	s->has = SK_HAS(COOKIE) | SK_HAS(SHUTDOWN);
	s->inode = m.diag_inode;
	s->uid = m.diag_uid;
	if (s->inode)
		s->has |= SK_HAS(INODE) | SK_HAS(UID);
	return sk_dump_emit(d);
}

int sk_dump_smc(struct sk_dump *d, uint32_t kinds)
{
	char room[256] __attribute__((aligned(4)));
	struct smc_diag_req *r;
	struct nlmsghdr *h;

	(void)kinds;
	r = request(&h, room, sizeof(*r), AF_SMC);
	(void)r;
	return sk_nl_dump(d, h, sk_smc_parse);
}

/* --- TIPC ----------------------------------------------------------------- */

static void tipc_con(struct sk_sock *s, const struct nlattr *nest)
{
	const struct nlattr *a;

	sk_nl_for_each_nested(a, nest) {
		const unsigned type = mnl_attr_get_type(a);

		if (type == TIPC_NLA_CON_NODE)
			s->peer.cid = sk_nl_u32(a);
		else if (type == TIPC_NLA_CON_SOCK)
			s->peer.port = sk_nl_u32(a);
		else if (type == TIPC_NLA_CON_FLAG)
			s->tipc.via = true;
		else if (type == TIPC_NLA_CON_TYPE)
			s->tipc.via_type = sk_nl_u32(a);
		else if (type == TIPC_NLA_CON_INST)
			s->tipc.via_instance = sk_nl_u32(a);
	}
}

static void tipc_stat(struct sk_sock *s, const struct nlattr *nest)
{
	const struct nlattr *a;

	sk_nl_for_each_nested(a, nest) {
		switch (mnl_attr_get_type(a)) {
		case TIPC_NLA_SOCK_STAT_RCVQ:
			s->rqueue = sk_nl_u32(a);
			break;
		case TIPC_NLA_SOCK_STAT_SENDQ:
			s->wqueue = sk_nl_u32(a);
			break;
		case TIPC_NLA_SOCK_STAT_LINK_CONG:
			s->tipc.link_congested = true;
			break;
		case TIPC_NLA_SOCK_STAT_CONN_CONG:
			s->tipc.con_congested = true;
			break;
		case TIPC_NLA_SOCK_STAT_DROP:
			s->drops = sk_nl_u32(a);
			s->has |= SK_HAS(DROPS);
			break;
		}
	}
	s->has |= SK_HAS(QUEUES);
}

static void tipc_sock_attr(struct sk_sock *s, const struct nlattr *a)
{
	switch (mnl_attr_get_type(a)) {
	case TIPC_NLA_SOCK_ADDR:
		s->local.cid = sk_nl_u32(a);
		break;
	case TIPC_NLA_SOCK_REF:
		s->local.port = sk_nl_u32(a);
		break;
	case TIPC_NLA_SOCK_CON:
		tipc_con(s, a);
		break;
	case TIPC_NLA_SOCK_HAS_PUBL:
		s->tipc.published = true;
		break;
	case TIPC_NLA_SOCK_STAT:
		tipc_stat(s, a);
		break;
	case TIPC_NLA_SOCK_TYPE:
		s->type = (uint8_t)sk_nl_u32(a);
		break;
	case TIPC_NLA_SOCK_INO:
		s->inode = sk_nl_u32(a);
		s->has |= SK_HAS(INODE);
		break;
	case TIPC_NLA_SOCK_UID:
		s->uid = sk_nl_u32(a);
		s->has |= SK_HAS(UID);
		break;
	case TIPC_NLA_SOCK_TIPC_STATE:
		s->state = (uint8_t)sk_nl_u32(a);
		break;
	case TIPC_NLA_SOCK_COOKIE:
		if (mnl_attr_get_payload_len(a) < sizeof(s->cookie))
			break;
		memcpy(&s->cookie, mnl_attr_get_payload(a), sizeof(s->cookie));
		s->has |= SK_HAS(COOKIE);
		break;
	}
}

int sk_tipc_parse(struct sk_dump *d, const struct nlmsghdr *h)
{
	const struct nlattr *a, *b;
	struct sk_sock *s = sk_dump_record(d, SK_KIND_TIPC, AF_TIPC);

	sk_nl_for_each(a, h, 0)
		if (mnl_attr_get_type(a) == TIPC_NLA_SOCK)
			sk_nl_for_each_nested(b, a)
				tipc_sock_attr(s, b);
	return s->has ? sk_dump_emit(d) : 0;
}

int sk_dump_tipc(struct sk_dump *d, uint32_t kinds)
{
	char room[256] __attribute__((aligned(4)));
	struct tipc_sock_diag_req *r;
	struct nlmsghdr *h;

	(void)kinds;
	r = request(&h, room, sizeof(*r), AF_TIPC);
	r->tidiag_states = d->q->states;
	return sk_nl_dump(d, h, sk_tipc_parse);
}
