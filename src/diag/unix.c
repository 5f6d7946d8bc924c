/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unix sockets by unix_diag. */
#include "diag/dump.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

/* Newer than many headers. */
#define SHOW_UID 0x40
#define ATTR_UID 7

static int kind_of(unsigned type)
{
	return type == SOCK_STREAM    ? SK_KIND_UNIX_STREAM :
	       type == SOCK_SEQPACKET ? SK_KIND_UNIX_SEQPACKET :
					SK_KIND_UNIX_DGRAM;
}

static void parse_vfs(struct sk_sock *s, const struct nlattr *a)
{
	struct unix_diag_vfs v;

	if (mnl_attr_get_payload_len(a) < sizeof(v))
		return;
	memcpy(&v, mnl_attr_get_payload(a), sizeof(v));
	s->vfs_inode = v.udiag_vfs_ino;
	s->vfs_dev = v.udiag_vfs_dev;
	s->has |= SK_HAS(VFS);
}

static void parse_queues(struct sk_sock *s, const struct nlattr *a)
{
	struct unix_diag_rqlen q;

	if (mnl_attr_get_payload_len(a) < sizeof(q))
		return;
	memcpy(&q, mnl_attr_get_payload(a), sizeof(q));
	s->rqueue = q.udiag_rqueue;
	s->wqueue = q.udiag_wqueue;
	s->has |= SK_HAS(QUEUES);
}

static void parse_attr(struct sk_sock *s, const struct nlattr *a)
{
	switch (mnl_attr_get_type(a)) {
	case UNIX_DIAG_NAME:
		s->name = sk_nl_bytes(a, 1);
		/* A path is counted with its NUL. */
		if (s->name.p && *(const char *)s->name.p)
			s->name.len = (uint32_t)strnlen(s->name.p, s->name.len);
		break;
	case UNIX_DIAG_VFS:
		parse_vfs(s, a);
		break;
	case UNIX_DIAG_PEER:
		s->peer_inode = sk_nl_u32(a);
		s->has |= SK_HAS(PEER_INODE);
		break;
	case UNIX_DIAG_ICONS:
		s->icons = sk_nl_bytes(a, 0);
		break;
	case UNIX_DIAG_RQLEN:
		parse_queues(s, a);
		break;
	case UNIX_DIAG_MEMINFO:
		sk_nl_meminfo(s, a);
		break;
	case UNIX_DIAG_SHUTDOWN:
		s->shutdown = mnl_attr_get_payload_len(a) ?
				      mnl_attr_get_u8(a) : 0;
		s->has |= SK_HAS(SHUTDOWN);
		break;
	case ATTR_UID:
		s->uid = sk_nl_u32(a);
		s->has |= SK_HAS(UID);
		break;
	}
}

int sk_unix_parse(struct sk_dump *d, const struct nlmsghdr *h)
{
	const struct unix_diag_msg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct sk_sock *s;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return -EPROTO;
	s = sk_dump_record(d, (unsigned)kind_of(m->udiag_type), AF_UNIX);
	s->type = m->udiag_type;
	s->state = m->udiag_state;
	s->inode = m->udiag_ino;
	s->cookie = sk_cookie(m->udiag_cookie);
	s->has = SK_HAS(INODE) | SK_HAS(COOKIE);
	sk_nl_for_each(a, h, sizeof(*m))
		parse_attr(s, a);
	return sk_dump_emit(d);
}

int sk_dump_unix(struct sk_dump *d, uint32_t kinds)
{
	char room[256] __attribute__((aligned(4)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	unsigned want = d->q->want;
	struct unix_diag_req *r;

	(void)kinds;
	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	r->sdiag_family = AF_UNIX;
	r->udiag_states = d->q->states;
	r->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN;
	if (want & SK_WANT_MEM)
		r->udiag_show |= UDIAG_SHOW_MEMINFO;
	if (want & SK_WANT_DETAIL)
		r->udiag_show |= UDIAG_SHOW_VFS | UDIAG_SHOW_ICONS | SHOW_UID;
	return sk_nl_dump(d, h, sk_unix_parse);
}
