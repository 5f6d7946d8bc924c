/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What came back about datagrams that were sent: the queue of errors that
 * IP_RECVERR (ip(7), ipv6(7)) opens. It is the only way to learn about ICMP
 * on a socket without a connection, and tells who says so.
 */
#include "net/dgram.h"

#include <linux/types.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#define ANY_CODE 0xff

/* Types and codes of RFC 792, RFC 1812 5.2.7.1 and RFC 4443. */
static const struct {
	uint8_t origin, type, code;
	const char *text;
} meanings[] = {
	{ SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_NET_UNREACH,
	  "network unreachable" },
	{ SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH,
	  "host unreachable" },
	{ SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH,
	  "protocol unreachable" },
	{ SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH,
	  "port unreachable" },
	{ SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED,
	  "administratively prohibited" },
	{ SO_EE_ORIGIN_ICMP, ICMP_TIME_EXCEEDED, ANY_CODE,
	  "TTL exceeded" },
	{ SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE,
	  "no route" },
	{ SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN,
	  "administratively prohibited" },
	{ SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR,
	  "address unreachable" },
	{ SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT,
	  "port unreachable" },
	{ SO_EE_ORIGIN_ICMP6, ICMP6_TIME_EXCEEDED, ANY_CODE,
	  "hop limit exceeded" },
};

static const char *meaning(uint8_t origin, uint8_t type, uint8_t code,
			   int error)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (meanings[i].origin == origin && meanings[i].type == type &&
		    (meanings[i].code == ANY_CODE || meanings[i].code == code))
			return meanings[i].text;
	return sk_strerror(error);
}

const char *sk_dgram_error_text(bool v6, uint8_t type, uint8_t code, int error)
{
	return meaning(v6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP, type, code,
		       error);
}

/* The address of who sent the ICMP stands behind the struct. */
static void take_offender(struct sk_addr *by, const unsigned char *p,
			  size_t len)
{
	sa_family_t family;
	size_t need;

	if (len < sizeof(family))
		return;
	memcpy(&family, p, sizeof(family));
	need = family == AF_INET  ? sizeof(by->in) :
	       family == AF_INET6 ? sizeof(by->in6) :
				    0;
	if (!need || len < need)
		return;
	memcpy(&by->sa, p, need);
	by->len = (socklen_t)need;
}

static bool take_error(struct sk_dgram_error *e, const struct cmsghdr *c)
{
	struct sock_extended_err ee;
	size_t len = c->cmsg_len - CMSG_LEN(0);

	if (!((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
	      (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)))
		return false;
	if (len < sizeof(ee))
		return false;
	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	e->error = -(int)ee.ee_errno;
	e->mtu = ee.ee_errno == EMSGSIZE ? ee.ee_info : 0;
	e->text = meaning(ee.ee_origin, ee.ee_type, ee.ee_code,
			  (int)ee.ee_errno);
	if (ee.ee_origin == SO_EE_ORIGIN_ICMP ||
	    ee.ee_origin == SO_EE_ORIGIN_ICMP6)
		take_offender(&e->by, CMSG_DATA(c) + sizeof(ee),
			      len - sizeof(ee));
	return true;
}

int sk_dgram_sys_error(struct sk_dgram *d, struct sk_dgram_error *e)
{
	union {
		char buf[512];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	if (d->ops)
		return d->ops->error(d, e);
	memset(e, 0, sizeof(*e));
	h.msg_name = &e->to.sa;
	h.msg_namelen = sizeof(e->to) - offsetof(struct sk_addr, sa);
	if (d->family == AF_UNIX ||
	    recvmsg(d->fd, &h, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return 0;
	e->to.len = h.msg_namelen;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c))
		if (take_error(e, c))
			return 1;
	return 0;
}
