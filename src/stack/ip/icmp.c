/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ICMP of both families: echo answered, errors sent within a limit, and
 * errors about our own packets brought to the protocol that sent them. What
 * an error says is believed only after that protocol has found the quoted
 * packet to be in flight (RFC 5927).
 */
#include "stack/wire/icmp.h"

#include <errno.h>
#include <netinet/in.h>

#include "stack/ip/ip_internal.h"
#include "stack/wire/bytes.h"
#include "stack/wire/csum.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"

#define CSUM_AT 2

/* --- sending errors --------------------------------------------------------- */

#define ERRORS_PER_SEC 1000
#define ERRORS_BURST 50

/*
 * A bucket of tokens. Now and then it holds fewer, at random: a shared limit
 * that can be counted exactly tells an onlooker what we answered to others.
 */
static bool may_complain(struct stk *s)
{
	uint64_t passed = s->now - s->ip->icmp.filled;
	uint64_t fresh = passed * ERRORS_PER_SEC / SK_SEC;

	if (fresh) {
		fresh += s->ip->icmp.tokens;
		if (fresh > ERRORS_BURST)
			fresh = ERRORS_BURST - stk_random_below(s, 4);
		s->ip->icmp.tokens = (uint32_t)fresh;
		s->ip->icmp.filled = s->now;
	}
	if (!s->ip->icmp.tokens) {
		CTR(s, icmp_limited)++;
		return false;
	}
	s->ip->icmp.tokens--;
	return true;
}

/* Is p itself an ICMP error? Nobody answers these (RFC 1122 3.2.2). */
static bool is_error(const struct pkt *p)
{
	uint8_t type;

	if (p->ip.proto != IPPROTO_ICMP && p->ip.proto != IPPROTO_ICMPV6)
		return false;
	if (!pkt_read(p, 0, &type, 1))
		return true;
	if (!stk_ip_is4(&p->ip.dst))
		return type < 128;
	return type != ICMP4_ECHO && type != ICMP4_ECHO_REPLY;
}

/* Would the answer go to one host that did send it to us alone? */
static bool deserves_answer(const struct stk *s, const struct pkt *p,
			    uint8_t type)
{
	bool group = stk_ip_is_multicast(&p->ip.dst) ||
		     ip_is_broadcast(s, &p->ip.dst) ||
		     p->flags & PKT_BROADCAST;

	/* RFC 4443 2.4 (e.3): of multicasts, only about options. */
	if (group && (stk_ip_is4(&p->ip.dst) || type != ICMP6_PARAM))
		return false;
	return stk_ip_is_unicast(&p->ip.src) && !is_error(p);
}

/* The headers, which stand in front of data, and as much as may be quoted. */
static struct pkt *quote(struct stk *s, const struct pkt *p, size_t most)
{
	size_t n = p->ip.hdr + p->total;
	struct pkt *q;

	if (p->ip.hdr > pkt_headroom(p) || p->ip.hdr > most)
		return NULL;
	if (n > most)
		n = most;
	q = pkt_new(&s->pool, PKT_HEADROOM, ICMP_SIZE + n);
	if (!q)
		return NULL;
	pkt_put(q, ICMP_SIZE);
	memcpy(pkt_put(q, p->ip.hdr), p->data - p->ip.hdr, p->ip.hdr);
	n -= p->ip.hdr;
	pkt_read(p, 0, pkt_put(q, n), n);
	return q;
}

void icmp_send_error(struct stk *s, struct pkt *p, uint8_t type, uint8_t code,
		     uint32_t rest)
{
	bool v4 = stk_ip_is4(&p->ip.dst);
	struct ip_out o = {
		.dst = p->ip.src,
		.proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		.csum_at = v4 ? IP_NO_CSUM : CSUM_AT,
	};
	struct icmp_hdr h = { .type = type, .code = code, .rest = rest };
	struct pkt *q;

	if (!deserves_answer(s, p, type) || !may_complain(s))
		return;
	/* 576 bytes in all (RFC 1812 4.3.2.3), or the least MTU of IPv6. */
	q = quote(s, p, v4 ? 576 - IPV4_SIZE - ICMP_SIZE :
			     IPV6_MIN_MTU - IPV6_SIZE - ICMP_SIZE);
	if (!q)
		return;
	if (ip_is_ours(s, &p->ip.dst))
		o.src = p->ip.dst;
	icmp_emit(q->data, &h);
	if (v4)
		put16(q->data + CSUM_AT, csum_done(pkt_sum(q, 0, 0)));
	CTR(s, icmp_out)++;
	ip_output(s, q, &o);
}

void icmp_send_unreach(struct stk *s, struct pkt *p, enum ip_unreach what)
{
	bool v4 = stk_ip_is4(&p->ip.dst);

	if (what == IP_UNREACH_PORT)
		icmp_send_error(s, p, v4 ? ICMP4_UNREACH : ICMP6_UNREACH,
				v4 ? ICMP4_PORT : 4, 0);
	else if (v4)
		icmp_send_error(s, p, ICMP4_UNREACH, ICMP4_PROTO, 0);
	else /* RFC 8200 4: the pointer is where the next header is named */
		icmp_send_error(s, p, ICMP6_PARAM, 1, p->ip.next_at);
}

/* --- errors about our packets ----------------------------------------------- */

/* What Linux makes of them (icmp_err_convert, icmpv6_err_convert). */
struct mapping {
	int error;
	bool hard;
};

static const struct mapping unreach4[] = {
	{ ENETUNREACH, false }, { EHOSTUNREACH, false },
	{ ENOPROTOOPT, true },	{ ECONNREFUSED, true },
	{ EMSGSIZE, false },	{ EOPNOTSUPP, false },
	{ ENETUNREACH, true },	{ EHOSTDOWN, true },
	{ ENONET, true },	{ ENETUNREACH, true },
	{ EHOSTUNREACH, true }, { ENETUNREACH, false },
	{ EHOSTUNREACH, false }, { EHOSTUNREACH, true },
	{ EHOSTUNREACH, true }, { EHOSTUNREACH, true },
};

static const struct mapping unreach6[] = {
	{ ENETUNREACH, false }, { EACCES, true },  { EHOSTUNREACH, false },
	{ EHOSTUNREACH, false }, { ECONNREFUSED, true }, { EACCES, true },
	{ EACCES, true },
};

static const struct mapping time_exceeded = { EHOSTUNREACH, false };
static const struct mapping parameter_problem = { EPROTO, true };

#define N(a) (sizeof(a) / sizeof(*(a)))

/* False: this is no error we know. */
static bool map_error(struct stk_icmp_err *e, bool v4)
{
	const struct mapping *m = NULL;

	if (e->type == (v4 ? ICMP4_UNREACH : ICMP6_UNREACH)) {
		if (e->code < (v4 ? N(unreach4) : N(unreach6)))
			m = v4 ? &unreach4[e->code] : &unreach6[e->code];
	} else if (e->type == (v4 ? ICMP4_TIME : ICMP6_TIME)) {
		m = &time_exceeded;
	} else if (e->type == (v4 ? ICMP4_PARAM : ICMP6_PARAM)) {
		m = &parameter_problem;
	} else if (!v4 && e->type == ICMP6_TOO_BIG) {
		e->error = EMSGSIZE;
		return true;
	}
	if (!m)
		return false;
	e->error = m->error;
	e->hard = m->hard;
	return true;
}

/* The quoted IPv4 header: p[0..len). Returns its total length, or 0. */
static unsigned read_quote4(struct stk_icmp_err *e, const uint8_t *p,
			    size_t len)
{
	struct ipv4_hdr h;

	if (ipv4_parse_quoted(p, len, &h) < 0 || h.frag)
		return 0;
	e->src = stk_ip_from4(h.src);
	e->dst = stk_ip_from4(h.dst);
	e->proto = h.proto;
	e->l4 = p + h.hdr;
	e->l4_len = len - h.hdr;
	return h.total;
}

static unsigned read_quote6(struct stk_icmp_err *e, const uint8_t *p,
			    size_t len)
{
	struct ipv6_ext x;
	struct ipv6_hdr h;
	struct ipv6_frag f;

	if (ipv6_parse_quoted(p, len, &h) < 0)
		return 0;
	memcpy(e->src.b, h.src, 16);
	memcpy(e->dst.b, h.dst, 16);
	p += IPV6_SIZE;
	len -= IPV6_SIZE;
	if (ipv6_walk(h.next, p, len, &x) < 0)
		return 0;
	e->proto = x.proto;
	e->l4 = p + x.at;
	e->l4_len = len - x.at;
	if (x.proto == IPPROTO_FRAGMENT) {
		if (ipv6_frag_parse(e->l4, e->l4_len, &f) < 0 || f.off)
			return 0;
		e->proto = f.next;
		e->l4 += IPV6_FRAG_SIZE;
		e->l4_len -= IPV6_FRAG_SIZE;
	}
	return h.payload + IPV6_SIZE;
}

/*
 * Routers from before RFC 1191 say no MTU: the next plateau below the packet
 * is taken (section 7.1).
 */
static unsigned plateau(unsigned total)
{
	static const unsigned steps[] = { 32000, 17914, 8166, 4352, 2002,
					  1492,	 1006,	508,  296 };

	for (size_t i = 0; i < N(steps); i++)
		if (steps[i] < total)
			return steps[i];
	return IPV4_MIN_MTU;
}

/* RFC 1191 section 7, RFC 8201 section 4: what cannot be is not believed. */
static bool read_mtu(struct stk_icmp_err *e, bool v4, uint32_t rest,
		     unsigned total)
{
	e->mtu = v4 ? rest & 0xffff : rest;
	if (v4 && !e->mtu)
		e->mtu = plateau(total);
	return e->mtu >= (v4 ? IPV4_MIN_MTU : IPV6_MIN_MTU);
}

static void dispatch(struct stk *s, const struct stk_icmp_err *e)
{
	for (size_t i = 0; stk_protos[i]; i++)
		if (stk_protos[i]->ipproto == e->proto && stk_protos[i]->icmp) {
			stk_protos[i]->icmp(s, e);
			return;
		}
	CTR(s, icmp_stray)++;
}

/* p: data at the ICMP header. */
static void take_error(struct stk *s, struct pkt *p, const struct icmp_hdr *h)
{
	bool v4 = stk_ip_is4(&p->ip.dst);
	struct stk_icmp_err e = { .type = h->type, .code = h->code,
				  .from = p->ip.src };
	const uint8_t *body = p->data + ICMP_SIZE;
	unsigned total;

	total = v4 ? read_quote4(&e, body, p->len - ICMP_SIZE) :
		     read_quote6(&e, body, p->len - ICMP_SIZE);
	if (!total || e.l4_len < 8 || !ip_is_ours(s, &e.src) ||
	    !map_error(&e, v4) ||
	    (e.error == EMSGSIZE && !read_mtu(&e, v4, h->rest, total))) {
		CTR(s, icmp_bad)++;
		return;
	}
	dispatch(s, &e);
}

void icmp_local_error(struct stk *s, struct pkt *p, int error)
{
	struct stk_icmp_err e = { .error = error };
	bool v4;

	if (!pkt_linear(p, p->total < 256 ? p->total : 256) || !p->len)
		return;
	v4 = p->data[0] >> 4 == 4;
	if (!(v4 ? read_quote4(&e, p->data, p->len) :
		   read_quote6(&e, p->data, p->len)) || e.l4_len < 8)
		return;
	e.type = v4 ? ICMP4_UNREACH : ICMP6_UNREACH;
	e.code = v4 ? ICMP4_HOST : 3;
	e.from = e.src;
	/* What we know ourselves is not going to change, as a router's word is:
	 * who connects need not wait for minutes (Linux does not either). */
	e.hard = error == EHOSTUNREACH;
	dispatch(s, &e);
}

/* --- echo ------------------------------------------------------------------- */

/* The answer is the question with another type; its bytes are not copied. */
static void echo(struct stk *s, struct pkt *p, const struct icmp_hdr *h)
{
	bool v4 = stk_ip_is4(&p->ip.dst);
	struct ip_out o = {
		.dst = p->ip.src, .tos = p->ip.tos,
		.proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		.csum_at = v4 ? IP_NO_CSUM : CSUM_AT,
	};
	struct icmp_hdr reply = *h;
	struct pkt *q, *body;

	if (v4 && !ip_is_ours(s, &p->ip.dst))
		return; /* no amplifier: broadcasts are not answered */
	if (ip_is_ours(s, &p->ip.dst))
		o.src = p->ip.dst;
	reply.type = v4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY;
	reply.csum = csum_update(h->csum, (uint16_t)(h->type << 8), 0);
	q = pkt_new(&s->pool, PKT_HEADROOM, ICMP_SIZE);
	body = p->total > ICMP_SIZE && q ?
		       pkt_slice(p, ICMP_SIZE, p->total - ICMP_SIZE) : NULL;
	if (!q || (!body && p->total > ICMP_SIZE)) {
		CTR(s, no_memory)++;
		pkt_free(q);
		return;
	}
	icmp_emit(pkt_put(q, ICMP_SIZE), &reply);
	if (body)
		pkt_append(q, body);
	CTR(s, icmp_echo)++;
	ip_output(s, q, &o);
}

/* --- input ------------------------------------------------------------------ */

static bool read_header(struct stk *s, struct pkt *p, uint32_t sum,
			struct icmp_hdr *h)
{
	/* All an error quotes is wanted in one piece. */
	size_t want = p->total < IPV6_MIN_MTU ? p->total : IPV6_MIN_MTU;

	CTR(s, icmp_in)++;
	if (pkt_linear(p, want) && icmp_parse(p->data, p->len, h) >= 0 &&
	    (p->flags & PKT_CSUM_OK || !csum_done(pkt_sum(p, 0, sum))))
		return true;
	CTR(s, icmp_bad)++;
	return false;
}

void icmp4_input(struct stk *s, struct pkt *p)
{
	struct icmp_hdr h;

	if (read_header(s, p, 0, &h)) {
		if (h.type == ICMP4_ECHO && !h.code)
			echo(s, p, &h);
		else if (h.type == ICMP4_UNREACH || h.type == ICMP4_TIME ||
			 h.type == ICMP4_PARAM)
			take_error(s, p, &h);
	}
	pkt_free(p);
}

void icmp6_input(struct stk *s, struct pkt *p)
{
	uint32_t sum = ip_pseudo_sum(&p->ip.src, &p->ip.dst, IPPROTO_ICMPV6,
				     p->total);
	struct icmp_hdr h;

	if (read_header(s, p, sum, &h)) {
		if (h.type == ICMP6_ECHO && stk_ip_is_unicast(&p->ip.src))
			echo(s, p, &h);
		else if (h.type < 128)
			take_error(s, p, &h);
		else if (h.type == ICMP6_MLD_QUERY)
			mld_query(s, p);
		else
			ndp_input(s, p);
	}
	pkt_free(p);
}

void icmp6_send(struct stk *s, struct pkt *p, const struct stk_ip *src,
		const struct stk_ip *dst, uint8_t hlim, bool router_alert)
{
	static const uint8_t alert[8] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
	struct ipv6_hdr h = { .hlim = hlim, .next = IPPROTO_ICMPV6 };
	uint32_t sum = ip_pseudo_sum(src, dst, IPPROTO_ICMPV6, p->total);

	put16(p->data + CSUM_AT, csum_done(pkt_sum(p, 0, sum)));
	if (router_alert) {
		memcpy(pkt_push(p, sizeof(alert)), alert, sizeof(alert));
		h.next = IPPROTO_HOPOPTS;
	}
	h.payload = (uint16_t)p->total;
	memcpy(h.src, src->b, 16);
	memcpy(h.dst, dst->b, 16);
	ipv6_emit(pkt_push(p, IPV6_SIZE), &h);
	CTR(s, icmp_out)++;
	CTR(s, ip_out)++;
	neigh_send(s, dst, p);
}
