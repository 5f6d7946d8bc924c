/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SK_DIAG_ENDTEXT_H
#define SK_DIAG_ENDTEXT_H

#include "diag/sock.h"
#include "sock/addr.h"

/*
 * One end of an inet socket in numbers, for sentences and labels:
 * "127.0.0.1:80", "[::1]:80", "[::]:80". Other families: "". Returns buf.
 */
const char *sk_end_format(char buf[SK_ADDR_TEXT_MAX], const struct sk_sock *s,
			  const struct sk_end *end);

#endif
