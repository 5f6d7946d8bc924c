/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Short accounts of the machine's sockets, from /proc. */
#ifndef SK_DIAG_SUMMARY_H
#define SK_DIAG_SUMMARY_H

#include "base/out.h"
#include "diag/counters.h"

/*
 * `ss -s` in its layout and with its numbers, then the memory of TCP, UDP and
 * reassembly beside its limits (tcp(7), udp(7)).
 */
void sk_summary_show(const struct sk_counters *c, const char *proc, bool json,
		     struct sk_out *out);

/* /proc/net/protocols. 0 or a negative errno. */
int sk_protocols_show(const char *proc, bool json, struct sk_out *out,
		      struct sk_err *err);
/* The same of the file's text, which is cut to pieces. */
void sk_protocols_text(char *text, bool json, struct sk_out *out);

#endif
