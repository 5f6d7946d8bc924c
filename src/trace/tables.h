/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that only calls have (tables.def), beside those of sock/names.h, and
 * the names of errors and signals.
 */
#ifndef SK_TRACE_TABLES_H
#define SK_TRACE_TABLES_H

#include "sock/names.h"

#define TABLE(id, prefix) extern const struct sk_names sk_tr_##id;
#define NAME(name, value)
#define TABLE_END(id, prefix)
#include "trace/tables.def"
#undef TABLE
#undef NAME
#undef TABLE_END

/* "ECONNREFUSED" of a positive errno, also the kernel's own 512…; NULL. */
const char *sk_errno_name(int error);

/* "Connection refused", "To be restarted"; what strace puts in brackets. */
const char *sk_errno_text(int error);

/* The kernel's restart codes, which the program never sees as a result. */
static inline int sk_errno_restarts(int error)
{
	return error >= 512 && error <= 516;
}

/* "SIGCHLD", "SIGRT_3"; buf of 16 bytes is used for those without a row. */
const char *sk_signal_name(int signo, char buf[16]);

#endif
