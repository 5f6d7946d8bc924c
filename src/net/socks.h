/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses as SOCKS 5 writes them (RFC 1928 section 5), the header that a
 * relayed datagram has (section 7), and the client's side of a relay.
 */
#ifndef SK_NET_SOCKS_H
#define SK_NET_SOCKS_H

#include "net/dgram_open.h"
#include "net/proxy.h"

#define SK_SOCKS_ADDR_MAX (1 + 1 + 255 + 2)
#define SK_SOCKS_HEAD_MAX (3 + SK_SOCKS_ADDR_MAX)

/* Where to, or where from. */
struct sk_socks_addr {
	struct sk_addr addr;	/* len 0: it is a name, and … */
	char name[256];		/* … this one, not looked at, not empty */
	uint16_t port;
};

/*
 * The bytes of the address that begins at p, port included, of which two must
 * be there; 0: of no type there is.
 */
size_t sk_socks_addr_size(const unsigned char *p);
/*
 * Take an address from n bytes: its length, or -EINVAL for one that is cut, of
 * no type there is, or a name that is none (empty, with a NUL in it).
 */
int sk_socks_addr_take(struct sk_socks_addr *a, const unsigned char *p,
		       size_t n);
/* Write one; len 0 stands for 0.0.0.0:0. Returns its length. */
size_t sk_socks_addr_put(unsigned char buf[SK_SOCKS_ADDR_MAX],
			 const struct sk_addr *a);
/* The same of a target: a number, or else a name of up to 255 bytes. */
size_t sk_socks_target_put(unsigned char buf[SK_SOCKS_ADDR_MAX],
			   const struct sk_target *t);

/*
 * The header of a datagram of n bytes: its length, or -EINVAL. Fragments are
 * not put together, which is allowed: -EOPNOTSUPP.
 */
int sk_socks_head_take(struct sk_socks_addr *a, const unsigned char *p,
		       size_t n);
size_t sk_socks_head_put(unsigned char buf[SK_SOCKS_HEAD_MAX],
			 const struct sk_addr *a);

/*
 * A socket whose datagrams go to t, and come from there, by way of the one
 * proxy of o. Runs the loop meanwhile, for o->wait at most; the association
 * lives as long as the socket. 0, -EINTR when the loop was stopped, or another
 * negative errno with err.
 */
int sk_socks_udp_dial(struct sk_dgram **d, struct sk_loop *loop,
		      const struct sk_target *t, const struct sk_net_opts *o,
		      const struct sk_udp_opts *u, struct sk_err *err);

#endif
