/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/run.h"

#include <sys/socket.h>

#include "diag/owners.h"
#include "diag/peers.h"

static int on_sock(struct sk_sock *s, void *arg)
{
	struct sk_run *r = arg;
	bool by_owner = sk_filter_wants_owners(r->filter);
	int e;

	if (r->complete)
		r->complete(s, r->arg);
	if (r->peers && s->family == AF_UNIX) {
		if (!r->names && (e = sk_peers_new(&r->names, r->err)) < 0)
			return e;
		sk_peers_fill(r->names, s);
	}
	if (by_owner ? !sk_filter_may_match(r->filter, s) :
		       !sk_filter_match(r->filter, s))
		return 0;
	s->netns = r->netns;
	if (r->owners || by_owner) {
		if (!r->table &&
		    (e = sk_owners_new(&r->table, r->threads ? SK_OWNERS_PROC :
							       SK_OWNERS_AUTO,
				       r->err)) < 0)
			return e;
		sk_owners_fill(r->table, s);
	}
	if (by_owner && !sk_filter_match(r->filter, s))
		return 0;
	r->matched++;
	return r->fn(s, r->arg);
}

int sk_run(struct sk_run *r, struct sk_err *err)
{
	struct sk_diag_result one;
	int e;

	r->err = err;
	r->query.filter = r->filter;
	r->query.want |= sk_filter_want(r->filter);
	r->peers |= sk_filter_wants_peers(r->filter);
	e = sk_diag_dump(&r->query, on_sock, r, &one, err);
	sk_peers_free(r->names);
	r->names = NULL;
	r->result.netlink |= one.netlink;
	r->result.proc |= one.proc;
	r->result.missing |= one.missing;
	r->result.denied |= one.denied;
	if (one.no_netlink)
		r->result.no_netlink = one.no_netlink;
	r->result.duplicates += one.duplicates;
	r->result.interrupted |= one.interrupted;
	return e;
}

size_t sk_run_hidden(const struct sk_run *r)
{
	return r->table ? sk_owners_hidden(r->table) : 0;
}

void sk_run_fini(struct sk_run *r)
{
	sk_owners_free(r->table);
	r->table = NULL;
}

int sk_run_render(struct sk_sock *s, void *arg)
{
	struct sk_renderer *r = arg;

	return r->ops->row(r, s);
}
