/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Netlink attributes (netlink(7), include/net/netlink.h of the kernel): a type,
 * a length and a value each, in tables of what the type means.
 */
#ifndef SK_TRACE_NLATTR_H
#define SK_TRACE_NLATTR_H

#include "trace/dec.h"

enum sk_nl_form {
	SK_NL_BYTES,
	SK_NL_U8, SK_NL_U16, SK_NL_U32, SK_NL_S32, SK_NL_U64,
	SK_NL_STRING,
	SK_NL_MAC,		/* 00:11:22:33:44:55 */
	SK_NL_IFINDEX,
	SK_NL_ADDR,		/* of the message's family */
	SK_NL_PORT,		/* in network order */
	SK_NL_U32S, SK_NL_U8S,	/* an array */
	SK_NL_NAME, SK_NL_FLAGS,
	SK_NL_STRUCT,
	SK_NL_TCP_INFO,
	SK_NL_NEST,		/* attributes */
	SK_NL_LIST,		/* the same, numbered; each holds nested ones */
	SK_NL_HOPS,		/* struct rtnexthop, each with attributes */
	SK_NL_X16, SK_NL_ETHER,	/* 0xff; htons(ETH_P_8021Q) */
	SK_NL_TICKS,		/* 1500, and what that is in seconds */
	SK_NL_IN6,
	SK_NL_BRIDGE_ID,
	SK_NL_INDEXED, SK_NL_INDEXED64,	/* an array, of which names has the
					 * indices */
	SK_NL_BY_FAMILY,	/* attributes; which, says the message's family:
				 * a row of nested, the last one of AF_UNSPEC */
	SK_NL_KIND,		/* a string, by which */
	SK_NL_OF_KIND,		/* … these are known: .kinds */
};

struct sk_nlkind {
	const char *kind;	/* NULL ends a table */
	const struct sk_nlattrs *attrs;
};

struct sk_nlattr {
	uint16_t type;
	const char *name;	/* NULL ends a table */
	uint8_t form;		/* enum sk_nl_form */
	const struct sk_names *names;
	const struct sk_nlattrs *nested;
	const struct sk_field *fields;
	const struct sk_nlkind *kinds;
	uint8_t least;		/* of a struct must be there; 0: all of it */
};

#define SK_NL_END { 0, NULL, SK_NL_BYTES },

struct sk_nlattrs {
	const char *unknown;	/* "IFLA_???" */
	const struct sk_nlattr *rows;
};

/* nl_tables.c, nl_link.c */
extern const struct sk_nlattrs sk_nl_link, sk_nl_addr, sk_nl_route,
	sk_nl_neigh, sk_nl_rule, sk_nl_inet, sk_nl_inet_req, sk_nl_unix,
	sk_nl_ctrl, sk_nl_error, sk_nl_tc, sk_nl_netconf, sk_nl_nexthop,
	sk_nl_neightbl;

/* nl_types.c: the type of a message; names of its upper flags, or NULL. */
void sk_dec_nltype(struct sk_dec *d, int protocol, uint16_t type);
const struct sk_names *sk_dec_nlflags(int protocol, uint16_t type);

/* The attributes in data[0..len); family: of addresses. Nothing if len is 0. */
void sk_dec_nlattrs(struct sk_dec *d, const struct sk_nlattrs *t, int family,
		    const unsigned char *data, size_t len);

/*
 * What follows the header of a message of this protocol and type: a struct and
 * its attributes. False, and nothing is shown: it is not known.
 */
bool sk_dec_nlbody(struct sk_dec *d, int protocol, uint16_t type,
		   uint16_t flags, const unsigned char *data, size_t len);

#endif
