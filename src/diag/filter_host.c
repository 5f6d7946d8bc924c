/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/filter_host.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "base/units.h"
#include "diag/show.h"
#include "sock/addr.h"
#include "sock/names.h"

#define HOST_MAX 300

/* --- ports ---------------------------------------------------------------- */

static int64_t port_number(const char *text)
{
	uint16_t port;

	if (!*text || !strcmp(text, "*"))
		return SK_PORT_ANY;
	return sk_parse_port(text, &port, NULL) < 0 ? -1 : port;
}

/* A port of a family that writes it in a way of its own. */
static int64_t other_port(int family, const char *text)
{
	uint64_t v;

	if (!*text || !strcmp(text, "*"))
		return SK_PORT_ANY;
	if (family == AF_NETLINK && !strcmp(text, "kernel"))
		return 0;
	if (family == AF_PACKET && if_nametoindex(text))
		return if_nametoindex(text);
	/* as it is shown: port ids of the kernel's choice are below zero */
	if (family == AF_NETLINK && *text == '-')
		return sk_parse_uint(text + 1, &v) < 0 || v > INT32_MAX ?
			       -1 : (int64_t)(uint32_t)-v;
	return sk_parse_uint(text, &v) < 0 || v > UINT32_MAX ? -1 : (int64_t)v;
}

/* --- addresses ------------------------------------------------------------ */

static struct sk_host *host_new(int family, size_t n)
{
	struct sk_host *h = calloc(1, sizeof(*h) + n * sizeof(h->prefix[0]));

	if (h) {
		h->family = family;
		h->port = h->id = -1;
	}
	return h;
}

/* A numeric address; 0 or -EINVAL. */
static int parse_ip(struct sk_prefix *p, const char *text)
{
	if (inet_pton(AF_INET, text, p->ip) == 1)
		p->family = AF_INET;
	else if (inet_pton(AF_INET6, text, p->ip) == 1)
		p->family = AF_INET6;
	else
		return -EINVAL;
	p->bits = p->family == AF_INET ? 32 : 128;
	return 0;
}

/* "193.233.7" of "193.233.7/24": what is missing at the end is zero. */
static int parse_short_ip(struct sk_prefix *p, const char *text)
{
	size_t dots = 0;
	char whole[32];

	for (const char *s = text; *s; s++)
		dots += *s == '.';
	if (dots > 2 || strlen(text) > 11)
		return -EINVAL;
	snprintf(whole, sizeof(whole), "%.11s%s", text, &".0.0.0"[2 * dots]);
	return parse_ip(p, whole);
}

static const char *parse_bits(struct sk_prefix *p, const char *text)
{
	uint64_t bits;

	if (sk_parse_uint(text, &bits) < 0 || bits > p->bits)
		return "not a prefix length";
	p->bits = (unsigned)bits;
	return NULL;
}

static void copy_ip(struct sk_prefix *p, const struct sockaddr *sa)
{
	p->family = sa->sa_family;
	p->bits = sa->sa_family == AF_INET ? 32 : 128;
	if (sa->sa_family == AF_INET)
		memcpy(p->ip, &((const struct sockaddr_in *)(const void *)sa)
				       ->sin_addr, 4);
	else
		memcpy(p->ip, &((const struct sockaddr_in6 *)(const void *)sa)
				       ->sin6_addr, 16);
}

/* All addresses of a name. */
static const char *look_up(struct sk_host **out, int family, const char *name)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = SOCK_STREAM }, *list, *ai;
	struct sk_host *h;
	size_t n = 0;

	if (getaddrinfo(name, NULL, &hints, &list))
		return "neither an address nor a known host";
	for (ai = list; ai; ai = ai->ai_next)
		n++;
	h = host_new(family, n);
	for (ai = list; h && ai; ai = ai->ai_next)
		if (ai->ai_family == AF_INET || ai->ai_family == AF_INET6)
			copy_ip(&h->prefix[h->n++], ai->ai_addr);
	freeaddrinfo(list);
	*out = h;
	return h ? NULL : sk_strerror(ENOMEM);
}

/* host without port, "" or "*" for any; bits may be NULL. */
static const char *parse_address(struct sk_host **out, int family, char *host,
				 const char *bits)
{
	struct sk_prefix p = {};
	const char *why;

	if (!*host || !strcmp(host, "*")) {
		*out = host_new(family, 0);
		return *out ? NULL : sk_strerror(ENOMEM);
	}
	if (parse_ip(&p, host) < 0 &&
	    (!bits || parse_short_ip(&p, host) < 0))
		return bits ? "a prefix needs a numeric address" :
			      look_up(out, family, host);
	why = bits ? parse_bits(&p, bits) : NULL;
	if (why)
		return why;
	*out = host_new(family, 1);
	if (!*out)
		return sk_strerror(ENOMEM);
	(*out)->prefix[(*out)->n++] = p;
	return NULL;
}

/* "host", "/bits" and ":port"; brackets around IPv6 if there is a port. */
static const char *parse_inet(struct sk_host **out, int family,
			      const char *text)
{
	char buf[HOST_MAX], *host = buf, *port = NULL, *bits, *end;
	struct sk_prefix p;
	const char *why;
	int64_t number = SK_PORT_ANY;

	if (sk_copy(buf, sizeof(buf), text) < 0)
		return "too long";
	bits = strchr(buf, '/');
	if (*buf == '[') {
		host++;
		end = strchr(host, ']');
		if (!end)
			return "] is missing";
		*end++ = '\0';
		bits = *end == '/' ? end : NULL;
		port = strchr(end, ':');
	} else if (parse_ip(&p, buf) < 0) {
		/* "fe80::/10" has colons, but they are not of a port. */
		port = strrchr(buf, ':');
		if (port && strchr(buf, ':') != port)
			port = bits ? strchr(bits, ':') : NULL;
	}
	if (port)
		*port++ = '\0';
	if (bits)
		*bits++ = '\0';
	if (port && (number = port_number(port)) == -1)
		return "not a port";
	why = parse_address(out, family, host, bits);
	if (!why && number != SK_PORT_ANY)
		(*out)->port = number;
	return why;
}

/* --- other families ------------------------------------------------------- */

static const char *parse_unix(struct sk_host **out, int family,
			      const char *text)
{
	*out = host_new(family, 0);
	if (!*out)
		return sk_strerror(ENOMEM);
	(*out)->pattern = text;
	return NULL;
}

/* "ID:PORT", either may be missing or "*". */
static const char *parse_pair(struct sk_host **out, int family,
			      const char *text)
{
	char buf[HOST_MAX], *port;
	struct sk_host *h;
	int64_t number;
	uint64_t v;

	if (sk_copy(buf, sizeof(buf), text) < 0)
		return "too long";
	h = *out = host_new(family, 0);
	if (!h)
		return sk_strerror(ENOMEM);
	port = strchr(buf, ':');
	if (port)
		*port++ = '\0';
	if (*buf && strcmp(buf, "*")) {
		if (sk_parse_uint(buf, &v) < 0 &&
		    (family != AF_NETLINK ||
		     (sk_netlink_protocol_of(buf, &v) < 0 &&
		      sk_value_of(&sk_names_netlink, buf, &v) < 0)) &&
		    (family != AF_PACKET ||
		     sk_value_of(&sk_names_ether, buf, &v) < 0))
			return "not a number or name of this family";
		h->id = (int64_t)v;
	}
	number = port ? other_port(family, port) : SK_PORT_ANY;
	if (number == -1)
		return "not a port of this family";
	if (number != SK_PORT_ANY)
		h->port = number;
	return NULL;
}

static const struct {
	const char *prefix;
	int family;
	const char *(*parse)(struct sk_host **out, int family,
			     const char *text);
} families[] = {
	{ "unix:", AF_UNIX, parse_unix },
	{ "link:", AF_PACKET, parse_pair },
	{ "netlink:", AF_NETLINK, parse_pair },
	{ "vsock:", AF_VSOCK, parse_pair },
	{ "inet:", AF_INET, parse_inet },
	{ "inet6:", AF_INET6, parse_inet },
	{ "", AF_UNSPEC, parse_inet },
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* The row of a prefix, which *text moves over, or of the usual family. */
static size_t family_of(const char **text, int usual)
{
	size_t i = 0;

	while (!sk_starts_with(*text, families[i].prefix))
		i++;
	*text += strlen(families[i].prefix);
	if (i + 1 < COUNT(families))
		return i;
	/* A path by itself can only be a unix socket's. */
	if (usual == AF_UNSPEC && **text == '/')
		usual = AF_UNIX;
	for (i = 0; families[i].family != usual; i++)
		;
	return i;
}

const char *sk_host_parse(struct sk_host **out, const char *text, int family)
{
	size_t i = family_of(&text, family);
	const char *why;

	*out = NULL;
	why = families[i].parse(out, families[i].family, text);
	if (why) {
		free(*out);
		*out = NULL;
	}
	return why;
}

int64_t sk_host_port(const char *text, int *family)
{
	const char *colon;

	*family = families[family_of(&text, *family)].family;
	colon = strrchr(text, ':');
	text = colon ? colon + 1 : text;
	if (*family == AF_PACKET || *family == AF_NETLINK ||
	    *family == AF_VSOCK)
		return other_port(*family, text);
	return port_number(text);
}
