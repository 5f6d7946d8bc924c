/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/kill.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#ifndef SOCK_DESTROY
#define SOCK_DESTROY 21
#endif

int sk_victims_add(struct sk_sock *s, void *arg)
{
	struct sk_victims *v = arg;
	struct sk_sock **more;

	if (v->n == v->room) {
		size_t room = v->room ? v->room * 2 : 64;

		more = realloc(v->v, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		v->v = more;
		v->room = room;
	}
	v->v[v->n] = sk_sock_dup(s);
	return v->v[v->n++] ? 0 : -ENOMEM;
}

void sk_victims_free(struct sk_victims *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	*v = (struct sk_victims){};
}

static int talk(const struct nlmsghdr *h)
{
	char buf[8192] __attribute__((aligned(4)));
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG,
						 SOCK_CLOEXEC);
	ssize_t n;
	int r = 0;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		r = -errno;
	if (!r) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0 || mnl_cb_run(buf, (size_t)n, h->nlmsg_seq,
					mnl_socket_get_portid(nl), NULL,
					NULL) < 0)
			r = -errno;
	}
	mnl_socket_close(nl);
	return r;
}

int sk_kill(const struct sk_sock *s)
{
	const struct sk_kind *k = sk_kind_of(s->kind);
	char room[256] __attribute__((aligned(4)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct inet_diag_req_v2 *r;

	if (!(SK_KIND_INET & SK_KIND_BIT(s->kind)) ||
	    s->kind == SK_KIND_ICMP)
		return -EOPNOTSUPP;
	if (!(s->has & SK_HAS(COOKIE)))
		return -EOPNOTSUPP;	/* could hit another one */
	h->nlmsg_type = SOCK_DESTROY;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = 1;
	r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	r->sdiag_family = s->family;
	r->sdiag_protocol = (uint8_t)(k->protocol > 255 ? 0 : k->protocol);
	if (s->kind == SK_KIND_RAW)
		r->pad = (uint8_t)s->protocol;
	r->id.idiag_sport = htons((uint16_t)s->local.port);
	r->id.idiag_dport = htons((uint16_t)s->peer.port);
	memcpy(r->id.idiag_src, s->local.ip, sizeof(s->local.ip));
	memcpy(r->id.idiag_dst, s->peer.ip, sizeof(s->peer.ip));
	r->id.idiag_if = s->ifindex;
	r->id.idiag_cookie[0] = (uint32_t)s->cookie;
	r->id.idiag_cookie[1] = (uint32_t)(s->cookie >> 32);
	if (k->protocol > 255)
		mnl_attr_put_u32(h, INET_DIAG_REQ_PROTOCOL, k->protocol);
	return talk(h);
}
