/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/source.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "diag/dump.h"
#include "diag/filter.h"

/* What lists which kinds, in the order of their rows. */
static const struct source {
	uint32_t kinds;
	sk_dump_fn *netlink, *proc;
} sources[] = {
	{ SK_KIND_BIT(SK_KIND_NETLINK), sk_dump_netlink, sk_proc_netlink },
	{ SK_KIND_PACKET, sk_dump_packet, sk_proc_packet },
	{ SK_KIND_UNIX, sk_dump_unix, sk_proc_unix },
	{ SK_KIND_BIT(SK_KIND_RAW), sk_dump_inet, sk_proc_inet },
	{ SK_KIND_BIT(SK_KIND_ICMP), NULL, sk_proc_inet },
	{ SK_KIND_BIT(SK_KIND_UDP), sk_dump_inet, sk_proc_inet },
	{ SK_KIND_BIT(SK_KIND_UDPLITE), sk_dump_inet, sk_proc_inet },
	{ SK_KIND_BIT(SK_KIND_TCP), sk_dump_inet, sk_proc_inet },
	{ SK_KIND_BIT(SK_KIND_MPTCP), sk_dump_inet, NULL },
	{ SK_KIND_BIT(SK_KIND_SCTP), sk_dump_inet, NULL },
	{ SK_KIND_BIT(SK_KIND_DCCP), sk_dump_inet, NULL },
	{ SK_KIND_VSOCK, sk_dump_vsock, NULL },
	{ SK_KIND_BIT(SK_KIND_TIPC), sk_dump_tipc, NULL },
	{ SK_KIND_BIT(SK_KIND_XDP), sk_dump_xdp, NULL },
	{ SK_KIND_BIT(SK_KIND_SMC), sk_dump_smc, NULL },
};

/* --- records on their way ------------------------------------------------- */

struct sk_sock *sk_dump_record(struct sk_dump *d, unsigned kind, int family)
{
	memset(&d->s, 0, sizeof(d->s));
	d->s.kind = (uint8_t)kind;
	d->s.family = (uint8_t)family;
	d->s.type = sk_kind_of(kind)->type;
	d->s.unowned = SK_UNOWNED_NOT_LOOKED;
	return &d->s;
}

/*
 * The kernel resumes a dump by counting from the head of a hash chain, and new
 * sockets go there: what is repeated comes soon after its first time. So it is
 * enough to remember cookies of late; the table stays of one size however
 * many sockets there are. Cookies are numbered in turn and spread well.
 */
#define SEEN 65536u

static bool seen_before(struct sk_dump *d)
{
	uint64_t *slot;

	if (!(d->s.has & SK_HAS(COOKIE)) || !d->seen ||
	    sk_sock_is_association(&d->s))
		return false;
	slot = &d->seen[d->s.cookie % SEEN];
	if (*slot == d->s.cookie) {
		d->res->duplicates++;
		return true;
	}
	*slot = d->s.cookie;
	return false;
}

int sk_dump_emit(struct sk_dump *d)
{
	const struct sk_diag_query *q = d->q;
	const struct sk_sock *s = &d->s;

	/* Families without states (0 of SMC: unknown) are not held to them. */
	if (!(q->kinds & SK_KIND_BIT(s->kind)) ||
	    (s->state && s->state < SK_STATE_COUNT &&
	     !(q->states & UINT32_C(1) << s->state)))
		return 0;
	if (q->families && ((s->family == AF_INET &&
			     !(q->families & SK_FAMILY_V4)) ||
			    (s->family == AF_INET6 &&
			     !(q->families & SK_FAMILY_V6))))
		return 0;
	if (seen_before(d))
		return 0;
	d->stop = d->fn(&d->s, d->arg);
	return d->stop ? SK_DUMP_STOPPED : 0;
}

/* --- one source after another --------------------------------------------- */

/* The answers of a kernel that cannot list this. */
static bool is_missing(int r)
{
	return r == -ENOENT || r == -EOPNOTSUPP || r == -EPROTONOSUPPORT ||
	       r == -EINVAL || r == -EAFNOSUPPORT;
}

static int fail(struct sk_dump *d, const char *from, uint32_t kinds, int r)
{
	const struct sk_kind *k = sk_kind_of((unsigned)__builtin_ctz(kinds));

	return sk_fail(d->err, r, "%s: %s: %s", from, k->name, sk_strerror(r));
}

int sk_dump_whole(struct sk_dump *d, sk_dump_fn *fn, uint32_t kinds)
{
	bool before = d->res->interrupted;
	int r;

	d->res->interrupted = false;
	r = fn(d, kinds);
	if (!r && d->res->interrupted && d->seen) {
		d->res->interrupted = false;
		r = fn(d, kinds);
	}
	d->res->interrupted |= before;
	return r;
}

static int read_netlink(struct sk_dump *d, const struct source *from,
			uint32_t kinds)
{
	int r = -ENOENT;

	if (from->netlink)
		r = sk_dump_whole(d, from->netlink, kinds);
	if (r == -EINVAL && d->bytecode_len) {
		/* An older kernel that knows not all of our bytecode. */
		d->bytecode_len = 0;
		r = sk_dump_whole(d, from->netlink, kinds);
	}
	if (r == -EPERM) {
		d->res->denied |= kinds;
		return 0;
	}
	if (!r)
		d->res->netlink |= kinds;
	return r;
}

static int read_one(struct sk_dump *d, const struct source *from)
{
	uint32_t kinds = from->kinds & d->q->kinds;
	int r = -ENOENT;

	if (d->q->source != SK_SOURCE_PROC) {
		r = read_netlink(d, from, kinds);
		if (r < 0 && !is_missing(r))
			return fail(d, "sock_diag", kinds, r);
	}
	if (r < 0 && d->q->source != SK_SOURCE_NETLINK && from->proc) {
		r = from->proc(d, kinds);
		if (!r)
			d->res->proc |= kinds;
		else if (r < 0 && !is_missing(r))
			return fail(d, "/proc/net", kinds, r);
	}
	if (r < 0)
		d->res->missing |= kinds;
	return r < 0 ? 0 : r;
}

static void close_all(struct sk_dump *d)
{
	if (d->nl)
		mnl_socket_close(d->nl);
	free(d->buf);
	free(d->seen);
}

int sk_diag_dump(const struct sk_diag_query *q, sk_diag_fn *fn, void *arg,
		 struct sk_diag_result *res, struct sk_err *err)
{
	static char code[SK_FILTER_BYTECODE_MAX] __attribute__((aligned(4)));
	struct sk_dump d = { .q = q, .fn = fn, .arg = arg, .res = res,
			     .err = err, .bytecode = code };
	int r = 0;

	memset(res, 0, sizeof(*res));
	/* Without it repetitions stay in; that is no reason to fail. */
	d.seen = calloc(SEEN, sizeof(*d.seen));
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources) && !r; i++) {
		if (!(sources[i].kinds & q->kinds))
			continue;
		d.bytecode_len = sk_filter_bytecode(q->filter, code,
						    sizeof(code));
		r = read_one(&d, &sources[i]);
	}
	close_all(&d);
	return r == SK_DUMP_STOPPED ? d.stop : r;
}
