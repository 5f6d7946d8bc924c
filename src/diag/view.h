/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How records are shown. A renderer gets one record after another and writes
 * as it goes; only what needs all rows (--sort, --count-by) is kept, by
 * others.
 */
#ifndef SK_DIAG_VIEW_H
#define SK_DIAG_VIEW_H

#include "base/out.h"
#include "diag/sock.h"

/* What to show, as ss's letters say it. */
struct sk_view {
	bool numeric;		/* -n: no names of services */
	bool resolve;		/* -r: names of hosts */
	bool header, queues;	/* not -H, not -Q */
	bool netid, state;	/* these columns */
	bool owners, threads;	/* -p, -T */
	bool timers, extended, memory, info, tos, cgroup, sockopt, bpf;
	bool context;		/* -Z */
	bool socket_context;	/* -z, which is -Z as well */
	bool oneline;		/* -O */
	bool tipcinfo, bpf_maps;
	bool terminal, colour;	/* of the output */
	unsigned width;		/* of the terminal */
	/* Labels of network namespaces by s->netns; NULL: no such column. */
	const char *const *netns;
	struct sk_out *out;
};

struct sk_renderer {
	const struct sk_render_ops *ops;
	const struct sk_view *view;
};

struct sk_render_ops {
	/* Returns 0 or a negative errno. */
	int (*row)(struct sk_renderer *r, const struct sk_sock *s);
	/* What stands behind the last row; frees the renderer. */
	int (*end)(struct sk_renderer *r);
	/*
	 * Write the rows that wait for their widths to be known: no more may
	 * come for a long time. NULL: none ever wait.
	 */
	void (*flush)(struct sk_renderer *r);
};

/* Each returns a renderer, NULL without memory. */
struct sk_renderer *sk_table_new(const struct sk_view *v);
/* lines: an object a line instead of one document. */
struct sk_renderer *sk_json_renderer_new(const struct sk_view *v, bool lines);
/* Chosen columns; csv: RFC 4180. spec is what sk_columns_parse() took. */
struct sk_columns;
struct sk_renderer *sk_columns_new(const struct sk_view *v,
				   struct sk_columns *c, bool csv);

#endif
