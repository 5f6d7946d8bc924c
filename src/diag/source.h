/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where records come from: sock_diag(7) first, /proc/net where a family has
 * no diag module.
 *
 * The dump streams: each socket goes to a callback as it comes out of the
 * kernel's buffer, nothing is kept. Kernels repeat sockets when the table
 * changes under a dump; repetitions are dropped by cookie.
 */
#ifndef SK_DIAG_SOURCE_H
#define SK_DIAG_SOURCE_H

#include "base/out.h"
#include "diag/sock.h"

struct sk_filter;

enum sk_source {
	SK_SOURCE_AUTO,		/* netlink, else /proc */
	SK_SOURCE_NETLINK,
	SK_SOURCE_PROC,
};

/* Attributes to ask for; each costs the kernel time. */
enum sk_want {
	SK_WANT_INFO = 1,	/* tcp_info and the congestion control */
	SK_WANT_MEM = 2,
	SK_WANT_TOS = 4,	/* tos, tclass, class id */
	SK_WANT_CC = 8,		/* what the congestion control says */
	SK_WANT_DETAIL = 16,	/* unix: vfs, icons; packet: rings … */
	SK_WANT_SHUTDOWN = 32,
	SK_WANT_BPF = 64,	/* packet: the socket's filter */
	SK_WANT_STORAGE = 128,	/* bpf socket storage maps */
	SK_WANT_AGE = 256,	/* asks not the kernel but who watches */
	SK_WANT_ALL = 63,	/* but the two of BPF, and the age */
};

#define SK_FAMILY_V4 1
#define SK_FAMILY_V6 2

struct sk_bpf_maps;

struct sk_diag_query {
	uint32_t kinds;		/* SK_KIND_BIT()s */
	uint32_t states;	/* SK_STATE_BIT()s; others are left out */
	unsigned families;	/* SK_FAMILY_*; 0: both */
	unsigned want;		/* SK_WANT_* */
	enum sk_source source;
	/*
	 * Handed down as far as the kernel understands it; the rest is the
	 * callback's (sk_filter_match). NULL: none.
	 */
	const struct sk_filter *filter;
	const char *proc;	/* "/proc/self/net"; NULL: that */
	/* SK_WANT_STORAGE: of these maps; NULL: of all. */
	const struct sk_bpf_maps *maps;
	struct sk_out *raw;	/* gets netlink's answers as they are; or NULL */
};

/* What came of it, kind by kind. */
struct sk_diag_result {
	uint32_t netlink, proc;	/* kinds read from there */
	uint32_t missing;	/* kinds that could be read nowhere */
	uint32_t denied;	/* the kernel refused a part (EPERM) */
	int no_netlink;		/* why netlink cannot be had: an errno; or 0 */
	uint64_t duplicates;	/* records dropped as seen before */
	bool interrupted;	/* tables changed, twice: some may be missing */
};

/* Returns 0 to go on; anything else ends the dump and is returned by it. */
typedef int sk_diag_fn(struct sk_sock *s, void *arg);

/*
 * Every socket that the query asks for, to fn. Returns 0, what fn returned,
 * or a negative errno with err filled when a source failed in the middle. A
 * kind that this kernel cannot list is no error but a bit in res->missing.
 */
int sk_diag_dump(const struct sk_diag_query *q, sk_diag_fn *fn, void *arg,
		 struct sk_diag_result *res, struct sk_err *err);

#endif
