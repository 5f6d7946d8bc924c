/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a filter that runs here, on the record. */
#include "diag/filter_in.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const struct sk_end *end_of(const struct sk_sock *s, unsigned side)
{
	return side ? &s->peer : &s->local;
}

static bool is_inet(const struct sk_sock *s)
{
	return s->family == AF_INET || s->family == AF_INET6;
}

/* --- hosts ---------------------------------------------------------------- */

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

bool sk_prefix_match(const struct sk_prefix *p, int family, const uint8_t *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (p->family == family)
		return same_bits(p->ip, ip, p->bits);
	/* An IPv4 peer of a dual-stack socket, as the kernel sees it. */
	return p->family == AF_INET && family == AF_INET6 &&
	       !memcmp(ip, mapped, sizeof(mapped)) &&
	       same_bits(p->ip, ip + sizeof(mapped), p->bits);
}

static bool match_inet(const struct sk_host *h, const struct sk_sock *s,
		       const struct sk_end *e)
{
	if (h->family != AF_UNSPEC && h->family != s->family)
		return false;
	/* Without address and family it is about ports, whatever the family. */
	if (h->port != -1 && h->port != (int64_t)e->port)
		return false;
	if (!h->n)
		return true;
	if (!is_inet(s))
		return false;
	for (size_t i = 0; i < h->n; i++)
		if (sk_prefix_match(&h->prefix[i], s->family, e->ip))
			return true;
	return false;
}

static bool match_unix(const struct sk_host *h, const struct sk_sock *s,
		       unsigned side)
{
	const struct sk_bytes *name = side ? &s->peer_name : &s->name;
	char text[128];
	size_t n = name->len < sizeof(text) - 1 ? name->len : sizeof(text) - 1;

	if (s->family != AF_UNIX)
		return false;
	if (n)
		memcpy(text, name->p, n);
	text[n] = '\0';
	/* As ss writes abstract names. */
	for (size_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = '@';
	return !fnmatch(h->pattern, text, FNM_CASEFOLD);
}

static bool match_host(const struct sk_node *n, const struct sk_sock *s)
{
	const struct sk_host *h = n->host;
	const struct sk_end *e = end_of(s, n->side);

	switch (h->family) {
	case AF_UNIX:
		return match_unix(h, s, n->side);
	case AF_PACKET:
		return s->family == AF_PACKET && !n->side &&
		       (h->id == -1 || h->id == s->protocol) &&
		       (h->port == -1 || h->port == (int64_t)s->ifindex);
	case AF_NETLINK:
		return s->family == AF_NETLINK && !n->side &&
		       (h->id == -1 || h->id == s->protocol) &&
		       (h->port == -1 || h->port == (int64_t)e->port);
	case AF_VSOCK:
		return s->family == AF_VSOCK &&
		       (h->id == -1 || h->id == (int64_t)e->cid) &&
		       (h->port == -1 || h->port == (int64_t)e->port);
	default:
		return match_inet(h, s, e);
	}
}

/* --- ports ---------------------------------------------------------------- */

static bool match_port(const struct sk_node *n, const struct sk_sock *s)
{
	uint64_t port = end_of(s, n->side)->port;

	if (s->family == AF_UNIX ||
	    (n->family != AF_UNSPEC && n->family != s->family))
		return false;
	/* The port of a packet socket, its device, is not what 22 means. */
	if (s->family == AF_PACKET) {
		if (n->family == AF_UNSPEC || n->side)
			return false;
		port = s->ifindex;
	}
	if (n->mask)		/* "*" */
		return true;
	switch (n->cmp) {
	case SK_LT:
		return port < n->number;
	case SK_LE:
		return port <= n->number;
	case SK_GT:
		return port > n->number;
	case SK_GE:
		return port >= n->number;
	default:
		return port == n->number;
	}
}

static bool is_ephemeral(uint32_t port)
{
	static unsigned low, high;
	FILE *f;

	if (!high) {
		f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
		if (!f || fscanf(f, "%u %u", &low, &high) != 2 || !high) {
			low = 32768;
			high = 60999;
		}
		if (f)
			fclose(f);
	}
	return port >= low && port <= high;
}

/* A name of the kernel's making: "@" and five hexadecimal digits. */
static bool is_autobound(const struct sk_sock *s)
{
	const char *name = s->name.p;

	switch (s->family) {
	case AF_UNIX:
		if (!s->name.p)
			return true;
		if (s->name.len != 6 || name[0])
			return false;
		for (int i = 1; i < 6; i++)
			if (!strchr("0123456789abcdef", name[i]) || !name[i])
				return false;
		return true;
	case AF_PACKET:
		return !s->ifindex && !s->protocol;
	case AF_NETLINK:
		return (int32_t)s->local.port < 0;
	case AF_VSOCK:
		return s->local.port > 1023;
	default:
		return is_ephemeral(s->local.port);
	}
}

/* --- the tree ------------------------------------------------------------- */

static bool match_leaf(const struct sk_node *n, const struct sk_sock *s)
{
	switch (n->kind) {
	case SK_NODE_HOST:
		return match_host(n, s);
	case SK_NODE_PORT:
		return match_port(n, s);
	case SK_NODE_AUTOBOUND:
		return is_autobound(s);
	case SK_NODE_DEV:
		return s->ifindex == n->number;
	case SK_NODE_MARK:
		return s->has & SK_HAS(MARK) &&
		       (s->mark & n->mask) == n->number;
	case SK_NODE_CGROUP:
		return s->has & SK_HAS(CGROUP) && s->cgroup == n->number;
	case SK_NODE_STATE:
		return n->number >> s->state & 1;
	case SK_NODE_FIELD:
		return sk_field_match(n, s);
	default:
		return true;
	}
}

static bool match(const struct sk_node *n, const struct sk_sock *s)
{
	switch (n->kind) {
	case SK_NODE_AND:
		return match(n->a, s) && match(n->b, s);
	case SK_NODE_OR:
		return match(n->a, s) || match(n->b, s);
	case SK_NODE_NOT:
		return !match(n->a, s);
	default:
		return match_leaf(n, s);
	}
}

/* The same where owners are not known: could it (not) match with some? */
static bool possible(const struct sk_node *n, const struct sk_sock *s,
		     bool want)
{
	switch (n->kind) {
	case SK_NODE_AND:
	case SK_NODE_OR:
		return (n->kind == SK_NODE_AND) == want ?
			       possible(n->a, s, want) &&
				       possible(n->b, s, want) :
			       possible(n->a, s, want) ||
				       possible(n->b, s, want);
	case SK_NODE_NOT:
		return possible(n->a, s, !want);
	default:
		if (n->kind == SK_NODE_FIELD && n->field->owners)
			return true;
		return match_leaf(n, s) == want;
	}
}

bool sk_filter_match(const struct sk_filter *f, const struct sk_sock *s)
{
	return !f || match(f->root, s);
}

bool sk_filter_may_match(const struct sk_filter *f, const struct sk_sock *s)
{
	return !f || possible(f->root, s, true);
}

bool sk_filter_has_states(const struct sk_filter *f)
{
	return f && f->states;
}

unsigned sk_filter_want(const struct sk_filter *f)
{
	return f ? f->want : 0;
}

bool sk_filter_wants_peers(const struct sk_filter *f)
{
	const struct sk_node *n = f ? f->all : NULL;

	for (; n; n = n->next)
		if (n->kind == SK_NODE_HOST && n->side && n->host &&
		    n->host->family == AF_UNIX)
			return true;
	return false;
}

bool sk_filter_wants_owners(const struct sk_filter *f)
{
	return f && f->owners;
}
