/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of `sockkit stat` share. */
#ifndef SK_CMDS_STAT_H
#define SK_CMDS_STAT_H

#include "cli/cli.h"
#include "cmds/stat_more.h"
#include "diag/filter.h"
#include "diag/run.h"
#include "diag/select.h"

struct stat_opts {
	struct sk_strings families; /* of -f, -4 and -6 */
	struct sk_strings queries; /* of -A; those of -t and the like: "-tcp" */
	struct sk_strings states; /* of -a, -l and -B: the last counts */
	struct sk_strings map_ids;
	bool json, jsonl, csv;
	bool kill, yes;
	const char *columns, *sort, *count_by;
	const char *filter_file, *dump_file, *netns;
	int source;
	struct sk_view view;
	struct sk_stat_more more;
};

/* What the command line asks for, in the words of diag/. */
struct stat_query {
	struct sk_select select;
	struct sk_filter *filter;	/* owned */
	char *text;			/* of the filter; owned */
	int host_family;		/* of its hosts; AF_UNSPEC: IP */
};

/* Families, states and filter from options and operands. */
int stat_query_init(struct stat_query *q, const struct stat_opts *o, int argc,
		    char **argv, struct sk_err *err);
void stat_query_fini(struct stat_query *q);

/* -D: the answer about TCP as it is, one walk over both families. */
int stat_dump_raw(const struct stat_opts *o, const struct stat_query *q,
		  struct sk_err *err);

/* List (or kill) what the query asks for. */
int stat_list(struct stat_opts *o, const struct stat_query *q,
	      struct sk_out *out, struct sk_err *err);

/*
 * Run the mode that was asked for instead of a listing (stat_more.c). Returns
 * 1 when that was all, 0 when a listing is due, or a negative errno.
 */
int stat_more_run(struct stat_opts *o, int argc, char **argv,
		  struct sk_out *out, struct sk_err *err);

/* --watch, until it is ended (stat_live.c). */
int stat_watch(struct stat_opts *o, const struct stat_query *q,
	       struct sk_out *out, struct sk_err *err);

/* --events into a renderer, until a signal ends it (stat_live.c). */
int stat_events(const struct stat_query *q, struct sk_renderer *renderer,
		struct sk_out *out, struct sk_err *err);

#endif
