/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libmnl's loops over attributes, without its casts that drop const. Each
 * attribute is checked against what is left before it is looked at.
 */
#ifndef SK_DIAG_ATTR_H
#define SK_DIAG_ATTR_H

#include <libmnl/libmnl.h>

static inline int sk_attr_left(const void *end, const struct nlattr *a)
{
	return (int)((const char *)end - (const char *)a);
}

/* Attributes a of message h behind a header of off bytes. */
#define sk_attr_each(a, h, off)                                             \
	for ((a) = mnl_nlmsg_get_payload_offset((h), (off));                \
	     mnl_attr_ok((a),                                               \
			 sk_attr_left(mnl_nlmsg_get_payload_tail(h), (a))); \
	     (a) = mnl_attr_next(a))

/* Attributes a within the attribute nest. */
#define sk_attr_each_nested(a, nest)                                         \
	for ((a) = mnl_attr_get_payload(nest);                               \
	     mnl_attr_ok((a),                                                \
			 sk_attr_left((const char *)mnl_attr_get_payload(    \
					      nest) +                        \
					      mnl_attr_get_payload_len(nest), \
				      (a)));                                 \
	     (a) = mnl_attr_next(a))

#endif
