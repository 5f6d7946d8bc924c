/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/options.h"

#include <netinet/tcp.h>

#ifndef TCP_ULP
#define TCP_ULP 31
#endif

/* TCP_ULP ("tls") is refused before the connection is there, tcp(7). */
static bool is_late(const struct sk_sockopt_value *v)
{
	return v->opt == sk_sockopt_find(IPPROTO_TCP, TCP_ULP);
}

int sk_net_apply_by(sk_sockopt_set_fn *set, void *arg, int family,
		    const struct sk_net_opts *o, bool late,
		    struct sk_err *err)
{
	for (size_t i = 0; i < o->n_sockopts; i++) {
		const struct sk_sockopt_value *v = &o->sockopts[i];
		int r;

		if (is_late(v) != late ||
		    (family == AF_INET &&
		     sk_sockopt_level(v) == IPPROTO_IPV6))
			continue;
		r = sk_sockopt_apply_by(set, arg, v, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int sk_net_apply(int fd, int family, const struct sk_net_opts *o, bool late,
		 struct sk_err *err)
{
	return sk_net_apply_by(sk_sockopt_set_fd, &fd, family, o, late, err);
}

const char *sk_net_zone_hint(const struct sk_addr *a, int error)
{
	return error == -EINVAL && a->sa.sa_family == AF_INET6 &&
			       !a->in6.sin6_scope_id &&
			       IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr) ?
		       " (on which link? write ADDRESS%INTERFACE)" :
		       "";
}
