/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/show.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "diag/owners.h"
#include "sock/names.h"

#define ANY UINT32_MAX		/* vsock's CID and port */

/* --- names ---------------------------------------------------------------- */

const char *sk_show_netid(const struct sk_sock *s)
{
	if (s->kind == SK_KIND_TIPC)
		return s->type == SOCK_STREAM	 ? "ti_st" :
		       s->type == SOCK_DGRAM	 ? "ti_dg" :
		       s->type == SOCK_RDM	 ? "ti_rd" :
		       s->type == SOCK_SEQPACKET ? "ti_sq" :
						   "tipc";
	if (s->kind == SK_KIND_ICMP && s->family == AF_INET6)
		return "icmp6";
	return sk_kind_of(s->kind)->netid;
}

static struct {
	uint32_t index;		/* 0: free */
	char name[IF_NAMESIZE];
} interfaces[256];

const char *sk_show_ifname(uint32_t ifindex)
{
	const size_t slot = ifindex % 256;

	if (interfaces[slot].index == ifindex && ifindex)
		return interfaces[slot].name;
	interfaces[slot].index = ifindex;
	if (!if_indextoname(ifindex, interfaces[slot].name))
		snprintf(interfaces[slot].name, IF_NAMESIZE, "if%u", ifindex);
	return interfaces[slot].name;
}

void sk_show_forget(void)
{
	memset(interfaces, 0, sizeof(interfaces));
}

const char *sk_show_netlink_protocol(unsigned protocol)
{
	static const char *const names[] = {
		[0] = "rtnl",	     [2] = "usersock",	 [3] = "fw",
		[4] = "tcpdiag",     [5] = "nflog",	 [6] = "xfrm",
		[7] = "selinux",     [8] = "iscsi",	 [9] = "audit",
		[10] = "fiblookup",  [11] = "connector", [12] = "nft",
		[13] = "ip6fw",	     [14] = "dec-rt",	 [15] = "uevent",
		[16] = "genl",	     [18] = "scsi-trans", [19] = "ecryptfs",
		[20] = "rdma",	     [21] = "crypto",	 [22] = "smc",
	};

	return protocol < sizeof(names) / sizeof(*names) ? names[protocol] :
							   NULL;
}

int sk_netlink_protocol_of(const char *name, uint64_t *protocol)
{
	const char *known;

	for (unsigned i = 0; i < 256; i++) {
		known = sk_show_netlink_protocol(i);
		if (!known || strcasecmp(known, name))
			continue;
		*protocol = i;
		return 0;
	}
	return -ENOENT;
}

/* ETH_P_ALL has a mark of its own, "*". */
static void packet_protocol(struct sk_line *l, const struct sk_view *v,
			    unsigned protocol)
{
	const char *name;

	if (protocol == 3) {
		line_char(l, '*');
		return;
	}
	name = v->numeric ? NULL : sk_short_name_of(&sk_names_ether, protocol);
	if (!name) {
		line_char(l, '[');
		line_u64(l, protocol);
		line_char(l, ']');
		return;
	}
	for (; *name; name++)
		line_char(l, (char)tolower((unsigned char)*name));
}

/*
 * A port that the kernel gave by itself means nothing by its name, whatever
 * services(5) says of it; ss shows the number too. The range is ip(7)'s.
 */
static bool is_ephemeral(uint32_t port)
{
	static unsigned low = 1, high;
	FILE *f;

	if (low > high) {
		low = 32768;
		high = 60999;
		f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
		if (f && fscanf(f, "%u %u", &low, &high) != 2) {
			low = 32768;
			high = 60999;
		}
		if (f)
			fclose(f);
	}
	return port >= low && port <= high;
}

/* Services by port, read once: udp's and tcp's. */
static const char *service(bool udp, uint32_t port)
{
	static const char *names[2][65536];
	static bool loaded;
	const struct servent *e;

	for (; !loaded && (e = getservent());) {
		bool u = !strcmp(e->s_proto, "udp");
		const char **name = &names[u][ntohs((uint16_t)e->s_port)];

		if (!*name && (u || !strcmp(e->s_proto, "tcp")))
			*name = strdup(e->s_name);
	}
	if (!loaded)
		endservent();
	loaded = true;
	return is_ephemeral(port) ? NULL : names[udp][port & 0xffff];
}

/* --- addresses ------------------------------------------------------------ */

/* The name of an address, remembered; "" when it has none. */
static const char *host_name(int family, const uint8_t *ip)
{
	static struct {
		int family;
		uint8_t ip[16];
		char name[NI_MAXHOST];
	} cache[64];
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t n, slot = 0;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a = {};

	if (family == AF_INET6 && !memcmp(ip, mapped, sizeof(mapped))) {
		family = AF_INET;
		ip += sizeof(mapped);
	}
	n = family == AF_INET ? 4 : 16;
	a.sa.sa_family = (sa_family_t)family;
	for (size_t i = 0; i < n; i++)
		slot = (slot * 31 + ip[i]) % 64;
	if (cache[slot].family == family && !memcmp(cache[slot].ip, ip, n))
		return cache[slot].name;
	cache[slot].family = family;
	memcpy(cache[slot].ip, ip, n);
	memcpy(family == AF_INET ? (void *)&a.in.sin_addr :
				   (void *)&a.in6.sin6_addr, ip, n);
	if (getnameinfo(&a.sa, family == AF_INET ? sizeof(a.in) : sizeof(a.in6),
			cache[slot].name, sizeof(cache[slot].name), NULL, 0,
			NI_NAMEREQD))
		cache[slot].name[0] = '\0';
	return cache[slot].name;
}

static bool is_any(const struct sk_sock *s, const struct sk_end *e)
{
	static const uint8_t zero[16];

	return !memcmp(e->ip, zero, s->family == AF_INET ? 4 : 16);
}

static void inet_addr_text(struct sk_line *l, const struct sk_view *v,
			   const struct sk_sock *s, unsigned side)
{
	const struct sk_end *e = side ? &s->peer : &s->local;
	const char *name = v->resolve && !is_any(s, e) ?
				   host_name(s->family, e->ip) : "";

	if (*name) {
		line_escape(l, name, strlen(name));
	} else if (s->family == AF_INET) {
		line_ip(l, AF_INET, e->ip);
	} else if (is_any(s, e) && !s->v6only) {
		line_char(l, '*');	/* takes IPv4 as well */
	} else {
		line_char(l, '[');
		line_ip(l, AF_INET6, e->ip);
		line_char(l, ']');
	}
	if (s->ifindex && !side) {
		name = sk_show_ifname(s->ifindex);
		line_char(l, '%');
		line_escape(l, name, strlen(name));
	}
	line_char(l, ':');
}

/*
 * What stands from `from` on is cut to so many characters, its mark being the
 * last. The text is escaped: whatever is no ASCII is valid UTF-8.
 */
static void cut(struct sk_line *l, size_t from, size_t most)
{
	size_t chars = 0, at = from, last = from;

	for (; at < l->n; at++) {
		if (((unsigned char)l->buf[at] & 0xc0) == 0x80)
			continue;
		if (++chars == most)
			last = at;
	}
	if (chars <= most)
		return;
	l->n = last;
	line_lit(l, "\xe2\x80\xa6");
}

/* A path, or "@" and an abstract name with its NULs escaped. */
static void unix_name(struct sk_line *l, const struct sk_view *v,
		      struct sk_bytes b)
{
	const char *name = b.p;
	size_t from = l->n;

	if (!name) {
		line_char(l, '*');
	} else if (!name[0]) {
		line_char(l, '@');
		line_escape(l, name + 1, b.len - 1);
	} else {
		/* A path is a string; the kernel may count its NUL. */
		line_escape(l, name, strnlen(name, b.len));
	}
	/* Cut only on a terminal, where it would break the table. */
	if (v->terminal)
		cut(l, from, v->width / 3 > 24 ? v->width / 3 : 24);
}

static void number_or_any(struct sk_line *l, uint32_t v)
{
	if (v == ANY)
		line_char(l, '*');
	else
		line_u64(l, v);
}

static void netlink_addr(struct sk_line *l, const struct sk_view *v,
			 const struct sk_sock *s, unsigned side)
{
	const char *name = sk_show_netlink_protocol(s->protocol);

	if (side && !(s->has & SK_HAS(NL_DST))) {
		line_char(l, '*');
		return;
	}
	if (side)
		line_u64(l, s->nl_dst_group);
	else if (name && !v->numeric)
		line_str(l, name);
	else
		line_u64(l, s->protocol);
	line_char(l, ':');
}

void sk_show_addr(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s, unsigned side)
{
	const struct sk_end *e = side ? &s->peer : &s->local;

	switch (s->family) {
	case AF_INET:
	case AF_INET6:
		inet_addr_text(l, v, s, side);
		return;
	case AF_UNIX:
		unix_name(l, v, side ? s->peer_name : s->name);
		line_char(l, ' ');
		return;
	case AF_NETLINK:
		netlink_addr(l, v, s, side);
		return;
	case AF_PACKET:
		if (side) {
			line_char(l, '*');
			return;
		}
		packet_protocol(l, v, s->protocol);
		line_char(l, ':');
		return;
	}
	if (s->kind == SK_KIND_XDP) {
		if (side || !s->ifindex) {
			line_char(l, '*');
			return;
		}
		line_str(l, sk_show_ifname(s->ifindex));
	} else if (s->kind == SK_KIND_TIPC && side && !e->port) {
		line_char(l, '-');
		return;
	} else {
		number_or_any(l, e->cid);
	}
	line_char(l, ':');
}

/* --- ports ---------------------------------------------------------------- */

static void inet_port(struct sk_line *l, const struct sk_view *v,
		      const struct sk_sock *s, uint32_t port)
{
	const struct protoent *p;
	const char *name = NULL;

	if (!port) {
		line_char(l, '*');
		return;
	}
	if (v->numeric) {
		line_u64(l, port);
		return;
	}
	if (s->kind == SK_KIND_RAW) {
		p = getprotobynumber((int)port);
		name = p ? p->p_name : NULL;
		if (!name)
			line_lit(l, "ipproto-");
	} else {
		name = service(s->kind == SK_KIND_UDP ||
			       s->kind == SK_KIND_UDPLITE, port);
	}
	if (name)
		line_str(l, name);
	else
		line_u64(l, port);
}

/* A port id is a process by custom only; the name is a guess, as in ss. */
static void netlink_port(struct sk_line *l, const struct sk_view *v,
			 uint32_t port)
{
	struct sk_process p = { .pid = (int)port };
	const char *comm;

	if (port == ANY) {
		line_char(l, '*');
	} else if (v->numeric && (int32_t)port >= 0) {
		line_u64(l, port);
	} else if (!port) {
		line_lit(l, "kernel");
	} else {
		comm = p.pid > 0 ? sk_process_comm(&p) : "";
		if (*comm) {
			line_escape(l, comm, strlen(comm));
			line_char(l, '/');
			line_u64(l, port);
		} else if ((int32_t)port < 0) {
			/* The kernel counts these down from -4096. */
			line_char(l, '-');
			line_u64(l, (uint64_t)-(int64_t)(int32_t)port);
		} else {
			line_u64(l, port);
		}
	}
}

void sk_show_port(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s, unsigned side)
{
	const struct sk_end *e = side ? &s->peer : &s->local;

	switch (s->family) {
	case AF_INET:
	case AF_INET6:
		inet_port(l, v, s, e->port);
		return;
	case AF_UNIX:
		line_u64(l, side ? s->peer_inode : s->inode);
		return;
	case AF_NETLINK:
		if (!side)
			netlink_port(l, v, e->port);
		else if (s->has & SK_HAS(NL_DST))
			line_u64(l, s->nl_dst_port);
		return;
	case AF_PACKET:
		if (side)
			return;
		if (s->ifindex)
			line_str(l, sk_show_ifname(s->ifindex));
		else
			line_char(l, '*');
		return;
	}
	if (s->kind == SK_KIND_XDP) {
		if (side || !s->ifindex)
			return;
		line_char(l, 'q');
		line_u64(l, e->port);
	} else if (s->kind != SK_KIND_TIPC || !side || e->port) {
		number_or_any(l, e->port);
	}
}
