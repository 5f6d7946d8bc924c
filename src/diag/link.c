/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Netlink and packet sockets by their diag modules. */
#include "diag/dump.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>

#define SHOW_NL_FLAGS 8		/* NDIAG_SHOW_FLAGS; newer than some headers */
#define ATTR_NL_FLAGS 4		/* NETLINK_DIAG_FLAGS, in enum since 4.6 */
#define NL_CONNECTED 1

/* --- netlink -------------------------------------------------------------- */

/* Neither family counts its queues apart: what memory they take is it. */
static void queues_from_mem(struct sk_sock *s)
{
	if (!(s->has & SK_HAS(MEM)))
		return;
	s->rqueue = s->mem[SK_MEM_RMEM_ALLOC];
	s->wqueue = s->family == AF_PACKET ? 0 : s->mem[SK_MEM_WMEM_ALLOC];
	s->has |= SK_HAS(QUEUES);
}

int sk_netlink_parse(struct sk_dump *d, const struct nlmsghdr *h)
{
	const struct netlink_diag_msg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct sk_sock *s;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return -EPROTO;
	s = sk_dump_record(d, SK_KIND_NETLINK, AF_NETLINK);
	s->type = m->ndiag_type;
	s->state = SK_STATE_CLOSE;
	s->protocol = m->ndiag_protocol;
	s->local.port = m->ndiag_portid;
	s->inode = m->ndiag_ino;
	s->cookie = sk_cookie(m->ndiag_cookie);
	s->has = SK_HAS(PROTOCOL) | SK_HAS(COOKIE);
	if (s->inode)
		s->has |= SK_HAS(INODE);
	if (m->ndiag_state == NL_CONNECTED) {
		s->nl_dst_port = m->ndiag_dst_portid;
		s->nl_dst_group = m->ndiag_dst_group;
		s->has |= SK_HAS(NL_DST);
	}
	sk_nl_for_each(a, h, sizeof(*m)) {
		switch (mnl_attr_get_type(a)) {
		case NETLINK_DIAG_MEMINFO:
			sk_nl_meminfo(s, a);
			break;
		case NETLINK_DIAG_GROUPS:
			s->groups = sk_nl_bytes(a, 0);
			break;
		case ATTR_NL_FLAGS:
			s->nl_flags = sk_nl_u32(a);
			s->has |= SK_HAS(NL_FLAGS);
			break;
		}
	}
	queues_from_mem(s);
	return sk_dump_emit(d);
}

int sk_dump_netlink(struct sk_dump *d, uint32_t kinds)
{
	char room[256] __attribute__((aligned(4)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct netlink_diag_req *r;

	(void)kinds;
	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	r->sdiag_family = AF_NETLINK;
	r->sdiag_protocol = NDIAG_PROTO_ALL;
	r->ndiag_show = NDIAG_SHOW_GROUPS | NDIAG_SHOW_MEMINFO | SHOW_NL_FLAGS;
	return sk_nl_dump(d, h, sk_netlink_parse);
}

/* --- packet --------------------------------------------------------------- */

static void parse_info(struct sk_sock *s, const struct nlattr *a)
{
	struct packet_diag_info i;

	if (mnl_attr_get_payload_len(a) < sizeof(i))
		return;
	memcpy(&i, mnl_attr_get_payload(a), sizeof(i));
	s->packet.ifindex = i.pdi_index;
	s->packet.version = i.pdi_version;
	s->packet.reserve = i.pdi_reserve;
	s->packet.copy_thresh = i.pdi_copy_thresh;
	s->packet.tstamp = i.pdi_tstamp;
	s->packet.flags = i.pdi_flags;
	s->has |= SK_HAS(PACKET);
	s->ifindex = i.pdi_index;
	if (s->ifindex)
		s->has |= SK_HAS(IFINDEX);
}

static void parse_packet_attr(struct sk_sock *s, const struct nlattr *a)
{
	switch (mnl_attr_get_type(a)) {
	case PACKET_DIAG_INFO:
		parse_info(s, a);
		break;
	case PACKET_DIAG_MCLIST:
		s->mclist = sk_nl_bytes(a, 0);
		break;
	case PACKET_DIAG_RX_RING:
		s->rx_ring = sk_nl_bytes(a, sizeof(struct packet_diag_ring));
		break;
	case PACKET_DIAG_TX_RING:
		s->tx_ring = sk_nl_bytes(a, sizeof(struct packet_diag_ring));
		break;
	case PACKET_DIAG_FANOUT:
		s->packet.fanout = sk_nl_u32(a);
		s->has |= SK_HAS(FANOUT);
		break;
	case PACKET_DIAG_UID:
		s->uid = sk_nl_u32(a);
		s->has |= SK_HAS(UID);
		break;
	case PACKET_DIAG_MEMINFO:
		sk_nl_meminfo(s, a);
		break;
	case PACKET_DIAG_FILTER:
		s->bpf = sk_nl_bytes(a, 0);
		break;
	}
}

int sk_packet_parse(struct sk_dump *d, const struct nlmsghdr *h)
{
	const struct packet_diag_msg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct sk_sock *s;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return -EPROTO;
	s = sk_dump_record(d,
			   m->pdiag_type == SOCK_RAW ? SK_KIND_PACKET_RAW :
						       SK_KIND_PACKET_DGRAM,
			   AF_PACKET);
	s->type = m->pdiag_type;
	s->state = SK_STATE_CLOSE;
	s->protocol = m->pdiag_num;
	s->inode = m->pdiag_ino;
	s->cookie = sk_cookie(m->pdiag_cookie);
	s->has = SK_HAS(PROTOCOL) | SK_HAS(COOKIE);
	if (s->inode)
		s->has |= SK_HAS(INODE);
	sk_nl_for_each(a, h, sizeof(*m))
		parse_packet_attr(s, a);
	queues_from_mem(s);
	return sk_dump_emit(d);
}

int sk_dump_packet(struct sk_dump *d, uint32_t kinds)
{
	char room[256] __attribute__((aligned(4)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct packet_diag_req *r;

	(void)kinds;
	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	r->sdiag_family = AF_PACKET;
	r->pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_MEMINFO |
			PACKET_SHOW_FANOUT;
	if (d->q->want & SK_WANT_DETAIL)
		r->pdiag_show |= PACKET_SHOW_RING_CFG | PACKET_SHOW_MCLIST;
	if (d->q->want & SK_WANT_BPF)
		r->pdiag_show |= PACKET_SHOW_FILTER;
	return sk_nl_dump(d, h, sk_packet_parse);
}
