/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of a filter: filter_parse.c makes it, eval and bytecode read it. */
#ifndef SK_DIAG_FILTER_IN_H
#define SK_DIAG_FILTER_IN_H

#include "diag/filter.h"

enum sk_node_kind {
	SK_NODE_TRUE,
	SK_NODE_AND,		/* a, b */
	SK_NODE_OR,		/* a, b */
	SK_NODE_NOT,		/* a */
	SK_NODE_HOST,		/* side, host */
	SK_NODE_PORT,		/* side, family, cmp, number */
	SK_NODE_AUTOBOUND,
	SK_NODE_DEV,		/* number: ifindex */
	SK_NODE_MARK,		/* number, mask */
	SK_NODE_CGROUP,		/* number: id */
	SK_NODE_STATE,		/* number: mask of states */
	SK_NODE_FIELD,		/* field, cmp, number or text */
};

enum sk_cmp { SK_EQ, SK_NE, SK_LT, SK_LE, SK_GT, SK_GE };

/* One address with a prefix; a host name may have several. */
struct sk_prefix {
	int family;
	unsigned bits;
	uint8_t ip[16];
};

struct sk_host {
	int family;		/* AF_UNSPEC: any with ports, else that one */
	int64_t port;		/* -1: any */
	int64_t id;		/* vsock cid, packet or netlink protocol; -1 */
	const char *pattern;	/* unix: as fnmatch(3), case ignored */
	size_t n;
	struct sk_prefix prefix[]; /* none: any address */
};

struct sk_node {
	enum sk_node_kind kind;
	enum sk_cmp cmp;
	unsigned side;		/* 0: local, 1: peer */
	int family;		/* of a port; AF_UNSPEC: any that has them */
	struct sk_node *a, *b;
	struct sk_host *host;
	const struct sk_field *field;
	const struct sk_tcp_field *tcp; /* of field->tcp */
	const char *text;
	uint64_t number, mask;
	struct sk_node *next;	/* all nodes, to be freed */
};

struct sk_filter {
	struct sk_node *root;
	struct sk_node *all;
	char *copy;		/* of the text: token strings live there */
	unsigned want;
	bool owners, states;
};

/* --- fields --------------------------------------------------------------- */

enum sk_field_type {
	SK_FIELD_NUMBER,
	SK_FIELD_US,		/* written with units; bare numbers are ms */
	SK_FIELD_MS,
	SK_FIELD_BYTES,
	SK_FIELD_RATE,		/* bytes/s, or bits with "bps" */
	SK_FIELD_USER,		/* a number or a name of passwd(5) */
	SK_FIELD_TEXT,		/* = and !=, as fnmatch(3) */
};

struct sk_field {
	const char *name;
	enum sk_field_type type;
	unsigned want;		/* SK_WANT_* */
	bool owners;
	/* The value; false: absent. NULL for text and for tcp_info. */
	bool (*get)(const struct sk_sock *s, uint64_t *v);
	const char *tcp;	/* name of a field of tcp_info */
};

/* By name[0..len): one of ours, else a field of tcp_info. NULL: none. */
const struct sk_field *sk_field_find(const char *name, size_t len);
/* A number of the record; false: absent, or text. */
bool sk_field_value(const struct sk_field *f, const struct sk_tcp_field *tcp,
		    const struct sk_sock *s, uint64_t *v);
/* Text of a value into a number; 0 or -EINVAL. */
int sk_field_parse(const struct sk_field *f, const char *text, uint64_t *v);
bool sk_field_match(const struct sk_node *n, const struct sk_sock *s);

/* Is ip[] within the prefix? IPv4 rules hold for ::ffff:… too. */
bool sk_prefix_match(const struct sk_prefix *p, int family, const uint8_t *ip);

#endif
