/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filter expressions: ss's grammar with real precedence (not, and, or, from
 * tight to loose; two predicates side by side mean and), plus predicates on
 * whatever the record holds.
 *
 *	EXPR  := PRED | not EXPR | EXPR [and] EXPR | EXPR or EXPR | ( EXPR )
 *	PRED  := src|dst [=|!=] HOST | sport|dport CMP PORT | state STATE
 *	       | dev [=|!=] DEVICE | fwmark [=|!=] MARK[/MASK]
 *	       | cgroup [=|!=] PATH | autobound | FIELD CMP VALUE
 *
 * One expression runs in two places: what the kernel's bytecode can say is
 * compiled for it, loosened where it cannot; sk_filter_match() then decides.
 */
#ifndef SK_DIAG_FILTER_H
#define SK_DIAG_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "diag/sock.h"

#define SK_FILTER_BYTECODE_MAX 16384

struct sk_filter;

/*
 * Parse. Hosts and ports without a family are of `family` (AF_UNIX, AF_PACKET,
 * AF_NETLINK, AF_VSOCK; AF_UNSPEC: IP). An error is a usage error that shows
 * the expression with a caret under the place. Host names are looked up; all
 * their addresses count. An empty text gives a filter that matches everything.
 */
int sk_filter_parse(struct sk_filter **out, const char *text, int family,
		    struct sk_err *err);
void sk_filter_free(struct sk_filter *f);
/*
 * The usage error that it is: what is wrong, and on lines of their own the
 * expression and a caret under `at`, a place in it.
 */
int sk_filter_fail(struct sk_err *err, const char *expression, const char *at,
		   const char *what);

/*
 * Does the record match? A comparison with an absent field is false, and so
 * `x != v`, which is `not x = v`, is true for it. NULL matches everything.
 */
bool sk_filter_match(const struct sk_filter *f, const struct sk_sock *s);

/* It speaks of states itself: no default of others' should hide some. */
bool sk_filter_has_states(const struct sk_filter *f);
/* SK_WANT_* that its predicates read. */
unsigned sk_filter_want(const struct sk_filter *f);
/* It asks for pid or comm: sk_owners_fill() is due before a match. */
bool sk_filter_wants_owners(const struct sk_filter *f);
/* It asks for the names of unix sockets' other ends. */
bool sk_filter_wants_peers(const struct sk_filter *f);
/* Can it match without regard to owners? Cheap, before looking for them. */
bool sk_filter_may_match(const struct sk_filter *f, const struct sk_sock *s);

/*
 * Bytecode for INET_DIAG_REQ_BYTECODE that accepts at least what the filter
 * matches, into buf. Returns its length, 0 when the kernel can say nothing.
 */
size_t sk_filter_bytecode(const struct sk_filter *f, void *buf, size_t size);
/* Ports that every match has, in network order; left alone if there is none. */
void sk_filter_ports(const struct sk_filter *f, uint16_t *sport,
		     uint16_t *dport);

/* The fields that a filter can compare: NULL after the last. */
const char *sk_filter_field(size_t i);

#endif
