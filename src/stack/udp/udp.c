/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP (RFC 768, RFC 1122 4.1, RFC 8085 where it speaks of hosts). Datagrams
 * wait in the socket as they came, bounded by SO_RCVBUF with buffers counted
 * whole; errors that ICMP brings are surfaced on connected sockets.
 */
#include <errno.h>
#include <netinet/in.h>

#include "stack/udp/udp.h"
#include "stack/wire/udp.h"

#define UDP_MAX (65535 - UDP_SIZE)	/* less 20 over IPv4: ip_output */

static int udp_init(struct stk_sock *sk)
{
	pktq_init(&udp(sk)->rx);
	return 0;
}

static void udp_close(struct stk_sock *sk)
{
	pktq_clear(&udp(sk)->rx);
	stk_sock_free(sk);
}

static int udp_connect(struct stk_sock *sk)
{
	(void)sk;
	return 0;
}

/* --- receiving -------------------------------------------------------------- */

static void enqueue(struct stk_sock *sk, struct pkt *p)
{
	struct udp_sock *u = udp(sk);
	size_t size = pkt_truesize(p);

	if (u->memory + size > sk->rcvbuf || u->shut_rd) {
		u->drops++;
		CTR(sk->stk, udp_queue_drops)++;
		pkt_free(p);
		return;
	}
	u->memory += size;
	pktq_push(&u->rx, p);
	stk_sock_notify(sk);
}

static bool wants_group(const struct stk_sock *sk, const struct stk_key *k)
{
	const struct stk_key *own = &sk->node.key;

	if (sk->proto != &stk_udp || !sk->node.hashed ||
	    own->lport != k->lport || sk->family != stk_ip_family(&k->local) ||
	    (sk->connected && (own->rport != k->rport ||
			       !stk_ip_eq(&own->remote, &k->remote))))
		return false;
	if (!stk_ip_is_any(&own->local) && !stk_ip_eq(&own->local, &k->local))
		return false;
	return !stk_ip_is_multicast(&k->local) || ip_joined(sk, &k->local);
}

/* Every socket that wants it gets one (RFC 1122 4.1.3.5). */
static void deliver_group(struct stk *s, struct pkt *p, const struct stk_key *k)
{
	struct stk_sock *sk;

	TAILQ_FOREACH(sk, &s->socks, all) {
		struct pkt *copy;

		if (!wants_group(sk, k))
			continue;
		copy = pkt_clone(p);
		if (!copy) {
			CTR(s, no_memory)++;
			break;
		}
		copy->from = p->from;
		enqueue(sk, copy);
	}
	pkt_free(p);
}

static void deliver_one(struct stk *s, struct pkt *p, const struct stk_key *k)
{
	struct stk_node *n = stk_node_match(s, k);

	if (!n) {
		CTR(s, udp_no_port)++;
		/* Our header is in front of data again, for the quote. */
		p->data -= UDP_SIZE;
		p->len += UDP_SIZE;
		p->total += UDP_SIZE;
		icmp_send_unreach(s, p, IP_UNREACH_PORT);
		pkt_free(p);
		return;
	}
	enqueue(stk_container_of(n, struct stk_sock, node), p);
}

/* 0 means "none" in IPv4 only (RFC 8200 8.1). */
static bool checksum_is_right(const struct pkt *p, const struct udp_hdr *h)
{
	if (!h->csum)
		return stk_ip_is4(&p->ip.dst);
	return ip_csum_ok(p);
}

static void udp_input(struct stk *s, struct pkt *p)
{
	struct stk_key k = { .local = p->ip.dst, .remote = p->ip.src,
			     .proto = IPPROTO_UDP };
	struct udp_hdr h;

	CTR(s, udp_in)++;
	if (!pkt_linear(p, UDP_SIZE) ||
	    udp_parse(p->data, p->len, p->total, &h) < 0) {
		CTR(s, udp_bad)++;
		pkt_free(p);
		return;
	}
	if (h.len < p->total) {
		pkt_trim(p, h.len);
		/* The link summed up more than this. */
		p->flags &= (uint16_t)~PKT_CSUM_OK;
	}
	if (!checksum_is_right(p, &h)) {
		CTR(s, udp_bad)++;
		pkt_free(p);
		return;
	}
	k.lport = h.dport;
	k.rport = h.sport;
	p->data += UDP_SIZE; /* not pulled: the head keeps its place */
	p->len -= UDP_SIZE;
	p->total -= UDP_SIZE;
	p->from = (struct stk_addr){ (uint16_t)stk_ip_family(&p->ip.src),
				     h.sport, p->ip.src };
	if (stk_ip_is_multicast(&p->ip.dst) || ip_is_broadcast(s, &p->ip.dst))
		deliver_group(s, p, &k);
	else
		deliver_one(s, p, &k);
}

static ssize_t take_error(struct stk_sock *sk)
{
	int e = sk->error;

	sk->error = 0;
	return -e;
}

static ssize_t udp_recv(struct stk_sock *sk, const struct iovec *iov, int n,
			struct stk_addr *from, int flags)
{
	struct udp_sock *u = udp(sk);
	struct pkt *p = u->rx.head;
	size_t got, whole;

	if (sk->error)
		return take_error(sk);
	if (!p)
		return u->shut_rd ? 0 : -EAGAIN;
	whole = p->total;
	got = pkt_read_iov(p, 0, iov, n);
	if (from)
		*from = p->from;
	if (!(flags & MSG_PEEK)) {
		u->memory -= pkt_truesize(p);
		pkt_free(pktq_pop(&u->rx));
	}
	return (ssize_t)(flags & MSG_TRUNC ? whole : got);
}

static bool udp_head(const struct stk_sock *sk, struct stk_head *h)
{
	const struct pkt *p = udp_const(sk)->rx.head;

	if (p)
		*h = (struct stk_head){ p->from, p->ip.dst, p->total };
	return p;
}

static uint64_t udp_drops(const struct stk_sock *sk)
{
	return udp_const(sk)->drops;
}

/* --- sending ---------------------------------------------------------------- */

/* What the socket's IP_MTU_DISCOVER says of this datagram. */
static void apply_pmtudisc(const struct stk_sock *sk, struct ip_out *o,
			   size_t size)
{
	size_t whole = size + ip_hdr_size(&o->dst);

	switch (sk->pmtudisc) {
	case IP_PMTUDISC_DONT:
		break;
	case IP_PMTUDISC_DO:
		o->df = true;
		break;
	case IP_PMTUDISC_PROBE:
	case IP_PMTUDISC_INTERFACE:
		o->df = true;
		o->no_pmtu = true;
		break;
	default: /* WANT: fragments only where the path asks for them */
		o->df = whole <= ip_pmtu(sk->stk, &o->dst);
		break;
	}
}

static struct pkt *build(struct stk_sock *sk, const struct iovec *iov, int n,
			 size_t len, const struct stk_addr *to)
{
	struct udp_hdr h = {
		.sport = sk->node.key.lport, .dport = to->port,
		.len = (uint16_t)(len + UDP_SIZE),
	};
	struct pkt *p = pkt_new(&sk->stk->pool, PKT_HEADROOM, UDP_SIZE);

	if (!p)
		return NULL;
	udp_emit(pkt_put(p, UDP_SIZE), &h);
	for (int i = 0; i < n; i++)
		if (!pkt_append_bytes(p, iov[i].iov_base, iov[i].iov_len)) {
			pkt_free(p);
			return NULL;
		}
	return p;
}

static ssize_t udp_transmit(struct stk_sock *sk, struct pkt *p,
			    const struct stk_addr *to,
			    const struct stk_ip *src, size_t len)
{
	struct ip_out o = {
		.dst = to->ip, .proto = IPPROTO_UDP, .ttl = sk->ttl,
		.tos = sk->tos, .csum_at = UDP_CSUM_AT,
		.loop = sk->mcast_loop,
	};
	int r;

	if (stk_ip_is_multicast(&to->ip))
		o.ttl = sk->mcast_ttl;
	if (src)
		o.src = *src;
	else if (!stk_ip_is_any(&sk->node.key.local) &&
	    stk_ip_is_unicast(&sk->node.key.local))
		o.src = sk->node.key.local;
	else if (ip_is_broadcast(sk->stk, &to->ip) &&
		 !stk_is_up(sk->stk, AF_INET))
		o.src = stk_ip_any(AF_INET); /* DHCP, before it has one */
	apply_pmtudisc(sk, &o, p->total);
	CTR(sk->stk, udp_out)++;
	r = ip_output(sk->stk, p, &o);
	return r < 0 ? r : (ssize_t)len;
}

static ssize_t udp_send(struct stk_sock *sk, const struct iovec *iov, int n,
			const struct stk_addr *to, const struct stk_ip *src)
{
	struct stk_addr peer;
	size_t len = 0;
	struct pkt *p;
	int r;

	if (sk->error)
		return take_error(sk);
	if (udp(sk)->shut_wr)
		return -EPIPE;
	if (!to && stk_peer(sk, &peer) < 0)
		return -EDESTADDRREQ;
	for (int i = 0; i < n; i++)
		len += iov[i].iov_len;
	if (len > UDP_MAX)
		return -EMSGSIZE;
	if (ip_must_wait(sk->stk, to ? &to->ip : &peer.ip))
		return -ENOBUFS;
	r = sk->bound ? 0 : stk_sock_autobind(sk);
	if (r < 0)
		return r;
	p = build(sk, iov, n, len, to ? to : &peer);
	if (!p) {
		CTR(sk->stk, no_memory)++;
		return -ENOBUFS;
	}
	return udp_transmit(sk, p, to ? to : &peer, src, len);
}

/* --- errors ----------------------------------------------------------------- */

/* Ports are all a datagram has to be known by: they must be a connected
 * socket's for an error to be told, and somebody's for an MTU to be believed. */
static void udp_icmp(struct stk *s, const struct stk_icmp_err *e)
{
	struct udp_hdr h;
	struct stk_key k = { .local = e->src, .remote = e->dst,
			     .proto = IPPROTO_UDP };
	struct stk_node *n;
	struct stk_sock *sk;

	if (udp_parse(e->l4, e->l4_len, SIZE_MAX, &h) < 0)
		return;
	k.lport = h.sport;
	k.rport = h.dport;
	n = stk_node_match(s, &k);
	if (!n) {
		CTR(s, icmp_stray)++;
		return;
	}
	sk = stk_container_of(n, struct stk_sock, node);
	ip_pmtu_update(s, e);
	if (udp(sk)->wants_back) {
		udp_keep_back(sk, e, h.dport);
		return;
	}
	if (!sk->connected)
		return;
	if (e->hard || (e->mtu && sk->pmtudisc == IP_PMTUDISC_DO))
		stk_sock_error(sk, e->error);
}

/* --- the rest --------------------------------------------------------------- */

static unsigned udp_ready(const struct stk_sock *sk)
{
	const struct udp_sock *u = udp_const(sk);
	unsigned e = STK_OUT;

	if (u->rx.n || sk->error || u->n_back || u->shut_rd)
		e |= STK_IN;
	if (u->n_back)
		e |= STK_ERR;
	return e;
}

static int udp_shutdown(struct stk_sock *sk, int how)
{
	struct udp_sock *u = udp(sk);

	if (!sk->connected)
		return -ENOTCONN;
	u->shut_rd |= how != SHUT_WR;
	u->shut_wr |= how != SHUT_RD;
	stk_sock_notify(sk);
	return 0;
}

static void udp_show(const struct stk_sock *sk, struct sk_out *out)
{
	const struct udp_sock *u = udp_const(sk);

	sk_out_printf(out, "%s queue %u drops %llu",
		      sk->connected ? "ESTAB" : "UNCONN", (unsigned)u->rx.n,
		      (unsigned long long)u->drops);
}

const struct stk_proto stk_udp = {
	.name = "udp",
	.type = SOCK_DGRAM,
	.ipproto = IPPROTO_UDP,
	.size = sizeof(struct udp_sock),
	.init = udp_init,
	.connect = udp_connect,
	.send = udp_send,
	.recv = udp_recv,
	.head = udp_head,
	.back = udp_back,
	.drops = udp_drops,
	.setopt = udp_setopt,
	.getopt = udp_getopt,
	.shutdown = udp_shutdown,
	.close = udp_close,
	.drop = udp_close,
	.ready = udp_ready,
	.show = udp_show,
	.input = udp_input,
	.icmp = udp_icmp,
};
