/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list, its look-up and the files it comes from. What the files look like
 * is counters_parse.c.
 */
#include "diag/counters.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "diag/procfile.h"

static const struct {
	const char *path;
	sk_counters_parse *parse;
} files[] = {
	{ "net/snmp", sk_counters_parse_pairs },
	{ "net/netstat", sk_counters_parse_pairs },
	{ "net/snmp6", sk_counters_parse_list },
	{ "net/sockstat", sk_counters_parse_sockstat },
	{ "net/sockstat6", sk_counters_parse_sockstat },
	{ "net/softnet_stat", sk_counters_parse_softnet },
	{ "net/dev", sk_counters_parse_dev },
	{ "net/stat/nf_conntrack", sk_counters_parse_conntrack },
	{ "net/xfrm_stat", sk_counters_parse_list },
	{ "net/tls_stat", sk_counters_parse_list },
	{ "net/sctp/snmp", sk_counters_parse_list },
};

struct meaning {
	const char *group, *name;
	enum sk_counter_kind kind;
	const char *text;
};

static const struct meaning meanings[] = {
#define COUNTER(group, name, kind, text) \
	{ group, name, SK_COUNTER_##kind, text },
#include "diag/counters.def"
#undef COUNTER
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* Where a group without a row of its own finds one. */
static const struct {
	const char *group, *borrows;
} aliases[] = {
	{ "Ip6", "Ip" },
	{ "Ip6", "IpExt" },
	{ "Icmp6", "Icmp" },
	{ "UdpLite", "Udp" },
	{ "Udp6", "Udp" },
	{ "UdpLite6", "Udp" },
};

static const struct meaning *meaning_in(const char *group, const char *name)
{
	for (size_t i = 0; i < N(meanings); i++)
		if (!strcmp(meanings[i].name, name) &&
		    !strcmp(meanings[i].group, group))
			return &meanings[i];
	return NULL;
}

const char *sk_counter_meaning(const char *group, const char *name,
			       enum sk_counter_kind *kind)
{
	const struct meaning *m = meaning_in(group, name);

	for (size_t i = 0; !m && i < N(aliases); i++)
		if (!strcmp(aliases[i].group, group))
			m = meaning_in(aliases[i].borrows, name);
	if (kind)
		*kind = m ? m->kind : SK_COUNTER_TOTAL;
	if (m)
		return m->text;
	if (sk_starts_with(group, "Icmp") && sk_starts_with(name, "InType"))
		return "ICMP messages of this type received";
	if (sk_starts_with(group, "Icmp") && sk_starts_with(name, "OutType"))
		return "ICMP messages of this type sent";
	return NULL;
}

/* --- reading ---------------------------------------------------------------- */

char *sk_counters_keep(struct sk_counters *c, char *text)
{
	char **texts = realloc(c->texts, (c->n_texts + 1) * sizeof(*texts));

	if (!texts) {
		free(text);
		return NULL;
	}
	c->texts = texts;
	return c->texts[c->n_texts++] = text;
}

static int read_file(struct sk_counters *c, const char *proc, size_t i)
{
	char *text;
	long len = sk_procfile_read(proc, files[i].path, &text);

	if (len < 0)
		return (int)len;
	if (!sk_counters_keep(c, text))
		return -ENOMEM;
	return files[i].parse(c, text);
}

int sk_counters_read(struct sk_counters *c, const char *proc,
		     struct sk_err *err)
{
	int first = 0, r;

	*c = (struct sk_counters){ .when_us = sk_now_us() };
	for (size_t i = 0; i < N(files); i++) {
		r = read_file(c, proc, i);
		if (r == -ENOMEM)
			return sk_fail(err, r, "%s", sk_strerror(r));
		if (r < 0 && !first)
			first = r;
	}
	if (c->n)
		return 0;
	return sk_fail(err, first ? first : -ENODATA,
		       "%s/net: no counters: %s", proc,
		       sk_strerror(first ? first : -ENODATA));
}

void sk_counters_fini(struct sk_counters *c)
{
	for (size_t i = 0; i < c->n_texts; i++)
		free(c->texts[i]);
	free(c->texts);
	free(c->v);
	*c = (struct sk_counters){ .n = 0 };
}

/* --- looking up ------------------------------------------------------------- */

const struct sk_counter *sk_counters_find(const struct sk_counters *c,
					  const char *group, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].name, name) &&
		    !strcmp(c->v[i].group, group))
			return &c->v[i];
	return NULL;
}

uint64_t sk_counters_sum(const struct sk_counters *c, const char *group,
			 const char *name)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].name, name) &&
		    !strcmp(c->v[i].group, group))
			sum += c->v[i].value;
	return sum;
}

static bool alike(const struct sk_counter *a, const struct sk_counter *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->group, b->group) &&
	       !strcmp(a->of ? a->of : "", b->of ? b->of : "");
}

const struct sk_counter *sk_counters_like(const struct sk_counters *c,
					  const struct sk_counter *like)
{
	for (size_t i = 0; i < c->n; i++)
		if (alike(&c->v[i], like))
			return &c->v[i];
	return NULL;
}

int64_t sk_counter_delta(const struct sk_counter *now,
			 const struct sk_counter *before)
{
	uint64_t old = before ? before->value : 0;

	if (now->kind == SK_COUNTER_TOTAL && now->value < old)
		return (int64_t)now->value;
	return (int64_t)(now->value - old);
}

const char *sk_counter_format(char buf[SK_COUNTER_NAME_MAX],
			      const struct sk_counter *c)
{
	const char *dot = c->name[0] >= 'a' && c->name[0] <= 'z' ? "." : "";
	char raw[SK_COUNTER_NAME_MAX];
	int n;

	if (c->of)
		n = snprintf(raw, sizeof(raw), "%s%s%s{%s}", c->group, dot,
			     c->name, c->of);
	else
		n = snprintf(raw, sizeof(raw), "%s%s%s", c->group, dot,
			     c->name);
	if ((size_t)n >= sizeof(raw))
		n = sizeof(raw) - 1;
	return sk_escape(buf, SK_COUNTER_NAME_MAX, raw, (size_t)n);
}

bool sk_counter_matches(const struct sk_counter *c, const char *glob)
{
	char full[SK_COUNTER_NAME_MAX];

	if (!fnmatch(glob, c->name, FNM_CASEFOLD))
		return true;
	snprintf(full, sizeof(full), "%s%s", c->group, c->name);
	if (!fnmatch(glob, full, FNM_CASEFOLD))
		return true;
	snprintf(full, sizeof(full), "%s.%s", c->group, c->name);
	return !fnmatch(glob, full, FNM_CASEFOLD);
}
