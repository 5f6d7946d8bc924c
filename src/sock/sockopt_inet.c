/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values of options that are interfaces, groups and addresses. Groups are
 * written GROUP[@INTERFACE][/SOURCE].
 */
#include "sock/sockopt_types.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>

#include "base/text.h"
#include "base/units.h"
#include "sock/addr.h"

/* "group@interface/source", taken apart; what was not given is "". */
struct group_text {
	char group[64], interface[64], source[64];
};

static int split_group(struct group_text *g, const char *text)
{
	size_t n = strcspn(text, "@/");

	g->interface[0] = '\0';
	g->source[0] = '\0';
	if (sk_copyn(g->group, sizeof(g->group), text, n) < 0)
		return -EINVAL;
	text += n;
	if (*text == '@') {
		n = strcspn(++text, "/");
		if (!n || sk_copyn(g->interface, sizeof(g->interface), text,
				   n) < 0)
			return -EINVAL;
		text += n;
	}
	if (*text == '/' && (!*++text || sk_copy(g->source, sizeof(g->source),
						 text) < 0))
		return -EINVAL;
	return *g->group ? 0 : -EINVAL;
}

/* A name of an interface there is, or an index. */
static int parse_interface(const char *text, uint32_t *index)
{
	uint64_t n;

	if (sk_parse_uint(text, &n) == 0 && n <= INT32_MAX) {
		*index = (uint32_t)n;
		return 0;
	}
	*index = if_nametoindex(text);
	return *index ? 0 : -ENODEV;
}

static const char *format_interface(char *buf, size_t size, uint32_t index)
{
	char name[IF_NAMESIZE];

	if (index && if_indextoname(index, name))
		sk_escape(buf, size, name, strlen(name));
	else
		snprintf(buf, size, "%u", index);
	return buf;
}

static int no_interface(struct sk_sockopt_value *out, const char *text,
			struct sk_err *err)
{
	return sk_sockopt_bad(err, out->opt, text,
			      "with an interface that is here");
}

static int parse_ifindex(struct sk_sockopt_value *out, const char *text,
			 struct sk_err *err)
{
	uint32_t index;

	if (parse_interface(text, &index) < 0)
		return sk_sockopt_bad(err, out->opt, text,
				      "an interface that is here");
	if (out->opt->type == &sk_type_IFINDEX_BE)
		index = htonl(index);
	return sk_sockopt_put(out, &index, sizeof(index));
}

static bool format_ifindex(char *buf, size_t size,
			   const struct sk_sockopt *opt,
			   const unsigned char *val, size_t len)
{
	uint32_t index;

	if (len < sizeof(index))
		return false;
	memcpy(&index, val, sizeof(index));
	if (opt->type == &sk_type_IFINDEX_BE)
		index = ntohl(index);
	format_interface(buf, size, index);
	return true;
}

/* An interface of struct ip_mreqn: by one of its addresses, or by itself. */
static int set_mreqn_interface(struct ip_mreqn *m, const char *text)
{
	uint32_t index;

	if (inet_pton(AF_INET, text, &m->imr_address) == 1)
		return 0;
	if (parse_interface(text, &index) < 0)
		return -ENODEV;
	m->imr_ifindex = (int)index;
	return 0;
}

static int parse_mcast_if(struct sk_sockopt_value *out, const char *text,
			  struct sk_err *err)
{
	struct ip_mreqn m = {};

	if (set_mreqn_interface(&m, text) < 0)
		return sk_sockopt_bad(err, out->opt, text,
				      "an address or an interface that is "
				      "here");
	return sk_sockopt_put(out, &m, sizeof(m));
}

static int parse_mreq(struct sk_sockopt_value *out, const char *text,
		      struct sk_err *err)
{
	struct ip_mreqn m = {};
	struct group_text g;

	if (split_group(&g, text) < 0 || *g.source ||
	    inet_pton(AF_INET, g.group, &m.imr_multiaddr) != 1)
		return sk_sockopt_bad(err, out->opt, text,
				      "an IPv4 GROUP[@INTERFACE]");
	if (*g.interface && set_mreqn_interface(&m, g.interface) < 0)
		return no_interface(out, text, err);
	return sk_sockopt_put(out, &m, sizeof(m));
}

/*
 * struct in_addr, ip_mreq or ip_mreqn, told apart by their length as the
 * kernel does. The index goes before the address (ip(7)).
 */
static bool load_mreqn(struct ip_mreqn *m, const unsigned char *val,
		       size_t len)
{
	memset(m, 0, sizeof(*m));
	if (len >= sizeof(*m))
		memcpy(m, val, sizeof(*m));
	else if (len >= sizeof(struct ip_mreq))
		memcpy(m, val, sizeof(struct ip_mreq));
	else
		return false;
	return true;
}

static const char *format_mreqn_interface(char buf[64],
					  const struct ip_mreqn *m)
{
	if (m->imr_ifindex)
		return format_interface(buf, 64, (uint32_t)m->imr_ifindex);
	return inet_ntop(AF_INET, &m->imr_address, buf, 64);
}

static bool format_mcast_if(char *buf, size_t size,
			    const struct sk_sockopt *opt,
			    const unsigned char *val, size_t len)
{
	struct ip_mreqn m;
	char text[64];

	(void)opt;
	if (!load_mreqn(&m, val, len)) {
		if (len < sizeof(m.imr_address))
			return false;
		memcpy(&m.imr_address, val, sizeof(m.imr_address));
	}
	snprintf(buf, size, "%s", format_mreqn_interface(text, &m));
	return true;
}

static bool format_mreq(char *buf, size_t size, const struct sk_sockopt *opt,
			const unsigned char *val, size_t len)
{
	char group[INET_ADDRSTRLEN], interface[64];
	struct ip_mreqn m;
	bool any;

	(void)opt;
	if (!load_mreqn(&m, val, len))
		return false;
	any = !m.imr_ifindex && !m.imr_address.s_addr;
	inet_ntop(AF_INET, &m.imr_multiaddr, group, sizeof(group));
	snprintf(buf, size, "%s%s%s", group, any ? "" : "@",
		 any ? "" : format_mreqn_interface(interface, &m));
	return true;
}

static int parse_mreq6(struct sk_sockopt_value *out, const char *text,
		       struct sk_err *err)
{
	struct ipv6_mreq m = {};
	struct group_text g;
	uint32_t index = 0;

	if (split_group(&g, text) < 0 || *g.source ||
	    inet_pton(AF_INET6, g.group, &m.ipv6mr_multiaddr) != 1)
		return sk_sockopt_bad(err, out->opt, text,
				      "an IPv6 GROUP[@INTERFACE]");
	if (*g.interface && parse_interface(g.interface, &index) < 0)
		return no_interface(out, text, err);
	m.ipv6mr_interface = index;
	return sk_sockopt_put(out, &m, sizeof(m));
}

static bool format_mreq6(char *buf, size_t size, const struct sk_sockopt *opt,
			 const unsigned char *val, size_t len)
{
	char group[INET6_ADDRSTRLEN], interface[64];
	struct ipv6_mreq m;

	(void)opt;
	if (len < sizeof(m))
		return false;
	memcpy(&m, val, sizeof(m));
	inet_ntop(AF_INET6, &m.ipv6mr_multiaddr, group, sizeof(group));
	snprintf(buf, size, "%s%s%s", group, m.ipv6mr_interface ? "@" : "",
		 m.ipv6mr_interface ?
			 format_interface(interface, sizeof(interface),
					  m.ipv6mr_interface) : "");
	return true;
}

/* This struct knows an interface only by its address. */
static int parse_mreq_source(struct sk_sockopt_value *out, const char *text,
			     struct sk_err *err)
{
	struct ip_mreq_source m = {};
	struct group_text g;

	if (split_group(&g, text) < 0 ||
	    inet_pton(AF_INET, g.group, &m.imr_multiaddr) != 1 ||
	    inet_pton(AF_INET, g.source, &m.imr_sourceaddr) != 1 ||
	    (*g.interface &&
	     inet_pton(AF_INET, g.interface, &m.imr_interface) != 1))
		return sk_sockopt_bad(err, out->opt, text,
				      "IPv4 GROUP[@ADDRESS]/SOURCE");
	return sk_sockopt_put(out, &m, sizeof(m));
}

static bool format_mreq_source(char *buf, size_t size,
			       const struct sk_sockopt *opt,
			       const unsigned char *val, size_t len)
{
	char group[INET_ADDRSTRLEN], at[INET_ADDRSTRLEN] = "";
	char source[INET_ADDRSTRLEN];
	struct ip_mreq_source m;

	(void)opt;
	if (len < sizeof(m))
		return false;
	memcpy(&m, val, sizeof(m));
	inet_ntop(AF_INET, &m.imr_multiaddr, group, sizeof(group));
	inet_ntop(AF_INET, &m.imr_sourceaddr, source, sizeof(source));
	if (m.imr_interface.s_addr)
		inet_ntop(AF_INET, &m.imr_interface, at, sizeof(at));
	snprintf(buf, size, "%s%s%s/%s", group, *at ? "@" : "", at, source);
	return true;
}

static int parse_storage(struct sockaddr_storage *ss, const char *text)
{
	struct sk_addr a = {};

	if (inet_pton(AF_INET, text, &a.in.sin_addr) == 1)
		a.in.sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a.in6.sin6_addr) == 1)
		a.in6.sin6_family = AF_INET6;
	else
		return -EINVAL;
	memcpy(ss, &a.sa, sizeof(a.in6));
	return 0;
}

/* The two levels number these options alike; the group tells which is meant. */
static int put_group(struct sk_sockopt_value *out, int family,
		     const void *val, size_t len)
{
	out->opt = sk_sockopt_find(family == AF_INET6 ? IPPROTO_IPV6 :
							IPPROTO_IP,
				   out->opt->number);
	return sk_sockopt_put(out, val, len);
}

static int parse_group_req(struct sk_sockopt_value *out, const char *text,
			   struct sk_err *err)
{
	struct group_req req;
	struct group_text g;

	memset(&req, 0, sizeof(req));
	if (split_group(&g, text) < 0 || *g.source ||
	    parse_storage(&req.gr_group, g.group) < 0)
		return sk_sockopt_bad(err, out->opt, text,
				      "GROUP[@INTERFACE]");
	if (*g.interface && parse_interface(g.interface, &req.gr_interface))
		return no_interface(out, text, err);
	return put_group(out, req.gr_group.ss_family, &req, sizeof(req));
}

static int parse_group_source(struct sk_sockopt_value *out, const char *text,
			      struct sk_err *err)
{
	struct group_source_req req;
	struct group_text g;

	memset(&req, 0, sizeof(req));
	if (split_group(&g, text) < 0 ||
	    parse_storage(&req.gsr_group, g.group) < 0 ||
	    parse_storage(&req.gsr_source, g.source) < 0 ||
	    req.gsr_group.ss_family != req.gsr_source.ss_family)
		return sk_sockopt_bad(err, out->opt, text,
				      "GROUP[@INTERFACE]/SOURCE");
	if (*g.interface && parse_interface(g.interface, &req.gsr_interface))
		return no_interface(out, text, err);
	return put_group(out, req.gsr_group.ss_family, &req, sizeof(req));
}

static const char *format_storage(char buf[SK_ADDR_TEXT_MAX], const void *ss,
				  size_t len)
{
	struct sk_addr a = {};
	size_t room = sizeof(a) - offsetof(struct sk_addr, sa);

	a.len = (socklen_t)(len < room ? len : room);
	memcpy(&a.sa, ss, a.len);
	return sk_addr_format_host(buf, &a);
}

static bool format_group_req(char *buf, size_t size,
			     const struct sk_sockopt *opt,
			     const unsigned char *val, size_t len)
{
	char group[SK_ADDR_TEXT_MAX], at[64] = "";
	struct group_req req;

	(void)opt;
	if (len < sizeof(req))
		return false;
	memcpy(&req, val, sizeof(req));
	if (req.gr_interface)
		format_interface(at, sizeof(at), req.gr_interface);
	snprintf(buf, size, "%s%s%s",
		 format_storage(group, &req.gr_group, sizeof(req.gr_group)),
		 *at ? "@" : "", at);
	return true;
}

static bool format_group_source(char *buf, size_t size,
				const struct sk_sockopt *opt,
				const unsigned char *val, size_t len)
{
	char group[SK_ADDR_TEXT_MAX], source[SK_ADDR_TEXT_MAX], at[64] = "";
	struct group_source_req req;

	(void)opt;
	if (len < sizeof(req))
		return false;
	memcpy(&req, val, sizeof(req));
	if (req.gsr_interface)
		format_interface(at, sizeof(at), req.gsr_interface);
	snprintf(buf, size, "%s%s%s/%s",
		 format_storage(group, &req.gsr_group, sizeof(req.gsr_group)),
		 *at ? "@" : "", at,
		 format_storage(source, &req.gsr_source,
				sizeof(req.gsr_source)));
	return true;
}

static bool format_sockaddr(char *buf, size_t size,
			    const struct sk_sockopt *opt,
			    const unsigned char *val, size_t len)
{
	char text[SK_ADDR_TEXT_MAX];
	struct sk_addr a = {};
	size_t room = sizeof(a) - offsetof(struct sk_addr, sa);

	(void)opt;
	if (len < sizeof(a.sa.sa_family))
		return false;
	a.len = (socklen_t)(len < room ? len : room);
	memcpy(&a.sa, val, a.len);
	snprintf(buf, size, "%s", sk_addr_format(text, &a));
	return true;
}

#define TYPE(text, what) \
	{ .name = text, .parse = parse_##what, .format = format_##what }

const struct sk_sockopt_type
	sk_type_IFINDEX = TYPE("interface", ifindex),
	sk_type_IFINDEX_BE = TYPE("interface", ifindex),
	sk_type_MCAST_IF = TYPE("interface", mcast_if),
	sk_type_MREQ = TYPE("group", mreq),
	sk_type_MREQ6 = TYPE("group", mreq6),
	sk_type_MREQ_SOURCE = TYPE("group", mreq_source),
	sk_type_GROUP_REQ = TYPE("group", group_req),
	sk_type_GROUP_SOURCE = TYPE("group", group_source),
	sk_type_SOCKADDR = { .name = "address", .format = format_sockaddr };
