/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What came back about datagrams: a short queue for each socket that has set
 * IP_RECVERR (ip(7)). It is how one without a connection hears of ICMP, and
 * with it no later call fails for an earlier datagram.
 */
#include <errno.h>
#include <netinet/in.h>

#include "stack/udp/udp.h"

/* The newest are let go: the first to come back tells most, and a flood of
 * them must not push it out. */
void udp_keep_back(struct stk_sock *sk, const struct stk_icmp_err *e,
		   uint16_t dport)
{
	struct udp_sock *u = udp(sk);

	if (u->n_back == UDP_BACK)
		return;
	u->back[u->n_back++] = (struct stk_back){
		.error = e->error, .type = e->type, .code = e->code,
		.mtu = e->mtu, .by = e->from,
		.to = { (uint16_t)stk_ip_family(&e->dst), dport, e->dst },
	};
	stk_sock_notify(sk);
}

bool udp_back(struct stk_sock *sk, struct stk_back *b)
{
	struct udp_sock *u = udp(sk);

	if (!u->n_back)
		return false;
	*b = u->back[0];
	u->n_back--;
	memmove(&u->back[0], &u->back[1], u->n_back * sizeof(u->back[0]));
	return true;
}

static bool is_recverr(const struct stk_sock *sk, int level, int name)
{
	return sk->family == AF_INET ?
		       level == IPPROTO_IP && name == IP_RECVERR :
		       level == IPPROTO_IPV6 && name == IPV6_RECVERR;
}

int udp_setopt(struct stk_sock *sk, int level, int name, const void *val,
	       size_t len)
{
	struct udp_sock *u = udp(sk);
	int v, r;

	if (!is_recverr(sk, level, name))
		return -ENOPROTOOPT;
	r = stk_opt_int(val, len, &v);
	if (r < 0)
		return r;
	u->wants_back = v != 0;
	if (!v)
		u->n_back = 0;
	return 0;
}

int udp_getopt(struct stk_sock *sk, int level, int name, void *val,
	       size_t *len)
{
	if (!is_recverr(sk, level, name))
		return -ENOPROTOOPT;
	return stk_opt_put_int(udp_const(sk)->wants_back, val, len);
}
