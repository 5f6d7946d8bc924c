/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/access.h"

#include <ctype.h>
#include <netdb.h>

#include "base/text.h"
#include "base/units.h"

struct rule {
	bool allow;
	int family;
	int prefix;		/* bits */
	unsigned char addr[16];
};

struct sk_access {
	struct rule *rules;
	size_t n;
	bool any_allowed;
};

struct sk_access *sk_access_new(void)
{
	return calloc(1, sizeof(struct sk_access));
}

void sk_access_free(struct sk_access *a)
{
	if (a)
		free(a->rules);
	free(a);
}

/* The address as it is judged: IPv4 also when it is mapped into IPv6. */
static int address_bytes(const struct sk_addr *a, unsigned char out[16])
{
	if (a->len && a->sa.sa_family == AF_INET) {
		memcpy(out, &a->in.sin_addr, 4);
		return AF_INET;
	}
	if (!a->len || a->sa.sa_family != AF_INET6)
		return AF_UNSPEC;
	if (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr)) {
		memcpy(out, a->in6.sin6_addr.s6_addr + 12, 4);
		return AF_INET;
	}
	memcpy(out, &a->in6.sin6_addr, 16);
	return AF_INET6;
}

static bool same_prefix(const unsigned char *a, const unsigned char *b,
			int bits)
{
	int bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, (size_t)bytes))
		return false;
	return !rest || !((a[bytes] ^ b[bytes]) >> (8 - rest));
}

bool sk_access_allows(const struct sk_access *a, const struct sk_addr *peer)
{
	unsigned char bytes[16];
	int family = address_bytes(peer, bytes);
	bool allowed = !a->any_allowed;

	if (family == AF_UNSPEC)
		return true;
	for (size_t i = 0; i < a->n; i++) {
		const struct rule *r = &a->rules[i];

		if (r->family != family ||
		    !same_prefix(r->addr, bytes, r->prefix))
			continue;
		if (!r->allow)
			return false;
		allowed = true;
	}
	return allowed;
}

/* --- rules ------------------------------------------------------------------ */

static int add_rule(struct sk_access *a, bool allow, const struct sk_addr *addr,
		    int prefix, const char *text, struct sk_err *err)
{
	struct rule rule = { .allow = allow }, *more;
	bool mapped = addr->sa.sa_family == AF_INET6;
	int bits;

	rule.family = address_bytes(addr, rule.addr);
	bits = rule.family == AF_INET ? 32 : 128;
	/* ::ffff:10.0.0.0/104 means 10.0.0.0/8. */
	if (mapped && rule.family == AF_INET && prefix >= 0)
		prefix = prefix < 96 ? -2 : prefix - 96;
	if (prefix > bits || prefix < -1)
		return sk_usage(err, "%s: a prefix has 0 to %d bits", text,
				mapped ? 128 : bits);
	rule.prefix = prefix < 0 ? bits : prefix;
	more = realloc(a->rules, (a->n + 1) * sizeof(rule));
	if (!more)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	a->rules = more;
	a->rules[a->n++] = rule;
	a->any_allowed = a->any_allowed || allow;
	return 0;
}

static int add_host(struct sk_access *a, bool allow, const char *host,
		    int prefix, const char *text, struct sk_err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int r = getaddrinfo(host, NULL, &hints, &list);

	if (r)
		return sk_fail(err, -ENOENT, "%s: %s", text, gai_strerror(r));
	for (const struct addrinfo *ai = list; ai && r >= 0;
	     ai = ai->ai_next) {
		struct sk_addr addr = { .len = ai->ai_addrlen };

		memcpy(&addr.sa, ai->ai_addr, ai->ai_addrlen);
		r = add_rule(a, allow, &addr, prefix, text, err);
	}
	freeaddrinfo(list);
	return r;
}

/* HOST, HOST/PREFIX, [V6] or [V6]/PREFIX */
static int add_one(struct sk_access *a, bool allow, const char *word,
		   size_t len, struct sk_err *err)
{
	char text[300], host[300], *slash;
	uint64_t prefix = 0;
	size_t n;

	if (sk_copyn(host, sizeof(host), word, len) < 0)
		return sk_usage(err, "an access rule is too long");
	sk_escape(text, sizeof(text), word, len);
	slash = strchr(host, '/');
	if (slash) {
		*slash = '\0';
		if (sk_parse_uint(slash + 1, &prefix) < 0 || prefix > 128)
			return sk_usage(err, "%s: not HOST[/PREFIX]", text);
	}
	n = strlen(host);
	if (host[0] == '[' && host[n - 1] == ']') {
		memmove(host, host + 1, n - 2);
		host[n - 2] = '\0';
	}
	if (!*host)
		return sk_usage(err, "%s: not HOST[/PREFIX]", text);
	return add_host(a, allow, host, slash ? (int)prefix : -1, text, err);
}

static bool parts(char c)
{
	return c == ',' || isspace((unsigned char)c);
}

/* How many there were, or a negative errno. */
static int add_rules(struct sk_access *a, bool allow, const char *rules,
		     struct sk_err *err)
{
	int r = 0, n = 0;

	for (;; n++) {
		size_t len = 0;

		while (parts(*rules))
			rules++;
		while (rules[len] && !parts(rules[len]))
			len++;
		if (!len)
			return n;
		r = add_one(a, allow, rules, len, err);
		if (r < 0)
			return r;
		rules += len;
	}
}

int sk_access_add(struct sk_access *a, bool allow, const char *rules,
		  struct sk_err *err)
{
	int n = add_rules(a, allow, rules, err);

	/* An empty variable of a script's, more likely than not. */
	if (!n)
		return sk_usage(err, "%s: no host is named",
				allow ? "--allow" : "--deny");
	return n < 0 ? n : 0;
}

static int add_lines(struct sk_access *a, bool allow, const char *path,
		     FILE *f, struct sk_err *err)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0;

	while (r >= 0 && (len = getline(&line, &size, f)) >= 0) {
		if (memchr(line, '\0', (size_t)len))
			r = sk_fail(err, -EINVAL, "%s: a NUL is no part of a "
				    "rule", path);
		line[strcspn(line, "#")] = '\0';
		if (r >= 0)
			r = add_rules(a, allow, line, err);
	}
	/* What cannot be read to its end is no shorter list. */
	if (r >= 0 && !feof(f))
		r = sk_fail(err, -errno, "%s: %s", path, sk_strerror(errno));
	free(line);
	return r < 0 ? r : 0;
}

int sk_access_add_file(struct sk_access *a, bool allow, const char *path,
		       struct sk_err *err)
{
	FILE *f = fopen(path, "re");
	int r;

	if (!f)
		return sk_fail(err, -errno, "%s: %s", path,
			       sk_strerror(errno));
	/* An allow file without a rule allows nobody. */
	a->any_allowed = a->any_allowed || allow;
	r = add_lines(a, allow, path, f, err);
	fclose(f);
	return r;
}
