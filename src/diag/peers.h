/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of unix sockets by inode, to say what the other end is. */
#ifndef SK_DIAG_PEERS_H
#define SK_DIAG_PEERS_H

#include "diag/source.h"

struct sk_peers;

/* One dump of all unix sockets of this namespace. */
int sk_peers_new(struct sk_peers **out, struct sk_err *err);
void sk_peers_free(struct sk_peers *p);
/* Sets s->peer_name, if the peer has one; it lives as long as p. */
void sk_peers_fill(const struct sk_peers *p, struct sk_sock *s);

#endif
