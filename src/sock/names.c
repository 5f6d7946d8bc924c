/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sock/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/text.h"
#include "base/units.h"

#ifndef SOCK_PACKET
#define SOCK_PACKET 10
#endif
#ifndef SOCK_DCCP
#define SOCK_DCCP 6
#endif

#define TABLE(id, prefix)     static const struct sk_name id##_rows[] = {
#define NAME(name, value)	      { name, value },
#define TABLE_END(id, prefix)	      { NULL, 0 }			\
	};								\
	const struct sk_names sk_names_##id = { prefix, id##_rows };
#include "sock/names.def"
#undef TABLE
#undef NAME
#undef TABLE_END

/* The low bits of a socket's type; above them flags (include/linux/net.h). */
#define SOCK_TYPE_MASK 0xfu

/* Above this a number is rather a bit mask than a count. */
#define DECIMAL_MAX 9999

const char *sk_name_of(const struct sk_names *t, uint64_t value)
{
	for (const struct sk_name *n = t->rows; n->name; n++)
		if (n->value == value)
			return n->name;
	return NULL;
}

static const char *without_prefix(const struct sk_names *t, const char *name)
{
	size_t n = strlen(t->prefix);

	/* A level may be named after its family: AF_VSOCK among SOL_*. */
	return strncmp(name, t->prefix, n) ? name : name + n;
}

const char *sk_short_name_of(const struct sk_names *t, uint64_t value)
{
	const char *name = sk_name_of(t, value);

	return name ? without_prefix(t, name) : NULL;
}

int sk_value_of(const struct sk_names *t, const char *name, uint64_t *value)
{
	for (const struct sk_name *n = t->rows; n->name; n++) {
		if (!strcasecmp(name, n->name) ||
		    !strcasecmp(name, without_prefix(t, n->name))) {
			*value = n->value;
			return 0;
		}
	}
	return -ENOENT;
}

static int format_number(char *buf, size_t size, uint64_t value)
{
	return snprintf(buf, size, value > DECIMAL_MAX ? "%#" PRIx64 :
							 "%" PRIu64, value);
}

const char *sk_name_format(char *buf, size_t size, const struct sk_names *t,
			   uint64_t value)
{
	const char *name = sk_name_of(t, value);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		format_number(buf, size, value);
	return buf;
}

/* Adds "|text"; once something did not fit, nothing more is added. */
static void add_flag(char *buf, size_t size, size_t *at, const char *text)
{
	int n;

	if (*at >= size)
		return;
	n = snprintf(buf + *at, size - *at, "%s%s", *at ? "|" : "", text);
	*at += (size_t)n;
	if (*at >= size && size > 3)
		memcpy(buf + size - 4, "...", 4);
}

const char *sk_flags_format(char *buf, size_t size, const struct sk_names *t,
			    uint64_t value)
{
	size_t at = 0;
	char rest[32];

	for (const struct sk_name *n = t->rows; n->name; n++) {
		if (!n->value || (value & n->value) != n->value)
			continue;
		add_flag(buf, size, &at, n->name);
		value &= ~n->value;
	}
	if (value || !at) {
		snprintf(rest, sizeof(rest), value ? "%#" PRIx64 : "%" PRIu64,
			 value);
		add_flag(buf, size, &at, rest);
	}
	return buf;
}

int sk_flags_parse(const struct sk_names *t, const char *text,
		   uint64_t *value)
{
	char word[64];
	uint64_t one;
	size_t n;

	*value = 0;
	do {
		n = strcspn(text, "|");
		if (sk_copyn(word, sizeof(word), text, n) < 0)
			return -ENOENT;
		if (sk_value_of(t, word, &one) < 0 &&
		    sk_parse_uint(word, &one) < 0)
			return -ENOENT;
		*value |= one;
		text += n;
	} while (*text++);
	return 0;
}

const char *sk_socktype_format(char *buf, size_t size, uint64_t type)
{
	size_t at = 0;
	char text[128];

	add_flag(buf, size, &at,
		 sk_name_format(text, sizeof(text), &sk_names_socktype,
				type & SOCK_TYPE_MASK));
	if (type & ~(uint64_t)SOCK_TYPE_MASK)
		add_flag(buf, size, &at,
			 sk_flags_format(text, sizeof(text),
					 &sk_names_socktype_flags,
					 type & ~(uint64_t)SOCK_TYPE_MASK));
	return buf;
}

const struct sk_names *sk_protocols_of(int family)
{
	static const struct {
		int family;
		const struct sk_names *names;
	} of[] = {
		{ AF_INET, &sk_names_ipproto },
		{ AF_INET6, &sk_names_ipproto },
		{ AF_NETLINK, &sk_names_netlink },
		{ AF_PACKET, &sk_names_ether },
		{ AF_CAN, &sk_names_can },
		{ AF_BLUETOOTH, &sk_names_bluetooth },
		{ 43, &sk_names_smc },		/* AF_SMC */
		{ AF_PHONET, &sk_names_phonet },
		{ AF_CAIF, &sk_names_caif },
		{ AF_NFC, &sk_names_nfc },
		{ 41, &sk_names_kcm },		/* AF_KCM */
		{ AF_PPPOX, &sk_names_pppox },
		{ AF_KEY, &sk_names_key },
		{ AF_ISDN, &sk_names_isdn },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (of[i].family == family)
			return of[i].names;
	return NULL;
}

const char *sk_protocol_format(char *buf, size_t size, int family,
			       uint64_t protocol)
{
	const struct sk_names *names = sk_protocols_of(family);
	const char *name;

	if (family == AF_PACKET && protocol && protocol <= UINT16_MAX) {
		name = sk_name_of(names, ntohs((uint16_t)protocol));
		if (name)
			snprintf(buf, size, "htons(%s)", name);
		else
			snprintf(buf, size, "htons(%#x)",
				 ntohs((uint16_t)protocol));
	} else if (names && family != AF_PACKET) {
		sk_name_format(buf, size, names, protocol);
	} else {
		format_number(buf, size, protocol);
	}
	return buf;
}
