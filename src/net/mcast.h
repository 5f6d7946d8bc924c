/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups of multicast receivers: RFC 3678, ip(7), ipv6(7). */
#ifndef SK_NET_MCAST_H
#define SK_NET_MCAST_H

#include "base/err.h"
#include "sock/addr.h"

struct sk_mcast {
	struct sk_addr group, source; /* source.len 0: from anybody */
	unsigned ifindex;	/* 0: the kernel chooses */
};

/* GROUP[@IF][,SOURCE], all in numbers but IF. Usage or run-time error. */
int sk_mcast_parse(struct sk_mcast *m, const char *text, struct sk_err *err);
/*
 * Join on fd, and hear no groups that only others here have joined. A group
 * of another family than the socket's is left out. 0 or negative errno.
 */
int sk_mcast_join(int fd, int family, const struct sk_mcast *m,
		  struct sk_err *err);
/* Is it the address of a group? */
bool sk_mcast_is(const struct sk_addr *a);

#endif
