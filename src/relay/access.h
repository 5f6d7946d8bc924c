/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may connect: --allow, --deny and their files.
 *
 * Rules are HOST[/PREFIX], parted by commas or white space; a name stands for
 * all its addresses. Deny wins; once anything is allowed, all else is denied.
 * An IPv4 peer that shows as ::ffff:1.2.3.4 is judged as IPv4. Peers without
 * an internet address (unix, vsock) are let in.
 */
#ifndef SK_RELAY_ACCESS_H
#define SK_RELAY_ACCESS_H

#include "sock/addr.h"

struct sk_access;

/* NULL without memory. */
struct sk_access *sk_access_new(void);
void sk_access_free(struct sk_access *a);

/* Add rules. Usage error for none at all, or what is none; run-time for an
 * unknown name. */
int sk_access_add(struct sk_access *a, bool allow, const char *rules,
		  struct sk_err *err);
/* The same from a file, which may have none; '#' begins a comment. */
int sk_access_add_file(struct sk_access *a, bool allow, const char *path,
		       struct sk_err *err);

bool sk_access_allows(const struct sk_access *a, const struct sk_addr *peer);

#endif
