/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How sockets are to be opened: what the options of the commands say. */
#ifndef SK_NET_OPTIONS_H
#define SK_NET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sock/addr.h"
#include "sock/sockopt.h"

struct sk_tls;
struct sk_proxies;
struct sk_host;
struct sk_pass;

struct sk_net_opts {
	int family;		/* AF_UNSPEC, AF_INET, AF_INET6 */
	int protocol;		/* of stream sockets; 0: the family's own */
	bool numeric;		/* no name look-ups */
	struct sk_addr source;	/* to connect from; len 0: any */
	uint16_t source_port;	/* 0: any */
	uint64_t wait;		/* µs the whole set-up may take; 0: for ever */
	int64_t retry;		/* times to try again */
	bool reuseport;
	int64_t backlog;
	struct sk_host *host;	/* NULL: sockets of the kernel */
	const struct sk_pass *pass; /* descriptors over unix sockets; or NULL */
	bool has_mode;		/* of a unix socket's file: not by the umask */
	unsigned mode;
	int min_ttl;		/* RFC 5082; 0: any */
	const struct sk_sockopt_value *sockopts;
	size_t n_sockopts;
	struct sk_tls *tls;	/* for clients; NULL: plain */
	const struct sk_proxies *proxies; /* for clients; NULL: none */
};

/* The protocol for a socket of this family: IPPROTO_SCTP and such, or 0. */
static inline int sk_net_protocol(const struct sk_net_opts *o, int family)
{
	return family == AF_INET || family == AF_INET6 ? o->protocol : 0;
}

/*
 * Apply --sockopt values. Options of IPv6 are left out on an IPv4 socket, so
 * that both families can be tried. With `late`, only those that the kernel
 * takes on a connected socket alone (ENOTCONN before). 0 or negative errno.
 */
int sk_net_apply(int fd, int family, const struct sk_net_opts *o, bool late,
		 struct sk_err *err);
/* The same for sockets that are not the kernel's. */
int sk_net_apply_by(sk_sockopt_set_fn *set, void *arg, int family,
		    const struct sk_net_opts *o, bool late,
		    struct sk_err *err);

/* What to do about this error of bind(2) or connect(2), in brackets and behind
 * a space, where it is for want of a zone (ipv6(7), sin6_scope_id); else "". */
const char *sk_net_zone_hint(const struct sk_addr *a, int error);

#endif
