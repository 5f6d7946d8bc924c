/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in <> behind a descriptor, as strace writes it (-y, -yy). */
#include <linux/netlink.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"
#include "sock/names.h"
#include "trace/probe.h"
#include "trace/reports.h"

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

static int transport(const struct sk_life *l, char *buf, size_t size)
{
	static const struct { int type, protocol; const char *name; } rows[] = {
		{ SOCK_STREAM, IPPROTO_TCP, "TCP" },
		{ SOCK_DGRAM, IPPROTO_UDP, "UDP" },
		{ SOCK_DGRAM, 136, "UDPLITE" },
		{ SOCK_DGRAM, IPPROTO_ICMP, "PING" },
		{ SOCK_DGRAM, IPPROTO_ICMPV6, "PINGv6" },
		{ SOCK_STREAM, 262, "MPTCP" },
		{ SOCK_STREAM, 132, "SCTP" },
		{ SOCK_SEQPACKET, 132, "SCTP" },
		{ SOCK_STREAM, 256, "SMC" },
	};
	const char *v6 = l->family == AF_INET6 ? "v6" : "";

	if (l->type == SOCK_RAW)
		return snprintf(buf, size, "RAW%s", v6);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].type == l->type && rows[i].protocol == l->protocol)
			return snprintf(buf, size, "%s%s", rows[i].name,
					rows[i].protocol == IPPROTO_ICMPV6 ?
						"" : v6);
	return snprintf(buf, size, "%s%s",
			l->family == AF_INET6 ? "INET6" : "INET", "");
}

/* In a ring's table, it is not known. */
static void inode_text(char buf[SK_ADDR_TEXT_MAX], const struct sk_life *l)
{
	if (l->inode)
		snprintf(buf, SK_ADDR_TEXT_MAX, "%llu",
			 (unsigned long long)l->inode);
	else
		snprintf(buf, SK_ADDR_TEXT_MAX, "?");
}

static bool is_any(const struct sk_addr *a)
{
	return a->sa.sa_family == AF_INET ?
		       a->in.sin_addr.s_addr == INADDR_ANY :
		       IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

/* "127.0.0.1:80->10.0.0.1:5" between brackets; the inode when unnamed. */
static void inet_label(const struct sk_life *l, char *buf, size_t size)
{
	char kind[16], local[SK_ADDR_TEXT_MAX], peer[SK_ADDR_TEXT_MAX];

	transport(l, kind, sizeof(kind));
	/* The "port" of a raw socket is its protocol. */
	if (!l->peer.len && (sk_addr_port(&l->local) <= 0 ||
			     (l->type == SOCK_RAW && is_any(&l->local)))) {
		inode_text(local, l);
		snprintf(buf, size, "%s:[%s]", kind, local);
		return;
	}
	sk_addr_format(local, &l->local);
	if (l->peer.len)
		snprintf(buf, size, "%s:[%s->%s]", kind,
			 l->local.len ? local : "?",
			 sk_addr_format(peer, &l->peer));
	else
		snprintf(buf, size, "%s:[%s]", kind, local);
}

/* The name without "unix:", in quotes, @ before them; "" for none. */
static const char *unix_name(char buf[SK_ADDR_TEXT_MAX + 8],
			     const struct sk_addr *a)
{
	char text[SK_ADDR_TEXT_MAX];
	const char *name;

	buf[0] = '\0';
	if (a->len <= sizeof(sa_family_t) || a->sa.sa_family != AF_UNIX)
		return buf;
	name = sk_addr_format(text, a) + strlen("unix:");
	snprintf(buf, SK_ADDR_TEXT_MAX + 8, "%s\"%s\"",
		 *name == '@' ? "@" : "", name + (*name == '@'));
	return buf;
}

/* [4711->4712,"/run/x"] as in strace, and whom it has connected to. */
static void unix_label(const struct sk_life *l, char *buf, size_t size)
{
	const char *type = sk_short_name_of(&sk_names_socktype,
					    (uint64_t)l->type);
	char local[SK_ADDR_TEXT_MAX + 8], peer[SK_ADDR_TEXT_MAX + 8];

	char other[16] = "";

	unix_name(local, &l->local);
	unix_name(peer, &l->peer);
	if (l->peer_inode)
		snprintf(other, sizeof(other), "->%u", l->peer_inode);
	snprintf(buf, size, "UNIX-%s:[%llu%s%s%s%s%s]", type ? type : "?",
		 (unsigned long long)l->inode, other,
		 *local || (*other && *peer) ? "," : "", local,
		 *peer ? "->" : "", peer);
}

/* NETLINK:[ROUTE:4711], the number being the port id. */
static void netlink_label(const struct sk_life *l, char *buf, size_t size)
{
	const struct sk_names *t = sk_protocols_of(AF_NETLINK);
	const char *name = t ? sk_short_name_of(t, (uint64_t)l->protocol) :
			       NULL;
	struct sockaddr_nl nl = { 0 };

	if (l->local.len >= sizeof(nl))
		memcpy(&nl, &l->local.sa, sizeof(nl));
	if (name)
		snprintf(buf, size, "NETLINK:[%s:%u]", name, nl.nl_pid);
	else
		snprintf(buf, size, "NETLINK:[%d:%u]", l->protocol, nl.nl_pid);
}

static void other_label(const struct sk_life *l, char *buf, size_t size)
{
	const char *name = l->family < 0 ? NULL :
			sk_short_name_of(&sk_names_family, (uint64_t)l->family);

	snprintf(buf, size, "%s:[%llu]", name ? name : "socket",
		 (unsigned long long)l->inode);
}

void sk_life_label(const struct sk_life *l, char buf[SK_LABEL_MAX])
{
	switch (l->family) {
	case AF_INET:
	case AF_INET6:
		inet_label(l, buf, SK_LABEL_MAX);
		break;
	case AF_UNIX:
		unix_label(l, buf, SK_LABEL_MAX);
		break;
	case AF_NETLINK:
		netlink_label(l, buf, SK_LABEL_MAX);
		break;
	default:
		other_label(l, buf, SK_LABEL_MAX);
	}
}

/* A file; in detail with the numbers of a device: /dev/null<char 1:3>. */
static void link_label(const struct sk_proc *p, int fd, int detail, char *buf)
{
	char path[64], target[SK_LABEL_MAX];
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", p->pid, fd);
	n = readlink(path, target, sizeof(target));
	if (n > 0)
		sk_escape(buf, SK_LABEL_MAX, target, (size_t)n);
	if (n <= 0 || detail < 2 || stat(path, &st) < 0 ||
	    (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
		return;
	n = (ssize_t)strlen(buf);
	snprintf(buf + n, SK_LABEL_MAX - (size_t)n, "<%s %u:%u>",
		 S_ISCHR(st.st_mode) ? "char" : "block", major(st.st_rdev),
		 minor(st.st_rdev));
}

/* A peer that waits to be accepted has no number so far: it is asked again. */
static void ask_names(struct sk_model *m, struct sk_proc *p, int fd,
		      struct sk_life *l)
{
	if (l->names_stale)
		sk_probe_life(p, fd, l, SK_PROBE_NAMES);
	if (l->family != AF_UNIX || !l->peer_stale)
		return;
	l->peer_inode = l->peer.len ?
			sk_probe_unix_peer(&m->unix_diag, l->inode) : 0;
	l->peer_stale = l->peer.len && !l->peer_inode &&
			l->type != SOCK_DGRAM;
	free(l->label);
	l->label = NULL;
}

const char *sk_model_label(struct sk_model *m, const struct sk_event *ev,
			   int fd, int detail, char buf[SK_LABEL_MAX])
{
	struct sk_life *l = sk_model_life_now(m, ev->proc, fd);

	buf[0] = '\0';
	if (!l) {
		link_label(ev->proc, fd, detail, buf);
	} else if (detail < 2) {
		snprintf(buf, SK_LABEL_MAX, "socket:[%llu]",
			 (unsigned long long)l->inode);
	} else {
		ask_names(m, ev->proc, fd, l);
		if (l->label)
			return l->label;
		sk_life_label(l, buf);
		l->label = strdup(buf);
	}
	return buf;
}
