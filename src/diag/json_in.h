/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the JSON renderer share. */
#ifndef SK_DIAG_JSON_IN_H
#define SK_DIAG_JSON_IN_H

#include "diag/line.h"
#include "diag/sock.h"

/* Quoted; bytes that are not UTF-8 become "\\xHH", as in base/json.h. */
void sk_js_string(struct sk_line *l, const void *text, size_t n);
/* The number, or null. */
void sk_js_number(struct sk_line *l, bool has, uint64_t v);
/* ,"cc":…,"bbr":…,"dctcp":…,"vegas":…,"tcp":…,"mptcp":… */
void sk_js_tcp(struct sk_line *l, const struct sk_sock *s);
/* ,"packet":…,"sctp":…,"xdp":…,"tipc":…,"bpf_storage":… */
void sk_js_other(struct sk_line *l, const struct sk_sock *s);

#endif
