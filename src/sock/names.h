/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of the kernel's numbers: families, types, protocols, states and
 * flags. One table each (names.def), looked up both ways. The tables hold
 * Linux's numbers, so a binary knows what newer kernels than its headers say.
 */
#ifndef SK_SOCK_NAMES_H
#define SK_SOCK_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct sk_name {
	const char *name;	/* "AF_INET"; NULL ends a table */
	uint64_t value;
};

struct sk_names {
	const char *prefix;	/* "AF_"; may be left out by people */
	const struct sk_name *rows; /* a value's first row is its name */
};

/* Every table of names.def: sk_names_family, sk_names_msg_flags, … */
#define TABLE(id, prefix) extern const struct sk_names sk_names_##id;
#define NAME(name, value)
#define TABLE_END(id, prefix)
#include "sock/names.def"
#undef TABLE
#undef NAME
#undef TABLE_END

/* "AF_INET", or NULL when the value has no name. */
const char *sk_name_of(const struct sk_names *t, uint64_t value);

/* The same without prefix: "INET". */
const char *sk_short_name_of(const struct sk_names *t, uint64_t value);

/*
 * The number of a name, in any case, with or without prefix ("af_inet",
 * "inet"). Returns 0 or -ENOENT.
 */
int sk_value_of(const struct sk_names *t, const char *name, uint64_t *value);

/*
 * "AF_INET", or the number where it has no name: "99". Numbers above 9999
 * are printed in hexadecimal. Returns buf.
 */
const char *sk_name_format(char *buf, size_t size, const struct sk_names *t,
			   uint64_t value);

/*
 * "MSG_PEEK|MSG_DONTWAIT|0x80000"; "0" when none is set. Never longer than
 * size; what does not fit ends in "...". Returns buf.
 */
const char *sk_flags_format(char *buf, size_t size, const struct sk_names *t,
			    uint64_t value);

/* The reverse; parts are names, with or without prefix, or numbers. */
int sk_flags_parse(const struct sk_names *t, const char *text,
		   uint64_t *value);

/* The type argument of socket(2): "SOCK_STREAM|SOCK_CLOEXEC". Returns buf. */
const char *sk_socktype_format(char *buf, size_t size, uint64_t type);

/*
 * The protocol argument of socket(2), whose meaning hangs on the family:
 * "IPPROTO_TCP", "NETLINK_ROUTE", "htons(ETH_P_ALL)". Returns buf.
 */
const char *sk_protocol_format(char *buf, size_t size, int family,
			       uint64_t protocol);

/* The table of a family's protocols, or NULL where there is none. */
const struct sk_names *sk_protocols_of(int family);

#endif
