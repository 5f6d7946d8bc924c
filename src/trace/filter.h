/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seccomp(2) filters that stop a tracee at some calls and no others. */
#ifndef SK_TRACE_FILTER_H
#define SK_TRACE_FILTER_H

#include <linux/filter.h>

#include "trace/sysno.h"

/*
 * A filter that answers SECCOMP_RET_TRACE to the calls of the set, in every
 * ABI that this architecture runs, and to all calls of an ABI it does not
 * know. The instructions are the caller's to free. 0 or -ENOMEM.
 */
int sk_filter_build(struct sock_fprog *out, const struct sk_sys_set *set);

/*
 * Put it on the calling thread. NO_NEW_PRIVS is set only when the kernel
 * refuses without (EACCES), as root's set-user-ID programs are to work.
 * 0 or a negative errno.
 */
int sk_filter_install(const struct sock_fprog *prog);

#endif
