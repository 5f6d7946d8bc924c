/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of a dump: what the sources of diag/ share. Each family's source
 * builds a request, turns every answer into d->s, and hands it to
 * sk_dump_emit().
 */
#ifndef SK_DIAG_DUMP_H
#define SK_DIAG_DUMP_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdio.h>

#include "diag/source.h"

/* The kernel caps its dump buffers there; a larger one gains nothing. */
#define SK_NL_BUFFER (32 << 10)

/* A source that was told to stop by the callback; the verdict is in stop. */
#define SK_DUMP_STOPPED 1

struct sk_dump {
	const struct sk_diag_query *q;
	sk_diag_fn *fn;
	void *arg;
	struct sk_diag_result *res;
	struct sk_err *err;
	struct mnl_socket *nl;	/* opened by the first request */
	unsigned seq, portid;
	char *buf;		/* SK_NL_BUFFER bytes */
	uint64_t *seen;		/* cookies of late; see sk_dump_emit() */
	unsigned kind;		/* what the request now under way is for */
	int stop;
	const void *bytecode;	/* of q->filter, for inet */
	size_t bytecode_len;
	struct sk_sock s;
};

/* One message of an answer into d->s and on. 0, SK_DUMP_STOPPED or -EPROTO. */
typedef int sk_nl_parse(struct sk_dump *d, const struct nlmsghdr *h);

/*
 * Send a dump request and feed every message of the answer to parse. Returns
 * 0, SK_DUMP_STOPPED, or a negative errno: what the kernel answered
 * (-ENOENT: no such module, -EPERM …) or what went wrong on the way.
 */
int sk_nl_dump(struct sk_dump *d, struct nlmsghdr *req, sk_nl_parse *parse);

/* A fresh d->s of this kind and family. */
struct sk_sock *sk_dump_record(struct sk_dump *d, unsigned kind, int family);

/*
 * d->s is filled: pass it on, unless its state, kind or family was not asked
 * for or its cookie was seen a moment ago. Returns 0 or SK_DUMP_STOPPED.
 */
int sk_dump_emit(struct sk_dump *d);

/*
 * Attributes of a message behind a header of `off` bytes, or of a nest. The
 * loops of libmnl round the end up to four bytes and would read behind a
 * message that is cut there.
 */
static inline bool sk_nl_attr_ok(const struct nlattr *a, const char *end)
{
	ptrdiff_t left = end - (const char *)a;

	return left >= (ptrdiff_t)sizeof(*a) && a->nla_len >= sizeof(*a) &&
	       a->nla_len <= left;
}

#define sk_nl_for_each(a, h, off)                                            \
	for ((a) = mnl_nlmsg_get_payload_offset(h, off);                     \
	     sk_nl_attr_ok(a, (const char *)(h) + (h)->nlmsg_len);           \
	     (a) = mnl_attr_next(a))
#define sk_nl_for_each_nested(a, nest)                                       \
	for ((a) = mnl_attr_get_payload(nest);                               \
	     sk_nl_attr_ok(a, (const char *)(nest) + (nest)->nla_len);       \
	     (a) = mnl_attr_next(a))

/* Attributes: the payload in place, if it has at least `min` bytes. */
struct sk_bytes sk_nl_bytes(const struct nlattr *a, size_t min);
uint32_t sk_nl_u32(const struct nlattr *a);
/* SK_MEMINFO_* array of any family. */
void sk_nl_meminfo(struct sk_sock *s, const struct nlattr *a);

static inline uint64_t sk_cookie(const uint32_t c[2])
{
	return (uint64_t)c[1] << 32 | c[0];
}

/* The sources. What they return is as of sk_nl_dump(). */
typedef int sk_dump_fn(struct sk_dump *d, uint32_t kinds);
sk_dump_fn sk_dump_inet, sk_dump_unix, sk_dump_netlink, sk_dump_packet,
	sk_dump_vsock, sk_dump_xdp, sk_dump_smc, sk_dump_tipc;
/*
 * Ask fn; when the kernel says that its tables changed meanwhile
 * (NLM_F_DUMP_INTR: sockets may be missing), once more, as what was seen the
 * first time is dropped the second. res->interrupted: neither was whole.
 */
int sk_dump_whole(struct sk_dump *d, sk_dump_fn *fn, uint32_t kinds);
/* /proc/net: -ENOENT where there is no such file. */
sk_dump_fn sk_proc_inet, sk_proc_unix, sk_proc_netlink, sk_proc_packet;

/* A file of that form, line by line; d->kind says of what, for INET. */
enum sk_proc_table {
	SK_PROC_INET,
	SK_PROC_INET6,
	SK_PROC_UNIX,
	SK_PROC_NETLINK,
	SK_PROC_PACKET,
};
int sk_proc_lines(struct sk_dump *d, FILE *f, enum sk_proc_table table);

/* For the fuzz target: parse messages in buf[0..len) as of a kind. */
sk_nl_parse sk_inet_parse, sk_unix_parse, sk_netlink_parse, sk_packet_parse,
	sk_vsock_parse, sk_xdp_parse, sk_smc_parse, sk_tipc_parse;
int sk_nl_walk(struct sk_dump *d, const void *buf, size_t len,
	       sk_nl_parse *parse, bool *done);

#endif
