/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/select.h"

#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "diag/filter.h"
#include "diag/source.h"

#define BIT(name) SK_KIND_BIT(SK_KIND_##name)
/* ss's idea of -4 and "inet". */
#define INET                                                                 \
	(BIT(UDP) | BIT(DCCP) | BIT(TCP) | BIT(MPTCP) | BIT(SCTP) | BIT(RAW))

static const struct {
	const char *name;
	uint32_t kinds;
} tables[] = {
	/* TIPC is not among "all" of ss; here it is as any other. */
	{ "all", SK_KIND_ALL },
	{ "inet", INET },
	{ "unix", SK_KIND_UNIX },
	{ "packet", SK_KIND_PACKET },
	{ "vsock", SK_KIND_VSOCK },
	{ "netlink", BIT(NETLINK) },
};

static const struct {
	const char *name;
	unsigned ip;
	uint32_t kinds;
} families[] = {
	{ "inet", SK_FAMILY_V4, 0 },
	{ "inet6", SK_FAMILY_V6, 0 },
	{ "link", 0, SK_KIND_PACKET },
	{ "packet", 0, SK_KIND_PACKET },
	{ "unix", 0, SK_KIND_UNIX },
	{ "netlink", 0, BIT(NETLINK) },
	{ "tipc", 0, BIT(TIPC) },
	{ "vsock", 0, SK_KIND_VSOCK },
	{ "xdp", 0, BIT(XDP) },
	{ "smc", 0, BIT(SMC) },
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

void sk_select_kinds(struct sk_select *s, uint32_t kinds)
{
	s->kinds |= kinds;
	s->named |= kinds;
	/* ss takes -x for a family, whose connected sockets it shows. */
	if (kinds == SK_KIND_UNIX) {
		s->states |= SK_STATES_CONN;
		return;
	}
	for (unsigned i = 0; i < SK_KIND_COUNT; i++)
		if (kinds & SK_KIND_BIT(i))
			s->states |= sk_kind_of(i)->states;
}

void sk_select_ip(struct sk_select *s, unsigned family)
{
	s->families |= family;
	s->states |= SK_STATES_CONN;
}

int sk_select_family(struct sk_select *s, const char *name, struct sk_err *err)
{
	char quoted[64];

	for (size_t i = 0; i < COUNT(families); i++) {
		if (strcmp(name, families[i].name))
			continue;
		if (families[i].ip)
			sk_select_ip(s, families[i].ip);
		else
			sk_select_kinds(s, families[i].kinds);
		return 0;
	}
	sk_escape(quoted, sizeof(quoted), name, strlen(name));
	return sk_usage(err, "--family %s: no such family (inet, inet6, link, "
			"unix, netlink, vsock, tipc, xdp, smc)", quoted);
}

static uint32_t kinds_of(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		if (strlen(tables[i].name) == len &&
		    !strncmp(tables[i].name, name, len))
			return tables[i].kinds;
	for (unsigned i = 0; i < SK_KIND_COUNT; i++) {
		const struct sk_kind *k = sk_kind_of(i);

		if ((strlen(k->name) == len && !strncmp(k->name, name, len)) ||
		    (strlen(k->netid) == len && !strncmp(k->netid, name, len)))
			return SK_KIND_BIT(i);
	}
	return 0;
}

int sk_select_query(struct sk_select *s, const char *list, struct sk_err *err)
{
	char quoted[64];

	if (*list == '-' && kinds_of(list + 1, strlen(list + 1))) {
		sk_select_kinds(s, kinds_of(list + 1, strlen(list + 1)));
		return 0;
	}
	/* What single letters have said before does not count with -A. */
	if (!s->query)
		s->kinds = s->states = s->named = 0;
	s->query = true;
	s->states |= SK_STATES_CONN;
	while (*list) {
		size_t n = strcspn(list, ",");
		bool without = *list == '!';
		uint32_t kinds = kinds_of(list + without, n - without);

		if (!kinds) {
			sk_escape(quoted, sizeof(quoted), list, n);
			return sk_usage(err, "--query %s: no such table of "
					"sockets (all, inet, tcp, udp, unix, "
					"packet, netlink …)", quoted);
		}
		s->kinds = without ? s->kinds & ~kinds : s->kinds | kinds;
		/* "all" and "inet" mean what there is. */
		if (!without && kinds != SK_KIND_ALL && kinds != INET)
			s->named |= kinds;
		list += n + (list[n] == ',');
	}
	return 0;
}

int sk_select_host_family(const struct sk_select *s)
{
	static const struct {
		uint32_t kinds;
		int family;
	} alone[] = {
		{ SK_KIND_UNIX, AF_UNIX },
		{ SK_KIND_PACKET, AF_PACKET },
		{ BIT(NETLINK), AF_NETLINK },
		{ SK_KIND_VSOCK, AF_VSOCK },
	};

	for (size_t i = 0; s->kinds && i < COUNT(alone); i++)
		if (!(s->kinds & ~alone[i].kinds))
			return alone[i].family;
	return AF_UNSPEC;
}

void sk_select_finish(struct sk_select *s, uint32_t states)
{
	if (s->families && !(s->kinds & SK_KIND_INET) && !s->query)
		s->kinds |= INET;
	if (!s->kinds && !s->query) {
		s->kinds = SK_KIND_ALL;
		s->states = SK_STATES_CONN;
	}
	if (states)
		s->states = states;
}

/* The next word from *at; its length, 0 at the end. */
static size_t word_at(const char **at)
{
	*at += strspn(*at, " \t\n");
	return strcspn(*at, " \t\n");
}

static bool is(const char *at, size_t n, const char *word)
{
	return strlen(word) == n && !strncmp(at, word, n);
}

int sk_select_states(const char **text, uint32_t *states, struct sk_err *err)
{
	const char *at = *text;
	bool seen = false, without;
	size_t n;

	*states = 0;
	for (; (n = word_at(&at)); at += n) {
		uint32_t some;

		without = is(at, n, "exclude") || is(at, n, "excl");
		if (!without && !is(at, n, "state"))
			break;
		at += n;
		n = word_at(&at);
		/* "state = x" is a predicate like others */
		if (is(at, n, "=") || is(at, n, "!=") || is(at, n, "eq") ||
		    is(at, n, "ne"))
			goto expression;
		some = sk_states_parse(at, n);
		if (!some)
			return sk_filter_fail(err, *text, at,
					      n ? "no such state" :
						  "a state is missing here");
		if (without)
			*states = (seen ? *states : SK_STATES_ALL) & ~some;
		else
			*states |= some;
		seen = true;
	}
	if (is(at, n, "or") || is(at, n, "|") || is(at, n, "||"))
		goto expression;
	if (seen && (is(at, n, "and") || is(at, n, "&") || is(at, n, "&&")))
		at += n;
	*text = at;
	return 0;
expression:
	*states = 0;
	return 0;
}
