/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --port-file: where scripts read the address and port of a listener. */
#ifndef SK_CMDS_PORTFILE_H
#define SK_CMDS_PORTFILE_H

#include "net/listener.h"

/*
 * Write "ADDR PORT\n" per socket. A reader never sees a part of it: a new
 * file takes the place of an old one at once. What exists and is no regular
 * file (a pipe, /dev/stdout) is written to. 0 or a negative errno with err.
 */
int sk_portfile_write(const char *path, const struct sk_listener *l,
		      struct sk_err *err);

/* Address i of something that has several, or NULL beyond the last. */
typedef const struct sk_addr *sk_addr_at(const void *of, size_t i);

/* The same for whatever has addresses. */
int sk_portfile_write_all(const char *path, sk_addr_at *at, const void *of,
			  struct sk_err *err);

#endif
