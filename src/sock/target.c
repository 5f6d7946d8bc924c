/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person writes for an address. Nothing is resolved here but service
 * names, which come from a local file: host names are looked up when the
 * connection is made.
 */
#include "sock/addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>

#include "base/text.h"

/* RFC 1035 2.3.4, as text: 255 bytes on the wire are 253 written. */
#define HOST_MAX  253
#define LABEL_MAX 63

/* As much of foreign text as a message should hold. */
#define SHOWN_MAX 80

struct shown {
	char text[SHOWN_MAX];
};

static const char *show(struct shown *s, const char *text, size_t len)
{
	return sk_escape(s->text, sizeof(s->text), text, len);
}

static bool all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/* Decimal digits and nothing else: no sign, space, 0x or octal. */
static int parse_u32(const char *s, uint32_t *out)
{
	uint64_t n = 0;

	if (!all_digits(s))
		return -EINVAL;
	for (; *s; s++) {
		n = n * 10 + (unsigned)(*s - '0');
		if (n > UINT32_MAX)
			return -ERANGE;
	}
	*out = (uint32_t)n;
	return 0;
}

static bool find_service(const char *name, uint16_t *port)
{
	static const char *const protocols[] = { "tcp", "udp" };
	struct servent entry, *found = NULL;
	char room[4096];

	for (size_t i = 0; i < 2 && !found; i++)
		if (getservbyname_r(name, protocols[i], &entry, room,
				    sizeof(room), &found))
			found = NULL;
	if (found)
		*port = ntohs((uint16_t)found->s_port);
	return found != NULL;
}

int sk_parse_port(const char *text, uint16_t *port, struct sk_err *err)
{
	struct shown s;
	uint32_t n = 0;
	int r = parse_u32(text, &n);

	if (!*text)
		return sk_usage(err, "empty port");
	if (r == -ERANGE || (!r && n > UINT16_MAX) ||
	    (*text == '-' && all_digits(text + 1)))
		return sk_usage(err, "port %s: out of range (0-65535)",
				show(&s, text, strlen(text)));
	if (r && !find_service(text, port))
		return sk_usage(err, "%s: not a port number or service name",
				show(&s, text, strlen(text)));
	if (!r)
		*port = (uint16_t)n;
	return 0;
}

/* An IPv6 address, with a zone or not. The zone is looked up when used. */
static bool is_v6(const char *text, size_t len)
{
	const char *zone = memchr(text, '%', len);
	size_t n = zone ? (size_t)(zone - text) : len;
	char host[INET6_ADDRSTRLEN];
	struct in6_addr in6;

	if (zone && (len - n < 2 || len - n > IF_NAMESIZE))
		return false;
	return !sk_copyn(host, sizeof(host), text, n) &&
	       inet_pton(AF_INET6, host, &in6) == 1;
}

/* Lengths only: what a name may consist of is for the resolver to say. */
static int check_name(const char *host, size_t len, struct sk_err *err)
{
	const char *end = host + len, *dot;
	size_t label;

	for (const char *p = host; p < end; p += label + 1) {
		dot = memchr(p, '.', (size_t)(end - p));
		label = (size_t)((dot ? dot : end) - p);
		if (label > LABEL_MAX && len <= HOST_MAX)
			return sk_usage(err, "host name with a label of %zu "
					     "characters: at most %d are "
					     "possible", label, LABEL_MAX);
	}
	if (len && host[len - 1] == '.')
		len--;
	if (len > HOST_MAX)
		return sk_usage(err, "host name of %zu characters: at most %d "
				     "are possible", len, HOST_MAX);
	return 0;
}

static int set_host(struct sk_target *t, const char *host, size_t len,
		    struct sk_err *err)
{
	struct shown s;
	int r;

	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
		if (!is_v6(host, len))
			return sk_usage(err, "[%s]: not an IPv6 address",
					show(&s, host, len));
	} else if (!is_v6(host, len)) {
		r = check_name(host, len, err);
		if (r < 0)
			return r;
		if (strcspn(host, ":[]/%") < len)
			return sk_usage(err, "%s: not an address or host name",
					show(&s, host, len));
	}
	if (sk_copyn(t->host, sizeof(t->host), host, len) < 0)
		return sk_usage(err, "host name too long");
	return 0;
}

/* The text is kept as written; that it has a meaning is seen to here. */
static int set_service(struct sk_target *t, const char *port,
		       struct sk_err *err)
{
	uint16_t number;
	int r = sk_parse_port(port, &number, err);

	if (r < 0)
		return r;
	if (sk_copy(t->service, sizeof(t->service), port) < 0)
		return sk_usage(err, "service name of %zu characters: at most "
				     "%zu are possible", strlen(port),
				sizeof(t->service) - 1);
	return 0;
}

int sk_target_parse_pair(struct sk_target *t, const char *host,
			 const char *port, struct sk_err *err)
{
	int r;

	memset(t, 0, sizeof(*t));
	t->kind = SK_TARGET_INET;
	t->fd = -1;
	r = host ? set_host(t, host, strlen(host), err) : 0;
	return r < 0 ? r : set_service(t, port, err);
}

/* Two colons or more, no brackets: most likely an IPv6 address. */
static int bare_colons(const char *text, const char *last, struct sk_err *err)
{
	size_t n = (size_t)(last - text);
	struct shown s, port;

	if (is_v6(text, n))
		return sk_usage(err, "an IPv6 address with a port is written "
				     "[%s]:%s", show(&s, text, n),
				show(&port, last + 1, strlen(last + 1)));
	if (is_v6(text, strlen(text)))
		return sk_usage(err, "an IPv6 address with a port is written "
				     "[%s]:PORT", show(&s, text, strlen(text)));
	return sk_usage(err, "%s: more than one colon (write HOST:PORT or "
			     "[IPV6]:PORT)", show(&s, text, strlen(text)));
}

static int parse_inet(struct sk_target *t, const char *text,
		      struct sk_err *err)
{
	const char *last = strrchr(text, ':');
	size_t n = last ? (size_t)(last - text) : 0;
	struct shown s;
	int r;

	if (!*text)
		return sk_usage(err, "empty address");
	if (!last || (*text == '[' && text[n - 1] != ']'))
		return sk_usage(err, "%s: no port (write HOST:PORT)",
				show(&s, text, strlen(text)));
	if (*text != '[' && memchr(text, ':', n))
		return bare_colons(text, last, err);
	r = set_host(t, text, n, err);
	return r < 0 ? r : set_service(t, last + 1, err);
}

static int parse_unix(struct sk_target *t, const char *text,
		      struct sk_err *err)
{
	t->kind = SK_TARGET_UNIX;
	return sk_addr_unix(&t->addr, text, err);
}

static int parse_cid(const char *text, uint32_t *cid)
{
	static const struct {
		const char *name;
		uint32_t cid;
	} names[] = {
		{ "", VMADDR_CID_ANY },
		{ "any", VMADDR_CID_ANY },
		{ "hypervisor", VMADDR_CID_HYPERVISOR },
		{ "local", VMADDR_CID_LOCAL },
		{ "host", VMADDR_CID_HOST },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(text, names[i].name)) {
			*cid = names[i].cid;
			return 0;
		}
	}
	return parse_u32(text, cid);
}

static int parse_vsock(struct sk_target *t, const char *text,
		       struct sk_err *err)
{
	const char *colon = strchr(text, ':');
	uint32_t cid = 0, port = 0;
	struct shown s;
	char word[32];
	int r;

	if (!colon)
		return sk_usage(err, "vsock:%s: no port (write vsock:CID:PORT)",
				show(&s, text, strlen(text)));
	r = sk_copyn(word, sizeof(word), text, (size_t)(colon - text));
	if (r < 0 || parse_cid(word, &cid) < 0)
		return sk_usage(err, "vsock CID %s: not a 32-bit number, any, "
				     "host, local or hypervisor",
				show(&s, text, (size_t)(colon - text)));
	if (!strcmp(colon + 1, "any"))
		port = VMADDR_PORT_ANY;
	else if (parse_u32(colon + 1, &port) < 0)
		return sk_usage(err, "vsock port %s: not a 32-bit number",
				show(&s, colon + 1, strlen(colon + 1)));
	t->kind = SK_TARGET_VSOCK;
	t->addr.len = sizeof(t->addr.vm);
	t->addr.vm.svm_family = AF_VSOCK;
	t->addr.vm.svm_cid = cid;
	t->addr.vm.svm_port = port;
	return 0;
}

static int parse_fd(struct sk_target *t, const char *text, struct sk_err *err)
{
	uint32_t fd = 0;
	struct shown s;

	if (parse_u32(text, &fd) < 0 || fd > INT32_MAX)
		return sk_usage(err, "fd:%s: not a descriptor number",
				show(&s, text, strlen(text)));
	t->kind = SK_TARGET_FD;
	t->fd = (int)fd;
	return 0;
}

int sk_target_parse(struct sk_target *t, const char *text, struct sk_err *err)
{
	static const struct {
		const char *prefix;
		int (*parse)(struct sk_target *, const char *, struct sk_err *);
	} kinds[] = {
		{ "unix:", parse_unix },
		{ "vsock:", parse_vsock },
		{ "fd:", parse_fd },
		{ "", parse_inet },
	};
	size_t i = 0;

	memset(t, 0, sizeof(*t));
	t->fd = -1;
	/* An IPv6 address may begin with fd: too; it has two colons. */
	if (sk_starts_with(text, "fd:") && strchr(text + 3, ':'))
		return parse_inet(t, text, err);
	while (!sk_starts_with(text, kinds[i].prefix))
		i++;
	return kinds[i].parse(t, text + strlen(kinds[i].prefix), err);
}

const char *sk_target_format(char buf[SK_ADDR_TEXT_MAX],
			     const struct sk_target *t)
{
	char host[SK_ADDR_TEXT_MAX - sizeof(t->service) - 4];

	switch (t->kind) {
	case SK_TARGET_INET:
		sk_escape(host, sizeof(host), t->host, strlen(t->host));
		snprintf(buf, SK_ADDR_TEXT_MAX,
			 strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
			 t->service);
		break;
	case SK_TARGET_UNIX:
	case SK_TARGET_VSOCK:
		sk_addr_format(buf, &t->addr);
		break;
	case SK_TARGET_FD:
		snprintf(buf, SK_ADDR_TEXT_MAX, "fd:%d", t->fd);
		break;
	}
	return buf;
}
