/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of a row as text, as ss writes them. */
#ifndef SK_DIAG_SHOW_H
#define SK_DIAG_SHOW_H

#include "diag/line.h"
#include "diag/view.h"

/* "tcp", "u_str", "ti_st" … */
const char *sk_show_netid(const struct sk_sock *s);
/* Address with its delimiter (":" or " "), then port. side 1: the peer. */
void sk_show_addr(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s, unsigned side);
void sk_show_port(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s, unsigned side);
/* users:(("comm",pid=1,fd=3),…), or why there is none. */
void sk_show_owners(struct sk_line *l, const struct sk_view *v,
		    const struct sk_sock *s);
/* -p, -T, -Z or -z: is there such a column? */
static inline bool sk_show_wants_owners(const struct sk_view *v)
{
	return v->owners || v->threads || v->context || v->socket_context;
}
/* The same of a list of owners that is not empty. */
void sk_show_users(struct sk_line *l, const struct sk_view *v,
		   const struct sk_owner *o);
/* All behind the columns: timers, details, memory, tcp_info. */
void sk_show_details(struct sk_line *l, const struct sk_view *v,
		     const struct sk_sock *s);
/* skmem and the internals of TCP and its cousins; part of the above. */
void sk_show_memory(struct sk_line *l, const struct sk_sock *s);
void sk_show_tcp(struct sk_line *l, const struct sk_view *v,
		 const struct sk_sock *s);
/* show_other.c: SCTP, XDP and TIPC; storage of BPF programs at the socket */
void sk_show_sctp(struct sk_line *l, const struct sk_sock *s);
void sk_show_xdp(struct sk_line *l, const struct sk_view *v,
		 const struct sk_sock *s);
void sk_show_tipc(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s);
void sk_show_storage(struct sk_line *l, const struct sk_view *v,
		     const struct sk_sock *s);
/* The beginning of one more line of details, or a blank with -O. */
void sk_show_line(struct sk_line *l, const struct sk_view *v);
/* MD5 keys, TLS in the kernel, subflows; and the name of the ULP, or none. */
void sk_show_ulp(struct sk_line *l, const struct sk_sock *s);
struct sk_bytes sk_ulp_name(const struct sk_sock *s);

/* Name of an interface of this namespace, its number as text if it has none. */
const char *sk_show_ifname(uint32_t ifindex);
/* "/user.slice/…", or "unreachable:HEX". */
void sk_show_cgroup(struct sk_line *l, uint64_t id);
/* The namespace has changed: names of interfaces are others now. */
void sk_show_forget(void);
/* "rtnl", "tcpdiag", or NULL; "ip", "arp", or NULL. */
const char *sk_show_netlink_protocol(unsigned protocol);
/* The number of such a name, in any case: 0 or -ENOENT. */
int sk_netlink_protocol_of(const char *name, uint64_t *protocol);

#endif
