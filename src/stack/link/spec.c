/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A SPEC, "tap,dev=tap0,ip=192.0.2.1/24": the link's kind, then options, each
 * a row of the table below. Values of impairments are given for both
 * directions, or as IN/OUT.
 */
#include <errno.h>
#include <net/if.h>

#include "base/suggest.h"
#include "base/text.h"
#include "base/units.h"
#include "stack/addr.h"
#include "stack/link/spec.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"

#define MTU_MAX 65521		/* what TAP takes, and a frame's length */

struct row {
	const char *key;
	enum stk_kind kinds;
	/* 0, or a negative errno and what was wanted in *want. */
	int (*take)(struct stk_spec *sp, const struct row *row,
		    const char *value, const char **want);
	size_t off;
	uint64_t min, max;
};

/* --- values ----------------------------------------------------------------- */

static int take_text(struct stk_spec *sp, const struct row *row,
		     const char *value, const char **want)
{
	if (!*value) {
		*want = "a name";
		return -EINVAL;
	}
	memcpy((uint8_t *)sp + row->off, &value, sizeof(value));
	return 0;
}

/* As the kernel takes it, %d for a number of its choice included. */
static int take_device(struct stk_spec *sp, const struct row *row,
		       const char *value, const char **want)
{
	*want = "a name of 1 to 15 characters, no blank, / or :";
	if (!*value || strlen(value) >= IFNAMSIZ || strpbrk(value, "/:") ||
	    !strcmp(value, ".") || !strcmp(value, ".."))
		return -EINVAL;
	/* What a terminal obeys, the kernel would take. */
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return -EINVAL;
	memcpy((uint8_t *)sp + row->off, &value, sizeof(value));
	return 0;
}

static int take_number(struct stk_spec *sp, const struct row *row,
		       const char *value, const char **want)
{
	static char text[64];
	uint64_t v;

	if (sk_parse_uint(value, &v) < 0 || v < row->min || v > row->max) {
		snprintf(text, sizeof(text), "a number from %llu to %llu",
			 (unsigned long long)row->min,
			 (unsigned long long)row->max);
		*want = text;
		return -EINVAL;
	}
	memcpy((uint8_t *)sp + row->off, &v, sizeof(v));
	return 0;
}

static int take_flag(struct stk_spec *sp, const struct row *row,
		     const char *value, const char **want)
{
	bool on = true;

	if (*value) {
		*want = "written without a value";
		return -EINVAL;
	}
	memcpy((uint8_t *)sp + row->off, &on, sizeof(on));
	return 0;
}

/* The first and the last of an IPv4 prefix are not for hosts (RFC 1122 3.3.6);
 * of two (RFC 3021), or one, all are. */
static bool is_network(const struct stk_prefix *p)
{
	uint32_t mask, host;

	if (!stk_ip_is4(&p->ip) || p->len > 30)
		return false;
	mask = UINT32_MAX >> p->len;
	host = stk_ip_v4(&p->ip) & mask;
	return !host || host == mask;
}

/* ADDR/LEN; the address must be one that a host can have. */
static int parse_prefix(struct stk_prefix *p, const char *value)
{
	char text[STK_IP_TEXT];
	const char *slash = strchr(value, '/');
	uint64_t len;

	if (!slash ||
	    sk_copyn(text, sizeof(text), value, (size_t)(slash - value)) < 0 ||
	    !stk_ip_parse(&p->ip, text) || sk_parse_uint(slash + 1, &len) < 0 ||
	    len < 1 || len > (stk_ip_is4(&p->ip) ? 32 : 128) ||
	    !stk_ip_is_unicast(&p->ip) || stk_ip_is_loopback(&p->ip))
		return -EINVAL;
	p->len = (uint8_t)len;
	return is_network(p) ? -EINVAL : 0;
}

static int add_prefix(struct stk_prefix *v, size_t *n, const char *value,
		      const char **want)
{
	*want = "ADDRESS/LENGTH";
	if (*n == STK_MAX_ADDRS / 2) {
		*want = "given as many as 8 times";
		return -ENOSPC;
	}
	return parse_prefix(&v[*n], value) < 0 ? -EINVAL : ((*n)++, 0);
}

static int take_ip(struct stk_spec *sp, const struct row *row,
		   const char *value, const char **want)
{
	int r;

	(void)row;
	if (!strcmp(value, "dhcp")) {
		sp->c->dhcp = true;
		return 0;
	}
	r = add_prefix(sp->c->addrs, &sp->c->n_addrs, value, want);
	if (r == -EINVAL)
		*want = "ADDRESS/LENGTH or dhcp";
	return r;
}

static int take_host_ip(struct stk_spec *sp, const struct row *row,
			const char *value, const char **want)
{
	(void)row;
	return add_prefix(sp->host, &sp->n_host, value, want);
}

static int take_ip6(struct stk_spec *sp, const struct row *row,
		    const char *value, const char **want)
{
	(void)row;
	*want = "slaac";
	if (strcmp(value, "slaac"))
		return -EINVAL;
	sp->c->slaac = true;
	return 0;
}

static int take_gw(struct stk_spec *sp, const struct row *row,
		   const char *value, const char **want)
{
	struct stk_ip ip;

	(void)row;
	*want = "the address of a router";
	if (!stk_ip_parse(&ip, value) || !stk_ip_is_unicast(&ip))
		return -EINVAL;
	*(stk_ip_is4(&ip) ? &sp->c->gw4 : &sp->c->gw6) = ip;
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int take_mac(struct stk_spec *sp, const struct row *row,
		    const char *value, const char **want)
{
	uint8_t *mac = sp->c->mac;

	(void)row;
	*want = "the address of one host, as 02:00:00:00:00:01";
	if (strlen(value) != 17)
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		int hi = hex_digit(value[3 * i]), lo = hex_digit(value[3 * i + 1]);

		if (hi < 0 || lo < 0 || (i < 5 && value[3 * i + 2] != ':'))
			return -EINVAL;
		mac[i] = (uint8_t)(hi << 4 | lo);
	}
	/* A group's, or none. */
	return mac[0] & 1 || !(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] |
			       mac[5]) ? -EINVAL : 0;
}

/* --- impairments: both directions, or IN/OUT -------------------------------- */

/* "5%", "0.05" */
static int parse_chance(const char *text, double *out)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text)
		return -EINVAL;
	if (*end == '%') {
		v /= 100;
		end++;
	}
	if (*end || !(v >= 0 && v <= 1))
		return -EINVAL;
	*out = v;
	return 0;
}

static int set_chance(struct stk_impair *d, size_t off, const char *text)
{
	double v;

	if (parse_chance(text, &v) < 0)
		return -EINVAL;
	memcpy((uint8_t *)d + off, &v, sizeof(v));
	return 0;
}

static int set_u64(struct stk_impair *d, size_t off, uint64_t v)
{
	memcpy((uint8_t *)d + off, &v, sizeof(v));
	return 0;
}

static int set_time(struct stk_impair *d, size_t off, const char *text)
{
	uint64_t v;

	if (sk_parse_duration(text, &v) < 0 || v > 3600 * SK_SEC)
		return -EINVAL;
	return set_u64(d, off, v);
}

static int set_rate(struct stk_impair *d, size_t off, const char *text)
{
	uint64_t v;

	return sk_parse_rate(text, &v) < 0 || !v ? -EINVAL :
						   set_u64(d, off, v);
}

static int set_seed(struct stk_impair *d, size_t off, const char *text)
{
	uint64_t v;

	return sk_parse_uint(text, &v) < 0 ? -EINVAL : set_u64(d, off, v);
}

static int set_queue(struct stk_impair *d, size_t off, const char *text)
{
	uint64_t v;

	return sk_parse_uint(text, &v) < 0 || !v ? -EINVAL :
						   set_u64(d, off, v);
}

static const struct {
	const char *key, *want;
	int (*set)(struct stk_impair *d, size_t off, const char *text);
	size_t off;
} impairments[] = {
#define IMP(field, want, set) \
	{ #field, want, set, offsetof(struct stk_impair, field) }
	IMP(loss, "a chance, as 5% or 0.05", set_chance),
	IMP(dup, "a chance, as 5% or 0.05", set_chance),
	IMP(reorder, "a chance, as 5% or 0.05", set_chance),
	IMP(corrupt, "a chance, as 5% or 0.05", set_chance),
	IMP(delay, "a time, as 20ms", set_time),
	IMP(jitter, "a time, as 20ms", set_time),
	IMP(rate, "bytes a second, as 10M", set_rate),
	IMP(queue, "a number of frames, from 1 on", set_queue),
	IMP(seed, "a number", set_seed),
};

#define N(a) (sizeof(a) / sizeof(*(a)))

static int take_impair(struct stk_spec *sp, const struct row *row,
		       const char *value, const char **want)
{
	const char *slash = strchr(value, '/');
	char in[64];
	size_t i = row->off;

	*want = impairments[i].want;
	sp->impaired = true;
	if (sk_copyn(in, sizeof(in), value,
		     slash ? (size_t)(slash - value) : strlen(value)) < 0)
		return -EINVAL;
	if (impairments[i].set(&sp->dirs[0], impairments[i].off, in) < 0)
		return -EINVAL;
	return impairments[i].set(&sp->dirs[1], impairments[i].off,
				  slash ? slash + 1 : value);
}

/* --- the options ------------------------------------------------------------ */

#define OFF(field) offsetof(struct stk_spec, field)

static const struct row rows[] = {
	{ "dev", STK_KIND_TAP, take_device, OFF(dev), 0, 0 },
	{ "txqueuelen", STK_KIND_TAP, take_number, OFF(txqueuelen), 1,
	  1000000 },
	{ "persist", STK_KIND_TAP, take_flag, OFF(persist), 0, 0 },
	{ "no-offload", STK_KIND_TAP, take_flag, OFF(no_offload), 0, 0 },
	{ "host-ip", STK_KIND_TAP, take_host_ip, 0, 0, 0 },
	{ "path", STK_KIND_WIRE, take_text, OFF(path), 0, 0 },
	{ "mtu", STK_KIND_ALL, take_number, OFF(mtu), IPV4_MIN_MTU, MTU_MAX },
	{ "ip", STK_KIND_ALL, take_ip, 0, 0, 0 },
	{ "ip6", STK_KIND_ALL, take_ip6, 0, 0, 0 },
	{ "gw", STK_KIND_ALL, take_gw, 0, 0, 0 },
	{ "mac", STK_KIND_ALL, take_mac, 0, 0, 0 },
	{ "pcap", STK_KIND_ALL, take_text, OFF(pcap), 0, 0 },
	{ "loss", STK_KIND_ALL, take_impair, 0, 0, 0 },
	{ "dup", STK_KIND_ALL, take_impair, 1, 0, 0 },
	{ "reorder", STK_KIND_ALL, take_impair, 2, 0, 0 },
	{ "corrupt", STK_KIND_ALL, take_impair, 3, 0, 0 },
	{ "delay", STK_KIND_ALL, take_impair, 4, 0, 0 },
	{ "jitter", STK_KIND_ALL, take_impair, 5, 0, 0 },
	{ "rate", STK_KIND_ALL, take_impair, 6, 0, 0 },
	{ "queue", STK_KIND_ALL, take_impair, 7, 0, 0 },
	{ "seed", STK_KIND_ALL, take_impair, 8, 0, 0 },
};

static const char *next_key(void *arg, size_t i)
{
	(void)arg;
	return i < N(rows) ? rows[i].key : NULL;
}

static int unknown(const struct stk_spec *sp, const char *key,
		   struct sk_err *err)
{
	const char *near = sk_suggest(key, next_key, NULL);
	char text[100];

	if (!*key)
		return sk_usage(err, "stack: %s: a comma, and no option",
				sp->kind_name);
	sk_escape(text, sizeof(text), key, strlen(key));
	if (near)
		return sk_usage(err, "stack: %s: unknown option %s (did you "
				     "mean %s?)", sp->kind_name, text, near);
	return sk_usage(err, "stack: %s: unknown option %s", sp->kind_name,
			text);
}

static int take_option(struct stk_spec *sp, char *word, struct sk_err *err)
{
	char *value = strchr(word, '='), text[100];
	const char *want = "";
	int r;

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < N(rows); i++) {
		if (strcmp(rows[i].key, word))
			continue;
		if (!(rows[i].kinds & sp->kind))
			return sk_usage(err, "stack: %s has no option %s",
					sp->kind_name, word);
		r = rows[i].take(sp, &rows[i], value ? value : "", &want);
		if (r < 0)
			return sk_usage(err, "stack: %s: %s=%s: must be %s",
					sp->kind_name, word,
					sk_escape(text, sizeof(text),
						  value ? value : "",
						  strlen(value ? value : "")),
					want);
		return 0;
	}
	return unknown(sp, word, err);
}

/* IPv4, and IPv6 where its packets fit (RFC 8200 5). */
size_t stk_spec_families(const struct stk_spec *sp)
{
	return sp->mtu && sp->mtu < IPV6_MIN_MTU ? 1 : 2;
}

static bool any_ipv6(const struct stk_prefix *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!stk_ip_is4(&v[i].ip))
			return true;
	return false;
}

static bool wants_ipv6(const struct stk_spec *sp)
{
	return sp->c->slaac || any_ipv6(sp->c->addrs, sp->c->n_addrs) ||
	       any_ipv6(sp->host, sp->n_host);
}

int stk_spec_parse(struct stk_spec *sp, char *text, struct sk_err *err)
{
	static const char *const names[] = { "tap", "wire" };
	char *word = strsep(&text, ","), shown[100];

	for (size_t i = 0; i < N(names); i++)
		if (!strcmp(word, names[i])) {
			sp->kind = (enum stk_kind)(1 << i);
			sp->kind_name = names[i];
		}
	if (!sp->kind)
		return sk_usage(err, "stack: %s: no such link (tap or wire)",
				sk_escape(shown, sizeof(shown), word,
					  strlen(word)));
	while ((word = strsep(&text, ","))) {
		int r = take_option(sp, word, err);

		if (r < 0)
			return r;
	}
	if (sp->kind == STK_KIND_WIRE && !sp->path)
		return sk_usage(err, "stack: wire: path=SOCKET is needed");
	if (stk_spec_families(sp) < 2 && wants_ipv6(sp))
		return sk_usage(err, "stack: %s: mtu=%u: IPv6 needs %u",
				sp->kind_name, (unsigned)sp->mtu,
				IPV6_MIN_MTU);
	return 0;
}
