/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/mcast.h"

#include <arpa/inet.h>
#include <net/if.h>

#include "base/text.h"

#ifndef IP_MULTICAST_ALL
#define IP_MULTICAST_ALL 49
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

#define SHOWN_MAX 160

static int parse_addr(struct sk_addr *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->len = sizeof(a->in);
	} else if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->len = sizeof(a->in6);
	} else {
		return -EINVAL;
	}
	return 0;
}

bool sk_mcast_is(const struct sk_addr *a)
{
	if (!a->len)
		return false;
	return a->sa.sa_family == AF_INET ?
		       IN_MULTICAST(ntohl(a->in.sin_addr.s_addr)) :
		       a->sa.sa_family == AF_INET6 &&
			       IN6_IS_ADDR_MULTICAST(&a->in6.sin6_addr);
}

static int check(const struct sk_mcast *m, const char *shown,
		 struct sk_err *err)
{
	if (!sk_mcast_is(&m->group))
		return sk_usage(err, "--join %s: the group is not a multicast "
				"address (224.0.0.0/4, ff00::/8)", shown);
	if (m->source.len && (m->source.sa.sa_family != m->group.sa.sa_family ||
			      sk_mcast_is(&m->source)))
		return sk_usage(err, "--join %s: the source is not a unicast "
				"address of the group's family", shown);
	return 0;
}

int sk_mcast_parse(struct sk_mcast *m, const char *text, struct sk_err *err)
{
	char copy[2 * INET6_ADDRSTRLEN + IF_NAMESIZE], shown[SHOWN_MAX];
	char *source, *name;
	int r;

	memset(m, 0, sizeof(*m));
	sk_escape(shown, sizeof(shown), text, strlen(text));
	if (sk_copy(copy, sizeof(copy), text) < 0)
		return sk_usage(err, "--join %s: too long", shown);
	source = strchr(copy, ',');
	if (source)
		*source++ = '\0';
	name = strchr(copy, '@');
	if (name)
		*name++ = '\0';
	if (parse_addr(&m->group, copy) < 0 ||
	    (source && parse_addr(&m->source, source) < 0))
		return sk_usage(err, "--join %s: not GROUP[@IF][,SOURCE] with "
				"numeric addresses", shown);
	r = check(m, shown, err);
	if (r < 0 || !name)
		return r;
	m->ifindex = if_nametoindex(name);
	if (!m->ifindex)
		return sk_fail(err, -ENODEV, "--join %s: no such interface",
			       shown);
	return 0;
}

/* The kernel wants sockaddr_storage: longer than what we keep. */
static void put_addr(struct sockaddr_storage *ss, const struct sk_addr *a)
{
	memset(ss, 0, sizeof(*ss));
	memcpy(ss, &a->sa, a->len);
}

static int join(int fd, int level, const struct sk_mcast *m)
{
	struct group_source_req with = { .gsr_interface = m->ifindex };
	struct group_req any = { .gr_interface = m->ifindex };

	put_addr(&any.gr_group, &m->group);
	put_addr(&with.gsr_group, &m->group);
	put_addr(&with.gsr_source, &m->source);
	return m->source.len ?
		       setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &with,
				  sizeof(with)) :
		       setsockopt(fd, level, MCAST_JOIN_GROUP, &any,
				  sizeof(any));
}

int sk_mcast_join(int fd, int family, const struct sk_mcast *m,
		  struct sk_err *err)
{
	bool v6 = family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	char name[SK_ADDR_TEXT_MAX];
	const int off = 0;
	int r;

	if (m->group.sa.sa_family != family)
		return 0;
	setsockopt(fd, level, v6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, &off,
		   sizeof(off));
	if (join(fd, level, m) >= 0)
		return 0;
	r = -errno;
	return sk_fail(err, r, "--join %s: %s%s",
		       sk_addr_format_host(name, &m->group), sk_strerror(r),
		       r == -ENODEV && !m->ifindex ?
			       " (no route to the group: name an interface, "
			       "GROUP@IF)" : "");
}
