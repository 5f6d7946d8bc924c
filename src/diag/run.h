/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From query to output: dump, filter, owners, then a renderer at once or
 * after sorting. Processes are looked at only when a socket that could match
 * has been met.
 */
#ifndef SK_DIAG_RUN_H
#define SK_DIAG_RUN_H

#include "diag/filter.h"
#include "diag/source.h"
#include "diag/view.h"

struct sk_owners;
struct sk_peers;

struct sk_run {
	struct sk_diag_query query;
	struct sk_filter *filter;	/* not owned; NULL: none */
	bool owners;		/* fill s->owners */
	bool threads;		/* and tell whose threads have their own */
	bool peers;		/* fill s->peer_name */
	uint32_t netns;		/* label of the records, see s->netns */
	/* Adds to a record what its source does not know; arg is that of fn. */
	void (*complete)(struct sk_sock *s, void *arg);	/* or NULL */
	/* Receives what matches; as sk_diag_fn. */
	sk_diag_fn *fn;
	void *arg;

	struct sk_owners *table;	/* made on first use */
	struct sk_peers *names;	/* the same, of this namespace */
	uint64_t matched;
	struct sk_diag_result result; /* of all dumps so far */
	struct sk_err *err;
};

/* One namespace: the one we are in. 0, what fn returned, or negative errno. */
int sk_run(struct sk_run *r, struct sk_err *err);
/* As sk_owners_hidden(), once owners were asked for. */
size_t sk_run_hidden(const struct sk_run *r);
void sk_run_fini(struct sk_run *r);

/* fn for a renderer (arg). */
int sk_run_render(struct sk_sock *s, void *arg);

#endif
