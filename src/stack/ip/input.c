/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Receiving. Headers are checked before anything is believed; a packet from
 * an address that no other host can have, or for somebody else, goes no
 * further than this file.
 */
#include <errno.h>
#include <netinet/in.h>

#include "stack/ip/ip_internal.h"
#include "stack/wire/bytes.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"

#define DHCP_CLIENT_PORT 68

static void drop(struct stk *s, struct pkt *p, enum stk_counter_id why)
{
	s->counters[why]++;
	pkt_free(p);
}

#define DROP(s, p, why) drop(s, p, STK_CTR_##why)

/* --- addresses -------------------------------------------------------------- */

/*
 * No other host can have such a source: groups, broadcasts, the loopback, and
 * our own addresses (LAND).
 */
static bool source_is_bad(const struct stk *s, const struct pkt *p)
{
	const struct stk_ip *src = &p->ip.src;

	if (p->flags & PKT_LOOPED)
		return false;
	return stk_ip_is_loopback(src) || ip_is_ours(s, src) ||
	       ip_is_broadcast(s, src) || !stk_ip_is_unicast(src);
}

static bool is_for_us(const struct stk *s, const struct pkt *p)
{
	const struct stk_ip *dst = &p->ip.dst;

	if (stk_ip_is_loopback(dst))
		return p->flags & PKT_LOOPED;
	if (stk_ip_is_multicast(dst))
		return group_is_joined(s, dst);
	/* RFC 1122 3.3.6: a frame to all with a packet for one is a trap. */
	if (ip_is_ours(s, dst))
		return !(p->flags & PKT_BROADCAST);
	return ip_is_broadcast(s, dst);
}

/* --- to the transports ------------------------------------------------------ */

static bool deliver_to_transport(struct stk *s, struct pkt *p)
{
	for (size_t i = 0; stk_protos[i]; i++)
		if (stk_protos[i]->ipproto == p->ip.proto) {
			stk_protos[i]->input(s, p);
			return true;
		}
	return false;
}

void ip_deliver(struct stk *s, struct pkt *p)
{
	bool v4 = stk_ip_is4(&p->ip.dst);

	if (v4 && p->ip.proto == IPPROTO_ICMP)
		icmp4_input(s, p);
	else if (v4 && p->ip.proto == IPPROTO_IGMP)
		igmp_input(s, p);
	else if (!v4 && p->ip.proto == IPPROTO_ICMPV6)
		icmp6_input(s, p);
	else if (!v4 && p->ip.proto == IPPROTO_NONE)
		pkt_free(p);
	else if (!deliver_to_transport(s, p)) {
		CTR(s, ip_unknown_proto)++;
		icmp_send_unreach(s, p, IP_UNREACH_PROTO);
		pkt_free(p);
	}
}

/* --- IPv4 ------------------------------------------------------------------- */

/*
 * Some servers send an offer to the address they offer, whatever we asked for
 * (RFC 2131 4.1): p, data at the IP header, is a DHCP message to our MAC.
 */
static bool is_offer(const struct stk *s, const struct pkt *p)
{
	uint8_t port[2];

	return dhcp_is_asking(s) && p->ip.proto == IPPROTO_UDP &&
	       !(p->flags & PKT_BROADCAST) && stk_ip_is_unicast(&p->ip.dst) &&
	       pkt_read(p, p->ip.hdr + 2u, port, 2) == 2 &&
	       get16(port) == DHCP_CLIENT_PORT;
}

static struct pkt *reassemble4(struct stk *s, struct pkt *p,
			       const struct ipv4_hdr *h)
{
	/* All but the last are multiples of 8 bytes. */
	if (h->mf && p->total % 8) {
		DROP(s, p, frag_bad);
		return NULL;
	}
	return frag_input(s, p, h->id, h->frag, h->mf);
}

void ip4_input(struct stk *s, struct pkt *p)
{
	struct ipv4_hdr h;
	size_t want = p->total < 60 ? p->total : 60;

	CTR(s, ip_in)++;
	if (!pkt_linear(p, want) || ipv4_parse(p->data, p->total, &h) < 0 ||
	    h.hdr > p->len) {
		DROP(s, p, ip_bad_header);
		return;
	}
	pkt_trim(p, h.total); /* Ethernet pads short frames */
	p->ip = (struct pkt_ip){
		.src = stk_ip_from4(h.src), .dst = stk_ip_from4(h.dst),
		.proto = h.proto, .ttl = h.ttl, .tos = h.tos, .hdr = h.hdr,
	};
	if (source_is_bad(s, p)) {
		DROP(s, p, ip_bad_address);
		return;
	}
	if (!is_for_us(s, p) && !is_offer(s, p)) {
		DROP(s, p, ip_not_ours);
		return;
	}
	pkt_pull(p, h.hdr);
	if (h.mf || h.frag)
		p = reassemble4(s, p, &h);
	if (p)
		ip_deliver(s, p);
}

/* --- IPv6 ------------------------------------------------------------------- */

/* The chain of extension headers is no good: say so where RFC 8200 asks. */
static void answer_bad(struct stk *s, struct pkt *p, int bad,
		       const struct ipv6_ext *x)
{
	uint32_t pointer = x->at == UINT16_MAX ? p->ip.next_at :
						 p->ip.hdr + x->at;

	CTR(s, ip_ext_bad)++;
	if (bad == IPV6_BAD_PROBLEM || bad == IPV6_BAD_NEXT)
		icmp_send_error(s, p, ICMP6_PARAM, bad == IPV6_BAD_NEXT,
				pointer);
	else if (bad == IPV6_BAD_OPTION_ALL ||
		 (bad == IPV6_BAD_OPTION && !stk_ip_is_multicast(&p->ip.dst)))
		icmp_send_error(s, p, ICMP6_PARAM, 2, pointer);
	pkt_free(p);
}

/* RFC 7112: the first fragment holds all headers. */
static bool first_is_complete(const struct pkt *p, const struct ipv6_frag *f)
{
	struct ipv6_ext x;

	return f->off || !ipv6_walk(f->next, p->data, p->len, &x);
}

static struct pkt *reassemble6(struct stk *s, struct pkt *p)
{
	struct ipv6_frag f;

	if (!pkt_linear(p, IPV6_FRAG_SIZE) ||
	    ipv6_frag_parse(p->data, p->len, &f) < 0) {
		DROP(s, p, frag_bad);
		return NULL;
	}
	if (f.mf && (p->total - IPV6_FRAG_SIZE) % 8) {
		CTR(s, frag_bad)++;
		icmp_send_error(s, p, ICMP6_PARAM, 0, 4);
		pkt_free(p);
		return NULL;
	}
	p->ip.next_at = p->ip.hdr;
	p->ip.hdr = (uint16_t)(p->ip.hdr + IPV6_FRAG_SIZE);
	p->ip.proto = f.next;
	pkt_pull(p, IPV6_FRAG_SIZE);
	if (!first_is_complete(p, &f)) {
		DROP(s, p, ip_ext_bad);
		return NULL;
	}
	/* An atomic fragment is a packet by itself (RFC 6946). */
	if (!f.off && !f.mf)
		return p;
	return frag_input(s, p, f.id, f.off, f.mf);
}

/* From the first extension header on; may come round once more, after
 * reassembly. */
static void input6_upper(struct stk *s, struct pkt *p)
{
	for (int round = 0; round < 2 && p; round++) {
		struct ipv6_ext x;
		size_t want = p->total < IPV6_EXT_BYTES ? p->total :
							  IPV6_EXT_BYTES;
		int r;

		if (!pkt_linear(p, want)) {
			DROP(s, p, no_memory);
			return;
		}
		r = ipv6_walk(p->ip.proto, p->data, p->len, &x);
		if (r < 0) {
			answer_bad(s, p, r, &x);
			return;
		}
		pkt_pull(p, x.at);
		if (x.next_at != UINT16_MAX)
			p->ip.next_at = (uint16_t)(p->ip.hdr + x.next_at);
		p->ip.hdr = (uint16_t)(p->ip.hdr + x.at);
		p->ip.proto = x.proto;
		if (x.proto != IPPROTO_FRAGMENT) {
			ip_deliver(s, p);
			return;
		}
		p = reassemble6(s, p);
	}
	if (p)
		DROP(s, p, ip_ext_bad);
}

/* Who believes an address of ours to be theirs says so from it. */
static bool is_claim(const struct stk *s, const struct pkt *p)
{
	uint8_t type;

	return p->ip.proto == IPPROTO_ICMPV6 && ip_is_ours(s, &p->ip.src) &&
	       pkt_read(p, IPV6_SIZE, &type, 1) && type == ICMP6_NA;
}

/* The unspecified source is right only for neighbour discovery, which sees
 * to it itself. */
static bool source6_is_bad(const struct stk *s, const struct pkt *p)
{
	static const struct stk_ip none;

	if (stk_ip_eq(&p->ip.src, &none))
		return p->ip.proto != IPPROTO_ICMPV6;
	if (is_claim(s, p))
		return false;
	return source_is_bad(s, p) || stk_ip_is4(&p->ip.src) ||
	       stk_ip_is4(&p->ip.dst);
}

void ip6_input(struct stk *s, struct pkt *p)
{
	struct ipv6_hdr h;

	CTR(s, ip_in)++;
	if (!pkt_linear(p, IPV6_SIZE) ||
	    ipv6_parse(p->data, p->total, &h) < 0) {
		DROP(s, p, ip_bad_header);
		return;
	}
	pkt_trim(p, IPV6_SIZE + h.payload);
	p->ip = (struct pkt_ip){ .proto = h.next, .ttl = h.hlim,
				 .tos = h.tclass, .hdr = IPV6_SIZE,
				 .next_at = IPV6_NEXT_AT };
	memcpy(p->ip.src.b, h.src, 16);
	memcpy(p->ip.dst.b, h.dst, 16);
	if (source6_is_bad(s, p)) {
		DROP(s, p, ip_bad_address);
		return;
	}
	if (!is_for_us(s, p)) {
		DROP(s, p, ip_not_ours);
		return;
	}
	pkt_pull(p, IPV6_SIZE);
	input6_upper(s, p);
}
