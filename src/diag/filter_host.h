/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts and ports as filters write them; used by filter_parse.c. */
#ifndef SK_DIAG_FILTER_HOST_H
#define SK_DIAG_FILTER_HOST_H

#include "diag/filter_in.h"

#define SK_PORT_ANY (-2)

/*
 * "10.0.0.0/8:80", "[::1]:443", "*:22", ":22", "host", "unix:PATTERN",
 * "link:PROTO:DEV", "netlink:PROTO:PORT", "vsock:CID:PORT", "inet:…",
 * "inet6:…"; a prefix of IPv4 may be short, "193.233.7/24". family: of what
 * does not say so, AF_UNSPEC being IP. Returns NULL, or what is wrong; *out is
 * to be freed.
 */
const char *sk_host_parse(struct sk_host **out, const char *text, int family);

/*
 * "22", ":ssh", "*" (SK_PORT_ANY), "host:22", "link::eth0"; -1: none of these.
 * *family is of what does not say so, and afterwards what was said.
 */
int64_t sk_host_port(const char *text, int *family);

#endif
