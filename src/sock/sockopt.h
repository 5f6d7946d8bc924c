/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every socket option of Linux, in one table (sockopt.def): connect sets from
 * it, trace decodes with it, stat prints with it, the man page lists it.
 *
 * An option is written NAME or NAME=VALUE. Names are the constants in lower
 * case ("tcp_nodelay"), as in socket(7), tcp(7), ip(7), ipv6(7)….
 */
#ifndef SK_SOCK_SOCKOPT_H
#define SK_SOCK_SOCKOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

struct sk_names;
struct sk_sockopt;		/* a row of the table; see sockopt.c */

/* The largest structs hold two sockaddr_storage and a key. */
#define SK_SOCKOPT_VALUE_MAX 512

/* A value ready for setsockopt(2). */
struct sk_sockopt_value {
	const struct sk_sockopt *opt;
	socklen_t len;
	union {
		unsigned char bytes[SK_SOCKOPT_VALUE_MAX];
		uint64_t align;
	};
};

/*
 * Parse "NAME[=VALUE]". A BOOL without a value is set to 1. A duration without
 * a unit is in the option's own (tcp_user_timeout=5000: ms, as in tcp(7)).
 * Unknown names (with "did you mean"), values of the wrong form or range, and
 * options that can only be read are usage errors.
 */
int sk_sockopt_parse(struct sk_sockopt_value *out, const char *arg,
		     struct sk_err *err);

/*
 * setsockopt(2). Returns 0 or a negative errno with the sentence in err,
 * "sockopt tcp_congestion=nope: No such file or directory".
 */
int sk_sockopt_apply(int fd, const struct sk_sockopt_value *v,
		     struct sk_err *err);

/*
 * The same by another setsockopt: returns 0 or a negative errno. The bytes
 * are those the kernel would be given.
 */
typedef int sk_sockopt_set_fn(void *arg, int level, int name, const void *val,
			      size_t len);
int sk_sockopt_apply_by(sk_sockopt_set_fn *set, void *arg,
			const struct sk_sockopt_value *v, struct sk_err *err);
/* setsockopt(2) on the descriptor (int) that arg points to. */
sk_sockopt_set_fn sk_sockopt_set_fd;

/* SOL_SOCKET, IPPROTO_TCP… of a parsed value. */
int sk_sockopt_level(const struct sk_sockopt_value *v);

/* The row of (level, name), or NULL. */
const struct sk_sockopt *sk_sockopt_find(int level, int name);
const struct sk_sockopt *sk_sockopt_by_name(const char *name);

/* The rows in table order: pass NULL first; NULL at the end. */
const struct sk_sockopt *sk_sockopt_next(const struct sk_sockopt *opt);

const char *sk_sockopt_name(const struct sk_sockopt *opt);
const char *sk_sockopt_help(const struct sk_sockopt *opt);
/* "bool", "int", "size", "msec", "linger"…, for lists and completion. */
const char *sk_sockopt_type_name(const struct sk_sockopt *opt);
bool sk_sockopt_writable(const struct sk_sockopt *opt);
/* The names a value may have ("do", "ef"), for completion; NULL: none. */
const struct sk_names *sk_sockopt_choices(const struct sk_sockopt *opt);

/*
 * Print a value as getsockopt(2) gave it or setsockopt(2) got it ("1",
 * "4194304", "cubic", "5000ms", "{onoff=1, linger=5}"): a form that
 * sk_sockopt_parse() takes, save where it was cut to fit. Bytes are taken
 * from val[0..len) only; what is too short for its type, and any value of
 * opt NULL, is printed as "hex:00ff". Returns buf.
 */
const char *sk_sockopt_format(char *buf, size_t size,
			      const struct sk_sockopt *opt, const void *val,
			      size_t len);

#endif
