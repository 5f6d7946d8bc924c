/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the option table: rows, and the types their values have. A type
 * is a pair of functions, text to bytes and back, such that what is printed
 * can be given again. Only sockopt*.c include this.
 */
#ifndef SK_SOCK_SOCKOPT_TYPES_H
#define SK_SOCK_SOCKOPT_TYPES_H

#include "sock/names.h"
#include "sock/sockopt.h"

enum sk_sockopt_access {
	SK_SOCKOPT_NO = 0,
	SK_SOCKOPT_RO = 1,
	SK_SOCKOPT_WO = 2,
	SK_SOCKOPT_RW = 3,
};

struct sk_sockopt_type {
	const char *name;	/* "bool", "msec" */

	/*
	 * Fill out->bytes and out->len; out->opt is set. Errors are usage
	 * errors. NULL: the value cannot be written as text.
	 */
	int (*parse)(struct sk_sockopt_value *out, const char *text,
		     struct sk_err *err);

	/* False when val[0..len) is too short: it is printed as hex then. */
	bool (*format)(char *buf, size_t size, const struct sk_sockopt *opt,
		       const unsigned char *val, size_t len);

	int64_t min, max;	/* of numbers, if the row says nothing */
	unsigned unit_us;	/* of durations: microseconds in the unit */
	const char *unit;	/* "ms" */
	const char *bare;	/* the value meant by a name alone, or NULL */
};

struct sk_sockopt {
	int level, number;
	const char *name;
	const struct sk_sockopt_type *type;
	enum sk_sockopt_access access;
	int64_t min, max;
	const struct sk_names *names;
	const char *help;
};

/* sockopt_num.c: int, unless said otherwise. */
extern const struct sk_sockopt_type
	sk_type_BOOL,
	sk_type_INT,
	sk_type_UINT,
	sk_type_U64,		/* 8 bytes */
	sk_type_SIZE,		/* "4M" */
	sk_type_SIZE_U32,	/* up to 2^32-1, "unlimited" */
	sk_type_SIZE64,		/* 8 bytes */
	sk_type_RATE,		/* unsigned long bytes/s, "unlimited" */
	sk_type_USEC,		/* durations; a number alone is in the unit */
	sk_type_MSEC,
	sk_type_SEC,
	sk_type_ENUM,		/* a name, or a number */
	sk_type_FLAGS,		/* names and numbers joined by "|" */
	sk_type_TOS,		/* a name, or a number printed in hex */
	sk_type_PORT_RANGE,	/* "LOW-HIGH", low in the lower 16 bits */
	sk_type_ERRNO,
	sk_type_SOCKTYPE,
	sk_type_U32S;		/* any number of them: "[1, 2]" */

/* sockopt_misc.c */
extern const struct sk_sockopt_type
	sk_type_LINGER,		/* "5s", "5", "off", "{onoff=1, linger=5}" */
	sk_type_TIMEVAL,	/* struct timeval: "1.5s"; seconds */
	sk_type_TIMEVAL64,	/* the same with 64-bit members */
	sk_type_STRING,		/* min..max bytes */
	sk_type_STRUCT,		/* "hex:00ff" */
	sk_type_FILTER,		/* classic BPF instructions, "hex:…" */
	sk_type_NONE,		/* no value, length 0 */
	sk_type_NONE_INT,	/* no value, but the kernel wants an int */
	sk_type_TCP_INFO,
	sk_type_UCRED;

/* sockopt_inet.c; interfaces are names, numbers or addresses */
extern const struct sk_sockopt_type
	sk_type_IFINDEX,	/* "eth0", in host order */
	sk_type_IFINDEX_BE,	/* in network order */
	sk_type_MCAST_IF,	/* struct ip_mreqn: "eth0", "192.0.2.1" */
	sk_type_MREQ,		/* struct ip_mreqn: "239.1.1.1@eth0" */
	sk_type_MREQ6,		/* struct ipv6_mreq: "ff02::1@eth0" */
	sk_type_MREQ_SOURCE,	/* "239.1.1.1@192.0.2.1/198.51.100.7" */
	sk_type_GROUP_REQ,	/* struct group_req: "ff02::1@eth0" */
	sk_type_GROUP_SOURCE,	/* "232.1.1.1@eth0/198.51.100.7" */
	sk_type_SOCKADDR;

/* Usage error "sockopt NAME=TEXT: not WANT". */
int sk_sockopt_bad(struct sk_err *err, const struct sk_sockopt *opt,
		   const char *text, const char *want);

/* Copy a value of len bytes into out. Returns 0. */
int sk_sockopt_put(struct sk_sockopt_value *out, const void *val, size_t len);

#endif
