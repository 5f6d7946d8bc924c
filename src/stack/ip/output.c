/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sending: source and route, checksum, header, fragments where they must be. */
#include <errno.h>
#include <netinet/in.h>

#include "stack/ip/ip_internal.h"
#include "stack/link/link.h"
#include "stack/wire/bytes.h"
#include "stack/wire/csum.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"

uint32_t ip_pseudo_sum(const struct stk_ip *src, const struct stk_ip *dst,
		       uint8_t proto, uint32_t len)
{
	size_t skip = stk_ip_is4(src) && stk_ip_is4(dst) ? 12 : 0;
	uint32_t sum = csum_add(0, src->b + skip, 16 - skip);

	sum = csum_add(sum, dst->b + skip, 16 - skip);
	return csum_fold(sum) + proto + (len >> 16) + (len & 0xffff);
}

bool ip_csum_ok(const struct pkt *p)
{
	uint32_t sum;

	if (p->flags & PKT_CSUM_OK)
		return true;
	sum = ip_pseudo_sum(&p->ip.src, &p->ip.dst, p->ip.proto, p->total);
	return !csum_done(pkt_sum(p, 0, sum));
}

/*
 * The transport's checksum: whole, or its pseudo-header alone where the link
 * does the rest. 0 is sent as its other form by UDP, where it means "none".
 */
static void fill_csum(struct stk *s, struct pkt *p, const struct ip_out *o,
		      bool whole)
{
	uint8_t *at = p->data + o->csum_at;
	uint32_t sum = ip_pseudo_sum(&o->src, &o->dst, o->proto, p->total);
	uint16_t csum;

	put16(at, 0);
	if (!whole && s->link->offload & STK_OFFLOAD_TX_CSUM) {
		p->flags |= PKT_CSUM_PARTIAL;
		p->csum_start = 0;
		p->csum_off = o->csum_at;
		put16(at, csum_fold(sum));
		return;
	}
	csum = csum_done(pkt_sum(p, 0, sum));
	if (!csum && o->proto == IPPROTO_UDP)
		csum = 0xffff;
	put16(at, csum);
}

/* Headers are on: to ourselves, or to the neighbour. */
static int hand_on(struct stk *s, struct pkt *p, const struct ip_route *r)
{
	CTR(s, ip_out)++;
	if (!r->local)
		return neigh_send(s, &r->next_hop, p);
	p->flags |= PKT_LOOPED;
	pktq_push(&s->loopback, p);
	return 0;
}

/* --- IPv4 ------------------------------------------------------------------- */

static bool push_ip4(struct pkt *p, const struct ip_out *o, uint16_t id,
		     unsigned off, bool mf, bool df)
{
	struct ipv4_hdr h = {
		.tos = o->tos, .ttl = o->ttl, .proto = o->proto,
		.id = id, .frag = (uint16_t)off, .mf = mf, .df = df,
		.total = (uint16_t)(p->total + IPV4_SIZE),
		.src = stk_ip_v4(&o->src), .dst = stk_ip_v4(&o->dst),
	};
	uint8_t *at = pkt_push(p, IPV4_SIZE);

	if (!at)
		return false;
	ipv4_emit(at, &h);
	p->csum_start = (uint16_t)(p->csum_start + IPV4_SIZE);
	return true;
}

/* --- IPv6 ------------------------------------------------------------------- */

static bool push_ip6(struct pkt *p, const struct ip_out *o, uint8_t next)
{
	struct ipv6_hdr h = {
		.tclass = o->tos, .hlim = o->ttl, .flow = o->flow & 0xfffff,
		.next = next, .payload = (uint16_t)p->total,
	};
	uint8_t *at = pkt_push(p, IPV6_SIZE);

	if (!at)
		return false;
	memcpy(h.src, o->src.b, 16);
	memcpy(h.dst, o->dst.b, 16);
	ipv6_emit(at, &h);
	p->csum_start = (uint16_t)(p->csum_start + IPV6_SIZE);
	return true;
}

static bool push_frag6(struct pkt *p, const struct ip_out *o, uint32_t id,
		       unsigned off, bool mf)
{
	struct ipv6_frag f = { .next = o->proto, .off = (uint16_t)off,
			       .mf = mf, .id = id };
	uint8_t *at = pkt_push(p, IPV6_FRAG_SIZE);

	if (!at)
		return false;
	ipv6_frag_emit(at, &f);
	return push_ip6(p, o, IPPROTO_FRAGMENT);
}

/* --- fragments -------------------------------------------------------------- */

/* Bytes [off, off + n) of p as a packet of its own, header room in front. */
static struct pkt *piece_of(struct stk *s, const struct pkt *p, size_t off,
			    size_t n)
{
	struct pkt *f = pkt_new(&s->pool, PKT_HEADROOM, 0);
	struct pkt *body = f ? pkt_slice(p, off, n) : NULL;

	if (!body) {
		pkt_free(f);
		return NULL;
	}
	pkt_append(f, body);
	return f;
}

static int send_fragments(struct stk *s, struct pkt *p, const struct ip_out *o,
			  const struct ip_route *r)
{
	bool v4 = stk_ip_is4(&o->dst);
	size_t hdr = v4 ? IPV4_SIZE : IPV6_SIZE + IPV6_FRAG_SIZE;
	size_t most = (r->mtu - hdr) & ~(size_t)7;
	uint32_t id = v4 ? ++s->ip->id : stk_random32(s);
	int err = 0;

	for (size_t off = 0; off < p->total && !err; off += most) {
		bool mf = p->total - off > most;
		struct pkt *f = piece_of(s, p, off, mf ? most : p->total - off);

		if (!f || !(v4 ? push_ip4(f, o, (uint16_t)id, (unsigned)off,
					  mf, false) :
				 push_frag6(f, o, id, (unsigned)off, mf))) {
			pkt_free(f);
			CTR(s, no_memory)++;
			err = -ENOBUFS;
			break;
		}
		CTR(s, frag_out)++;
		err = hand_on(s, f, r);
	}
	pkt_free(p);
	return err;
}

/* --- the way out ------------------------------------------------------------ */

static int refuse(struct stk *s, struct pkt *p, int r)
{
	if (r == -EMSGSIZE)
		CTR(s, ip_too_big)++;
	else if (r == -ENOBUFS)
		CTR(s, no_memory)++;
	else
		CTR(s, ip_no_route)++;
	pkt_free(p);
	return r;
}

static int send_whole(struct stk *s, struct pkt *p, const struct ip_out *o,
		      const struct ip_route *r)
{
	bool pushed;

	p->gso_size = o->gso_size;
	if (stk_ip_is4(&o->dst))
		/* RFC 6864: the ID of an atomic packet means nothing. */
		pushed = push_ip4(p, o, o->df ? 0 : ++s->ip->id, 0, false,
				  o->df);
	else
		pushed = push_ip6(p, o, o->proto);
	return pushed ? hand_on(s, p, r) : refuse(s, p, -ENOBUFS);
}

/* RFC 1112 6.1: senders who are in the group themselves get it too. */
static void loop_back(struct stk *s, const struct pkt *p,
		      const struct ip_out *o, const struct ip_route *r)
{
	struct ip_route local = *r;
	struct pkt *copy = pkt_clone(p);

	if (!copy) {
		CTR(s, no_memory)++;
		return;
	}
	local.local = true;
	if (o->csum_at != IP_NO_CSUM)
		fill_csum(s, copy, o, true);
	send_whole(s, copy, o, &local);
}

int ip_output(struct stk *s, struct pkt *p, const struct ip_out *given)
{
	struct ip_out o = *given;
	struct ip_route rt;
	bool v4 = stk_ip_is4(&o.dst), fits;
	int r = ip_route(s, &o.dst, &o.src, &rt);

	if (r < 0 || s->error)
		return refuse(s, p, r < 0 ? r : -ENETDOWN);
	o.src = rt.src;
	if (!o.ttl)
		o.ttl = !v4 && s->ip->hlim ? s->ip->hlim : IP_DEFAULT_TTL;
	if (o.no_pmtu)
		rt.mtu = rt.link_mtu;
	if (v4 && o.df && route_no_df(s, &o.dst))
		o.df = false;
	fits = rt.local || o.gso_size || p->total + ip_hdr_size(&o.dst) <=
						 rt.mtu;
	if (p->total + ip_hdr_size(&o.dst) > 65535u + (v4 ? 0 : IPV6_SIZE) ||
	    (!fits && given->df))
		return refuse(s, p, -EMSGSIZE);
	if (o.loop && stk_ip_is_multicast(&o.dst) &&
	    group_is_joined(s, &o.dst))
		loop_back(s, p, &o, &rt);
	if (o.csum_at != IP_NO_CSUM)
		fill_csum(s, p, &o, !fits || rt.local);
	return fits ? send_whole(s, p, &o, &rt) :
		      send_fragments(s, p, &o, &rt);
}
