/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of the network layer, and what its files ask of each other. */
#ifndef SK_STACK_IP_INTERNAL_H
#define SK_STACK_IP_INTERNAL_H

#include "stack/ip/ip.h"
#include "stack/ip/neigh.h"
#include "stack/wire/eth.h"

/* --- addresses -------------------------------------------------------------- */

enum ip_origin { IP_STATIC, IP_LINK_LOCAL, IP_DHCP, IP_SLAAC };

struct ip_addr {
	bool used;
	bool ok;		/* asked around, or need not: may be used */
	bool deprecated;	/* not for new connections (RFC 4862 5.5.4) */
	enum ip_origin origin;
	struct stk_ip ip;
	uint8_t len;
	uint8_t probes;		/* of DAD or ACD still to be sent */
	uint8_t announces;	/* ACD: still to be sent */
	uint64_t valid_until;	/* SK_NEVER */
	uint64_t preferred_until;
	uint64_t defended;	/* ACD: when we last did */
	struct stk_timer timer;	/* probing and announcing */
};

struct ip_rt {
	bool used;
	enum ip_origin origin;
	struct stk_ip net;
	uint8_t len;
	struct stk_ip gw;	/* all zero: on the link */
	uint64_t until;		/* SK_NEVER */
};

#define IP_ROUTES 32
#define IP_PMTUS 256
#define IP_GROUPS 64

struct ip_pmtu_entry {
	struct stk_ip dst;
	unsigned mtu;
	bool no_df;		/* narrower than we go: routers may fragment */
	uint64_t until;
};

/* A group, with how many sockets have joined it. */
struct ip_group {
	struct stk_ip ip;
	uint16_t refs;
	uint8_t reports;	/* still to be sent unasked */
	bool used;
	struct stk_timer timer;
};

struct ip_member {
	LIST_ENTRY(ip_member) link;
	const struct stk_sock *sk;
	struct stk_ip group;
};

struct frag_table;		/* frag.c */
struct dhcp;			/* dhcp.c */

struct ip_state {
	struct ip_addr addrs[STK_MAX_ADDRS];
	struct ip_rt routes[IP_ROUTES];
	struct ip_pmtu_entry pmtus[IP_PMTUS];
	struct ip_group groups[IP_GROUPS];
	LIST_HEAD(ip_members, ip_member) members;
	struct neigh_table neigh;
	struct frag_table *frag;
	struct dhcp *dhcp;
	uint16_t id;		/* of IPv4 packets that may be fragmented */
	unsigned mtu6;		/* link MTU for IPv6, as routers say */
	uint8_t hlim;		/* as routers say; 0: 64 */
	uint64_t reachable_us, retrans_us;
	uint8_t rs_left;	/* router solicitations still to be sent */
	struct stk_timer rs_timer, age_timer;
	struct {
		uint32_t tokens;
		uint64_t filled;
	} icmp;
};

/* --- iface.c: addresses ----------------------------------------------------- */

/*
 * Take an address: it is asked for on the link first (RFC 5227, RFC 4862)
 * unless cfg.no_dad. Adds the route to its prefix. NULL when the table is
 * full.
 */
struct ip_addr *iface_add(struct stk *s, const struct stk_ip *ip, uint8_t len,
			  enum ip_origin origin);
void iface_remove(struct stk *s, struct ip_addr *a);
struct ip_addr *iface_find(const struct stk *s, const struct stk_ip *ip);
/*
 * Somebody says that `a` is theirs. While we are asking for it, it is; else it
 * is defended once, then given up (RFC 5227 2.4 (b), taken for IPv6 too, of
 * which RFC 4862 5.4.4 says nothing). mac NULL: nobody knows whose.
 */
void iface_claimed(struct stk *s, struct ip_addr *a, const uint8_t mac[6]);
/* The link-local IPv6 address, or NULL while there is none. */
const struct ip_addr *iface_link_local(const struct stk *s);
/* The interface identifier of this MAC (RFC 4291 appendix A). */
void iface_eui64(const struct stk *s, uint8_t id[8]);
int iface_open(struct stk *s);
void iface_shut(struct stk *s);

/* --- route.c ---------------------------------------------------------------- */

int route_add(struct stk *s, const struct stk_ip *net, uint8_t len,
	      const struct stk_ip *gw, enum ip_origin origin, uint64_t until);
void route_del(struct stk *s, const struct stk_ip *net, uint8_t len,
	       const struct stk_ip *gw);
/* The narrowest that leads to dst, or NULL. */
const struct ip_rt *route_find(const struct stk *s, const struct stk_ip *dst);
void route_expire(struct stk *s);
/* Packets to dst may be fragmented on their way whatever they say. */
bool route_no_df(struct stk *s, const struct stk_ip *dst);

/* --- eth.c ------------------------------------------------------------------ */

/* Put the Ethernet header in front (not on a link without) and transmit. */
void eth_send(struct stk *s, struct pkt *p, const uint8_t dst[6],
	      enum eth_type type);
/* The group's or broadcast address; false: a single host's. */
bool eth_multicast(const struct stk *s, const struct stk_ip *ip,
		   uint8_t mac[6]);

/* --- input.c, output.c, frag.c ---------------------------------------------- */

void ip4_input(struct stk *s, struct pkt *p);
void ip6_input(struct stk *s, struct pkt *p);
/* data at the upper layer, p->ip filled. */
void ip_deliver(struct stk *s, struct pkt *p);

/*
 * A fragment: bytes [off, off + p->total) of the packet it belongs to (data
 * behind the headers). Returns the whole packet when this completes it, with
 * data behind the headers of its first fragment; NULL otherwise. Takes p.
 */
struct pkt *frag_input(struct stk *s, struct pkt *p, uint32_t id, unsigned off,
		       bool more);
int frag_open(struct stk *s);
void frag_shut(struct stk *s);

/* --- icmp.c ----------------------------------------------------------------- */

void icmp4_input(struct stk *s, struct pkt *p);
void icmp6_input(struct stk *s, struct pkt *p);
/* Answer p with an error of its family's numbers. p stays. */
void icmp_send_error(struct stk *s, struct pkt *p, uint8_t type, uint8_t code,
		     uint32_t rest);
/* A packet of ours (data at its IP header) that could not be sent. */
void icmp_local_error(struct stk *s, struct pkt *p, int error);
/*
 * Send an ICMPv6 message: p from its type on, checksum field zero. src as in
 * ip_out, or :: when `unspecified`. Neighbour discovery has hop limit 255.
 */
void icmp6_send(struct stk *s, struct pkt *p, const struct stk_ip *src,
		const struct stk_ip *dst, uint8_t hlim, bool router_alert);

/* --- arp.c, ndp.c, slaac.c -------------------------------------------------- */

void arp_input(struct stk *s, struct pkt *p);
void arp_probe(struct stk *s, const struct stk_ip *ip);
void arp_announce(struct stk *s, const struct stk_ip *ip);

void ndp_input(struct stk *s, struct pkt *p);
void ndp_dad_probe(struct stk *s, const struct stk_ip *ip);
void ndp_announce(struct stk *s, const struct stk_ip *ip);
struct stk_ip ndp_solicited_node(const struct stk_ip *ip);

void slaac_open(struct stk *s);
void slaac_ra(struct stk *s, struct pkt *p);

/* --- group.c ---------------------------------------------------------------- */

void group_join(struct stk *s, const struct stk_ip *group);
void group_leave(struct stk *s, const struct stk_ip *group);
bool group_is_joined(const struct stk *s, const struct stk_ip *group);
void igmp_input(struct stk *s, struct pkt *p);
void mld_query(struct stk *s, struct pkt *p);
void group_shut(struct stk *s);

/* --- dhcp.c ----------------------------------------------------------------- */

int dhcp_open(struct stk *s);
/* The address is taken by another: decline it and start over. */
void dhcp_decline(struct stk *s);
/* No address yet, and asking for one. */
bool dhcp_is_asking(const struct stk *s);
void dhcp_shut(struct stk *s);

#endif
