/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SK_DIAG_SYSCTLS_H
#define SK_DIAG_SYSCTLS_H

#include <stdbool.h>

#include "base/out.h"

/*
 * The settings below PROC/sys/net that bear on sockets (sysctls.def): name,
 * value, where they bite, meaning. Those that this kernel or this network
 * namespace has not are left out of the table and null in JSON. -ENOENT when
 * there is none at all.
 */
int sk_sysctls_show(const char *proc, bool json, struct sk_out *out,
		    struct sk_err *err);

#endif
